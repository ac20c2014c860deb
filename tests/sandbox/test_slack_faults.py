"""What goes wrong on purpose: lost answers, outages, late and repeated deliveries; signed HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.serve import RunningSlack, running
from tests.support.slack_sandbox import MANIFEST, Person, bolt_app, client_of, connected, until

MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "T"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}],
}


@pytest.fixture
def slack() -> Iterator[RunningSlack]:
    with running(manifest=MANIFEST) as server:
        yield server


@pytest.fixture
def darcel(slack: RunningSlack) -> Person:
    return Person(slack.base_url)


def without_retries(base_url: str) -> WebClient:
    return WebClient(token="xoxb-sandbox-bot", base_url=f"{base_url}/api/", retry_handlers=[], timeout=5)


def order(person: Person, kind: str, match: str = "", **more: Any) -> None:
    assert "status" not in person.post("faults", kind=kind, match=match, **more)


def test_a_lost_answer_has_acted_and_is_found_by_its_metadata(slack: RunningSlack, darcel: Person) -> None:
    order(darcel, "lost_answer", "chat.postMessage", times=1)
    client = without_retries(slack.base_url)
    metadata = {"event_type": "alert", "event_payload": {"outbox_id": 7}}
    with pytest.raises(ConnectionError):
        client.chat_postMessage(channel="CALERTS", text="Konex slips", metadata=metadata)
    history = client.conversations_history(channel="CALERTS", include_all_metadata=True)["messages"]
    assert [one["metadata"] for one in history] == [metadata]
    assert len(darcel.get("calls", method="chat.postMessage")["calls"]) == 1
    assert darcel.get("faults")["faults"] == []


def test_down_means_no_answer_and_no_act(slack: RunningSlack, darcel: Person) -> None:
    order(darcel, "down", "chat.postMessage", times=1)
    client = without_retries(slack.base_url)
    with pytest.raises(ConnectionError):
        client.chat_postMessage(channel="CALERTS", text="lost")
    assert client.conversations_history(channel="CALERTS")["messages"] == []
    assert client.chat_postMessage(channel="CALERTS", text="arrives")["ok"]


def test_rate_limit_server_error_and_slow(slack: RunningSlack, darcel: Person) -> None:
    client = without_retries(slack.base_url)
    order(darcel, "rate_limit", "chat.update", seconds=7, times=1)
    with pytest.raises(SlackApiError) as limited:
        client.chat_update(channel="CSALES", ts="1.0", text="x")
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    order(darcel, "server_error", "auth.test", times=1)
    with pytest.raises(SlackApiError) as broken:
        client.auth_test()
    assert broken.value.response.status_code == 500
    order(darcel, "slow", "auth.test", seconds=0.3, times=1)
    started = time.monotonic()
    assert client.auth_test()["ok"]
    assert time.monotonic() - started >= 0.3
    assert darcel.post("faults", kind="meteor")["status"] == 400
    assert [one["error"] for one in darcel.state()["refusals"]] == ["rate_limit", "server_error"]


def test_a_disconnected_app_comes_back_and_hears_what_was_said(slack: RunningSlack, darcel: Person) -> None:
    app = bolt_app(slack.base_url)

    @app.event("message")
    def on_message(event: Any, say: Any) -> None:
        say(f"heard {event['text']}")

    with connected(app):
        until(lambda: darcel.state()["connected"] == 1, "not connected")
        order(darcel, "disconnect")
        darcel.say(darcel.dm, "after the break")
        darcel.await_message(darcel.dm, "heard after the break", seconds=15)


def test_an_event_that_is_not_acknowledged_comes_again_with_the_same_id(
    slack: RunningSlack, darcel: Person
) -> None:
    app = bolt_app(slack.base_url)
    delivered = []

    @app.middleware
    def note(body: Any, req: Any, next: Any) -> None:  # noqa: A002 - Bolt's name
        if body.get("type") == "event_callback":
            delivered.append((body["event_id"], req.headers["x-slack-retry-num"][0]))
            if len(delivered) == 1:
                time.sleep(3.2)
        next()

    @app.event("message")
    def on_message() -> None:
        pass

    with connected(app):
        darcel.say(darcel.dm, "hello")
        until(lambda: len(delivered) == 2, "not delivered again")
    assert delivered[0][0] == delivered[1][0]
    assert [attempt for _, attempt in delivered] == ["0", "1"]


def _noting(texts: list[str]) -> Callable[..., None]:
    def on_message(event: Any) -> None:
        texts.append(event["text"])

    return on_message


def test_two_connections_take_turns(slack: RunningSlack, darcel: Person) -> None:
    heard: dict[str, list[str]] = {"one": [], "two": []}
    apps = {name: bolt_app(slack.base_url) for name in heard}
    for name, app in apps.items():
        app.event("message")(_noting(heard[name]))

    with connected(apps["one"]), connected(apps["two"]):
        until(lambda: darcel.state()["connected"] == 2, "not connected")
        for number in range(4):
            darcel.say(darcel.dm, str(number))
        until(lambda: len(heard["one"]) + len(heard["two"]) == 4, "not heard")
    assert (len(heard["one"]), len(heard["two"])) == (2, 2)


def test_a_command_without_an_answer_in_three_seconds_is_told_to_the_person(
    slack: RunningSlack, darcel: Person
) -> None:
    app = bolt_app(slack.base_url)
    triggers = []

    @app.command("/bellwether")
    def on_command(ack: Any, body: Any) -> None:
        triggers.append(body["trigger_id"])
        time.sleep(3.2)
        ack("too late")

    with connected(app):
        darcel.say("CSALES", "/bellwether slow")
        assert [one["text"] for one in darcel.messages("CSALES")] == [
            '`/bellwether` failed with the error "operation_timeout"'
        ]
        with pytest.raises(SlackApiError) as late:
            app.client.views_open(trigger_id=triggers[0], view=MODAL)
    assert late.value.response["error"] == "expired_trigger_id"


def test_a_trigger_opens_one_modal(slack: RunningSlack, darcel: Person) -> None:
    app = bolt_app(slack.base_url)
    errors = []

    @app.command("/bellwether")
    def on_command(ack: Any, body: Any, client: Any) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        try:
            client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        except SlackApiError as error:
            errors.append(error.response["error"])
        ack()

    with connected(app):
        darcel.say("CSALES", "/bellwether twice")
    assert errors == ["exchanged_trigger_id"]
    assert len(darcel.state()["modal"]) == 1


def test_slack_is_broken_and_mended_from_the_panel(slack: RunningSlack, darcel: Person) -> None:
    app = bolt_app(slack.base_url)
    with connected(app):
        until(lambda: darcel.state()["connected"] == 1, "not connected")
        darcel.post("world/slack", kind="down")
        until(lambda: darcel.state()["connected"] == 0, "still connected")
        with pytest.raises(ConnectionError):
            without_retries(slack.base_url).auth_test()
        darcel.post("world/slack", kind=None)
        assert without_retries(slack.base_url).auth_test()["ok"]


class _Receiver(ThreadingHTTPServer):
    """An app over HTTP: hands what comes to Bolt, but answers as it is told to at first."""

    def __init__(self, first_answers: list[tuple[int, dict[str, str]]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.first_answers = first_answers
        self.received: list[dict[str, str]] = []
        self.app: App | None = None


class _Handler(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(headers)
        status, extra, content = 200, dict[str, str](), ""
        if self.server.first_answers:
            status, extra = self.server.first_answers.pop(0)
        elif self.server.app is not None:
            answer = self.server.app.dispatch(BoltRequest(body=body, headers=dict(headers)))
            status, content = answer.status, answer.body
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


@contextmanager
def over_http(tmp_path: Path, *answers: tuple[int, dict[str, str]]) -> Iterator[tuple[_Receiver, Person]]:
    """A sandbox whose app has a request URL, where it answers this at first, and then Bolt does."""
    with _Receiver(list(answers)) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{receiver.server_port}/slack/events"
        document = YAML(typ="safe").load(MANIFEST)
        settings = document["settings"]
        settings["socket_mode_enabled"] = False
        settings["event_subscriptions"]["request_url"] = url
        settings["interactivity"]["request_url"] = url
        document["features"]["slash_commands"][0]["url"] = url
        (tmp_path / "manifest.json").write_text(json.dumps(document))
        with running(manifest=tmp_path / "manifest.json") as server:
            app = App(client=client_of(server.base_url), signing_secret="sandbox-signing-secret")
            receiver.app = app
            try:
                yield receiver, Person(server.base_url)
            finally:
                receiver.shutdown()
                app.listener_runner.listener_executor.shutdown(wait=True)


def test_an_app_over_http_gets_signed_requests_and_a_failed_event_again(tmp_path: Path) -> None:
    with over_http(tmp_path, (503, {})) as (receiver, darcel):
        assert receiver.app is not None

        @receiver.app.event("message")
        def on_message(say: Any) -> None:
            say("hello over HTTP")

        @receiver.app.command("/bellwether")
        def on_command(ack: Any) -> None:
            ack("a command over HTTP")

        darcel.say(darcel.dm, "hi")
        darcel.await_message(darcel.dm, "hello over HTTP")
        darcel.say("CSALES", "/bellwether hi")
        darcel.await_message("CSALES", "a command over HTTP")
        first, second, *_ = receiver.received
    assert "x-slack-retry-num" not in first
    assert (second["x-slack-retry-num"], second["x-slack-retry-reason"]) == ("1", "http_error")


def test_an_app_over_http_can_refuse_to_be_asked_again(tmp_path: Path) -> None:
    with over_http(tmp_path, (503, {"X-Slack-No-Retry": "1"})) as (receiver, darcel):
        darcel.say(darcel.dm, "hi")
        until(lambda: darcel.state()["refusals"] or len(receiver.received) == 1, "nothing came")
        time.sleep(0.3)
        assert len(receiver.received) == 1
