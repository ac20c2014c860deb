"""The sandbox's Slack with a real Bolt app on Socket Mode, and a person who acts in it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yaml"
HEADERS = {"X-Sandbox": "1"}
Json = dict[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Person:
    """Somebody in the workspace, acting and looking through ``/_sandbox``."""

    base_url: str
    id: str = "UDARCEL"

    @property
    def dm(self) -> str:
        return f"D{self.id[1:]}"

    def post(self, path: str, **body: Any) -> Json:
        answer = requests.post(
            f"{self.base_url}/_sandbox/{path}", json={"as": self.id, **body}, headers=HEADERS, timeout=10
        )
        result: Json = answer.json()
        return result | ({} if answer.ok else {"status": answer.status_code})

    def get(self, path: str, **query: str) -> Json:
        params = {"as": self.id, **query}
        result: Json = requests.get(f"{self.base_url}/_sandbox/{path}", params=params, timeout=10).json()
        return result

    def say(self, channel: str, text: str, **more: Any) -> Any:
        return self.post("say", channel=channel, text=text, **more).get("ts")

    def messages(self, channel: str) -> list[Json]:
        found: list[Json] = self.get("messages", channel=channel)["messages"]
        return found

    def state(self) -> Json:
        return self.get("state")

    def await_message(self, channel: str, text: str, seconds: float = 15) -> Json:
        """The first message whose text contains something."""
        return until(
            lambda: next((one for one in self.messages(channel) if text in one["text"]), None),
            f"no message with {text!r}: {self.messages(channel)}",
            seconds,
        )

    def press(self, message: Json, action_id: str, **more: Any) -> Json:
        return self.post("click", channel=message["channel"], ts=message["ts"], action_id=action_id, **more)


def until(look: Callable[[], Found | None], otherwise: str, seconds: float = 15) -> Found:
    """What ``look`` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(otherwise)


def client_of(base_url: str, token: str = "xoxb-sandbox-bot") -> WebClient:
    return WebClient(token=token, base_url=f"{base_url}/api/", timeout=5)


def bolt_app(base_url: str) -> App:
    """A Bolt app that talks to the sandbox and to nothing else."""
    return App(client=client_of(base_url))


def _hang_up(handler: SocketModeHandler) -> None:
    """End the connection at once; the client's own close waits seconds for its reader and its queue."""
    handler.client.auto_reconnect_enabled = False
    handler.client.current_session_state.terminated = True
    session = handler.client.current_session
    if session is not None and session.sock is not None:
        with suppress(OSError):
            session.sock.shutdown(socket.SHUT_RDWR)
    handler.client.message_processor.event.set()
    handler.client.enqueue_message("nothing")


@contextmanager
def connected(app: App) -> Iterator[SocketModeHandler]:
    """The app on Socket Mode."""
    handler = SocketModeHandler(app, "xapp-sandbox-app")
    handler.connect()  # type: ignore[no-untyped-call]
    try:
        yield handler
    finally:
        _hang_up(handler)
        handler.close()  # type: ignore[no-untyped-call]
        handler.client.disconnect()  # a reconnection that was under way while it closed
        app.listener_runner.listener_executor.shutdown(wait=True)
