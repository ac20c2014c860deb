"""What is wrong with a route: names that point nowhere, times and destinations that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from bot.app.config.document import Path, Problem
from bot.app.config.shape import nearest
from bot.app.technique_rules import label_names
from scoring.alert_config import Quiet, Route, To, destination, duration, rhythm
from scoring.config import Segmentation

DURATIONS = ("cooldown", "remind_after", "escalate_after")
_DESTINATIONS = ('channel "#sales"', "owner", "owner's manager", 'field "API name"', "group @handle")


def route_problems(path: Path, route: Route, segmentations: Sequence[Segmentation]) -> Iterator[Problem]:
    """Every problem but those of its criteria, which need the organisation's fields."""
    yield from _label_problems(path, route, segmentations)
    yield from _destination_problems(path, route)
    yield from _time_problems(path, route)
    for at, quiet in enumerate(route.quiet):
        yield from _quiet_problems((*path, "quiet", at), quiet)


def _label_problems(path: Path, route: Route, segmentations: Sequence[Segmentation]) -> Iterator[Problem]:
    names = [one.name for one in segmentations]
    if route.segmentation is not None and route.segmentation not in names:
        yield Problem(
            (*path, "segmentation"),
            f"there is no segmentation '{route.segmentation}'.{nearest(route.segmentation, names)}",
        )
        return
    chosen = [one for one in segmentations if route.segmentation in (None, one.name)]
    labels = list(dict.fromkeys(name for one in chosen for name in label_names(one)))
    for at, label in enumerate(route.labels):
        if label not in labels:
            yield Problem((*path, "labels", at), f"there is no label '{label}'.{nearest(label, labels)}")


def _destination_problems(path: Path, route: Route) -> Iterator[Problem]:
    yield from _unreadable((*path, "to"), route.to)
    if route.escalate_after is not None:
        yield from _unreadable((*path, "escalate_to"), route.escalate_to)
    for key in ("channel", "otherwise"):
        name = getattr(route, key)
        if name and not name.strip("# "):
            yield Problem((*path, key), f"the route '{route.name}' needs a channel, such as #sales.")
    if not (route.destinations or route.to or route.channel):
        yield Problem(
            (*path, "channel"),
            f"the route '{route.name}' needs a channel, such as #sales, or another destination with `to:`.",
        )
    groups = [one for one in (*route.destinations, *route.escalation) if one.to is To.GROUP]
    if groups and not route.home:
        yield Problem(
            (*path, "to"), "a group is mentioned in a channel: name one with `channel:` or `otherwise:`."
        )


def _unreadable(path: Path, written: Sequence[str]) -> Iterator[Problem]:
    for at, one in enumerate(written):
        if destination(one) is None:
            wanted = ", ".join(_DESTINATIONS)
            yield Problem((*path, at), f"'{one}' is no destination: {wanted}.{nearest(one, _DESTINATIONS)}")


def _time_problems(path: Path, route: Route) -> Iterator[Problem]:
    for key in DURATIONS:
        text = getattr(route, key)
        if text is not None and duration(text) is None:
            yield Problem((*path, key), f"'{text}' is no length of time: write 4 hours, 7 days, 2 weeks.")
    if route.digest is not None and rhythm(route.digest) is None:
        yield Problem(
            (*path, "digest"),
            f"'{route.digest}' is no rhythm: write daily at 08:30, or weekly on Monday at 08:30.",
        )
    if route.digest is not None and (route.remind_after or route.escalate_after):
        yield Problem(
            (*path, "digest"), "what is told in a digest cannot be acknowledged: leave out the reminders."
        )


def _quiet_problems(path: Path, quiet: Quiet) -> Iterator[Problem]:
    if quiet.zone is not None:
        try:
            ZoneInfo(quiet.zone)
        except (KeyError, ValueError, OSError):
            yield Problem((*path, "zone"), f"there is no time zone '{quiet.zone}', such as Europe/Berlin.")
    if not quiet.days:
        yield Problem((*path, "days"), "no day is named: leave the key out for every day.")
