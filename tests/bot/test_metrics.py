"""The figures for monitoring, on both databases."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from bot.runtime.metrics import Metrics
from bot.store.heartbeats import SqlHeartbeats
from bot.store.incidents import SqlIncidents
from bot.store.outbox import SqlOutbox
from connector.access_ports import ApiCall
from connector.budget import Allowance
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.ledger import SqlCallBook
from connector.ports import Cursor
from tests.support.moved_clock import SetClock


def figures(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Name and label values -> value, as a monitoring system reads them."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_credits_freshness_and_signs_of_life(database: Database) -> None:
    clock = SetClock()
    heartbeats = SqlHeartbeats(database, clock)
    incidents = SqlIncidents(database, clock, lambda: None)
    metrics = Metrics(database, clock, heartbeats, SqlOutbox(database, clock), incidents)
    book = SqlCallBook(database, clock, lambda _api: Allowance(1_000, None, 20))
    book.before(ApiCall("crm", "bulk read", 50))
    book.after(ApiCall("crm", "bulk read", 50), 450)
    book.flush()
    heartbeats.beat("worker", "host:1:abc")
    with SqlCopy(database).writing() as writer:
        writer.save_cursor(Cursor("Deals", high_water=clock.now() - timedelta(minutes=3)))
    incidents.begin("zoho", "It does not answer.", "Wait.")
    clock.move(seconds=10)
    found = figures(metrics)
    assert found["bellwether_api_credits_24h", "crm", "bulk read"] == 50
    assert found["bellwether_api_calls_24h", "crm", "bulk read"] == 1
    assert found["bellwether_api_credits_remaining", "crm"] == 450
    assert found["bellwether_copy_age_seconds", "Deals"] == 190
    assert found["bellwether_heartbeat_age_seconds", "worker"] == 10
    assert found[("bellwether_incidents",)] == 1
    assert found[("bellwether_outbox_waiting",)] == 0


def test_an_empty_database_has_figures_too(database: Database) -> None:
    clock = SetClock()
    metrics = Metrics(
        database,
        clock,
        SqlHeartbeats(database, clock),
        SqlOutbox(database, clock),
        SqlIncidents(database, clock, lambda: None),
    )
    assert figures(metrics)[("bellwether_accounts_waiting",)] == 0
