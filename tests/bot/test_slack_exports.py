"""Exports in Slack: the button, the modal, the search for fields, cancelling, the history."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.app.errors import SendError, SendLater, SendNever, SendUnclear
from bot.app.exporting_rhythm import ExportSchedule, Rhythm, ScheduleState
from bot.app.exporting_values import (
    ColumnType,
    Export,
    ExportColumn,
    ExportSort,
    Format,
    Header,
    Mailing,
    Status,
    Wish,
    in_history_order,
)
from bot.app.ports import Posted
from bot.language.question import Kind, Question, Sort
from bot.slack import ids
from bot.slack.channels import Channels
from bot.slack.export_notices import SlackExportNotices
from bot.slack.failures import send_error
from bot.slack.listeners.exports import begin_export, question_of
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Surroundings
from bot.slack.views.export import export_message, export_modal, field_options, history_message
from bot.slack.views.export_schedules import halted_message
from bot.slack.views.limits import Surface, check
from connector.cache.engine import Database, open_database
from sandbox.demo.transcript import message_text
from sandbox.slack.blocks import check_view
from tests.support.export_world import ExportWorld
from tests.support.fake_services import MELVIN, NOW, FakeWorld, account, fake_world, list_answer
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_requests import Chat

QUESTION = "accounts in healthcare"
HOSTILE = "<!channel> *x* \u202e" + "=1" * 200


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingSlack]:
    with recording_slack() as slack:
        yield slack


@pytest.fixture
def slack(server: RecordingSlack) -> RecordingSlack:
    server.calls.clear()
    server.messages.clear()
    return server


@pytest.fixture
def world(sqlite_template: Path, tmp_path: Path) -> Iterator[ExportWorld]:
    file = tmp_path / "bellwether.sqlite"
    file.write_bytes(sqlite_template.read_bytes())
    database: Database = open_database(f"sqlite:///{file}")
    yield ExportWorld(database, tmp_path)
    database.close()


class ExportingWorld(FakeWorld):
    """The fakes, with real exports behind them."""

    exporting: ExportWorld

    @property
    def services(self) -> Any:
        own = self.exporting
        return replace(super().services, exports=own.exports, schedules=own.schedules)


@pytest.fixture
def chat(world: ExportWorld, slack: RecordingSlack) -> Iterator[Chat]:
    fakes = fake_world()
    made = ExportingWorld(**{name: getattr(fakes, name) for name in fakes.__dataclass_fields__})
    made.exporting = world
    answer = list_answer(account("Konex"))
    made.asking.knows(QUESTION, replace(answer, asked=Question(Kind.LIST)))
    opened = Chat(made, slack)
    yield opened
    opened.close()


def submission(draft: str, **chosen: Any) -> dict[str, Any]:
    """What Slack sends when the modal is submitted."""
    values: dict[str, Any] = {
        name: {name: {"selected_option": {"value": value}}}
        for name, value in chosen.items()
        if name not in {"fields", "roles", "keywords"}
    }
    for name in ("fields", "roles", "keywords"):
        options = [{"value": one} for one in chosen.get(name, ())]
        values[name] = {ids.EXPORT_FIELDS if name == "fields" else name: {"selected_options": options}}
    return {
        "type": "view_submission",
        "team": {"id": "T0"},
        "user": {"id": "UMELVIN", "team_id": "T0"},
        "trigger_id": f"submit-{draft}-{json.dumps(chosen)}",
        "view": {
            "id": "V1",
            "type": "modal",
            "callback_id": ids.EXPORT_MODAL,
            "private_metadata": draft,
            "state": {"values": values},
        },
    }


def pressed(chat: Chat, action_id: str, value: str, user: str = "UMELVIN") -> None:
    chat.click({"action_id": action_id, "value": value}, user, channel="CSALES", ts="1.1")


def opened_modal(chat: Chat) -> dict[str, Any]:
    pressed(chat, ids.EXPORT, json.dumps({"q": QUESTION, "offset": 0}))
    [call] = chat.slack.of("views.open")
    view = call["view"]
    found: dict[str, Any] = view if isinstance(view, dict) else json.loads(view)
    assert check_view(found, "modal") == []
    return found


def answer_of(chat: Chat, body: dict[str, Any]) -> Any:
    """What the app answers to a request of Slack's."""
    response = chat.app.dispatch(BoltRequest(mode="socket_mode", body=body))
    chat._wait()
    assert response.status == 200
    return json.loads(response.body) if response.body else None


def test_from_the_button_to_the_message_that_tells_how_it_goes_on(chat: Chat, world: ExportWorld) -> None:
    modal = opened_modal(chat)
    draft = modal["private_metadata"]
    body = submission(draft, format="xlsx", header="names", columns="chosen", fields=["name", "city"])
    assert answer_of(chat, body) is None
    export = world.history.find(draft)
    assert export is not None
    assert export.status is Status.WAITING
    assert export.wish == Wish(Format.XLSX, Header.NAMES, ("name", "city"))
    assert export.posted is not None
    assert export.posted.channel == "DMELVIN"
    [message] = chat.slack.messages
    assert "waits for its turn" in message_text(message)
    assert world.jobs.waiting("export")
    done = world.written(export)
    assert done.rows == 4


def test_of_the_top_so_many_the_modal_says_so_many(chat: Chat, world: ExportWorld) -> None:
    answer = chat.world.asking.answers[QUESTION]
    top = replace(answer, asked=Question(Kind.LIST, sort=(Sort("total_spend"),), limit=2), total=4)
    chat.world.asking.knows(QUESTION, top)
    assert "2 accounts: " in json.dumps(opened_modal(chat)["blocks"][0])


def test_the_choice_of_last_time_stands_in_the_modal(chat: Chat, world: ExportWorld) -> None:
    draft = opened_modal(chat)["private_metadata"]
    answer_of(chat, submission(draft, format="parquet", header="names", columns="chosen", fields=["city"]))
    chat.slack.calls.clear()
    again = {block["block_id"]: block.get("element") for block in opened_modal(chat)["blocks"][1:-1]}
    assert again["format"]["initial_option"]["value"] == "parquet"
    assert again["header"]["initial_option"]["value"] == "names"
    assert again["columns"]["initial_option"]["text"]["text"] == "The 1 field of last time"


@pytest.mark.parametrize(
    ("choice", "block", "said"),
    [
        ({"columns": "chosen"}, "fields", "at least one"),
        ({"columns": "all", "fields": ["city"]}, "fields", "is not"),
        ({"rows": "contacts", "fields": ["city"]}, "fields", "columns of its own"),
        ({"rows": "accounts", "roles": ["User"]}, "roles", "are of contacts"),
        ({"keywords": ["fair"]}, "keywords", "are of contacts"),
    ],
)
def test_what_does_not_fit_together_is_said_in_the_modal(
    chat: Chat, world: ExportWorld, choice: dict[str, Any], block: str, said: str
) -> None:
    draft = opened_modal(chat)["private_metadata"]
    answer = answer_of(chat, submission(draft, **choice))
    assert answer["response_action"] == "errors"
    assert said in answer["errors"][block]
    found = world.history.find(draft)
    assert found is not None
    assert found.status is Status.DRAFT


def test_a_mailing_list_is_chosen_in_the_modal(chat: Chat, world: ExportWorld) -> None:
    modal = opened_modal(chat)
    roles = next(one for one in modal["blocks"] if one.get("block_id") == "roles")["element"]
    assert "Decision Maker" in [one["value"] for one in roles["options"]]
    draft = modal["private_metadata"]
    answer_of(chat, submission(draft, rows="contacts", columns="all", roles=["User", "Decision Maker"]))
    export = world.history.find(draft)
    assert export is not None
    assert export.wish.mailing == Mailing(("User", "Decision Maker"))
    done = world.written(export)
    assert "contacts (User or Decision Maker)" in json.dumps(export_message(done).payload())


def test_a_schedule_is_made_in_the_modal_and_stopped_in_the_history(chat: Chat, world: ExportWorld) -> None:
    draft = opened_modal(chat)["private_metadata"]
    answer_of(chat, submission(draft, columns="all", repeat="monday"))
    [begun, scheduled] = chat.slack.messages
    assert message_text(scheduled).startswith(f"🔁 Every Monday: {QUESTION}")
    assert "waits for its turn" in message_text(begun)
    [schedule] = world.schedules.listed(MELVIN)
    assert schedule.rhythm is Rhythm.MONDAY
    chat.mention("exports", "UMELVIN")
    [private] = chat.slack.of("chat.postEphemeral")
    assert check(private, Surface.MESSAGE) == []
    assert f"🔁 every Monday · {QUESTION} · csv, all fields" in message_text(private)
    menu = private["blocks"][-1]["elements"][0]
    [option] = menu["options"]
    chosen = {"type": "static_select", "action_id": menu["action_id"], "selected_option": option}
    chat.click(chosen, "UDARCEL", channel="CSALES", ts="1.1", ephemeral=True)
    assert len(world.schedules.listed(MELVIN)) == 1, "is nobody else's"
    chat.click(chosen, "UMELVIN", channel="CSALES", ts="1.1", ephemeral=True)
    assert world.schedules.listed(MELVIN) == []
    assert "not made every Monday any more" in json.dumps(chat.slack.of("response_url")[-1])


def test_a_modal_that_is_submitted_twice_makes_no_schedule(chat: Chat, world: ExportWorld) -> None:
    draft = opened_modal(chat)["private_metadata"]
    answer_of(chat, submission(draft, columns="all"))
    answer_of(chat, submission(draft, columns="all", repeat="daily"))
    assert "has been started already" in message_text(chat.slack.messages[-1])
    assert world.schedules.listed(MELVIN) == []


def test_one_that_rests_is_told_with_a_button_that_resumes_it(chat: Chat, world: ExportWorld) -> None:
    draft = opened_modal(chat)["private_metadata"]
    answer_of(chat, submission(draft, columns="all", repeat="daily"))
    resting = {"state": ScheduleState.PAUSED, "reason": HOSTILE}
    world.schedules.book.change(draft, (ScheduleState.ACTIVE,), resting)
    [schedule] = world.schedules.listed(MELVIN)
    client = WebClient(token="xoxb-test", base_url=chat.slack.api_url)
    SlackExportNotices(client).tell_halted(schedule)
    told = chat.slack.messages[-1]
    assert told["channel"] == "DMELVIN"
    assert "<!channel>" not in json.dumps(told)
    assert "rests" in message_text(told)
    resume = told["blocks"][-1]["elements"][0]
    pressed(chat, resume["action_id"], resume["value"])
    assert world.schedules.listed(MELVIN)[0].state is ScheduleState.ACTIVE


def test_any_schedules_can_be_shown(world: ExportWorld) -> None:
    many = [
        ExportSchedule("a" * 32, hostile(), rhythm, state, NOW, reason=HOSTILE * 3)
        for rhythm in Rhythm
        for state in ScheduleState
    ]
    listed = history_message([hostile()], [], ExportSort.WHEN, NOW, many)
    assert check(listed.payload(), Surface.MESSAGE) == []
    assert check(history_message([], [], ExportSort.WHEN, NOW, many).payload(), Surface.MESSAGE) == []
    for one in many:
        assert check(halted_message(one).payload(), Surface.MESSAGE) == []


def test_fields_are_searched_for(chat: Chat) -> None:
    body = {
        "type": "block_suggestion",
        "team": {"id": "T0"},
        "user": {"id": "UMELVIN", "team_id": "T0"},
        "action_id": ids.EXPORT_FIELDS,
        "block_id": "fields",
        "value": "tier",
        "view": {"id": "V1", "type": "modal", "callback_id": ids.EXPORT_MODAL},
    }
    [option] = answer_of(chat, body)["options"]
    assert option == {
        "text": {"type": "plain_text", "text": "Customer Tier", "emoji": False},
        "value": "Customer_Tier",
    }


def test_who_may_not_export_is_told_so_privately(chat: Chat, world: ExportWorld) -> None:
    pressed(chat, ids.EXPORT, QUESTION, "UDARCEL")
    assert chat.slack.of("views.open") == []
    [private] = chat.slack.of("response_url")
    assert private["response_type"] == "ephemeral"
    assert "Only managers and administrators" in message_text(private)
    assert world.outcomes() == ["refused: Only managers and administrators can export."]


def test_a_modal_of_somebody_else_starts_nothing(chat: Chat, world: ExportWorld) -> None:
    draft = opened_modal(chat)["private_metadata"]
    body = submission(draft, columns="all")
    body["user"] = {"id": "UDARCEL", "team_id": "T0"}
    chat.app.dispatch(BoltRequest(mode="socket_mode", body=body))
    chat._wait()
    found = world.history.find(draft)
    assert found is not None
    assert found.status is Status.DRAFT


def test_an_export_is_cancelled_in_its_message(chat: Chat, world: ExportWorld) -> None:
    draft = opened_modal(chat)["private_metadata"]
    answer_of(chat, submission(draft, columns="all"))
    pressed(chat, ids.EXPORT_CANCEL, draft)
    [message] = chat.slack.messages
    assert "cancelled; there is no file" in message_text(message)
    found = world.history.find(draft)
    assert found is not None
    assert found.status is Status.CANCELLED


def test_a_thread_gets_a_button_because_a_message_opens_no_modal(chat: Chat, world: ExportWorld) -> None:
    around = Surroundings(chat.world.services, Channels(chat.app.client), lambda: chat.world.configuration)
    client = chat.app.client
    reply = Reply(client, Place("UMELVIN", "CSALES", "1.1"))
    answer = chat.world.asking.answers[QUESTION]
    begin_export(around, answer, MELVIN, reply, client)
    [private] = chat.slack.of("chat.postEphemeral")
    assert (private["user"], private["thread_ts"]) == ("UMELVIN", "1.1")
    [element] = private["blocks"][-1]["elements"]
    pressed(chat, element["action_id"], element["value"])
    [call] = chat.slack.of("views.open")
    assert json.dumps(element["value"]) in json.dumps(call["view"])


def test_the_history_is_listed_to_the_person_alone_and_sent_again(chat: Chat, world: ExportWorld) -> None:
    draft = opened_modal(chat)["private_metadata"]
    answer_of(chat, submission(draft, columns="all"))
    export = world.history.find(draft)
    assert export is not None
    world.written(export)
    chat.mention("exports", "UMELVIN")
    [private] = chat.slack.of("chat.postEphemeral")
    assert check(private, Surface.MESSAGE) == []
    assert "1 export of the last 90 days" in message_text(private)
    chat.click(
        {"type": "static_select", "action_id": ids.EXPORT_SEND, "selected_option": {"value": draft}},
        "UMELVIN",
        channel="CSALES",
        ts="1.1",
        ephemeral=True,
    )
    assert world.work.run(draft, 1, lambda: None)["rows"] == 4
    assert len(world.notices.files) == 2
    chat.click(
        {"type": "static_select", "action_id": ids.EXPORT_SORT, "selected_option": {"value": "size"}},
        "UMELVIN",
        channel="CSALES",
        ts="1.1",
        ephemeral=True,
    )
    assert "sorted by largest" in json.dumps(chat.slack.of("response_url")[-1])


def test_the_history_is_refused_to_others(chat: Chat) -> None:
    chat.mention("my exports", "UANNA")
    [private] = chat.slack.of("chat.postEphemeral")
    assert "Only managers" in message_text(private)


def test_without_exports_a_person_is_told(world: ExportWorld, slack: RecordingSlack) -> None:
    chat = Chat(fake_world(), slack)
    chat.direct("exports", "UMELVIN")
    assert "not set up" in message_text(slack.messages[-1])
    chat.close()


def hostile(**changes: Any) -> Export:
    made = Export(
        public_id="a" * 32,
        question=HOSTILE,
        segments=(),
        criteria=HOSTILE,
        sort=(),
        row_limit=None,
        wish=Wish(),
        requested_by="UMELVIN",
        requester=HOSTILE,
        slack_id="UMELVIN",
        status=Status.DONE,
        created_at=NOW,
        rows=1_234,
        total=5_000,
        bytes=12_345_678,
        expires_at=NOW,
        reason=HOSTILE,
        posted=Posted("DMELVIN", "1.1"),
    )
    return replace(made, **changes)


@pytest.mark.parametrize("status", Status)
def test_every_state_can_be_sent_whatever_the_question_holds(status: Status) -> None:
    message = export_message(hostile(status=status), "https://bellwether.example/exports/x?sign=1")
    assert check(message.payload(), Surface.MESSAGE) == []
    assert "<!channel>" not in json.dumps(message.text)
    listed = history_message([hostile(status=status)] * 30, ["a" * 32], ExportSort.WHEN, NOW)
    assert check(listed.payload(), Surface.MESSAGE) == []


def test_progress_is_said_in_numbers() -> None:
    message = export_message(hostile(status=Status.RUNNING, question="VIPs"))
    assert message_text(message.payload()).startswith("⏳ Exporting: 1,234 of 5,000 rows, 25% · VIPs")


def test_the_modal_holds_any_question_and_any_field() -> None:
    marks = Mailing((HOSTILE[:100], *(f"Role {at}" for at in range(150))), ("<b>",))
    modal = export_modal(hostile(wish=Wish(columns=("a",) * 150)), HOSTILE * 5, 10, marks)
    assert check_view(modal, "modal") == []
    column = ExportColumn("a", "A", HOSTILE, ColumnType.TEXT)
    long = ExportColumn("b" * 200, "B", "", ColumnType.TEXT)
    [option, *others] = field_options([column, long, *(replace(column, name=str(at)) for at in range(200))])
    assert len(option["text"]["text"]) <= 75
    assert len(others) == 99


def test_what_a_button_carries() -> None:
    assert question_of("VIP accounts") == "VIP accounts"
    assert question_of('{"q": "VIP accounts", "offset": 10}') == "VIP accounts"
    assert question_of("7") == "7"
    assert question_of('{"q": 5}') == '{"q": 5}'


def test_history_is_sorted_by_what_a_person_chooses() -> None:
    small, large = hostile(public_id="s", rows=1), hostile(public_id="l", rows=2)
    assert [one.public_id for one in in_history_order([small, large], ExportSort.ROWS)] == ["l", "s"]


def test_what_slack_takes_in_a_moment_is_waited_for(slack: RecordingSlack) -> None:
    notices = SlackExportNotices(WebClient(token="xoxb-test", base_url=slack.api_url))
    slack.faults["chat.postMessage"] = [(429, {"Retry-After": "0"}), (429, {"Retry-After": "60"})]
    with pytest.raises(SendLater) as refused:
        notices.tell(hostile(), None)
    assert refused.value.after == timedelta(seconds=60), "the short wait was kept"
    notices.tell(hostile(), None)
    assert len(slack.messages) == 1


def test_errors_of_slack_come_out_sorted(slack: RecordingSlack) -> None:
    client = WebClient(token="xoxb-test", base_url=slack.api_url)
    notices = SlackExportNotices(client)
    notices.show(hostile(), None)
    assert [call["ts"] for call in slack.of("chat.update")] == ["1.1"]
    notices.tell(hostile(), None)
    assert slack.messages[-1]["channel"] == "DMELVIN"
    slack.faults["chat.update"] = ["message_not_found"]
    with pytest.raises(SendError):
        notices.show(hostile(), None)
    notices.show(hostile(posted=None), None)


def uploading(slack: RecordingSlack) -> tuple[SlackExportNotices, list[str], Callable[[], None]]:
    """Slack, what it noted before a copy could be seen, and an upload."""
    notices, noted = SlackExportNotices(WebClient(token="xoxb-test", base_url=slack.api_url)), list[str]()
    return notices, noted, lambda: notices.upload(hostile(), io.BytesIO(b"abc"), noted.append)


def test_a_copy_is_noted_before_it_is_seen(slack: RecordingSlack) -> None:
    notices, noted, upload = uploading(slack)
    upload()
    [completed] = slack.of("files.completeUploadExternal")
    assert completed["channel_id"] == "DMELVIN"
    [file] = completed["files"] if isinstance(completed["files"], list) else json.loads(completed["files"])
    assert [file["id"]] == noted

    def refuse(_copy: str) -> None:
        raise SendNever("No.")

    with pytest.raises(SendNever):
        notices.upload(hostile(), io.BytesIO(b"abc"), refuse)
    assert len(slack.of("files.completeUploadExternal")) == 1


@pytest.mark.parametrize(
    ("method", "fault", "expected"),
    [
        ("conversations.open", 500, SendLater),
        ("files.getUploadURLExternal", 503, SendLater),
        ("files.getUploadURLExternal", "fatal_error", SendLater),
        ("files.getUploadURLExternal", "storage_limit_reached", SendNever),
        ("upload", 429, SendLater),
        ("upload", 503, SendLater),
        ("upload", 413, SendNever),
        ("files.completeUploadExternal", 500, SendUnclear),
    ],
)
def test_only_the_last_step_of_an_upload_may_be_unclear(
    slack: RecordingSlack, method: str, fault: str | int, expected: type[Exception]
) -> None:
    _, noted, upload = uploading(slack)
    slack.faults[method] = [fault if isinstance(fault, str) else (fault, {})]
    with pytest.raises(expected):
        upload()
    assert bool(noted) == (expected is SendUnclear)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "", "ftp://files.example/x"])
def test_bytes_go_to_no_place_that_is_no_web_address(
    slack: RecordingSlack, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    given = {"ok": True, "file_id": "F1", "upload_url": address}
    monkeypatch.setattr(RecordingSlack, "_files_getUploadURLExternal", lambda _self, _arguments: given)
    _, noted, upload = uploading(slack)
    with pytest.raises(SendLater, match="no place"):
        upload()
    assert noted == []


@pytest.mark.parametrize(("said", "seconds"), [("7", 7), ("9" * 14, 86_400), ("²", 30), ("-1", 30), ("", 30)])
def test_what_slack_says_of_waiting_ends_nothing(said: str, seconds: int) -> None:
    response = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data={"ok": False, "error": "ratelimited"},
        headers={"Retry-After": said},
        status_code=429,
    )
    found = send_error(SlackApiError("", response))  # type: ignore[no-untyped-call]
    assert isinstance(found, SendLater)
    assert found.after == timedelta(seconds=seconds)
