"""Why an account has its labels, and what would give it better ones: for the card and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.app.answers import Explanation
from bot.app.config.published import Published, PublishedConfigurations
from bot.app.ports import Clock
from bot.app.scoring_ports import Scores, ScoringTransaction
from bot.app.techniques.registry import technique_of
from bot.app.techniques.technique import Evidence, Situation
from scoring.config import Segmentation
from scoring.criteria.errors import CriteriaError
from scoring.rfm_config import RfmSegmentation
from scoring.standing import MEASURE_PARTS, Standing
from scoring.standings import no_standings

# What the number of a technique is called; the others have none.
_MEASURED: Mapping[str, str] = {
    "leaving": "Risk {:.0f} %",
    "engagement": "Engagement {:.0f} of 100",
    "voice": "Net sentiment {:.0f}",
    "recommendations": "Best chance {:.0f} %",
}


class Explanations:
    """Explains accounts as the last runs left them. Reads only."""

    def __init__(self, scores: Scores, configurations: PublishedConfigurations, clock: Clock) -> None:
        self._scores = scores
        self._configurations = configurations
        self._clock = clock

    def of(self, account_id: str) -> tuple[Explanation, ...]:
        """What every segmentation that knows the account says of it; the primary one first."""
        published, now = self._configurations.current(), self._clock.now()
        primary = published.configuration.primary
        others = (one for one in published.configuration.segmentations if one is not primary)
        with self._scores.reading() as transaction:
            found = (_explained(transaction, published, one, account_id, now) for one in (primary, *others))
            return tuple(one for one in found if one is not None)


def situation_now(
    transaction: ScoringTransaction, published: Published, segmentation: Segmentation, now: datetime
) -> tuple[Evidence, Situation[Any]]:
    """What a segmentation's last run can be looked at with: nothing is scored."""
    configuration, organisation = published.configuration, transaction.organisation()
    today = organisation.today(configuration, now)
    situation: Situation[Any] = Situation(
        segmentation=segmentation,
        configuration=configuration,
        today=today,
        currency=organisation.currency,
        learned=transaction.learned(segmentation.name),
        before=no_standings(),
        thresholds=transaction.thresholds(segmentation.name),
    )
    return transaction.evidence(segmentation.name, configuration, today), situation


def _explained(
    transaction: ScoringTransaction,
    published: Published,
    segmentation: Segmentation,
    account_id: str,
    now: datetime,
) -> Explanation | None:
    standing = transaction.standing(segmentation.name, account_id)
    if standing is None:
        return None
    evidence, situation = situation_now(transaction, published, segmentation, now)
    try:
        why = technique_of(segmentation).explain(evidence, situation, account_id, standing)
    except CriteriaError as error:
        why = (f"The criteria of '{segmentation.name}' do not fit the CRM's fields any more: {error}",)
    return Explanation(
        segmentation.name, segmentation.technique, standing.label, _measured(segmentation, standing), why
    )


def _measured(segmentation: Segmentation, standing: Standing) -> str:
    if isinstance(segmentation, RfmSegmentation) and standing.r is not None:
        return f"R {standing.r} · F {standing.f} · M {standing.m}"
    words = _MEASURED.get(segmentation.technique)
    if words is None or standing.measure is None:
        return ""
    return words.format(standing.measure / MEASURE_PARTS)
