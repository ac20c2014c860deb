"""What the shape of a segmentation cannot say, technique by technique: limits, names, bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.app.config.document import Path, Problem
from scoring import problems as scoring_problems
from scoring.config import Limits, Segmentation
from scoring.criteria.errors import CriteriaError
from scoring.engagement import config as engagement
from scoring.firmographics import config as firmographics
from scoring.leaving.config import LeavingSegmentation
from scoring.purchases_config import Buying
from scoring.recency import period_of
from scoring.recommendations import config as recommendations
from scoring.rfm_config import RecencyBands, RfmSegmentation, ThresholdBands
from scoring.voice.competitors import matcher_of
from scoring.voice.config import VoiceSegmentation


def technique_problems(path: Path, segmentation: Segmentation, limits: Limits) -> Iterator[Problem]:
    """Every problem of one segmentation."""
    if isinstance(segmentation, Buying):
        yield from _purchase_problems(path, segmentation)
    match segmentation:
        case RfmSegmentation():
            yield from _rfm_problems(path, segmentation, limits)
        case LeavingSegmentation():
            yield from _label_problems(path, segmentation, limits.leaving_labels, "leaving_labels")
        case VoiceSegmentation():
            yield from _label_problems(path, segmentation, limits.voice_labels, "voice_labels")
            yield from _competitor_problems((*path, "competitors"), segmentation)
        case firmographics.FirmographicSegmentation():
            yield from _placed(path, firmographics.problems(segmentation, limits))
        case engagement.EngagementSegmentation():
            yield from _placed(path, engagement.problems(segmentation, limits))
        case recommendations.RecommendationSegmentation():
            kept = recommendations.RecommendationLimits(
                labels=limits.recommendation_labels,
                products=limits.products_of_a_label,
                bundles=limits.bundles_of_a_label,
            )
            for sentence in recommendations.broken_limits(segmentation, kept):
                yield Problem((*path, "labels"), sentence)


def label_names(segmentation: Segmentation) -> tuple[str, ...]:
    """Every label that a segmentation can give, best first."""
    names = tuple(label.name for label in segmentation.labels)
    if isinstance(segmentation, firmographics.FirmographicSegmentation):
        return (*names, firmographics.UNCLASSIFIED)
    return names


def twice(path: Path, names: Sequence[str], what: str) -> Iterator[Problem]:
    """Names that differ from an earlier one by case at most."""
    seen: dict[str, str] = {}
    for at, name in enumerate(names):
        first = seen.setdefault(name.casefold(), name)
        if at != [one.casefold() for one in names].index(name.casefold()):
            yield Problem((*path, at, "name"), f"the {what} '{first}' stands twice; names have to differ.")


def _placed(path: Path, found: Iterator[scoring_problems.Problem]) -> Iterator[Problem]:
    for one in found:
        yield Problem((*path, *one.path), one.sentence)


def _label_problems(
    path: Path,
    segmentation: RfmSegmentation | LeavingSegmentation | VoiceSegmentation,
    most: int,
    limit: str,
) -> Iterator[Problem]:
    labels = segmentation.labels
    yield from twice((*path, "labels"), [one.name for one in labels], "label")
    if not labels:
        yield Problem((*path, "labels"), f"'{segmentation.name}' needs at least one label.")
    if len(labels) > most:
        yield Problem(
            (*path, "labels", most),
            f"'{segmentation.name}' has {len(labels)} labels; the limit is {most}. "
            f"Remove some, or raise limits.{limit}.",
        )
    for at, label in enumerate(labels):
        if not label.when.strip():
            yield Problem(
                (*path, "labels", at, "when"),
                f"the label '{label.name}' has no criteria; every account would get it. "
                "Write 'purchases >= 0' if that is meant.",
            )


def _competitor_problems(path: Path, segmentation: VoiceSegmentation) -> Iterator[Problem]:
    yield from twice(path, [one.name for one in segmentation.competitors], "competitor")
    try:
        matcher_of(segmentation)
    except ValueError as error:
        yield Problem(path, str(error))


def _rfm_problems(path: Path, segmentation: RfmSegmentation, limits: Limits) -> Iterator[Problem]:
    yield from _label_problems(path, segmentation, limits.rfm_labels, "rfm_labels")
    for measure in ("frequency", "monetary"):
        method = getattr(segmentation, measure)
        if isinstance(method, ThresholdBands):
            yield from _threshold_problems((*path, measure, "at_least"), method.at_least, segmentation.scores)
    if isinstance(segmentation.recency, RecencyBands):
        yield from _period_problems((*path, "recency", "bands"), segmentation.recency, segmentation.scores)


def _purchase_problems(path: Path, segmentation: Buying) -> Iterator[Problem]:
    if segmentation.purchases and "transactions" in segmentation.model_fields_set:
        yield Problem(
            (*path, "transactions"),
            "transactions and purchases both say what counts; keep purchases, and write in it "
            "{from: deals, when: …} if deals are to count too.",
        )


def _threshold_problems(path: Path, thresholds: Sequence[float], scores: int) -> Iterator[Problem]:
    if len(thresholds) != scores - 1:
        yield Problem(
            path, f"{scores} scores need {scores - 1} thresholds in at_least; there are {len(thresholds)}."
        )
    if any(low >= high for low, high in pairwise(thresholds)):
        yield Problem(path, "the thresholds in at_least have to rise from one to the next.")


def _period_problems(path: Path, recency: RecencyBands, scores: int) -> Iterator[Problem]:
    if not recency.bands:
        yield Problem(path, "bands needs at least one period.")
    for at, band in enumerate(recency.bands):
        if band.score > scores:
            yield Problem(
                (*path, at, "score"),
                f"score {band.score} is higher than the {scores} scores of this segmentation.",
            )
        try:
            period_of(band.within)
        except CriteriaError as error:
            yield Problem(
                (*path, at, "within"),
                f"within: {error.message} Periods are written like 'this quarter' or 'last 90 days'.",
            )
