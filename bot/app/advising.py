"""What to do next about an account: a step for its label, and what to offer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from bot.app.alerts import step_of_label
from bot.app.answers import CardOffer
from bot.app.offers import CHANCE_PARTS, Offer, Offers, because, dismissals_hold_from
from scoring.config import Configuration
from scoring.recommendations.config import RecommendationSegmentation

OFFERS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Advice:
    """What the card of an account tells of what to do.

    Attributes:
        next_step: one sentence; empty for a label that nothing is known of.
        offers: the likeliest first; empty where nothing recommends anything.
    """

    next_step: str = ""
    offers: tuple[CardOffer, ...] = ()


class Advising:
    """Advises from what the last run found. Reads only."""

    def __init__(self, offers: Offers, configuration: Callable[[], Configuration]) -> None:
        self._offers = offers
        self._configuration = configuration

    def of(self, account_id: str, label: str | None, today: date) -> Advice:
        """What to do about an account that has this label of the primary segmentation."""
        return Advice(step_of_label(label), self._offered(account_id, today))

    def _offered(self, account_id: str, today: date) -> tuple[CardOffer, ...]:
        chosen = next(iter(self._configuration().of(RecommendationSegmentation)), None)
        if chosen is None:
            return ()
        since = dismissals_hold_from(today, chosen)
        found = self._offers.of_account(chosen.name, account_id, today, since)
        return tuple(_shown(one) for one in found[:OFFERS_SHOWN])


def _shown(offer: Offer) -> CardOffer:
    return CardOffer(
        what=offer.what,
        kind=offer.kind,
        chance=Decimal(offer.probability) / CHANCE_PARTS,
        value_minor=offer.value_minor,
        why=because(offer.kind, offer.details),
    )
