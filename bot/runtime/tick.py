"""The clock: APScheduler wakes it up, and it enters the jobs whose slot has come. It never does them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.schedulers.background import BackgroundScheduler

from bot.app.ports import Clock
from bot.app.schedule import Every, Tick, due_slot
from bot.store.jobs import SqlJobs

log = structlog.get_logger(__name__)


@dataclass
class Metronome:
    """Enters due jobs.

    Attributes:
        schedule: what is to be done and when; asked each time, because the configuration may change.
        beat: says that the clock lives.
        wake_seconds: how often to look.
    """

    jobs: SqlJobs
    clock: Clock
    schedule: Callable[[], tuple[Tick, ...]]
    beat: Callable[[], None]
    wake_seconds: float
    _scheduler: BackgroundScheduler | None = field(default=None, init=False, repr=False)

    def tick(self) -> None:
        """Enter what is due now."""
        self.beat()
        now = self.clock.now()
        for one in self.schedule():
            slot = due_slot(self.jobs.last_slot(one.kind), now, one)
            # A rhythm whose last job still waits or runs needs no second one behind it.
            if slot is None or (isinstance(one, Every) and self.jobs.waiting(one.kind)):
                continue
            if self.jobs.enqueue(one.kind, slot, {}, now) is not None:
                log.info("job_entered", kind=one.kind, slot=slot)

    def __enter__(self) -> Metronome:
        """Start waking up, the first time at once."""
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_listener(_report, EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)
        scheduler.start()
        scheduler.add_job(self.tick)
        scheduler.add_job(
            self.tick,
            "interval",
            seconds=self.wake_seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._scheduler = scheduler
        return self

    def __exit__(self, *_details: object) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)


def _report(event: JobEvent) -> None:
    error = getattr(event, "exception", None)
    log.error("clock_error", reason=str(error) if error else "the last tick still runs")
