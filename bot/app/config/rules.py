"""What the document's shape cannot say: names that stand twice or point nowhere, bands that do not add up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.app.config.document import Problem
from bot.app.config.route_rules import route_problems
from bot.app.technique_rules import technique_problems, twice
from scoring.config import Configuration
from scoring.engines.criteria import engine_problems
from scoring.enrichment_config import NEVER
from scoring.market_rules import market_problems
from scoring.rfm_config import RfmSegmentation

# Daylight saving repeats or leaves out hours of the night in many zones; a daily run stays clear of them.
EARLIEST_DAILY = time(4, 0)


def rule_problems(configuration: Configuration) -> Iterator[Problem]:
    """Every problem, section by section."""
    segmentations = configuration.segmentations
    yield from twice(("segmentations",), [one.name for one in segmentations], "segmentation")
    for at, segmentation in enumerate(segmentations):
        yield from technique_problems(("segmentations", at), segmentation, configuration.limits)
    yield from _engine_problems(configuration)
    yield from _segment_problems(configuration)
    for one in market_problems(configuration.markets, configuration.limits):
        yield Problem(("markets", *one.path), one.sentence)
    routes = configuration.alerts.routes
    yield from twice(("alerts", "routes"), [one.name for one in routes], "route")
    for at, route in enumerate(routes):
        yield from route_problems(("alerts", "routes", at), route, segmentations)
    yield from _enrichment_problems(configuration)
    yield from _clock_problems(configuration)


def _engine_problems(configuration: Configuration) -> Iterator[Problem]:
    """What the engine of RFM cannot do: refused here, because a run would not fall back in silence."""
    scoring = configuration.scoring
    if scoring.over_files and scoring.folder is None:
        yield Problem(
            ("scoring", "engine"),
            f"the engine '{scoring.engine}' reads files: set scoring.folder to where they go, a path or a "
            "URL such as s3://bucket/bellwether.",
        )
    if scoring.in_process:
        return
    segments = {one.name: one.criteria for one in configuration.segments}
    for at, segmentation in enumerate(configuration.segmentations):
        if isinstance(segmentation, RfmSegmentation):
            for one in engine_problems(segmentation, scoring.engine, segments):
                yield Problem(("segmentations", at, *one.path), one.sentence)


def _segment_problems(configuration: Configuration) -> Iterator[Problem]:
    names, most = [one.name for one in configuration.segments], configuration.limits.segments
    yield from twice(("segments",), names, "segment")
    if len(names) > most:
        yield Problem(
            ("segments", most),
            f"there are {len(names)} segments; the limit is {most}. Remove some, or raise limits.segments.",
        )


def _enrichment_problems(configuration: Configuration) -> Iterator[Problem]:
    """Two things that go into one field would overwrite one another, in an order that nobody chose."""
    filled: dict[str, str] = {}
    for name, into in configuration.enrichment.fields.items():
        if into.rule == NEVER:
            continue
        other = filled.setdefault(into.field.casefold(), name)
        if other != name:
            yield Problem(
                ("enrichment", "fields", name, "field"),
                f"{other} and {name} both go into the CRM field '{into.field}': choose another field for one "
                f"of them, or the rule '{NEVER}'.",
            )
    url = configuration.enrichment.user_agent_url
    if url and not _is_web_page(url):
        yield Problem(
            ("enrichment", "user_agent_url"),
            "it is no address of a page: write one like https://www.example.com/about-our-crawler, in ASCII "
            "(a host as xn--mller-kva.example), without spaces, parentheses and passwords.",
        )


def _is_web_page(url: str) -> bool:
    """It goes into a header of every request: an address, without spaces, and in ASCII."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    # Parentheses would end the comment in which it stands (RFC 9110, 5.6.5).
    plain = url.isascii() and url.isprintable() and not set(" ()\\") & set(url)
    return named and plain and parts.scheme in ("http", "https") and parts.username is None


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
