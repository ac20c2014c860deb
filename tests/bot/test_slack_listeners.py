"""What people type and press, handed to the app as Slack does, and what the app then calls."""

from __future__ import annotations

import time
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import Any

import pytest
import structlog

from bot.app.answers import Answer
from bot.app.errors import UserError
from bot.app.people import Role
from bot.language.question import Kind
from bot.slack.views.limits import Surface, check
from sandbox.demo.transcript import message_text, view_text
from tests.support.fake_services import FakeWorld, account, fake_world, list_answer, notice
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_requests import BOT, Chat, buttons, event_body, snooze

QUESTION = "show VIP accounts in healthcare"


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingSlack]:
    with recording_slack() as slack:
        yield slack


@pytest.fixture
def slack(server: RecordingSlack) -> RecordingSlack:
    server.calls.clear()
    server.messages.clear()
    server.faults.clear()
    return server


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def world() -> FakeWorld:
    made = fake_world(notice())
    made.asking.knows(QUESTION, list_answer(*(account(f"Account {one}", one) for one in range(1, 26))))
    made.asking.knows("help", Answer("help", Kind.HELP, "", 0, 0, None, "USD"))
    return made


@pytest.fixture
def chat(world: FakeWorld, slack: RecordingSlack) -> Iterator[Chat]:
    made = Chat(world, slack)
    yield made
    made.close()


def only(calls: list[dict[str, Any]]) -> dict[str, Any]:
    assert len(calls) == 1, calls
    if "blocks" in calls[0]:
        assert check(calls[0], Surface.MESSAGE) == []
    return calls[0]


def test_building_the_app_calls_nobody(chat: Chat) -> None:
    assert chat.slack.calls == []


def test_a_mention_in_a_public_channel_is_answered_in_its_thread(chat: Chat) -> None:
    assert chat.mention(QUESTION, ts="1700000000.5") == 200
    posted = only(chat.slack.of("chat.postMessage"))
    assert (posted["channel"], posted["thread_ts"]) == ("CSALES", "1700000000.5")
    assert message_text(posted).startswith("25 accounts · show VIP accounts in healthcare\nAccount")
    assert chat.world.asking.asked == [("UDARCEL", QUESTION)]


def test_a_mention_inside_a_thread_stays_there(chat: Chat) -> None:
    chat.mention(QUESTION, thread_ts="1699999999.1")
    assert only(chat.slack.of("chat.postMessage"))["thread_ts"] == "1699999999.1"


def test_a_mention_elsewhere_is_answered_to_the_asker_alone_with_a_note(chat: Chat) -> None:
    chat.mention(QUESTION, channel="COPS")
    private = only(chat.slack.of("chat.postEphemeral"))
    assert private["user"] == "UDARCEL"
    assert "Only you can see this: answers in #ops are private." in message_text(private)
    assert chat.slack.of("chat.postMessage") == []


def test_a_channel_that_cannot_be_looked_at_is_not_a_public_one(chat: Chat) -> None:
    chat.world.configuration = fake_world(public_channels=("CUNKNOWN",)).configuration
    chat.mention(QUESTION, channel="CUNKNOWN")
    assert "Only you can see this: answers in this channel" in message_text(
        only(chat.slack.of("chat.postEphemeral"))
    )


def test_a_direct_message_is_answered_plainly_and_in_a_thread_in_that_thread(chat: Chat) -> None:
    chat.direct(QUESTION)
    chat.direct(QUESTION, thread_ts="1699999999.1")
    plainly, threaded = chat.slack.of("chat.postMessage")
    assert "thread_ts" not in plainly
    assert threaded["thread_ts"] == "1699999999.1"


def test_a_command_is_answered_privately_but_openly_in_a_public_channel(chat: Chat) -> None:
    assert chat.command(QUESTION) == 200
    assert only(chat.slack.of("response_url"))["response_type"] == "ephemeral"
    chat.slack.calls.clear()
    chat.command(QUESTION, channel="CSALES")
    assert only(chat.slack.of("response_url"))["response_type"] == "in_channel"


@pytest.mark.parametrize("text", ["", "   "])
def test_saying_nothing_asks_for_help(chat: Chat, text: str) -> None:
    chat.command(text)
    assert chat.world.asking.asked == [("UDARCEL", "help")]
    assert "Ask about your accounts" in message_text(only(chat.slack.of("response_url")))


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (f"<@{BOT}>  accounts of <@UANNA>", "accounts of Anna Snelling"),
        ("spend &gt; 50k &amp; VIP", "spend > 50k & VIP"),
        ("how is <http://konex.example|konex.example> doing?", "how is konex.example doing?"),
        ("accounts in <#CSALES|sales> &lt;x&gt;", "accounts in sales <x>"),
    ],
)
def test_what_slack_makes_of_typed_text_is_undone(chat: Chat, typed: str, asked: str) -> None:
    chat.direct(typed)
    assert chat.world.asking.asked == [("UDARCEL", asked)]


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "message_changed", "user": "UDARCEL"},
        {"bot_id": "BOTHER", "user": "UOTHERBOT"},
        {"edited": {"user": "UDARCEL", "ts": "1.1"}, "user": "UDARCEL"},
        {"user": BOT},
        {},
    ],
)
def test_edits_and_bots_are_acknowledged_and_not_answered(chat: Chat, event: dict[str, Any]) -> None:
    body = event_body("message", channel="DDARCEL", channel_type="im", text=QUESTION, **event)
    assert chat.deliver(body) == 200
    assert chat.slack.of("chat.postMessage", "chat.postEphemeral") == []


def test_a_mention_in_a_direct_message_is_answered_once(chat: Chat) -> None:
    chat.mention(QUESTION, channel="DDARCEL")
    chat.direct(f"<@{BOT}> {QUESTION}")
    only(chat.slack.of("chat.postMessage"))


def test_a_delivery_that_comes_again_is_acknowledged_and_not_answered_again(chat: Chat) -> None:
    body = event_body("message", channel="DDARCEL", channel_type="im", user="UDARCEL", text=QUESTION)
    assert chat.deliver(body, {"x-slack-retry-num": "0"}) == 200, "the first one carries the number 0"
    assert chat.deliver(body, {"x-slack-retry-num": "1"}) == 200
    only(chat.slack.of("chat.postMessage"))


@pytest.mark.parametrize(
    "body",
    [
        event_body("reaction_added", user="UDARCEL", item={"channel": "CSALES"}),
        event_body("message", user="UGAIL", channel="CSALES", channel_type="channel", text="hello"),
        {"type": "shortcut", "callback_id": "x", "user": {"id": "UDARCEL"}, "team": {"id": "T0"}},
        {
            "type": "view_submission",
            "view": {"type": "modal", "callback_id": "x"},
            "user": {"id": "UDARCEL"},
            "team": {"id": "T0"},
        },
        {
            "type": "view_closed",
            "view": {"type": "modal", "callback_id": "x"},
            "user": {"id": "UDARCEL"},
            "team": {"id": "T0"},
        },
        {
            "type": "block_suggestion",
            "action_id": "x",
            "block_id": "b",
            "value": "a",
            "user": {"id": "UDARCEL"},
            "team": {"id": "T0"},
        },
        {"command": "/other", "text": "", "user_id": "UDARCEL", "team_id": "T0", "channel_id": "CSALES"},
    ],
    ids=lambda body: str(body.get("event", body).get("type", "command")),
)
def test_what_nobody_listens_to_is_acknowledged_in_silence(chat: Chat, body: dict[str, Any]) -> None:
    assert chat.deliver(body) == 200
    assert {call.method for call in chat.slack.calls} <= {"auth.test"}


class TestAccess:
    """Guests, strangers and shared channels get a reason and no data; it is in the audit log."""

    @pytest.mark.parametrize("who", ["UGAIL", "USTRANGER"])
    def test_a_mention(self, chat: Chat, who: str) -> None:
        chat.mention(QUESTION, user=who)
        said = only(chat.slack.of("chat.postEphemeral"))
        assert said["user"] == who
        assert message_text(said).startswith("🔒")
        assert "Account 1" not in str(chat.slack.calls)
        assert chat.world.asking.asked == []
        ((actor, action, target, outcome, _place),) = chat.world.audit.lines
        assert (actor, action, target) == (who, "app_mention", "CSALES")
        assert outcome.startswith("refused: ")

    def test_a_command_a_click_a_direct_message_and_home(self, chat: Chat) -> None:
        chat.command(QUESTION, user="UGAIL")
        chat.click({"action_id": "ask.0", "value": QUESTION}, user="UGAIL", channel="CSALES", ts="1.1")
        chat.direct(QUESTION, user="UGAIL")
        chat.open_home(user="UGAIL")
        assert [one["response_type"] for one in chat.slack.of("response_url")] == ["ephemeral", "ephemeral"]
        assert only(chat.slack.of("chat.postMessage"))["channel"] == "DGAIL"
        assert "Guests of the workspace get no account data." in view_text(
            only(chat.slack.of("views.publish"))["view"]
        )
        assert chat.world.asking.asked == []
        assert len(chat.world.audit.lines) == 4

    @pytest.mark.parametrize(("channel", "flag"), [("CSHARED", False), ("CSALES", True)])
    def test_a_channel_shared_with_others(self, chat: Chat, channel: str, flag: bool) -> None:
        chat.world.configuration = fake_world(public_channels=("with-partner", "sales")).configuration
        chat.mention(QUESTION, channel=channel, shared=flag)
        assert "another organisation" in message_text(only(chat.slack.of("chat.postEphemeral")))
        assert chat.world.asking.asked == []


class TestClicks:
    """What a button carries is asked again for whoever presses it."""

    def test_a_reading_is_answered_in_place(self, chat: Chat) -> None:
        chat.direct("show VIP accounts in frobnicate")
        said = chat.slack.messages[0]
        assert "frobnicate: did you mean …" in message_text(said)
        chat.click(buttons(said)[f"medical: {QUESTION}"], channel="DDARCEL", ts=said["ts"])
        assert message_text(chat.slack.messages[0]).startswith("25 accounts")
        assert len(chat.slack.messages) == 1

    def test_pages_go_on_and_back(self, chat: Chat) -> None:
        chat.direct(QUESTION)
        seen = []
        for text in ("Next 10", "Next 5", "From the start"):
            said = chat.slack.messages[0]
            chat.click(buttons(said)[text], channel="DDARCEL", ts=said["ts"])
            seen.append(message_text(chat.slack.messages[0]).splitlines()[3].split("  ")[0])
        assert seen == ["Account 11", "Account 21", "Account 1"]
        assert "· 10 of 25 ·" in message_text(chat.slack.messages[0])

    def test_an_ephemeral_answer_is_replaced_over_its_response_url(self, chat: Chat) -> None:
        chat.click({"action_id": "ask.1", "value": QUESTION}, channel="COPS", ts="1.1", ephemeral=True)
        assert only(chat.slack.of("response_url"))["replace_original"] is True

    def test_the_asker_turns_the_page_for_all_and_others_for_themselves(self, chat: Chat) -> None:
        chat.mention(QUESTION)
        said = chat.slack.messages[0]
        chat.click(buttons(said)["Next 10"], user="UANNA", channel="CSALES", ts=said["ts"])
        private = only(chat.slack.of("response_url"))
        assert (private["response_type"], private["replace_original"]) == ("ephemeral", False)
        assert chat.world.asking.asked[-1] == ("UANNA", QUESTION)
        assert chat.slack.of("chat.update") == []
        chat.click(buttons(said)["Next 10"], user="UDARCEL", channel="CSALES", ts=said["ts"])
        only(chat.slack.of("chat.update"))

    @pytest.mark.parametrize(
        "value", ["", "x", "[]", '{"q": 1, "offset": 2}', '{"q": "a", "offset": -1}', '{"q": "a"}', "null"]
    )
    def test_a_page_button_that_is_not_ours(self, chat: Chat, value: str) -> None:
        started = time.monotonic()
        assert chat.click({"action_id": "page.0", "value": value}, channel="DDARCEL", ts="1.1") == 200
        assert time.monotonic() - started < 1, "a listener that fails at once is acknowledged at once"
        assert "another version" in message_text(only(chat.slack.of("response_url")))
        assert chat.world.asking.asked == []

    def test_a_link_is_acknowledged(self, chat: Chat) -> None:
        assert chat.click({"action_id": "open_in_crm"}, channel="CALERTS", ts="1.1") == 200


class TestAlerts:
    """The first deed counts; everybody sees whose it was."""

    def press(self, chat: Chat, user: str, **action: Any) -> dict[str, Any]:
        pressed = action or {"action_id": "alert_acknowledge", "value": "12"}
        assert chat.click(pressed, user=user, channel="CALERTS", ts="1700000000.000100") == 200
        return chat.slack.of("chat.update")[-1]

    def test_acknowledge_and_again_by_another(self, chat: Chat) -> None:
        assert "✅ Acknowledged by Darcel Schlecht · 12:03 UTC" in message_text(self.press(chat, "UDARCEL"))
        second = self.press(chat, "UANNA")
        assert "Acknowledged by Darcel Schlecht" in message_text(second)
        assert list(buttons(second)) == ["Assign", "Explain", "Open in CRM"]
        assert [line[:4] for line in chat.world.audit.lines] == [
            ("UDARCEL", "acknowledge", "alert 12", "done"),
            ("UANNA", "acknowledge", "alert 12", "already acknowledged"),
        ]

    def test_snooze(self, chat: Chat) -> None:
        said = message_text(self.press(chat, "UANNA", **snooze("12", 7)))
        assert "💤 Snoozed until 1 Dec 2026 by Anna Snelling" in said

    @pytest.mark.parametrize(
        ("user", "action", "reason"),
        [
            ("UVERA", {"action_id": "alert_acknowledge", "value": "12"}, "You may not act"),
            ("UANNA", {"action_id": "alert_acknowledge", "value": "99"}, "not known any more"),
            ("UANNA", {"action_id": "alert_acknowledge", "value": "12; drop"}, "another version"),
            ("UANNA", {"action_id": "alert_acknowledge", "value": "٣"}, "another version"),
            ("UANNA", snooze("12", 9), "1, 7 or 30"),
            ("UANNA", {"action_id": "alert_snooze", "type": "static_select"}, "another version"),
        ],
    )
    def test_refusals_are_private_and_change_nothing(
        self, chat: Chat, user: str, action: dict[str, Any], reason: str
    ) -> None:
        chat.click(action, user=user, channel="CALERTS", ts="1700000000.000100")
        assert reason in message_text(only(chat.slack.of("response_url")))
        assert chat.slack.of("chat.update") == []
        assert chat.world.desk.alerts[12].state == "open"

    def test_on_app_home_the_home_and_the_channel_are_redrawn(self, chat: Chat) -> None:
        where = replace(notice(), slack_channel="CALERTS", slack_ts="1700000000.000100")
        chat.world.desk.alerts[12] = where
        chat.click({"action_id": "alert_acknowledge", "value": "12"}, user="UDARCEL")
        assert "No alert is open." in view_text(only(chat.slack.of("views.publish"))["view"])
        assert only(chat.slack.of("chat.update"))["channel"] == "CALERTS"


class TestHome:
    def test_it_is_drawn_when_opened(self, chat: Chat) -> None:
        chat.open_home()
        published = only(chat.slack.of("views.publish"))
        assert published["user_id"] == "UDARCEL"
        assert check(published["view"], Surface.HOME) == []
        said = view_text(published["view"])
        assert "1 open alert" in said
        assert "Re-score now" not in said

    def test_the_messages_tab_draws_nothing(self, chat: Chat) -> None:
        assert chat.open_home(tab="messages") == 200
        assert chat.slack.of("views.publish") == []

    def test_an_administrator_may_rescore_there(self, chat: Chat) -> None:
        chat.open_home(user="UADA")
        view = only(chat.slack.of("views.publish"))["view"]
        chat.click(buttons(view)["Re-score now"], user="UADA")
        ((segmentation, who, place),) = chat.world.rescoring.requests
        assert (segmentation, who) == (None, "UADA")
        assert place is not None
        assert place.channel == "DADA"


class TestRescore:
    @pytest.mark.parametrize(
        ("text", "wanted"),
        [("rescore", None), ("Re-score all", None), ('rescore "Purchase behaviour"', "Purchase behaviour")],
    )
    def test_its_message_is_where_progress_is_told(self, chat: Chat, text: str, wanted: str | None) -> None:
        chat.direct(text, user="UADA")
        posted = only(chat.slack.of("chat.postMessage"))
        assert "⏳ Re-scoring" in message_text(posted)
        ((segmentation, _who, place),) = chat.world.rescoring.requests
        assert segmentation == wanted
        assert place is not None
        assert (place.channel, place.ts) == ("DADA", chat.slack.messages[0]["ts"])

    def test_in_a_channel_that_is_not_public_it_is_told_in_the_direct_message(self, chat: Chat) -> None:
        chat.mention("rescore", user="UADA", channel="COPS")
        assert only(chat.slack.of("chat.postMessage"))["channel"] == "DADA"
        assert "direct message" in message_text(only(chat.slack.of("chat.postEphemeral")))

    def test_others_are_refused(self, chat: Chat) -> None:
        chat.mention("rescore", user="UMELVIN")
        assert "Only administrators" in message_text(only(chat.slack.of("chat.postEphemeral")))
        assert chat.world.rescoring.requests == []
        assert chat.world.audit.lines[0][3].startswith("refused")

    def test_an_unknown_segmentation_is_named_in_place(self, chat: Chat) -> None:
        chat.direct("rescore Purchase behavior", user="UADA")
        assert "The nearest is Purchase behaviour." in message_text(chat.slack.messages[0])

    def test_a_question_about_scores_is_no_command(self, chat: Chat) -> None:
        chat.direct("rescored accounts", user="UADA")
        assert chat.world.rescoring.requests == []


class TestProblems:
    """One sentence for the person, with a reference that the log has too; and always an acknowledgement."""

    def test_a_failure(self, chat: Chat, logs: list[MutableMapping[str, Any]]) -> None:
        chat.world.asking.fail_with = RuntimeError("the database is gone: secret detail")
        assert chat.mention(QUESTION) == 200
        said = message_text(only(chat.slack.of("chat.postEphemeral")))
        assert said.startswith("⚠ Something went wrong")
        assert "secret detail" not in said
        (logged,) = [line for line in logs if line["event"] == "request.failed"]
        assert f"(Reference {logged['reference']})" in said

    def test_a_mistake_of_the_persons_own(self, chat: Chat) -> None:
        chat.world.asking.fail_with = UserError("Not like that.", "Like this.")
        chat.command(QUESTION)
        assert message_text(only(chat.slack.of("response_url"))) == "⚠ Not like that. Like this."

    def test_a_question_without_end(self, chat: Chat) -> None:
        chat.direct("VIP " * 1000)
        assert "longer than 1,000 characters" in message_text(only(chat.slack.of("chat.postMessage")))

    def test_before_it_is_known_who_asks(self, chat: Chat) -> None:
        chat.world.people.fail_with = RuntimeError("no database")
        assert chat.open_home() == 200
        assert "Reference" in view_text(only(chat.slack.of("views.publish"))["view"])

    @pytest.mark.parametrize("fault", ["invalid_auth", (500, {})])
    def test_when_slack_itself_fails_it_is_logged_and_acknowledged(self, chat: Chat, fault: Any) -> None:
        chat.slack.faults = {"chat.postMessage": [fault], "chat.postEphemeral": [fault]}
        assert chat.mention(QUESTION) == 200
        assert chat.slack.of("chat.postEphemeral")

    def test_an_answer_that_was_lost_is_not_posted_twice(self, chat: Chat) -> None:
        chat.slack.faults = {"chat.postMessage": ["lost"]}
        chat.mention(QUESTION)
        only(chat.slack.of("chat.postMessage"))

    def test_a_short_rate_limit_is_waited_for(self, chat: Chat) -> None:
        chat.slack.faults = {"chat.postMessage": [(429, {"Retry-After": "0"})]}
        chat.mention(QUESTION)
        assert len(chat.slack.of("chat.postMessage")) == 2
        assert len(chat.slack.messages) == 1

    def test_a_long_rate_limit_is_not(self, chat: Chat) -> None:
        chat.slack.faults = {"chat.postMessage": [(429, {"Retry-After": "30"})]}
        chat.mention(QUESTION)
        assert chat.slack.messages == []
        assert len(chat.slack.of("chat.postEphemeral")) == 1

    def test_a_response_url_that_is_used_up(self, chat: Chat) -> None:
        chat.slack.faults = {"response_url": [(404, {}), (404, {})]}
        assert chat.command(QUESTION) == 200


class TestCorrections:
    """``voice correct "…" complaint negative``: a label to learn from."""

    @pytest.mark.parametrize(
        ("text", "intent", "sentiment"),
        [
            ('voice correct "It broke again." complaint negative', "complaint", "negative"),
            ("Voice correct \u201cIt broke again.\u201d intent: query", "query", None),
            ('voice correct "It broke again." --sentiment=neutral', None, "neutral"),
        ],
    )
    def test_it_is_kept(self, chat: Chat, text: str, intent: str | None, sentiment: str | None) -> None:
        chat.direct(text, user="UDARCEL")
        assert chat.world.voice.corrections == [("It broke again.", intent, sentiment, "UDARCEL")]
        assert "Kept in D" in message_text(chat.slack.messages[0])

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("voice correct It broke complaint", "has to stand in quotation marks"),
            ('voice correct "It broke." complant', "Did you mean 'complaint'?"),
        ],
    )
    def test_what_cannot_be_read_is_told(self, chat: Chat, text: str, told: str) -> None:
        chat.direct(text, user="UDARCEL")
        assert told in message_text(only(chat.slack.of("chat.postMessage")))
        assert chat.world.voice.corrections == []

    def test_viewers_are_refused(self, chat: Chat) -> None:
        chat.direct('voice correct "It broke." complaint', user="UVERA")
        assert "You may not" in message_text(only(chat.slack.of("chat.postMessage")))

    def test_what_is_typed_counts_with_the_rights_of_that_moment(self, chat: Chat) -> None:
        people = chat.world.people
        people.changed["UADA"] = replace(people.person("UADA"), role=Role.VIEWER)
        chat.direct("rescore", user="UADA")
        chat.direct('voice correct "It broke." complaint', user="UADA")
        people.changed["UADA"] = replace(people.person("UADA"), role=Role.NOBODY, refusal="You have left.")
        chat.direct("rescore", user="UADA")
        assert chat.world.rescoring.requests == []
        assert chat.world.voice.corrections == []
        said = "\n".join(message_text(one) for one in chat.slack.of("chat.postMessage"))
        assert "Only administrators can re-score" in said
        assert "You have left." in said

    def test_a_question_about_voices_is_no_command(self, chat: Chat) -> None:
        chat.direct("voice corrections of accounts", user="UDARCEL")
        assert chat.world.voice.corrections == []
