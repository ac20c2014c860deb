"""The part of the document for alerts: routes, where they lead, when they are quiet. Values only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from scoring.shape import Part, TimeOfDay

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DURATION: Final = re.compile(r"\s*(\d{1,5})\s*(minute|hour|day|week)s?\s*", re.IGNORECASE)
_UNITS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_DIGEST: Final = re.compile(
    r"\s*(?:daily|weekly\s+on\s+([a-z]+))\s+at\s+([01]?\d|2[0-3]):([0-5]\d)\s*", re.IGNORECASE
)
_DESTINATION: Final = re.compile(r"(channel|field|group)\s+(.+)", re.IGNORECASE | re.DOTALL)
_MARKS: Final = "\"'\u201c\u201d\u2018\u2019"


class To(StrEnum):
    """What kind of place an alert goes to."""

    CHANNEL = "channel"
    OWNER = "owner"
    MANAGER = "owner's manager"
    FIELD = "field"  # the CRM user in a lookup field of the account
    GROUP = "group"  # a Slack user group, mentioned in the route's channel


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an alert goes; ``name`` is of the channel, field or group, as it was written."""

    to: To
    name: str = ""

    @property
    def personal(self) -> bool:
        """Whether it is a person, who is told in a direct message."""
        return self.to in {To.OWNER, To.MANAGER, To.FIELD}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a digest is sent: at a time of every day, or of one weekday (0 is Monday)."""

    at: time
    weekday: int | None = None


def duration(text: str) -> timedelta | None:
    """``4 hours``, ``7 days``; None when it is no length of time, or none at all."""
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _UNITS[found[2].lower()] or None if found else None


def rhythm(text: str) -> Rhythm | None:
    """``daily at 08:30``, ``weekly on Monday at 08:30``; None when it is neither."""
    found = _DIGEST.fullmatch(text)
    if found is None:
        return None
    at = time(int(found[2]), int(found[3]))
    if found[1] is None:
        return Rhythm(at)
    weekday = _weekday(found[1])
    return None if weekday is None else Rhythm(at, weekday)


def destination(text: str) -> Destination | None:
    """``channel "#x"``, ``#x``, ``owner``, ``owner's manager``, ``field "API name"``, ``group @handle``.

    None when it is none of these.
    """
    plain = " ".join(text.replace("\u2019", "'").split())
    if plain.startswith("#") and len(plain) > 1:
        return Destination(To.CHANNEL, plain)
    if plain.casefold() in {To.OWNER, To.MANAGER}:
        return Destination(To(plain.casefold()))
    found = _DESTINATION.fullmatch(plain)
    if found is None:
        return None
    kind, name = To(found[1].lower()), found[2].strip().strip(_MARKS).strip()
    if kind is To.GROUP:
        name = name.removeprefix("@")
    return Destination(kind, name) if name.strip("#@ ") else None


def _weekday(name: str) -> int | None:
    folded = name.casefold()
    return next((at for at, day in enumerate(_DAY_NAMES) if folded in {day, day[:3]}), None)


def _listed(value: Any) -> Any:
    """One or several: a single one may stand without being a list."""
    return [value] if isinstance(value, str | dict) else value


class Quiet(Part):
    """Hours in which a route sends nothing: what happens then is told when they end.

    Attributes:
        start: ``from`` in the document; ``to`` is of the next day where it is not later. Both alike: a day.
        zone: IANA name; None: the organisation's.
        days: on which the hours begin.
        unless: ``except`` in the document: criteria of changes that are told all the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    start: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay
    zone: str | None = None
    days: tuple[Weekday, ...] = WEEKDAYS
    unless: Annotated[str, Field(alias="except")] = ""


class Route(Part):
    """Which label changes are told, where, when and how often.

    Attributes:
        when: ``worse``, ``better`` or ``any``; with ``criteria`` it is ``any`` where nothing is said.
        labels: only changes to one of these labels; empty means every label.
        at_least: only when at least this much money (whole currency units of counted spend) is at stake.
        criteria: over the account and the change: ``old_label``, ``new_label``, ``change``, ``at_stake``,
            ``segmentation``, or ``label worsened to "At Risk"``, ``label left VIP`` …; all keys have to hold.
        channel: where it is told; the same as ``to: channel "#x"``.
        to: destinations, as ``destination`` reads them; those after the first get a copy.
        otherwise: the channel that is told when a person cannot be matched.
        flood: more alerts than this from one run for one place become one summary message.
        cooldown: after an account was told, it is not told again for so long.
        again: ``if worse``: it is told again all the same when it is worse than what was told; without a
            cooldown only then.
        thread: further alerts of an account go into the thread of its first; ``broadcast`` shows them in the
            channel as well.
        digest: nothing is told one by one, but all at once at these times.
        remind_after: a reminder in the thread when nobody has acknowledged for so long.
        escalate_after: then it is sent to ``escalate_to`` as well.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    when: Literal["worse", "better", "any"] = "worse"
    segmentation: str | None = None
    labels: tuple[str, ...] = ()
    at_least: float = 0
    criteria: str = ""
    channel: str = ""
    to: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    otherwise: str | None = None
    flood: Annotated[int, Field(ge=1, le=500)] = 20
    cooldown: str | None = None
    again: Literal["always", "if worse"] = "always"
    thread: bool = False
    broadcast: bool = False
    quiet: Annotated[tuple[Quiet, ...], BeforeValidator(_listed)] = ()
    digest: str | None = None
    remind_after: str | None = None
    escalate_after: str | None = None
    escalate_to: Annotated[tuple[str, ...], BeforeValidator(_listed)] = (To.MANAGER.value,)

    @model_validator(mode="before")
    @classmethod
    def _any_by_criteria(cls, values: Any) -> Any:
        """Criteria say themselves which direction they mean."""
        if isinstance(values, dict) and values.get("criteria") and "when" not in values:
            return {**values, "when": "any"}
        return values

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Where it leads, each once, the first first."""
        written = ((f'channel "{self.channel}"',) if self.channel else ()) + self.to
        found = (destination(one) for one in written)
        return tuple(dict.fromkeys(one for one in found if one is not None))

    @property
    def escalation(self) -> tuple[Destination, ...]:
        """Where it goes when nobody acknowledges."""
        found = (destination(one) for one in self.escalate_to)
        return tuple(dict.fromkeys(one for one in found if one is not None))

    @property
    def home(self) -> str | None:
        """The channel in which everybody may be told of the route as a whole; None where there is none."""
        channels = (one.name for one in self.destinations if one.to is To.CHANNEL)
        return next(channels, self.otherwise)

    @property
    def remembers(self) -> bool:
        """Whether it matters what was told of an account before."""
        return self.cooldown is not None or self.again == "if worse"


class Alerts(Part):
    """Where label changes are told; administrators are told of trouble in ``admin_channel``."""

    routes: tuple[Route, ...] = ()
    admin_channel: str | None = None
