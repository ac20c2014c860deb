"""What a sales team asks, read by the question language: how much is right, asked back, wrong.

At most 1 in 200 is answered wrongly, at least 95 % of what should be answered is, and all that should be
asked back is.
``python -m tests.support.question_file`` prints each failure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from bot.app.people import OPERATOR
from bot.app.services import HomeView
from bot.language.help import examples
from bot.language.question import Action, Kind, NotUnderstood, Question, Request, UnknownWord
from bot.language.vocabulary import Vocabulary
from bot.slack.views.ask_form import ask_form
from bot.slack.views.home import home_view
from scoring.criteria.canonical import canonical
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import Node, conjunction
from tests.support.plain_criteria import accounts_that, same, sample_rows
from tests.support.question_file import (
    Entry,
    FileError,
    Outcome,
    Read,
    Result,
    accounting,
    asked,
    conversations,
    conversed,
    entries,
    failures,
    form,
    judged,
    share,
    talked,
)
from tests.support.sample_organisation import CATALOG, TODAY

# Right at first sight; wrong of all: `unseen` 92 of 111 (82.9 %) and 1 of 135, `fresh`
# 181 of 192 (94.3 %) and 3 of 234, `second` 137 of 165 (83.0 %) and 4 of 232, `third` 37 of 42 (88.1 %)
# and 3 of 72, `sealed` 115 of 120 (95.8 %) and 3 of 160, `doubtful`, which seeks to be misread, 38 of 43
# (88.4 %) and 15 of 122, `outsider` 146 of 155 (94.2 %) and 2 of 200,
# `stranger` 132 of 140 (94.3 %) and 0 of 180. These were learned from since. `passer_by` is set aside: 133 of
# 140 (95.0 %) and 0 of 180; nobody tunes on it.
FILES = (
    *("tuning", "unseen", "fresh", "second", "third", "sealed", "doubtful", "outsider", "stranger"),
    "passer_by",
)
MOST_WRONG = 0.005
LEAST_RIGHT = 0.95  # of what should be answered
MOST_ANSWERED = 0  # of what should be asked back
MOST_UNNAMED = {"fresh": 1}  # asked back without the word that nobody knows
LEAST_TURNS_RIGHT = 0.95
# By who did not know what was asked before; they are left whole.
_AS_WRITTEN = {"sealed", "doubtful", "outsider", "stranger", "passer_by"}
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_ACCOUNTS = (Kind.LIST, Kind.COUNT, Kind.COUNT_BY)


@pytest.mark.parametrize("file", FILES)
def test_questions_are_read_as_they_should_be(file: str) -> None:
    results = asked(file)
    print(accounting(file, results))
    print(failures(results, (Outcome.WRONG,)) if file == "tuning" else "")  # nobody looks at the others
    assert share(results, Outcome.WRONG) <= MOST_WRONG
    answerable = [one for one in results if not one.entry.may_ask]
    assert share(answerable, Outcome.RIGHT) >= LEAST_RIGHT
    answered = [one for one in results if one.entry.must_ask and one.outcome is not Outcome.ASKED]
    assert len(answered) <= MOST_ANSWERED
    assert sum(bool(one.unnamed) for one in results) <= MOST_UNNAMED.get(file, 0)
    assert [_answer(one) for one in results if one.form] == [_accounts(one) for one in results if one.form]


def test_turns_of_conversations_are_read_as_they_should_be() -> None:
    assert len(conversations()) >= 20
    assert {len(turns) for turns in conversations()} <= {2, 3, 4, 5, 6}
    if LEAST_TURNS_RIGHT is not None:
        results = [one for turns in conversed() for one in turns]
        print(accounting("conversations", results), failures(results, (Outcome.WRONG, Outcome.MISSED)))
        fine = share(results, Outcome.RIGHT) + share(results, Outcome.ASKED)
        assert fine >= LEAST_TURNS_RIGHT


def test_there_are_enough_questions_of_each_sort() -> None:
    every = [one for file in FILES for one in entries(file)]
    assert len(entries("tuning")) >= 220
    assert len(entries("unseen")) >= 100
    own = [one for file in FILES if file not in _AS_WRITTEN for one in entries(file)]
    assert len({one.ask for one in own}) == len(own)
    assert sum(one.loose for one in every) >= 60
    assert sum(one.must_ask for one in every) >= 40
    kinds = {one.kind.partition(":")[0] for one in every}
    assert kinds >= {kind.value for kind in Kind}


def test_every_example_of_help_is_asked() -> None:
    known = {one.ask for file in FILES for one in entries(file)}
    assert [one for one in examples("Acme Corporation") if one not in known] == []


def test_every_question_of_the_readme_is_asked() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = text.partition("### Ask")[2].partition("Every answer says")[0]
    shown = [
        one for line in table.splitlines() if line.startswith("| ") for one in re.findall("`([^`]+)`", line)
    ]
    known = {one.ask for file in FILES for one in entries(file)}
    assert len(shown) > 10
    assert [one for one in shown if one not in known] == []


def test_every_question_that_slack_shows_is_asked() -> None:
    home = HomeView(OPERATOR, (), (), (), (), None)
    shown = re.findall("`([^`]+)`", f"{home_view(home, {}, NOW)} {ask_form(500)}")
    hints = re.findall(
        r'usage_hint: "([^"]+)"', (Path(__file__).parents[2] / "manifest.yaml").read_text(encoding="utf-8")
    )
    shown += [one.strip() for hint in hints for one in hint.split("|")]
    known = {one.ask for file in FILES for one in entries(file)}
    assert len(shown) >= 6
    commands = [one for one in shown if one.startswith("bellwether ")]
    assert [one for one in shown if one not in {*known, *commands, "help"}] == []


def test_how_a_question_was_read_is_judged() -> None:
    """Right, asked back where it should be and where not, wrong; and the word that was not named."""
    right, asking = form("list: label = VIP"), Entry("", (), may_ask=True, names=("gotham",))
    vips, lost = (Question(Kind.LIST, parse(f"label = {one}", CATALOG)) for one in ("VIP", "Lost"))
    unknown = NotUnderstood((UnknownWord("Gotham", 0),), "")
    assert judged(Entry("", (right,), may_ask=False), vips).outcome is Outcome.RIGHT
    assert judged(Entry("", (right,), may_ask=False), lost).outcome is Outcome.WRONG
    assert judged(Entry("", (right,), may_ask=False), unknown).outcome is Outcome.MISSED
    assert judged(asking, vips).outcome is Outcome.WRONG
    assert judged(asking, unknown) == Result(asking, Outcome.ASKED, unknown)
    assert judged(asking, NotUnderstood((), "No.")).unnamed == ("gotham",)


def test_a_conversation_goes_on_from_what_stands() -> None:
    """After undo the question before; after what was not understood the same; after what is wrong nothing."""
    texts = ("list: label = VIP", "undo", "list: label = Lost", "asked", "list: label = New")
    turns = [_turn("VIPs", "list: label = VIP"), *(_turn(text, text) for text in texts)]
    stood: list[str] = []

    def refine(text: str, vocabulary: Vocabulary, earlier: Question) -> Read:
        stood.append(canonical(earlier.criteria))
        if text == "asked":
            return NotUnderstood((), "No.")
        criteria = parse(text.partition(": ")[2], CATALOG)
        narrowed = Question(Kind.LIST, conjunction(parse("city = Austin", CATALOG), criteria))
        plain = Question(Kind.LIST, criteria)
        return Request(Action.UNDO, earlier) if text == "undo" else narrowed if "New" in text else plain

    results = talked([*turns, _turn("never", "asked")], refine)
    assert [one.outcome for one in results] == [
        *(Outcome.RIGHT,) * 4,
        Outcome.ASKED,
        Outcome.WRONG,
        Outcome.UNREACHED,
    ]
    assert stood == ["label = VIP"] * 2 + ["label = VIP", "label = Lost", "label = Lost"]


def _turn(ask: str, text: str) -> Entry:
    return Entry(ask, () if text == "asked" else (form(text),), may_ask=text == "asked")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("label = VIP and state = Texas", "state = Texas and label = VIP"),
        ("label = VIP or label = Lost", "label in (Lost, VIP)"),
        ("not label = VIP", "label != VIP"),
        ("employees > 10 and employees <= 20", "employees between 11 and 20"),
        ("last_purchase > 2026-05-31", "last_purchase >= 2026-06-01"),
        ('owner = "Moses Frase"', 'owner_email = "moses.frase@bellwether.example"'),
        ("last_purchase in last 30 days", "last_purchase > 30 days ago and last_purchase <= today"),
    ],
)
def test_criteria_that_mean_the_same_are_the_same(one: str, other: str) -> None:
    assert same(parse(one, CATALOG), parse(other, CATALOG))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("label = VIP", "label = Champion"),
        (
            "label = VIP and state = Texas or city = Austin",
            "label = VIP and (state = Texas or city = Austin)",
        ),
        ("total_spend > 50k", "total_spend >= 50k"),
        ("last_purchase before 2026-06-01", "not last_purchase >= 2026-06-01"),
        ("last_purchase in this month", "last_purchase between 2026-11-01 and 2026-11-30"),
        ("last_purchase in last week", "last_purchase in last 7 days"),
        ("label != VIP", "label != VIP and label is not empty"),
        ("name contains tech", "name starts with tech"),
        ("", "label = VIP"),
    ],
)
def test_criteria_that_mean_something_else_are_not_the_same(one: str, other: str) -> None:
    assert not same(parse(one, CATALOG), parse(other, CATALOG))


@pytest.mark.parametrize(
    "text",
    [
        "lists: label = VIP",
        "list: label = VIP; -happiness",
        "figure: ; profit",
        "figure: ; revenue; in Juni",
        "moved: ; from Platinum",
        "account: Wayne Enterprises",
        "prospects: ; product GTX Ultra",
    ],
)
def test_a_reading_that_cannot_be_is_an_error(text: str) -> None:
    with pytest.raises(FileError):
        form(text)


def _answer(result: Result) -> tuple[str, set[str] | None]:
    """The accounts that the product's own evaluation gives for what was read."""
    read = result.read
    listed = isinstance(read, Question) and read.kind in _ACCOUNTS
    return result.entry.ask, _masked(read.criteria) if listed and isinstance(read, Question) else None


def _accounts(result: Result) -> tuple[str, set[str] | None]:
    """The accounts that should be."""
    listed = result.form is not None and result.form.kind in _ACCOUNTS
    return result.entry.ask, accounts_that(result.form.criteria) if listed and result.form else None


@cache
def _frame() -> pd.DataFrame:
    frame = pd.DataFrame(list(sample_rows()))
    for name in ("total_spend", "annual_revenue"):
        frame[name] = [None if money is None else int(money * 100) for money in frame[name]]
    return frame


def _masked(node: Node) -> set[str] | None:
    frame = _frame()
    return None if accounts_that(node) is None else set(frame["id"][mask(node, frame, CATALOG, Today(TODAY))])


def test_the_examples_have_accounts_to_tell_apart() -> None:
    found = [accounts_that(one.forms[0].criteria) for one in entries("tuning") if one.kind == Kind.LIST]
    assert sum(bool(one) for one in found) >= 80
    assert len({canonical(one.forms[0].criteria) for one in entries("tuning") if one.kind == Kind.LIST}) >= 80
