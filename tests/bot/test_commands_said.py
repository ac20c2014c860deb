"""Sentences that ask for something to be done: the command that does it, which reads what it is given."""

from __future__ import annotations

import shlex

import pytest

from bot.app.conversing import decide
from bot.commands.said_commands import COMMAND, command_for
from bot.language.question import NotUnderstood, Question, Request
from bot.language.refine import begin
from bot.language.understand import understand
from scoring.criteria.check import check
from scoring.criteria.parse import parse
from tests.support.sample_organisation import CATALOG, vocabulary_for

COMMANDS = (
    (
        "enrich all accounts in medical that have no website",
        "enrich --criteria 'industry = medical and website is empty' --dry-run",
    ),
    ("enrich Acme", "enrich Acme"),
    (
        "export all contacts of VIP accounts as csv",
        "export 'accounts where label = VIP' --contacts --format csv",
    ),
    (
        "export VIPs in tech as excel",
        "export 'accounts where label = VIP and industry = technolgy' --format xlsx",
    ),
    ("email me VIP accounts every Monday", "export 'accounts where label = VIP' --every monday"),
    (
        "make a mailing list of decision makers in retail",
        "export 'accounts where industry = retail' --contacts --role 'Decision Maker'",
    ),
    (
        "export VIPs as parquet every month",
        "export 'accounts where label = VIP' --format parquet --every monthly",
    ),
)
NO_COMMANDS = ("VIPs", "email me the accounts", "who should I email", "export this", "enrichment of accounts")


def _read(text: str) -> Question | Request | NotUnderstood:
    return begin(text, vocabulary_for())


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_the_command_that_does_it(text: str, command: str) -> None:
    (line,) = command_for(text, _read)
    assert line == f"{COMMAND}bellwether {command}"
    _, _, first, *rest = shlex.split(line.removeprefix(COMMAND) + " end")
    if first == "--criteria":
        check(parse(rest[0], CATALOG), CATALOG)
    else:
        assert isinstance(understand(first, vocabulary_for()), Question)


@pytest.mark.parametrize("text", NO_COMMANDS)
def test_what_no_command_does(text: str) -> None:
    assert not any(line.startswith(COMMAND) for line in command_for(text, _read))


def test_how_it_is_exported_where_there_are_no_commands() -> None:
    turn = decide("email me a list of VIP accounts every Monday", vocabulary_for(), None)
    assert turn.problem is not None
    assert turn.problem.reason.endswith("press Export below it; choose again every Monday.")
    assert [one.text for one in turn.problem.readings] == ["VIP accounts"]
    turn = decide("make a mailing list of decision makers in retail as excel", vocabulary_for(), None)
    assert turn.problem is not None
    chosen = "choose their contacts as a mailing list, the role Decision Maker, xlsx."
    assert turn.problem.reason.endswith(chosen)


def test_what_is_not_known_is_named() -> None:
    (first, *_) = command_for("enrich accounts in Atlantis", _read)
    assert first == "To enrich “accounts in Atlantis”: I do not know “Atlantis”."
