"""Asking a Zoho for notification channels, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.runtime.clock import clock_for
from bot.store.schema import migrate
from connector.cache.engine import open_database
from connector.errors import Fatal, NeedsPerson
from connector.feed_ports import ChannelOrder
from connector.zoho.auth import Credentials
from connector.zoho.notifications import ChannelClient
from sandbox.zoho.serve import running
from tests.support.feed_world import SANDBOX, zoho_client
from tests.support.zoho_client import ZohoHttp

URL = "https://here.example/zoho/crm"
SCOPES = "ZohoCRM.modules.ALL"


@pytest.fixture(scope="module")
def zoho() -> Iterator[ZohoHttp]:
    with running() as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        yield http
        http.close()


@pytest.fixture
def desk(zoho: ZohoHttp, tmp_path: Path) -> Iterator[ChannelClient]:
    zoho.delete("/_sandbox/callbacks").raise_for_status()
    with desk_of(zoho, tmp_path, SANDBOX) as client:
        yield client


class desk_of:  # noqa: N801 - reads as a function
    def __init__(self, zoho: ZohoHttp, directory: Path, credentials: Credentials) -> None:
        self._database = open_database(f"sqlite:///{directory / 'tokens.sqlite'}")
        migrate(self._database)
        client = zoho_client(zoho.base_url, self._database, clock_for(None), credentials)
        self._client = ChannelClient(client)

    def __enter__(self) -> ChannelClient:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._database.close()


def order(number: int = 1, **other: Any) -> ChannelOrder:
    given = {"channel_id": str(number), "module": "Deals", "url": URL, "token": "word"}
    expires_at = datetime.now(UTC) + timedelta(days=6)
    return ChannelOrder(**{**given, "expires_at": expires_at, **other})


def test_a_channel_is_made_listed_and_ended(desk: ChannelClient) -> None:
    wanted = order()
    made = desk.create([wanted])[0]
    assert made.expires_at == wanted.expires_at.replace(microsecond=0)
    listed = desk.channels()[0]
    assert (listed.channel_id, listed.module, listed.url, listed.token) == ("1", "Deals", URL, "word")
    assert listed.expires_at == made.expires_at
    assert listed.events == {"Deals.all"}
    desk.delete(["1", "2"])
    assert desk.channels() == ()
    assert desk.create([]) == ()


def test_the_expiry_is_what_zoho_says(desk: ChannelClient) -> None:
    """A week and more is silently made an hour."""
    made = desk.create([order(expires_at=datetime.now(UTC) + timedelta(days=8))])[0]
    assert made.expires_at is not None
    assert made.expires_at < datetime.now(UTC) + timedelta(hours=1, minutes=1)


def test_what_zoho_refuses_is_said_and_the_others_stand(desk: ChannelClient) -> None:
    made = desk.create([order(1, module="Nothing"), order(2), order(3, token="x" * 51)])
    assert [one.expires_at is not None for one in made] == [False, True, False]
    assert "INVALID_MODULE" in str(made[0].refusal)
    assert "token" in str(made[2].refusal)
    alone = desk.create([order(4, url="http://here.example/zoho/crm")])[0]
    assert "notify_url" in str(alone.refusal)


def test_more_than_fit_into_one_call(desk: ChannelClient) -> None:
    made = desk.create([order(number) for number in range(1, 252)])
    assert all(one.refusal is None for one in made)
    assert len(desk.channels()) == 251
    desk.delete([str(number) for number in range(1, 252)])
    assert desk.channels() == ()


def test_a_missing_scope_is_named(zoho: ZohoHttp, tmp_path: Path) -> None:
    code = zoho.post("/_sandbox/tokens/code", {"scope": SCOPES}).json()["code"]
    token = zoho.ask_token(grant_type="authorization_code", code=code).json()["refresh_token"]
    limited = Credentials(SANDBOX.client_id, SANDBOX.client_secret, token)
    with (
        desk_of(zoho, tmp_path, limited) as desk,
        pytest.raises(NeedsPerson, match=r"ZohoCRM\.notifications\.ALL"),
    ):
        desk.channels()


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ({"code": "SUCCESS", "details": {}}, "did not say"),
        ({"code": "SUCCESS", "details": {"events": [{"channel_expiry": "soon"}]}}, "did not say"),
        ({"code": "NOT_SUPPORTED", "message": "no\nnews"}, "NOT_SUPPORTED, no news"),
        ({}, ""),
    ],
    ids=str,
)
def test_an_answer_without_what_we_need_is_a_refusal(answer: dict[str, Any], refusal: str) -> None:
    made = ChannelClient(Answering({"watch": [answer]})).create([order()])[0]
    assert made.expires_at is None
    assert refusal in str(made.refusal)


@pytest.mark.parametrize("answer", [None, [], {}, {"watch": {}}, {"watch": []}], ids=str)
def test_an_answer_of_another_shape_is_an_error(answer: object) -> None:
    with pytest.raises(Fatal, match="notification channels"):
        ChannelClient(Answering(answer)).create([order()])


def test_a_list_with_less_than_expected_is_read_as_far_as_it_goes() -> None:
    items = [{"channel_id": 17, "resource_name": "Deals"}, {"channel_id": "18"}, "noise"]
    listed = ChannelClient(Answering({"watch": items, "info": None})).channels()
    assert [(one.channel_id, one.token, one.expires_at, one.url) for one in listed] == [
        ("17", None, None, "")
    ]


def test_a_channel_that_zoho_keeps_is_an_error() -> None:
    with pytest.raises(Fatal, match="NO_PERMISSION"):
        ChannelClient(Answering({"watch": [{"code": "NO_PERMISSION"}]})).delete(["1"])


class Answering:
    """Answers every call with the same JSON."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def get(self, path: str, params: object = None) -> Any:
        return self._answer

    def post(self, path: str, body: object, *, repeatable: bool = False) -> Any:
        return self._answer

    def delete(self, path: str, params: object = None) -> Any:
        return self._answer
