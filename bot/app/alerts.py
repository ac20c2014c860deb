"""Which changes of label are told, and what the message says. Decisions only: nothing is stored or sent.

When they may be told is decided in ``alert_times``, to whom in ``alert_addresses``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from bot.app.alert_times import quiet_until, within_cooldown
from bot.app.facts import AccountChange, EarlierAlerts, NamedOwner, PendingAlert
from bot.app.notices import AlertNotice
from scoring.config import Route
from scoring.label_rules import Direction, direction, is_worse

MINOR_PER_UNIT = 100
MOST_SUMMARY_LINES = 20

_NEXT_STEPS = {
    "vip": "Thank the contact, and ask for a reference.",
    "champion": "Thank the contact, and offer what similar customers bought next.",
    "loyal": "Ask what else they need; there is room to grow.",
    "promising": "Follow up on the last purchase while it is fresh.",
    "needs attention": "Check in with the contact, and ask how the last purchase works out.",
    "at risk": "Call the contact this week and ask what changed; look at the deals that were lost.",
    "hibernating": "Send something useful that costs little, such as a review of what they have.",
    "lost": "Find out why they left, and decide whether to win them back or let them rest.",
}
_BY_DIRECTION = {
    Direction.WORSE: "Call the contact this week and ask what changed.",
    Direction.BETTER: "Thank the contact, and ask what helped.",
    Direction.ENTERED: "Introduce yourself to the contact.",
}


class Verdict(StrEnum):
    """What becomes of one change on one route."""

    RING = "ring"
    NOT_SELECTED = "not selected"
    BASELINE = "baseline"
    NEIGHBOUR = "neighbour"
    SNOOZED = "snoozed"
    COOLDOWN = "cooldown"
    NOT_WORSE = "not worse than before"
    QUIET = "quiet hours"
    DIGEST = "digest"


# Told later, all at once; and selected, but not told at all.
LATER = frozenset({Verdict.QUIET, Verdict.DIGEST})
HELD_BACK = frozenset({Verdict.SNOOZED, Verdict.COOLDOWN, Verdict.NOT_WORSE})


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a decision needs to know of the run.

    Attributes:
        labels: the segmentation's labels, best first.
        baseline: the first run, or the first with a changed configuration.
    """

    segmentation: str
    labels: tuple[str, ...]
    baseline: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """When a change is decided on, and what criteria say of it.

    Attributes:
        zone: the organisation's.
        meets: whether it meets the route's criteria.
        urgent: whether it meets the exceptions of the route's quiet hours.
    """

    now: datetime
    zone: tzinfo
    meets: bool = True
    urgent: bool = False


def selects(route: Route, change: AccountChange, run: RunFacts) -> bool:
    """Whether a route wants to know of this change. Accounts that take no part any more are never told."""
    if change.gone or change.old.label == change.new.label:
        return False
    if route.segmentation not in (None, run.segmentation):
        return False
    if route.when not in ("any", change.direction.value):
        return False
    if route.labels and change.new.label not in route.labels:
        return False
    return change.at_stake_minor >= route.at_least * MINOR_PER_UNIT


def decide(
    change: AccountChange,
    route: Route,
    run: RunFacts,
    earlier: EarlierAlerts,
    moment: Moment | None = None,
) -> Verdict:
    """What becomes of one change on one route.

    A change that only others caused does not ring, because one lost account would ring for its neighbours in
    the ranking; a resting alert stays at rest unless it got worse than what was put to rest.

    Args:
        change: together with one that nobody has seen yet.
        route: the route.
        run: the run that found it.
        earlier: what the route has told of the account.
        moment: None: criteria and times are not looked at.
    """
    if not selects(route, change, run) or (moment is not None and not moment.meets):
        return Verdict.NOT_SELECTED
    if run.baseline:
        return Verdict.BASELINE
    if not change.own:
        return Verdict.NEIGHBOUR
    if earlier.snoozed and not is_worse(run.labels, change.new.label, earlier.snoozed_label):
        return Verdict.SNOOZED
    if moment is None:
        return Verdict.RING
    return _repeated(change, route, run, earlier, moment) or _timed(route, moment)


def _repeated(
    change: AccountChange, route: Route, run: RunFacts, earlier: EarlierAlerts, moment: Moment
) -> Verdict | None:
    """Why an account is not told again; None when it may be."""
    if earlier.told_at is None or not route.remembers:
        return None
    if not within_cooldown(route, earlier.told_at, moment.now):
        return None
    if route.again == "always":
        return Verdict.COOLDOWN
    worse = is_worse(run.labels, change.new.label, earlier.told_label)
    return None if worse else Verdict.NOT_WORSE


def _timed(route: Route, moment: Moment) -> Verdict:
    if route.digest:
        return Verdict.DIGEST
    quiet = not moment.urgent and quiet_until(route.quiet, moment.now, moment.zone) is not None
    return Verdict.QUIET if quiet else Verdict.RING


def merged(change: AccountChange, pending: PendingAlert, labels: Sequence[str]) -> AccountChange:
    """A change together with an earlier one that nobody has seen yet: from where that one began."""
    old = pending.old
    towards = direction(labels, old.label, change.new.label, had_label=True)
    return replace(change, old=old, direction=towards, own=True)


def notice(
    change: AccountChange,
    who: NamedOwner,
    *,
    alert_id: int,
    segmentation: str,
    currency: str,
    crm_url: str | None,
    at: datetime,
    reasons: tuple[str, ...],
) -> AlertNotice:
    """What the alert's message tells."""
    return AlertNotice(
        alert_id=alert_id,
        account_id=change.account_id,
        account_name=who.name,
        crm_url=crm_url,
        segmentation=segmentation,
        old_label=change.old.label,
        new_label=change.new.label,
        direction=change.direction.value,
        reasons=reasons,
        money_minor=change.at_stake_minor,
        currency=currency,
        owner_name=who.owner_name,
        last_purchase=change.new.last_purchase,
        next_step=next_step(change),
        changed_at=at,
        last_contact=who.last_contact,
    )


def next_step(change: AccountChange) -> str:
    """A suggestion by label, or by direction for labels that we do not know."""
    return step_of_label(change.new.label) or _BY_DIRECTION[change.direction]


def step_of_label(label: str | None) -> str:
    """A suggestion for an account with this label; empty for labels that we do not know."""
    return _NEXT_STEPS.get((label or "").casefold(), "")


def summary_payload(
    title: str, changes: Sequence[tuple[AccountChange, NamedOwner]], currency: str
) -> dict[str, Any]:
    """Many changes in one message: the largest amounts first, as many as fit, and how many there are."""
    largest = sorted(changes, key=lambda one: (-one[0].at_stake_minor, one[1].name, one[0].account_id))
    lines = [
        {
            "name": who.name,
            "old": change.old.label,
            "new": change.new.label,
            "money_minor": change.at_stake_minor,
        }
        for change, who in largest
    ]
    return lines_payload(title, lines, currency)


def lines_payload(title: str, lines: Sequence[Mapping[str, Any]], currency: str) -> dict[str, Any]:
    """The same of lines that are ready and in order."""
    return {
        "title": title,
        "lines": list(lines[:MOST_SUMMARY_LINES]),
        "total": len(lines),
        "currency": currency,
    }


def held_back_note(counts: Mapping[str, int]) -> str | None:
    """What was not told since the last message, as ``3 more were held back: cooldown 2, quiet hours 1``."""
    most = sorted(
        ((many, reason) for reason, many in counts.items() if many), key=lambda one: (-one[0], one[1])
    )
    if not most:
        return None
    total = sum(many for many, _ in most)
    reasons = ", ".join(f"{reason} {many:,}" for many, reason in most)
    return f"{total:,} more {'was' if total == 1 else 'were'} held back: {reasons}."


def flood_title(route: Route, segmentation: str, count: int) -> str:
    """The first line of a summary that stands for too many alerts."""
    return f"{count:,} accounts changed their label in {segmentation} at once ({route.name})"


def baseline_title(segmentation: str, labels: Sequence[tuple[str | None, int]], *, first: bool) -> str:
    """The first line of a baseline's summary."""
    spread = ", ".join(f"{count:,} {label or 'without a label'}" for label, count in labels if count)
    begin = f"First scores of {segmentation}" if first else f"The configuration of {segmentation} changed"
    return f"{begin}: {spread}. From now on, changes are told one by one."
