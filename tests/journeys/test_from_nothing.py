"""A new user at a terminal, from nothing to a first answer: who types only what was printed before.

The commands, their options and what is answered to the questions of ``init`` are read out of the texts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sandbox.demo.__main__ import PROXIES
from sandbox.demo.children import free_port
from tests.support.processes import ROOT
from tests.support.pty_terminal import Typed, typed
from tests.support.slack_sandbox import Person, until

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]
STARTED = r"^\d.*\bstarted\b"
INIT = r"^ +(bellwether init .*?)\s*$"


class Newcomer:
    """Somebody with an empty directory and a terminal.

    Their ports are free ones, and Zoho is polled every second: nothing else is other than for anybody.
    """

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port(0)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("BELLWETHER_") and name.lower() not in PROXIES
        }
        own = {"BELLWETHER_HTTP_PORT": str(self.port), "BELLWETHER_POLL_SECONDS": "1"}
        self.environment: Mapping[str, str] = {**inherited, "PYTHONPATH": str(ROOT), **own}

    def begin(self, line: str) -> Typed:
        return Typed(line, self.directory, self.environment)

    def run(self, line: str) -> tuple[int, str]:
        """A command to its end: its exit code and what it printed."""
        with typed(line, self.directory, self.environment) as command:
            return command.end(), command.text


@contextmanager
def kept(command: Typed) -> Iterator[Typed]:
    try:
        yield command
    finally:
        command.close()


@contextmanager
def sandboxes(newcomer: Newcomer) -> Iterator[tuple[Typed, Typed]]:
    """Both, started as they say."""
    code, text = newcomer.run("bellwether sandbox --help")
    assert code == 0
    assert "start zoho first" in " ".join(re.sub(r"[^\w ]", " ", text).split())
    with ExitStack() as stack:
        zoho = stack.enter_context(kept(newcomer.begin("bellwether sandbox zoho --port 0")))
        beside = zoho.await_text(r"^ +(bellwether sandbox slack .*)$")[1]
        slack = stack.enter_context(kept(newcomer.begin(f"{beside} --port 0")))
        slack.await_text(INIT)
        yield zoho, slack


def printed(name: str, *texts: str) -> str:
    """The value beside a name in what was printed."""
    found = [one[1] for text in texts if (one := re.search(rf"^ +{name} +(\S+)", text, re.MULTILINE))]
    assert len(found) == 1, f"{name} in {texts}"
    return found[0]


def next_of(text: str) -> str:
    """The command that a text says to type next; the last one."""
    found = re.findall(r"^Next: (bellwether .*?)\s*$", text, re.MULTILINE)
    assert found, text
    return str(found[-1])


def set_up(newcomer: Newcomer, line: str, answers: Mapping[str, str]) -> str:
    """``init``: each question is answered with the value whose name is in it; what was printed."""
    with typed(line, newcomer.directory, newcomer.environment) as command:
        waiting = dict(answers)
        while waiting:
            question = command.await_text(rf"^(?!.*\n).*({'|'.join(map(re.escape, waiting))}).*: \Z")
            command.answer(waiting.pop(question[1]))
        assert command.end() == 0, command.text
        return command.text


def answers_of(zoho: str, slack: str) -> dict[str, str]:
    return {
        "Zoho client id": printed("Client id", zoho),
        "Zoho client secret": printed("Client secret", zoho),
        "refresh token": printed("Refresh token", zoho),
        "bot token": printed("Bot token", slack),
    }


def follow(newcomer: Newcomer, text: str) -> list[str]:
    """Type what each text says is next, up to ``run``; the commands."""
    done: list[str] = []
    while (line := next_of(text)) != "bellwether run":
        assert line not in done, text
        done.append(line)
        code, text = newcomer.run(line)
        assert code == 0, text
    also = re.findall(r"^Or: (bellwether ask .*?)\s*$", text, re.MULTILINE)
    code, text = newcomer.run(also[-1])
    assert code == 0
    assert re.search(r"\bVIP\b.*\$", text), text
    return [*done, also[-1]]


def test_over_socket_mode_to_an_answer_and_an_alert(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    code, text = newcomer.run("bellwether doctor")
    assert code == 1
    assert "Run `bellwether init`" in text
    with sandboxes(newcomer) as (zoho, slack):
        init = re.findall(INIT, slack.text, re.MULTILINE)[0]
        answers = {
            **answers_of(zoho.text, slack.text),
            "app-level token": printed("App-level token", slack.text),
        }
        text = set_up(newcomer, init, answers)
        assert not [one for name, one in answers.items() if "id" not in name and one in text]  # not shown
        code, empty = newcomer.run('bellwether ask "show VIP accounts"')
        assert next_of(empty) == "bellwether sync"
        assert [one.split()[1] for one in follow(newcomer, text)] == ["doctor", "sync", "score", "ask"]
        with typed("bellwether run", tmp_path, newcomer.environment) as command:
            command.await_text(STARTED)
            person = Person(printed("Page", slack.text).rstrip("/"))
            person.say(person.dm, "show VIP accounts")
            person.await_message(person.dm, "VIP", 60)
            assert "Everything works" in newcomer.run("bellwether doctor")[1]
            konex = next(one for one in person.get("world/accounts")["accounts"] if one["name"] == "Konex")
            person.post("world/lose", account_id=konex["id"])
            until(lambda: said_in(person, "CALERTS", "Konex"), "no alert", 120)
            command.interrupt()
            assert command.end() == 0, command.text
        assert "Traceback" not in command.text
        assert newcomer.run(init)[1].strip() == (
            "bellwether: .env exists. Edit it, or move it away and run `bellwether init` again."
        )


def said_in(person: Person, channel: str, word: str) -> bool:
    return any(word in str(one) for one in person.messages(channel))


def test_over_http_to_an_answer(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    with sandboxes(newcomer) as (zoho, slack):
        init = re.findall(INIT, slack.text, re.MULTILINE)[0]
        answers = {
            **answers_of(zoho.text, slack.text),
            "reached from outside": f"http://127.0.0.1:{newcomer.port}",
            "signing secret": printed("Signing secret", slack.text),
        }
        text = set_up(newcomer, f"{init} --http", answers)
        slack.close()
        again = re.findall(r"^ +(bellwether sandbox slack .*?)\s*$", text, re.MULTILINE)[0]
        with kept(newcomer.begin(again)) as command:
            command.await_text(INIT)
            done = follow(newcomer, text)
            assert [one.split()[1] for one in done] == ["doctor", "sync", "score", "ask"]
            with typed("bellwether run", tmp_path, newcomer.environment) as run:
                run.await_text(STARTED)
                person = Person(printed("Page", command.text).rstrip("/"))
                person.say(person.dm, "show VIP accounts")
                person.await_message(person.dm, "VIP", 60)


def test_what_is_typed_wrong_is_said_in_a_sentence_and_asked_again(tmp_path: Path) -> None:
    newcomer, wrong = Newcomer(tmp_path), "1000.mistyped"
    with sandboxes(newcomer) as (zoho, slack):
        init = re.findall(INIT, slack.text, re.MULTILINE)[0]
        right = answers_of(zoho.text, slack.text)
        right["app-level token"] = printed("App-level token", slack.text)
        given = {name: [value] for name, value in right.items()}
        given["Zoho client id"] = [wrong, right["Zoho client id"]]
        given["Zoho client secret"] = [right["Zoho client secret"], wrong, right["Zoho client secret"]]
        given["refresh token"] = [right["refresh token"]] * 2 + [wrong, right["refresh token"]]
        given["bot token"] = ["", wrong, right["bot token"]]
        with typed(init, tmp_path, newcomer.environment) as command:
            while question := command.await_text(rf"^(?!.*\n).*({'|'.join(given)}).*: \Z|^Next: ")[1]:
                answers = given[question]
                command.answer(answers.pop(0) if len(answers) > 1 else answers[0])
            assert command.end() == 0, command.text
        said = " ".join(command.text.split())
        for sentence in (
            "Zoho does not know the client id in this region",
            "Zoho does not accept the client secret",
            "Zoho knows this neither as a code nor as a refresh token.",
            "It cannot be empty.",
            "It has to begin with xoxb-.",
        ):
            assert said.count(sentence) == 1, said
        assert "Traceback" not in command.text
