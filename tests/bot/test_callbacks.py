"""What Zoho posts to us, over HTTP: taken when it proves where it comes from, else refused and counted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from bot.app.ports import Clock
from bot.runtime.callbacks import LARGEST_BODY, Callbacks
from bot.runtime.http import HttpServer, http_app
from bot.runtime.wiring import Bellwether
from bot.settings import Settings, ZohoSettings
from bot.store.seen_events import SqlSeenEvents
from connector.cache.engine import Database, open_database
from connector.cache.hints import SqlChannels, SqlHints
from connector.feed_ports import ChannelOrder
from connector.zoho.books_callbacks import signature
from sandbox.demo.children import free_port
from tests.support.feed_world import SECRET_KEY, WEBHOOK_SECRET
from tests.support.moved_clock import SetClock

OWN = frozenset({"RFM_Label", "RFM_Score"})
TOKEN = "the-word-that-nobody-guesses"
FORM = "application/x-www-form-urlencoded"


class Door:
    """The product's HTTP server with one channel, on Accounts."""

    def __init__(self, database: Database, clock: Clock, webhook_secret: str = WEBHOOK_SECRET) -> None:
        self.channels, self.hints = SqlChannels(database, SECRET_KEY), SqlHints(database)
        self.clock = clock
        seen = SqlSeenEvents(database, clock)
        self.callbacks = Callbacks(self.channels, self.hints, seen, clock, webhook_secret, lambda module: OWN)
        self.port = free_port(0)
        order = ChannelOrder(
            "4711", "Accounts", "https://here.example", TOKEN, clock.now() + timedelta(days=7)
        )
        self.channels.expect([order], clock.now())

    def post(self, path: str, body: Any, **headers: str) -> int:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(
            f"http://127.0.0.1:{self.port}{path}", data=data, headers=named, timeout=20
        ).status_code

    def waiting(self, source: str = "crm") -> dict[str, str]:
        batch = self.hints.take([source], 1000)
        return {one.record_id: one.operation for one in batch.hints} if batch else {}

    @property
    def refused(self) -> dict[str, int]:
        return {reason: number for (_, reason), number in self.callbacks.refusals.counts.items()}


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """One kind of database is enough here: what is written has tests of its own on both."""
    file = tmp_path / "callbacks.sqlite"
    shutil.copyfile(sqlite_template, file)
    opened = open_database(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture
def door(database: Database) -> Iterator[Door]:
    made = Door(database, SetClock())
    with HttpServer(http_app(list, made.callbacks.routes()), "127.0.0.1", made.port):
        yield made


def told(**other: Any) -> dict[str, Any]:
    return {
        "server_time": 1718115953625,
        "query_params": {},
        "module": "Accounts",
        "ids": ["1", "2"],
        "affected_fields": [{"1": ["Phone"]}, {"2": ["RFM_Label"]}],
        "operation": "update",
        "channel_id": "4711",
        "token": TOKEN,
    } | other


def test_hints_are_written_and_our_own_echo_is_not(door: Door) -> None:
    assert door.post("/zoho/crm", told()) == 200
    assert door.waiting() == {"1": "update"}
    channel = door.channels.find("4711")
    assert channel is not None
    assert channel.heard_at == door.clock.now()


def test_a_replay_changes_nothing_but_the_time(door: Door) -> None:
    assert [door.post("/zoho/crm", told()) for _ in range(3)] == [200, 200, 200]
    assert door.waiting() == {"1": "update"}
    assert door.hints.waiting() == 1


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (told(token="wrong"), 403, "wrong_token"),
        (told(token=None), 403, "wrong_token"),
        (told(token=""), 403, "wrong_token"),
        (told(channel_id="4712"), 403, "unknown_channel"),
        (told(channel_id="4712", token=""), 403, "unknown_channel"),
        (told(module="Deals"), 400, "other_module"),
        ({}, 400, "no_callback"),
        ([told()], 400, "no_callback"),
        (told(ids="1"), 400, "no_callback"),
        (b"<xml/>", 400, "not_json"),
        (b"", 400, "not_json"),
        (b"[" * 5000, 400, "not_json"),
        (b'{"a": "' + b"x" * LARGEST_BODY + b'"}', 413, "too_large"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_zohos_is_refused_and_counted(
    door: Door, body: Any, status: int, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.post("/zoho/crm", body) == status
    assert door.refused == {reason: 1}
    assert door.hints.waiting() == 0
    channel = door.channels.find("4711")
    assert channel is not None
    assert channel.heard_at is None
    logged = capsys.readouterr()
    assert TOKEN not in logged.out + logged.err


def test_a_body_without_a_length_is_cut_off_too(door: Door) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 50_000

    answer = requests.post(f"http://127.0.0.1:{door.port}/zoho/crm", data=parts(), timeout=20)
    assert answer.status_code == 413


def test_a_channel_sealed_with_another_key_takes_nothing(door: Door, database: Database) -> None:
    other = SqlChannels(database, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    order = ChannelOrder("5", "Deals", "https://here.example", "", door.clock.now())
    other.expect([order], door.clock.now())
    assert door.post("/zoho/crm", told(channel_id="5", module="Deals", token="")) == 403


def test_only_posts_are_taken(door: Door) -> None:
    for path in ("/zoho/crm", "/zoho/books"):
        assert requests.get(f"http://127.0.0.1:{door.port}{path}", timeout=10).status_code == 405
    assert requests.get(f"http://127.0.0.1:{door.port}/healthz", timeout=10).text == "ok\n"


INVOICE = b'{"invoice": {"invoice_id": "90300000000", "customer_id": "1"}}'


def test_a_signed_webhook_is_taken(door: Door) -> None:
    right = signature(WEBHOOK_SECRET, [], INVOICE)
    assert door.post("/zoho/books", INVOICE, X_Zoho_Webhook_Signature=right) == 200
    assert door.waiting("books") == {"90300000000": ""}


def test_the_query_is_signed_too(door: Door) -> None:
    right = signature(WEBHOOK_SECRET, [("to", "us & you"), ("from", "books")], INVOICE)
    path = "/zoho/books?to=us+%26+you&from=books"
    assert door.post(path, INVOICE, X_Zoho_Webhook_Signature=right) == 200
    assert door.post("/zoho/books?from=books", INVOICE, X_Zoho_Webhook_Signature=right) == 403


def test_a_signed_form_is_taken(door: Door) -> None:
    right = signature(WEBHOOK_SECRET, [("JSONString", '{"contact":{"contact_id":"12"}}')], b"")
    body = b"JSONString=%7B%22contact%22%3A%7B%22contact_id%22%3A%2212%22%7D%7D"
    headers = {"Content_Type": FORM, "X_Zoho_Webhook_Signature": right}
    assert door.post("/zoho/books", body, **headers) == 200
    assert door.waiting("books") == {"12": ""}


def test_an_event_that_is_played_again_is_not_taken_again(door: Door) -> None:
    body = b'{"event_id": "5675", "invoice_id": "7"}'
    right = signature(WEBHOOK_SECRET, [], body)
    assert door.post("/zoho/books", body, X_Zoho_Webhook_Signature=right) == 200
    taken = door.hints.take(["books"], 10)
    assert taken is not None
    door.hints.settle(taken)
    assert door.post("/zoho/books", body, X_Zoho_Webhook_Signature=right) == 200
    assert door.waiting("books") == {}


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        (INVOICE, {}, 403, "no_signature"),
        (INVOICE, {"X_Zoho_Webhook_Signature": "0" * 64}, 403, "wrong_signature"),
        (
            INVOICE + b" ",
            {"X_Zoho_Webhook_Signature": signature(WEBHOOK_SECRET, [], INVOICE)},
            403,
            "wrong_signature",
        ),
        (b"{", {"X_Zoho_Webhook_Signature": signature(WEBHOOK_SECRET, [], b"{")}, 400, "not_json"),
        (b"\xff", {"Content_Type": FORM, "X_Zoho_Webhook_Signature": "0"}, 400, "no_form"),
        (b"x" * (LARGEST_BODY + 1), {}, 413, "too_large"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_webhook_that_is_not_signed_is_refused(
    door: Door, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    assert door.post("/zoho/books", body, **headers) == status
    assert door.refused == {reason: 1}
    assert door.hints.waiting() == 0


def test_without_a_secret_no_webhook_is_taken(tmp_path: Path, database: Database) -> None:
    door = Door(database, SetClock(), webhook_secret="")
    with HttpServer(http_app(list, door.callbacks.routes()), "127.0.0.1", door.port):
        right = signature("", [], INVOICE)
        assert door.post("/zoho/books", INVOICE, X_Zoho_Webhook_Signature=right) == 403
    assert door.refused == {"no_webhook_secret": 1}


def test_refusals_are_counted_in_the_metrics_by_address_and_reason(tmp_path: Path) -> None:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'doors.sqlite'}",
        secret_key=SecretStr(SECRET_KEY),
        config_file=tmp_path / "bellwether.yaml",
        public_url="https://here.example",
        zoho=ZohoSettings(webhook_secret=SecretStr(WEBHOOK_SECRET)),
    )
    bellwether, port = Bellwether(settings), free_port(0)
    bellwether.prepare()
    address = f"http://127.0.0.1:{port}"
    with (
        closing(bellwether.database),
        HttpServer(http_app(list, bellwether.routes()), "127.0.0.1", port),
    ):
        for _ in range(2):
            requests.post(f"{address}/zoho/crm", json=told(channel_id="4712"), timeout=20)
        requests.post(f"{address}/zoho/books", data=INVOICE, timeout=20)
        requests.post(f"{address}/zoho/survey?key=guessed", json={}, timeout=20)
        text = requests.get(f"{address}/metrics", timeout=20).text
    name = "bellwether_callbacks_refused_total"
    assert [line for line in text.splitlines() if line.startswith(name)] == [
        f'{name}{{path="/zoho/crm",reason="unknown_channel"}} 2.0',
        f'{name}{{path="/zoho/books",reason="no_signature"}} 1.0',
        f'{name}{{path="/zoho/survey",reason="not_connected"}} 1.0',
    ]
