"""What needs no answer is acknowledged though all threads are busy; few questions are worked on at once."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.app.answers import Answer
from bot.app.people import Person, Role
from bot.language.question import Kind
from bot.runtime.asking_parts import InTurn
from bot.runtime.work import Loop
from bot.slack import socket
from bot.slack.socket import PromptHandler
from tests.support.fake_services import FakeWorld, fake_world, notice
from tests.support.processes import await_that
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_requests import BOT, Chat, event_body

ADA = Person("UADA", "Ada", "ada@example.com", "1", Role.MEMBER)


class Busy(Executor):
    """Threads of which none becomes free."""

    def submit(self, fn: Callable[..., Any], /, *_args: Any, **_more: Any) -> Future[Any]:
        return Future()


@pytest.fixture(scope="module")
def slack() -> Iterator[RecordingSlack]:
    with recording_slack() as server:
        yield server


@pytest.fixture
def world() -> FakeWorld:
    made = fake_world(notice())
    made.asking.knows("help", Answer("help", Kind.HELP, "", 0, 0, None, "USD"))
    return made


def test_a_command_is_acknowledged_before_a_thread_is_free(world: FakeWorld, slack: RecordingSlack) -> None:
    chat = Chat(world, slack)
    chat.close()
    chat.app.listener_runner.listener_executor = Busy()
    command = {
        "command": "/bellwether", "text": "help", "user_id": "UDARCEL", "team_id": "T0",
        "channel_id": "COPS", "response_url": f"{slack.base_url}/respond/1", "trigger_id": "busy-1",
    }  # fmt: skip
    assert chat.app.dispatch(BoltRequest(mode="socket_mode", body=command)).status == 200


def test_an_envelope_is_acknowledged_while_the_database_is_slow(
    world: FakeWorld, slack: RecordingSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "ACKNOWLEDGE_SECONDS", 0.01)
    go_on, first, sent = threading.Event(), world.services.seen.first_time, list[Any]()

    def slowly(name: str) -> bool:
        assert go_on.wait(20)
        return first(name)

    monkeypatch.setattr(world.services.seen, "first_time", slowly)
    chat = Chat(world, slack)
    handler = PromptHandler(chat.app, "xapp-test", WebClient("xoxb-test", base_url=slack.api_url))
    monkeypatch.setattr(handler.client, "send_socket_mode_response", sent.append)
    try:
        mention = event_body("app_mention", user="UDARCEL", channel="CSALES", text=f"<@{BOT}> help")
        handler.handle(handler.client, SocketModeRequest("events_api", "E1", mention))
        assert [one.envelope_id for one in sent] == ["E1"]
        assert world.asking.asked == []
    finally:
        go_on.set()
        handler.finish()
        chat.close()
    assert world.asking.asked == [("UDARCEL", "help")]
    assert len(sent) == 1


class Counting:
    """The port ``Asking``: how many questions were worked on at once."""

    def __init__(self) -> None:
        self.now, self.most, self.lock = 0, 0, threading.Lock()
        self.go_on = threading.Event()

    def ask(
        self, text: str, person: Person, offset: int = 0, *, conversation: str = "", pressed: bool = False
    ) -> Answer:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.go_on.wait(20)
        with self.lock:
            self.now -= 1
        return Answer(text, Kind.HELP, conversation, offset, int(pressed), None, "USD")


def test_so_many_questions_are_worked_on_at_once_and_each_is_answered() -> None:
    asking = Counting()
    in_turn = InTurn(asking, 2)
    with ThreadPoolExecutor(6) as threads:
        asked = [
            threads.submit(in_turn.ask, str(one), ADA, one, conversation="C", pressed=True)
            for one in range(6)
        ]
        await_that(lambda: asking.most == 2, 20, "two are worked on")
        asking.go_on.set()
        answers = [one.result(20) for one in asked]
    assert asking.most == 2
    assert [(one.question, one.read_as, one.total, one.shown) for one in answers] == [
        (str(one), "C", one, 1) for one in range(6)
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
def test_heavy_work_gives_way_and_nothing_else_does() -> None:
    stop, found = threading.Event(), list[int]()

    def step() -> bool:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        stop.set()
        return False

    before = os.getpriority(os.PRIO_PROCESS, 0)
    thread = threading.Thread(target=Loop("heavy", step, niceness=before + 1).run, args=(stop,))
    thread.start()
    thread.join(20)
    assert found == [before + 1]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
