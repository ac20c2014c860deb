"""Running parts of the product in one process, until it is asked to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from types import FrameType

import structlog

from bot.app.checks import Check
from bot.runtime.http import HttpServer, http_app
from bot.runtime.wiring import Bellwether
from bot.runtime.work import Loop, Loops
from bot.slack.http_mode import HttpConnection
from bot.slack.socket import SocketConnection

BEAT_SECONDS = 5.0
FEED_SECONDS = 0.5
# How long one thread of Python keeps the others waiting; its own is 5 ms. Who acknowledges waits for each of
# those who answer, several times for each request.
SWITCH_SECONDS = 0.001
BYTES_PER_MB = 1_000_000

log = structlog.get_logger(__name__)


class Part(StrEnum):
    """A role that a process can play; any number of processes may play each."""

    WEB = "web"  # talks with Slack
    WORKER = "worker"  # syncs, scores, delivers
    CLOCK = "clock"  # says when work is due


def serve(bellwether: Bellwether, parts: frozenset[Part]) -> None:
    """Run the parts until SIGTERM or SIGINT; then finish or give back what is under way.

    Raises:
        ConfigurationError: a setting is missing or wrong, a port is in use, Slack refuses the token.
    """
    stop = threading.Event()
    with _signals_set(stop), ExitStack() as stack:
        bellwether.prepare()
        stack.callback(bellwether.zoho.close_book)
        stack.callback(bellwether.enriching_parts.close)
        connection: list[SocketConnection | HttpConnection] = []
        settings = bellwether.settings

        def checks() -> list[Check]:
            return [*own_checks(bellwether, connection)]

        others = (
            [*bellwether.routes(), *bellwether.export_parts.routes(), *bellwether.consent_parts.routes()]
            if Part.WEB in parts
            else []
        )
        if Part.WEB in parts:
            sys.setswitchinterval(SWITCH_SECONDS)
            bellwether.scoring.memory.hold(settings.memory_mb * BYTES_PER_MB)
            slack = bellwether.slack_parts.connection()
            others += [*slack.routes(), *bellwether.slack_parts.install_routes()]
        stack.enter_context(HttpServer(http_app(checks, others), settings.http_host, settings.http_port))
        if Part.WEB in parts:
            bellwether.scoring.warm()
            slack.start()
            if slack.is_connected():
                bellwether.slack_parts.warn_of_token()
            stack.callback(slack.stop)
            connection.append(slack)
            bellwether.pictures.warm()
            stack.callback(bellwether.pictures.close)
        loops = tuple(_loops(bellwether, parts, stop))
        stack.enter_context(Loops(loops, stop))
        if Part.WORKER in parts:
            bellwether.feed_parts.enter_channels_job()
        if Part.CLOCK in parts:
            stack.enter_context(bellwether.metronome())
        log.info("started", parts=sorted(parts), holder=bellwether.holder, pid=os.getpid())
        stop.wait()
        log.info("stopping")


def own_checks(
    bellwether: Bellwether, connection: list[SocketConnection | HttpConnection]
) -> Iterator[Check]:
    """What this process needs in order to be ready; what others do is theirs to tell."""
    yield bellwether.health.database_check()
    for one in connection:
        connected = one.is_connected()
        advice = "" if connected else "It reconnects by itself; look at Slack's status page."
        yield Check(
            "slack", ok=connected, detail="connected" if connected else "not connected", advice=advice
        )


def _loops(bellwether: Bellwether, parts: frozenset[Part], stop: threading.Event) -> Iterator[Loop]:
    for part in parts:
        if part is not Part.CLOCK:  # the clock's own wake-up is its sign of life
            yield Loop(f"beat-{part}", partial(_beat, bellwether, part), BEAT_SECONDS)
    if Part.WORKER in parts:
        acting = bellwether.acting.loop(bellwether.jobs, bellwether.holder, bellwether.incidents)
        nice = bellwether.settings.niceness
        yield Loop("jobs", bellwether.job_loop(stop).step, niceness=nice)
        yield Loop("exports", bellwether.export_parts.loop(stop).step, niceness=nice)
        yield Loop("enriching", bellwether.enriching_parts.loop(stop).step, niceness=nice)
        yield Loop("enriching-one", bellwether.enriching_parts.desk_loop(stop).step)
        yield Loop("backtests", bellwether.backtest_loop(stop).step, BEAT_SECONDS, nice)
        yield Loop("feed", bellwether.feed_parts.bell().step, FEED_SECONDS)
        yield Loop("acting", acting.step)
        yield Loop("outbox", bellwether.slack_parts.deliver_one)
        yield Loop("housekeeping", bellwether.keep_house, BEAT_SECONDS)
        yield Loop("deal-blocks", bellwether.scoring.keep_blocks, BEAT_SECONDS, nice)


def _beat(bellwether: Bellwether, part: Part) -> bool:
    bellwether.heartbeats.beat(part, bellwether.holder)
    return False


@contextmanager
def _signals_set(stop: threading.Event) -> Iterator[None]:
    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {one: signal.signal(one, ask_to_stop) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
