"""Asking in the terminal: lines, completion, history, files of questions, and the commands themselves."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.commands.asking import lines_until_end
from bot.commands.prompting import Words, history, prompt, state_file, vocabulary_words
from bot.language.question_file import questions_in, read_lines, summary
from tests.support.sample_organisation import vocabulary_for

QUESTIONS = """\
# what the team asks
VIPs in Texas

  how is Acme doing?
show whales in frobnicate
export champions as csv
"""


def test_a_file_of_questions_is_read_line_by_line() -> None:
    found = read_lines(questions_in(QUESTIONS), vocabulary_for())
    assert [(one.line, one.text, one.said) for one in found] == [
        (2, "VIPs in Texas", "list: label = VIP and state = Texas"),
        (4, "how is Acme doing?", "account: Acme Corporation"),
        (5, "show whales in frobnicate", "I do not know “frobnicate”."),
        (6, "export champions as csv", "export csv: list: label = Champion"),
    ]
    assert found[2].unknown == ("frobnicate",)
    assert "show whales" in found[2].readings
    assert summary(found) == {"questions": 4, "understood": 3, "not_understood": 1}


def completed(typed: str) -> list[str]:
    words = Words(vocabulary_words(vocabulary_for()))
    found = words.get_completions(Document(typed), CompleteEvent(completion_requested=True))
    return [typed[: len(typed) + one.start_position] + one.text for one in found]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("show vip", ["show VIP"]),
        ("accounts in new y", ["accounts in New York"]),
        ("at ri", ["At Risk"]),
        ("accounts of darcel sch", ["accounts of Darcel Schlecht"]),
        ("sorted by annual_r", ["sorted by annual_revenue"]),
        ("show zzz", []),
        ("show ", []),
        ("", []),
    ],
)
def test_the_last_words_are_completed(typed: str, expected: list[str]) -> None:
    assert completed(typed) == expected


def test_earlier_questions_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    file = state_file({"XDG_STATE_HOME": str(tmp_path)})
    history(file).append_string("VIPs")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(history(file).load_history_strings()) == ["VIPs"]
    assert state_file({}).parts[-3:] == ("state", "bellwether", "questions")


def test_without_a_place_for_them_they_are_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "bellwether").write_text("a file")
    assert isinstance(history(tmp_path / "bellwether" / "questions"), InMemoryHistory)


def test_a_conversation_is_typed_until_the_end_of_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("VIPs \rhalf a line\x03only in Texas\r\x04")
        assert list(lines_until_end(prompt(vocabulary_for(), "> "))) == ["VIPs", "only in Texas"]
    assert state_file(os.environ).read_text().count("+") == 2


@pytest.mark.process
def test_the_commands(tmp_path: Path) -> None:
    (tmp_path / "questions.txt").write_text("VIPs\nshow champions in frobnicate\n")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER_")},
        "BELLWETHER_DATABASE_URL": f"sqlite:///{tmp_path / 'b.sqlite'}",
    }

    def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            input=typed,
            env=environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    talked = run("ask", typed="VIPs\nonly champions or VIPs\nfrobnicate\nundo\nenrich O'Neil\n")
    assert talked.returncode == 3, talked.stderr
    assert "Read as label = VIP\n" in talked.stdout
    assert "not understood: frobnicate" in talked.stdout
    assert "To enrich “O'Neil”: I do not know “O'Neil”.\n" in talked.stdout
    replayed = run("ask", "--replay", str(tmp_path / "questions.txt"), "--json")
    assert replayed.returncode == 3
    assert json.loads(replayed.stdout)["summary"] == {"questions": 2, "understood": 1, "not_understood": 1}
    missed = json.loads(run("misses", "--json").stdout)
    assert {one["text"] for one in missed["sentences"]} == {"frobnicate", "undo", "enrich o'neil"}
    assert {"word": "frobnicate", "count": 1} in missed["words"]
