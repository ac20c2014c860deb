"""Why an account has its labels: what is behind each, what changed last, what would make it better.

The sentences themselves come from each technique's own explanation (``bot.app.explaining``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from bot.app.answers import AccountCard, Answer, Explanation
from bot.app.people import Person
from bot.app.ports import AccountBook
from bot.app.tables import AnswerTable, CellType, TableColumn
from bot.app.wording import day
from bot.language.question import NotUnderstood, Question

_COLUMNS: Final = (
    TableColumn("segmentation", "Segmentation"),
    TableColumn("label", "Label", CellType.LABEL),
    TableColumn("since", "Since", CellType.DAY),
    TableColumn("measured", "Measured"),
)
_NO_LABEL: Final = "no label"


@dataclass(frozen=True, slots=True)
class LastChange:
    """What became of an account's label in a segmentation last.

    Attributes:
        since: the day from which on the label stands.
        on: the day of the last change that neither a first run nor another configuration has made; None:
            there was none. ``old`` and ``new`` are its labels, ``why`` the sentences that were told with it.
    """

    since: date
    on: date | None = None
    old: str | None = None
    new: str | None = None
    why: tuple[str, ...] = ()


class LastChanges(Protocol):
    """Reading what changed last."""

    def of(self, account_id: str) -> Mapping[str, LastChange]:
        """By segmentation; of those in which the account ever had a label."""
        ...


class Why:
    """Answers why."""

    def __init__(self, book: AccountBook, changes: LastChanges) -> None:
        self._book = book
        self._changes = changes

    def answer(self, question: Question, _person: Person, empty: Answer) -> Answer:
        """The account's card, a line for each segmentation, and everything that is told of each."""
        card = self._book.card(question.account_id or "")
        if card is None:
            reason = "That account is not in the copy of the CRM any more."
            return replace(empty, not_understood=NotUnderstood((), reason))
        changes = self._changes.of(card.line.id)
        explained = (_primary(card), *card.further)
        rows = tuple(
            (one.segmentation, one.label, _since(changes, one), one.measured or None) for one in explained
        )
        return replace(
            empty,
            kind=question.kind,
            read_as=f"why the account {card.line.name} has its labels",
            total=1,
            shown=1,
            card=card,
            table=AnswerTable(_COLUMNS, rows, total=len(rows)),
            said=_said(card, _since(changes, explained[0])),
            remarks=tuple(
                sentence for one in explained for sentence in _told(one, changes.get(one.segmentation))
            ),
        )


def _primary(card: AccountCard) -> Explanation:
    return Explanation(card.segmentation, "", card.line.label, card.measured, card.why)


def _since(changes: Mapping[str, LastChange], one: Explanation) -> date | None:
    found = changes.get(one.segmentation)
    return None if found is None else found.since


def _said(card: AccountCard, since: date | None) -> str:
    name, label = card.line.name, card.line.label
    if label is None:
        return f"{name} has no label in '{card.segmentation}'."
    return f"{name} is {label}{f' since {day(since)}' if since else ''}."


def _told(one: Explanation, change: LastChange | None) -> tuple[str, ...]:
    """Each sentence says of itself which segmentation it is about, by the one that begins them."""
    measured = f", {one.measured}" if one.measured else ""
    head = f"{one.segmentation}: {one.label or _NO_LABEL}{measured}."
    if change is None or change.on is None:
        return (head, *one.why)
    went = f"It went from {change.old or _NO_LABEL} to {change.new or _NO_LABEL} on {day(change.on)}"
    reasons = f": {' '.join(change.why)}" if change.why else "."
    return (head, *one.why, f"{went}{reasons}")
