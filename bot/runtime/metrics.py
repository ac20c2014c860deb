"""``/metrics``: what the database knows of the work of all processes, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from bot.app.ports import Clock
from bot.store.heartbeats import SqlHeartbeats
from bot.store.incidents import SqlIncidents
from bot.store.outbox import SqlOutbox
from connector.cache import repositories
from connector.cache.engine import Database
from connector.cache.ledger import remaining_of, spendings

ROLES = ("web", "worker", "clock")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Metrics(Collector):
    """Figures that are read from the database, so that any process can tell of all.

    Refused callbacks alone are counted by the process that refused them, which is the one that is asked here.

    Attributes:
        refused: path and reason -> how many callbacks were refused since the process began.
    """

    database: Database
    clock: Clock
    heartbeats: SqlHeartbeats
    outbox: SqlOutbox
    incidents: SqlIncidents
    refused: Mapping[tuple[str, str], int] = field(default_factory=dict, compare=False)

    def text(self) -> bytes:
        """The figures in Prometheus' text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of time: registering must not read the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read everything."""
        now = self.clock.now()
        yield from self._credits(now)
        yield from self._work(now)
        yield _refusals(self.refused)
        with self.database.reads.connect() as connection:
            yield from _copy(connection, now)
            yield from _last_sync(connection)

    def _credits(self, now: datetime) -> Iterator[Metric]:
        spent = GaugeMetricFamily(
            "bellwether_api_credits_24h", "API credits of the last 24 hours.", labels=["api", "call"]
        )
        calls = GaugeMetricFamily(
            "bellwether_api_calls_24h", "API calls of the last 24 hours.", labels=["api", "call"]
        )
        for line in spendings(self.database, now):
            spent.add_metric([line.api, line.call], line.credits)
            calls.add_metric([line.api, line.call], line.calls)
        left = GaugeMetricFamily(
            "bellwether_api_credits_remaining", "What the API last said is left of the day.", labels=["api"]
        )
        for api, remaining in remaining_of(self.database, now).items():
            left.add_metric([api], remaining)
        yield from (spent, calls, left)

    def _work(self, now: datetime) -> Iterator[Metric]:
        waiting, dead, oldest = self.outbox.depth()
        yield _one("bellwether_outbox_waiting", "Messages that wait to be sent.", waiting)
        yield _one("bellwether_outbox_dead", "Messages that could not be sent.", dead)
        age = (now - oldest).total_seconds() if oldest else 0
        yield _one("bellwether_outbox_oldest_seconds", "Age of the message that waits longest.", age)
        yield _one("bellwether_incidents", "What does not work now.", len(self.incidents.open_ones()))
        beats = GaugeMetricFamily(
            "bellwether_heartbeat_age_seconds", "Time since a role's last sign of life.", labels=["role"]
        )
        for role in ROLES:
            beat = self.heartbeats.newest(role)
            if beat is not None:
                beats.add_metric([role], (now - beat).total_seconds())
        yield beats


def _refusals(refused: Mapping[tuple[str, str], int]) -> Metric:
    counted = CounterMetricFamily(
        "bellwether_callbacks_refused",
        "Calls at the addresses for Zoho that could not prove where they came from, or made no sense.",
        labels=["path", "reason"],
    )
    for (path, reason), number in dict(refused).items():
        counted.add_metric([path, reason], number)
    return counted


def _copy(connection: Connection, now: datetime) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "bellwether_copy_age_seconds", "Every earlier change is in the copy.", labels=["module"]
    )
    for module, instant in repositories.freshness(connection).modules.items():
        if instant is not None:
            age.add_metric([module], (now - instant).total_seconds())
    yield age
    touched = repositories.touched_count(connection)
    yield _one("bellwether_accounts_waiting", "Accounts that wait to be scored.", touched)


def _last_sync(connection: Connection) -> Iterator[Metric]:
    run = repositories.last_sync_run(connection)
    if run is None or run.finished_at is None:
        return
    yield _one("bellwether_sync_ok", "Whether the last sync came to its end.", int(run.status == "done"))
    seconds = (run.finished_at - run.started_at).total_seconds()
    yield _one("bellwether_sync_seconds", "How long the last sync took.", seconds)
    rows = GaugeMetricFamily("bellwether_sync_rows", "Rows of the last sync.", labels=["module", "what"])
    for module in orjson.loads(run.report or "{}").get("modules", ()):
        for what in ("read", "inserted", "updated", "deleted", "skipped"):
            rows.add_metric([module["module"], what], module[what])
    yield rows


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
