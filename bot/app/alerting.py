"""Turning the changes of one run into alerts and messages, by the routes, within the run's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.app.alert_addresses import addresses, is_personal, lookups, mention
from bot.app.alert_criteria import ChangeCriteria
from bot.app.alert_times import digest_at, quiet_until
from bot.app.alerts import (
    HELD_BACK,
    LATER,
    Moment,
    RunFacts,
    Verdict,
    baseline_title,
    decide,
    flood_title,
    held_back_note,
    merged,
    notice,
    selects,
    summary_payload,
)
from bot.app.facts import (
    AccountChange,
    Concerned,
    EarlierAlerts,
    NamedOwner,
    Thread,
    standing_as_json,
)
from bot.app.scoring_ports import NewAlert, NewMessage, ScoringTransaction
from scoring.alert_config import Route
from scoring.config import Configuration
from scoring.criteria.periods import Today
from scoring.standing import Standing

Numbered = tuple[int, AccountChange]  # a change with its number in the history
_NOBODY = NamedOwner("(no name)", None)


@dataclass(frozen=True)
class RunContext:
    """The run whose changes are told.

    Attributes:
        facts: what decisions need to know.
        first: whether it is the segmentation's first run.
        labels: accounts per label after the run.
        reasons: sentences for a change, from the standings before and after.
        configuration: the document in force.
        today: the day of criteria, with the organisation's zone.
    """

    facts: RunFacts
    run_id: int
    day: date
    at: datetime
    currency: str
    first: bool
    labels: tuple[tuple[str | None, int], ...]
    reasons: Callable[[Standing, Standing], tuple[str, ...]]
    configuration: Configuration
    today: Today


@dataclass
class Told:
    """What became of the changes: alerts, summaries, and how many were held back for which reason.

    ``otherwise``: of a baseline, how many changes each route would have been told of.
    """

    alerts: int = 0
    summaries: int = 0
    held: Counter[str] = field(default_factory=Counter)
    otherwise: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Decided:
    """A change that a route tells, now or later.

    Attributes:
        places: its addresses.
        until: when it is told; None: now.
    """

    number: int
    change: AccountChange
    verdict: Verdict
    earlier: EarlierAlerts
    places: tuple[str, ...] = ()
    until: datetime | None = None


class Alerting:
    """Tells changes: decides by route and puts alerts and messages into the transaction."""

    def __init__(
        self, transaction: ScoringTransaction, run: RunContext, crm_url: Callable[[str], str | None]
    ) -> None:
        self._transaction = transaction
        self._run = run
        self._crm_url = crm_url
        self._criteria = ChangeCriteria(transaction, run.configuration, run.today)

    def tell(self, changes: Sequence[Numbered], routes: Sequence[Route]) -> Told:
        """Alerts and summaries for the changes of one run."""
        told = Told()
        if self._run.facts.baseline:
            self._tell_baseline([change for _, change in changes], routes, told)
            return told
        for route in routes:
            self._tell_route(changes, route, told)
        return told

    def _tell_route(self, changes: Sequence[Numbered], route: Route, told: Told) -> None:
        decided = self._decided(changes, route)
        for one in decided:
            if one.verdict is not Verdict.RING:
                told.held[one.verdict.value] += 1
        telling = _Telling(self._transaction, self._run, self._crm_url, route, told)
        telling.do(decided)

    def _decided(self, changes: Sequence[Numbered], route: Route) -> list[_Decided]:
        """What becomes of every change that the route selects."""
        facts, now = self._run.facts, self._run.at
        ids = [change.account_id for _, change in changes]
        known = self._transaction.earlier_alerts(route.name, facts.segmentation, ids, now)
        nothing = EarlierAlerts()
        whole = [
            (number, self._with_pending(change, known.get(change.account_id, nothing)))
            for number, change in changes
        ]
        wanted = [change for _, change in whole if selects(route, change, facts)]
        meets, urgent = self._chosen(route, wanted)
        found = []
        for number, change in whole:
            account = change.account_id
            moment = Moment(now, self._run.today.zone, account in meets, account in urgent)
            earlier = known.get(account, nothing)
            verdict = decide(change, route, facts, earlier, moment)
            if verdict is not Verdict.NOT_SELECTED:
                found.append(_Decided(number, change, verdict, earlier))
        return found

    def _chosen(self, route: Route, wanted: Sequence[AccountChange]) -> tuple[frozenset[str], frozenset[str]]:
        """The accounts that meet the route's criteria, and those that its quiet hours do not hold."""
        name, said = self._run.facts.segmentation, f"the route '{route.name}'"
        meets = self._criteria.meeting(route.criteria, name, wanted, said)
        urgent: set[str] = set()
        for quiet in route.quiet:
            if quiet.unless.strip():
                urgent |= self._criteria.meeting(quiet.unless, name, wanted, f"{said} (quiet hours)")
        return meets, frozenset(urgent)

    def _with_pending(self, change: AccountChange, known: EarlierAlerts) -> AccountChange:
        """The change together with one that waits to be told, which is withdrawn; alone when too late."""
        if known.pending is None or not self._transaction.withdraw(known.pending):
            return change
        return merged(change, known.pending, self._run.facts.labels)

    def _tell_baseline(self, changes: Sequence[AccountChange], routes: Sequence[Route], told: Told) -> None:
        """One summary for each channel; none when a changed configuration has moved no account."""
        run = self._run
        if not changes and not run.first:
            return
        for route in routes:
            wanted = [one for one in changes if selects(route, one, run.facts)]
            told.otherwise[route.name] = len(self._chosen(route, wanted)[0])
        title = baseline_title(run.facts.segmentation, run.labels, first=run.first)
        # At the first run every account has a new label: the counts in the title say more than a list.
        names = {} if run.first else self._transaction.names([one.account_id for one in changes])
        named = () if run.first else _named(changes, names)
        payload = summary_payload(title, named, run.currency)
        concerned = [one for one in routes if one.segmentation in (None, run.facts.segmentation)]
        for channel in _channels(concerned):
            key = f"baseline:{run.run_id}:{channel}"
            self._transaction.add_message(NewMessage(key, "alert_summary", channel, payload), run.at)
            told.summaries += 1


class _Telling:
    """Puts what one route tells into the transaction."""

    def __init__(
        self,
        transaction: ScoringTransaction,
        run: RunContext,
        crm_url: Callable[[str], str | None],
        route: Route,
        told: Told,
    ) -> None:
        self._transaction = transaction
        self._run = run
        self._crm_url = crm_url
        self._route = route
        self._told = told

    def do(self, decided: Sequence[_Decided]) -> None:
        """Alerts now and for later, summaries of too many, and a note of what is not told."""
        placed = self._placed([one for one in decided if one.verdict is not Verdict.NEIGHBOUR])
        for one in placed:
            if one.verdict in HELD_BACK or one.verdict is Verdict.QUIET:
                self._transaction.hold_back(
                    self._route.name, _first(one), one.number, one.verdict.value, self._run.at
                )
        self._names = self._transaction.names(
            [one.change.account_id for one in placed if one.verdict not in HELD_BACK], self._run.at
        )
        ringing = [one for one in placed if one.verdict is Verdict.RING]
        flooded = self._flood(ringing)
        for one in ringing:
            places = tuple(place for place in one.places if place not in flooded)
            if places:
                self._ring(one, places)
            elif self._route.remembers:
                self._add_alert(one, _first(one), state="digest")
        for one in placed:
            if one.verdict in LATER:
                self._ring(one, one.places)

    def _placed(self, decided: Sequence[_Decided]) -> list[_Decided]:
        """With their addresses, and the time at which they are told."""
        route, now, zone = self._route, self._run.at, self._run.today.zone
        personal = any(one.personal for one in route.destinations)
        ids = [one.change.account_id for one in decided] if personal else []
        concerned = self._transaction.concerned(ids, lookups(route)) if ids else {}
        until = {
            Verdict.DIGEST: digest_at(route, now, zone),
            Verdict.QUIET: quiet_until(route.quiet, now, zone),
        }
        return [
            _Decided(
                one.number,
                one.change,
                one.verdict,
                one.earlier,
                addresses(route.destinations, concerned.get(one.change.account_id, Concerned()), route.home),
                until.get(one.verdict),
            )
            for one in decided
        ]

    def _flood(self, ringing: Sequence[_Decided]) -> frozenset[str]:
        """The addresses that would be told of too much at once, and get one summary instead."""
        run, route = self._run, self._route
        by_place: dict[str, list[AccountChange]] = {}
        for one in ringing:
            for place in one.places:
                by_place.setdefault(place, []).append(one.change)
        flooded = {place: found for place, found in by_place.items() if len(found) > route.flood}
        for at, (place, found) in enumerate(flooded.items()):
            title = flood_title(route, run.facts.segmentation, len(found))
            payload = summary_payload(title, _named(found, self._names), run.currency)
            key = f"flood:{route.name}:{run.run_id}{f':{at}' if at else ''}"
            payload |= self._extras(place, key)
            self._transaction.add_message(NewMessage(key, "alert_summary", place, payload), run.at)
            self._told.summaries += 1
        return frozenset(flooded)

    def _ring(self, one: _Decided, places: Sequence[str]) -> None:
        run, route, change = self._run, self._route, one.change
        thread = self._thread(one, places[0])
        alert_id = self._add_alert(one, places[0], thread=thread)
        message = notice(
            change,
            self._names.get(change.account_id, _NOBODY),
            alert_id=alert_id,
            segmentation=run.facts.segmentation,
            currency=run.currency,
            crm_url=self._crm_url(change.account_id),
            at=run.at,
            reasons=run.reasons(change.old, change.new),
        )
        # Where this alert began, for one that takes its place before it is sent.
        payload = message.as_payload() | {"before": standing_as_json(change.old)}
        for at, place in enumerate(places):
            key = f"alert:{route.name}:{one.number}{f':{at}' if at else ''}"
            extras = self._extras(place, key, held=one.until is not None)
            if at:
                extras["copy"] = True
            elif thread is not None:
                extras |= {"thread": {"channel": thread.channel, "ts": thread.ts}}
                extras |= {"broadcast": route.broadcast}
            self._transaction.add_message(
                NewMessage(key, "alert", place, payload | extras, alert_id, one.until, route.name), run.at
            )
        self._told.alerts += one.until is None

    def _add_alert(
        self, one: _Decided, place: str, *, state: str = "open", thread: Thread | None = None
    ) -> int:
        return self._transaction.add_alert(
            NewAlert(
                self._route.name,
                place,
                one.number,
                one.change.account_id,
                state,
                None if thread is None else thread.ts,
            ),
            self._run.at,
        )

    def _thread(self, one: _Decided, place: str) -> Thread | None:
        """The thread of the account's last alert, where the route goes on in it."""
        return one.earlier.thread if self._route.thread and place else None

    def _extras(self, place: str, key: str, *, held: bool = False) -> dict[str, object]:
        """What a message at one address has besides what it tells."""
        route, extras = self._route, dict[str, object]()
        if is_personal(place) and route.otherwise:
            extras["otherwise"] = route.otherwise
        handle = mention(route.destinations, place, route.home)
        if handle:
            extras["mention"] = handle
        # What was held back is said in the next message that is sent; a message that waits is not it.
        note = None if held else held_back_note(self._transaction.announce(route.name, place, key))
        return extras | ({"note": note} if note else {})


def _first(one: _Decided) -> str:
    return one.places[0] if one.places else ""


def _channels(routes: Sequence[Route]) -> tuple[str, ...]:
    """The channels of some routes; of those that lead to persons the one that they name otherwise."""
    found: list[str] = []
    for route in routes:
        places = addresses(route.destinations, Concerned(), route.home)
        found += [one for one in places if not is_personal(one)] or (
            [route.otherwise] if route.otherwise else []
        )
    return tuple(dict.fromkeys(found))


def _named(
    changes: Sequence[AccountChange], names: Mapping[str, NamedOwner]
) -> list[tuple[AccountChange, NamedOwner]]:
    return [(change, names.get(change.account_id, _NOBODY)) for change in changes]
