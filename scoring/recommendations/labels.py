"""Labels of accounts by the recommendations that they have; the first label that holds wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from scoring.recommendations.config import Kind, RecommendationLabel, Recommended
from scoring.recommendations.purchases import Flags

NEXT_BUYS = (Kind.REPEAT_BUY, Kind.CROSS_SELL)


def account_labels(
    frame: pd.DataFrame, account_ids: pd.Series[Any], labels: Sequence[RecommendationLabel]
) -> pd.DataFrame:
    """One row per account, in the order given.

    Args:
        frame: recommendations as ``offers`` makes them.
        account_ids: all accounts.
        labels: best first.

    Returns:
        ``account_id``; ``label`` (None without a recommendation that deserves one);
        ``best_probability`` of a repeat buy and ``best_lift`` of a new product (0 without); ``value_minor``,
        what all of them are worth.
    """
    ids = account_ids.reset_index(drop=True)
    found = pd.DataFrame({"account_id": ids, "label": labels_of(frame, ids, labels)})
    repeat = frame["kind"] == Kind.REPEAT_BUY
    new = frame["kind"].isin((Kind.CROSS_SELL, Kind.FIRST_BUY))
    single = frame["kind"] != Kind.BUNDLE
    for name, rows, column, how in (
        ("best_probability", repeat, "probability", "max"),
        ("best_lift", new, "lift", "max"),
        ("value_minor", single, "value_minor", "sum"),
    ):
        values = frame[rows].groupby("account_id")[column].agg(how)
        found[name] = values.reindex(ids).fillna(0).to_numpy(dtype=np.int64 if how == "sum" else np.float64)
    return found


def next_buys(frame: pd.DataFrame) -> pd.DataFrame:
    """Repeat buys and cross-sells of each account together, ``rank`` 1 the likeliest of them."""
    rows = frame[frame["kind"].isin(NEXT_BUYS)].reset_index(drop=True)
    return rows.assign(rank=rows.groupby("account_id").cumcount() + 1)


def labels_of(
    frame: pd.DataFrame, account_ids: pd.Series[Any], labels: Sequence[RecommendationLabel]
) -> pd.Series[Any]:
    """The label of each account, None where none holds."""
    found = np.full(len(account_ids), None, dtype=object)
    free = np.ones(len(account_ids), dtype=bool)
    for label in labels:
        holds = np.zeros(len(frame), dtype=bool)
        for one in label.any_of:
            holds |= meets(frame, one)
        chosen = free & account_ids.isin(frame["account_id"][holds]).to_numpy(dtype=bool)
        found[chosen] = label.name
        free &= ~chosen
    return pd.Series(found, dtype=object)


def meets(frame: pd.DataFrame, one: Recommended) -> Flags:
    """Which recommendations meet everything that is asked of them."""
    holds = (frame["probability"] >= one.probability) & (frame["lift"] >= one.lift)
    if one.kinds:
        holds &= frame["kind"].isin(_kinds(one))
    if one.products:
        holds &= frame["product_id"].isin(one.products) | frame["with_product_id"].isin(one.products)
    if one.bundles:
        pairs = {tuple(sorted(pair)) for pair in one.bundles}
        bundle = (frame["kind"] == Kind.BUNDLE).to_numpy(dtype=bool)
        named = zip(frame["product_id"][bundle], frame["with_product_id"][bundle], strict=True)
        among = np.zeros(len(frame), dtype=bool)
        among[bundle] = [tuple(sorted(pair)) in pairs for pair in named]
        holds &= among
    return holds.to_numpy(dtype=bool)


def _kinds(one: Recommended) -> set[Kind]:
    kinds = set(one.kinds)
    return kinds | set(NEXT_BUYS) if Kind.NEXT_BUY in kinds else kinds
