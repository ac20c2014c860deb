"""What people do about alerts, and what becomes of it: who is first, who is told, what the CRM gets, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.acting import (
    LONGEST_SUBJECT,
    Assignment,
    FieldError,
    TaskWish,
    due_day,
    meanwhile,
    one_line,
    some_lines,
    why_not,
)
from bot.app.alert_noise import noise
from bot.app.errors import UserError
from bot.app.notices import AlertNotice, notice_from
from bot.app.people import Person, Role
from bot.store.alert_history import alert_history
from bot.store.alert_records import SqlAlertRecords
from bot.store.tables import AlertActionRow
from connector.cache.engine import Database
from connector.errors import Conflict, Fatal, NeedsPerson, Retriable
from tests.support.acting_world import ADA, BO, VERA, Killed, Office
from tests.support.scoring_world import NOON, World, database, shared_postgres

__all__ = ["database", "shared_postgres"]  # fixtures


@pytest.fixture
def office(database: Database) -> Office:
    return Office(World(database))


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """What each gave, or the error that it raised, when all began together."""
    together, found = threading.Barrier(len(deeds)), []

    def do(deed: Callable[[], object]) -> None:
        together.wait()
        try:
            found.append(deed())
        except UserError as error:
            found.append(error)

    threads = [threading.Thread(target=do, args=(one,)) for one in deeds]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


def test_it_is_given_to_somebody_who_is_told_directly(office: Office) -> None:
    given_to = office.desk.assign(office.alert_id, Assignment("u3"), ADA)
    assert (given_to.assignee, given_to.state) == ("Bo Example", "open")
    sent = office.deliver()
    assert {(one.kind, one.channel) for one in sent} == {("alert", "DBO"), ("alert_history", "#cs")}
    (direct,) = [one for one in sent if one.kind == "alert"]
    assert direct.payload["note"] == "Ada Example gave this to you."
    assert direct.payload["assignee"] == "Bo Example"
    assert office.history()[-1]["to"] == "Bo Example"
    (again,) = office.slack.edits
    assert (again[0].channel, again[1]["assignee"]) == ("#cs", "Bo Example")
    assert office.crm.owners == {"big": "u1"}, "the account stays whose it was"


def test_what_was_given_to_somebody_is_among_their_open_alerts(office: Office) -> None:
    records = SqlAlertRecords(office.database, office.clock)
    assert records.open_ones("u3", 5) == ()
    office.desk.assign(office.alert_id, Assignment("u3"), ADA)
    (mine,) = records.open_ones("u3", 5)
    assert (mine.assignee, [one.kind for one in mine.deeds]) == ("Bo Example", ["assign"])
    assert records.open_ones("u1", 5) == (mine,), "its owner's as well"
    assert records.open_ones("u2", 5) == ()


def test_what_is_done_later_is_shown_wherever_the_alert_stands(office: Office) -> None:
    office.desk.assign(office.alert_id, Assignment("u3"), ADA)
    office.deliver()
    office.slack.edits.clear()
    office.desk.acknowledge(office.alert_id, BO)
    office.deliver()
    assert {(one.channel, payload["state"], payload["acted_by"]) for one, payload in office.slack.edits} == {
        ("#cs", "acknowledged", "Bo Example"),
        ("DBO", "acknowledged", "Bo Example"),
    }
    notes = {one.channel: payload.get("note") for one, payload in office.slack.edits}
    assert notes == {"#cs": None, "DBO": "Ada Example gave this to you."}


def test_who_is_not_in_slack_is_told_of_where_the_alert_stands(office: Office) -> None:
    office.desk.assign(office.alert_id, Assignment("u1"), ADA)
    told = [one for one in office.deliver() if one.kind == "alert"]
    assert told == [], "it stands there already: the thread says it"
    assert office.history()[-1]["to"] == "Darcel Schlecht"


def test_of_two_who_give_it_away_at_once_one_does(office: Office) -> None:
    found = at_once(
        lambda: office.desk.assign(office.alert_id, Assignment("u3"), ADA),
        lambda: office.desk.assign(office.alert_id, Assignment("u2"), BO),
    )
    assert sorted(type(one).__name__ for one in found) == ["AlertNotice", "UserError"]
    (notice,) = [one for one in found if isinstance(one, AlertNotice)]
    (error,) = [one for one in found if isinstance(one, UserError)]
    assert notice.assignee is not None
    assert notice.assignee in str(error)
    assert [one.kind for one in office.world.rows(AlertActionRow)] == ["assign"]


def test_the_account_gets_a_new_owner_if_that_is_wished(office: Office) -> None:
    office.crm.faults = [Conflict(), Retriable("Zoho answered 503.")]
    office.desk.assign(office.alert_id, Assignment("u3", owner=True), ADA)
    office.work()
    assert office.crm.owners == {"big": "u1"}
    for _ in range(3):
        office.work(seconds=30)
    assert office.crm.owners == {"big": "u3"}
    office.deliver()
    assert [(one["kind"], one["state"]) for one in office.history()] == [
        ("assign", "done"),
        ("owner", "done"),
    ]


def test_a_task_is_created_once_and_says_who_asked_for_it(office: Office) -> None:
    wish = TaskWish("Call <!channel> them", date(2026, 12, 3), "u3")
    waiting = office.desk.ask_task(office.alert_id, wish, ADA)
    again = office.desk.ask_task(office.alert_id, wish, ADA)
    assert [one.state for one in waiting.deeds] == ["waiting"]
    assert again.deeds == waiting.deeds, "a double click shows the same task"
    office.work()
    office.work(seconds=600)
    (task,) = office.crm.added.values()
    assert task["of"] == ("Accounts", "big")
    assert (task["Subject"], task["Due"], task["Owner"]) == ("Call <!channel> them", wish.due, "u3")
    assert task["Description"].startswith("Ada Example via Bellwether · BW-")
    office.deliver()
    (line,) = office.history()
    assert (line["kind"], line["by"], line["state"]) == ("task", "Ada Example", "done")
    assert [one.outcome for one in office.audit.lines()] == ["done: Tasks1", "already open", "done"]


def test_of_many_who_ask_for_a_task_at_once_one_gets_it(office: Office) -> None:
    people = [replace(ADA, slack_id=f"U{one}", name=f"Person {one}") for one in range(6)]
    wish = TaskWish("Call", None, "u3")
    found = at_once(*(lambda who=one: office.desk.ask_task(office.alert_id, wish, who) for one in people))
    assert sum(isinstance(one, AlertNotice) for one in found) == 1
    office.work()
    assert len(office.crm.added) == 1
    seen = office.desk.to_act_on(office.alert_id, "task", BO)[1]
    office.desk.ask_task(
        office.alert_id, replace(wish, seen=seen), BO
    )  # who has seen it may want another one
    office.work()
    assert len(office.crm.added) == 2


def test_a_zoho_that_is_down_loses_nothing_and_doubles_nothing(office: Office) -> None:
    office.crm.faults = [Retriable("Zoho answered 503.")] * 12
    office.desk.ask_task(office.alert_id, TaskWish("Call", None, "u2"), ADA)
    office.desk.ask_note(office.alert_id, "They are\nslow.", "V1", ADA)
    for _ in range(40):
        office.work(seconds=120)
    assert sorted(one["module"] for one in office.crm.added.values()) == ["Notes", "Tasks"]
    assert office.troubles, "an administrator is told"
    (note,) = [one for one in office.crm.added.values() if one["module"] == "Notes"]
    assert note["Note_Content"].startswith("They are\nslow.\n\nAda Example via Bellwether · BW-")


def test_a_lost_answer_is_looked_for_before_it_is_written_again(office: Office) -> None:
    office.crm.faults = [("lost", Retriable("Zoho did not answer."))]
    office.desk.ask_task(office.alert_id, TaskWish("Call", None, "u2"), ADA)
    office.work()
    office.work(seconds=5)
    assert office.crm.looked == 0, "the insert may still be under way"
    office.work(seconds=30)
    assert (len(office.crm.added), office.crm.looked) == (1, 1)
    assert [one.state for one in office.world.rows(AlertActionRow)] == ["done"]


@pytest.mark.parametrize("written", [False, True], ids=["before the CRM", "after the CRM"])
def test_a_kill_between_claim_and_record(office: Office, written: bool) -> None:
    office.crm.faults = [("lost", Killed()) if written else Killed()]
    office.desk.ask_task(office.alert_id, TaskWish("Call", None, "u2"), ADA)
    with pytest.raises(Killed):
        office.work()
    office.work(seconds=5)
    assert len(office.crm.added) == int(written), "the lease of the dead is still held"
    office.work(seconds=30)
    assert len(office.crm.added) == 1
    assert [one.state for one in office.world.rows(AlertActionRow)] == ["done"]


def test_a_refusal_is_told_and_a_revoked_token_is_waited_for(office: Office) -> None:
    office.crm.faults = [NeedsPerson("The token was revoked."), Fatal("Zoho answered INVALID_DATA.")]
    office.desk.ask_task(office.alert_id, TaskWish("Call", None, "u2"), ADA)
    office.work()
    assert office.troubles == ["The token was revoked."]
    office.work(seconds=301)
    office.deliver()
    (line,) = office.history()
    assert (line["state"], line["why"]) == ("refused", "Zoho answered INVALID_DATA.")
    notice = office.desk.to_act_on(office.alert_id, "task", ADA)[0]
    assert notice.deeds[-1].state == "refused"


def test_what_waits_for_a_week_is_given_up_and_said(office: Office) -> None:
    office.crm.faults = [Retriable("Zoho answered 503.")] * 50
    office.desk.ask_task(office.alert_id, TaskWish("Call", None, "u2"), ADA)
    office.work()
    office.work(seconds=8 * 86_400)
    (action,) = office.world.rows(AlertActionRow)
    assert (action.state, office.crm.added) == ("refused", {})


def test_not_at_risk_is_kept_shown_next_time_and_counted(office: Office) -> None:
    first = office.alert_id
    notice = office.desk.dismiss(first, "planned", "closed <@U1> in winter", ADA)
    assert notice.state == "not at risk"
    assert notice.deeds[-1].said.endswith("closed <@U1> in winter")
    second = office.desk.dismiss(first, "data", "", BO)
    assert second.deeds == notice.deeds, "who was first is shown"
    with pytest.raises(UserError):
        office.desk.assign(first, Assignment("u3"), BO)
    office.world.pass_time(days=5)
    office.world.deal("big", 1, 20_000)
    office.world.run()
    office.world.lose("big", 30)
    office.world.run()
    posted = [one for one in office.deliver() if one.kind == "alert"]
    assert len(posted) == 1
    said = notice_from(posted[0].payload).earlier
    assert said is not None
    assert (said.by, said.kind) == ("Ada Example", "not at risk")
    with alert_history(office.database) as history:
        (counts,) = noise(history.sent(NOON - timedelta(days=1)))
    assert (counts.route, counts.channel, counts.sent, counts.not_at_risk) == ("Worse", "#cs", 2, 1)
    assert (counts.precision, counts.acknowledged, counts.acted) == (0.0, 1, 0)
    assert counts.acknowledged_seconds is not None


def test_a_rest_that_is_over_says_what_happened_meanwhile(office: Office) -> None:
    office.desk.snooze(office.alert_id, 7, ADA)
    office.deliver()
    office.world.pass_time(days=2)
    office.world.deal("big", 1, 20_000)
    office.world.run()
    office.world.pass_time(days=6)
    assert office.rests.end() == 1
    office.deliver()
    line = office.history()[-1]
    assert line["kind"] == "woke"
    assert line["said"] == "Meanwhile the label went Good → Top and they bought on 25 Nov 2026."
    assert office.slack.edits[-1][1]["state"] == "open"


def test_it_opens_again_as_a_newer_alert_when_it_gets_worse(office: Office) -> None:
    office.desk.snooze(office.alert_id, 30, ADA)
    office.deliver()
    office.world.pass_time(days=1)
    office.world.lose("big", 3000)
    office.world.run()
    assert office.rests.end() == 0, "the newer alert does not stand in Slack yet"
    office.deliver()
    assert [office.rests.end() for _ in range(2)] == [1, 0]
    states = {one.id: one.state for one in office.world.alerts()}
    assert sorted(states.values()) == ["open", "reopened"]
    office.world.pass_time(days=40)
    assert office.rests.end() == 0


def test_every_deed_asks_who_may_and_is_recorded(office: Office) -> None:
    number = office.alert_id
    deeds: list[Callable[[Person], object]] = [
        lambda who: office.desk.acknowledge(number, who),
        lambda who: office.desk.snooze(number, 1, who),
        lambda who: office.desk.dismiss(number, "spoken", "", who),
        lambda who: office.desk.assign(number, Assignment("u3"), who),
        lambda who: office.desk.ask_task(number, TaskWish("Call", None, "u3"), who),
        lambda who: office.desk.ask_note(number, "Note", "V1", who),
        lambda who: office.desk.to_act_on(number, "task", who),
    ]
    for deed in deeds:
        with pytest.raises(UserError, match="may not"):
            deed(VERA)
    assert [one.outcome for one in office.audit.lines()] == ["refused"] * len(deeds)
    assert office.world.rows(AlertActionRow) == []
    assert office.desk.people("", 10, VERA) == ()
    assert office.desk.explain(number, VERA)[1][0].label == "Slipping"
    with pytest.raises(UserError):
        office.desk.explain(number, replace(VERA, role=Role.NOBODY))
    with pytest.raises(UserError, match="not known"):
        office.desk.ask_note(999, "Note", "V1", ADA)


def test_only_active_crm_users_can_be_chosen(office: Office) -> None:
    assert [one.name for one in office.desk.people("A Example", 10, ADA)] == ["Ada Example"]
    assert office.desk.people("%", 10, ADA) == ()
    assert len(office.desk.people("", 2, ADA)) == 2
    for whom in ("u9", "nobody", ""):
        with pytest.raises(FieldError) as error:
            office.desk.assign(office.alert_id, Assignment(whom), ADA)
        assert error.value.field == "whom"


def test_a_note_of_one_form_counts_once(office: Office) -> None:
    for form in ("V1", "V1", "V2"):
        office.desk.ask_note(office.alert_id, "Seen", form, ADA)
    office.work()
    assert len(office.crm.added) == 2


def test_what_cannot_be_taken_is_said_of_its_field() -> None:
    today = date(2026, 11, 24)
    wrong: list[tuple[str, Callable[[], object]]] = [
        ("subject", lambda: one_line("subject", " \u202e\n ", 10)),
        ("subject", lambda: one_line("subject", "x" * (LONGEST_SUBJECT + 1), LONGEST_SUBJECT)),
        ("due", lambda: due_day(today - timedelta(days=1), today)),
        ("due", lambda: due_day(date(9999, 1, 1), today)),
        ("reason", lambda: why_not("nonsense", "")),
        ("words", lambda: why_not("other", "  ")),
    ]
    for name, deed in wrong:
        with pytest.raises(FieldError) as error:
            deed()
        assert error.value.field == name
    assert due_day(None, today) is None
    assert due_day(today, today) == today
    assert why_not("other", "They moved.") == "They moved."


@given(st.text(max_size=300))
def test_what_is_typed_keeps_its_words_and_loses_what_is_invisible(text: str) -> None:
    try:
        kept = some_lines("note", text, 1_000)
    except FieldError:
        assert not any(one.isalnum() for one in text)
        return
    assert "\x00" not in kept
    assert "\u202e" not in kept
    assert [one for one in text if one.isalnum()] == [one for one in kept if one.isalnum()]
    assert some_lines("note", kept, 1_000) == kept


@given(st.lists(st.sampled_from(["Top", "Good", None]), max_size=6))
def test_meanwhile_names_each_label_once_in_a_row(labels: list[str | None]) -> None:
    said = meanwhile(labels, None, None)
    assert all(one != two for one, two in zip(said.labels, said.labels[1:], strict=False))
    assert said.labels[-1:] == tuple(labels[-1:])
    assert meanwhile(labels, NOON.date(), NOON.date()).bought is None
