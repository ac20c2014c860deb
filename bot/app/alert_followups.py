"""What comes after an alert by the clock: held messages let go or gathered, reminders, escalations.

Everything that is due stands in the database with its time; doing it and noting that it is done is one
transaction, so that a restart, or a second worker, neither forgets nor repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, Protocol

from bot.app.alert_addresses import addresses, is_personal, lookups
from bot.app.alert_times import FollowUp, Waiting, follow_up
from bot.app.alerts import held_back_note, lines_payload
from bot.app.facts import Concerned
from bot.app.ports import Clock, Posted
from bot.app.scoring_ports import NewMessage
from bot.app.wording import counted
from scoring.alert_config import Route, duration
from scoring.config import Configuration

KIND: Final = "alerts"  # of the job
EVERY_SECONDS: Final = 60
_OWN: Final = ("thread", "broadcast", "mention", "otherwise", "copy", "note")


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message whose time has come."""

    id: int
    alert_id: int | None
    route: str
    place: str
    payload: Mapping[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that stands in Slack, and that nobody has taken.

    Attributes:
        thread_ts: of the thread that it stands in, or that it begins.
        payload: what it tells.
    """

    alert_id: int
    route: str
    account_id: str
    posted: Posted
    thread_ts: str
    waiting: Waiting
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Release:
    """Messages of one route for one address that go out together.

    Attributes:
        title: of the summary that they become; None: the one message goes out as it is.
    """

    messages: tuple[HeldMessage, ...]
    title: str | None


class AlertWork(Protocol):
    """One transaction. Only one is under way at a time."""

    def held(self, now: datetime) -> Sequence[HeldMessage]:
        """Messages whose time has come, in the order in which they were held."""
        ...

    def let_go(self, message: HeldMessage, payload: Mapping[str, Any], now: datetime) -> None:
        """A held message is due now."""
        ...

    def gather(self, messages: Sequence[HeldMessage], summary: NewMessage, now: datetime) -> None:
        """A summary takes their place; their alerts have been told in it."""
        ...

    def announce(self, route: str, place: str, key: str) -> Mapping[str, int]:
        """What was held back at an address and not said yet, by reason; the message of that key says it."""
        ...

    def told_now(self, messages: Sequence[HeldMessage], key: str) -> None:
        """What these tell is held back no more."""
        ...

    def open_alerts(self, routes: Sequence[str]) -> Sequence[OpenAlert]:
        """Alerts of some routes that stand in Slack and that nobody has taken."""
        ...

    def concerned(self, account_ids: Sequence[str], fields: Sequence[str]) -> Mapping[str, Concerned]:
        """The CRM users whom accounts concern."""
        ...

    def add_message(self, message: NewMessage, at: datetime) -> None:
        """Put a message into the outbox."""
        ...

    def mark(self, alert_id: int, step: FollowUp, at: datetime) -> None:
        """Note that it was reminded or escalated."""
        ...


def releases(held: Sequence[HeldMessage], routes: Mapping[str, Route]) -> tuple[Release, ...]:
    """What becomes of messages whose time has come: one goes out alone, several become one.

    What a route tells in a digest is a digest, however little it is.
    """
    groups: dict[tuple[str, str], list[HeldMessage]] = {}
    for one in held:
        groups.setdefault((one.route, one.place), []).append(one)
    found = []
    for (name, _), messages in groups.items():
        route = routes.get(name)
        digest = route is not None and route.digest is not None
        alone = len(messages) == 1 and not digest
        found.append(Release(tuple(messages), None if alone else _title(name, len(messages), digest=digest)))
    return tuple(found)


def _title(route: str, many: int, *, digest: bool) -> str:
    accounts = counted(many, "account")
    when = "since the last digest" if digest else "during quiet hours"
    return f"{accounts} changed {'its' if many == 1 else 'their'} label {when} ({route})"


def summary_of(release: Release) -> dict[str, Any]:
    """What a summary of held messages tells: the largest amounts first."""
    notices = [one.payload for one in release.messages]
    largest = sorted(notices, key=lambda one: (-int(one["money_minor"]), str(one["account_name"])))
    lines = [
        {
            "name": one["account_name"],
            "old": one["old_label"],
            "new": one["new_label"],
            "money_minor": one["money_minor"],
        }
        for one in largest
    ]
    return lines_payload(release.title or "", lines, str(notices[0]["currency"]))


class FollowUps:
    """The use case behind the job."""

    def __init__(
        self,
        work: Callable[[], AbstractContextManager[AlertWork]],
        configuration: Callable[[], Configuration],
        zone: Callable[[], tzinfo],
        clock: Clock,
    ) -> None:
        self._work = work
        self._configuration = configuration
        self._zone = zone
        self._clock = clock

    def do(self) -> dict[str, int]:
        """Everything that is due; how many of each."""
        routes = {one.name: one for one in self._configuration().alerts.routes}
        now, zone = self._clock.now(), self._zone()
        with self._work() as work:
            released = releases(work.held(now), routes)
            for one in released:
                _release(work, one, now)
            steps = [_follow(work, one, routes[one.route], now, zone) for one in _open(work, routes)]
        return {
            "released": sum(len(one.messages) for one in released),
            "summaries": sum(one.title is not None for one in released),
            "reminded": steps.count(FollowUp.REMIND),
            "escalated": steps.count(FollowUp.ESCALATE),
        }


def _open(work: AlertWork, routes: Mapping[str, Route]) -> Sequence[OpenAlert]:
    wanted = [name for name, one in routes.items() if one.remind_after or one.escalate_after]
    return work.open_alerts(wanted) if wanted else ()


def _release(work: AlertWork, release: Release, now: datetime) -> None:
    first = release.messages[0]
    key = f"gathered:{first.id}"
    work.told_now(release.messages, key)
    note = held_back_note(work.announce(first.route, first.place, key))
    said = {"note": note} if note else {}
    if release.title is None:
        work.let_go(first, {**first.payload, **said}, now)
        return
    kept = {name: first.payload[name] for name in ("mention", "otherwise") if name in first.payload}
    payload = {**summary_of(release), **kept, **said}
    work.gather(release.messages, NewMessage(key, "alert_summary", first.place, payload), now)


def _follow(work: AlertWork, alert: OpenAlert, route: Route, now: datetime, zone: tzinfo) -> FollowUp | None:
    step = follow_up(route, alert.waiting, now, zone)
    if step is FollowUp.REMIND:
        work.add_message(reminder(alert, route), now)
    elif step is FollowUp.ESCALATE:
        people = work.concerned([alert.account_id], lookups(route)).get(alert.account_id, Concerned())
        for message in escalations(alert, route, people):
            work.add_message(message, now)
    if step is not None:
        work.mark(alert.alert_id, step, now)
    return step


def reminder(alert: OpenAlert, route: Route) -> NewMessage:
    """What its thread is told, and the channel with it."""
    what = alert.payload
    text = (
        f"Nobody has acknowledged this for {said_length(route.remind_after)}: {what['account_name']}, "
        f"{what['old_label'] or 'no label'} → {what['new_label'] or 'no label'}."
    )
    thread = {"channel": alert.posted.channel, "ts": alert.thread_ts}
    payload = {"text": text, "thread": thread, "broadcast": True}
    return NewMessage(f"remind:{alert.alert_id}", "text", alert.posted.channel, payload)


def escalations(alert: OpenAlert, route: Route, concerned: Concerned) -> tuple[NewMessage, ...]:
    """The alert once more, for those to whom it goes when nobody takes it; with the same buttons."""
    payload = {name: value for name, value in alert.payload.items() if name not in _OWN}
    note = f"Nobody has acknowledged this for {said_length(route.escalate_after)}."
    payload |= {"copy": True, "escalation": True, "note": note, "alert_id": alert.alert_id}
    otherwise = route.otherwise or route.home
    return tuple(
        NewMessage(
            f"escalate:{alert.alert_id}:{at}",
            "alert",
            place,
            payload | ({"otherwise": otherwise} if is_personal(place) and otherwise else {}),
            alert.alert_id,
        )
        for at, place in enumerate(addresses(route.escalation, concerned, route.home))
    )


def said_length(text: str | None) -> str:
    """A length of time in words: ``4 hours``."""
    length = duration(text or "") or timedelta()
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if length >= size and length % size == timedelta():
            return counted(length // size, unit)
    return counted(length // timedelta(minutes=1), "minute")
