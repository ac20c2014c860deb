"""Why one product is recommended to one account: own purchases, accounts like it, companions, weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from scoring.recommendations.config import Kind, RecommendationLabel
from scoring.recommendations.config import Recommended as Asked
from scoring.recommendations.features import FEATURES, pairs_of
from scoring.recommendations.labels import NEXT_BUYS
from scoring.recommendations.offers import Knowledge
from scoring.recommendations.purchases import Integers
from scoring.recommendations.signals import neighbour_weights

MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Purchase:
    """One day on which the account bought the product; money in minor units."""

    day: date
    quantity: float
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Companion:
    """A product that the account has, and how much it speaks for the recommended one.

    Attributes:
        product_id: what it has.
        weight: its part of the score; negative when it speaks against.
        together: orders with both, by anybody; 0 when they are no bundle.
    """

    product_id: str
    weight: float
    together: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An account that is like this one and bought the product.

    Attributes:
        account_id: who.
        weight: its part of what accounts like this one say, of 1.
        times_bought: on how many days.
    """

    account_id: str
    weight: float
    times_bought: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature adds to the log odds, against the mean of the pairs that were learned from."""

    feature: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class Missing:
    """What one way to a better label still asks for; None for what is met or was not asked."""

    label: str
    probability: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind one recommendation, strongest first.

    Attributes:
        account_id: whom.
        product_id: what.
        kind: repeat buy, cross-sell or first buy.
        probability: 0–1 within the horizon; None when the product is no candidate of the account.
        base_rate: of the product among accounts in the same position.
        lift: probability over base rate.
        horizon_days: what the probability is about.
        purchases: the account's own, the latest first.
        usual_days: between them; None with fewer than two.
        due_on: when the next one would be usual; None likewise.
        companions: products it has that speak for this one, at most ``MOST_TOLD``.
        neighbours: accounts like it that bought this one, at most ``MOST_TOLD``.
        contributions: at most ``MOST_TOLD``; empty when nothing could be learned.
        missing: what better labels would ask of this recommendation.
    """

    account_id: str
    product_id: str
    kind: Kind
    probability: float | None
    base_rate: float | None
    lift: float | None
    horizon_days: int
    purchases: tuple[Purchase, ...]
    usual_days: int | None
    due_on: date | None
    companions: tuple[Companion, ...]
    neighbours: tuple[Neighbour, ...]
    contributions: tuple[Contribution, ...]
    missing: tuple[Missing, ...]


def explain(
    knowledge: Knowledge, account_id: str, product_id: str, labels: Sequence[RecommendationLabel] = ()
) -> Explanation:
    """Explain one recommendation, or why something is none.

    Args:
        knowledge: of the run.
        account_id: whom.
        product_id: what.
        labels: best first; what each that is not met would ask for.

    Raises:
        KeyError: an account or a product that the run did not know.
    """
    purchases = knowledge.purchases
    account = _place(purchases.account_ids, account_id, "account")
    product = _place(purchases.product_ids, product_id, "product")
    own = _own(knowledge, account, product)
    if not purchases.baskets[account]:
        return _first_buy(knowledge, account, product, labels)
    kind = Kind.REPEAT_BUY if own else Kind.CROSS_SELL
    probability, base, contributions = _judged(knowledge, account, product)
    usual = _usual_days(own)
    lift = None if probability is None or base is None else probability / base
    return Explanation(
        account_id,
        product_id,
        kind,
        probability,
        base,
        lift,
        knowledge.model.horizon_days,
        own,
        usual,
        None if usual is None else date.fromordinal(own[0].day.toordinal() + usual),
        _companions(knowledge, account, product),
        _neighbours(knowledge, account, product),
        contributions,
        _missing(labels, kind, product_id, probability or 0, lift or 0),
    )


def _first_buy(
    knowledge: Knowledge, account: int, product: int, labels: Sequence[RecommendationLabel]
) -> Explanation:
    first_buys, purchases = knowledge.first_buys, knowledge.purchases
    like, everybody = first_buys.shares(np.array([first_buys.kind[account]]))
    probability = first_buys.conversion * float(like[0, product])
    base = first_buys.conversion * float(everybody[product])
    lift = probability / base if base else None
    product_id = str(purchases.product_ids[product])
    return Explanation(
        str(purchases.account_ids[account]),
        product_id,
        Kind.FIRST_BUY,
        probability,
        base,
        lift,
        knowledge.model.horizon_days,
        (),
        None,
        None,
        (),
        _like_buyers(knowledge, account, product),
        (),
        _missing(labels, Kind.FIRST_BUY, product_id, probability, lift or 0),
    )


def _judged(
    knowledge: Knowledge, account: int, product: int
) -> tuple[float | None, float | None, tuple[Contribution, ...]]:
    signals, model = knowledge.signals, knowledge.model
    # Every product is a candidate here, so that one that did not make the list can be explained too.
    pairs = pairs_of(signals, np.array([account]), len(knowledge.purchases.product_ids), model.horizon_days)
    pairs = pairs.part(pairs.product == product)
    if not len(pairs.product):
        return None, None, ()
    probability, base = float(model.probability(pairs, signals)[0]), float(model.base(pairs)[0])
    odds = model.again if pairs.owned[0] else model.new
    if odds is None:
        return probability, base, ()
    added = odds.contributions(pairs.features)[0]
    strongest = np.argsort(-np.abs(added), kind="stable")[:MOST_TOLD]
    told = tuple(Contribution(FEATURES[at], float(added[at])) for at in strongest if added[at])
    return probability, base, told


def _own(knowledge: Knowledge, account: int, product: int) -> tuple[Purchase, ...]:
    purchases = knowledge.purchases
    rows = np.flatnonzero((purchases.account == account) & (purchases.product == product))[::-1]
    return tuple(
        Purchase(
            date.fromordinal(int(purchases.day[row])),
            float(purchases.quantity[row]),
            int(purchases.amount[row]),
        )
        for row in rows
    )


def _usual_days(own: Sequence[Purchase]) -> int | None:
    if len(own) < 2:  # noqa: PLR2004 one purchase has no interval
        return None
    return round((own[0].day - own[-1].day).days / (len(own) - 1))


def _companions(knowledge: Knowledge, account: int, product: int) -> tuple[Companion, ...]:
    """What the regression makes of each product it has; with few buyers, the bundles it is half of."""
    signals, purchases = knowledge.signals, knowledge.purchases
    has = signals.counts[[account]].indices
    together = _together(knowledge.bundles, product)
    weight = np.zeros(len(purchases.product_ids))
    if signals.regression is not None and product in signals.regressed:
        column = int(np.searchsorted(signals.regressed, product))
        weight[signals.regressed] = signals.regression[:, column]
    else:
        weight[list(together)] = [count / max(together.values()) for count in together.values()]
    order = has[np.lexsort((has, -weight[has]))][:MOST_TOLD]
    return tuple(
        Companion(str(purchases.product_ids[at]), float(weight[at]), together.get(int(at), 0))
        for at in order
        if weight[at] > 0 and at != product
    )


def _together(bundles: pd.DataFrame, product: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for one, other in (("first", "second"), ("second", "first")):
        rows = bundles[bundles[one] == product]
        found.update(zip(rows[other].astype(int), rows["together"].astype(int), strict=True))
    return found


def _neighbours(knowledge: Knowledge, account: int, product: int) -> tuple[Neighbour, ...]:
    signals = knowledge.signals
    weight = neighbour_weights(signals, np.array([account])).toarray()[0]
    return _told(knowledge, signals.references, weight, product)


def _like_buyers(knowledge: Knowledge, account: int, product: int) -> tuple[Neighbour, ...]:
    first_buys = knowledge.first_buys
    buyers = np.flatnonzero(knowledge.purchases.baskets > 0)
    weight = first_buys.likeness(np.array([first_buys.kind[account]]))[0][first_buys.kind[buyers]]
    return _told(knowledge, buyers, weight / max(float(weight.sum()), 1e-300), product)


def _told(
    knowledge: Knowledge,
    accounts: Integers,
    weight: np.ndarray[tuple[int], np.dtype[np.float64]],
    product: int,
) -> tuple[Neighbour, ...]:
    times = knowledge.signals.counts[:, [product]].toarray()[accounts, 0]
    said = weight * times
    order = np.lexsort((accounts, -said))[:MOST_TOLD]
    names = knowledge.purchases.account_ids
    return tuple(
        Neighbour(str(names[accounts[at]]), float(weight[at]), int(times[at])) for at in order if said[at] > 0
    )


def _missing(
    labels: Sequence[RecommendationLabel], kind: Kind, product_id: str, probability: float, lift: float
) -> tuple[Missing, ...]:
    found = []
    for label in labels:
        ways = [one for one in label.any_of if _about(one, kind, product_id)]
        if any(probability >= one.probability and lift >= one.lift for one in ways):
            break
        found += [
            Missing(
                label.name,
                one.probability if probability < one.probability else None,
                one.lift if lift < one.lift else None,
            )
            for one in ways
        ]
    return tuple(found)


def _about(one: Asked, kind: Kind, product_id: str) -> bool:
    """Whether a rule could be met by a recommendation of this kind and product."""
    kinds = set(one.kinds) | (set(NEXT_BUYS) if Kind.NEXT_BUY in one.kinds else set())
    return (
        (not kinds or kind in kinds) and not one.bundles and (not one.products or product_id in one.products)
    )


def _place(ids: np.ndarray[tuple[int], np.dtype[np.object_]], wanted: str, what: str) -> int:
    at = int(pd.Index(ids).get_indexer(pd.Index([wanted], dtype=object))[0])
    if at < 0:
        raise KeyError(f"The run knew no {what} {wanted!r}.")
    return at
