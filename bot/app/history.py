"""Questions about the past: who had which label on a day, who went where, how an account fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Protocol

from bot.app.config.published import Published, PublishedConfigurations
from bot.app.config.shape import nearest
from bot.app.errors import UserError
from bot.app.ports import Clock
from bot.app.technique_rules import label_names
from scoring.standing import MEASURE_PARTS
from scoring.wording import written_day

NO_LABEL, ABSENT = "(no label)", "(not there)"


@dataclass(frozen=True, slots=True)
class Once:
    """What an account's scores were on a day.

    Attributes:
        name: None when the account is not in the copy of the CRM any more.
        since: the day from which on they were so.
        measure: the technique's number in ten-thousandths.
    """

    account_id: str
    name: str | None
    since: date
    label: str | None
    r: int | None
    f: int | None
    m: int | None
    measure: int | None

    def as_json(self) -> dict[str, Any]:
        """For ``--json``; the measure in whole units."""
        return asdict(self) | {"since": self.since.isoformat(), "measure": written_measure(self.measure)}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a segmentation said of an account from a day on.

    Attributes:
        gone: from then on the account takes no part.
        why: the sentences that were told with a change of label on that day.
    """

    segmentation: str
    day: date
    label: str | None
    r: int | None
    f: int | None
    m: int | None
    measure: int | None
    gone: bool
    why: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For ``--json``; the measure in whole units."""
        return asdict(self) | {"day": self.day.isoformat(), "measure": written_measure(self.measure)}


class PastTransaction(Protocol):
    """Reading the history; one moment for all of it."""

    def today(self, published: Published, now: datetime) -> date:
        """The organisation's day."""
        ...

    def currency(self) -> str:
        """ISO code."""
        ...

    def segmentations(self) -> Mapping[str, date]:
        """Every segmentation that was ever scored, and the day of its first run."""
        ...

    def labels_on(self, segmentation: str, day: date) -> Sequence[Once]:
        """Everybody who took part on a day, by id."""
        ...

    def spent(self, published: Published, day: date, now: datetime) -> Mapping[str, int]:
        """What accounts had spent by a day, minor units: those that had bought something that counts."""
        ...

    def accounts_called(self, name: str) -> Mapping[str, str | None]:
        """Accounts with that name or id, those among them that the CRM has no more; id -> name."""
        ...

    def account_names(self) -> Sequence[str]:
        """Every account's name."""
        ...

    def entries(self, account_id: str, segmentation: str | None) -> Sequence[Entry]:
        """An account's history, oldest first."""
        ...


class Past(Protocol):
    """Where the history is kept."""

    def reading(self) -> AbstractContextManager[PastTransaction]:
        """Begin to read."""
        ...


@dataclass(frozen=True, slots=True)
class LabelsOn:
    """Who had which label on a day.

    Attributes:
        counts: accounts per label, best first, those without a label last; of everybody.
        accounts: those that were asked for, by label and name.
    """

    segmentation: str
    on: date
    counts: tuple[tuple[str | None, int], ...]
    accounts: tuple[Once, ...]

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "segmentation": self.segmentation,
            "on": self.on.isoformat(),
            "counts": [{"label": label, "accounts": count} for label, count in self.counts],
            "accounts": [one.as_json() for one in self.accounts],
        }


@dataclass(frozen=True, slots=True)
class Move:
    """A cell of the matrix: how many went from one label to another, and what they had spent.

    ``old`` and ``new`` are a label, ``NO_LABEL``, or ``ABSENT`` for accounts that took no part on that day.
    """

    old: str
    new: str
    accounts: int
    spend_minor: int


@dataclass(frozen=True, slots=True)
class Moves:
    """Who went where between two days.

    Attributes:
        labels: in order, best first; then ``NO_LABEL`` and ``ABSENT`` where they occur.
        moves: the cells that are not empty, those that stayed among them.
        currency: ISO code of what was spent by the second day.
    """

    segmentation: str
    first: date
    second: date
    labels: tuple[str, ...]
    moves: tuple[Move, ...]
    currency: str

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "segmentation": self.segmentation,
            "from": self.first.isoformat(),
            "to": self.second.isoformat(),
            "currency": self.currency,
            "labels": list(self.labels),
            "moves": [asdict(one) for one in self.moves],
        }


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """How an account fared; ``name`` is its id when the CRM has it no more."""

    account_id: str
    name: str
    entries: tuple[Entry, ...]

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        found = [one.as_json() for one in self.entries]
        return {"account_id": self.account_id, "name": self.name, "entries": found}


class History:
    """The use case. Reads only."""

    def __init__(self, past: Past, configurations: PublishedConfigurations, clock: Clock) -> None:
        self._past = past
        self._configurations = configurations
        self._clock = clock

    def labels(self, on: date, segmentation: str | None = None, label: str | None = None) -> LabelsOn:
        """Who had which label on a day.

        Args:
            on: the day.
            segmentation: the primary one when left out.
            label: only those with this one.

        Raises:
            UserError: no such segmentation or label, a day before the first run, or one to come.
        """
        published = self._configurations.current()
        with self._past.reading() as transaction:
            name = self._checked(transaction, published, segmentation, on)
            found = transaction.labels_on(name, on)
        counts = Counter(one.label for one in found)
        order = _order(published, name, counts)
        if label is not None:
            wanted = _spelled(label, order)
            found = [one for one in found if one.label == wanted]
        places = {one: at for at, one in enumerate((*order, None))}
        ordered = sorted(found, key=lambda one: (places[one.label], (one.name or one.account_id).casefold()))
        return LabelsOn(name, on, tuple((one, counts[one]) for one in (*order, None)), tuple(ordered))

    def moves(self, first: date, second: date, segmentation: str | None = None) -> Moves:
        """Who went from which label to which between two days. Raises as ``labels``."""
        if first > second:
            raise UserError(
                f"{written_day(first)} is after {written_day(second)}.", "Give the earlier day as --from."
            )
        published, now = self._configurations.current(), self._clock.now()
        with self._past.reading() as transaction:
            name = self._checked(transaction, published, segmentation, first)
            self._checked(transaction, published, name, second)
            before, after = (_labels(transaction.labels_on(name, day)) for day in (first, second))
            spent, currency = transaction.spent(published, second, now), transaction.currency()
        counts, money = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for account in before.keys() | after.keys():
            cell = (before.get(account, ABSENT), after.get(account, ABSENT))
            counts[cell] += 1
            money[cell] += spent.get(account, 0)
        used = {one for cell in counts for one in cell}
        known = _order(published, name, used - {NO_LABEL, ABSENT})
        labels = (*known, *(one for one in (NO_LABEL, ABSENT) if one in used))
        cells = ((old, new) for old in labels for new in labels if counts[old, new])
        moves = tuple(Move(*cell, counts[cell], money[cell]) for cell in cells)
        return Moves(name, first, second, labels, moves, currency)

    def account(self, account: str, segmentation: str | None = None) -> AccountHistory:
        """How an account fared in every segmentation, or in one.

        Raises:
            UserError: no such account or segmentation, or several accounts of that name.
        """
        published = self._configurations.current()
        with self._past.reading() as transaction:
            known = transaction.segmentations()
            name = None if segmentation is None else _segmentation(segmentation, known, published)
            found = transaction.accounts_called(account.strip())
            if len(found) > 1:
                ids = ", ".join(sorted(found))
                raise UserError(
                    f"{len(found)} accounts are called '{account}'.", f"Give the id of one: {ids}."
                )
            if not found:
                near = nearest(account, list(transaction.account_names()))
                raise UserError(f"There is no account '{account}'.{near}")
            ((account_id, called),) = found.items()
            entries = tuple(transaction.entries(account_id, name))
        return AccountHistory(account_id, called or account_id, entries)

    def _checked(
        self, transaction: PastTransaction, published: Published, segmentation: str | None, day: date
    ) -> str:
        """The segmentation as it is spelled, if something is known of that day."""
        known = transaction.segmentations()
        name = _segmentation(segmentation or published.configuration.primary.name, known, published)
        first = known.get(name)
        if first is None:
            raise UserError(f"'{name}' has not been scored yet.", "Run `bellwether score` first.")
        if day < first:
            raise UserError(
                f"'{name}' was first scored as of {written_day(first)}; nothing is known of the days before.",
                f"`bellwether score --as-of {day} --dry-run` says what the labels would have been.",
            )
        if day > transaction.today(published, self._clock.now()):
            raise UserError(f"{written_day(day)} is still to come.", "Give a day that has come.")
        return name


def written_measure(measure: int | None) -> int | None:
    """A technique's number in whole units: the history does not follow its decimals."""
    return None if measure is None else measure // MEASURE_PARTS


def _segmentation(name: str, known: Mapping[str, date], published: Published) -> str:
    """One of the document, or one that was scored once, in any case."""
    names = dict.fromkeys((*(one.name for one in published.configuration.segmentations), *known))
    found = next((one for one in names if one.casefold() == name.casefold()), None)
    if found is None:
        raise UserError(f"There is no segmentation '{name}'.{nearest(name, list(names))}")
    return found


def _order(published: Published, segmentation: str, found: Iterable[str | None]) -> tuple[str, ...]:
    """The labels of the document, best first, then those that it names no more."""
    now = published.configuration.segmentation(segmentation)
    named = label_names(now) if now is not None else ()
    return (*named, *sorted(one for one in found if one is not None and one not in named))


def _spelled(label: str, known: Sequence[str]) -> str:
    found = next((one for one in known if one.casefold() == label.casefold()), None)
    if found is None:
        raise UserError(
            f"There is no label '{label}'.{nearest(label, list(known))}", f"There are: {', '.join(known)}."
        )
    return found


def _labels(found: Sequence[Once]) -> Mapping[str, str]:
    return {one.account_id: one.label or NO_LABEL for one in found}
