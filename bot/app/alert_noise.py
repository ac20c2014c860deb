"""Whether alerts are worth their noise: what became of them, by channel and route. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from bot.app.acting import ACKNOWLEDGE, NOT_AT_RISK, SNOOZE
from bot.app.alert_addresses import is_personal
from bot.app.wording import counted

ENOUGH: Final = 10  # alerts, before a share says anything
LOW_SHARE: Final = 0.5
FALSE_SHARE: Final = 0.3
SLOW: Final = timedelta(days=1)
_MERELY_SEEN: Final = (ACKNOWLEDGE, SNOOZE, NOT_AT_RISK)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did about an alert: one of the kinds of ``bot.app.acting``."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SentAlert:
    """One alert that was sent.

    Attributes:
        channel: its first address.
        state: as it stands now; ``digest`` when it was told in a summary.
        acted_at: when it came into its state, by a person.
    """

    route: str
    channel: str
    state: str
    sent_at: datetime | None
    acted_at: datetime | None
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Noise:
    """What became of the alerts of one route in one channel.

    Attributes:
        digests: told in summaries, where nothing can be done about them; in no other count.
        acknowledged: a person did anything about it: to act on it is to have seen it.
        acted: it was given to somebody, or a task or note was written.
        not_at_risk: somebody said that it is none.
        acknowledged_seconds: the median time until a person did the first thing; None when nobody did any.
    """

    channel: str
    route: str
    sent: int
    acknowledged: int
    acted: int
    not_at_risk: int
    digests: int
    acknowledged_seconds: float | None
    suggestion: str

    @property
    def precision(self) -> float | None:
        """Of those about which a person did anything, the share that nobody said to be none; None of none."""
        return 1 - self.not_at_risk / self.acknowledged if self.acknowledged else None

    def as_row(self) -> dict[str, Any]:
        """For a table."""
        return {
            "channel": self.channel,
            "route": self.route,
            "sent": self.sent,
            "acknowledged": self.acknowledged,
            "acted": self.acted,
            "not at risk": self.not_at_risk,
            "precision": "-" if self.precision is None else f"{self.precision:.0%}",
            "in digests": self.digests,
            "median time": _length(self.acknowledged_seconds),
            "suggestion": self.suggestion,
        }


def noise(alerts: Iterable[SentAlert]) -> tuple[Noise, ...]:
    """By channel and route, the most alerts first; direct messages count as one channel."""
    groups: dict[tuple[str, str], list[SentAlert]] = {}
    for one in alerts:
        channel = "direct messages" if is_personal(one.channel) else one.channel
        groups.setdefault((channel, one.route), []).append(one)
    found = [_noise(channel, route, every) for (channel, route), every in groups.items()]
    return tuple(sorted(found, key=lambda one: (-one.sent, one.channel, one.route)))


def _noise(channel: str, route: str, every: Sequence[SentAlert]) -> Noise:
    sent = [one for one in every if one.state != "digest" and one.sent_at is not None]
    taken = [taken for one in sent if (taken := _acknowledged_after(one)) is not None]
    counts = {
        "sent": len(sent),
        "acknowledged": len(taken),
        "acted": sum(_acted(one) for one in sent),
        "not_at_risk": sum(_is_false(one) for one in sent),
        "digests": sum(one.state == "digest" for one in every),
    }
    middle = median(taken) if taken else None
    return Noise(channel, route, **counts, acknowledged_seconds=middle, suggestion=suggestion(counts, middle))


def _acknowledged_after(one: SentAlert) -> float | None:
    """Seconds until somebody took it; to do anything about it is to have seen it."""
    moments = [deed.at for deed in one.deeds]
    if one.acted_at is not None:
        moments.append(one.acted_at)
    if not moments or one.sent_at is None:
        return None
    return max(0.0, (min(moments) - one.sent_at).total_seconds())


def _acted(one: SentAlert) -> bool:
    return any(deed.kind not in _MERELY_SEEN for deed in one.deeds)


def _is_false(one: SentAlert) -> bool:
    return any(deed.kind == NOT_AT_RISK for deed in one.deeds)


def suggestion(counts: Mapping[str, int], middle: float | None) -> str:
    """What to do about it: the heaviest thing first."""
    sent = counts["sent"]
    if sent < ENOUGH:
        return "Too few to say anything."
    if counts["not_at_risk"] >= FALSE_SHARE * sent:
        return "Often not at risk: tighten the labels' criteria, or give the route criteria."
    if counts["acknowledged"] < LOW_SHARE * sent:
        return "Mostly unanswered: tell less (at_least, criteria), or in a digest."
    if middle is not None and middle > SLOW.total_seconds():
        return "Answered late: tell the owner directly, or set remind_after."
    return "Worth its noise."


def _length(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(round(seconds / size), unit)
    return counted(round(seconds), "second")
