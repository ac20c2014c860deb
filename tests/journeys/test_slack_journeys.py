"""People and the product in the sandbox's Slack, over Socket Mode: the conversations they have."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import structlog

from bot.app.answers import Group
from bot.app.errors import ConfigurationError, SendLater, SendUnclear
from bot.app.ports import OutboxMessage, Posted, SlackProfile
from bot.slack.app import build_app
from bot.slack.gateway import SlackDirectory, SlackGateway
from bot.slack.socket import SocketConnection
from sandbox.demo.transcript import message_text, transcript, view_text
from sandbox.slack.serve import running
from tests.support.fake_services import (
    FakeWorld,
    account,
    breakdown_answer,
    card,
    card_answer,
    fake_world,
    help_answer,
    list_answer,
    notice,
)
from tests.support.slack_requests import buttons
from tests.support.slack_sandbox import HEADERS, MANIFEST, Json, Person, client_of, until

QUESTION = "show VIP accounts in healthcare"
HOSTILE = ["<!channel> *bold*", "<https://evil.example|Zoho> `a` & b", "\u202egnp.exe\ntwo lines"]


@dataclass
class Stage:
    """The sandbox's Slack with the product connected, and the people in it; each test sees its own."""

    base_url: str
    world: FakeWorld
    begun: float = 0.0

    def begin(self) -> None:
        """Forget what earlier tests did."""
        fresh = fake_world(notice())
        self.world.asking.answers, self.world.asking.asked = {}, []
        self.world.desk.alerts = fresh.desk.alerts
        self.world.rescoring.requests, self.world.audit.lines = [], []
        self.world.asking.knows(QUESTION, list_answer(account("Konex"), account("Bioplex", label="At Risk")))
        groups = breakdown_answer(Group("medical", 12), Group("retail", 4))
        self.world.asking.knows("how many champions per industry?", groups)
        self.world.asking.knows("how is Konex doing?", card_answer(card()))
        self.world.asking.knows("help", help_answer())
        self.begun = time.time()

    def person(self, slack_id: str = "UDARCEL") -> Person:
        return Person(self.base_url, slack_id)

    def messages(self, person: Person, channel: str) -> list[Json]:
        return [one for one in person.messages(channel) if float(one["ts"]) >= self.begun]

    def answers(self, person: Person, channel: str, number: int) -> list[Json]:
        """The messages of a channel, once the product has said so many things."""

        def said() -> list[Json] | None:
            found = self.messages(person, channel)
            return found if sum(one["user"] == "UBELLWETHER" for one in found) >= number else None

        return until(said, f"the product did not say {number} things: {person.messages(channel)}")

    @property
    def gateway(self) -> SlackGateway:
        return SlackGateway(client_of(self.base_url))

    def post(self, payload: Json, outbox_id: int = 7) -> Posted:
        """Post an alert as the outbox does: again when Slack asks to wait."""
        message = OutboxMessage(outbox_id, "alert", "#cs-alerts", payload, 1, None)
        while True:
            try:
                return self.gateway.post(message)
            except SendLater as later:
                time.sleep(later.after.total_seconds())

    def refused(self) -> list[Json]:
        """What Slack refused of what the product sent, other than for its pace."""
        begun = datetime.fromtimestamp(self.begun, UTC)
        return [
            one
            for one in self.person().state()["refusals"]
            if one["error"] != "ratelimited" and datetime.fromisoformat(one["at"]) >= begun
        ]

    def fault(self, kind: str, match: str, times: int | None = 1) -> None:
        body = {"kind": kind, "match": match, "times": times}
        answer = requests.post(f"{self.base_url}/_sandbox/faults", json=body, headers=HEADERS, timeout=5)
        answer.raise_for_status()

    def mend(self) -> None:
        answer = requests.delete(f"{self.base_url}/_sandbox/faults", headers=HEADERS, timeout=5)
        answer.raise_for_status()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with running(manifest=MANIFEST) as server:
        yield server.base_url


def connection_to(base_url: str, world: FakeWorld, app_token: str = "xapp-sandbox-app") -> SocketConnection:
    app = build_app(
        world.services,
        bot_token="xoxb-sandbox-bot",
        api_url=f"{base_url}/api/",
        configuration=lambda: world.configuration,
    )
    return SocketConnection(app, app_token, retry_seconds=0.1)


@pytest.fixture(scope="module")
def connected(base_url: str) -> Iterator[Stage]:
    world = fake_world()
    connection = connection_to(base_url, world)
    connection.start()
    until(connection.is_connected, "the product did not connect")
    yield Stage(base_url, world)
    connection.stop()


@pytest.fixture
def stage(connected: Stage) -> Stage:
    connected.begin()
    return connected


def test_a_mention_is_a_conversation_in_a_thread(stage: Stage) -> None:
    darcel = stage.person()
    darcel.say("CSALES", f"@bellwether {QUESTION}")
    said = transcript(stage.answers(darcel, "CSALES", 1))
    assert said == (
        "Darcel Schlecht: @Bellwether show VIP accounts in healthcare\n"
        "    Bellwether: 2 accounts · show VIP accounts in healthcare\n"
        "        Account  Label       Industry  Owner            Last purchase    Spend\n"
        "        -------  ----------  --------  ---------------  -------------  -------\n"
        "        Konex    🟢 VIP      medical   Darcel Schlecht  5 Nov 2026     $123.5k\n"
        "        Bioplex  🔴 At Risk  medical   Darcel Schlecht  5 Nov 2026     $123.5k\n"
        "        [Export] [Chart]\n"
        "        (Read as `label = VIP and industry = medical` · 2 of 2 · data from 24 Nov 12:01 UTC)"
    )
    assert stage.refused() == []


def test_a_direct_message_with_a_misunderstanding_put_right(stage: Stage) -> None:
    darcel = stage.person()
    darcel.say(darcel.dm, "show VIP accounts in frobnicate")
    question, answer = stage.answers(darcel, darcel.dm, 1)
    assert transcript([question, answer]) == (
        "Darcel Schlecht: show VIP accounts in frobnicate\n"
        "Bellwether: I do not know the word frobnicate.\n"
        "    frobnicate: did you mean …\n"
        "    [medical: show VIP accounts in healthcare]\n"
        "    (You asked: show VIP accounts in frobnicate · nothing was guessed, so nothing is answered.)"
    )
    darcel.press(answer, "reading.0")
    until(lambda: "2 accounts" in stage.messages(darcel, darcel.dm)[1]["text"], "not answered in place")
    assert [asked[1] for asked in stage.world.asking.asked] == ["show VIP accounts in frobnicate", QUESTION]


def test_a_command_a_card_a_breakdown_and_help(stage: Stage) -> None:
    anna = stage.person("UANNA")
    for text in (" how is Konex doing?", " how many champions per industry?", ""):
        anna.say("CALERTS", f"/bellwether{text}")
    said = stage.answers(anna, "CALERTS", 3)
    shown = {message_text(one).splitlines()[0]: message_text(one) for one in said}
    assert "Konex  🔴 At Risk since 21 Nov 2026, before that VIP" in shown
    assert "medical         12    75%" in shown["16 accounts by industry · how many champions per industry?"]
    assert "• at-risk accounts over 50k" in "".join(shown.values())
    assert {one["ephemeral_for"] for one in said} == {"UANNA"}
    assert stage.messages(stage.person("UDARCEL"), "CALERTS") == [], "nobody else sees them"
    assert stage.refused() == []


def test_pages_of_a_long_list(stage: Stage) -> None:
    stage.world.asking.knows(
        "all accounts", list_answer(*(account(f"No {one}", one) for one in range(1, 13)))
    )
    darcel = stage.person()
    darcel.say(darcel.dm, "all accounts")
    answer = stage.answers(darcel, darcel.dm, 1)[-1]
    assert "[Next 2]" in message_text(answer)
    darcel.press(answer, buttons(answer)["Next 2"]["action_id"])
    until(lambda: "11 to 12 of 12" in message_text(stage.messages(darcel, darcel.dm)[-1]), "no second page")


def test_an_alert_acknowledged_by_two_people_at_once(stage: Stage) -> None:
    stage.post(notice().as_payload())
    people = [stage.person(one) for one in ("UDARCEL", "UANNA", "UMELVIN")]
    alert = stage.messages(people[0], "CALERTS")[0]
    assert message_text(alert).startswith("🔴 Konex VIP → At Risk\n• Last purchase 5 Nov 2026, 120 days ago.")
    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(lambda one: one.press(alert, "alert_acknowledge"), people))
    # Who is slow finds the button gone: the alert was redrawn for the first.
    heard = sum(1 for answer in answers if "status" not in answer)
    assert heard >= 1
    until(lambda: len(stage.world.audit.lines) == heard, "not everybody was heard")
    assert [line[3] for line in stage.world.audit.lines].count("done") == 1
    first = stage.world.desk.alerts[12].acted_by
    until(lambda: stage.messages(people[0], "CALERTS")[0]["edited"], "the alert was not redrawn")
    (shown,) = stage.messages(people[1], "CALERTS")
    assert f"(✅ Acknowledged by {first} · 12:03 UTC)" in message_text(shown)
    assert list(buttons(shown)) == ["Assign", "Explain", "Open in CRM"]
    assert shown["metadata"]["event_payload"] == {"outbox_id": 7}, "it can still be found"


def test_an_alert_snoozed_from_app_home_is_redrawn_in_the_channel(stage: Stage) -> None:
    posted = stage.post(notice().as_payload())
    where = replace(notice(), slack_channel=posted.channel, slack_ts=posted.ts)
    stage.world.desk.alerts[12] = where
    anna = stage.person("UANNA")
    anna.post("open_home")
    home = until(lambda: anna.state()["home"], "no home")
    assert "1 open alert\n🔴 Konex VIP → At Risk" in view_text(home)
    anna.post("click", view_id=home["id"], action_id="alert_snooze", selected="12:7")
    until(lambda: "No alert is open." in view_text(anna.state()["home"]), "the home was not redrawn")
    until(
        lambda: "💤 Snoozed until 1 Dec 2026" in message_text(stage.messages(anna, "CALERTS")[0]),
        "nor the alert",
    )
    assert stage.refused() == []


def test_a_guest_gets_a_reason_and_nothing_else(stage: Stage) -> None:
    gail = stage.person("UGAIL")
    gail.say(gail.dm, QUESTION)
    assert transcript(stage.answers(gail, gail.dm, 1)) == (
        f"Gail Guest: {QUESTION}\nBellwether: 🔒 Guests of the workspace get no account data."
    )
    gail.post("open_home")
    until(lambda: "Guests of the workspace" in view_text(gail.state()["home"]), "no home")
    assert stage.world.asking.asked == []


def test_a_rescore_by_the_administrator_alone(stage: Stage) -> None:
    ada, melvin = stage.person("UADA"), stage.person("UMELVIN")
    melvin.say(melvin.dm, "rescore")
    assert "🔒 Only administrators can re-score." in transcript(stage.answers(melvin, melvin.dm, 1))
    ada.say(ada.dm, "rescore Purchase behaviour")
    answer = stage.answers(ada, ada.dm, 1)[-1]
    assert "⏳ Re-scoring Purchase behaviour, for Ada Lindqvist." in message_text(answer)
    until(lambda: len(stage.world.rescoring.requests) == 1, "not requested")
    place = stage.world.rescoring.requests[0][2]
    assert place is not None
    stage.gateway.edit(place, "text", {"text": "Re-scored: 85 accounts, 3 changed."})
    assert "3 changed" in message_text(stage.messages(ada, ada.dm)[-1])


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_pings_nobody_and_is_shown(stage: Stage, name: str) -> None:
    stage.world.asking.knows("all accounts", list_answer(account(name, owner=name, industry=name)))
    stage.world.asking.knows("one account", card_answer(card(name)))
    darcel = stage.person()
    darcel.say("CSALES", "@bellwether all accounts")
    stage.answers(darcel, "CSALES", 1)
    darcel.say("CSALES", "@bellwether one account")
    payload = notice(account_name=name, owner_name=name, reasons=(name,)).as_payload()
    stage.post(payload, 8)
    said = [*stage.answers(darcel, "CSALES", 2), *stage.answers(darcel, "CALERTS", 1)]
    ours = [one for one in said if one["user"] == "UBELLWETHER"]
    shown = " ".join(name.replace("\u202e", "").split())
    for message in ours:
        assert shown in message_text(message)
        assert not re.search(r"<(?!!date\^)", message["text"])
        assert "broadcast" not in str(message["blocks"])
    assert stage.refused() == []


def test_a_lost_answer_is_found_and_nothing_is_posted_twice(stage: Stage) -> None:
    message = OutboxMessage(9, "alert", "#ops", notice().as_payload(), 1, None)
    stage.fault("lost_answer", "chat.postMessage")
    with pytest.raises(SendUnclear):
        stage.gateway.post(message)
    found = stage.gateway.find_posted(replace(message, maybe_sent_since=datetime.now(UTC)))
    (posted,) = stage.messages(stage.person("UADA"), "COPS")
    assert found == Posted("COPS", posted["ts"])


def test_a_rate_limit_is_the_outboxs_business(stage: Stage) -> None:
    stage.fault("rate_limit", "chat.postMessage")
    with pytest.raises(SendLater):
        stage.gateway.post(OutboxMessage(9, "text", "CALERTS", {"text": "hello"}, 1, None))
    assert stage.messages(stage.person(), "CALERTS") == []


def test_the_connection_comes_back(stage: Stage) -> None:
    stage.fault("disconnect", "")
    darcel = stage.person()
    until(lambda: darcel.state()["connected"] == 1, "not connected again")
    darcel.say(darcel.dm, "help")
    assert "Ask about your accounts" in transcript(stage.answers(darcel, darcel.dm, 1))


def test_a_wrong_app_token_says_what_to_do(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="BELLWETHER_SLACK__APP_TOKEN") as error:
        connection_to(base_url, fake_world(), "xapp-wrong").start()
    assert "xapp-wrong" not in str(error.value)


def test_a_slack_that_is_away_is_waited_for_and_found_again() -> None:
    with running(manifest=MANIFEST) as server:
        stage = Stage(server.base_url, fake_world())
        stage.fault("down", "", times=None)
        connection = connection_to(server.base_url, stage.world)
        try:
            connection.start()
            assert not connection.is_connected()
            stage.mend()
            until(connection.is_connected, "it did not go on trying")
            stage.fault("down", "", times=None)
            until(lambda: not connection.is_connected(), "it did not notice")
            stage.mend()
            until(connection.is_connected, "it did not come back")
        finally:
            connection.stop()


def test_people_of_the_workspace(stage: Stage) -> None:
    directory = SlackDirectory(client_of(stage.base_url))
    expected = SlackProfile("Anna Snelling", "anna.snelling@bellwether.example", is_guest=False, is_bot=False)
    assert directory.profile("UANNA") == expected
    gail, bot = directory.profile("UGAIL"), directory.profile("UBELLWETHER")
    assert gail is not None
    assert gail.is_guest
    assert bot is not None
    assert bot.is_bot
    assert directory.profile("UNOBODY") is None
