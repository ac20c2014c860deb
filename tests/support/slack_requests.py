"""What Slack sends over Socket Mode, as payloads for ``app.dispatch``. Shapes: docs.slack.dev, payloads."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import App
from slack_bolt.request import BoltRequest

from bot.slack.app import build_app
from tests.support.fake_services import FakeWorld
from tests.support.slack_api import RecordingSlack

_numbers = itertools.count(1)
BOT = "UBELLWETHER"


class Chat:
    """An app over fakes, its Slack, and people who type and click."""

    def __init__(self, world: FakeWorld, slack: RecordingSlack, **options: Any) -> None:
        self.world, self.slack = world, slack
        self.app: App = build_app(
            world.services,
            bot_token="xoxb-test",
            api_url=slack.api_url,
            configuration=lambda: world.configuration,
            **options,
        )

    def close(self) -> None:
        self.app.listener_runner.listener_executor.shutdown(wait=True)

    def deliver(self, body: Mapping[str, Any], headers: dict[str, str] | None = None) -> int:
        """Hand a payload in, wait for every listener, and return the status: 200 is an acknowledgement."""
        response = self.app.dispatch(BoltRequest(mode="socket_mode", body=dict(body), headers=headers))  # type: ignore[arg-type]
        self._wait()
        return int(response.status)

    def _wait(self) -> None:
        """Until the listeners' threads are idle. It is looked for, with pauses: they give no sign of it."""
        executor: Any = self.app.listener_runner.listener_executor
        while executor._work_queue.qsize() or executor._idle_semaphore._value < len(executor._threads):
            time.sleep(0.0005)

    def mention(self, text: str, user: str = "UDARCEL", channel: str = "CSALES", **event: Any) -> int:
        return self.deliver(
            event_body("app_mention", user=user, channel=channel, text=f"<@{BOT}> {text}", **event)
        )

    def direct(self, text: str, user: str = "UDARCEL", **event: Any) -> int:
        channel = "D" + user[1:]
        return self.deliver(
            event_body("message", user=user, channel=channel, channel_type="im", text=text, **event)
        )

    def command(self, text: str, user: str = "UDARCEL", channel: str = "COPS") -> int:
        return self.deliver(
            {
                "command": "/bellwether",
                "text": text,
                "user_id": user,
                "team_id": "T0",
                "channel_id": channel,
                "channel_name": "whatever",
                "response_url": f"{self.slack.base_url}/respond/1",
                "trigger_id": f"trigger-{next(_numbers)}",
            }
        )

    def click(self, action: Mapping[str, Any], user: str = "UDARCEL", **where: Any) -> int:
        """Press a button or choose from a menu; ``where``: channel, ts, ephemeral; nothing on App Home."""
        return self.deliver(click_body(action, user, f"{self.slack.base_url}/respond/2", **where))

    def submit(
        self, callback_id: str, values: Mapping[str, str], metadata: str = "", user: str = "UDARCEL"
    ) -> dict[str, Any]:
        """Send a modal; what Slack is answered: errors by block, or nothing."""
        state = {name: {name: {"type": "plain_text_input", "value": text}} for name, text in values.items()}
        view = {"type": "modal", "callback_id": callback_id, "private_metadata": metadata, "blocks": []}
        body = {
            "type": "view_submission",
            "team": {"id": "T0"},
            "user": {"id": user, "team_id": "T0"},
            "trigger_id": f"trigger-{next(_numbers)}",
            "view": view | {"state": {"values": state}},
        }
        response = self.app.dispatch(BoltRequest(mode="socket_mode", body=body))
        self._wait()
        answered: dict[str, Any] = json.loads(response.body) if response.body else {}
        return answered

    def open_home(self, user: str = "UDARCEL", tab: str = "home") -> int:
        return self.deliver(event_body("app_home_opened", user=user, channel="D" + user[1:], tab=tab))


def event_body(kind: str, **event: Any) -> dict[str, Any]:
    """An Events API envelope."""
    number = next(_numbers)
    shared = event.pop("shared", False)
    return {
        "type": "event_callback",
        "team_id": "T0",
        "event_id": event.pop("event_id", f"Ev{number}"),
        "is_ext_shared_channel": shared,
        "event": {"type": kind, "ts": f"1700000000.{number:06}", **event},
    }


def click_body(action: Mapping[str, Any], user: str, response_url: str, **where: Any) -> dict[str, Any]:
    """A block_actions payload."""
    body: dict[str, Any] = {
        "type": "block_actions",
        "team": {"id": "T0"},
        "user": {"id": user, "team_id": "T0"},
        "trigger_id": f"trigger-{next(_numbers)}",
        "actions": [{"type": "button", "block_id": "b", "action_ts": "1.1", **action}],
    }
    if "channel" not in where:
        return body | {"container": {"type": "view", "view_id": "V1"}, "view": {"id": "V1", "type": "home"}}
    container = {
        "type": "message",
        "message_ts": where["ts"],
        "channel_id": where["channel"],
        "is_ephemeral": where.get("ephemeral", False),
    }
    message = {} if where.get("ephemeral") else {"message": {"ts": where["ts"]}}
    return (
        body
        | message
        | {
            "container": container,
            "channel": {"id": where["channel"], "name": "whatever"},
            "response_url": response_url,
        }
    )


def elements(message: Mapping[str, Any], wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """The buttons and menus of a message or view, with the block they stand in."""
    return [
        element | {"block_id": block["block_id"]}
        for block in message["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if wanted(element)
    ]


def buttons(message: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The buttons by what stands on them, as they are sent when pressed."""
    found = elements(message, lambda one: one["type"] == "button")
    return {
        one["text"]["text"]: {key: one[key] for key in ("action_id", "block_id", "value") if key in one}
        for one in found
    }


def snooze(alert: str, days: int) -> dict[str, Any]:
    """Choosing from the snooze menu."""
    chosen = {"text": {"type": "plain_text", "text": f"{days} days"}, "value": f"{alert}:{days}"}
    return {"type": "static_select", "action_id": "alert_snooze", "selected_option": chosen}
