"""Everything that speaks for an account's offers, judged anew: it reads every account's purchases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.app.config.published import PublishedConfigurations
from bot.app.explaining import situation_now
from bot.app.offers import Offer
from bot.app.ports import Clock
from bot.app.scoring_ports import Scores
from bot.app.techniques.recommendations import judged
from bot.app.techniques.technique import Evidence
from scoring.criteria.check import field_named
from scoring.recommendations.config import RecommendationSegmentation
from scoring.recommendations.explain import Explanation
from scoring.recommendations.wording import speaking


class Judging:
    """The use case, for the command line: it takes as long as a run over one segmentation."""

    def __init__(self, scores: Scores, configurations: PublishedConfigurations, clock: Clock) -> None:
        self._scores = scores
        self._configurations = configurations
        self._clock = clock

    def why(
        self, account_id: str, segmentation: str, offers: Sequence[Offer]
    ) -> Mapping[str, tuple[str, ...]]:
        """Sentences for each product that is offered, by its id; bundles are judged by their first product.

        Raises:
            CriteriaError: criteria that do not fit the fields any more.
        """
        published = self._configurations.current()
        chosen = published.configuration.segmentation(segmentation)
        if not isinstance(chosen, RecommendationSegmentation):
            return {}
        with self._scores.reading() as transaction:
            evidence, situation = situation_now(transaction, published, chosen, self._clock.now())
            wanted = list(dict.fromkeys(one.product_id for one in offers))
            found, products = judged(evidence, situation, account_id, wanted)
            names = _names(evidence, found)
        return {one.product_id: speaking(one, products, names, situation.currency) for one in found}


def _names(evidence: Evidence, found: Sequence[Explanation]) -> Mapping[str, str]:
    """The names of the accounts that are told of."""
    ids = sorted({like.account_id for one in found for like in one.neighbours})
    name = field_named("name", evidence.catalog())
    part = evidence.accounts("", [name], only=ids)
    return dict(zip(part.ids.to_pylist(), part.frame[name.name], strict=True)) if ids else {}
