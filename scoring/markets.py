"""Market segments, contact roles and keywords, given and taken in bulk.

Deciding only: who has what comes in as a frame of ``record_id`` and ``mark``, who gains and who loses what
goes out. Keeping the marks is done elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.criteria.check import nearest
from scoring.market_config import MarketGroup, MarketLimits, Markets, MarkKind, marks_of

TOLD_AT_MOST = 3  # names in a sentence; the others are counted


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why some records do not get, or lose, a mark.

    Attributes:
        records: their ids, sorted; empty when it is the whole request that is refused.
        sentence: what is wrong and what to do.
    """

    records: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Marking:
    """What a request changes.

    Attributes:
        mark: as it is spelled in the document.
        gains: ids of the records that get it, sorted.
        losses: ids of those that lose it.
        swapped: marks of the same group that records lose by getting this one: (id, mark), sorted.
        already: how many records need no change.
        refusals: records that get or lose nothing, and why.
    """

    mark: str
    gains: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    swapped: tuple[tuple[str, str], ...] = ()
    already: int = 0
    refusals: tuple[Refusal, ...] = ()


def give(
    mark: str,
    kind: MarkKind,
    records: Sequence[str],
    held: pd.DataFrame,
    markets: Markets,
    limits: MarketLimits,
    *,
    swap: bool = False,
) -> Marking:
    """Decide who gets a mark.

    Args:
        mark: its name, in any case.
        kind: what it is.
        records: ids of the accounts or contacts; one that stands twice counts once.
        held: marks of that kind that records bear now: ``record_id``, ``mark``; of any records.
        markets: the marks that may be given.
        limits: how many.
        swap: in a group of which a record bears one only, whether it takes the other's place or is refused.
    """
    found = found_mark(mark, kind, markets)
    if refusal := found if isinstance(found, Refusal) else _too_many(records, limits):
        return Marking(mark.strip(), refusals=(refusal,))
    name = str(found)
    wanted = _each_once(records)
    mine = held[held["record_id"].isin(wanted)]
    bears = _bearers(mine, name)
    new = wanted.difference(bears)
    rivals = {one.casefold() for one in _rivals(name, kind, markets)}
    against = mine[mine["record_id"].isin(new) & mine["mark"].map(str.casefold).isin(rivals)]
    refusals = []
    if len(against) and not swap:
        blocked = pd.Index(against["record_id"].unique())
        refusals.append(Refusal(_ids(blocked), _rival_sentence(name, against, markets)))
        new, against = new.difference(blocked), against.iloc[:0]
    full = _full(new, mine, against, limits.marks_of_a_record)
    if len(full):
        refusals.append(Refusal(_ids(full), _full_sentence(kind, len(full), limits)))
        new, against = new.difference(full), against[~against["record_id"].isin(full)]
    swapped = sorted(zip(against["record_id"], against["mark"], strict=True))
    return Marking(name, _ids(new), (), tuple(swapped), len(bears), tuple(refusals))


def take(
    mark: str,
    kind: MarkKind,
    records: Sequence[str],
    held: pd.DataFrame,
    markets: Markets,
    limits: MarketLimits,
) -> Marking:
    """Decide who loses a mark; arguments as for ``give``.

    A mark that stands in the document no more can be taken where somebody still bears it.
    """
    found = found_mark(mark, kind, markets)
    if isinstance(found, Refusal):
        spelled = {str(one).casefold(): str(one) for one in held["mark"].unique()}
        name = spelled.get(mark.strip().casefold())
        if name is None:
            return Marking(mark.strip(), refusals=(found,))
    else:
        name = found
    if refusal := _too_many(records, limits):
        return Marking(name, refusals=(refusal,))
    wanted = _each_once(records)
    losses = _bearers(held[held["record_id"].isin(wanted)], name)
    return Marking(name, losses=_ids(losses), already=len(wanted) - len(losses))


def found_mark(mark: str, kind: MarkKind, markets: Markets) -> str | Refusal:
    """The mark as the document spells it, or why there is none."""
    word = " ".join(mark.split())
    known = marks_of(kind, markets)
    spelled = {one.casefold(): one for one in known}
    if word.casefold() in spelled:
        return spelled[word.casefold()]
    if not word:
        return Refusal((), f"A {kind} needs a name.")
    if kind is MarkKind.KEYWORD and not known:
        return word
    close = nearest(word.casefold(), spelled)
    hint = f"Did you mean {' or '.join(spelled[one] for one in close)}?" if close else _choices(known, kind)
    return Refusal((), f"There is no {kind} {word}. {hint}")


def _each_once(records: Sequence[str]) -> pd.Index[str]:
    index: pd.Index[str] = pd.Index(np.array(sorted(set(records)), dtype=object))
    return index


def _bearers(held: pd.DataFrame, mark: str) -> pd.Index[str]:
    """The records that bear a mark, in whatever case it was kept."""
    same = (held["mark"].map(str.casefold) == mark.casefold()).to_numpy(np.bool_)
    bearers: pd.Index[str] = pd.Index(held["record_id"].to_numpy(object)[same]).unique()
    return bearers


def _ids(records: pd.Index[str]) -> tuple[str, ...]:
    return tuple(sorted(str(one) for one in records))


def _rivals(mark: str, kind: MarkKind, markets: Markets) -> tuple[str, ...]:
    """The other market segments of a group of which an account bears one only."""
    if kind is not MarkKind.MARKET_SEGMENT:
        return ()
    group = _group_of(mark, markets)
    return tuple(name for name in group.segments if name != mark) if group and group.one_each else ()


def _group_of(mark: str, markets: Markets) -> MarketGroup | None:
    return next((group for group in markets.groups if mark in group.segments), None)


def _full(new: pd.Index[str], mine: pd.DataFrame, against: pd.DataFrame, most: int) -> pd.Index[str]:
    """Those of the new ones that bear as many marks as there may be, after what they lose."""
    bears = mine["record_id"].value_counts().reindex(new, fill_value=0)
    loses = against["record_id"].value_counts().reindex(new, fill_value=0)
    return new[(bears - loses).to_numpy() >= most]


def _too_many(records: Sequence[str], limits: MarketLimits) -> Refusal | None:
    most = limits.records_at_once
    if len(records) <= most:
        return None
    sentence = f"These are {len(records):,} records; at most {most:,} are changed at once."
    return Refusal((), f"{sentence} Narrow the question, or raise limits.records_at_once.")


def _rival_sentence(mark: str, against: pd.DataFrame, markets: Markets) -> str:
    group = _group_of(mark, markets)
    names = _listed(sorted({str(one) for one in against["mark"]}))
    count = against["record_id"].nunique()
    accounts = "1 account bears" if count == 1 else f"{count:,} accounts bear"
    only = f"of '{group.name if group else ''}', of which an account bears one only"
    return f"{accounts} {names} {only}. Take that away first, or let the new one take its place."


def _full_sentence(kind: MarkKind, count: int, limits: MarketLimits) -> str:
    records = "1 record bears" if count == 1 else f"{count:,} records bear"
    most = f"{records} {limits.marks_of_a_record} {kind}s already, the most there may be."
    return f"{most} Take some away, or raise limits.marks_of_a_record."


def _choices(known: Sequence[str], kind: MarkKind) -> str:
    if not known:
        return f"The configuration names no {kind}s yet: add it there."
    return f"There are {_listed(known)}."


def _listed(names: Sequence[str]) -> str:
    shown = [f"'{name}'" for name in names[:TOLD_AT_MOST]]
    more = len(names) - len(shown)
    last = f"{more} more" if more else shown.pop() if len(shown) > 1 else ""
    return f"{', '.join(shown)} and {last}" if last else shown[0]
