"""The forms behind an alert's buttons, as Slack sends them: what is opened, what is refused, what is told."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from slack_bolt.request import BoltRequest

from bot.app.acting import REASONS, CrmUserName
from bot.app.notices import Deed, notice_from
from bot.slack.views.alert import alert_message
from bot.slack.views.alert_deeds import explanation_message, history_message
from bot.slack.views.alert_modals import TITLES, Form, alert_form, message_modal
from bot.slack.views.limits import Surface, check
from sandbox.demo.transcript import message_text
from sandbox.slack.blocks import check_view
from tests.support.fake_services import NOW, card, fake_world, notice
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_requests import Chat

ME = CrmUserName("2", "Anna Snelling")
HOSTILE = "<!channel> <@U1> <https://evil.example|x> \u202e*b*"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingSlack]:
    with recording_slack() as slack:
        yield slack


@pytest.fixture
def chat(server: RecordingSlack) -> Iterator[Chat]:
    server.calls.clear()
    server.messages.clear()
    made = Chat(fake_world(notice(slack_channel="CALERTS", slack_ts="1700000000.000100")), server)
    yield made
    made.close()


def press(chat: Chat, kind: str, user: str = "UANNA", alert: str = "12", **where: Any) -> None:
    where = where or {"channel": "CALERTS", "ts": "1700000000.000100"}
    if kind in ("assign", "explain"):
        chat.click({"action_id": f"alert_{kind}", "value": alert}, user=user, **where)
        return
    option = {"text": {"type": "plain_text", "text": "x"}, "value": f"{alert}:{kind}"}
    action = {"type": "overflow", "action_id": "alert_more", "selected_option": option}
    chat.click(action, user=user, **where)


def opened(chat: Chat) -> dict[str, Any]:
    """The form that was opened last."""
    view: dict[str, Any] = chat.slack.of("views.open")[-1]["view"]
    assert check_view(json.loads(json.dumps(view)), "modal") == []
    return view


def send(chat: Chat, view: Mapping[str, Any], user: str = "UANNA", **given: Any) -> dict[str, Any]:
    """Send a form; what Slack is answered."""
    values = {
        block["block_id"]: {block["element"]["action_id"]: _value(block["element"], given[block["block_id"]])}
        for block in view["blocks"]
        if block["type"] == "input" and block["block_id"] in given
    }
    number = next(_numbers)
    body = {
        "type": "view_submission",
        "team": {"id": "T0"},
        "user": {"id": user, "team_id": "T0"},
        "trigger_id": f"form-{number}",
        "view": {**view, "id": f"V{number}", "state": {"values": values}},
    }
    response = chat.app.dispatch(BoltRequest(mode="socket_mode", body=body))
    chat._wait()
    assert response.status == 200
    return json.loads(response.body) if response.body else {}


def _value(element: Mapping[str, Any], given: Any) -> dict[str, Any]:
    match element["type"]:
        case "plain_text_input":
            return {"type": "plain_text_input", "value": given}
        case "datepicker":
            return {"type": "datepicker", "selected_date": given}
        case "checkboxes":
            return {"type": "checkboxes", "selected_options": [{"value": given}]}
        case kind:
            return {"type": kind, "selected_option": {"value": given}}


def test_it_is_given_away_and_the_message_shows_it(chat: Chat) -> None:
    press(chat, "assign")
    assert send(chat, opened(chat), whom="3") == {}
    (redrawn,) = chat.slack.of("chat.update")
    assert (redrawn["channel"], redrawn["ts"]) == ("CALERTS", "1700000000.000100")
    assert "👤 Given to Melvin Marxen · Anna Snelling · 12:03 UTC" in message_text(redrawn)


def test_a_task_with_errors_under_their_fields_and_then_right(chat: Chat) -> None:
    press(chat, "task")
    view = opened(chat)
    task = {"subject": "Call them", "whom": "2"}
    assert send(chat, view, **task, due="2020-01-01") == {
        "response_action": "errors",
        "errors": {"due": "That day is over."},
    }
    assert send(chat, view, **{**task, "whom": "99"})["errors"].keys() == {"whom"}
    assert send(chat, view, **task, due="never")["errors"] == {"due": "That is no day."}
    assert chat.slack.of("chat.update") == []
    assert send(chat, view, **task, due="2026-12-03") == {}
    said = message_text(chat.slack.of("chat.update")[-1])
    assert "⏳ The task “Call them” for Anna Snelling, due 3 Dec 2026 is on its way to the CRM" in said
    again = send(chat, view, user="UMELVIN", **task)
    assert again["response_action"] == "update"
    assert check_view(again["view"], "modal") == []
    assert "Meanwhile somebody else was first." in json.dumps(again["view"])


def test_what_was_done_of_the_kind_is_shown_in_the_form(chat: Chat) -> None:
    press(chat, "task")
    send(chat, opened(chat), subject="Call them", whom="2")
    press(chat, "task", user="UMELVIN")
    assert "Call them" in json.dumps(opened(chat)["blocks"][1], ensure_ascii=False)
    assert json.loads(opened(chat)["private_metadata"])["seen"] == 1


@pytest.mark.parametrize("reason", REASONS)
def test_why_it_is_none(chat: Chat, reason: str) -> None:
    press(chat, "not at risk")
    view = opened(chat)
    if reason == "other":
        assert send(chat, view, reason=reason)["errors"] == {"words": "Say what the reason is."}
    assert send(chat, view, reason=reason, words=HOSTILE) == {}
    redrawn = chat.slack.of("chat.update")[-1]
    assert check(redrawn, Surface.MESSAGE) == []
    assert "✋ Not at risk" in message_text(redrawn)


def test_a_note_and_the_explanation(chat: Chat) -> None:
    press(chat, "note")
    assert send(chat, opened(chat), note=" \u202e ")["errors"] == {"note": "Nothing is written here."}
    assert send(chat, opened(chat), note="They are slow.") == {}
    press(chat, "explain", user="UVERA")
    told = chat.slack.of("response_url")[-1]
    assert told["response_type"] == "ephemeral"
    assert "Who leaves: Shaky · Risk 63 %" in message_text(told)


@pytest.mark.parametrize("kind", TITLES)
@pytest.mark.parametrize("user", ["UVERA", "UGAIL", "UNOBODY"])
def test_who_may_not_gets_no_form_and_can_send_none(chat: Chat, kind: str, user: str) -> None:
    press(chat, kind, user=user)
    assert chat.slack.of("views.open") == []
    press(chat, kind)
    before = chat.world.desk.alerts[12]
    answer = send(
        chat,
        opened(chat),
        user=user,
        subject="x",
        whom="2",
        note="x",
        reason="planned",
    )
    assert answer == {} or answer["response_action"] == "update"
    assert chat.world.desk.alerts[12] == before
    assert chat.slack.of("chat.update") == []


def test_a_shared_channel_gets_none_even_if_it_became_one_meanwhile(chat: Chat) -> None:
    press(chat, "note", channel="CSHARED", ts="1700000000.000100")
    assert chat.slack.of("views.open") == []
    press(chat, "note")
    view = opened(chat)
    place = json.loads(view["private_metadata"]) | {"place": {"channel": "CSHARED", "ts": "1.0"}}
    answer = send(chat, {**view, "private_metadata": json.dumps(place)}, note="x")
    assert answer["response_action"] == "update"
    assert chat.world.desk.alerts[12].deeds == ()
    assert chat.world.audit.lines[-1][3] == "refused: shared channel"


@pytest.mark.parametrize(
    "carried",
    [
        "",
        "null",
        "[]",
        '{"alert": "12"}',
        '{"alert": "99", "seen": 0, "place": {}}',
        '{"alert": "-1", "seen": 0, "place": {}}',
        '{"alert": "12", "seen": "x", "place": {}}',
        '{"alert": "12", "seen": 0, "place": 7}',
    ],
)
def test_what_a_form_carries_is_not_trusted(chat: Chat, carried: str) -> None:
    press(chat, "note")
    answer = send(chat, {**opened(chat), "private_metadata": carried}, note="x")
    assert answer["response_action"] == "update"
    assert "another version" in str(answer) or "not known any more" in str(answer)
    assert chat.world.desk.alerts[12].deeds == ()


@pytest.mark.parametrize("value", ["12:nonsense", "12", ":task", "x:task", "12:assign"])
def test_what_the_dots_carry_is_not_trusted(chat: Chat, value: str) -> None:
    option = {"text": {"type": "plain_text", "text": "x"}, "value": value}
    action = {"type": "overflow", "action_id": "alert_more", "selected_option": option}
    chat.click(action, channel="CALERTS", ts="1700000000.000100")
    assert chat.slack.of("views.open") == []
    assert "another version" in message_text(chat.slack.of("response_url")[-1])


def test_people_are_looked_for_when_they_are_too_many_to_list(chat: Chat) -> None:
    chat.world.desk.crm_users = tuple(CrmUserName(str(n), f"Person {n}") for n in range(150))
    press(chat, "assign")
    (whom,) = [one for one in opened(chat)["blocks"] if one.get("block_id") == "whom"]
    assert whom["element"]["type"] == "external_select"
    assert suggestions(chat, "person 14") == ["Person 14", *(f"Person 14{n}" for n in range(10))]
    assert len(suggestions(chat, "")) == 100
    assert suggestions(chat, "", user="UVERA") == suggestions(chat, "", user="UGAIL") == []


def suggestions(chat: Chat, typed: str, user: str = "UANNA") -> list[str]:
    body = {
        "type": "block_suggestion",
        "team": {"id": "T0"},
        "user": {"id": user, "team_id": "T0"},
        "action_id": "crm_user",
        "block_id": "whom",
        "value": typed,
    }
    response = chat.app.dispatch(BoltRequest(mode="socket_mode", body=body))
    chat._wait()
    return [one["text"]["text"] for one in json.loads(response.body)["options"]]


def test_from_app_home_the_alert_is_redrawn_in_its_channel_and_at_home(chat: Chat) -> None:
    chat.click({"action_id": "alert_assign", "value": "12"}, user="UANNA")
    send(chat, opened(chat), whom="3")
    assert [one["channel"] for one in chat.slack.of("chat.update")] == ["CALERTS"]
    assert len(chat.slack.of("views.publish")) == 1


KINDS = ("assign", "task", "note", "owner", "not at risk", "woke", "worse", "acknowledge", "snooze")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("&" * 400, "task", True)
@example("*<" * 400, "assign", False)
@given(st.text(max_size=400), st.sampled_from(sorted(TITLES)), st.booleans())
def test_hostile_names_fit_into_every_form_and_line(text: str, kind: str, listed: bool) -> None:
    deeds = tuple(
        Deed(one, text, NOW, to=text, said=text, state=state, why=text)
        for one in (
            "assign",
            "task",
            "note",
            "owner",
            "not at risk",
            "woke",
            "worse",
            "acknowledge",
            "snooze",
        )
        for state in ("done", "waiting", "refused")
    )
    for at in range(0, len(deeds), 5):
        shown = notice(
            account_name=text,
            old_label=text,
            deeds=deeds[at : at + 5],
            earlier=deeds[at],
            state="not at risk",
        )
        assert check(alert_message(shown).payload(), Surface.MESSAGE) == []
        assert notice_from(json.loads(json.dumps(shown.as_payload()))) == shown
    for deed in deeds:
        assert check(history_message({"deed": deed.as_payload()}).payload(), Surface.MESSAGE) == []
    assert check(explanation_message(shown, card().further).payload(), Surface.MESSAGE) == []
    people = (replace(ME, name=text),) if listed else None
    form = Form(kind, shown, 0, people, replace(ME, name=text), {"channel": "C1", "ts": "1.0"})
    assert check_view(json.loads(json.dumps(alert_form(form))), "modal") == []
    assert check_view(json.loads(json.dumps(message_modal("That was not done", text))), "modal") == []
