"""Slack over HTTP: who is refused and how, and that what is taken is taken once and acknowledged at once."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from bot.app.answers import Answer
from bot.language.question import Kind
from bot.slack import http_mode
from bot.slack.http_mode import LARGEST_BODY, HttpConnection, Refused, Signatures
from bot.store.once import SqlUsedOnce
from connector.cache.engine import Database
from tests.support.fake_services import FakeWorld, fake_world, notice
from tests.support.moved_clock import SetClock
from tests.support.processes import await_that
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_http import FORM, SECRET, post, send, served, signed
from tests.support.slack_requests import Chat, event_body

CANARY = "canary-4711"
NOW = 1_700_000_000


@dataclass
class Remembered:
    """The port ``UsedOnce`` in memory, shared by the processes of a test."""

    names: set[str] = field(default_factory=set)

    def first_use(self, name: str, until: datetime) -> bool:
        known = name in self.names
        self.names.add(name)
        return not known

    def forget(self, name: str) -> None:
        self.names.discard(name)


@dataclass
class Here:
    """Two processes of one app, as Slack sees them."""

    urls: list[str]
    chat: Chat
    once: Remembered
    refused: list[str]

    @property
    def url(self) -> str:
        return self.urls[0]


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingSlack]:
    with recording_slack() as slack:
        yield slack


@pytest.fixture
def world() -> FakeWorld:
    made = fake_world(notice())
    made.asking.knows("help", Answer("help", Kind.HELP, "", 0, 0, None, "USD"))
    return made


@pytest.fixture
def here(server: RecordingSlack, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    # A busy machine is not to be taken for a slow listener.
    monkeypatch.setattr(http_mode, "ACKNOWLEDGE_SECONDS", 20)
    server.calls.clear()
    once, refused = Remembered(), list[str]()
    with ExitStack() as stack, structlog.testing.capture_logs():
        urls = []
        for _ in range(2):
            chat = Chat(world, server)
            connection = HttpConnection(
                chat.app,
                Signatures((SECRET, "the-secret-of-before"), time.time),
                once,
                app_id=lambda: "A0",
                count=lambda _path, reason: refused.append(reason),
            )
            connection.start()
            stack.callback(connection.stop)
            urls.append(stack.enter_context(served(connection.routes())) + "/slack/events")
        yield Here(urls, chat, once, refused)


def mention(text: str = f"help {CANARY}", **more: Any) -> dict[str, Any]:
    return event_body("app_mention", user="UDARCEL", channel="CSALES", text=f"<@UBELLWETHER> {text}", **more)


def asked(world: FakeWorld) -> list[str]:
    return [text for _, text in world.asking.asked]


REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "nothing signed": (400, {"drop": ["X-Slack-Signature", "X-Slack-Request-Timestamp"]}),
    "no signature": (400, {"drop": ["X-Slack-Signature"]}),
    "no time": (400, {"drop": ["X-Slack-Request-Timestamp"]}),
    "another secret": (401, {"secret": "not-ours"}),
    "301 seconds old": (401, {"age": 301}),
    "301 seconds ahead": (401, {"age": -302}),
    "a time in words": (400, {"at": "yesterday"}),
    "a negative time": (400, {"at": "-5"}),
    "a time with a fraction": (400, {"at": "1700000000.5"}),
    "an endless time": (400, {"at": "9" * 400}),
    "a time in other digits": (
        400,
        {"headers": {"X-Slack-Request-Timestamp": "\u0661\u0667".encode().decode("latin-1")}},
    ),
    "version 1": (400, {"headers": {"X-Slack-Signature": "v1=" + "0" * 64}}),
    "not hexadecimal": (400, {"headers": {"X-Slack-Signature": "v0=" + "g" * 64}}),
    "an empty signature": (400, {"headers": {"X-Slack-Signature": ""}}),
    "zeros": (401, {"headers": {"X-Slack-Signature": "v0=" + "0" * 64}}),
    "another body": (401, {"body": b'{"type": "event_callback"}'}),
    "no body": (401, {"body": b""}),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_proves_nothing_is_refused_without_a_word(here: Here, world: FakeWorld, name: str) -> None:
    status, how = REFUSALS[name]
    body = json.dumps(mention()).encode()
    at = how.get("at", int(time.time()) - how.get("age", 0))
    headers = signed(body, at, how.get("secret", SECRET)) | how.get("headers", {})
    for gone in how.get("drop", ()):
        del headers[gone]
    with structlog.testing.capture_logs() as logs:
        answer = post(here.url, how.get("body", body), headers)
    assert (answer.status_code, answer.content) == (status, b"")
    assert CANARY not in str(logs)
    assert asked(world) == []
    assert here.once.names == set()
    assert len(here.refused) == 1


def test_two_signatures_are_refused(here: Here, world: FakeWorld) -> None:
    body = json.dumps(mention()).encode()
    address = urlsplit(here.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.putrequest("POST", address.path)
    headers = [
        *signed(body).items(),
        ("X-Slack-Signature", "v0=" + "0" * 64),
        ("Content-Length", str(len(body))),
    ]
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders(body)
    assert connection.getresponse().status == 400
    connection.close()
    assert here.refused == ["two_headers"]
    assert asked(world) == []


def test_a_body_is_read_to_a_limit_and_no_further(here: Here) -> None:
    body = b"x" * (LARGEST_BODY + 1)
    assert post(here.url, body, signed(body)).status_code == 413
    at_the_limit = json.dumps({"type": "url_verification", "challenge": "c"}).encode().ljust(LARGEST_BODY)
    assert post(here.url, at_the_limit, signed(at_the_limit)).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe", b"[" * 90_000, b"payload=no"])
@pytest.mark.parametrize("kind", ["application/json", FORM])
def test_what_is_signed_but_makes_no_sense_never_fails(here: Here, body: bytes, kind: str) -> None:
    assert post(here.url, body, signed(body), kind).status_code < 500


@given(body=st.binary(max_size=200), at=st.integers(0, 10**10), change=st.integers(1, 255), data=st.data())
def test_a_signature_is_good_for_its_body_its_time_and_its_secret(
    body: bytes, at: int, change: int, data: st.DataObject
) -> None:
    headers = Headers(signed(body, at))
    checking = Signatures((SECRET,), lambda: at + data.draw(st.integers(-300, 300)))
    assert checking.check(headers, body).signature == headers["x-slack-signature"]
    place = data.draw(st.integers(0, len(body)))
    other = body[:place] + bytes([(body[place] if place < len(body) else 0) ^ change]) + body[place + 1 :]
    for wrong in (
        lambda: checking.check(headers, other),
        lambda: Signatures((SECRET,), lambda: at + 301).check(headers, body),
        lambda: Signatures((SECRET,), lambda: at - 301).check(headers, body),
        lambda: Signatures((SECRET + "x",), lambda: at).check(headers, body),
        lambda: Signatures((), lambda: at).check(headers, body),
    ):
        with pytest.raises(Refused):
            wrong()  # type: ignore[no-untyped-call]


def test_what_slack_signs_is_taken_whichever_secret_it_has_yet(here: Here, world: FakeWorld) -> None:
    assert send(here.url, mention("help")).status_code == 200
    body = json.dumps(mention("help")).encode()
    assert post(here.url, body, signed(body, secret="the-secret-of-before")).status_code == 200
    await_that(lambda: asked(world) == ["help", "help"], 5, "both are answered")


def test_the_same_request_is_taken_once_by_all_processes_together(here: Here, world: FakeWorld) -> None:
    body = json.dumps(mention("help", event_id="EvReplay")).encode()
    headers = signed(body)
    answers = [post(url, body, headers) for url in (here.urls[0], here.urls[1], here.urls[0])]
    assert [one.status_code for one in answers] == [200, 401, 401]
    assert [one.content for one in answers[1:]] == [b"", b""]
    assert here.refused == ["replayed", "replayed"]


def test_slack_sends_an_event_again_to_another_process(here: Here, world: FakeWorld) -> None:
    payload, began = mention("help", event_id="EvAgain"), int(time.time())
    for url, at in ((here.urls[0], 0), (here.urls[1], 1), (here.urls[0], 2)):
        body = json.dumps(payload).encode()
        headers = signed(body, began - at) | {"X-Slack-Retry-Num": str(at)}
        assert post(url, body, headers).status_code == 200
    await_that(lambda: asked(world) == ["help"], 5, "it is answered")
    send(here.url, mention("help", event_id="EvLater"))
    await_that(lambda: len(asked(world)) == 2, 5, "the next one is answered")
    assert asked(world) == ["help", "help"]


def test_a_request_of_which_nothing_came_may_be_sent_again(
    here: Here, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps(mention("help")).encode()
    headers = signed(body)
    with monkeypatch.context() as broken:
        broken.setattr(world.services.seen, "first_time", lambda _id: 1 / 0)
        broken.setattr(here.chat.app, "_middleware_error_handler", Unhandled())
        first = post(here.urls[1], body, headers)
    assert first.status_code == 500
    assert CANARY not in first.text
    assert post(here.urls[0], body, headers).status_code == 200
    await_that(lambda: asked(world) == ["help"], 5, "it is answered")


class Unhandled:
    """Bolt without our handler of errors."""

    def handle(self, *, error: Exception, request: Any, response: Any) -> None:
        response.status = 500


def test_a_slow_listener_is_acknowledged_meanwhile(
    here: Here, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_mode, "ACKNOWLEDGE_SECONDS", 0.8)
    go_on, began = threading.Event(), threading.Event()
    find = world.services.people.person

    def slowly(slack_id: str) -> Any:
        began.set()
        assert go_on.wait(20)
        return find(slack_id)

    monkeypatch.setattr(world.services.people, "person", slowly)
    try:
        answer = send(here.url, mention("help"))
        assert (answer.status_code, answer.content) == (200, b"")
        assert began.wait(20)
        assert asked(world) == []
    finally:
        go_on.set()
    await_that(lambda: asked(world) == ["help"], 5, "it is answered all the same")


def test_every_kind_of_request_arrives(here: Here, world: FakeWorld, server: RecordingSlack) -> None:
    challenge = send(here.url, {"type": "url_verification", "token": "t", "challenge": "3eZbrw1aB"})
    assert challenge.status_code == 200
    assert "3eZbrw1aB" in challenge.text
    command = {
        "command": "/bellwether", "text": "help", "user_id": "UDARCEL", "team_id": "T0", "api_app_id": "A0",
        "channel_id": "COPS", "response_url": f"{server.base_url}/respond/1", "trigger_id": "http-1",
    }  # fmt: skip
    assert send(here.url, command).status_code == 200
    await_that(lambda: len(server.of("response_url")) == 1, 5, "the command is answered")
    options = {
        "type": "block_suggestion", "team": {"id": "T0"}, "user": {"id": "UDARCEL"}, "action_id": "unknown",
        "block_id": "b", "value": "x", "container": {"type": "view"}, "trigger_id": "http-2",
    }  # fmt: skip
    assert send(here.url, options).json() == {"options": []}
    modal = {
        "type": "view_submission", "team": {"id": "T0"}, "user": {"id": "UDARCEL"}, "trigger_id": "http-3",
        "view": {"type": "modal", "callback_id": "unknown", "private_metadata": "", "blocks": []},
    }  # fmt: skip
    assert send(here.url, modal).status_code == 200


def test_a_certificate_is_tried_without_a_signature_and_nothing_is_done(here: Here, world: FakeWorld) -> None:
    body = urlencode({"ssl_check": "1", "token": "t", "command": "/bellwether", "text": "help"}).encode()
    answer = post(here.url, body, {}, FORM)
    assert (answer.status_code, answer.content) == (200, b"")
    assert asked(world) == []


def test_another_app_is_refused(here: Here, world: FakeWorld) -> None:
    assert send(here.url, mention("help") | {"api_app_id": "A0ELSEWHERE"}).status_code == 403
    assert asked(world) == []


def test_of_many_uses_one_is_first_until_it_is_forgotten(database: Database) -> None:
    clock = SetClock()
    once = SqlUsedOnce(database, clock)
    firsts: list[bool] = []
    threads = [
        threading.Thread(target=lambda: firsts.append(once.first_use("v0=1", clock.now()))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(firsts) == [False] * 5 + [True]
    once.forget("v0=1")
    assert once.first_use("v0=1", clock.now())
    clock.move(seconds=1)
    once.forget_old()
    assert once.first_use("v0=1", clock.now())
