"""What routes would have told over the recorded history: decided as alerts are, sent to nobody.

Accounts are asked as they are now, as the history keeps their labels and scores but not their fields; nobody
is taken to have snoozed anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Any

from bot.app.alert_addresses import PERSON, addresses, is_personal, lookups
from bot.app.alert_times import digest_at, quiet_until
from bot.app.alerts import HELD_BACK, LATER, Moment, RunFacts, Verdict, decide, merged, selects
from bot.app.facts import AccountChange, Concerned, EarlierAlerts, PendingAlert
from bot.app.wording import counted
from bot.app.wording import day as written
from scoring.alert_config import Route
from scoring.standing import Standing

Meeting = Callable[[str, str, Sequence[AccountChange]], frozenset[str]]
ConcernedBy = Callable[[Sequence[str], Sequence[str]], Mapping[str, Concerned]]


@dataclass(frozen=True)
class RecordedRun:
    """One run's changes of label, as they were kept; ``labels`` best first, of the document that is tried."""

    run_id: int
    segmentation: str
    labels: tuple[str, ...]
    at: datetime
    baseline: bool
    changes: tuple[AccountChange, ...]


@dataclass
class Sent:
    """What an address would have got on a day."""

    alerts: int = 0
    summaries: int = 0


@dataclass
class RoutePreview:
    """What one route would have done.

    Attributes:
        sent: by day and address.
        held: changes by the reason for which they were not told, or not at once.
        selected: how many changes the route wants to know of.
    """

    route: str
    sent: dict[tuple[date, str], Sent] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)
    selected: int = 0

    def sentences(self, names: Mapping[str, str]) -> tuple[str, ...]:
        """For a person."""
        alerts = sum(one.alerts for one in self.sent.values())
        summaries = sum(one.summaries for one in self.sent.values())
        total = counted(summaries, "summary").replace("summarys", "summaries")
        lines = [
            f"{self.route}: {counted(alerts, 'alert')} and {total} of {self.selected:,} selected changes."
        ]
        for (day, place), one in sorted(self.sent.items()):
            summary = f" and {one.summaries:,} in one message for many" if one.summaries else ""
            lines.append(f"  {written(day)}  {_place(place, names)}: {counted(one.alerts, 'alert')}{summary}")
        lines += (f"  Held, {reason}: {many:,}" for reason, many in self.held.most_common())
        return tuple(lines)

    def as_json(self, names: Mapping[str, str]) -> dict[str, Any]:
        """JSON values only."""
        return {
            "route": self.route,
            "selected": self.selected,
            "sent": [
                {
                    "day": day.isoformat(),
                    "to": _place(place, names),
                    "alerts": one.alerts,
                    "summaries": one.summaries,
                }
                for (day, place), one in sorted(self.sent.items())
            ],
            "held": dict(self.held),
        }


def _place(place: str, names: Mapping[str, str]) -> str:
    if not is_personal(place):
        return place
    user = place.removeprefix(PERSON)
    return f"{names.get(user, 'a CRM user')}, directly" if user else "nobody: the CRM names none"


@dataclass(frozen=True)
class _Held:
    old: Standing
    places: tuple[str, ...]
    until: datetime
    verdict: Verdict
    told: EarlierAlerts


class RouteTrial:
    """One route, run over the past."""

    def __init__(self, route: Route, zone: tzinfo, meeting: Meeting, concerned: ConcernedBy) -> None:
        self._route, self._zone = route, zone
        self._meeting, self._concerned = meeting, concerned
        self._told: dict[tuple[str, str], EarlierAlerts] = {}
        self._held: dict[tuple[str, str], _Held] = {}
        self.preview = RoutePreview(route.name)

    def over(self, runs: Sequence[RecordedRun]) -> RoutePreview:
        """The whole past, in order of time."""
        for run in sorted(runs, key=lambda one: (one.at, one.run_id)):
            self._release(run.at)
            if not run.baseline:
                self._one(run)
        self._release(None)
        return self.preview

    def _one(self, run: RecordedRun) -> None:
        route, facts = self._route, RunFacts(run.segmentation, run.labels, baseline=False)
        whole = [self._with_held(one, run) for one in run.changes]
        wanted = [one for one in whole if selects(route, one, facts)]
        meets = self._meeting(route.criteria, run.segmentation, wanted)
        urgent: set[str] = set()
        for quiet in route.quiet:
            if quiet.unless.strip():
                urgent |= self._meeting(quiet.unless, run.segmentation, wanted)
        ringing: list[tuple[AccountChange, tuple[str, ...]]] = []
        concerned = self._concerned([one.account_id for one in wanted], lookups(route))
        for one in wanted:
            account = one.account_id
            moment = Moment(run.at, self._zone, account in meets, account in urgent)
            earlier = self._told.get((run.segmentation, account), EarlierAlerts())
            verdict = decide(one, route, facts, earlier, moment)
            if verdict is Verdict.NOT_SELECTED:
                continue
            self.preview.selected += 1
            places = addresses(route.destinations, concerned.get(account, Concerned()), route.home)
            if verdict in HELD_BACK or verdict in LATER or verdict is Verdict.NEIGHBOUR:
                self.preview.held[verdict.value] += 1
            if verdict in LATER:
                self._hold(one, run, places, verdict)
            elif verdict is Verdict.RING:
                ringing.append((one, places))
                self._told[run.segmentation, account] = _told(one, run)
        self._ring(ringing, run.at)

    def _with_held(self, change: AccountChange, run: RecordedRun) -> AccountChange:
        held = self._held.pop((run.segmentation, change.account_id), None)
        if held is None:
            return change
        self.preview.held[held.verdict.value] -= 1
        self.preview.selected -= 1
        return merged(change, PendingAlert(0, 0, held.old), run.labels)

    def _hold(
        self, change: AccountChange, run: RecordedRun, places: tuple[str, ...], verdict: Verdict
    ) -> None:
        until = (
            digest_at(self._route, run.at, self._zone)
            if verdict is Verdict.DIGEST
            else quiet_until(self._route.quiet, run.at, self._zone)
        )
        if until is not None:
            held = _Held(change.old, places, until, verdict, _told(change, run))
            self._held[run.segmentation, change.account_id] = held

    def _ring(self, ringing: Sequence[tuple[AccountChange, tuple[str, ...]]], at: datetime) -> None:
        counts = Counter(place for _, places in ringing for place in places)
        for place, many in counts.items():
            flooded = many > self._route.flood
            self._sent(at, place, alerts=0 if flooded else many, summaries=int(flooded))

    def _release(self, now: datetime | None) -> None:
        """What was held until now goes out; with None all of it."""
        due = {key: one for key, one in self._held.items() if now is None or one.until <= now}
        groups = Counter((one.until, place, one.verdict) for one in due.values() for place in one.places)
        for (until, place, verdict), many in groups.items():
            together = many > 1 or verdict is Verdict.DIGEST
            self._sent(until, place, alerts=0 if together else 1, summaries=int(together))
        for key, one in due.items():
            self._told[key] = one.told
            del self._held[key]

    def _sent(self, at: datetime, place: str, *, alerts: int, summaries: int) -> None:
        day = at.astimezone(self._zone).date()
        found = self.preview.sent.setdefault((day, place), Sent())
        found.alerts += alerts
        found.summaries += summaries


def _told(change: AccountChange, run: RecordedRun) -> EarlierAlerts:
    return EarlierAlerts(told_at=run.at, told_label=change.new.label)


def with_stake(change: AccountChange) -> AccountChange:
    """With the money at stake by the technique itself, where the history has it."""
    known = [one for one in (change.old.value_minor, change.new.value_minor) if one is not None]
    return replace(change, stake_minor=max(known)) if known else change
