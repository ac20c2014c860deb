"""What the document's shape cannot say: names that stand twice or point nowhere, bands that do not add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import time
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.app.config_document import Path, Problem
from bot.app.config_shape import nearest
from scoring.config import Configuration, RecencyBands, RfmSegmentation, Route, ThresholdBands
from scoring.criteria.errors import CriteriaError
from scoring.rfm import period_of

# Daylight saving repeats or leaves out hours of the night in many zones; a daily run stays clear of them.
EARLIEST_DAILY = time(4, 0)


def rule_problems(configuration: Configuration) -> Iterator[Problem]:
    """Every problem, section by section."""
    segmentations = configuration.segmentations
    yield from _twice(("segmentations",), [one.name for one in segmentations], "segmentation")
    for at, segmentation in enumerate(segmentations):
        yield from _segmentation_problems(
            ("segmentations", at), segmentation, configuration.limits.rfm_labels
        )
    yield from _twice(("segments",), [one.name for one in configuration.segments], "segment")
    routes = configuration.alerts.routes
    yield from _twice(("alerts", "routes"), [one.name for one in routes], "route")
    for at, route in enumerate(routes):
        yield from _route_problems(("alerts", "routes", at), route, segmentations)
    yield from _clock_problems(configuration)


def _twice(path: Path, names: Sequence[str], what: str) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for at, name in enumerate(names):
        first = seen.setdefault(name.casefold(), name)
        if at != [one.casefold() for one in names].index(name.casefold()):
            yield Problem((*path, at, "name"), f"the {what} '{first}' stands twice; names have to differ.")


def _segmentation_problems(path: Path, segmentation: RfmSegmentation, most: int) -> Iterator[Problem]:
    labels = segmentation.labels
    yield from _twice((*path, "labels"), [one.name for one in labels], "label")
    if not labels:
        yield Problem((*path, "labels"), f"'{segmentation.name}' needs at least one label.")
    if len(labels) > most:
        yield Problem(
            (*path, "labels", most),
            f"'{segmentation.name}' has {len(labels)} labels; the limit is {most}. "
            "Remove some, or raise limits.rfm_labels.",
        )
    for at, label in enumerate(labels):
        if not label.when.strip():
            yield Problem(
                (*path, "labels", at, "when"),
                f"the label '{label.name}' has no criteria; every account would get it. "
                "Write 'purchases >= 0' if that is meant.",
            )
    for measure in ("frequency", "monetary"):
        method = getattr(segmentation, measure)
        if isinstance(method, ThresholdBands):
            yield from _threshold_problems((*path, measure, "at_least"), method.at_least, segmentation.scores)
    if isinstance(segmentation.recency, RecencyBands):
        yield from _period_problems((*path, "recency", "bands"), segmentation.recency, segmentation.scores)


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


def _route_problems(path: Path, route: Route, segmentations: Sequence[RfmSegmentation]) -> Iterator[Problem]:
    names = [one.name for one in segmentations]
    if route.segmentation is not None and route.segmentation not in names:
        yield Problem(
            (*path, "segmentation"),
            f"there is no segmentation '{route.segmentation}'.{nearest(route.segmentation, names)}",
        )
        return
    chosen = [one for one in segmentations if route.segmentation in (None, one.name)]
    labels = _names(chosen)
    for at, label in enumerate(route.labels):
        if label not in labels:
            yield Problem((*path, "labels", at), f"there is no label '{label}'.{nearest(label, labels)}")
    if not route.channel.strip("# "):
        yield Problem((*path, "channel"), f"the route '{route.name}' needs a channel, such as #sales.")


def _names(segmentations: Iterable[RfmSegmentation]) -> list[str]:
    return list(dict.fromkeys(label.name for one in segmentations for label in one.labels))


def _clock_problems(configuration: Configuration) -> Iterator[Problem]:
    zone = configuration.organisation.time_zone
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield Problem(
                ("organisation", "time_zone"),
                f"'{zone}' is no time zone; write one like 'Europe/Berlin'.",
            )
    if configuration.schedule.daily_at < EARLIEST_DAILY:
        yield Problem(
            ("schedule", "daily_at"),
            f"the daily run cannot start at {configuration.schedule.daily_at:%H:%M}: "
            "choose 04:00 or later, because clocks change at night.",
        )
