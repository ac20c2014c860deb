"""Reading what ``restate`` writes of figures, changes, the past, offers: strictly, nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import TypeVar

from bot.language.question import (
    Aggregate,
    Course,
    Days,
    Figure,
    Held,
    Kind,
    Metric,
    Moved,
    Question,
    Span,
    WordUse,
)
from bot.language.restate import ACCOUNT_FORMS
from bot.language.vocabulary import Index
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, Calendar, Node, Rolling, Unit
from scoring.voice.catalog import in_criteria

_NAME = r'"(?:[^"\\]|\\.)*"'
_DATE = r"\d{4}-\d{2}-\d{2}"
_UNIT = "day|week|month|quarter|year"
_RELATIVE = rf"(?:this|last|next) (?:{_UNIT})|(?:last|next) \d+ (?:{_UNIT})s?"
_SPAN = rf"{_RELATIVE}|since {_DATE}|until {_DATE}|{_DATE} to {_DATE}|{_DATE}"
_NAMES = rf"{_NAME}(?:, {_NAME})*"
_END = r"(?: first (?P<limit>\d{1,5}))?(?: where (?P<where>.+))?"
_FIGURE = re.compile(
    rf"figure (?:(?P<how>[a-z]+) of (?P<of>{_NAME})|(?P<metric>[a-z_]+))(?: by (?P<by>{_NAME}))?"
    rf"(?: (?P<course>worse|better))?(?: every (?P<every>{_UNIT}))?(?: in (?P<span>{_SPAN}))?"
    rf"(?: versus (?P<versus>{_SPAN}))?(?P<rest>.*)"
)
_MOVES = re.compile(
    rf"moves(?: from (?P<old>{_NAMES}))?(?: to (?P<new>{_NAMES}))?(?: (?P<course>worse|better))?"
    rf"(?: in (?P<span>{_SPAN}))?(?: of (?P<of>{_NAME}))?{_END}"
)
_HELD = re.compile(rf"held (?P<labels>{_NAMES}) in (?P<span>{_SPAN})(?: of (?P<of>{_NAME}))?{_END}")
_PROSPECTS = re.compile(rf"prospects for product #(?P<product>.{{1,100}}?){_END}")
_FLOCK = re.compile(rf"flock{_END}")
_LAST = re.compile(_END)
_OFFSETS = {"last": -1, "this": 0, "next": 1}
_Match = re.Match[str]
_Enum = TypeVar("_Enum", Metric, Aggregate, Course, Unit)


def read_written(text: str, index: Index) -> Question | None:
    """The question that ``restate`` wrote; None when it wrote no such sentence."""
    account = _of_account(text, index)
    if account is not None:
        return account
    for form, build in _FORMS:
        match = form.fullmatch(text)
        if match is None:
            continue
        try:
            question = build(match, index)
        except (ValueError, CriteriaError):
            continue
        if question is not None:
            return replace(question, words=(WordUse(text, "as it was written"),))
    return None


def _of_account(text: str, index: Index) -> Question | None:
    """``account #4876876000000333001``: how a button says which of two accounts of one name is meant."""
    start, sign, number = text.partition("#")
    if not sign:
        return None
    account = index.accounts.by_id.get(number.strip())
    kinds = [kind for kind, form in ACCOUNT_FORMS.items() if start.strip() == form]
    return Question(kinds[0], account_id=account.id) if account is not None and kinds else None


def _figure(match: _Match, index: Index) -> Question | None:
    metric, how = _one(Metric, match["metric"]), _one(Aggregate, match["how"])
    figure = Figure(
        metric,
        how,
        _name(match["of"]),
        _name(match["by"]),
        _one(Unit, match["every"]),
        read_span(match["span"]),
        read_span(match["versus"]),
        course=_one(Course, match["course"]),
    )
    for among, rest in _among(match["rest"], index):
        end = _LAST.fullmatch(rest)
        if end is not None:
            return _ended(Question(Kind.FIGURE, figure=replace(figure, among=among)), end, index)
    return None


def _among(text: str, index: Index) -> Iterator[tuple[Node, str]]:
    """The accounts of which a share is asked, in brackets; with what stands behind them."""
    if not text.startswith(" among ("):
        yield Always(), text
        return
    for match in re.finditer(r"\)(?= first | where |$)", text):
        try:
            yield _criteria(text[len(" among (") : match.start()], index), text[match.end() :]
        except CriteriaError:
            continue


def _moves(match: _Match, index: Index) -> Question | None:
    moved = Moved(
        _names(match["old"]),
        _names(match["new"]),
        _one(Course, match["course"]),
        read_span(match["span"]),
        _name(match["of"]),
    )
    return _ended(Question(Kind.MOVED, moved=moved), match, index)


def _held(match: _Match, index: Index) -> Question | None:
    span = read_span(match["span"])
    if span is None:
        return None
    held = Held(_names(match["labels"]), span, _name(match["of"]))
    return _ended(Question(Kind.HISTORY, held=held), match, index)


def _prospects(match: _Match, index: Index) -> Question | None:
    if match["product"] not in index.products:
        return None
    return _ended(Question(Kind.PROSPECTS, product=match["product"]), match, index)


def _flock(match: _Match, index: Index) -> Question | None:
    # "flock" alone is said by people, too; the grammar reads it the same way.
    return _ended(Question(Kind.FLOCK), match, index)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[_Match, Index], Question | None]], ...] = (
    (_FIGURE, _figure),
    (_MOVES, _moves),
    (_HELD, _held),
    (_PROSPECTS, _prospects),
    (_FLOCK, _flock),
)


def _ended(question: Question, match: _Match, index: Index) -> Question:
    limit = int(match["limit"]) if match["limit"] else None
    criteria = _criteria(match["where"], index) if match["where"] else Always()
    return replace(question, limit=limit, criteria=criteria)


def _criteria(text: str, index: Index) -> Node:
    return parse(in_criteria(text), index.catalog)


def _one(kind: type[_Enum], text: str | None) -> _Enum | None:
    return kind(text) if text else None


def _name(text: str | None) -> str | None:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text else None


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(_name(one[0]) or "" for one in re.finditer(_NAME, text or ""))


def read_span(text: str | None) -> Span | None:
    """What ``written_span`` wrote.

    Raises:
        ValueError: a day that no calendar has.
    """
    if not text:
        return None
    first, *rest = text.split()
    if first in {"since", "until"}:
        day = date.fromisoformat(rest[0])
        return Days(day, None) if first == "since" else Days(None, day)
    if first in _OFFSETS and len(rest) == 1:
        return Calendar(Unit(rest[0]), _OFFSETS[first])
    if first in _OFFSETS:
        count = int(rest[0]) * (1 if first == "last" else -1)
        return Rolling(count, Unit(rest[1].removesuffix("s")))
    return Days(date.fromisoformat(first), date.fromisoformat(rest[-1] if rest else first))
