"""What scoring needs from the world: reading facts, and keeping what a run finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from bot.app.facts import (
    ChangesOfRun,
    Concerned,
    EarlierAlerts,
    LastRun,
    NamedOwner,
    OrganisationFacts,
    PendingAlert,
    RunRecord,
    Tally,
    Touched,
)
from bot.app.techniques.technique import Evidence, Learned
from scoring.config import Configuration
from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.criteria.tree import Node
from scoring.standing import Standing

if TYPE_CHECKING:
    from pandas import DataFrame

    from scoring.standings import Moves, Standings


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert to be kept.

    Attributes:
        channel: its first address.
        state: ``open``; ``digest`` when it was told in a summary, where nothing can be done about it.
        thread_ts: of the thread that its message goes into.
    """

    route: str
    channel: str
    change_id: int
    account_id: str
    state: str = "open"
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be sent once.

    Attributes:
        dedupe_key: a key that is there already adds nothing.
        channel: where to: a channel, or the address of a person.
        alert_id: of the alert that it tells.
        held_until: it waits for this time, and may then become one with others of its route.
        route: of the alert.
    """

    dedupe_key: str
    kind: str
    channel: str
    payload: Mapping[str, Any]
    alert_id: int | None = None
    held_until: datetime | None = None
    route: str | None = None


class ScoringTransaction(Protocol):
    """Reading facts and keeping what a run finds: all of it or nothing, and one run at a time."""

    def organisation(self) -> OrganisationFacts:
        """Time zone and currency."""
        ...

    def touched(self) -> Sequence[Touched]:
        """The accounts that sync has marked since they were last scored."""
        ...

    def clear_touched(self, touched: Sequence[Touched]) -> None:
        """Take away exactly these marks; a mark that was renewed since stays."""
        ...

    def evidence(self, segmentation: str, configuration: Configuration, today: Today) -> Evidence:
        """What techniques read, on a day."""
        ...

    def standings(
        self,
        segmentation: str,
        columns: Sequence[str],
        *,
        details: bool = False,
        only: Sequence[str] | None = None,
    ) -> Standings:
        """What the last run said, in these columns of ``scoring.standings.NOTHING``; of some or of all."""
        ...

    def tally(self, segmentation: str) -> Tally:
        """How many accounts have which label now, and how many have a measure."""
        ...

    def details(self, segmentation: str, account_ids: Sequence[str]) -> Mapping[str, str]:
        """The details that the last run gave of some accounts."""
        ...

    def spend(self, segmentation: str, account_ids: Sequence[str]) -> Mapping[str, int]:
        """The counted spend of some accounts in a segmentation, minor units."""
        ...

    def standing(self, segmentation: str, account_id: str) -> Standing | None:
        """What the last run said of one account, with details; None when it takes no part."""
        ...

    def thresholds(self, segmentation: str) -> Mapping[str, Any] | None:
        """What the last run kept for explaining itself."""
        ...

    def learned(self, segmentation: str) -> Learned | None:
        """What the segmentation scores with; None before it has learned."""
        ...

    def last_run(self, segmentation: str) -> LastRun | None:
        """The latest run; None before the first."""
        ...

    def had_label(self, segmentation: str, account_ids: Sequence[str]) -> set[str]:
        """Those of the accounts that ever had a label."""
        ...

    def names(self, account_ids: Sequence[str], now: datetime | None = None) -> Mapping[str, NamedOwner]:
        """Names, owners and last contacts (until now) of accounts that the cache still holds."""
        ...

    def earlier_alerts(
        self, route: str, segmentation: str, account_ids: Sequence[str], now: datetime
    ) -> Mapping[str, EarlierAlerts]:
        """What a route has told of these accounts and is still waiting or resting."""
        ...

    def withdraw(self, pending: PendingAlert) -> bool:
        """Supersede an alert's messages, none of which is being sent; False when it is too late."""
        ...

    def save_run(self, run: RunRecord) -> int:
        """Keep a run; its number."""
        ...

    def save_scores(
        self, segmentation: str, run_id: int, at: datetime, moves: Moves, *, everybody: bool
    ) -> None:
        """Write the scores that differ, and remove those of accounts that take no part any more.

        ``everybody``: whether the standings are those of all accounts, not of some.
        """
        ...

    def forget_scores(self, segmentation: str, day: date) -> None:
        """Take away everything that the segmentation says now; its history ends on a day."""
        ...

    def save_history(self, segmentation: str, run_id: int, day: date, moves: Moves) -> None:
        """Keep the scores that differ, from a day on."""
        ...

    def save_offers(self, segmentation: str, run_id: int, offers: DataFrame) -> None:
        """Put these recommendations in the place of the earlier ones, writing what differs."""
        ...

    def save_learned(self, segmentation: str, technique: str, learned: Learned, at: datetime) -> None:
        """Keep what was learned, in the place of what was."""
        ...

    def save_changes(self, changes: ChangesOfRun) -> list[int]:
        """Keep changes of label with the sentences that explain them; their numbers, in order."""
        ...

    def add_alert(self, alert: NewAlert, at: datetime) -> int:
        """Add an alert; its number."""
        ...

    def add_message(self, message: NewMessage, at: datetime) -> None:
        """Put a message into the outbox, due now unless it is held; the key must be new."""
        ...

    def hold_back(self, route: str, place: str, change_id: int, reason: str, at: datetime) -> None:
        """Note that a change is not told, or not now, at an address."""
        ...

    def announce(self, route: str, place: str, key: str) -> Mapping[str, int]:
        """What was held back at an address and not said yet, by reason; from now on the message said it."""
        ...

    def account_catalog(self, configuration: Configuration) -> Catalog:
        """The fields of accounts."""
        ...

    def meeting(
        self, criteria: Node, catalog: Catalog, segmentation: str, today: Today, account_ids: Sequence[str]
    ) -> set[str]:
        """Those of some accounts that meet criteria, as they are now."""
        ...

    def concerned(self, account_ids: Sequence[str], fields: Sequence[str]) -> Mapping[str, Concerned]:
        """The CRM users whom accounts concern; ``fields`` are lookup fields by API name."""
        ...


class Scores(Protocol):
    """Where scores are kept."""

    def transaction(self) -> AbstractContextManager[ScoringTransaction]:
        """Begin; committed at the end of the block, undone when it raises. Waits for another run to end."""
        ...

    def reading(self) -> AbstractContextManager[ScoringTransaction]:
        """Begin to read only: nothing waits, nothing is kept."""
        ...
