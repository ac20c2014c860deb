"""Files of questions with what each is to be read as, and the accounting of how they are read.

``python -m tests.support.question_file FILE [--show wrong|missed]``; FILE is tuning, unseen, fresh, second,
third, sealed, doubtful, outsider, stranger, passer_by or conversations.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.language.question import (
    DEAL_OWNER,
    EACH_ACCOUNT,
    EACH_PRODUCT,
    Action,
    Aggregate,
    Kind,
    Metric,
    NotUnderstood,
    Question,
    Request,
)
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary
from scoring.criteria.canonical import canonical
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, Node, Unit
from scoring.criteria.values import read_period
from tests.support.plain_criteria import same
from tests.support.said import said
from tests.support.sample_organisation import CATALOG, DATA, LABELS, sample, vocabulary_for

FOLDER = Path(__file__).resolve().parents[1] / "questions"
ASKED = "asked"
_NAMED = {Kind.ACCOUNT.value, Kind.WHY.value, Kind.OFFERS.value}  # kinds that are of one account
_PLAIN = {ASKED, Kind.HELP.value, *(action.value for action in Action)}
_DAY = r"\d{4}-\d{2}-\d{2}"
_DAYS = re.compile(rf"{_DAY}( to {_DAY})?|(since|until) {_DAY}")
_KEYS = {"ask", "is", "names", "needs", "loose", "why"}
Read = Question | Request | NotUnderstood
Refine = Callable[[str, Vocabulary, Question], Read]


class FileError(ValueError):
    """The file of questions says what cannot be."""


@dataclass(frozen=True)
class Form:
    """One reading: its kind, its criteria, and everything else in the form of ``said``."""

    kind: str
    criteria: Node = field(default_factory=Always)
    among: Node = field(default_factory=Always)
    others: tuple[str, ...] = ()

    def means(self, other: Form) -> bool:
        """Whether both readings are the same."""
        alike = (self.kind, self.others) == (other.kind, other.others)
        return alike and same(self.criteria, other.criteria) and same(self.among, other.among)


@dataclass(frozen=True)
class Entry:
    """A question, or a turn of a conversation.

    Attributes:
        forms: the readings that are right.
        may_ask: to ask back is right, or is one of the right answers.
        names: words that have to be named when it is asked back.
    """

    ask: str
    forms: tuple[Form, ...]
    may_ask: bool
    names: tuple[str, ...] = ()
    loose: bool = False

    @property
    def must_ask(self) -> bool:
        """Whether every answer is wrong."""
        return not self.forms

    @property
    def kind(self) -> str:
        """What is asked for."""
        return self.forms[0].kind if self.forms else ASKED


class Outcome(StrEnum):
    """What became of a question."""

    RIGHT = "right"
    ASKED = "asked back"  # where it should be
    MISSED = "missed"  # asked back where it should have been answered
    WRONG = "wrong"  # answered otherwise
    UNREACHED = "not reached"  # a turn after one that went wrong


@dataclass(frozen=True)
class Result:
    """How a question was read.

    Attributes:
        form: the one of the right readings that it was read as.
        unnamed: words that should have been named and were not.
    """

    entry: Entry
    outcome: Outcome
    read: Read | None = None
    form: Form | None = None
    unnamed: tuple[str, ...] = ()


@lru_cache(maxsize=8)
def entries(name: str) -> tuple[Entry, ...]:
    """The questions of ``tuning``, ``unseen`` or ``fresh``.

    Raises:
        FileError: an unknown key, a question that is there twice, or a reading that cannot be.
    """
    found = tuple(_entry(one) for one in _listed(name))
    twice = [ask for ask, count in Counter(entry.ask for entry in found).items() if count > 1]
    _require(not twice, f"twice in {name}: {twice}")
    return found


def conversations() -> tuple[tuple[Entry, ...], ...]:
    """The turns of each conversation.

    Raises:
        FileError: as ``entries``.
    """
    found = []
    for one in _listed("conversations"):
        _require(set(one) == {"about", "turns"}, f"a conversation has about and turns: {set(one)}")
        found.append(tuple(_entry(turn) for turn in one["turns"]))
    return tuple(found)


def judged(entry: Entry, read: Read) -> Result:
    """Whether a question was read as it should be."""
    if isinstance(read, NotUnderstood):
        outcome = Outcome.ASKED if entry.may_ask else Outcome.MISSED
        told = " ".join((read.reason, *(word.word for word in read.words))).casefold()
        unnamed = tuple(word for word in entry.names if word not in told) if entry.may_ask else ()
        return Result(entry, outcome, read, unnamed=unnamed)
    found = form_of(read)
    right = next((form for form in entry.forms if form.means(found)), None)
    return Result(entry, Outcome.RIGHT if right else Outcome.WRONG, read, right)


@lru_cache(maxsize=8)
def asked(name: str) -> tuple[Result, ...]:
    """How every question of a file is read."""
    vocabulary = vocabulary_for()
    return tuple(judged(entry, understand(entry.ask, vocabulary)) for entry in entries(name))


def conversed() -> tuple[tuple[Result, ...], ...]:
    """How every turn of every conversation is read."""
    refine = import_module("bot.language.refine").refine
    return tuple(talked(turns, refine) for turns in conversations())


def talked(turns: Sequence[Entry], refine: Refine) -> tuple[Result, ...]:
    """How every turn of one conversation is read; those after the first that goes wrong are not."""
    vocabulary, results = vocabulary_for(), list[Result]()
    standing: list[Question] = []
    for turn in turns:
        if results and results[-1].outcome not in {Outcome.RIGHT, Outcome.ASKED}:
            results.append(Result(turn, Outcome.UNREACHED))
            continue
        read = refine(turn.ask, vocabulary, standing[-1]) if standing else understand(turn.ask, vocabulary)
        results.append(judged(turn, read))
        if isinstance(read, Question):
            standing.append(read)
        elif isinstance(read, Request) and read.action is Action.UNDO and len(standing) > 1:
            standing.pop()
    return tuple(results)


def form_of(read: Question | Request) -> Form:
    """What was read, as a form."""
    if isinstance(read, Request) or read.kind.value in _NAMED or read.kind is Kind.HELP:
        return Form(said(read))
    figure = read.figure and replace(read.figure, among=Always())
    rest = said(replace(read, criteria=Always(), figure=figure)).split(";")[1:]
    among = read.figure.among if read.figure else Always()
    return Form(read.kind.value, read.criteria, among, _ordered(rest))


def form(text: str) -> Form:
    """A reading as the files write it.

    Raises:
        FileError: there is no such reading.
        CriteriaError: its criteria cannot be read.
    """
    kind, colon, rest = text.partition(":")
    if kind in _NAMED:
        _require(rest.strip() in {line.name for line in sample().lines}, f"no account: {text}")
    if kind in _NAMED | _PLAIN:
        return Form(text)
    _require(bool(colon) and kind in {one.value for one in Kind}, f"no such kind: {text}")
    criteria, *others = (part.strip() for part in rest.split(";"))
    wrong = [part for part in others if not _possible(part)]
    _require(not wrong, f"{wrong} in {text}")
    among = next((part.removeprefix("among ") for part in others if part.startswith("among ")), "")
    others = [_numbered(part) for part in others if not part.startswith("among ")]
    return Form(kind, _node(criteria), _node(among), _ordered(others))


def accounting(title: str, results: Sequence[Result]) -> str:
    """How many of each kind were read how, as a table."""
    kinds = sorted({result.entry.kind.partition(":")[0] for result in results})
    outcomes = [one for one in Outcome if any(result.outcome is one for result in results)]
    lines = [f"{title}: {len(results)}", _row("", (*outcomes, "unnamed"))]
    for kind in (*kinds, "all", "loose"):
        chosen = [one for one in results if _belongs(one.entry, kind)]
        counts = Counter(result.outcome for result in chosen)
        unnamed = sum(bool(result.unnamed) for result in chosen)
        lines.append(_row(kind, (*(counts[one] for one in outcomes), unnamed)))
    answerable = [one for one in results if not one.entry.may_ask]
    lines.append(
        f"right of what should be answered {_share(answerable, Outcome.RIGHT)}"
        f" · wrong {_share(results, Outcome.WRONG)}"
    )
    return "\n".join(lines)


def failures(results: Iterable[Result], outcomes: Iterable[Outcome]) -> str:
    """What went otherwise than it should, a paragraph each."""
    return "\n".join(_failure(one) for one in results if one.outcome in outcomes or one.unnamed)


def share(results: Sequence[Result], outcome: Outcome) -> float:
    """Which part of the results came out so; 0 of none."""
    return sum(result.outcome is outcome for result in results) / max(1, len(results))


def _listed(name: str) -> list[dict[str, Any]]:
    found = YAML(typ="safe").load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    _require(isinstance(found, list) and all(isinstance(one, dict) for one in found), f"{name} is no list")
    return list(found)


def _entry(found: Mapping[str, Any]) -> Entry:
    unknown = set(found) - _KEYS
    _require(not unknown and {"ask", "is"} <= set(found), f"{found.get('ask')}: keys {sorted(found)}")
    texts = [found["is"]] if isinstance(found["is"], str) else list(found["is"])
    if "needs" in found and CATALOG.relation(found["needs"]) is None:
        texts = [ASKED]
    forms = tuple(form(text) for text in texts if text != ASKED)
    names = tuple(str(name).casefold() for name in found.get("names", ()))
    return Entry(found["ask"], forms, ASKED in texts, names, bool(found.get("loose")))


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise FileError(otherwise)


def _node(text: str) -> Node:
    return parse(text, CATALOG) if text else Always()


def _possible(part: str) -> bool:
    """Whether a part of a reading, besides its criteria, says something that there is."""
    word, _, rest = part.partition(" ")
    tests: dict[str, Callable[[str], object]] = {
        "product": lambda name: name in _products(),
        "by": lambda name: name in {DEAL_OWNER, EACH_ACCOUNT, EACH_PRODUCT} or CATALOG.find(name),
        "every": lambda name: name in set(Unit),
        "in": _is_span,
        "vs": _is_span,
        "among": bool,
        "from": _are_labels,
        "to": _are_labels,
    }
    if rest and word in tests:
        return bool(tests[word](rest))
    if part[:1] in "+-":
        return CATALOG.find(part[1:]) is not None
    how, _, of = part.partition(" of ")
    measured = how in set(Aggregate) and CATALOG.find(of) is not None
    return measured or part.isdecimal() or part in {*Metric, "worse", "better"} or _are_labels(part)


def _is_span(text: str) -> bool:
    return bool(_DAYS.fullmatch(text) or read_period(text))


def _are_labels(text: str) -> bool:
    return set(text.split("|")) <= set(LABELS)


@lru_cache(maxsize=1)
def _products() -> dict[str, str]:
    """The sample's products: name -> id; the name itself as long as the sample numbers none."""
    with (DATA / "products.csv").open(newline="", encoding="utf-8") as file:
        names = {row["product"]: row["product"] for row in csv.DictReader(file)}
    numbered: Mapping[str, str] = getattr(sample().words(), "products", {})
    return {**names, **{name: key for key, name in numbered.items()}}


def _numbered(part: str) -> str:
    return f"product {_products()[part.removeprefix('product ')]}" if part.startswith("product ") else part


def _ordered(parts: Iterable[str]) -> tuple[str, ...]:
    """In an order of their own: neither that of parts nor that of labels says anything."""
    return tuple(sorted(_labels_ordered(part.strip()) for part in parts if part.strip()))


def _labels_ordered(part: str) -> str:
    word, space, rest = part.partition(" ") if part.startswith(("from ", "to ")) else ("", "", part)
    return f"{word}{space}{'|'.join(sorted(rest.split('|')))}"


def _belongs(entry: Entry, kind: str) -> bool:
    return kind == "all" or (entry.loose if kind == "loose" else entry.kind.partition(":")[0] == kind)


def _row(head: str, cells: Iterable[object]) -> str:
    return f"{head:<12}" + "".join(f"{cell!s:>13}" for cell in cells)


def _share(results: Sequence[Result], outcome: Outcome) -> str:
    count = sum(result.outcome is outcome for result in results)
    return f"{count} of {len(results)} ({share(results, outcome):.1%})"


def _failure(result: Result) -> str:
    read, wanted = result.read, " | ".join(map(_shown, result.entry.forms)) or ASKED
    got = "" if read is None else said(read)
    if isinstance(read, NotUnderstood):
        got = f"asked: {read.reason} {[word.word for word in read.words]}"
    unnamed = f" unnamed {list(result.unnamed)}" if result.unnamed else ""
    return f"{result.outcome.value}: {result.entry.ask}\n    is   {wanted}\n    read {got}{unnamed}"


def _shown(one: Form) -> str:
    among = canonical(one.among)
    others = (*one.others, f"among {among}") if among else one.others
    return "; ".join(
        (f"{one.kind}: {canonical(one.criteria)}" if others or ":" not in one.kind else one.kind, *others)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the accounting of a file, and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    lists = (
        "tuning",
        "unseen",
        "fresh",
        "second",
        "third",
        "sealed",
        "doubtful",
        "outsider",
        "stranger",
        "passer_by",
    )
    files = (*lists, "conversations")
    parser.add_argument("file", nargs="?", choices=files, default="tuning")
    parser.add_argument("--show", choices=("wrong", "missed"), help="only these failures")
    chosen = parser.parse_args(arguments)
    talked = chosen.file == "conversations"
    results = [one for talk in conversed() for one in talk] if talked else list(asked(chosen.file))
    print(accounting(chosen.file, results))
    shown = {Outcome(chosen.show)} if chosen.show else {Outcome.WRONG, Outcome.MISSED}
    print(failures(results, shown))


if __name__ == "__main__":
    main()
