"""The nightly back-test: when it is due, and a loop of its own, so that nothing waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.app.errors import BellwetherError
from bot.app.ports import Clock, Job
from bot.app.schedule import Daily
from bot.runtime.work import JobLoop, Stopping
from bot.store.incidents import SqlIncidents
from bot.store.jobs import SqlJobs
from connector.errors import ConnectorError

if TYPE_CHECKING:  # it brings every engine
    from bot.app.backtesting import Backtesting

KIND = "backtest"
# By then the daily run has read the CRM, as a rule; it is no harm when it has not.
MINUTES_AFTER_DAILY = 30
LAST_MINUTE = 24 * 60 - 1


def backtest_rhythm(daily_at: time, zone: ZoneInfo) -> Daily:
    """Once a day, half an hour after the daily run began; the same day, however late that is."""
    minute = min(daily_at.hour * 60 + daily_at.minute + MINUTES_AFTER_DAILY, LAST_MINUTE)
    return Daily(KIND, time(minute // 60, minute % 60), zone)


@dataclass(frozen=True)
class BacktestJobs:
    """Does the jobs of the kind ``backtest``.

    Attributes:
        ready: whether the CRM has been read to its end once.
        stop: set when the process is asked to stop; asked between segmentations.
    """

    backtesting: Backtesting
    ready: Callable[[], bool]
    incidents: SqlIncidents
    stop: threading.Event

    def loop(self, jobs: SqlJobs, clock: Clock, holder: str) -> JobLoop:
        """What claims them."""
        return JobLoop(jobs, clock, holder, {KIND: self.on_backtest}, self.on_failure, self.on_success)

    def on_backtest(self, _job: Job) -> Mapping[str, Any]:
        """Try every segmentation and keep what is found."""
        return self.backtesting.nightly(self._stop_if_asked) if self.ready() else {}

    def on_failure(self, job: Job, error: BellwetherError | ConnectorError) -> None:
        """Tell the administrators, once."""
        self.incidents.begin(f"job:{job.kind}", error.what_happened, error.what_to_do)

    def on_success(self, job: Job) -> None:
        """What had failed works again."""
        self.incidents.end(f"job:{job.kind}")

    def _stop_if_asked(self) -> None:
        if self.stop.is_set():
            raise Stopping
