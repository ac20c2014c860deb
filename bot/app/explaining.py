"""Why an account has its label, and what would give it a better one: for the account card."""

from __future__ import annotations

from typing import Any

import orjson

from bot.app.answers import AccountLine
from scoring.config import Configuration
from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.explain import account_sentences, why
from scoring.rfm import Standing, thresholds_from
from scoring.rfm_config import RfmSegmentation

# Canonical account field -> the attribute of an account's line that holds it.
_FIELDS = {
    "name": "name",
    "industry": "industry",
    "city": "city",
    "state": "state",
    "country": "country",
    "owner": "owner",
    "annual_revenue": "annual_revenue_minor",
    "employees": "employees",
}


def explain(
    line: AccountLine,
    stored_thresholds: str | None,
    *,
    configuration: Configuration,
    catalog: Catalog,
    today: Today,
    currency: str,
) -> tuple[str, ...]:
    """The arithmetic behind each score, the label's criteria, and the least that would give a better one.

    Args:
        line: the account as the last run left it.
        stored_thresholds: JSON of the last run's thresholds; None when no account has a purchase.
        configuration: whose first segmentation is explained.
        catalog: the fields of the labels' criteria.
        today: the organisation's day.
        currency: ISO code.
    """
    segmentation = configuration.primary
    if not isinstance(segmentation, RfmSegmentation):
        return ()
    thresholds = None if stored_thresholds is None else thresholds_from(orjson.loads(stored_thresholds))
    standing = _standing(line)
    account: dict[str, Any] = {name: getattr(line, attribute) for name, attribute in _FIELDS.items()}
    try:
        return account_sentences(standing, segmentation, thresholds, catalog, today, currency, account)
    except KeyError:
        # Labels by a field that a line does not carry: the scores are explained all the same.
        return why(standing, thresholds, segmentation.scores, today.day, currency)


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
