"""What a process of one installation keeps doing: jobs, long jobs, entering jobs, and answering over HTTP."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from bot.runtime.alert_parts import alert_handler
from bot.runtime.backtests import BacktestJobs
from bot.runtime.handlers import Handlers
from bot.runtime.http import metrics_route
from bot.runtime.metrics import Metrics
from bot.runtime.sources import Sources
from bot.runtime.tick import Metronome
from bot.runtime.work import JobLoop

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

LONGEST_SLEEP_SECONDS: Final = 5


def job_loop_of(of: Bellwether, stop: threading.Event) -> JobLoop:
    """What does the jobs."""
    handlers = Handlers(
        sync=of.sync,
        feed=lambda: of.feed_parts.feed,
        sources=Sources(of.zoho.finance, of.zoho.events).read,
        publish=of.zoho.publish,
        require_copy=of.require_copy,
        recompute=of.scoring.recompute,
        chat=lambda: of.gateway,
        incidents=of.incidents,
        stop=stop,
        finance_again=of.zoho.read_finance_again,
    )
    alerts = alert_handler(of.database, of.clock, of.configuration, of.copy.organisation)
    kinds = {**handlers.by_kind(), **alerts, **of.erasure_parts.handlers()}
    return JobLoop(of.jobs, of.clock, of.holder, kinds, handlers.on_failure, handlers.on_success)


def backtest_loop_of(of: Bellwether, stop: threading.Event) -> JobLoop:
    """What does the long jobs of trying techniques on the past."""
    work = BacktestJobs(of.scoring.backtesting, lambda: of.book.as_of() is not None, of.incidents, stop)
    return work.loop(of.jobs, of.clock, of.holder)


def metronome_of(of: Bellwether) -> Metronome:
    """What enters the jobs."""
    return Metronome(
        of.jobs,
        of.clock,
        of.schedule,
        lambda: of.heartbeats.beat("clock", of.holder),
        wake_seconds=min(of.settings.poll_seconds, LONGEST_SLEEP_SECONDS),
    )


def routes_of(of: Bellwether) -> list[Route]:
    """What the HTTP server has besides health: metrics everywhere, and where Zoho calls us."""
    refusals = of.feed_parts.refusals
    metrics = Metrics(of.database, of.clock, of.heartbeats, of.outbox, of.incidents, refusals.counts)
    survey = of.zoho.survey_door(refusals.count)
    return [metrics_route(metrics), *of.feed_parts.routes(), survey.route()]
