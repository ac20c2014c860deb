"""Numbers, groups, values and pages of accounts from what is held. Sums are of whole numbers, and exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.language.question import Aggregate, Figure, Sort
from bot.store.figure_records import field_in_numbers
from bot.store.figure_values import NOTHING, Key, Scale, Tally, merged
from bot.store.groups import MOST_GROUPS, check_grouped, too_many_groups
from bot.store.memory.conditions import Groups, Look, NotHeldError
from bot.store.memory.held import Coded, Truths, Whole, Wholes
from connector.cache.folding import fold
from scoring.criteria.bounds import parts_of
from scoring.criteria.check import field_named
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Node

LOW_BITS = 20
EXACT = 1 << 53  # up to which a double holds every whole number
MOST_SORTED = 1_000  # accounts that are handed to the database to be put in order
_LAST = np.iinfo(np.int64).max


def numbers_by_group(codes: npt.NDArray[Any], chosen: Truths, groups: int) -> Whole:
    """How many of the chosen are in each group."""
    return np.bincount(codes[chosen], minlength=groups)


def exact_sums(codes: npt.NDArray[Any] | None, amounts: Whole, groups: int) -> list[int]:
    """The sum of each group; ``codes`` None: all are one.

    Raises:
        NotHeldError: they may leave what doubles hold exactly.
    """
    halves = halved_sums(codes, amounts, groups)
    return [(int(upper) << LOW_BITS) + int(lower) for upper, lower in zip(*halves, strict=True)]


def halved_sums(codes: npt.NDArray[Any] | None, amounts: Whole, groups: int) -> tuple[Whole, Whole]:
    """The same in two halves: what is above ``LOW_BITS``, and what is below."""
    high, low = amounts >> LOW_BITS, amounts & ((1 << LOW_BITS) - 1)
    if len(amounts) and max(int(high.max()), -int(high.min()), 1 << LOW_BITS) * len(amounts) >= EXACT:
        raise NotHeldError
    if codes is None:
        return high.sum(keepdims=True), low.sum(keepdims=True)
    upper, lower = (np.bincount(codes, weights=half, minlength=groups) for half in (high, low))
    return upper.astype(np.int64), lower.astype(np.int64)


def by_name(
    tallies: Iterator[tuple[int, Tally]], groups: Groups | None, field: Field | None
) -> dict[Key, Tally]:
    """Tallies by number as tallies by name.

    Raises:
        CriteriaError: there are more than anybody reads.
    """
    found = list(tallies)
    if groups is None or field is None:
        return {None: found[0][1] if found else NOTHING}
    if len(found) > MOST_GROUPS:
        raise too_many_groups(field.name)
    return merged((groups.names[code], tally) for code, tally in found)


def grouped_by(look: Look, by: str | None) -> tuple[Field | None, Groups | None]:
    """The field that accounts are broken down by, and their groups.

    Raises:
        CriteriaError: it has no groups.
        NotHeldError: it is not held.
    """
    if by is None:
        return None, None
    field = field_named(by, look.reading.catalog)
    check_grouped(field)
    return field, look.groups(field)


def breakdown(look: Look, criteria: Node, by: str) -> dict[Key, Tally]:
    """How many accounts there are in each group. Raises as ``grouped_by`` and ``Look.meets``."""
    field, groups = grouped_by(look, by)
    chosen = look.meets(criteria)
    if groups is None:
        raise NotHeldError
    many = numbers_by_group(groups.codes, chosen, len(groups.names))
    return by_name(((int(at), Tally(int(many[at]))) for at in np.flatnonzero(many)), groups, field)


def shares(look: Look, criteria: Node, figure: Figure) -> dict[Key, Tally]:
    """Of how many accounts, and how many of them meet the criteria. Raises as ``breakdown``."""
    field, groups = grouped_by(look, figure.by)
    met, among = look.meets(criteria), look.meets(figure.among)
    if groups is None:
        return {None: Tally(int(among.sum()), int((met & among).sum()))}
    many = numbers_by_group(groups.codes, among, len(groups.names))
    part = numbers_by_group(groups.codes, met & among, len(groups.names))
    each = ((int(at), Tally(int(many[at]), int(part[at]))) for at in np.flatnonzero(many))
    return by_name(each, groups, field)


def values(look: Look, criteria: Node, figure: Figure) -> tuple[dict[Key, Tally], Scale]:
    """What is made of a field of accounts. Raises as ``breakdown``."""
    valued = field_in_numbers(figure, look.reading)
    column = look.column(valued.source)
    if not isinstance(column, Wholes):
        raise NotHeldError
    money = valued.type is FieldType.MONEY
    scale = Scale(1 if money else parts_of(valued), money)
    field, groups = grouped_by(look, figure.by)
    at = np.flatnonzero(look.meets(criteria) & column.present)
    amounts = column.values[at]
    codes = np.zeros(len(at), dtype=np.int32) if groups is None else groups.codes[at]
    if figure.how is Aggregate.MEDIAN:
        return dict(_medians(codes, amounts, groups)), scale
    return by_name(_tallies(codes, amounts, 1 if groups is None else len(groups.names)), groups, field), scale


def _tallies(codes: npt.NDArray[np.int32], amounts: Whole, groups: int) -> Iterator[tuple[int, Tally]]:
    many, sums = np.bincount(codes, minlength=groups), exact_sums(codes, amounts, groups)
    least, most = np.full(groups, _LAST), np.full(groups, -_LAST)
    np.minimum.at(least, codes, amounts)
    np.maximum.at(most, codes, amounts)
    for at in np.flatnonzero(many):
        yield int(at), Tally(int(many[at]), 0, sums[at], int(least[at]), int(most[at]))


def _medians(
    codes: npt.NDArray[np.int32], amounts: Whole, groups: Groups | None
) -> Iterator[tuple[Key, Tally]]:
    """The one or two values in the middle; names that differ in case only are one group."""
    if groups is None:
        yield None, _middle(amounts) if len(amounts) else NOTHING
        return
    many = np.bincount(codes, minlength=len(groups.names))
    if not len(codes):
        return
    if np.count_nonzero(many) > MOST_GROUPS:
        raise NotHeldError
    same: dict[str | None, list[int]] = {}
    for at in np.flatnonzero(many):
        name = groups.names[at]
        same.setdefault(None if name is None else fold(name), []).append(int(at))
    firsts = np.zeros(len(groups.names), dtype=np.int64)
    for number, alike in enumerate(same.values()):
        firsts[alike] = number
    order = np.argsort(firsts[codes], kind="stable")
    ends = np.cumsum(np.bincount(firsts[codes], minlength=len(same)))
    for some, (key, alike) in zip(np.split(amounts[order], ends[:-1]), same.items(), strict=True):
        names = [one for one in (groups.names[at] for at in alike) if one is not None]
        yield None if key is None else min(names), _middle(some)


def _middle(amounts: Whole) -> Tally:
    low, high = (len(amounts) - 1) // 2, len(amounts) // 2
    ordered = np.partition(amounts, [low, high])
    return Tally(len(amounts), 0, 0, int(ordered[low]), int(ordered[high]))


def first_ones(look: Look, chosen: Truths, sort: Sequence[Sort], needed: int) -> list[str] | None:
    """The ids of some accounts among which are the first ones by some order; None where these are too many.

    Raises:
        NotHeldError: a sort key that is not held.
    """
    found = np.flatnonzero(chosen)
    if len(found) > MOST_SORTED:
        found = _among_first(look, found, sort, needed)
    return None if len(found) > MOST_SORTED else [look.held.id_of(int(one)) for one in found]


def _among_first(
    look: Look, found: npt.NDArray[np.intp], sort: Sequence[Sort], needed: int
) -> npt.NDArray[np.intp]:
    """By one key after the other: those that are before the last one that is needed, and those like it."""
    before: list[npt.NDArray[np.intp]] = []
    keys: list[npt.NDArray[Any]] = []
    for one in sort:
        if one.field == "name":
            keys.append(_reversed(look.held.prefix) if one.descending else look.held.prefix)
            break
        keys.append(_key(look, one))
    else:
        keys.append(look.held.prefix)
    for key in keys:
        if needed >= len(found):
            break
        values = key[found]
        last = np.partition(values, needed - 1)[needed - 1]
        ahead = found[values < last]
        before.append(ahead)
        needed -= len(ahead)
        found = found[values == last]
        if len(found) <= MOST_SORTED // 2:
            break
    return np.concatenate([*before, found])


def _reversed(prefix: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    last = np.iinfo(np.uint64).max
    return np.where(prefix == last, last, last - 1 - prefix).astype(np.uint64)


def _key(look: Look, one: Sort) -> npt.NDArray[Any]:
    """Whole numbers that ascend as the list goes; of those without a value the largest."""
    field = field_named(one.field, look.reading.catalog)
    column = look.column(field.source)
    if isinstance(column, Wholes):
        if len(column.values) and int(np.abs(column.values).max()) >= _LAST - 1:
            raise NotHeldError
        return np.where(column.present, -column.values if one.descending else column.values, _LAST)
    ranks = _ranks(column, field)
    places = np.array([_LAST if rank is None else -rank if one.descending else rank for rank in ranks])
    return places[column.codes]


def _ranks(column: Coded, field: Field) -> list[int | None]:
    """The rank of each value of a column; None of none."""
    if field.type is FieldType.DATE:
        return [None if day is None else day.toordinal() for day in column.values]
    if field.values and (field.name == "label" or field.source.startswith("label:")):
        rank = {name: -place for place, name in enumerate(field.values)}
        return [rank.get(value) for value in column.values]
    if field.type is not FieldType.TEXT:
        raise NotHeldError
    # As ``bot.store.ordering.without_case``: A to Z before everything beyond ASCII.
    told = [None if not one else str(one).encode("utf-8", "surrogatepass").lower() for one in column.values]
    order = {one: place for place, one in enumerate(sorted({one for one in told if one is not None}))}
    return [None if one is None else order[one] for one in told]
