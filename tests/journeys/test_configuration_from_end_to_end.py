"""The life of a configuration document through the commands, over the sandbox: with every refusal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app.config.starting import STARTING_DOCUMENT
from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, install

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

VIP = "when: r >= 2 and f >= 4 and m = 5"


class Commands:
    """What is typed, and what is answered."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.document = product.directory / "next.yaml"

    def write(self, *edits: tuple[str, str], text: str = STARTING_DOCUMENT) -> None:
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        self.document.write_text(text, encoding="utf-8")

    def said(self, *arguments: str) -> str:
        outcome = self.product.run(*arguments, seconds=120)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    def refused(self, *arguments: str) -> str:
        outcome = self.product.run(*arguments, seconds=120)
        assert outcome.returncode == 1, outcome.stdout
        return outcome.stderr

    def config(self, command: str, *options: str) -> str:
        return self.said("config", command, str(self.document), *options)

    def config_refused(self, command: str, *options: str) -> str:
        return self.refused("config", command, str(self.document), *options)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.said(*arguments, "--json"))

    def labels(self) -> dict[str, str | None]:
        with closing(sqlite3.connect(self.product.database)) as connection:
            rows = connection.execute(
                "SELECT a.name, s.label FROM score s JOIN crm_account a ON a.id = s.account_id"
            )
            return dict(rows.fetchall())


@contextmanager
def a_run_under_way(product: Product) -> Iterator[None]:
    """Somebody else writes: on SQLite a run holds the one write lock."""
    with closing(sqlite3.connect(product.database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    with running_zoho() as zoho:
        found = Commands(install(tmp_path, zoho_url=zoho.base_url, slack_url="http://127.0.0.1:9"))
        found.said("sync")
        found.said("score")
        yield found


def test_a_document_is_checked_previewed_published_explained_and_taken_back(commands: Commands) -> None:
    before = commands.labels()
    vips = sorted(name for name, label in before.items() if label == "VIP")

    # Checked and compared: in words, in labels, in alerts, and with what stands on it.
    commands.write((VIP, "when: r >= 2 and f >= 5 and m = 5"))
    diff = json.loads(commands.config("diff", "--json"))
    assert [one["sentence"] for one in diff["differences"]] == [
        f"Segmentation 'Purchase behaviour', label 'VIP', criteria: {VIP[6:]} → r >= 2 and f >= 5 and m = 5"
    ]
    assert [one["name"] for one in diff["dependents"]] == [
        "segment 'Best customers'",
        "route 'Slipping accounts'",
    ]
    [preview] = diff["preview"]["segmentations"]
    assert preview["baseline"]
    moved = {one["name"]: (one["old"], one["new"]) for one in preview["moved"]}
    assert moved
    assert set(moved.values()) == {("VIP", "Champion")}
    assert preview["otherwise"] == {"Slipping accounts": len(moved)}
    assert preview["matrix"] == [{"old": "VIP", "new": "Champion", "accounts": len(moved)}]
    assert commands.labels() == before

    # Published when it is confirmed, and scored: exactly what was previewed.
    assert "used by the segment 'Best customers'" in commands.config_refused("apply")
    assert "Version 2 is in force." in commands.config("apply", "--confirm", "--note", "fewer VIPs")
    commands.said("score")
    assert {
        name: (before[name], label) for name, label in commands.labels().items() if label != before[name]
    } == moved
    name = min(moved)
    assert "Champion" in commands.said("explain", name)

    # Taken back as a new version; the history says all of it.
    assert f"Champion → VIP: {len(moved)}" in commands.said("config", "rollback", "--dry-run")
    assert "has to be confirmed" in commands.refused("config", "rollback")
    assert "Version 3 is in force." in commands.said("config", "rollback", "--confirm", "--note", "too few")
    commands.said("score")
    assert sorted(name for name, label in commands.labels().items() if label == "VIP") == vips
    history = commands.json("config", "history")
    assert [(one["version"], one["note"]) for one in history] == [
        (3, "Back to version 1. too few"),
        (2, "fewer VIPs"),
        (1, "The first configuration."),
    ]
    assert "f >= 5 and m = 5 → r >= 2 and f >= 4" in history[0]["changes"][0]
    assert commands.said("config", "export") == STARTING_DOCUMENT
    assert [one["action"] for one in commands.json("audit")] == ["publish", "publish"]


def test_what_must_not_be_published_is_refused_with_a_sentence(commands: Commands) -> None:
    # Limits.
    more = "      - {name: Ninth, when: purchases >= 2}\n\n# Questions that are asked often"
    commands.write(("\n# Questions that are asked often", more))
    assert (
        "has 9 labels; the limit is 8. Remove some, or raise limits.rfm_labels."
        in commands.config_refused("check")
    )

    # A label that a segment uses.
    commands.write(("- name: Hibernating ", "- name: Sleeping "))
    assert (
        "the label 'Hibernating' of 'Purchase behaviour' cannot be removed or renamed: it is used by the "
        "segment 'Win back'." in commands.config_refused("apply")
    )

    # A source in use, here and in the check alone.
    segments = (
        "segments:\n  - {name: Invoiced, criteria: any invoice}\n  - {name: Leading, criteria: any lead}\n"
    )
    sources = (("finance: []", "finance: [{product: books}]"), ("also: []", "also: [Leads]"))
    commands.write(("segments:\n", segments), *sources)
    assert "Version 2 is in force." in commands.config("apply")
    commands.write(("segments:\n", segments))
    for command in ("check", "apply"):
        said = commands.config_refused(command)
        assert "Zoho Books cannot be disconnected: it is used by the segment 'Invoiced'." in said
        assert "The module Leads cannot be disconnected: it is used by the segment 'Leading'." in said

    # An edit while a run is under way.
    commands.write(("flood: 20", "flood: 21"))
    with a_run_under_way(commands.product):
        said = commands.config_refused("apply", "--wait", "0.3")
        assert "A run is under way and did not end within 0.3 seconds, so nothing was done." in said
    assert "Version 3 is in force." in commands.config("apply")

    # A version that there is not.
    assert "There is no version 9." in commands.refused("config", "diff", "--version", "9")
    assert "flood: 21 → 20" in commands.said("config", "diff", "--version", "1")
