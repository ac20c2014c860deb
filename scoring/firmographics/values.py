"""Account fields as a few groups of values each, unknown among them; and which fields tell of success."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.fields import Catalog, Field, FieldType

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_GROUPS = 20  # of a text field: the most frequent values; the others are one group
NUMBER_GROUPS = 5
SHUFFLES = 100
TYPES = frozenset({FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.BOOLEAN})
UNKNOWN = 0  # the group of what has no value


@dataclass(frozen=True, slots=True)
class FieldRank:
    """How much a field tells of success.

    Attributes:
        bits: mutual information of the field's groups and the outcomes, less what shuffled accounts give by
            chance; at least 0.
        share: of the uncertainty about an outcome, so much the field takes away; 0 to 1.
        chance: how often shuffled accounts told as much, 0 to 1.
        known: the share of the accounts with a value.
    """

    field: str
    bits: float
    share: float
    chance: float
    known: float


@dataclass(frozen=True)
class Tallies:
    """Outcomes by account: how many there are, and how many of them were a success."""

    tried: Integers
    won: Integers


def tallies(accounts: pd.DataFrame, outcomes: pd.DataFrame) -> Tallies:
    """Outcomes of each account, in the order of the accounts.

    Args:
        accounts: with ``account_id``.
        outcomes: a row per closed deal: ``account_id``, ``won``; those of other accounts are not looked at.
    """
    index: pd.Index[Any] = pd.Index(accounts["account_id"])
    place = np.asarray(index.get_indexer(pd.Index(outcomes["account_id"])), dtype=np.int64)
    won = outcomes["won"].fillna(value=False).to_numpy(np.bool_)
    known = place >= 0
    tried = np.bincount(place[known], minlength=len(index)).astype(np.int64)
    return Tallies(tried, np.bincount(place[known & won], minlength=len(index)).astype(np.int64))


def rank_fields(
    accounts: pd.DataFrame, outcomes: pd.DataFrame, catalog: Catalog, fields: Sequence[str], seed: int = 0
) -> tuple[FieldRank, ...]:
    """The fields by how much they tell of wins, the most telling first.

    All outcomes of an account are shuffled together: that an account with many deals wins often is no proof
    that its sector does.

    Args:
        accounts: ``account_id`` and the fields, by ``Field.name``.
        outcomes: a row per closed deal: ``account_id``, ``won``.
        catalog: the account fields.
        fields: names; those of lists and dates are left out.
        seed: of the shuffling.

    Raises:
        KeyError: a column is missing.
    """
    found = tallies(accounts, outcomes)
    with_outcomes = np.flatnonzero(found.tried > 0)
    some = Tallies(found.tried[with_outcomes], found.won[with_outcomes])
    ranks = [
        _rank(field, accounts, with_outcomes, some, seed)
        for name in fields
        if (field := usable(catalog, name))
    ]
    return tuple(sorted(ranks, key=lambda one: (-one.bits, one.chance, one.field)))


def usable(catalog: Catalog, name: str) -> Field | None:
    """The field, where its type can be grouped."""
    field = catalog.find(name)
    return field if field is not None and field.type in TYPES else None


def numbers_of(column: pd.Series[Any]) -> Floats:
    """Numbers, NaN for what is missing or none."""
    return pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def texts_of(column: pd.Series[Any]) -> tuple[Integers, tuple[str, ...]]:
    """A number per distinct text in any case, UNKNOWN for none; and the texts, the most frequent first.

    The spelling is that of the first in the alphabet among equals.
    """
    known = [None if pd.isna(one) or one == "" else str(one) for one in column]
    counts: dict[str, int] = {}
    spelling: dict[str, str] = {}
    for text in known:
        if text is not None:
            folded = text.casefold()
            counts[folded] = counts.get(folded, 0) + 1
            spelling[folded] = min(spelling.get(folded, text), text)
    order = sorted(counts, key=lambda folded: (-counts[folded], folded))
    number = {folded: at for at, folded in enumerate(order, start=UNKNOWN + 1)}
    codes = [UNKNOWN if text is None else number[text.casefold()] for text in known]
    return np.array(codes, dtype=np.int64), tuple(spelling[folded] for folded in order)


def groups(column: pd.Series[Any], field: Field) -> Integers:
    """The group of each value; UNKNOWN for what has none."""
    if field.type in {FieldType.NUMBER, FieldType.MONEY}:
        numbers = numbers_of(column)
        cuts = cut_values(numbers, NUMBER_GROUPS)
        above = np.searchsorted(cuts, np.nan_to_num(numbers), side="left") + UNKNOWN + 1
        return np.where(np.isnan(numbers), UNKNOWN, above).astype(np.int64)
    if field.type is FieldType.BOOLEAN:
        truths = [UNKNOWN if pd.isna(one) else 1 + bool(one) for one in column]
        return np.array(truths, dtype=np.int64)
    return np.minimum(texts_of(column)[0], MOST_GROUPS + 1)


def cut_values(numbers: Floats, parts: int) -> Floats:
    """The values at rank ceil(k * n / parts) of the known numbers, each once."""
    ordered = np.sort(numbers[~np.isnan(numbers)])
    if not len(ordered):
        return ordered
    ranks = [-(-k * len(ordered) // parts) - 1 for k in range(1, parts)]
    return np.unique(ordered[ranks])


def _rank(field: Field, accounts: pd.DataFrame, rows: Integers, found: Tallies, seed: int) -> FieldRank:
    group = groups(accounts[field.name].iloc[rows], field)
    known = groups(accounts[field.name], field) != UNKNOWN
    told = _information(group, found)
    random = np.random.default_rng(seed)
    by_chance = [_information(random.permutation(group), found) for _ in range(SHUFFLES)]
    bits = max(0.0, told - float(np.mean(by_chance)))
    whole = _entropy(np.array([found.won.sum(), (found.tried - found.won).sum()], dtype=np.float64))
    return FieldRank(
        field=field.name,
        bits=bits,
        share=min(1.0, bits / whole) if whole > 0 else 0.0,
        chance=sum(one >= told - 1e-12 for one in by_chance) / SHUFFLES,
        known=float(known.mean()) if len(known) else 0.0,
    )


def _information(group: Integers, found: Tallies) -> float:
    """Mutual information, in bits, of the group and the outcome of a deal."""
    size = int(group.max(initial=0)) + 1
    won = np.bincount(group, weights=found.won, minlength=size)
    lost = np.bincount(group, weights=found.tried - found.won, minlength=size)
    table = np.stack([won, lost]).astype(np.float64)
    return _entropy(table.sum(axis=0)) + _entropy(table.sum(axis=1)) - _entropy(table.ravel())


def _entropy(counts: Floats) -> float:
    total = counts.sum()
    if total <= 0:
        return 0.0
    shares = counts[counts > 0] / total
    return float(-(shares * np.log2(shares)).sum())
