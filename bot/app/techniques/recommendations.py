"""Recommendations in a run: order lines in, offers and the labels that they deserve out.

What is recommended to one account follows from what everybody buys, so a purchase is no matter of its account
alone: they are made anew once a day, and on command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import product as every_pair
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from bot.app.offers import CHANCE_PARTS, LIFT_PARTS, Offer, because
from bot.app.order_lines import OrderLines
from bot.app.techniques.technique import Evidence, Scored, Situation, Technique
from scoring.criteria.check import field_named
from scoring.explain import MOST_REASONS
from scoring.recommendations.config import Kind, RecommendationSegmentation, Recommended, named_products
from scoring.recommendations.explain import Explanation
from scoring.recommendations.explain import explain as explained_offer
from scoring.recommendations.kept import model_as_json, model_from_json
from scoring.recommendations.recommend import RecommendationResult, score
from scoring.recommendations.wording import written_chance, written_lift, written_rule
from scoring.standing import MEASURE_PARTS, Standing
from scoring.standings import NO_LABEL, NO_NUMBER, Standings, digests
from scoring.wording import written_day, written_money

# Days and number of its own purchases tell whether an account moved by itself or because others did.
COLUMNS = ("last_purchase", "purchases", "measure", "value_minor", "digest")
MOST_EXPLAINED = 3
_MOST_LIFT = 10**12
_LAST_WEEKDAY = 6
_Situation = Situation[RecommendationSegmentation]


def scored(evidence: Evidence, situation: _Situation) -> Scored:
    """Offers to every account that takes part."""
    segmentation = situation.segmentation
    lines = evidence.order_lines(segmentation)
    result, relearned = scored_lines(evidence, situation, lines)
    return Scored(
        _standings(result, segmentation, lines.products),
        (*lines.left_out, *result.warnings, *_unknown(segmentation, lines.products)),
        learned=model_as_json(result.knowledge.model) if relearned else None,
        offers=_offers(result.frame, lives_until(situation.today.day, segmentation.horizon_days)),
    )


def scored_lines(
    evidence: Evidence, situation: _Situation, lines: OrderLines, only: Sequence[str] | None = None
) -> tuple[RecommendationResult, bool]:
    """What scoring says, and whether it learned anew for that."""
    segmentation, catalog = situation.segmentation, evidence.catalog()
    fields = [field_named(name, catalog) for name in segmentation.firmographics]
    part = evidence.accounts(segmentation.accounts, list(dict.fromkeys(fields)))
    accounts = pd.DataFrame({"account_id": part.ids.to_pandas()}, dtype=object)
    for name, field in zip(segmentation.firmographics, fields, strict=True):
        accounts[name] = part.frame[field.name]
    kept = None if situation.learned is None else model_from_json(situation.learned.body)
    if kept is not None and kept.horizon_days != segmentation.horizon_days:
        kept = None  # explaining, between a new document and its first run
    result = score(
        lines.frame,
        accounts,
        by_id(segmentation, lines.products),
        situation.today.day,
        dismissals=evidence.dismissals(),
        model=kept,
        withdrawn=lines.withdrawn,
        only=only,
    )
    return result, kept is None


def by_id(
    segmentation: RecommendationSegmentation, products: Mapping[str, str]
) -> RecommendationSegmentation:
    """The segmentation with the ids of products in the place of names; all ids of a name."""
    ids: dict[str, list[str]] = {}
    for one, name in sorted(products.items()):
        ids.setdefault(name.strip().casefold(), []).append(one)

    def named(name: str) -> list[str]:
        # Without any product a rule would hold for all: one that is gone stays one that nobody is offered.
        return ids.get(name.strip().casefold(), [f"gone:{name}"])

    def asked(one: Recommended) -> Recommended:
        pairs = [pair for first, second in one.bundles for pair in every_pair(named(first), named(second))]
        found = [identifier for name in one.products for identifier in named(name)]
        return one.model_copy(update={"products": tuple(found), "bundles": tuple(pairs)})

    labels = tuple(
        label.model_copy(update={"any_of": tuple(asked(one) for one in label.any_of)})
        for label in segmentation.labels
    )
    return segmentation.model_copy(update={"labels": labels})


def _unknown(segmentation: RecommendationSegmentation, products: Mapping[str, str]) -> Iterator[str]:
    known = {name.strip().casefold() for name in products.values()}
    for name in dict.fromkeys(name for _, name in named_products(segmentation)):
        if name.strip().casefold() not in known:
            yield f"A label names the product '{name}', which is not sold any more: nobody gets it by that."


def lives_until(today: date, horizon_days: int) -> date:
    """When an offer of today is over: the end of the week in which its horizon ends.

    By weeks, so that offers that are otherwise the same are not written anew every day.
    """
    end = today + timedelta(days=horizon_days)
    return end + timedelta(days=_LAST_WEEKDAY - end.weekday())


def _standings(
    result: RecommendationResult, segmentation: RecommendationSegmentation, products: Mapping[str, str]
) -> Standings:
    accounts, known = result.accounts, result.knowledge.purchases
    place = pd.Index(known.account_ids).get_indexer(pd.Index(accounts["account_id"]))
    offered = accounts["account_id"].isin(result.frame["account_id"]).to_numpy(dtype=bool)
    places = {label.name: place for place, label in enumerate(segmentation.labels)}
    details = _details(result, products)
    texts = [details.get(account) for account in accounts["account_id"]]
    chance = np.rint(accounts["best_probability"].to_numpy(dtype=np.float64) * 100 * MEASURE_PARTS)
    return Standings(
        pa.array(accounts["account_id"], pa.string()),
        np.array([places.get(label, NO_LABEL) for label in accounts["label"]], dtype=np.int64),
        tuple(places),
        {
            "last_purchase": known.last_day[place],
            "purchases": known.baskets[place],
            "measure": np.where(offered, chance.astype(np.int64), NO_NUMBER),
            "value_minor": np.where(offered, accounts["value_minor"].to_numpy(dtype=np.int64), NO_NUMBER),
            "digest": digests(texts),
        },
        pa.array(texts, pa.string()),
    )


def _details(result: RecommendationResult, products: Mapping[str, str]) -> dict[str, str]:
    """Of every account with offers: its best lift, and its best product to buy again and to buy newly."""
    frame = result.frame
    lifts = dict(zip(result.accounts["account_id"], result.accounts["best_lift"], strict=True))
    new = frame[frame["kind"].isin((Kind.CROSS_SELL, Kind.FIRST_BUY))]
    again = frame[frame["kind"] == Kind.REPEAT_BUY]
    best = new.assign(order=-new["lift"].astype(float)).sort_values(["account_id", "order", "product_id"])
    newly = best.drop_duplicates("account_id").set_index("account_id")["product_id"].to_dict()
    repeated = again.drop_duplicates("account_id").set_index("account_id")["product_id"].to_dict()
    return {
        account: _json(
            {
                "again": products.get(repeated.get(account, "")),
                "best_lift": round(min(float(lifts[account]), _MOST_LIFT), 3),
                "new": products.get(newly.get(account, "")),
            }
        )
        for account in frame["account_id"].unique()
    }


def _offers(frame: pd.DataFrame, expires_on: date) -> pd.DataFrame:
    """As they are kept: whole numbers, and in ``details`` what speaks for each."""
    probability = np.rint(frame["probability"].to_numpy(dtype=np.float64) * CHANCE_PARTS).astype(np.int64)
    lift = np.minimum(frame["lift"].to_numpy(dtype=np.float64), _MOST_LIFT) * LIFT_PARTS
    return pd.DataFrame(
        {
            "account_id": frame["account_id"],
            "place": frame["rank"].astype("int64"),
            "kind": [str(kind) for kind in frame["kind"]],
            "product_id": frame["product_id"],
            "with_product_id": frame["with_product_id"],
            "probability": probability,
            "lift": np.rint(lift).astype(np.int64),
            "value_minor": frame["value_minor"].astype("int64"),
            "expires_on": pd.Series([expires_on] * len(frame), dtype=object),
            "details": [_speaking(row) for row in frame.itertuples(index=False)],
        }
    )


def _speaking(row: Any) -> str:
    """What speaks for an offer; nothing of it changes by itself from day to day."""
    found = {
        "goes": round(float(row.companion_score), 6) or None,
        "last": None if row.last_bought is None else row.last_bought.isoformat(),
        "like": round(float(row.neighbour_score), 6) or None,
        "times": int(row.times_bought) or None,
        "usual": None if pd.isna(row.usual_days) else int(row.usual_days),
    }
    return _json({name: value for name, value in found.items() if value is not None})


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _reasons(old: Standing, new: Standing, situation: _Situation) -> tuple[str, ...]:
    """What is recommended now that was not, how likely it is, and what it is worth."""
    return tuple(_changes(old, new, situation))[:MOST_REASONS]


def _changes(old: Standing, new: Standing, situation: _Situation) -> Iterator[str]:
    if new.measure is None:
        yield "Nothing is recommended to it any more."
        return
    before, now = _read(old.details), _read(new.details)
    if now.get("again") is not None and new.measure != old.measure:
        chance = f"{now['again']} is its likeliest repeat buy"
        within = f"within {situation.segmentation.horizon_days} days"
        was = _before(old.measure, lambda measure: _once(before, now, written_chance(_share(measure))))
        yield f"{chance}: {written_chance(_share(new.measure))} {within}{was}."
    elif before.get("again") is not None and now.get("again") is None:
        yield f"{before['again']} is not expected to be bought again."
    if now.get("new") is not None and now["best_lift"] != before.get("best_lift"):
        was = _before(before.get("best_lift") or None, written_lift)
        yield f"{now['new']} is {written_lift(now['best_lift'])} as likely as for accounts in general{was}."
    if new.value_minor is not None and new.value_minor != old.value_minor:
        was = _before(old.value_minor, lambda minor: written_money(minor, situation.currency))
        yield f"What is recommended is worth {written_money(new.value_minor, situation.currency)}{was}."


def _once(before: Mapping[str, Any], now: Mapping[str, Any], chance: str) -> str:
    """The earlier chance, and of what, if that was another product."""
    other = before.get("again")
    return chance if other in {None, now["again"]} else f"{other}, {chance}"


def _before(value: Any, written: Any) -> str:
    return "" if value is None else f" (before: {written(value)})"


def _read(details: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if details is None else orjson.loads(details)
    return found


def _share(measure: int) -> float:
    return measure / MEASURE_PARTS / 100


def explained(
    evidence: Evidence, situation: _Situation, account_id: str, standing: Standing
) -> tuple[str, ...]:
    """The best offers with what speaks for them, and what better labels ask for.

    From what the last run kept: to judge anew, every account's purchases would have to be read.
    """
    segmentation = situation.segmentation
    offers = evidence.offers(segmentation, account_id)
    if not offers:
        return ("Nothing is recommended to it: it takes no part, or there is nothing to learn from yet.",)
    names = [label.name for label in segmentation.labels]
    better = segmentation.labels
    if standing.label in names:
        better = better[: names.index(standing.label)]
    return (
        *(_offered(one) for one in offers[:MOST_EXPLAINED]),
        *(written_rule(label) for label in better),
        *(_best(standing) if better else ()),
    )


def _offered(offer: Offer) -> str:
    chance = written_chance(offer.probability / CHANCE_PARTS)
    lift = written_lift(offer.lift / LIFT_PARTS)
    why = because(offer.kind, offer.details)
    return f"{offer.what}: {chance} until {written_day(offer.expires_on)}, {lift} the usual; {why}."


def _best(standing: Standing) -> Iterator[str]:
    lift = _read(standing.details).get("best_lift")
    parts = []
    if standing.measure:
        parts.append(f"its best repeat buy has a chance of {written_chance(_share(standing.measure))}")
    if lift:
        parts.append(f"its best new product is {written_lift(lift)} as likely as usual")
    if parts:
        said = " and ".join(parts)
        yield f"{said[0].upper()}{said[1:]}."


def judged(
    evidence: Evidence, situation: _Situation, account_id: str, product_ids: Sequence[str]
) -> tuple[tuple[Explanation, ...], Mapping[str, str]]:
    """Everything that speaks for each product, judged anew with what was learned; the names of all products.

    It reads every line. A product or an account that has no part in it is left out.
    """
    lines = evidence.order_lines(situation.segmentation)
    result, _ = scored_lines(evidence, situation, lines, only=[account_id])
    known = result.knowledge.purchases
    labels = by_id(situation.segmentation, lines.products).labels
    told = [one for one in product_ids if one in known.product_ids] if account_id in known.account_ids else []
    found = tuple(explained_offer(result.knowledge, account_id, one, labels) for one in told)
    return found, lines.products


RECOMMENDATIONS = Technique[RecommendationSegmentation](
    COLUMNS, scored, _reasons, explained, learns=True, neighbours_move=True, daily=True
)
