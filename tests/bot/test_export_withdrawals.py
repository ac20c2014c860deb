"""Exports are looked at again before they are given, and taken back when they are not to be had any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import update

from bot.app.erasing import Erasing, Gone, names_of
from bot.app.errors import SendLater, SendNever, UserError
from bot.app.exporting_rhythm import Rhythm
from bot.app.exporting_values import Export, Format, Mailing, Status, Wish
from bot.app.people import Person, Role
from bot.app.ports import Posted
from bot.app.scope import NOTHING, Scope, Whose
from bot.exports.files import ExportDirectory
from bot.language.question import Kind, Question
from bot.store.erasing import SqlErasures
from bot.store.incidents import SqlIncidents
from bot.store.places import TABLES
from connector.cache.engine import Database
from connector.errors import Retriable
from scoring.config import Segment
from tests.bot.test_export_contacts import contact
from tests.bot.test_exports import asked, begun, confirmed, rows_of
from tests.support.account_world import add
from tests.support.export_world import ExportWorld
from tests.support.fake_services import MELVIN, FakePeople

ACCOUNTS = TABLES["crm_account"]
KONEX = Gone("account", "a1", None, ("Konex",))
MEMBER = replace(MELVIN, role=Role.MEMBER)
TEAM = Scope(Whose.TEAM, frozenset({"u1", "u2"}))


@pytest.fixture
def world(database: Database, tmp_path: Path) -> ExportWorld:
    return ExportWorld(database, tmp_path)


def becomes(world: ExportWorld, person: Person) -> Callable[[], None]:
    return lambda: setattr(world, "people", FakePeople(person))


def meanwhile(world: ExportWorld, export: Export, what: Callable[[], None]) -> Export:
    """Have it written, and let something happen in the middle."""
    waiting = [what]
    world.work.run(export.public_id, 1, lambda: waiting.pop()() if waiting else None)
    assert waiting == []
    return world.found(export)


def erasing(world: ExportWorld) -> Erasing:
    incidents = SqlIncidents(world.database, world.clock, lambda: None)
    return Erasing(SqlErasures(world.database, world.clock), world.retention, world.audit, incidents)


def medical(world: ExportWorld) -> Export:
    return confirmed(world, question=world.exports.of_segment("Medical"))


class TestRightsAreLookedAtAgain:
    def test_when_it_is_written(self, world: ExportWorld) -> None:
        export = meanwhile(world, confirmed(world), becomes(world, MEMBER))
        assert world.notices.files == []
        assert export.status is Status.DONE
        assert export.reason == "It was not delivered: You may not export any more."

    def test_when_its_segment_goes_meanwhile(self, world: ExportWorld) -> None:
        export = meanwhile(world, medical(world), world.without_segments)
        assert world.notices.files == []
        assert "There is no file of it any more." in (export.reason or "")

    @pytest.mark.parametrize("why", ["role", "time", "scope"])
    def test_when_it_is_given_later(self, world: ExportWorld, why: str) -> None:
        """A worker that was killed between writing and giving, or a person who asked for it again."""
        export = world.written(confirmed(world))
        world.exports.send_again(export.public_id, MELVIN)
        world.notices.files.clear()
        if why == "time":
            world.clock.move(days=15)
        else:
            becomes(world, MEMBER if why == "role" else replace(MELVIN, scope=TEAM))()
        world.written(export)
        assert world.notices.files == []

    def test_whoever_sees_less_than_the_file_has_is_told(self, world: ExportWorld) -> None:
        export = world.written(confirmed(world))
        with pytest.raises(UserError, match="You do not see all of its accounts any more"):
            world.exports.send_again(export.public_id, replace(MELVIN, scope=TEAM))

    def test_whoever_sees_more_has_it(self, world: ExportWorld) -> None:
        becomes(world, replace(MELVIN, scope=TEAM))()
        export = world.written(confirmed(world))
        assert export.scope == TEAM
        wider = replace(TEAM, users=TEAM.users | {"u3"})
        world.exports.send_again(export.public_id, replace(MELVIN, scope=wider))
        world.exports.send_again(export.public_id, MELVIN)
        narrower = replace(MELVIN, scope=replace(TEAM, users=frozenset({"u1"})))
        with pytest.raises(UserError):
            world.exports.send_again(export.public_id, narrower)


@pytest.mark.parametrize(
    ("scope", "other", "expected"),
    [
        (TEAM, TEAM, True),
        (TEAM, NOTHING, True),
        (NOTHING, TEAM, False),
        (TEAM, Scope(Whose.ALL), False),
        (Scope(Whose.ALL), TEAM, True),
        (replace(TEAM, also=(TEAM,)), NOTHING, False),
        (TEAM, Scope(Whose.TERRITORY, territories=frozenset({"t"})), False),
    ],
)
def test_one_scope_has_all_of_another(scope: Scope, other: Scope, expected: bool) -> None:
    assert scope.sees_all_of(other) is expected


class TestWhatIsGivenIsTakenBack:
    def test_when_it_expires(self, world: ExportWorld) -> None:
        export = world.written(confirmed(world))
        assert world.found(export).slack_files == ("F1",)
        world.clock.move(days=15)
        world.retention.tidy()
        assert world.withdraw() == 1
        assert world.notices.taken_back == ["F1"]
        assert world.found(export).slack_files == ()
        assert world.notices.shown[-1][0].status is Status.EXPIRED
        assert world.outcomes()[-1] == f"taken back in Slack: {export.public_id}"
        world.retention.tidy()
        assert world.withdraw() == 0

    def test_when_its_segment_goes_even_if_another_has_its_name(self, world: ExportWorld) -> None:
        export = world.written(medical(world))
        world.exports.send_again(export.public_id, MELVIN)
        world.written(export)
        before = world.configuration
        world.without_segments()
        world.retention.close_deleted(world.configuration)
        another = Segment(name="Medical", criteria="industry = retail")
        world.configuration = before.model_copy(update={"segments": (another,)})
        assert not world.exports.available(world.found(export))
        world.withdraw()
        assert world.notices.taken_back == ["F1", "F2"]
        assert world.notices.shown[-1][0].status is Status.INVALID

    def test_when_somebody_in_it_is_erased_without_their_name(self, world: ExportWorld) -> None:
        question = asked(world, 'name = "Konex"')
        draft = world.exports.begin(question, "accounts named Konex", MELVIN, "C")
        posted = Posted("D1", "1.1")
        export = world.written(
            world.exports.confirm(draft.public_id, Wish(columns=("name",)), MELVIN, posted)
        )
        failed = world.exports.begin(question, "how is Konex?", MELVIN, "C")
        world.exports.confirm(failed.public_id, Wish(), MELVIN, Posted("D1", "2.1"))
        world.work.fail(world.found(failed), "No room.")
        erasing(world).by_command("account", "a1", "x")
        world.withdraw()
        assert world.notices.taken_back == ["F1"]
        drawn = {one.public_id: one for one, _ in world.notices.shown}
        assert drawn[export.public_id].status is Status.INVALID
        assert drawn[failed.public_id].status is Status.FAILED
        assert "Konex" not in str([drawn[one.public_id] for one in (export, failed)])

    @pytest.mark.parametrize(("when", "given"), [("before it is seen", (0, [])), ("after", (1, ["F1"]))])
    def test_when_it_was_closed_while_it_was_given(
        self, world: ExportWorld, monkeypatch: pytest.MonkeyPatch, when: str, given: tuple[int, list[str]]
    ) -> None:
        export = medical(world)
        upload = world.notices.upload

        def slow(export: Export, file: BinaryIO, begun: Callable[[str], None]) -> None:
            if when == "before it is seen":
                self.closed(world)
            upload(export, file, begun)
            if when == "after":
                self.closed(world)

        monkeypatch.setattr(world.notices, "upload", slow)
        assert world.written(export).status is Status.INVALID
        if when == "after":
            world.notices.fail_with = SendLater("Slack asks to wait.")
            with pytest.raises(Retriable):
                world.withdraw()
            world.notices.fail_with = None
        world.clock.move(days=1)
        world.retention.tidy()
        world.withdraw()
        assert (len(world.notices.files), world.notices.taken_back) == given
        assert world.found(export).slack_files == ()
        assert world.notices.shown[-1][0].status is Status.INVALID

    def closed(self, world: ExportWorld) -> None:
        world.without_segments()
        world.retention.close_deleted(world.configuration)

    def test_what_slack_does_not_take_now_is_tried_again(self, world: ExportWorld) -> None:
        export = world.written(confirmed(world))
        world.clock.move(days=91)
        world.retention.tidy()
        world.notices.fail_with = SendLater("Slack asks to wait.")
        with pytest.raises(Retriable, match="asks to wait"):
            world.work.delivery.withdraw(export.public_id)
        world.retention.tidy()
        assert world.found(export).slack_files == ("F1",), "its line is kept as long as a copy is"
        world.notices.fail_with = SendNever("The bot token was revoked.")
        world.withdraw()
        said = f"not taken back in Slack: The bot token was revoked. {export.public_id}"
        assert world.outcomes()[-1] == said
        assert world.found(export).slack_files == ("F1",)
        world.notices.fail_with = None
        world.clock.move(days=1)
        world.retention.tidy()
        world.withdraw()
        assert world.notices.taken_back == ["F1"]
        world.retention.tidy()
        assert world.history.find(export.public_id) is None
        assert world.work.delivery.withdraw(export.public_id) == {"status": "gone"}


class TestErasing:
    @pytest.mark.parametrize("kind", Format)
    @pytest.mark.parametrize(
        "name", ["Konex;-Bau", "Konex\r\nBerlin", "Konex\x07", "HP", "Konex ", "_x0041_"]
    )
    @pytest.mark.parametrize("renamed", [False, True])
    def test_an_account_is_in_a_mailing_list_whatever_it_is_called(
        self, world: ExportWorld, kind: Format, name: str, renamed: bool
    ) -> None:
        with world.database.writes.begin() as connection:
            connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == "a1").values(name=name))
        add(world.database, "crm_contact", contact(1, "a1", "Ida Berg", "ida@konex.example"))
        add(world.database, "crm_contact", contact(2, "a2", "Jo Acme", "jo@acme.example"))
        of = Question(Kind.LIST)
        export = world.written(confirmed(world, Wish(kind, mailing=Mailing()), of))
        other = world.written(confirmed(world, Wish(kind, mailing=Mailing()), asked(world, "name = acme")))
        assert (export.rows, other.rows) == (2, 1)
        gone = Gone("account", "a1", None, ("Konex International" if renamed else name,))
        assert world.retention.invalidate([gone], names_of([gone]), set()) == 1
        assert world.found(export).status is Status.INVALID
        assert world.found(other).status is Status.DONE
        assert world.history.with_contacts_of({"a1", "a2"}) == {other.public_id}

    def test_a_mailing_list_of_very_many_accounts_may_be_of_anybody(
        self, world: ExportWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.app.exporting_work.MOST_NOTED", 1)
        add(world.database, "crm_contact", contact(1, "a1", "Ida Berg", "ida@konex.example"))
        add(world.database, "crm_contact", contact(2, "a2", "Jo Acme", "jo@acme.example"))
        export = world.written(confirmed(world, Wish(mailing=Mailing()), Question(Kind.LIST)))
        assert world.history.with_contacts_of({"a9"}) == {export.public_id}
        assert world.history.with_contacts_of(frozenset()) == frozenset()
        gone = Gone("account", "a1", None, ("Somebody else",))
        assert world.retention.invalidate([gone], names_of([gone]), set()) == 1
        assert world.found(export).status is Status.INVALID

    def test_a_file_that_is_finished_while_another_is_looked_through(
        self, world: ExportWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        running = confirmed(world)
        world.clock.move(seconds=60)
        world.written(confirmed(world))
        reached, go = threading.Event(), threading.Event()

        def stop() -> None:
            reached.set()
            assert go.wait(20)

        worker = threading.Thread(target=lambda: world.work.run(running.public_id, 1, stop))
        holds = ExportDirectory.holds

        def slow(files: ExportDirectory, *arguments: object) -> bool:
            go.set()
            worker.join(20)
            return holds(files, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(ExportDirectory, "holds", slow)
        worker.start()
        assert reached.wait(20)
        world.retention.invalidate([KONEX], names_of([KONEX]), set())
        assert world.found(running).status is Status.INVALID
        assert world.found(running).file_name is None

    def test_a_file_that_is_begun_while_others_are_looked_through(self, world: ExportWorld) -> None:
        waiting = confirmed(world)
        use_case, looked = erasing(world), world.retention.invalidate

        class Slow:
            def invalidate(self, *arguments: object) -> int:
                count = looked(*arguments)  # type: ignore[arg-type]
                if world.found(waiting).status is Status.WAITING:
                    assert "a1" in {row[0] for row in rows_of(world, world.written(waiting))}
                return count

        done = replace(use_case, files=Slow()).by_command("account", "a1", "x")
        assert done["files"] == 1
        assert world.found(waiting).status is Status.INVALID


def test_what_a_schedule_chose_is_not_offered_next_time(world: ExportWorld) -> None:
    draft = begun(world)
    weekly = Wish(Format.XLSX, columns=("name",))
    world.schedules.repeat(draft.public_id, weekly, Rhythm.MONDAY, MELVIN)
    mine = Wish(Format.PARQUET, columns=("name", "total_spend"))
    confirmed(world, mine)
    world.clock.move(days=10)
    assert world.runs.run()["begun"] == 1
    assert begun(world).wish == mine
