"""What is read to try a segmentation on the past, and by which part of ``scoring.backtest`` it is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

import pandas as pd

from bot.app.config.shape import nearest
from bot.app.errors import UserError
from bot.app.facts import Accounts
from scoring.backtest import engagement as engagement_backtest
from scoring.backtest.accounts import AccountFields
from scoring.backtest.days import NotMeasurableError, Trial
from scoring.backtest.leaving import backtest_leaving
from scoring.backtest.recommendations import backtest_recommendations
from scoring.backtest.results import Backtest
from scoring.backtest.rfm import backtest_rfm
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.tree import Measured, Related
from scoring.engagement.config import EngagementSegmentation
from scoring.label_rules import account_fields, read_rules, related_conditions
from scoring.leaving.config import HORIZON_DAYS, LeavingSegmentation
from scoring.leaving.fields import FIELDS
from scoring.purchases_config import Contribution
from scoring.recommendations.config import RecommendationSegmentation
from scoring.rfm_config import RfmSegmentation

Tried = LeavingSegmentation | RfmSegmentation | EngagementSegmentation | RecommendationSegmentation
TECHNIQUES = ("leaving", "rfm", "engagement", "recommendations")


class Past(Protocol):
    """Reading the local copy as of one moment. Criteria that do not fit the fields raise CriteriaError."""

    def catalog(self) -> Catalog:
        """The account fields that criteria may use, without closed sets."""
        ...

    def accounts(
        self,
        criteria: str,
        fields: Sequence[Field] = (),
        related: Sequence[Measured | Related] = (),
    ) -> Accounts:
        """The accounts that take part, with some of their fields."""
        ...

    def purchases(self, contributions: Sequence[Contribution]) -> pd.DataFrame:
        """What counts: ``account_id``, ``day``, ``amount_minor``; negative: money given back."""
        ...

    def lines(self, criteria: str) -> pd.DataFrame:
        """What was bought, as ``scoring.recommendations.purchases.read_lines`` takes it."""
        ...

    def events(self, kinds: Sequence[str], with_text: Sequence[str]) -> pd.DataFrame:
        """Events of these kinds, as ``scoring.engagement.events`` takes them; some with their text."""
        ...


@dataclass(frozen=True)
class Attempt:
    """Everything that was read: the first purchase of all, the usual horizon, and how it is tried."""

    first: date | None
    horizon_days: int
    run: Callable[[Trial], Backtest]


def tried_techniques(configuration: Configuration) -> Iterator[Tried]:
    """The segmentations of the document that can be tried."""
    yield from (one for one in configuration.segmentations if isinstance(one, Tried))


def chosen(configuration: Configuration, technique: str | None, segmentation: str | None) -> Tried:
    """The segmentation that is meant; of a technique that the document lacks its starting one.

    Raises:
        UserError: there is none of that name, or it is of a technique that cannot be tried.
    """
    if technique is not None and technique not in TECHNIQUES:
        known = ", ".join(TECHNIQUES)
        raise UserError(
            f"'{technique}' cannot be tried on the past; {known} can.{nearest(technique, TECHNIQUES)}"
        )
    if segmentation is not None:
        return _named(configuration, technique, segmentation)
    if technique is None:
        raise UserError(
            "Say what to try.", f"--technique takes {', '.join(TECHNIQUES)}; --segmentation a name."
        )
    found = next((one for one in tried_techniques(configuration) if one.technique == technique), None)
    return found or _starting(configuration, technique)


def _named(configuration: Configuration, technique: str | None, name: str) -> Tried:
    found = configuration.segmentation(name)
    if found is None:
        known = [one.name for one in configuration.segmentations]
        raise UserError(f"There is no segmentation '{name}'.{nearest(name, known)}")
    if not isinstance(found, Tried):
        raise UserError(
            f"'{found.name}' is of the technique {found.technique}, which foretells nothing that could be "
            f"looked up afterwards. {', '.join(TECHNIQUES)} can be tried."
        )
    if technique not in {None, found.technique}:
        raise UserError(f"'{found.name}' is of the technique {found.technique}, not {technique}.")
    return found


def _starting(configuration: Configuration, technique: str) -> Tried:
    """As the technique would begin, over what counts as a purchase already."""
    who = configuration.primary.accounts
    if technique == "leaving":
        name, what = "Leaving, as it would begin", configuration.contributions
        return LeavingSegmentation(name=name, accounts=who, purchases=what)
    if technique == "recommendations":
        name = "Recommendations, as they would begin"
        return RecommendationSegmentation(name=name, accounts=who, transactions=configuration.won)
    if technique == "engagement":
        return EngagementSegmentation(name="Engagement, as it would begin", accounts=who)
    raise UserError(
        "The document has no segmentation by RFM, whose labels could be tried.",
        "Add one: `bellwether init` writes a document that has.",
    )


def attempt(plan: Tried, past: Past, configuration: Configuration) -> Attempt:
    """Read what a segmentation needs."""
    match plan:
        case LeavingSegmentation():
            return _leaving(plan, past)
        case RfmSegmentation():
            return _rfm(plan, past)
        case EngagementSegmentation():
            return _engagement(plan, past, configuration)
        case RecommendationSegmentation():
            return _recommendations(plan, past)


def _leaving(plan: LeavingSegmentation, past: Past) -> Attempt:
    catalog = past.catalog()
    own = {one.name for one in FIELDS}
    catalog = replace(catalog, fields=(*FIELDS, *(one for one in catalog.fields if one.name not in own)))
    purchases, fields = _labelled(plan, past, catalog)
    return Attempt(
        _first(purchases), plan.horizon_days, lambda trial: backtest_leaving(purchases, plan, trial, fields)
    )


def _rfm(plan: RfmSegmentation, past: Past) -> Attempt:
    purchases, fields = _labelled(plan, past, past.catalog())
    return Attempt(
        _first(purchases), HORIZON_DAYS, lambda trial: backtest_rfm(purchases, plan, trial, fields)
    )


def _labelled(
    plan: LeavingSegmentation | RfmSegmentation, past: Past, catalog: Catalog
) -> tuple[pd.DataFrame, AccountFields]:
    rules = read_rules(plan.labels, catalog)
    accounts = past.accounts(
        plan.accounts, account_fields(rules, catalog), related_conditions(rules, catalog)
    )
    ids = pd.Index(accounts.ids.to_pylist(), dtype=object)
    purchases = _of(past.purchases(plan.contributions), ids)
    frame = accounts.frame
    return purchases, AccountFields(catalog, frame.set_index(ids) if len(frame.columns) else frame)


def _engagement(plan: EngagementSegmentation, past: Past, configuration: Configuration) -> Attempt:
    ids = _ids(past, plan.accounts)
    kinds = {kind for channel in plan.channels for kind in channel.points}
    events = _of(past.events(sorted(kinds), plan.automation.answers), ids)
    if events.empty:
        raise NotMeasurableError("No account that takes part has an event yet, so there is nothing to try.")
    purchases = _of(past.purchases(configuration.contributions), ids)
    return Attempt(
        _first(purchases),
        engagement_backtest.HORIZON_DAYS,
        lambda trial: engagement_backtest.backtest_engagement(events, purchases, plan, trial),
    )


def _recommendations(plan: RecommendationSegmentation, past: Past) -> Attempt:
    catalog = past.catalog()
    found = (catalog.find(name) for name in plan.firmographics)
    fields = [one for one in found if one is not None]
    accounts = past.accounts(plan.accounts, fields)
    ids = pd.Index(accounts.ids.to_pylist(), dtype=object)
    frame = accounts.frame.assign(account_id=ids)
    lines = _of(past.lines(plan.transactions), ids)
    if lines.empty:
        raise NotMeasurableError("No purchase that counts names a product, so there is nothing to try.")
    return Attempt(
        _first(lines), plan.horizon_days, lambda trial: backtest_recommendations(lines, frame, plan, trial)
    )


def _ids(past: Past, criteria: str) -> pd.Index[str]:
    ids: list[str] = past.accounts(criteria).ids.to_pylist()
    return pd.Index(ids, dtype=object)


def _of(rows: pd.DataFrame, ids: pd.Index[str]) -> pd.DataFrame:
    return rows[rows["account_id"].isin(ids)].reset_index(drop=True)


def _first(rows: pd.DataFrame) -> date | None:
    return None if rows.empty else pd.Timestamp(rows["day"].min()).date()
