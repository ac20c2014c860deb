"""A team's installation: PostgreSQL, and web, worker and clock as processes of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from sandbox.demo.children import free_port
from tests.support.postgres import PostgresServer
from tests.support.processes import Product, await_that
from tests.support.whole import World, world

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

PARTS = ("web", "worker", "worker", "clock", "clock")  # two of those that must not do things twice


@pytest.fixture
def team(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[tuple[World, str]]:
    with world(tmp_path) as it, postgres_server.fresh("template1") as url:
        product = it.product.with_settings(DATABASE_URL=url)
        yield World(it.zoho_url, it.slack_url, product), url


def count(url: str, statement: str) -> int:
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def start_all(stack: ExitStack, product: Product) -> None:
    all_of_them = [(part, product.with_settings(HTTP_PORT=str(free_port(0)))) for part in PARTS]
    for part, own in all_of_them:
        stack.enter_context(own.started(part))
    for _, own in all_of_them:
        own.await_ready()


def test_five_processes_answer_and_alert_once(team: tuple[World, str]) -> None:
    here, url = team
    for command in ("sync", "score"):
        outcome = here.product.run(command, seconds=120)
        assert outcome.returncode == 0, outcome.stderr
    asked = here.product.run("ask", "--json", "show VIP accounts in helthcare")
    assert asked.returncode == 0, asked.stderr
    assert sorted(one["name"] for one in json.loads(asked.stdout)["accounts"]) == ["Condax", "Isdom"]
    account = here.best_account()
    with ExitStack() as stack:
        start_all(stack, here.product)
        here.say("UDARCEL", "DDARCEL", "how many champions per industry?")
        await_that(
            lambda: any(one["user"] == "UBELLWETHER" for one in here.messages("DDARCEL", "UDARCEL")),
            30,
            "an answer",
        )
        here.lose_deals(account["id"])
        await_that(lambda: len(here.alerts(account["name"])) > 0, 60, "the alert")
        time.sleep(5)
    assert len(here.alerts(account["name"])) == 1
    assert count(url, "SELECT count(*) FROM alert") == 1
    assert count(url, "SELECT count(*) FROM outbox WHERE state <> 'sent'") == 0
    assert count(url, "SELECT count(*) FROM job WHERE state = 'failed'") == 0
