"""A finished export is given once, however long Slack is away and whoever is killed meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from bot.app.erasing import Gone, names_of
from bot.app.errors import SendError, SendLater, SendNever, SendUnclear
from bot.app.exporting import KIND
from bot.app.exporting_delivery import WITHDRAW
from bot.app.exporting_values import Export, Status, Wish
from bot.app.people import NOT_ASKED, Role
from bot.app.ports import Posted
from bot.runtime.export_parts import PATIENCE, ExportJobs
from bot.runtime.work import JobLoop
from bot.store.exports import SqlExports
from bot.store.incidents import SqlIncidents
from connector.cache.engine import Database
from connector.errors import Retriable
from tests.bot.test_exports import asked, confirmed
from tests.support.export_world import ExportWorld
from tests.support.fake_services import MELVIN

AWAY = SendLater("Slack could not be reached.")
UNCLEAR = SendUnclear("Slack had an error of its own (500); the message may have been posted.")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> ExportWorld:
    return ExportWorld(database, tmp_path)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.exporting_delivery.MOST_UPLOADED", 1)


def worked(world: ExportWorld, steps: int = 20, **pause: float) -> None:
    """Have the worker do what is due, some times, with a pause after each."""
    incidents = SqlIncidents(world.database, world.clock, lambda: None)
    own = ExportJobs(lambda: world.work, world.retention, world.runs, incidents, threading.Event())
    handlers = {KIND: own.on_export, WITHDRAW: own.on_withdraw}
    loop = JobLoop(
        *(world.jobs, world.clock, "w", handlers, own.on_failure, own.on_success), patience=PATIENCE
    )
    for _ in range(steps):
        loop.step()
        world.clock.move(**pause or {"minutes": 6})


def scheduled(world: ExportWorld) -> Export:
    """One that has no message yet."""
    export = confirmed(world)
    world.history.change(export.public_id, (Status.WAITING,), {"posted": None})
    return world.found(export)


def instead(
    monkeypatch: pytest.MonkeyPatch, world: ExportWorld, name: str, *, taken: bool, error: Exception
) -> None:
    """The next call of Slack fails, before or after it was done."""
    real, left = getattr(world.notices, name), [error]

    def once(*arguments: Any) -> Any:
        if left and not taken:
            raise left.pop()
        done = real(*arguments)
        if left:
            raise left.pop()
        return done

    monkeypatch.setattr(world.notices, name, once)


@pytest.mark.parametrize("hours", [0, 1, 11])
def test_an_outage_delays_it(world: ExportWorld, hours: int) -> None:
    export = confirmed(world)
    world.notices.fail_with = world.notices.not_shown = AWAY
    worked(world, steps=max(hours * 10, 40), seconds=360 if hours else 2)
    assert (world.found(export).delivered, world.notices.files) == (False, [])
    world.notices.fail_with = world.notices.not_shown = None
    worked(world)
    found = world.found(export)
    assert (found.delivered, found.reason, len(world.notices.files)) == (True, None, 1)
    assert world.notices.shown[-1][0].status is Status.DONE


def test_an_outage_before_it_is_written_delays_it_too(world: ExportWorld) -> None:
    export = confirmed(world)
    people = world.people
    world.people = type(people)(replace(MELVIN, role=Role.NOBODY, refusal=NOT_ASKED))
    worked(world, 40)
    assert world.found(export).status is Status.WAITING
    world.people = people
    worked(world)
    assert len(world.notices.files) == 1


def test_after_half_a_day_it_is_told_when_slack_is_there_again(world: ExportWorld) -> None:
    export = confirmed(world)
    world.notices.fail_with = world.notices.not_shown = AWAY
    worked(world, 150)
    assert world.found(export).reason == "It was not delivered: Slack could not be reached."
    assert world.notices.shown == []
    world.notices.fail_with = world.notices.not_shown = None
    worked(world)
    assert world.notices.files == []
    assert [one.reason for one, _ in world.notices.shown] == [world.found(export).reason]


def test_what_failed_is_told_when_slack_is_there_again(world: ExportWorld) -> None:
    export = confirmed(world)
    world.notices.not_shown = AWAY
    world.work.fail(export, "No room.")
    world.notices.not_shown = None
    worked(world)
    assert [one.status for one, _ in world.notices.shown] == [Status.FAILED]


@pytest.mark.parametrize("error", [AWAY, UNCLEAR])
@pytest.mark.parametrize("taken", [False, True])
def test_the_message_of_a_given_file_is_drawn_again(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch, error: SendError, taken: bool
) -> None:
    export = confirmed(world)
    instead(monkeypatch, world, "show", taken=taken, error=error)
    worked(world)
    found = world.found(export)
    assert (found.delivered, found.reason, len(world.notices.files)) == (True, None, 1)
    assert world.notices.shown[-1][0].status is Status.DONE


def test_a_refused_message_is_no_failed_delivery(world: ExportWorld) -> None:
    world.notices.not_shown = SendNever("Slack refuses the message: message_not_found.")
    found = world.written(confirmed(world))
    assert (found.delivered, found.reason, len(world.notices.files)) == (True, None, 1)


@pytest.mark.parametrize(("error", "times"), [(AWAY, 1), (UNCLEAR, 0)])
def test_a_message_that_was_perhaps_posted_is_not_posted_twice(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch, error: SendError, times: int
) -> None:
    export = scheduled(world)
    instead(monkeypatch, world, "tell", taken=False, error=error)
    worked(world)
    found = world.found(export)
    assert (found.delivered, found.reason, len(world.notices.files)) == (True, None, 1)
    assert len(world.notices.shown) == times


@pytest.mark.usefixtures("large")
def test_a_link_that_perhaps_arrived_is_drawn_again_with_a_link(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = confirmed(world)
    instead(monkeypatch, world, "show", taken=True, error=UNCLEAR)
    worked(world)
    assert all(link for _, link in world.notices.shown)
    assert world.found(export).reason is None


@pytest.mark.usefixtures("large")
def test_a_link_of_which_nothing_is_known_is_left_and_said(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = scheduled(world)
    instead(monkeypatch, world, "tell", taken=True, error=UNCLEAR)
    worked(world)
    assert [bool(link) for _, link in world.notices.shown] == [True]
    assert "did not say whether its download link arrived" in (world.found(export).reason or "")
    assert world.found(export).link_key is not None


def test_a_copy_that_perhaps_arrived_is_taken_back_before_another_is_given(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = confirmed(world)
    instead(monkeypatch, world, "upload", taken=True, error=UNCLEAR)
    worked(world)
    assert (len(world.notices.files), world.notices.taken_back) == (2, ["F1"])
    assert world.found(export).slack_files == ("F2",)
    assert world.found(export).reason is None


def test_one_that_cannot_be_taken_back_is_the_only_one(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = confirmed(world)
    instead(monkeypatch, world, "upload", taken=True, error=UNCLEAR)
    instead(monkeypatch, world, "take_back", taken=False, error=SendNever("Slack refuses it."))
    worked(world)
    assert len(world.notices.files) == 1
    said = "Slack did not say whether it arrived: Another one is not sent beside it. Slack refuses it."
    assert world.found(export).reason == said
    assert world.found(export).slack_files == ("F1",)


class Killed(BaseException):
    """The worker's process ends."""


def test_a_worker_that_is_killed_between_the_upload_and_its_note(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = confirmed(world)
    instead(monkeypatch, world, "upload", taken=True, error=Killed())  # type: ignore[arg-type]
    with pytest.raises(Killed):
        world.written(export)
    assert world.found(export).slack_files == ("F1",)
    world.written(export, attempts=2)
    assert world.notices.taken_back == ["F1"]
    assert world.found(export).slack_files == ("F2",)


def test_a_database_that_fails_leaves_no_copy_unknown(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, left = SqlExports.change, ["slack_files", "given_at"]

    def fails(
        history: SqlExports, public_id: str, given: Any, changes: Mapping[str, Any], **more: Any
    ) -> bool:
        if left and left[0] in changes:
            left.pop(0)
            raise Retriable("The database cannot be reached.")
        return change(history, public_id, given, changes, **more)

    monkeypatch.setattr(SqlExports, "change", fails)
    export = confirmed(world)
    worked(world)
    assert (len(world.notices.files), world.notices.taken_back) == (2, ["F1"])
    assert world.found(export).slack_files == ("F2",)


def test_what_nobody_expected_is_not_tried_without_end(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = world.notices.upload

    def odd(export: Export, file: BinaryIO, begun: Callable[[str], None]) -> None:
        upload(export, file, begun)
        raise KeyError("files")

    monkeypatch.setattr(world.notices, "upload", odd)
    export = confirmed(world)
    worked(world)
    assert len(world.notices.files) == 5
    assert world.notices.taken_back == ["F1", "F2", "F3", "F4"], "one is there at a time"
    found = world.found(export)
    said = "Slack did not say whether it arrived: Something unexpected happened: KeyError."
    assert (found.delivered, found.reason, found.slack_files) == (True, said, ("F5",))
    assert world.notices.shown[-1][0].reason == said


@pytest.mark.parametrize("first", ["before it is seen", "after"])
def test_of_two_workers_one_delivers(world: ExportWorld, monkeypatch: pytest.MonkeyPatch, first: str) -> None:
    """The lease of the first was lost, and another began."""
    export = confirmed(world)
    upload = world.notices.upload

    def during(one: Export, file: BinaryIO, begun: Callable[[str], None]) -> None:
        monkeypatch.setattr(world.notices, "upload", upload)
        if first == "after":
            upload(one, file, begun)
        world.work.run(one.public_id, 2, lambda: None)
        if first != "after":
            upload(one, file, begun)

    monkeypatch.setattr(world.notices, "upload", during)
    world.written(export)
    world.withdraw()
    left = {f"F{at + 1}" for at in range(len(world.notices.files))} - set(world.notices.taken_back)
    assert len(left) == 1
    assert set(world.found(export).slack_files) == left
    assert world.notices.shown[-1][1] is not None, "its link stays"


def test_whoever_asks_again_while_it_is_given_gets_one(world: ExportWorld) -> None:
    world.notices.fail_with = AWAY
    export = confirmed(world)
    worked(world, 1)
    world.exports.send_again(export.public_id, MELVIN)
    world.notices.fail_with = None
    worked(world)
    assert len(world.notices.files) == 1


def test_an_erased_name_is_taken_out_of_a_message_however_long_slack_is_away(world: ExportWorld) -> None:
    draft = world.exports.begin(asked(world, 'name = "Konex"'), "how is Konex?", MELVIN, "C")
    failed = world.exports.confirm(draft.public_id, Wish(), MELVIN, Posted("D1", "2.1"))
    world.work.fail(failed, "No room.")
    world.notices.shown.clear()
    gone = [Gone("account", "a1", None, ("Konex",))]
    world.retention.invalidate(gone, names_of(gone), set())
    world.notices.not_shown = AWAY
    worked(world, 300)
    world.notices.not_shown = None
    worked(world)
    assert "Konex" not in world.notices.shown[-1][0].question


def test_a_job_that_cannot_be_entered_leaves_the_draft(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object, **_named: object) -> None:
        raise Retriable("The database cannot be reached.")

    with monkeypatch.context() as patched:
        patched.setattr("bot.store.exports.insert_job", fails)
        with pytest.raises(Retriable):
            confirmed(world)
    [draft] = world.history.every(tuple(Status))
    assert draft.status is Status.DRAFT
    world.exports.confirm(draft.public_id, Wish(), MELVIN)
    assert world.jobs.claim("w", timedelta(minutes=1), (KIND,)) is not None


def test_one_whose_older_copies_are_taken_back_meanwhile_is_given(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = world.written(confirmed(world))
    world.exports.send_again(export.public_id, MELVIN)
    find, left = SqlExports.find, [1, 1]  # at the second look: when the copy is noted

    def meanwhile(history: SqlExports, public_id: str) -> Export | None:
        held = find(history, public_id)
        if held is not None and held.delivering and not held.delivered and left:
            left.pop()
            if not left:
                history.note_copies(public_id, less=("F1",))
        return held

    monkeypatch.setattr(SqlExports, "find", meanwhile)
    worked(world)
    assert left == []
    assert len(world.notices.files) == 2
    assert world.found(export).slack_files == ("F2",)
    assert world.outcomes().count(f"asked again: {export.public_id}") == 1


def test_a_copy_that_is_seen_after_it_was_taken_back_is_taken_back_again(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its segment goes, and what was begun with it, just before Slack shows it to the person."""
    export = confirmed(world, question=world.exports.of_segment("Medical"))

    def slow(one: Export, file: BinaryIO, begun: Callable[[str], None]) -> None:
        begun("F1")
        world.without_segments()
        world.retention.close_deleted(world.configuration)
        world.withdraw()
        world.notices.files.append((one.slack_id, file.read()))

    monkeypatch.setattr(world.notices, "upload", slow)
    world.written(export)
    assert world.notices.taken_back == ["F1"]
    world.withdraw()
    assert world.notices.taken_back == ["F1", "F1"]
    assert world.found(export).slack_files == ()
