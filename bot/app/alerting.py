"""Turning the changes of one run into alerts and messages, by the routes, within the run's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.app.alerts import (
    RunFacts,
    Verdict,
    baseline_title,
    decide,
    flood_title,
    merged,
    notice,
    summary_payload,
)
from bot.app.facts import AccountChange, EarlierAlerts, NamedOwner, standing_as_json
from bot.app.scoring_ports import ScoringTransaction
from scoring.config import Route
from scoring.rfm import Standing

Numbered = tuple[int, AccountChange]  # a change with its number in the history
_NOBODY = NamedOwner("(no name)", None)
_HELD = (Verdict.NEIGHBOUR, Verdict.SNOOZED)


@dataclass(frozen=True)
class RunContext:
    """The run whose changes are told.

    Attributes:
        facts: what decisions need to know.
        first: whether it is the segmentation's first run.
        labels: accounts per label after the run.
        reasons: sentences for a change, from the standings before and after.
    """

    facts: RunFacts
    run_id: int
    day: date
    at: datetime
    currency: str
    first: bool
    labels: tuple[tuple[str | None, int], ...]
    reasons: Callable[[Standing, Standing], tuple[str, ...]]


@dataclass
class Told:
    """What became of the changes: alerts, summaries, and how many were held back for which reason."""

    alerts: int = 0
    summaries: int = 0
    held: Counter[str] = field(default_factory=Counter)


class Alerting:
    """Tells changes: decides by route and puts alerts and messages into the transaction."""

    def __init__(
        self, transaction: ScoringTransaction, run: RunContext, crm_url: Callable[[str], str | None]
    ) -> None:
        self._transaction = transaction
        self._run = run
        self._crm_url = crm_url

    def tell(self, changes: Sequence[Numbered], routes: Sequence[Route]) -> Told:
        """Alerts and summaries for the changes of one run."""
        told = Told()
        names = self._transaction.names([change.account_id for _, change in changes])
        if self._run.facts.baseline:
            self._tell_baseline([change for _, change in changes], routes, names, told)
            return told
        for route in routes:
            self._tell_route(changes, route, names, told)
        return told

    def _tell_route(
        self,
        changes: Sequence[Numbered],
        route: Route,
        names: Mapping[str, NamedOwner],
        told: Told,
    ) -> None:
        earlier = self._transaction.earlier_alerts(
            route.name,
            self._run.facts.segmentation,
            [change.account_id for _, change in changes],
            self._run.at,
        )
        ringing: list[Numbered] = []
        for number, change in changes:
            known = earlier.get(change.account_id, EarlierAlerts())
            whole = self._with_pending(change, known)
            verdict = decide(whole, route, self._run.facts, known)
            if verdict is Verdict.RING:
                ringing.append((number, whole))
            elif verdict in _HELD:
                told.held[verdict.value] += 1
        if len(ringing) > route.flood:
            self._tell_flood([change for _, change in ringing], route, names)
            told.summaries += 1
            return
        for number, change in ringing:
            self._ring(number, change, route, names.get(change.account_id, _NOBODY))
        told.alerts += len(ringing)

    def _with_pending(self, change: AccountChange, known: EarlierAlerts) -> AccountChange:
        """The change together with one that waits to be told, which is withdrawn; alone when too late."""
        if known.pending is None or not self._transaction.withdraw(known.pending):
            return change
        return merged(change, known.pending, self._run.facts.labels)

    def _ring(self, change_id: int, change: AccountChange, route: Route, who: NamedOwner) -> None:
        run = self._run
        alert_id = self._transaction.add_alert(
            route.name, route.channel, change_id, change.account_id, run.at
        )
        message = notice(
            change,
            who,
            alert_id=alert_id,
            segmentation=run.facts.segmentation,
            currency=run.currency,
            crm_url=self._crm_url(change.account_id),
            at=run.at,
            reasons=run.reasons(change.old, change.new),
        )
        # Where this alert began, for one that takes its place before it is sent.
        payload = message.as_payload() | {"before": standing_as_json(change.old)}
        key = f"alert:{route.name}:{change_id}"
        self._transaction.add_message(key, "alert", route.channel, payload, run.at)

    def _tell_flood(
        self, changes: Sequence[AccountChange], route: Route, names: Mapping[str, NamedOwner]
    ) -> None:
        run = self._run
        title = flood_title(route, run.facts.segmentation, len(changes))
        payload = summary_payload(title, _named(changes, names), run.currency)
        key = f"flood:{route.name}:{run.run_id}"
        self._transaction.add_message(key, "alert_summary", route.channel, payload, run.at)

    def _tell_baseline(
        self,
        changes: Sequence[AccountChange],
        routes: Sequence[Route],
        names: Mapping[str, NamedOwner],
        told: Told,
    ) -> None:
        """One summary for each channel; none when a changed configuration has moved no account."""
        run = self._run
        if not changes and not run.first:
            return
        title = baseline_title(run.facts.segmentation, run.labels, first=run.first)
        # At the first run every account has a new label: the counts in the title say more than a list.
        payload = summary_payload(title, () if run.first else _named(changes, names), run.currency)
        concerned = [one for one in routes if one.segmentation in (None, run.facts.segmentation)]
        for channel in dict.fromkeys(route.channel for route in concerned):
            key = f"baseline:{run.run_id}:{channel}"
            self._transaction.add_message(key, "alert_summary", channel, payload, run.at)
            told.summaries += 1


def _named(
    changes: Sequence[AccountChange], names: Mapping[str, NamedOwner]
) -> list[tuple[AccountChange, NamedOwner]]:
    return [(change, names.get(change.account_id, _NOBODY)) for change in changes]
