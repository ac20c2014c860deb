"""The best offers of every account as one frame, block by block, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd

from scoring.recommendations.config import Kind, RecommendationSegmentation
from scoring.recommendations.features import FEATURES, LEAST_SHARE, Chosen, Pairs, pairs_of
from scoring.recommendations.firmographic import FirstBuys
from scoring.recommendations.model import MOST_NEW, Model
from scoring.recommendations.purchases import Flags, Integers, Numbers, Purchases
from scoring.recommendations.signals import Signals, blocks

COLUMNS = (
    "account_id",
    "product_id",
    "with_product_id",
    "kind",
    "rank",
    "probability",
    "lift",
    "base_rate",
    "value_minor",
    "quantity",
    "expires_on",
    "times_bought",
    "last_bought",
    "usual_days",
    "neighbour_score",
    "companion_score",
)
# Beyond this an amount does not fit the cache's integers; an expected value stops there.
_MOST_MINOR = 2.0**62
_NEIGHBOURS, _COMPANIONS = FEATURES.index("accounts like it"), FEATURES.index("goes with what it has")
_KINDS = (Kind.REPEAT_BUY, Kind.CROSS_SELL, Kind.FIRST_BUY, Kind.BUNDLE)
_REPEAT, _CROSS, _FIRST, _BUNDLE = range(4)
# So many dismissed products of one account are made up for by the next best first buys.
_SPARE = 20


@dataclass(frozen=True)
class Knowledge:
    """Everything that a run knows before it looks at a single account."""

    purchases: Purchases
    signals: Signals
    model: Model
    first_buys: FirstBuys
    bundles: pd.DataFrame

    @cached_property
    def usual_amount(self) -> Numbers:
        """The median money of a product in a basket, minor units; 0 for one that was never sold."""
        return self._median(self.purchases.amount.astype(np.float64))

    @cached_property
    def usual_quantity(self) -> Numbers:
        """The median pieces of a product in a basket."""
        return self._median(self.purchases.quantity)

    def _median(self, values: Numbers) -> Numbers:
        medians = pd.Series(values).groupby(self.purchases.product).median()
        found = np.zeros(len(self.purchases.product_ids))
        found[medians.index.to_numpy()] = medians.to_numpy()
        return found


@dataclass(frozen=True)
class _Rows:
    """Offers of one block, one element each; ``other`` is -1 but for bundles."""

    account: Integers
    product: Integers
    other: Integers
    kind: Integers
    probability: Numbers
    base: Numbers
    neighbours: Numbers
    companions: Numbers

    def part(self, kept: Flags | Integers) -> _Rows:
        return _Rows(*(getattr(self, name)[kept] for name in _Rows.__dataclass_fields__))


@dataclass(frozen=True)
class Refused:
    """What must not be recommended.

    Attributes:
        pairs: keys, account × number of products + product.
        products: positions, to nobody.
    """

    pairs: Integers
    products: Integers

    def allows(self, account: Integers, product: Integers, width: int) -> Flags:
        """Which pairs may be recommended."""
        return ~(np.isin(account * width + product, self.pairs) | np.isin(product, self.products))


def offers(
    knowledge: Knowledge,
    segmentation: RecommendationSegmentation,
    as_of: date,
    refused: Refused,
    chosen: Flags | None = None,
) -> pd.DataFrame:
    """The best offers of every account.

    Args:
        knowledge: of the run.
        segmentation: how many of each kind.
        as_of: the day of the run.
        refused: what must not be recommended.
        chosen: for each account whether offers are made to it; None: to all.

    Returns:
        ``COLUMNS``, sorted by account and rank.
    """
    purchases = knowledge.purchases
    most = np.array(
        [segmentation.repeat_buy, segmentation.cross_sell, segmentation.first_buy, segmentation.bundle]
    )
    buyer = purchases.baskets > 0
    wanted = np.ones(len(buyer), dtype=bool) if chosen is None else chosen
    buyers, others = np.flatnonzero(wanted & buyer), np.flatnonzero(wanted & ~buyer)
    found = chain(
        _of_buyers(knowledge, refused, buyers),
        _of_others(knowledge, refused, segmentation.first_buy, others),
    )
    pieces = [
        _filled(knowledge, _best(rows, most), as_of, segmentation.horizon_days)
        for rows in found
        if len(rows.account)
    ]
    if not pieces:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
    frame = pd.concat(pieces, ignore_index=True)
    order = np.lexsort((frame["rank"].to_numpy(), purchases.account_ids.searchsorted(frame["account_id"])))
    return frame.iloc[order].reset_index(drop=True)


def _of_buyers(knowledge: Knowledge, refused: Refused, buyers: Integers) -> Iterator[_Rows]:
    signals, model = knowledge.signals, knowledge.model
    width = len(knowledge.purchases.product_ids)
    for accounts in blocks(buyers, width, len(signals.references)):
        pairs = pairs_of(signals, accounts, MOST_NEW, model.horizon_days)
        pairs = pairs.part(refused.allows(pairs.account, pairs.product, width))
        rows = _pair_rows(pairs, model, signals)
        yield _joined(rows, _bundle_rows(knowledge.bundles, accounts, rows, width))


def _pair_rows(pairs: Pairs, model: Model, signals: Signals) -> _Rows:
    logs = pairs.features[:, [_NEIGHBOURS, _COMPANIONS]].astype(np.float64)
    score = np.maximum(np.exp(logs) - LEAST_SHARE, 0)
    return _Rows(
        pairs.account,
        pairs.product,
        np.full(len(pairs.account), -1),
        np.where(pairs.owned, _REPEAT, _CROSS),
        model.probability(pairs, signals),
        model.base(pairs),
        score[:, 0],
        score[:, 1],
    )


def _bundle_rows(bundles: pd.DataFrame, accounts: Integers, rows: _Rows, width: int) -> _Rows:
    """Both together: one is bought, and its orders hold the other as often as they did so far."""
    likely = np.zeros((len(accounts), width), dtype=np.float32)
    likely[np.searchsorted(accounts, rows.account), rows.product] = rows.probability
    first, second = bundles["first"].to_numpy(), bundles["second"].to_numpy()
    both = np.maximum(
        likely[:, first] * bundles["given_first"].to_numpy(),
        likely[:, second] * bundles["given_second"].to_numpy(),
    )
    # Each must be a candidate of its own: a dismissed product is no part of a bundle either.
    both[(likely[:, first] == 0) | (likely[:, second] == 0)] = 0
    row, at = np.nonzero(both)
    nothing = np.zeros(len(row))
    return _Rows(
        accounts[row],
        first[at],
        second[at],
        np.full(len(row), _BUNDLE),
        both[row, at],
        both[row, at] / bundles["lift"].to_numpy(dtype=np.float64)[at],
        nothing,
        nothing,
    )


def _of_others(knowledge: Knowledge, refused: Refused, most: int, others: Integers) -> Iterator[_Rows]:
    """First buys: the same for all accounts of one kind, but for what they dismissed."""
    first_buys, width = knowledge.first_buys, len(knowledge.purchases.product_ids)
    if not width or not first_buys.buyers.sum() or not most:
        return
    kinds = np.unique(first_buys.kind[others])
    for block in blocks(kinds, width, first_buys.marks.shape[0]):
        like, everybody = first_buys.shares(block)
        best = np.argsort(-like, axis=1, kind="stable")[:, : most + _SPARE + len(refused.products)]
        members = others[np.isin(first_buys.kind[others], block)]
        row = np.repeat(np.searchsorted(block, first_buys.kind[members]), best.shape[1])
        account, product = (
            np.repeat(members, best.shape[1]),
            best[np.searchsorted(block, first_buys.kind[members])].ravel(),
        )
        kept = (like[row, product] > 0) & refused.allows(account, product, width)
        yield _first_rows(
            account[kept], product[kept], like[row, product][kept], everybody, first_buys.conversion
        )


def _first_rows(
    account: Integers, product: Integers, like: Numbers, everybody: Numbers, conversion: float
) -> _Rows:
    return _Rows(
        account,
        product,
        np.full(len(account), -1),
        np.full(len(account), _FIRST),
        conversion * like,
        conversion * everybody[product],
        like,
        np.zeros(len(account)),
    )


def _joined(one: _Rows, other: _Rows) -> _Rows:
    return _Rows(
        *(np.concatenate([getattr(one, name), getattr(other, name)]) for name in _Rows.__dataclass_fields__)
    )


def _best(rows: _Rows, most: Integers) -> _Rows:
    """The most likely of each account and kind, ties by product; sorted by account and probability."""
    order = np.lexsort((rows.other, rows.product, -rows.probability, rows.kind, rows.account))
    rows = rows.part(order)
    group = rows.account * len(_KINDS) + rows.kind
    rows = rows.part(_place_within(group) < most[rows.kind])
    return rows.part(np.lexsort((rows.other, rows.product, rows.kind, -rows.probability, rows.account)))


def _place_within(group: Integers) -> Integers:
    """0, 1, 2 … within each run of equal values."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))


def _filled(knowledge: Knowledge, rows: _Rows, as_of: date, horizon_days: int) -> pd.DataFrame:
    purchases, rhythm = knowledge.purchases, knowledge.signals.rhythm
    accounts = np.unique(rows.account)
    chosen = Chosen(accounts, np.searchsorted(accounts, rows.account), rows.product)
    times, latest = chosen.of(knowledge.signals.counts), chosen.of(rhythm.latest)
    single = rows.kind != _BUNDLE
    owned = (times > 0) & single
    usual = rhythm.own_interval(times, chosen.of(rhythm.earliest) - latest, rows.account)
    names = np.append(purchases.product_ids, np.array([None], dtype=object))
    return pd.DataFrame(
        {
            "account_id": purchases.account_ids[rows.account],
            "product_id": names[rows.product],
            "with_product_id": pd.Series(names[rows.other], dtype=object),
            "kind": np.array(_KINDS, dtype=object)[rows.kind],
            "rank": _place_within(rows.account) + 1,
            "probability": rows.probability,
            "lift": rows.probability / rows.base,
            "base_rate": rows.base,
            "value_minor": _value(knowledge, rows, chosen, times),
            "quantity": _quantity(knowledge, rows, chosen, times),
            "expires_on": np.full(len(times), as_of + timedelta(days=horizon_days), dtype=object),
            "times_bought": np.where(owned, times, 0).astype(np.int64),
            "last_bought": _dates(np.where(owned, as_of.toordinal() + 1 - latest, 0)),
            "usual_days": pd.array(
                np.where(owned & (times > 1), np.rint(usual), np.nan), dtype="Float64"
            ).astype("Int64"),
            "neighbour_score": rows.neighbours,
            "companion_score": rows.companions,
        }
    )


def _value(knowledge: Knowledge, rows: _Rows, chosen: Chosen, times: Numbers) -> Integers:
    own = chosen.of(knowledge.signals.rhythm.amount) / np.maximum(times, 1)
    amount = np.where(times > 0, own, knowledge.usual_amount[rows.product])
    amount = amount + np.where(rows.other >= 0, knowledge.usual_amount[rows.other], 0)
    expected = np.floor(rows.probability * amount + 0.5)
    return np.clip(expected, -_MOST_MINOR, _MOST_MINOR).astype(np.int64)


def _quantity(knowledge: Knowledge, rows: _Rows, chosen: Chosen, times: Numbers) -> Integers:
    own = chosen.of(knowledge.signals.rhythm.pieces) / np.maximum(times, 1)
    pieces = np.where(times > 0, own, knowledge.usual_quantity[rows.product])
    pieces = np.where(rows.other >= 0, 1, np.clip(np.rint(pieces), 1, _MOST_MINOR))
    return pieces.astype(np.int64)


def _dates(days: Numbers) -> Flags:
    """Ordinals as dates, 0 as None."""
    distinct, at = np.unique(days.astype(np.int64), return_inverse=True)
    written = np.array(
        [date.fromordinal(day) if day > 0 else None for day in distinct.tolist()], dtype=object
    )
    return written[at]
