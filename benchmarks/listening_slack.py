"""Slack's side of ``benchmarks.listening``: what 50 people send, and when it is acknowledged and answered."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

import requests

from benchmarks.asking import BREAKDOWNS, COUNTS, LISTS, PAST
from bot.slack import ids
from sandbox.slack.world import APP_ID, BOT_USER, PEOPLE, TEAM_ID
from tests.support.processes import await_that
from tests.support.slack_http import send
from tests.support.slack_requests import click_body, event_body

QUESTIONS = (*LISTS, *COUNTS, *BREAKDOWNS, *PAST)
KINDS = ("command", "command", "command", "click", "mention")
CHANNEL = "CSALES"
ASKERS = tuple(one for one in PEOPLE if not one.is_restricted)
ANSWER_SECONDS = 60
REFUSED = ("⚠", "🔒")  # how a message begins that is no answer


@dataclass
class Answers:
    """What came to response URLs: by number, when (``time.monotonic``) and whether it is good."""

    url: str
    came: dict[int, tuple[float, bool]] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)

    def take(self, number: int, body: str) -> None:
        """Note one."""
        at, good = time.monotonic(), not any(sign in body for sign in REFUSED)
        with self.news:
            self.came[number] = at, good
            self.news.notify_all()

    def awaited(self, number: int) -> float | None:
        """When the answer came; None when none did in a minute, or a refusal."""
        with self.news:
            self.news.wait_for(lambda: number in self.came, ANSWER_SECONDS)
            at, good = self.came.get(number, (0.0, False))
        return at if good else None


@contextmanager
def receiving() -> Iterator[Answers]:
    """Listen for answers on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            read = self.rfile.read(int(self.headers["Content-Length"]))
            answers.take(int(self.path.rpartition("/")[2]), str(json.loads(read)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers = Answers(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Asked:
    """What was found, in seconds; ``mentions``: when each was sent, by the thread in which it is answered."""

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    mentions: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Crowd:
    """People who ask the product's web process; the sandbox's Slack is only called by the product."""

    web: str
    slack: str
    answers: Answers
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def ask(self, person: int, until: float, pause: float, chance: Random, found: Asked) -> None:
        """One person's questions until a time has come (``time.monotonic``); ``pause``: mean seconds."""
        user, thread = ASKERS[person % len(ASKERS)].id, self._new_thread()
        found.mentions[thread] = []
        time.sleep(chance.uniform(0, pause))
        while time.monotonic() < until:
            kind, question = chance.choice(KINDS), chance.choice(QUESTIONS)
            try:
                self.ask_once(kind, question, user, thread, found)
            except requests.RequestException as error:
                found.troubles.append(f"{kind}: {type(error).__name__}")
            time.sleep(chance.uniform(0, 2 * pause))

    def ask_once(self, kind: str, question: str, user: str, thread: str, found: Asked) -> None:
        """One question, and the wait for its answer; that of a mention is looked for at the end."""
        number = next(self.numbers)
        payload = self._payload(kind, number, question, user, thread)
        began, sent_at = time.monotonic(), time.time()
        status = send(f"{self.web}/slack/events", payload).status_code
        found.acknowledged.append(time.monotonic() - began)
        if status != requests.codes.ok:
            found.troubles.append(f"{kind}: {status}")
        elif kind == "mention":
            found.mentions[thread].append(sent_at)
        elif (answered_at := self.answers.awaited(number)) is None:
            found.troubles.append(f"{kind}: {question!r} is not answered")
        else:
            found.answered.append(answered_at - began)

    def _payload(self, kind: str, number: int, question: str, user: str, thread: str) -> Mapping[str, Any]:
        address = f"{self.answers.url}/{number}"
        if kind == "mention":
            event = {
                "text": f"<@{BOT_USER}> {question}",
                "thread_ts": thread,
                "ts": f"1700000001.{number:06}",
            }
            name = f"Ev-listening-{number}"
            body = event_body("app_mention", user=user, channel=CHANNEL, event_id=name, **event)
            return body | {"team_id": TEAM_ID}
        if kind == "click":
            pressed = {
                "action_id": ids.numbered(ids.PAGE, 0),
                "value": json.dumps({"q": question, "offset": 0}),
            }
            body = click_body(
                pressed, user, address, channel=CHANNEL, ts=f"1700000002.{number:06}", ephemeral=True
            )
            trigger = {"trigger_id": f"listening-{number}", "team": {"id": TEAM_ID}}
            return body | trigger | {"user": {"id": user, "team_id": TEAM_ID}}
        return {
            "command": "/bellwether",
            "text": question,
            "user_id": user,
            "team_id": TEAM_ID,
            "api_app_id": APP_ID,
            "channel_id": CHANNEL,
            "channel_name": "sales",
            "response_url": address,
            "trigger_id": f"listening-{number}",
        }

    def _new_thread(self) -> str:
        """The ``ts`` of a new message in the channel."""
        said = {"as": ASKERS[0].id, "channel": CHANNEL, "text": "About our accounts"}
        headers = {"X-Sandbox": "1"}
        found = requests.post(f"{self.slack}/_sandbox/say", json=said, headers=headers, timeout=30)
        return str(found.json()["ts"])

    def look_for_mentions(self, found: Asked) -> None:
        """Add the answers to mentions, which stand in each thread in the order of asking."""
        wanted = sum(map(len, found.mentions.values()))
        try:
            await_that(
                lambda: sum(map(len, self._answers_in(found.mentions).values())) >= wanted,
                ANSWER_SECONDS,
                f"answers to {wanted} mentions",
            )
        except TimeoutError as error:
            found.troubles.append(str(error))
        for thread, answered_at in self._answers_in(found.mentions).items():
            pairs = zip(found.mentions[thread], answered_at, strict=False)
            found.answered += [at - sent_at for sent_at, at in pairs]

    def _answers_in(self, threads: Mapping[str, object]) -> dict[str, list[float]]:
        address, method = f"{self.slack}/_sandbox/calls", {"method": "chat.postEphemeral"}
        found: dict[str, list[float]] = {one: [] for one in threads}
        for call in requests.get(address, params=method, timeout=60).json()["calls"]:
            thread = call["arguments"].get("thread_ts")
            if thread in found:
                found[thread].append(datetime.fromisoformat(call["at"]).timestamp())
        return found
