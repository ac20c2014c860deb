"""A proposal of labels: criteria that tell accounts of different worth apart, learned from what they bought.

A tree of at most five leaves is grown best first. A split has to be better than the best split of shuffled
accounts would be, so that chance alone proposes nothing, and leaves that differ no more than chance would
have it become one again. A leaf's criteria are the conditions on the way to it, less those that the labels
before it make needless: labels are tried in order, from best to worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.canonical import canonical
from scoring.criteria.check import check_value
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.tree import Compare, In, IsEmpty, Node, Not, Operator, Value, conjunction, disjunction
from scoring.firmographics.values import (
    MOST_GROUPS,
    UNKNOWN,
    Floats,
    Integers,
    cut_values,
    numbers_of,
    texts_of,
    usable,
)
from scoring.shape import Label

Truths = npt.NDArray[np.bool_]

MOST_LEAVES = 5
FEWEST_ACCOUNTS = 10  # of a label
SMALLEST_SHARE = 0.03
NUMBER_CUTS = 20
SHUFFLES = 40
CHANCE = 0.05  # so many of the shuffled may be as good
MOST_LEARNED_FROM = 20_000
MINOR_UNITS = 100
NAMES = {
    2: ("Best Fit", "Poor Fit"),
    3: ("Best Fit", "Fair Fit", "Poor Fit"),
    4: ("Best Fit", "Good Fit", "Fair Fit", "Poor Fit"),
    5: ("Best Fit", "Good Fit", "Fair Fit", "Weak Fit", "Poor Fit"),
}


@dataclass(frozen=True, slots=True)
class ProposedLabel:
    """A label, of how many accounts it was learned, and what they are worth on average."""

    label: Label
    accounts: int
    worth: float


@dataclass(frozen=True)
class RulesProposal:
    """Labels from best to worst; empty when no field tells accounts apart.

    Attributes:
        separation: the share of the variance of the worth that lies between the labels.
        warnings: sentences.
    """

    labels: tuple[ProposedLabel, ...]
    separation: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Column:
    """A field as groups of values: UNKNOWN, then numbers in ascending bins or texts by how frequent they are.

    ``names`` are the texts of groups 1, 2 …, of which criteria may name the ``askable``; ``cuts`` the numbers
    at which bins 2, 3 … begin.
    """

    field: Field
    codes: Integers
    names: tuple[str, ...] = ()
    cuts: tuple[tuple[Decimal, float], ...] = ()
    askable: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Split:
    """Accounts in these groups of a column against all others, and what that gains."""

    gain: float
    column: _Column
    groups: tuple[int, ...]


@dataclass(frozen=True)
class _Condition:
    """A condition, and for which accounts it holds."""

    node: Node
    holds: Truths


@dataclass(frozen=True)
class _Leaf:
    """Accounts, and the conditions that lead to them: any of the ways, all conditions of a way."""

    rows: Truths
    ways: tuple[tuple[_Condition, ...], ...]


def propose_rules(
    accounts: pd.DataFrame,
    worth: Sequence[float],
    catalog: Catalog,
    fields: Sequence[str],
    *,
    weights: Sequence[float] | None = None,
    seed: int = 0,
) -> RulesProposal:
    """Propose labels.

    Args:
        accounts: a row per account with the fields, by ``Field.name``.
        worth: what each account is worth: its win rate, its revenue; NaN for accounts not to learn from.
        catalog: the account fields.
        fields: which of them may be used; lists and dates are left out.
        weights: how much each account's worth says, such as the number of deals behind its win rate.
        seed: of the shuffling.

    Raises:
        KeyError: a column is missing.
    """
    value = np.asarray(worth, dtype=np.float64)
    weight = np.ones(len(value)) if weights is None else np.asarray(weights, dtype=np.float64)
    chosen = np.flatnonzero(~np.isnan(value) & (weight > 0))
    random = np.random.default_rng(seed)
    if len(chosen) > MOST_LEARNED_FROM:
        chosen = np.sort(random.choice(chosen, MOST_LEARNED_FROM, replace=False))
    fewest = max(FEWEST_ACCOUNTS, round(SMALLEST_SHARE * len(chosen)))
    if len(chosen) < 2 * fewest:
        sentence = f"Only {len(chosen)} accounts to learn from: two labels need at least {2 * fewest}."
        return RulesProposal((), 0.0, (sentence,))
    some = accounts.iloc[chosen]
    value, weight = value[chosen], weight[chosen]
    columns = [
        _column(some[field.name], field) for name in fields if (field := usable(catalog, name)) is not None
    ]
    leaves = _grown(columns, value, weight, fewest, random)
    if len(leaves) < 2:  # noqa: PLR2004 -- one label tells nothing apart
        return RulesProposal((), 0.0, ("No field tells accounts apart better than chance would.",))
    leaves = _joined(sorted(leaves, key=lambda leaf: -_mean(leaf, value, weight)), value, weight, random)
    parts = np.zeros(len(value), dtype=np.int64)
    for at, leaf in enumerate(leaves):
        parts[leaf.rows] = at
    labels = [
        ProposedLabel(Label(name=name, when=text), int(leaf.rows.sum()), _mean(leaf, value, weight))
        for name, text, leaf in zip(NAMES[len(leaves)], _texts(leaves, catalog), leaves, strict=True)
    ]
    return RulesProposal(tuple(labels), separation(parts, value, weight), ())


def separation(
    parts: Sequence[Any] | npt.NDArray[Any],
    worth: npt.NDArray[np.floating[Any]],
    weights: Floats | None = None,
) -> float:
    """The share of the variance of the worth that lies between the parts, 0 to 1."""
    weight = np.ones(len(worth)) if weights is None else weights
    code = pd.factorize(np.asarray(parts))[0]
    total = weight.sum()
    if not total:
        return 0.0
    sizes = np.bincount(code, weights=weight)
    means = np.divide(
        np.bincount(code, weights=weight * worth), sizes, out=np.zeros_like(sizes), where=sizes > 0
    )
    mean = float((weight * worth).sum() / total)
    whole = float((weight * (worth - mean) ** 2).sum())
    return float((sizes * (means - mean) ** 2).sum()) / whole if whole > 0 else 0.0


def _grown(
    columns: Sequence[_Column], value: Floats, weight: Floats, fewest: int, random: np.random.Generator
) -> list[_Leaf]:
    """Split the leaf that gains most, until there are five or no split is better than chance."""
    final: list[_Leaf] = []
    growing = [_Leaf(np.ones(len(value), dtype=np.bool_), ((),))]
    while growing and len(growing) + len(final) < MOST_LEAVES:
        found = [
            (_best(columns, leaf.rows, value[leaf.rows], weight[leaf.rows], fewest), leaf) for leaf in growing
        ]
        split, leaf = max(found, key=lambda one: one[0].gain if one[0] else 0.0)
        growing = [one for one in growing if one is not leaf]
        if split is None or split.gain <= _gain_by_chance(columns, leaf, value, weight, fewest, random):
            final.append(leaf)
            continue
        holds, node = np.isin(split.column.codes, split.groups), _node(split)
        for condition in (_Condition(node, holds), _Condition(Not(node), ~holds)):
            growing.append(_Leaf(leaf.rows & condition.holds, ((*leaf.ways[0], condition),)))
    return final + growing


def _gain_by_chance(
    columns: Sequence[_Column],
    leaf: _Leaf,
    value: Floats,
    weight: Floats,
    fewest: int,
    random: np.random.Generator,
) -> float:
    """What the best split of shuffled accounts gains, but for the luckiest few shuffles."""
    inside, heavy = value[leaf.rows], weight[leaf.rows]
    gains = []
    for _ in range(SHUFFLES):
        order = random.permutation(len(inside))
        split = _best(columns, leaf.rows, inside[order], heavy[order], fewest)
        gains.append(split.gain if split else 0.0)
    return float(np.quantile(gains, 1 - CHANCE))


def _best(
    columns: Sequence[_Column], rows: Truths, value: Floats, weight: Floats, fewest: int
) -> _Split | None:
    """The split that shrinks the sum of squares most, with enough accounts on either side."""
    best: _Split | None = None
    for column in columns:
        for candidates in _candidates(column, column.codes[rows], value, weight):
            found = _best_of(column, candidates, column.codes[rows], value, weight, fewest)
            if found and (best is None or found.gain > best.gain):
                best = found
    return best


def _candidates(column: _Column, codes: Integers, value: Floats, weight: Floats) -> Iterator[tuple[int, ...]]:
    """Orders of groups: the first one, two, three … of them are a split each."""
    yield (UNKNOWN,)
    if column.cuts:
        yield tuple(range(len(column.cuts) + 1, 1, -1))
    if column.names:
        sizes = np.bincount(codes, weights=weight, minlength=len(column.names) + 1)
        sums = np.bincount(codes, weights=weight * value, minlength=len(column.names) + 1)
        frequent = [code for code in column.askable if sizes[code] > 0]
        ordered = sorted(frequent, key=lambda code: (-sums[code] / sizes[code], code))
        yield tuple(ordered)
        yield tuple(reversed(ordered))


def _best_of(
    column: _Column, order: tuple[int, ...], codes: Integers, value: Floats, weight: Floats, fewest: int
) -> _Split | None:
    if not order:
        return None
    size = max(int(codes.max(initial=0)), *order) + 1
    chosen = np.array(order, dtype=np.int64)
    count = np.cumsum(np.bincount(codes, minlength=size)[chosen])
    inside = np.cumsum(np.bincount(codes, weights=weight, minlength=size)[chosen])
    within = np.cumsum(np.bincount(codes, weights=weight * value, minlength=size)[chosen])
    total, whole = weight.sum(), (weight * value).sum()
    enough = (count >= fewest) & (count <= len(codes) - fewest) & (inside > 0) & (inside < total)
    if not enough.any():
        return None
    safe = np.where(enough, inside, total / 2)
    gains = within**2 / safe + (whole - within) ** 2 / (total - safe) - whole**2 / total
    at = int(np.argmax(np.where(enough, gains, -np.inf)))
    return _Split(float(gains[at]), column, order[: at + 1])


def _column(column: pd.Series[Any], field: Field) -> _Column:
    if field.type in {FieldType.NUMBER, FieldType.MONEY}:
        numbers = numbers_of(column)
        cuts = sorted(
            {_written(field, cut) for cut in cut_values(numbers, NUMBER_CUTS)}, key=lambda one: one[1]
        )
        bins = np.searchsorted([cut[1] for cut in cuts], np.nan_to_num(numbers), side="right") + 1
        return _Column(field, np.where(np.isnan(numbers), UNKNOWN, bins).astype(np.int64), cuts=tuple(cuts))
    if field.type is FieldType.BOOLEAN:
        truths = [UNKNOWN if pd.isna(one) else 1 + bool(one) for one in column]
        return _Column(field, np.array(truths, dtype=np.int64), ("no", "yes"), askable=frozenset({1, 2}))
    codes, names = texts_of(column)
    # Values that no criteria can name go with those that are not named.
    askable = frozenset(
        code for code, name in enumerate(names[:MOST_GROUPS], start=1) if _is_askable(name, field)
    )
    return _Column(field, codes, names, askable=askable)


def _is_askable(name: str, field: Field) -> bool:
    try:
        check_value(name, field)
    except CriteriaError:
        return False
    return True


def _node(split: _Split) -> Node:
    field, groups = split.column.field, split.groups
    if groups == (UNKNOWN,):
        return IsEmpty(field.name)
    if split.column.cuts:
        return Compare(field.name, Operator.GE, split.column.cuts[min(groups) - 2][0])
    names = [split.column.names[code - 1] for code in sorted(groups)]
    values: list[Value] = [name == "yes" for name in names] if field.type is FieldType.BOOLEAN else [*names]
    return In(field.name, tuple(values)) if len(values) > 1 else Compare(field.name, Operator.EQ, values[0])


def _written(field: Field, cut: float) -> tuple[Decimal, float]:
    """A number as criteria say it, and as the column holds it: two digits say enough."""
    units = cut / MINOR_UNITS if field.type is FieldType.MONEY else cut
    rounded = Decimal(f"{units:.1e}")
    plain = Decimal(int(rounded)) if rounded == int(rounded) else rounded
    return plain, float(plain) * (MINOR_UNITS if field.type is FieldType.MONEY else 1)


def _mean(leaf: _Leaf, value: Floats, weight: Floats) -> float:
    return float((weight * value)[leaf.rows].sum() / weight[leaf.rows].sum())


def _joined(leaves: list[_Leaf], value: Floats, weight: Floats, random: np.random.Generator) -> list[_Leaf]:
    """Neighbours, best to worst, that differ no more than chance would have it become one; two remain."""
    while len(leaves) > 2:  # noqa: PLR2004 -- one label tells nothing apart
        excess = [_excess(one, other, value, weight, random) for one, other in pairwise(leaves)]
        at = int(np.argmin(excess))
        if excess[at] > 0:
            break
        one, other = leaves[at], leaves[at + 1]
        leaves = [*leaves[:at], _Leaf(one.rows | other.rows, one.ways + other.ways), *leaves[at + 2 :]]
    return leaves


def _excess(one: _Leaf, other: _Leaf, value: Floats, weight: Floats, random: np.random.Generator) -> float:
    """By how much two leaves differ more than shuffled ones, but for the luckiest few shuffles."""
    both = one.rows | other.rows
    inside, worth, heavy = one.rows[both], value[both], weight[both]
    gains = []
    for _ in range(SHUFFLES):
        order = random.permutation(len(worth))
        gains.append(_gain(inside, worth[order], heavy[order]))
    return _gain(inside, worth, heavy) - float(np.quantile(gains, 1 - CHANCE))


def _gain(inside: Truths, value: Floats, weight: Floats) -> float:
    total, within = (weight * value).sum(), (weight * value)[inside].sum()
    whole, part = weight.sum(), weight[inside].sum()
    return float(within**2 / part + (total - within) ** 2 / (whole - part) - total**2 / whole)


def _texts(leaves: Sequence[_Leaf], catalog: Catalog) -> Iterator[str]:
    """Criteria in order, each without what the ones before it make needless."""
    free = np.ones(len(leaves[0].rows), dtype=np.bool_)
    for leaf in leaves:
        ways = _shortened(leaf, free)
        free &= ~leaf.rows
        yield canonical(disjunction(*(conjunction(*(one.node for one in way)) for way in ways)), catalog)


def _shortened(leaf: _Leaf, free: Truths) -> tuple[tuple[_Condition, ...], ...]:
    """Leave out conditions, then ways, as long as the same of the free accounts are meant."""
    ways = [list(way) for way in leaf.ways]
    for way in ways:
        for condition in tuple(way):
            shorter = [one for one in way if one is not condition]
            if shorter and not (_holds(shorter) & free & ~leaf.rows).any():
                way[:] = shorter
    for way in tuple(ways):
        others = [one for one in ways if one is not way]
        if others and (np.logical_or.reduce([_holds(one) for one in others]) >= (leaf.rows & free)).all():
            ways = others
    return tuple(tuple(way) for way in ways)


def _holds(way: Sequence[_Condition]) -> Truths:
    return np.asarray(np.logical_and.reduce([one.holds for one in way]), dtype=np.bool_)
