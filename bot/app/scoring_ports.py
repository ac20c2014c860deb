"""What scoring needs from the world: reading facts, and keeping what a run finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, Protocol

from pandas import DataFrame

from bot.app.facts import (
    ChangesOfRun,
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
from scoring.criteria.periods import Today
from scoring.rfm import Standing
from scoring.standings import Moves, Standings


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

    def names(self, account_ids: Sequence[str]) -> Mapping[str, NamedOwner]:
        """Names and owners of accounts that the cache still holds."""
        ...

    def earlier_alerts(
        self, route: str, segmentation: str, account_ids: Sequence[str], now: datetime
    ) -> Mapping[str, EarlierAlerts]:
        """What a route has told of these accounts and is still waiting or resting."""
        ...

    def withdraw(self, pending: PendingAlert) -> bool:
        """Supersede a message that is not being sent; False when it is too late."""
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

    def add_alert(self, route: str, channel: str, change_id: int, account_id: str, at: datetime) -> int:
        """Add an alert; its number."""
        ...

    def add_message(
        self, dedupe_key: str, kind: str, channel: str, payload: Mapping[str, Any], at: datetime
    ) -> None:
        """Put a message into the outbox, due now; the key must be new."""
        ...


class Scores(Protocol):
    """Where scores are kept."""

    def transaction(self) -> AbstractContextManager[ScoringTransaction]:
        """Begin; committed at the end of the block, undone when it raises. Waits for another run to end."""
        ...

    def reading(self) -> AbstractContextManager[ScoringTransaction]:
        """Begin to read only: nothing waits, nothing is kept."""
        ...
