"""Why an account has its label, and what would give it a better one: for the account card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import orjson
import pandas as pd

from bot.app.answers import AccountLine
from scoring.config import Configuration, RfmSegmentation
from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.explain import way_back, why, written_way_back
from scoring.labels import assign, fields_used, read_rules
from scoring.rfm import Standing, thresholds_from

# What a label's criteria may speak of and an account's line knows: canonical field -> attribute.
_KNOWN = {
    "rfm": "total",
    "total_spend": "spend_minor",
    "industry": "industry",
    "city": "city",
    "state": "state",
    "country": "country",
    "owner": "owner",
    "annual_revenue": "annual_revenue_minor",
    "employees": "employees",
}
_MEASURED = {"r", "f", "m", "rfm", "last_purchase", "purchases", "total_spend"}


def explain(
    line: AccountLine,
    stored_thresholds: str | None,
    *,
    configuration: Configuration,
    catalog: Callable[[], Catalog],
    today: date,
    currency: str,
) -> tuple[str, ...]:
    """The arithmetic behind each score, and the least that would give a better label.

    Args:
        line: the account as the last run left it.
        stored_thresholds: JSON of the last run's thresholds; None when no account has a purchase.
        configuration: whose first segmentation is explained.
        catalog: the fields of the labels' criteria; asked for only when needed.
        today: the organisation's day.
        currency: ISO code.
    """
    segmentation = configuration.segmentations[0]
    standing = _standing(line)
    if stored_thresholds is None or standing.r is None:
        return why(standing, None, segmentation.scores, today, currency)
    thresholds = thresholds_from(orjson.loads(stored_thresholds))
    sentences = why(standing, thresholds, segmentation.scores, today, currency)
    day = Today(today, configuration.organisation.fiscal_year_starts)
    labels_of = _labelling(line, segmentation, catalog(), day)
    if labels_of is None:
        return sentences
    names = [label.name for label in segmentation.labels]
    better = way_back(standing, thresholds, names, labels_of, today)
    return sentences if better is None else (*sentences, written_way_back(better, currency))


def _standing(line: AccountLine) -> Standing:
    return Standing(
        last_purchase=line.last_purchase,
        purchases=line.purchases,
        spend_minor=line.spend_minor,
        r=line.r,
        f=line.f,
        m=line.m,
        total=line.total,
        label=line.label,
    )


def _labelling(
    line: AccountLine, segmentation: RfmSegmentation, catalog: Catalog, today: Today
) -> Callable[[Sequence[Standing]], Sequence[str | None]] | None:
    """Labels of what the account might become; None when criteria use a field that its line lacks."""
    rules = read_rules(segmentation.labels, catalog)
    used = set().union(*(fields_used(rule.when) for rule in rules))
    if not used <= _MEASURED | _KNOWN.keys():
        return None
    own = {name: getattr(line, attribute) for name, attribute in _KNOWN.items() if name in used - _MEASURED}

    def labels_of(standings: Sequence[Standing]) -> Sequence[str | None]:
        rows: list[dict[str, Any]] = [
            {**own, **asdict(one), "rfm": one.total, "total_spend": one.spend_minor} for one in standings
        ]
        return assign(pd.DataFrame(rows), rules, catalog, today) if rows else []

    return labels_of
