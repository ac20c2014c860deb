"""Scoring tables without a CRM, a database or Slack: to check the numbers, or to use the engine alone.

Transactions in, accounts in, labels out. What counts, how it is scored and what the labels are stands in a
segmentation of the configuration document; its criteria may use the columns of the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.bounds import LARGEST, LOW_BITS, SMALLEST
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.label_rules import read_rules
from scoring.labels import places
from scoring.rfm import MINOR_PER_UNIT, RfmResult, score
from scoring.rfm_config import RfmSegmentation

ACCOUNT, DAY, AMOUNT = "account_id", "occurred_on", "amount"
RESULT = ("account_id", "last_purchase", "purchases", "total_spend", "r", "f", "m", "rfm", "label")
# What labels may speak of besides the accounts' own columns.
SCORES = (
    Field("r", FieldType.NUMBER, "score.r"),
    Field("f", FieldType.NUMBER, "score.f"),
    Field("m", FieldType.NUMBER, "score.m"),
    Field("rfm", FieldType.NUMBER, "score.total"),
    Field("purchases", FieldType.NUMBER, "score.purchases"),
    Field("total_spend", FieldType.MONEY, "score.spend"),
    Field("last_purchase", FieldType.DATE, "score.last_purchase"),
)
SHOWN_LINES = 3


class UnreadableTableError(ValueError):
    """A table lacks a column or has a value that cannot be read. The sentence names it."""


@dataclass(frozen=True)
class Offline:
    """Scores of tables.

    Attributes:
        frame: a row per account, in the order of ids; the columns of ``RESULT``; ``total_spend`` in whole
            currency units with two decimals.
        counted: transactions that count; ``left_out`` are those that do not, by reason.
        warnings: sentences about what makes the scores say little.
    """

    frame: pd.DataFrame
    counted: int
    left_out: Mapping[str, int]
    warnings: tuple[str, ...]


def score_tables(
    transactions: pd.DataFrame,
    accounts: pd.DataFrame | None,
    segmentation: RfmSegmentation,
    today: Today,
) -> Offline:
    """Score the accounts of tables.

    Args:
        transactions: a row each, as texts or typed values: ``account_id``, ``occurred_on`` (ISO day) and
            ``amount`` (whole currency units) are needed; any other column can be used in the criteria of
            what counts.
        accounts: a row each, ``account_id`` and whatever the criteria use; without them every account that
            has a transaction takes part.
        segmentation: what counts, how it is scored, the labels.
        today: the day of the run; later transactions do not count.

    Raises:
        UnreadableTableError: a column is missing, or a value is no day or no amount, it names the line; or
            the segmentation counts other records than the transactions.
        CriteriaError: criteria that do not fit the columns.
    """
    if segmentation.purchases:
        raise UnreadableTableError(
            f"'{segmentation.name}' counts purchases of several kinds, and the transactions here are of one. "
            "Write `transactions` with criteria over their columns instead of `purchases`."
        )
    _require(transactions, (ACCOUNT, DAY, AMOUNT), "transactions")
    read = _typed(transactions, "transactions")
    people = _accounts(accounts, read)
    catalog = Catalog(_fields(read))
    counts = mask(parse(segmentation.transactions, catalog), read, catalog, today).to_numpy(dtype=bool)
    known = read[ACCOUNT].isin(set(people[ACCOUNT])).to_numpy(dtype=bool)
    dated = read[DAY].notna().to_numpy(dtype=bool)
    future = dated & (read[DAY] > pd.Timestamp(today.day)).to_numpy(dtype=bool)
    counted = counts & known & dated & ~future
    result = score(_facts(people, read[counted]), segmentation, today)
    return Offline(
        _labelled(result, people, segmentation, today),
        int(counted.sum()),
        {
            "do not meet the criteria": int((~counts).sum()),
            "have no account that takes part": int((counts & ~known).sum()),
            "have no day": int((counts & known & ~dated).sum()),
            "are later than the day of the run": int((counts & known & future).sum()),
        },
        result.warnings,
    )


def _accounts(accounts: pd.DataFrame | None, transactions: pd.DataFrame) -> pd.DataFrame:
    if accounts is None:
        ids = transactions[ACCOUNT].dropna().unique()
        return pd.DataFrame({ACCOUNT: np.sort(ids.astype(object))})
    _require(accounts, (ACCOUNT,), "accounts")
    read = _typed(accounts, "accounts")
    twice = read[ACCOUNT][read[ACCOUNT].duplicated()]
    if len(twice):
        raise UnreadableTableError(f"The accounts have {twice.iloc[0]!r} more than once in {ACCOUNT}.")
    return read[read[ACCOUNT].notna()].sort_values(ACCOUNT, ignore_index=True)


def _facts(people: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    bought = counted[counted[AMOUNT] >= 0].groupby(ACCOUNT)  # a negative amount is money given back
    facts = pd.DataFrame(
        {
            "last_purchase": bought[DAY].max(),
            "purchases": bought.size(),
            "spend_minor": _sums(counted),
        }
    ).reindex(people[ACCOUNT])
    return pd.DataFrame(
        {
            "last_purchase": facts["last_purchase"].to_numpy().astype("datetime64[s]"),
            "purchases": facts["purchases"].fillna(0).to_numpy(dtype=np.int64),
            "spend_minor": _whole(facts["spend_minor"]),
        }
    )


def _sums(counted: pd.DataFrame) -> pd.Series[Any]:
    """By account, added up in two halves; beyond 64 bits the utmost there is."""
    amounts = counted[AMOUNT].to_numpy(dtype=np.int64)
    parts = pd.DataFrame({"high": amounts >> LOW_BITS, "low": amounts & ((1 << LOW_BITS) - 1)})
    halves = parts.groupby(counted[ACCOUNT].to_numpy()).sum()
    exact = (
        (int(high) << LOW_BITS) + int(low) for high, low in zip(halves["high"], halves["low"], strict=True)
    )
    return pd.Series([max(SMALLEST, min(one, LARGEST)) for one in exact], halves.index, dtype=object)


def _whole(sums: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Sums of whole numbers as they are: by way of a double the last digits would be lost."""
    return np.array([0 if pd.isna(one) else int(one) for one in sums], dtype=np.int64)


def _labelled(
    result: RfmResult, people: pd.DataFrame, segmentation: RfmSegmentation, today: Today
) -> pd.DataFrame:
    scored = result.frame
    frame = people.assign(
        **{name: scored[name].array for name in ("r", "f", "m", "purchases", "last_purchase")},
        rfm=scored["total"].array,
        total_spend=scored["spend_minor"].array,
    )
    own = tuple(one for one in _fields(people) if one.name not in {field.name for field in SCORES})
    catalog = Catalog((*SCORES, *own))
    takes_part = mask(parse(segmentation.accounts, catalog), frame, catalog, today)
    frame = frame[takes_part].reset_index(drop=True)
    place = places(frame, read_rules(segmentation.labels, catalog), catalog, today)
    names = [one.name for one in segmentation.labels]
    days = [None if pd.isna(day) else day.date() for day in frame["last_purchase"]]
    frame["label"] = pd.Series([None if one < 0 else names[one] for one in place], dtype=object)
    frame["last_purchase"] = pd.Series(days, dtype=object)
    frame["total_spend"] = [f"{Decimal(int(one)).scaleb(-2):f}" for one in frame["total_spend"]]
    return frame[list(RESULT)]


def _fields(frame: pd.DataFrame) -> tuple[Field, ...]:
    return tuple(Field(str(name), _type_of(str(name), frame[name]), f"table.{name}") for name in frame)


def _type_of(name: str, column: pd.Series[Any]) -> FieldType:
    if name == AMOUNT:
        return FieldType.MONEY
    if pd.api.types.is_datetime64_any_dtype(column):
        return FieldType.DATE
    if pd.api.types.is_bool_dtype(column):
        return FieldType.BOOLEAN
    return FieldType.NUMBER if pd.api.types.is_numeric_dtype(column) else FieldType.TEXT


def _typed(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """Ids as texts, days as days, amounts in minor units; columns of figures alone as numbers."""
    read: dict[str, Any] = {}
    for name in frame:
        column = frame[name]
        if name == ACCOUNT:
            read[name] = column.map(_text).astype(object)
        elif name == DAY:
            read[name] = pd.Series(_each(column, _day, what, DAY), index=frame.index).astype("datetime64[s]")
        elif name == AMOUNT:
            amounts = _each(column, _minor, what, AMOUNT)
            read[name] = pd.array([0 if one is None else one for one in amounts], dtype="int64")
        else:
            read[str(name)] = _guessed(column)
    return pd.DataFrame(read, index=frame.index)


def _each(column: pd.Series[Any], convert: Any, what: str, name: str) -> list[Any]:
    found = []
    for line, value in enumerate(column, start=1):
        try:
            found.append(None if pd.isna(value) or value == "" else convert(value))
        except (ValueError, InvalidOperation, OverflowError):
            raise UnreadableTableError(
                f"Row {line} of the {what} has {str(value)[:40]!r} in {name}, which cannot be read."
            ) from None
    return found


def _text(value: Any) -> str | None:
    return None if pd.isna(value) or value == "" else str(value)


def _day(value: Any) -> date:
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    return date.fromisoformat(str(value).strip()[:10])


def _minor(value: Any) -> int:
    exact = Decimal(repr(value) if isinstance(value, float) else str(value).strip()) * MINOR_PER_UNIT
    if exact != exact.to_integral_value() or abs(exact) > 2**62:
        raise ValueError("not a number of whole minor units")
    return int(exact)


def _guessed(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of texts as numbers, if it is made of figures alone."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    texts = column.map(_text).astype(object)
    numbers = pd.to_numeric(texts, errors="coerce")
    all_numbers = bool((numbers.notna() | texts.isna()).all()) and bool(texts.notna().any())
    return numbers if all_numbers else texts


def _require(frame: pd.DataFrame, names: tuple[str, ...], what: str) -> None:
    missing = [name for name in names if name not in frame]
    if missing:
        there = ", ".join(map(str, frame.columns)) or "none"
        raise UnreadableTableError(
            f"The {what} have no column {' and none '.join(missing)}. Their columns are: {there}."
        )
