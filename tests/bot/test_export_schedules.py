"""Exports that are made again and again: when, with whose rights, and what halts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.errors import SendLater, SendNever, UserError
from bot.app.exporting_rhythm import MOST_SCHEDULES, ExportSchedule, Rhythm, ScheduleState, due_day
from bot.app.exporting_values import EXPORTS_A_DAY, Export, Format, Status, Wish
from bot.app.people import NOT_ASKED, OPERATOR, Person, Role
from bot.language.question import Kind, Question
from connector.cache.engine import open_database
from tests.support.export_world import ExportWorld
from tests.support.fake_services import ADA, ANNA, MELVIN, FakePeople

BERLIN, AT = ZoneInfo("Europe/Berlin"), time(6, 15)
WISH = Wish(Format.CSV, columns=("name",))


@pytest.fixture
def world(sqlite_template: Path, tmp_path: Path) -> Iterator[ExportWorld]:
    file = tmp_path / "bellwether.sqlite"
    file.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{file}")
    made = ExportWorld(database, tmp_path)
    made.clock.present = datetime(2026, 3, 31, 12, tzinfo=UTC)  # a Tuesday
    yield made
    database.close()


def scheduled(
    world: ExportWorld, rhythm: Rhythm = Rhythm.MONDAY, person: Person = MELVIN, *, segment: bool = False
) -> ExportSchedule:
    question = world.exports.of_segment("medical") if segment else Question(Kind.LIST)
    draft = world.exports.begin(question, "VIP accounts", person, "CSALES")
    return world.schedules.repeat(draft.public_id, WISH, rhythm, person)


def made(world: ExportWorld) -> list[Export]:
    """Every export of a schedule."""
    return [one for one in world.history.listed(None) if one.schedule_id is not None]


def state_of(world: ExportWorld, schedule: ExportSchedule) -> tuple[ScheduleState, str | None]:
    found = world.schedules.book.find(schedule.public_id)
    assert found is not None
    return found.state, found.reason


def without_rights(world: ExportWorld, refusal: str | None = None) -> None:
    role = Role.NOBODY if refusal else Role.MEMBER
    world.people = FakePeople(replace(MELVIN, role=role, refusal=refusal))


@pytest.mark.parametrize(
    ("rhythm", "last", "now", "due"),
    [
        (Rhythm.MONDAY, "2026-03-31", "2026-04-06 04:59", None),
        (Rhythm.MONDAY, "2026-03-31", "2026-04-06 05:00", "2026-04-06"),  # 06:15 and three quarters there
        (Rhythm.MONDAY, "2026-04-06", "2026-04-06 05:00", None),
        (Rhythm.MONDAY, "2026-03-01", "2026-04-09 05:00", "2026-04-06"),  # of five missed ones the newest
        (Rhythm.DAILY, "2026-03-28", "2026-03-29 04:59", None),  # the night of summer time
        (Rhythm.DAILY, "2026-03-28", "2026-03-29 05:00", "2026-03-29"),
        (Rhythm.DAILY, "2026-03-31", "2026-03-30 12:00", None),  # the clock was set back
        (Rhythm.MONTHLY, "2026-03-31", "2026-04-01 05:00", "2026-04-01"),
        (Rhythm.MONTHLY, "2026-04-01", "2026-04-30 12:00", None),
        (Rhythm.SUNDAY, None, "2026-04-01 12:00", "2026-03-29"),
    ],
)
def test_when_one_is_due(rhythm: Rhythm, last: str | None, now: str, due: str | None) -> None:
    before = None if last is None else date.fromisoformat(last)
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = due_day(rhythm, before, at, AT, BERLIN)
    assert (None if found is None else found.isoformat()) == due


@settings(max_examples=60)
@given(
    st.sampled_from(Rhythm),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    st.lists(st.integers(1, 300), max_size=30),
)
def test_whenever_somebody_looks_each_day_is_due_once_at_most(
    rhythm: Rhythm, start: datetime, waits: list[int]
) -> None:
    last, seen, now = start.date(), [], start
    for hours in waits:
        now += timedelta(hours=hours)
        if (day := due_day(rhythm, last, now, AT, BERLIN)) is not None:
            last = day
            seen.append(day)
            assert rhythm.is_on(day)
            assert day <= now.astimezone(BERLIN).date()
    assert seen == sorted(set(seen))


def test_a_weekly_list_comes_by_itself_once_a_week(world: ExportWorld) -> None:
    schedule = scheduled(world)
    assert world.runs.run() == {"begun": 0, "halted": 0}
    world.clock.move(days=7)
    assert world.runs.run()["begun"] == 1
    assert world.runs.run()["begun"] == 0
    [export] = made(world)
    assert (export.status, export.wish, export.requested_by) == (Status.WAITING, WISH, "UMELVIN")
    assert world.jobs.waiting("export")
    done = world.written(export)
    assert (done.status, done.rows, done.delivered) == (Status.DONE, 4, True)
    assert [to for to, _ in world.notices.files] == ["UMELVIN"]
    assert done.schedule_id == schedule.public_id
    assert [(one.public_id, one.posted) for one, _ in world.notices.shown] == [(export.public_id, None)]
    assert done.posted is not None, "one message, which can be drawn again"
    assert world.outcomes()[:2] == [
        f"scheduled every Monday: csv, 1 field, {schedule.public_id}",
        f"started every Monday: csv, 1 field, {export.public_id}",
    ]
    world.clock.move(days=15)
    world.runs.run()
    assert len(made(world)) == 2, "of missed weeks the newest is made up for"
    world.retention.tidy()
    assert world.found(export).status is Status.EXPIRED


def test_a_clock_that_is_killed_in_the_middle_makes_none_twice(world: ExportWorld) -> None:
    schedule = scheduled(world)
    world.clock.move(days=7)
    world.runs.run()
    before = {"last_day": schedule.last_day}  # as if it had died before it noted the day
    world.schedules.book.change(schedule.public_id, (ScheduleState.ACTIVE,), before)
    world.runs.run()
    assert len(made(world)) == 1
    assert sum("started every" in one for one in world.outcomes()) == 1


@pytest.mark.parametrize("refusal", [None, "No active CRM user has your e-mail."])
def test_without_the_right_it_rests_and_says_so_once(world: ExportWorld, refusal: str | None) -> None:
    schedule = scheduled(world)
    without_rights(world, refusal)
    world.clock.move(days=7)
    assert world.runs.run() == {"begun": 0, "halted": 1}
    world.clock.move(days=7)
    world.runs.run()
    assert made(world) == []
    reason = refusal or "Only managers and administrators can export."
    assert state_of(world, schedule) == (ScheduleState.PAUSED, reason)
    assert [one.reason for one in world.notices.halted] == [reason]
    assert world.outcomes()[-1] == f"schedule paused: {reason}; {schedule.public_id}"
    if refusal is None:
        with pytest.raises(UserError, match="Only managers"):
            world.schedules.resume(schedule.public_id, world.person("UMELVIN"))
    world.people = FakePeople()
    assert world.schedules.resume(schedule.public_id, MELVIN).state is ScheduleState.ACTIVE
    assert world.runs.run()["begun"] == 0
    world.clock.move(days=7)
    assert world.runs.run()["begun"] == 1


def test_rights_that_go_between_the_beginning_and_the_file_stop_it_too(world: ExportWorld) -> None:
    scheduled(world)
    world.clock.move(days=7)
    world.runs.run()
    without_rights(world)
    failed = world.written(made(world)[0])
    assert (failed.status, failed.reason) == (Status.FAILED, "You may not export any more.")
    assert world.notices.files == []
    assert world.notices.shown[-1][0].status is Status.FAILED


def test_slack_that_does_not_answer_takes_nobody_a_right(world: ExportWorld) -> None:
    schedule = scheduled(world)
    without_rights(world, NOT_ASKED)
    world.clock.move(days=7)
    assert world.runs.run() == {"begun": 0, "halted": 0, "waiting": 1}
    assert state_of(world, schedule) == (ScheduleState.ACTIVE, None)
    world.people = FakePeople()
    assert world.runs.run()["begun"] == 1


def test_who_cannot_be_told_now_is_told_later_and_who_never_can_is_not(world: ExportWorld) -> None:
    scheduled(world)
    without_rights(world)
    world.clock.move(days=7)
    world.notices.fail_with = SendLater("Slack is busy.")
    world.runs.run()
    world.notices.fail_with = None
    world.runs.run()
    world.runs.run()
    assert len(world.notices.halted) == 1
    world.people = FakePeople()
    gone = scheduled(world)
    without_rights(world)
    world.clock.move(days=7)
    world.notices.fail_with = SendNever("user_not_found")
    world.runs.run()
    found = world.schedules.book.find(gone.public_id)
    assert found is not None
    assert found.told


def test_deleting_its_segment_ends_it(world: ExportWorld) -> None:
    schedule, other = scheduled(world, segment=True), scheduled(world)
    world.without_segments()
    listed = {one.public_id: one.state for one in world.schedules.listed(MELVIN)}
    assert listed == {schedule.public_id: ScheduleState.ENDED, other.public_id: ScheduleState.ACTIVE}
    world.clock.move(days=7)
    assert world.runs.run() == {"begun": 1, "halted": 1}
    assert [one.wanted.segments for one in world.notices.halted] == [("Medical",)]
    assert state_of(world, schedule) == (ScheduleState.ENDED, "The segment Medical was deleted.")
    with pytest.raises(UserError, match="was deleted"):
        world.schedules.resume(schedule.public_id, MELVIN)
    world.clock.move(days=100)
    world.runs.run()
    assert world.schedules.book.find(schedule.public_id) is None


def test_one_of_a_segment_that_goes_between_the_beginning_and_the_file(world: ExportWorld) -> None:
    scheduled(world, segment=True)
    world.clock.move(days=7)
    world.runs.run()
    world.without_segments()
    assert world.written(made(world)[0]).reason == "Its segment was deleted."


def test_so_many_and_no_more_and_they_do_not_use_up_the_days_exports(world: ExportWorld) -> None:
    for _ in range(MOST_SCHEDULES):
        scheduled(world, Rhythm.DAILY)
    with pytest.raises(UserError, match="5 scheduled exports"):
        scheduled(world)
    world.clock.move(days=1)
    assert world.runs.run()["begun"] == MOST_SCHEDULES >= EXPORTS_A_DAY
    assert world.exports.refusal(MELVIN) is None


def test_a_schedule_is_its_owners(world: ExportWorld) -> None:
    schedule, hers = scheduled(world), scheduled(world, person=ADA)
    with pytest.raises(UserError, match="no such schedule"):
        world.schedules.stop(hers.public_id, MELVIN)
    with pytest.raises(UserError, match="Only managers"):
        world.schedules.listed(ANNA)
    with pytest.raises(UserError, match="no such export"):
        world.schedules.repeat(hers.public_id, WISH, Rhythm.DAILY, MELVIN)
    assert world.schedules.listed(MELVIN)[0].public_id == schedule.public_id
    assert len(world.schedules.listed(ADA)) == 2
    world.schedules.stop(schedule.public_id, ADA)
    assert world.schedules.listed(MELVIN) == []
    assert world.outcomes()[-1] == f"schedule stopped: {schedule.public_id}"


def test_whoever_sits_at_the_terminal_finds_the_file_in_the_directory(world: ExportWorld) -> None:
    scheduled(world, Rhythm.DAILY, OPERATOR)
    world.clock.move(days=1)
    world.runs.run()
    export = world.written(made(world)[0])
    assert (export.status, export.rows) == (Status.DONE, 4)
    assert world.exports.available(export)
    assert (world.notices.shown, world.notices.files) == ([], [])
