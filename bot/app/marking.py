"""Giving and taking marks: market segments of accounts, roles and keywords of contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bot.app.config.published import Published, PublishedConfigurations
from bot.app.config.shape import nearest
from bot.app.errors import UserError
from bot.app.ports import Audit, Clock
from scoring.criteria.errors import CriteriaError
from scoring.market_config import Markets, MarkKind, marks_of
from scoring.markets import Marking, give, take
from scoring.voice.catalog import in_criteria
from scoring.wording import counted

if TYPE_CHECKING:
    from pandas import DataFrame

TERMINAL = "terminal"
NAMES_TOLD = 20  # in the audit log; how many there are is told always
LONGEST_MARK = 100  # letters, of the column


class Bearer(StrEnum):
    """Who bears marks."""

    ACCOUNT = "account"
    CONTACT = "contact"


class MarkTransaction(Protocol):
    """Reading and writing marks: all of it or nothing, and one person's after the other's."""

    def meeting(self, bearer: Bearer, criteria: str, published: Published, now: datetime) -> Sequence[str]:
        """The ids of the records that meet criteria; CriteriaError when they do not fit the fields."""
        ...

    def called(self, bearer: Bearer, name: str) -> Sequence[str]:
        """The ids of the records with that name, e-mail address or id."""
        ...

    def names(self, bearer: Bearer) -> Sequence[str]:
        """Every name that there is."""
        ...

    def names_of(self, bearer: Bearer, ids: Sequence[str]) -> Mapping[str, str]:
        """The names of some records."""
        ...

    def held(self, kind: MarkKind) -> DataFrame:
        """Every mark of a kind that a record bears: ``record_id``, ``mark``."""
        ...

    def keep(self, kind: MarkKind, mark: str, records: Sequence[str], by: str, at: datetime) -> None:
        """Give a mark to records."""
        ...

    def remove(self, kind: MarkKind, marks: Sequence[tuple[str, str]]) -> None:
        """Take marks away: record and mark, as it is kept."""
        ...

    def touch(self, bearer: Bearer, records: Sequence[str], at: datetime) -> None:
        """Have the accounts of these records scored again."""
        ...


class Marks(Protocol):
    """Where marks are kept."""

    def writing(self) -> AbstractContextManager[MarkTransaction]:
        """Begin; committed at the end of the block, undone when it raises."""
        ...

    def reading(self) -> AbstractContextManager[MarkTransaction]:
        """Begin to read only."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """The records that a request is about: those that meet criteria, or those that are named."""

    criteria: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of a request.

    Attributes:
        gains: names of the records that got the mark; ``losses`` of those that lost it.
        swapped: record and the mark of the same group that it lost.
        already: how many needed no change.
        refused: sentences about records that got or lost nothing.
        kept: False when it was only tried.
    """

    did: Literal["give", "take"]
    kind: MarkKind
    mark: str
    gains: tuple[str, ...]
    losses: tuple[str, ...]
    swapped: tuple[tuple[str, str], ...]
    already: int
    refused: tuple[str, ...]
    kept: bool

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)

    def sentences(self) -> tuple[str, ...]:
        """For a person."""
        return tuple(self._sentences())

    def _sentences(self) -> Iterator[str]:
        bearer, would = bearer_of(self.kind).value, "is" if self.kept else "would be"
        if self.did == "give":
            yield f"'{self.mark}' {would} given to {counted(len(self.gains), bearer)}."
        else:
            yield f"'{self.mark}' {would} taken from {counted(len(self.losses), bearer)}."
        for other, count in sorted(Counter(mark for _, mark in self.swapped).items()):
            yield f"It takes the place of '{other}' on {counted(count, bearer)}."
        if self.already:
            yield f"{counted(self.already, bearer)} {_needed(self.already, self.did)}."
        yield from self.refused


@dataclass(frozen=True, slots=True)
class MarkLine:
    """A mark and how many bear it; ``group`` of market segments, empty for others.

    ``in_document``: False when the configuration names it no more: it can only be taken.
    """

    kind: str
    group: str
    mark: str
    records: int
    in_document: bool


class GivingMarks:
    """The use case."""

    def __init__(
        self, marks: Marks, configurations: PublishedConfigurations, audit: Audit, clock: Clock
    ) -> None:
        self._marks = marks
        self._configurations = configurations
        self._audit = audit
        self._clock = clock

    def give(
        self, kind: MarkKind, mark: str, chosen: Chosen, by: str, *, swap: bool = False, keep: bool = True
    ) -> Marked:
        """Give a mark to records.

        Args:
            kind: what it is.
            mark: its name, in any case.
            chosen: the records.
            by: who gives it, for the record.
            swap: whether it takes the place of another one of a group of which an account bears one only.
            keep: False only says what would be done.

        Raises:
            UserError: no such mark or record, criteria that do not fit, too many, or nothing but refusals.
        """
        return self._do(kind, mark, chosen, by, keep=keep, swap=swap)

    def take(self, kind: MarkKind, mark: str, chosen: Chosen, by: str, *, keep: bool = True) -> Marked:
        """Take a mark from records; arguments and errors as of ``give``."""
        return self._do(kind, mark, chosen, by, keep=keep, swap=None)

    def lines(self, kind: MarkKind | None = None) -> list[MarkLine]:
        """Every mark with the number of its bearers: those of the document first, in its order."""
        markets = self._configurations.current().configuration.markets
        kinds = tuple(MarkKind) if kind is None else (kind,)
        with self._marks.reading() as transaction:
            return [line for one in kinds for line in _lines(one, markets, transaction.held(one))]

    def bearers(self, kind: MarkKind, mark: str) -> tuple[str, ...]:
        """The names of those that bear a mark, sorted.

        Raises:
            UserError: nobody bears it.
        """
        with self._marks.reading() as transaction:
            held = transaction.held(kind)
            same = held[held["mark"].map(str.casefold) == mark.strip().casefold()]
            if same.empty:
                known = sorted(set(held["mark"]))
                raise UserError(f"Nobody bears the {kind} '{mark}'.{nearest(mark, known)}")
            found = transaction.names_of(bearer_of(kind), list(same["record_id"]))
        return tuple(sorted(found.values(), key=str.casefold))

    def _do(
        self, kind: MarkKind, mark: str, chosen: Chosen, by: str, *, keep: bool, swap: bool | None
    ) -> Marked:
        published, at = self._configurations.current(), self._clock.now()
        with (self._marks.writing if keep else self._marks.reading)() as transaction:
            held = transaction.held(kind)
            records = _records(transaction, bearer_of(kind), chosen, published, at)
            decided = _decided(kind, mark, records, held, published, swap=swap)
            _refuse(decided)
            lost = [*_as_kept(held, decided), *decided.swapped]
            done = _marked(kind, decided, transaction, keep=keep, given=swap is not None)
            if keep:
                transaction.remove(kind, lost)
                transaction.keep(kind, decided.mark, decided.gains, by, at)
                moved = sorted({*decided.gains, *(one for one, _ in lost)})
                transaction.touch(bearer_of(kind), moved, at)
        if keep and (done.gains or done.losses):
            action = f"{done.did}_mark"
            self._audit.record(by, action, f"{kind}: {done.mark}", _outcome(done), TERMINAL)
        return done


def bearer_of(kind: MarkKind) -> Bearer:
    """Who bears a kind of mark."""
    return Bearer.ACCOUNT if kind is MarkKind.MARKET_SEGMENT else Bearer.CONTACT


def _records(
    transaction: MarkTransaction, bearer: Bearer, chosen: Chosen, published: Published, now: datetime
) -> Sequence[str]:
    if (chosen.criteria is None) == (not chosen.names):
        raise UserError(
            f"Say which {bearer}s: those that meet criteria, or some by name.",
            f"Add --where 'criteria', or --{bearer} NAME, not both.",
        )
    if chosen.criteria is None:
        return [_named(transaction, bearer, name) for name in chosen.names]
    try:
        return transaction.meeting(bearer, in_criteria(chosen.criteria), published, now)
    except CriteriaError as error:
        raise UserError(f"The criteria do not fit the fields of {bearer}s: {error}") from None


def _named(transaction: MarkTransaction, bearer: Bearer, name: str) -> str:
    found = transaction.called(bearer, name.strip())
    if len(found) > 1:
        raise UserError(
            f"{len(found)} {bearer}s are called '{name}'.", f"Give the id: {', '.join(found[:5])}."
        )
    if not found:
        raise UserError(f"There is no {bearer} '{name}'.{nearest(name, list(transaction.names(bearer)))}")
    return found[0]


def _decided(
    kind: MarkKind,
    mark: str,
    records: Sequence[str],
    held: DataFrame,
    published: Published,
    *,
    swap: bool | None,
) -> Marking:
    """``swap`` None: the mark is taken."""
    if len(mark.strip()) > LONGEST_MARK:
        raise UserError(f"A {kind} has at most {LONGEST_MARK} letters.", "Find a shorter name.")
    markets, limits = published.configuration.markets, published.configuration.limits
    if swap is None:
        return take(mark, kind, records, held, markets, limits)
    return give(mark, kind, records, held, markets, limits, swap=swap)


def _refuse(decided: Marking) -> None:
    """Raise when nothing comes of the request but refusals."""
    if decided.refusals and not (decided.gains or decided.losses or decided.already):
        raise UserError(" ".join(one.sentence for one in decided.refusals))


def _as_kept(held: DataFrame, decided: Marking) -> list[tuple[str, str]]:
    """The marks that go, spelled as they are kept."""
    if not decided.losses:
        return []
    same = held["record_id"].isin(decided.losses) & (
        held["mark"].map(str.casefold) == decided.mark.casefold()
    )
    return list(zip(held["record_id"][same], held["mark"][same], strict=True))


def _marked(
    kind: MarkKind, decided: Marking, transaction: MarkTransaction, *, keep: bool, given: bool
) -> Marked:
    ids = [*decided.gains, *decided.losses]
    name = transaction.names_of(bearer_of(kind), ids)
    return Marked(
        did="give" if given else "take",
        kind=kind,
        mark=decided.mark,
        gains=tuple(name[one] for one in decided.gains),
        losses=tuple(name[one] for one in decided.losses),
        swapped=tuple((name[one], other) for one, other in decided.swapped),
        already=decided.already,
        refused=tuple(one.sentence for one in decided.refusals),
        kept=keep,
    )


def _outcome(done: Marked) -> str:
    names = done.gains or done.losses
    bearer = bearer_of(done.kind).value
    more = f" and {len(names) - NAMES_TOLD:,} more" if len(names) > NAMES_TOLD else ""
    return f"{counted(len(names), bearer)}: {', '.join(names[:NAMES_TOLD])}{more}"


def _needed(count: int, did: str) -> str:
    if did == "give":
        return "bears it already" if count == 1 else "bear it already"
    return "does not bear it" if count == 1 else "do not bear it"


def _lines(kind: MarkKind, markets: Markets, held: DataFrame) -> Iterator[MarkLine]:
    borne = Counter(str(one).casefold() for one in held["mark"])
    spelled = {str(one).casefold(): str(one) for one in held["mark"]}
    groups = {name: group.name for group in markets.groups for name in group.segments}
    named = marks_of(kind, markets)
    for name in named:
        yield MarkLine(
            kind.value, groups.get(name, ""), name, borne.pop(name.casefold(), 0), in_document=True
        )
    free = kind is MarkKind.KEYWORD and not named
    for folded in sorted(borne):
        yield MarkLine(kind.value, "", spelled[folded], borne[folded], in_document=free)
