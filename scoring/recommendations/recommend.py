"""Recommendations for every account: what, how likely, how much, until when, and what speaks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from scoring.recommendations.bundles import find_bundles
from scoring.recommendations.config import RecommendationSegmentation
from scoring.recommendations.firmographic import learn_first_buys
from scoring.recommendations.labels import account_labels
from scoring.recommendations.model import EASE_RIDGE, Model, cutoffs_of, dismissed, learn
from scoring.recommendations.offers import Knowledge, Refused, offers
from scoring.recommendations.purchases import Integers, Purchases, quantities, read_lines
from scoring.recommendations.signals import learn_signals

# Below these a person should know that little can be said.
FEWEST_BUYERS, FEWEST_PRODUCTS = 30, 3


@dataclass(frozen=True)
class RecommendationResult:
    """What a run says.

    Attributes:
        frame: ``offers.COLUMNS``, one row per recommendation, sorted by account and rank.
            ``with_product_id`` is the other product of a bundle; ``rank`` 1 is the account's most likely;
            ``value_minor`` is what to expect, probability times the usual amount; ``expires_on`` the last day
            that the probability is about; ``times_bought last_bought usual_days`` the account's own history
            of the product; ``neighbour_score companion_score`` what accounts like it and the products it has
            say; ``base_rate`` what the lift is over.
        accounts: ``account_id``, ``label``, ``best_probability``, ``best_lift`` (of new products),
            ``value_minor`` of all its recommendations; one row per account, in the order given.
        knowledge: what scoring knew, for explaining; its ``model`` can be given to the next run, which then
            does not learn.
        warnings: sentences about what makes this say little.
    """

    frame: pd.DataFrame
    accounts: pd.DataFrame
    knowledge: Knowledge
    warnings: tuple[str, ...]


def score(
    lines: pd.DataFrame,
    accounts: pd.DataFrame,
    segmentation: RecommendationSegmentation,
    as_of: date,
    *,
    dismissals: pd.DataFrame | None = None,
    model: Model | None = None,
    withdrawn: Collection[str] = (),
    only: Collection[str] | None = None,
) -> RecommendationResult:
    """Recommend to every account.

    Args:
        lines: see ``read_lines``.
        accounts: ``account_id`` and the segmentation's firmographic columns, as far as there are any.
        segmentation: horizon, how many of each kind, labels.
        as_of: the day of the run.
        dismissals: ``account_id``, ``product_id``, ``day``. A dismissed product is not recommended again
            before the horizon has passed, and counts as a plain no where it is learned from.
        model: of an earlier run; None: learn one.
        withdrawn: products that are not sold any more: they are learned from, and not recommended.
        only: recommend to these alone; what is known of all others counts all the same.

    Raises:
        ValueError: a column is missing, an account is twice in ``accounts``, or the model is about another
            horizon.
    """
    ordered = _ordered(accounts)
    purchases, left_out = read_lines(lines, as_of, ordered["account_id"])
    horizon = segmentation.horizon_days
    if model is None:
        model = learn(purchases, horizon, seed=segmentation.seed, dismissals=dismissals)
    elif model.horizon_days != horizon:
        raise ValueError(
            f"The model is about {model.horizon_days} days, the segmentation about {horizon}; learn anew."
        )
    model = model.over(purchases.product_ids)
    signals = learn_signals(purchases, seed=segmentation.seed, ridge=EASE_RIDGE)
    fields = [field for field in segmentation.firmographics if field in ordered.columns]
    first_buys = learn_first_buys(purchases, ordered, fields, cutoffs_of(purchases, horizon), horizon)
    bundles = find_bundles(_ordered_together(lines, as_of, purchases), purchases.product_ids)
    knowledge = Knowledge(purchases, signals, model, first_buys, bundles)
    refused = _refused(purchases, dismissals, as_of, horizon)
    chosen = None if only is None else np.isin(purchases.account_ids, list(only))
    gone = np.flatnonzero(np.isin(purchases.product_ids, list(withdrawn)))
    frame = offers(knowledge, segmentation, as_of, Refused(refused, gone), chosen)
    ids = accounts["account_id"]
    told = ids if only is None else ids[ids.isin(only)]
    summary = account_labels(frame, told, segmentation.labels)
    return RecommendationResult(frame, summary, knowledge, (*left_out, *_little(purchases), *model.warnings))


def _ordered(accounts: pd.DataFrame) -> pd.DataFrame:
    if "account_id" not in accounts.columns:
        raise ValueError("The accounts have no column account_id.")
    if accounts["account_id"].isna().any():
        raise ValueError("An account has no account_id; leave it out or give it one.")
    twice = accounts["account_id"][accounts["account_id"].duplicated()]
    if len(twice):
        raise ValueError(f"Account {twice.iloc[0]} is there more than once; give one row for each account.")
    return accounts.sort_values("account_id", ignore_index=True)


def _ordered_together(lines: pd.DataFrame, as_of: date, purchases: Purchases) -> pd.DataFrame:
    """The lines that count for bundles: as for purchases, but whole orders rather than days."""
    days = pd.to_datetime(lines["day"], errors="coerce")
    kept = lines["account_id"].isin(purchases.account_ids) & (
        days < pd.Timestamp(as_of) + pd.Timedelta(days=1)
    )
    kept &= quantities(lines) > 0
    return lines.loc[kept, ["order_id", "product_id"]]


def _refused(
    purchases: Purchases, dismissals: pd.DataFrame | None, as_of: date, horizon_days: int
) -> Integers:
    """Keys of pairs that were dismissed within the last horizon."""
    if dismissals is None or not len(dismissals):
        return np.zeros(0, dtype=np.int64)
    account, product, day = dismissed(purchases, dismissals)
    fresh = (day <= as_of.toordinal()) & (day > as_of.toordinal() - horizon_days)
    return np.unique(account[fresh] * len(purchases.product_ids) + product[fresh])


def _little(purchases: Purchases) -> Iterator[str]:
    buyers = int((purchases.baskets > 0).sum())
    products = len(purchases.product_ids)
    if buyers < FEWEST_BUYERS:
        yield (
            f"Only {buyers} account{'' if buyers == 1 else 's'} with purchases: what accounts that are alike "
            f"buy means something from {FEWEST_BUYERS} on."
        )
    if products < FEWEST_PRODUCTS:
        yield (
            f"Only {products} product{'' if products == 1 else 's'} in the order lines: below "
            f"{FEWEST_PRODUCTS} there is nothing to choose from."
        )
    if buyers and int(purchases.baskets.max()) == 1:
        yield "No account bought on more than one day: there is no repeat buy to learn from."
