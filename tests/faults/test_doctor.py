"""``doctor`` names each thing that is broken, and says what to do. Against the sandboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import insert

from bot.app.checks import Check
from bot.runtime.crm_checks import CrmChecks
from bot.runtime.doctor import _tried as tried
from bot.runtime.wiring import Bellwether
from bot.settings import Settings, ZohoSettings
from connector.cache.ledger import spendings
from connector.cache.tables import ApiSpendRow, ChannelRow, table_of
from sandbox.zoho.serve import RunningZoho, running
from tests.connector.test_scopes_in_the_readme import refresh_token_for

ALL = [
    "ZohoCRM.modules.ALL", "ZohoCRM.settings.ALL", "ZohoCRM.users.READ", "ZohoCRM.org.READ",
    "ZohoCRM.coql.READ", "ZohoCRM.bulk.READ", "ZohoCRM.notifications.ALL",
]  # fmt: skip


@pytest.fixture
def zoho() -> Iterator[RunningZoho]:
    with running() as server:
        yield server


def installed(zoho: RunningZoho, folder: Path, *left_out: str, region: str = "us") -> Bellwether:
    token = refresh_token_for(zoho.base_url, [one for one in ALL if one not in left_out])
    settings = Settings(
        database_url=f"sqlite:///{folder / 'bellwether.sqlite'}",
        secret_key=SecretStr(Fernet.generate_key().decode()),
        config_file=folder / "bellwether.yaml",
        zoho=ZohoSettings(
            region=region,
            accounts_url=zoho.base_url,
            client_id="1000.SANDBOXCLIENT",
            client_secret=SecretStr("sandbox-secret"),
            refresh_token=SecretStr(token),
        ),
        public_url="https://here.example",
    )
    bellwether = Bellwether(settings)
    bellwether.prepare()
    return bellwether


def broken(bellwether: Bellwether) -> dict[str, Check]:
    with closing(bellwether.database):
        checks = list(CrmChecks(bellwether.zoho, bellwether.clock, tried).all())
    return {one.name: one for one in checks if not one.ok}


def sandbox(zoho: RunningZoho, path: str, body: dict[str, object]) -> None:
    answer = requests.post(f"{zoho.base_url}/_sandbox/{path}", json=body, timeout=20)
    assert answer.ok, answer.text


def test_nothing_is_broken(zoho: RunningZoho, tmp_path: Path) -> None:
    assert broken(installed(zoho, tmp_path)) == {}


@pytest.mark.parametrize(
    ("left_out", "name", "words"),
    [
        ("ZohoCRM.coql.READ", "queries", "ZohoCRM.coql.READ"),
        ("ZohoCRM.bulk.READ", "bulk jobs", "ZohoCRM.bulk.READ"),
        ("ZohoCRM.modules.ALL", "module Deals", "ZohoCRM.modules"),
        ("ZohoCRM.settings.ALL", "modules", "ZohoCRM.settings.modules.READ"),
    ],
)
def test_a_missing_scope(zoho: RunningZoho, tmp_path: Path, left_out: str, name: str, words: str) -> None:
    found = broken(installed(zoho, tmp_path, left_out))
    assert words in found[name].advice


def test_a_poll_does_not_ask_again_for_what_the_credentials_do_not_cover(
    zoho: RunningZoho, tmp_path: Path
) -> None:
    bellwether = installed(zoho, tmp_path, "ZohoCRM.coql.READ")
    with closing(bellwether.database):
        bellwether.sync().run()
        requests.delete(f"{zoho.base_url}/_sandbox/calls", timeout=20).raise_for_status()
        report = bellwether.sync().run()
    calls = requests.get(f"{zoho.base_url}/_sandbox/calls", timeout=20).json()["calls"]
    crm = {name: number for name, number in calls.items() if "/crm/" in name}
    assert sum(crm.values()) == len(report.modules), crm
    assert all("ZohoCRM.coql" not in name and "coql" not in name for name in crm)
    assert {note for one in report.modules for note in one.notes if "OAUTH_SCOPE_MISMATCH" in note}


def test_a_field_that_was_removed(zoho: RunningZoho, tmp_path: Path) -> None:
    sandbox(zoho, "fields", {"module": "Deals", "rename": {"from": "Product", "to": "Produkt"}})
    (check,) = broken(installed(zoho, tmp_path)).values()
    assert check.name == "module Deals"
    assert "Product" in check.detail
    assert "Produkt" in check.advice


def test_credits_that_run_out(zoho: RunningZoho, tmp_path: Path) -> None:
    bellwether = installed(zoho, tmp_path)
    bellwether.sync().run()
    row = {"api": "crm", "hour": datetime.now(UTC), "call": "bulk write", "calls": 180, "credits": 90_000}
    with bellwether.database.writes.begin() as connection:
        connection.execute(insert(table_of(ApiSpendRow)), row)
    check = broken(bellwether)["credits"]
    assert "bulk write (90,000)" in check.detail
    assert "reserve_percent" in check.advice


def test_a_short_command_leaves_its_calls_in_the_ledger(zoho: RunningZoho, tmp_path: Path) -> None:
    bellwether = installed(zoho, tmp_path)
    bellwether.sync().run()
    bellwether.zoho.close_book()
    with closing(bellwether.database):
        found = {one.call: one.credits for one in spendings(bellwether.database, bellwether.clock.now())}
    assert found["GET org"] == 1
    assert found["GET Deals/deleted"] == 2
    assert found["COQL 2000"] > 0


def _expired(bellwether: Bellwether) -> None:
    row = {
        "channel_id": "1", "module": "Deals", "token": "x", "url": "https://here.example/zoho/crm",
        "created_at": datetime.now(UTC), "expires_at": datetime.now(UTC) - timedelta(hours=1),
    }  # fmt: skip
    with bellwether.database.writes.begin() as connection:
        connection.execute(insert(table_of(ChannelRow)), row)


@pytest.mark.parametrize("prepare", [_expired])
def test_a_channel_that_expired(
    zoho: RunningZoho, tmp_path: Path, prepare: Callable[[Bellwether], None]
) -> None:
    from bot.runtime.feed_checks import push_checks

    bellwether = installed(zoho, tmp_path)
    with closing(bellwether.database):
        prepare(bellwether)
        checks = {one.name: one for one in push_checks(bellwether.feed_parts.feed)}
    assert not checks["push Deals"].ok
    assert checks["push Deals"].advice


def test_a_wrong_region_is_named(zoho: RunningZoho, tmp_path: Path) -> None:
    bellwether = installed(zoho, tmp_path, region="germany")
    check = tried("zoho", lambda: bellwether.crm.organisation().name)
    assert not check.ok
    assert "germany" in check.detail
    assert "BELLWETHER_ZOHO__REGION" in check.advice
