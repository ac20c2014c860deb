"""`bellwether backtest` over the sandbox's organisation, as a person types it, on both kinds of database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.backtesting import Asked, Backtesting
from bot.app.config.published import PublishedConfigurations
from bot.runtime.clock import SystemClock
from bot.store.backtest_data import SqlPastRecords
from bot.store.backtests import SqlBacktests
from bot.store.config_versions import SqlConfigVersions
from connector.cache.engine import open_database
from sandbox.zoho.serve import running as running_zoho
from tests.support.postgres import PostgresServer
from tests.support.processes import Product, install

ASKED = Asked("rfm", horizon_days=14)

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


@pytest.fixture(params=["sqlite", "postgresql"])
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Product]:
    with running_zoho() as zoho:
        made = install(tmp_path, zoho_url=zoho.base_url, slack_url="http://127.0.0.1:9")
        found = Product(made.directory, {**made.environment, "COLUMNS": "160"})
        if request.param == "sqlite":
            yield found
            return
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.fresh("template1") as url:
            yield found.with_settings(DATABASE_URL=url)


def refused(product: Product, *arguments: str) -> str:
    outcome = product.run("backtest", *arguments, seconds=120)
    assert outcome.returncode == 1, outcome.stdout
    assert outcome.stderr.count("\n") == 1, "one sentence, no traceback"
    return outcome.stderr


def kept_in_the_night(product: Product) -> None:
    """As the nightly job keeps what it finds; its own horizon is too long for so young an organisation."""
    database = open_database(product.environment["BELLWETHER_DATABASE_URL"])
    try:
        clock = SystemClock()
        configurations = PublishedConfigurations(SqlConfigVersions(database, clock))
        use = Backtesting(SqlPastRecords(database), SqlBacktests(database), configurations, clock)
        SqlBacktests(database).keep(use.run(ASKED))
    finally:
        database.close()


def test_a_technique_is_tried_kept_and_shown_again(product: Product) -> None:
    assert "has not been read to its end yet" in refused(product, "--technique", "rfm")
    assert product.run("sync", seconds=120).returncode == 0
    assert "No back-test is kept yet" in refused(product, "--last")

    tried = product.run("backtest", "--technique", "rfm", "--horizon", "14", "--json", seconds=120)
    assert tried.returncode == 0, tried.stderr
    found = json.loads(tried.stdout)
    assert (found["technique"], found["horizon_days"]) == ("rfm", 14)
    assert found["segmentation"] == "Purchase behaviour"
    assert {one["accounts"] for one in found["windows"]} == {85}
    names = {one["name"] for window in found["windows"] for one in window["rankings"]}
    assert names == {"the order of the labels", "days since the last purchase", "R + F + M"}
    assert len(found["verdict"]) == 2
    assert sum(one["accounts"] for one in found["labels"]) == sum(one["accounts"] for one in found["windows"])

    drawn = product.run("backtest", "--technique", "recommendations", "--horizon", "30", "--cutoffs", "1")
    assert drawn.returncode == 0, drawn.stderr
    assert "the recommendations" in drawn.stdout
    assert "what sells best" in drawn.stdout

    never = ("--technique", "rfm", "--horizon", "14", "--cutoffs", "2030-01-01")
    assert "2030-01-01 is not over yet" in refused(product, *never)

    kept_in_the_night(product)
    last = product.run("backtest", "--last", "--json", "--technique", "rfm", seconds=120)
    assert last.returncode == 0, last.stderr
    assert json.loads(last.stdout)["horizon_days"] == 14
