"""The Zoho scopes that the README tells a customer to grant are enough, and none is left over."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from bot.runtime.clock import SystemClock
from bot.store.schema import migrate
from connector.cache.copy import SqlCopy
from connector.cache.engine import open_database
from connector.cache.token_shelf import SealedShelf
from connector.errors import NeedsPerson
from connector.feed_ports import ChannelOrder
from connector.mapping import standard_mapping
from connector.sync.pipeline import Sync
from connector.zoho.auth import Credentials, Tokens
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.notifications import ChannelClient
from connector.zoho.regions import region
from sandbox.zoho.serve import running

README = Path(__file__).resolve().parents[2] / "README.md"
SCOPES = re.findall(r"ZohoCRM(?:\.\w+)+", README.read_text(encoding="utf-8"))
# Without these it works too, only dearer: record lists are read instead, and doctor says so.
CHEAPER = ["ZohoCRM.coql.READ", "ZohoCRM.bulk.READ"]
NEEDED = [scope for scope in SCOPES if scope not in CHEAPER]
CLIENT = {"client_id": "1000.SANDBOXCLIENT", "client_secret": "sandbox-secret"}


def refresh_token_for(base_url: str, scopes: list[str]) -> str:
    """What a self client gets for these scopes."""
    code = requests.post(
        f"{base_url}/_sandbox/tokens/code", json={"scope": ",".join(scopes)}, timeout=10
    ).json()["code"]
    answer = requests.post(
        f"{base_url}/oauth/v2/token",
        data={"grant_type": "authorization_code", "code": code, **CLIENT},
        timeout=10,
    ).json()
    return str(answer["refresh_token"])


def sync_with(tmp_path: Path, scopes: list[str]) -> list[str]:
    with running() as zoho:
        database = open_database(f"sqlite:///{tmp_path / 'scopes.sqlite'}")
        migrate(database)
        credentials = Credentials(
            CLIENT["client_id"], CLIENT["client_secret"], refresh_token_for(zoho.base_url, scopes)
        )
        shelf = SealedShelf(database, Fernet.generate_key().decode())
        clock = SystemClock()
        tokens = Tokens(shelf, credentials, region("us", zoho.base_url), clock)
        report = Sync(SqlCopy(database), CrmClient(ZohoClient(tokens)), standard_mapping(), clock).run()
        be_told(ChannelClient(ZohoClient(tokens)))
        database.close()
    assert report.changed > 9_000
    return [one.plan for one in report.modules]


def be_told(desk: ChannelClient) -> None:
    """Make a notification channel, look at it, and end it."""
    expires_at = datetime.now(UTC) + timedelta(hours=2)
    order = ChannelOrder("4711", "Deals", "https://bellwether.example/zoho/crm", "word", expires_at)
    assert desk.create([order])[0].refusal is None
    assert [one.channel_id for one in desk.channels()] == ["4711"]
    desk.delete(["4711"])
    assert desk.channels() == ()


def test_they_are_enough(tmp_path: Path) -> None:
    assert set(SCOPES) > set(CHEAPER)
    plans = sync_with(tmp_path, SCOPES)
    assert not any("record lists" in plan for plan in plans)


def test_without_the_cheaper_ways_it_works_too(tmp_path: Path) -> None:
    plans = sync_with(tmp_path, NEEDED)
    assert all("record lists" in plan for plan in plans)


@pytest.mark.parametrize("left_out", NEEDED)
def test_none_is_left_over(tmp_path: Path, left_out: str) -> None:
    with pytest.raises(NeedsPerson, match="scope"):
        sync_with(tmp_path, [scope for scope in SCOPES if scope != left_out])
