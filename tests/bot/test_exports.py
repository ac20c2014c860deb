"""Exports from the request to the file and its end, on both databases."""

from __future__ import annotations

import csv
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.errors import SendLater, SendNever, UserError
from bot.app.exporting import KIND
from bot.app.exporting_values import (
    EXPORTS_A_DAY,
    MOST_COLUMNS,
    Batch,
    ColumnType,
    Export,
    ExportSort,
    FileForm,
    Format,
    Header,
    Mailing,
    Selection,
    Status,
    Wish,
    download_name,
)
from bot.app.exporting_work import MOST_ATTEMPTS, CancelledError
from bot.app.people import NOT_ASKED, OPERATOR, Person, Role
from bot.app.ports import Posted
from bot.commands.exporting import _copy as copied
from bot.commands.exporting import _written as in_terminal
from bot.exports.files import write_whole
from bot.language.question import Kind, Question, Sort
from bot.store import export_rows
from bot.store.exports import SqlExports
from connector.cache.engine import Database
from connector.errors import Retriable
from scoring.config import Segment
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always
from tests.support.account_world import RAW, account, add
from tests.support.export_world import ExportWorld
from tests.support.fake_services import ADA, ANNA, GAIL, MELVIN, VERA

EVERYTHING = Question(Kind.LIST, sort=(Sort("total_spend"),))


@pytest.fixture
def world(database: Database, tmp_path: Path) -> ExportWorld:
    return ExportWorld(database, tmp_path)


def begun(world: ExportWorld, question: Question = EVERYTHING, person: Person = MELVIN) -> Export:
    return world.exports.begin(question, "everybody", person, "CSALES")


def confirmed(
    world: ExportWorld,
    wish: Wish = Wish(columns=("name", "total_spend")),  # noqa: B008 - a value
    question: Question = EVERYTHING,
    person: Person = MELVIN,
) -> Export:
    posted = Posted(f"D{person.slack_id[1:]}", "1.1") if person.slack_id else None
    return world.exports.confirm(begun(world, question, person).public_id, wish, person, posted)


def rows_of(world: ExportWorld, export: Export) -> list[list[str]]:
    with world.files.open(export.file_name or "") as file:
        text = zipfile.ZipFile(file).read("accounts.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def asked(world: ExportWorld, text: str) -> Question:
    return Question(Kind.LIST, parse(text, world.rows.catalog()))


def test_a_question_becomes_a_file_that_the_person_is_given(world: ExportWorld) -> None:
    export = world.written(confirmed(world))
    assert (export.status, export.rows, export.total, export.delivered) == (Status.DONE, 4, 4, True)
    assert rows_of(world, export) == [
        ["Record id", "Account", "Total spend", "Currency of amounts"],
        ["a2", "acme", "900.00", "EUR"],
        ["a3", "Bluth", "900.00", "EUR"],
        ["a1", "Konex", "300.00", "EUR"],
        ["a4", "Ämil", "0.00", "EUR"],
    ]
    [(to, content)] = world.notices.files
    assert (to, len(content)) == ("UMELVIN", export.bytes)
    assert world.notices.shown[-1][0].status is Status.DONE
    assert world.outcomes() == [
        f"started: csv, 2 fields, {export.public_id}",
        f"written: 4 rows, {export.bytes} bytes, {export.public_id}",
        f"sent as a file: {export.public_id}",
    ]


def test_the_audit_log_names_the_criteria(world: ExportWorld) -> None:
    world.written(confirmed(world, question=asked(world, "industry = medical and r >= 4")))
    targets = {line.target for line in world.audit.lines()}
    assert targets == {"industry = medical and r >= 4"}


def test_every_field_of_the_catalog_can_be_exported(world: ExportWorld) -> None:
    export = world.written(confirmed(world, Wish(Format.CSV, Header.NAMES)))
    [heads, *rows] = rows_of(world, export)
    found = {row[0]: dict(zip(heads, row, strict=True)) for row in rows}
    konex = found["a1"]
    assert len(heads) == len(world.rows.columns()) + 2
    assert (konex["Industry"], konex["Customer_Tier"], konex["Seats"]) == ("medical", "Gold", "12")
    assert (konex["Tag"], konex["label"], konex["Label (crm.Label)"]) == ("Renewal", "VIP", "sticky")
    assert (konex["Annual_Revenue"], konex["Owner"], konex["open_deals"]) == (
        "150000.00",
        "Darcel Schlecht",
        "2",
    )
    assert konex["label.Purchase behaviour"] == "Loyal"
    assert found["a4"]["last_purchase"] == ""


def test_what_is_in_the_raw_record_is_what_the_database_makes_of_it(
    database: Database, world: ExportWorld
) -> None:
    raws = (
        {"Customer_Tier": 5, "Seats": "12", "Tag": "x"},
        {"Customer_Tier": None, "Seats": True, "Tag": [{"name": "a"}, "b", None, {"id": 1}]},
        {"Seats": 1.5, "Tag": []},
        RAW,
    )
    add(database, "crm_account", *(account(10 + at, "raw", raw=raw) for at, raw in enumerate(raws)))
    question = replace(asked(world, "name = raw"), sort=())
    wish = Wish(Format.PARQUET, Header.NAMES, ("Customer_Tier", "Seats", "Tag"))
    export = world.written(confirmed(world, wish, question))
    with world.files.open(export.file_name or "") as file:
        read = pd.read_parquet(io.BytesIO(file.read()))
    by_sql = {
        "Gold": [
            one.id for one in world.book.page(parse("Customer_Tier = Gold", world.rows.catalog()), (), 9)
        ],
        "empty": [one.id for one in world.book.page(parse("Seats is empty", world.rows.catalog()), (), 9)],
    }
    assert list(read["id"][read["Customer_Tier"] == "Gold"]) == [one for one in by_sql["Gold"] if one != "a1"]
    assert list(read["id"][read["Seats"].isna()]) == [one for one in by_sql["empty"] if len(one) == 3]
    assert [None if one is None else list(one) for one in read["Tag"]] == [None, ["a", "b"], [], ["Renewal"]]


FAR = (
    *("9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00+05:00", "99991231T235959-0800"),
    *("9999-01-01T00:00:00+00:00", "0999-12-31T23:59:59+00:00"),
)
NEAR = ("1000-01-01T00:00:00+14:00", "9998-12-31T23:59:59-14:00")


@pytest.mark.parametrize("kind", Format)
def test_an_instant_that_nobody_can_express_is_no_value(
    database: Database, world: ExportWorld, kind: Format
) -> None:
    visit = {"module": "Accounts", "api_name": "Last_Visit", "label": "Last visit", "data_type": "datetime"}
    add(database, "crm_field", visit)
    far = datetime(9999, 6, 1, tzinfo=UTC)
    rows = (account(10 + at, "raw", raw={"Last_Visit": one}) for at, one in enumerate((*FAR, *NEAR)))
    add(database, "crm_account", *({**row, "created_at": far} for row in rows))
    question = replace(asked(world, "name = raw"), sort=())
    wish = Wish(kind, Header.NAMES, ("Last_Visit", "created"))
    assert world.written(confirmed(world, wish, question)).status is Status.DONE
    with world.rows.batches(Selection(question.criteria, (), None, wish.columns or ())) as batches:
        [(ids, visits, created)] = batches
    empty = world.book.page(parse("name = raw and Last_Visit is empty", world.rows.catalog()), (), 9)
    assert [key for key, one in zip(ids, visits, strict=True) if one is None] == [one.id for one in empty]
    assert visits == [*(None for _ in FAR), *map(datetime.fromisoformat, NEAR)]
    assert created == [None] * len(ids)


def test_batches_are_of_one_moment_and_in_order(
    database: Database, world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_rows, "BATCH_ROWS", 3)
    add(database, "crm_account", *(account(number, f"N {number}") for number in range(100, 120)))
    with world.rows.batches(Selection(Always(), (Sort("name", descending=False),), 15, ("name",))) as batches:
        first = next(batches)
        add(database, "crm_account", account(900, "A later one"))
        rest = list(batches)
    names = [name for batch in (first, *rest) for name in batch[1]]
    assert [len(batch[0]) for batch in (first, *rest)] == [3] * 5
    assert names == ["acme", "Bluth", "Konex", *(f"N {number}" for number in range(100, 112))]


def test_batches_are_small_where_records_are_large(database: Database, world: ExportWorld) -> None:
    two_bytes_each = "ä" * (export_rows.BATCH_BYTES // 20)
    texts = ["x" * export_rows.BATCH_BYTES * 2, "x", "x", *[two_bytes_each] * 12]
    raws = (json.dumps({"Customer_Tier": text}, ensure_ascii=False) for text in texts)
    add(database, "crm_account", *({**account(100 + at, "large"), "raw": raw} for at, raw in enumerate(raws)))
    chosen = Selection(parse("name = large", world.rows.catalog()), (), None, ("Customer_Tier",))
    with world.rows.batches(chosen) as batches:
        found = list(batches)
    assert [text for batch in found for text in batch[1]] == texts
    assert [len(batch[0]) for batch in found] == [1, 11, 3]


@given(st.lists(st.integers(0, 9)), st.integers(1, 4), st.integers(1, 12))
def test_each_id_is_in_one_batch_and_what_is_too_large_is_alone(
    sizes: list[int], most: int, most_bytes: int
) -> None:
    sized = [(str(at), size) for at, size in enumerate(sizes)]
    found = list(export_rows.within(sized, most, most_bytes))
    assert [one for some in found for one in some] == [one for one, _ in sized]
    size_of = dict(sized)
    for some in found:
        assert len(some) == 1 or (len(some) <= most and sum(map(size_of.__getitem__, some)) <= most_bytes)
    for some, after in itertools.pairwise(found):
        full = sum(map(size_of.__getitem__, some)) + size_of[after[0]] > most_bytes
        assert full or len(some) == most, "no batch is smaller than it has to be"


def test_the_limit_of_a_question_holds(world: ExportWorld) -> None:
    export = world.written(confirmed(world, question=replace(EVERYTHING, limit=2)))
    assert (export.rows, export.total) == (2, 2)
    assert [row[1] for row in rows_of(world, export)[1:]] == ["acme", "Bluth"]


@pytest.mark.parametrize("person", [ANNA, VERA, GAIL])
def test_others_than_managers_are_refused_and_the_audit_log_says_so(
    world: ExportWorld, person: Person
) -> None:
    with pytest.raises(UserError):
        begun(world, person=person)
    [outcome] = world.outcomes()
    assert outcome.startswith("refused: ")
    with pytest.raises(UserError):
        world.exports.listed(person)
    assert world.history.every(tuple(Status)) == []


def test_rights_that_were_taken_in_the_meantime_stop_it(world: ExportWorld) -> None:
    export = confirmed(world)
    world.people = type(world.people)(replace(MELVIN, role=ANNA.role))
    failed = world.written(export)
    assert (failed.status, failed.reason) == (Status.FAILED, "You may not export any more.")
    assert world.notices.files == []


def test_slack_that_does_not_answer_delays_it(world: ExportWorld) -> None:
    export = confirmed(world)
    world.people = type(world.people)(replace(MELVIN, role=Role.NOBODY, refusal=NOT_ASKED))
    with pytest.raises(Retriable):
        world.written(export)
    assert world.found(export).status is Status.WAITING
    world.people = type(world.people)()
    assert world.written(export, attempts=2).status is Status.DONE


def test_a_draft_is_for_the_person_who_asked(world: ExportWorld) -> None:
    draft = begun(world, person=ADA)
    with pytest.raises(UserError, match="no such export"):
        world.exports.confirm(draft.public_id, Wish(), MELVIN)
    with pytest.raises(UserError, match="no such export"):
        world.exports.cancel("0" * 32, MELVIN)


def test_a_double_click_starts_one(world: ExportWorld) -> None:
    draft = begun(world)
    world.exports.confirm(draft.public_id, Wish(), MELVIN)
    with pytest.raises(UserError, match="already"):
        world.exports.confirm(draft.public_id, Wish(), MELVIN)


def test_more_than_so_many_a_day_are_refused(world: ExportWorld) -> None:
    for _ in range(EXPORTS_A_DAY):
        confirmed(world)
    with pytest.raises(UserError, match="24 hours"):
        begun(world)
    begun(world, person=ADA)
    world.clock.move(hours=24, seconds=1)
    begun(world)


def test_columns_are_checked_and_remembered(world: ExportWorld) -> None:
    draft = begun(world)
    for columns, said in (
        ((), "No field"),
        (("nothing",), "no field nothing"),
        (("name",) * (MOST_COLUMNS + 1), "at most 200"),
    ):
        with pytest.raises(UserError, match=said):
            world.exports.confirm(draft.public_id, Wish(columns=columns), MELVIN)
    wish = Wish(Format.XLSX, Header.NAMES, ("city", "name"))
    world.exports.confirm(draft.public_id, wish, MELVIN)
    assert begun(world).wish == wish
    assert begun(world, person=ADA).wish == Wish()


def test_fields_are_found_by_label_and_name(world: ExportWorld) -> None:
    assert [one.name for one in world.exports.fields("tier", 9)] == ["Customer_Tier"]
    assert world.exports.fields("OWNER", 9)[0].name == "owner"
    assert len(world.exports.fields("", 5)) == 5
    assert world.exports.named_columns(["Industry", "Sector", "customer tier"]) == (
        "industry",
        "Customer_Tier",
    )
    with pytest.raises(UserError, match="no field nonsense"):
        world.exports.named_columns(["nonsense"])


def test_an_answer_that_is_no_list_of_accounts_is_not_exported(world: ExportWorld) -> None:
    with pytest.raises(UserError, match="no list"):
        begun(world, Question(Kind.HELP))


# --- what happens in the middle ---------------------------------------------------------------------------


class Ended(BaseException):
    """The worker's process ends."""


def in_the_middle(do: Callable[[], None]) -> Callable[[], None]:
    """Does something before the second batch."""
    batches = itertools.count(1)

    def between() -> None:
        if next(batches) == 2:
            do()

    return between


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "BATCH_ROWS", 2)


@pytest.mark.usefixtures("small_batches")
def test_a_cancelled_export_leaves_no_file(world: ExportWorld) -> None:
    export = confirmed(world)

    def cancel() -> None:
        world.clock.move(seconds=2)
        assert world.exports.cancel(export.public_id, MELVIN).status is Status.CANCELLED

    world.work.run(export.public_id, 1, in_the_middle(cancel))
    found = world.found(export)
    assert (found.status, found.file_name) == (Status.CANCELLED, None)
    assert list(world.files.path.iterdir()) == []
    assert world.notices.files == []
    assert world.notices.shown[-1][0].status is Status.CANCELLED
    assert world.work.run(export.public_id, 2, lambda: None) == {"status": "cancelled"}


@pytest.mark.usefixtures("small_batches")
def test_one_that_is_cancelled_at_the_last_moment_leaves_none_either(world: ExportWorld) -> None:
    export = confirmed(world)

    def cancel() -> None:
        world.exports.cancel(export.public_id, MELVIN)

    world.work.run(export.public_id, 1, in_the_middle(cancel))
    assert world.found(export).status is Status.CANCELLED
    assert list(world.files.path.iterdir()) == []


@pytest.mark.parametrize("ended", [CancelledError, KeyboardInterrupt])
def test_in_the_terminal_it_leaves_none_either(
    world: ExportWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: type[BaseException]
) -> None:
    draft, now = begun(world, person=OPERATOR), world.clock.now
    export = world.exports.started(draft.public_id, Wish(columns=("name",)), OPERATOR, None, Status.WAITING)

    def interrupted() -> datetime:
        monkeypatch.setattr(world.clock, "now", now)
        raise KeyboardInterrupt

    def written(target: Path, form: FileForm, batches: Iterable[Batch]) -> int:
        size = write_whole(target, form, batches)
        if ended is KeyboardInterrupt:
            monkeypatch.setattr(world.clock, "now", interrupted)
        else:
            world.exports.cancel(export.public_id, OPERATOR)
        return size

    monkeypatch.setattr("bot.exports.files.write_whole", written)
    target = tmp_path / "mine.zip"
    with pytest.raises(ended):
        in_terminal(world.work, export, target)
    assert (world.found(export).status, target.exists()) == (Status.CANCELLED, False)
    target.write_text("the user's own")
    with pytest.raises(UserError, match=r"mine.zip already\. Remove it, or name another file"):
        in_terminal(world.work, export, target)
    assert target.read_text() == "the user's own"


def test_a_file_that_is_there_is_not_written_over(world: ExportWorld, tmp_path: Path) -> None:
    export, target = world.written(confirmed(world)), tmp_path / "mine.zip"
    copied(world.exports, export.public_id, target)
    assert target.read_bytes() == world.notices.files[0][1]
    target.write_text("the user's own")
    with pytest.raises(UserError, match="already"):
        copied(world.exports, export.public_id, target)
    draft = begun(world, person=OPERATOR)
    started = world.exports.started(draft.public_id, Wish(columns=("name",)), OPERATOR, None, Status.WAITING)
    with pytest.raises(UserError, match="already"):
        in_terminal(world.work, started, target)
    assert world.found(started).reason == "There is a file of that name."
    assert target.read_text() == "the user's own"


def test_one_that_waits_is_cancelled_without_having_begun(world: ExportWorld) -> None:
    export = confirmed(world)
    world.exports.cancel(export.public_id, MELVIN)
    assert world.written(export).status is Status.CANCELLED
    assert world.exports.cancel(export.public_id, MELVIN).status is Status.CANCELLED


@pytest.mark.usefixtures("small_batches")
def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another(world: ExportWorld) -> None:
    def end() -> None:
        raise Ended

    export = confirmed(world)
    with pytest.raises(Ended):
        world.work.run(export.public_id, 1, in_the_middle(end))
    half = world.found(export)
    assert (half.status, half.file_name, half.downloadable(world.clock.now())) == (
        Status.RUNNING,
        None,
        False,
    )
    done = world.written(export, attempts=2)
    assert (done.status, done.rows) == (Status.DONE, 4)
    assert [one.name for one in world.files.path.iterdir()] == [done.file_name]


def test_a_worker_whose_lease_was_lost_leaves_the_message_of_the_other(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.exporting_delivery.MOST_UPLOADED", 1)  # a link alone
    export = confirmed(world)

    def other() -> None:
        world.written(export, attempts=2)

    world.work.run(export.public_id, 1, other)
    [(shown, link)] = world.notices.shown
    assert (shown.status, link is not None) == (Status.DONE, True)
    assert [one.name for one in world.files.path.iterdir()] == [world.found(export).file_name]


def test_one_that_is_killed_again_and_again_fails_and_says_so(world: ExportWorld) -> None:
    export = confirmed(world)
    world.history.change(export.public_id, (Status.WAITING,), {"status": Status.RUNNING})
    failed = world.written(export, attempts=6)
    assert failed.status is Status.FAILED
    assert failed.reason == "The worker ended 5 times in the middle of it. Export fewer rows."
    assert world.notices.shown[-1][0].reason == failed.reason


def test_one_that_was_written_but_not_given_is_given(world: ExportWorld) -> None:
    export = world.written(confirmed(world))
    world.history.change(export.public_id, (Status.DONE,), {"delivered": False, "given_at": None})
    world.written(export, attempts=2)
    assert len(world.notices.files) == 2
    assert [one.name for one in world.files.path.iterdir()] == [export.file_name]


def test_what_slack_does_not_take_can_be_had_later(world: ExportWorld) -> None:
    world.notices.fail_with = SendNever("Slack refuses the message: storage_limit_reached.")
    export = world.written(confirmed(world))
    assert export.status is Status.DONE
    assert "storage_limit_reached" in (export.reason or "")
    world.notices.fail_with = None
    world.exports.send_again(export.public_id, MELVIN)
    assert world.written(export).reason is None
    assert len(world.notices.files) == 1
    with pytest.raises(UserError, match="Only who asked"):
        world.exports.send_again(export.public_id, ADA)


def test_what_slack_takes_later_is_given_later(world: ExportWorld) -> None:
    world.notices.fail_with = SendLater("Slack asks to wait 40 seconds.", after=timedelta(seconds=40))
    export = confirmed(world)
    with pytest.raises(Retriable) as refused:
        world.written(export)
    assert refused.value.after_seconds == 40
    held = world.found(export)
    assert (held.status, held.delivered, held.reason) == (Status.DONE, False, None)
    world.notices.fail_with = None
    held = world.written(export, attempts=2)
    assert (held.delivered, held.reason, len(world.notices.files)) == (True, None, 1)


def test_what_slack_does_not_take_for_long_stays_in_the_history(world: ExportWorld) -> None:
    world.notices.fail_with = SendLater("Slack could not be reached.")
    export = confirmed(world)
    with pytest.raises(Retriable):
        world.written(export, attempts=MOST_ATTEMPTS + 1)
    world.clock.move(hours=12, seconds=1)
    export = world.written(export, attempts=MOST_ATTEMPTS + 2)
    assert export.delivered
    assert export.reason == "It was not delivered: Slack could not be reached."


def test_a_file_that_was_given_is_not_given_again_for_its_message(world: ExportWorld) -> None:
    world.notices.not_shown = SendLater("Slack asks to wait 40 seconds.")
    export = confirmed(world)
    with pytest.raises(Retriable) as refused:
        world.written(export)
    assert refused.value.after_seconds == 5
    world.notices.not_shown = None
    held = world.written(export, attempts=2)
    assert (held.delivered, held.reason, len(world.notices.files)) == (True, None, 1)
    assert world.notices.shown[-1][0].status is Status.DONE


def test_a_link_that_could_not_be_told_is_told_later(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.exporting_delivery.MOST_UPLOADED", 1)
    world.notices.not_shown = SendLater("Slack asks to wait 40 seconds.")
    export = confirmed(world)
    with pytest.raises(Retriable):
        world.written(export)
    world.notices.not_shown = None
    assert world.written(export, attempts=2).delivered
    assert [link is not None for _, link in world.notices.shown] == [True]


def test_a_large_file_is_given_by_a_link(world: ExportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.exporting_delivery.MOST_UPLOADED", 10)
    world.written(confirmed(world))
    assert world.notices.files == []
    assert "/exports/" in (world.notices.shown[-1][1] or "")
    world.work = replace(world.work, exports=replace(world.exports, links=None))
    assert "BELLWETHER_PUBLIC_URL" in (world.written(confirmed(world)).reason or "")


def test_a_full_disk_is_said(world: ExportWorld) -> None:
    world.files.path.write_text("a file where the directory should be")
    failed = world.written(confirmed(world))
    assert failed.status is Status.FAILED
    assert (failed.reason or "").startswith("The file could not be written")


def test_progress_is_told_now_and_then(world: ExportWorld, small_batches: None) -> None:
    export = confirmed(world)
    world.work.run(export.public_id, 1, lambda: world.clock.move(seconds=4))
    told = [(one.status, one.rows, one.total) for one, _ in world.notices.shown]
    assert told == [(Status.RUNNING, 2, 4), (Status.RUNNING, 4, 4), (Status.DONE, 4, 4)]


def test_a_field_that_has_gone_since_is_said(database: Database, world: ExportWorld) -> None:
    export = confirmed(world, Wish(columns=("Customer_Tier",)))
    with database.writes.begin() as connection:
        connection.exec_driver_sql("DELETE FROM crm_field WHERE api_name = 'Customer_Tier'")
    failed = world.written(export)
    assert (failed.status, failed.reason) == (
        Status.FAILED,
        "There is no field Customer_Tier. Search for it by its label.",
    )


def test_a_value_that_no_record_has_any_more_is_met_by_nothing(
    database: Database, world: ExportWorld
) -> None:
    quaint = Segment(name="Quaint", criteria="industry = quaint")
    world.configuration = world.configuration.model_copy(update={"segments": (quaint,)})
    add(database, "crm_account", account(7, "The last one", industry="quaint"))
    add(database, "crm_user", {"id": "u7", "name": "Gone", "active": True, "raw": "{}"})
    add(database, "crm_contact", {"id": "c1", "account_id": "a3", "email": "l@bluth.example", "raw": "{}"})
    expected = {
        "industry = quaint": [],
        'in segment "Quaint"': [],
        "industry in (quaint, retail)": ["a3"],
        "any contact where (owner = Gone)": [],
    }
    accounts, contacts = Wish(columns=("name",)), Wish(mailing=Mailing())
    waiting = {
        text: [confirmed(world, wish, asked(world, text), OPERATOR) for wish in (accounts, contacts)]
        for text in expected
    }
    with database.writes.begin() as connection:
        connection.exec_driver_sql("DELETE FROM crm_account WHERE id = 'a7'")
        connection.exec_driver_sql("DELETE FROM crm_user WHERE id = 'u7'")
    for text, (of_accounts, of_contacts) in waiting.items():
        done, listed = world.written(of_accounts), world.written(of_contacts)
        assert (done.status, done.reason, listed.status) == (Status.DONE, None, Status.DONE), text
        assert [row[0] for row in rows_of(world, done)[1:]] == expected[text]
        assert listed.rows == world.exports.number(done) == len(expected[text])


# --- what becomes of it -----------------------------------------------------------------------------------


def of_segment(world: ExportWorld) -> Export:
    question = world.exports.of_segment("medical")
    return world.written(confirmed(world, question=question))


def test_a_segment_is_exported_by_its_name(world: ExportWorld) -> None:
    export = of_segment(world)
    assert (export.segments, export.rows) == (("Medical",), 2)
    assert download_name(export) == "bellwether-medical-2026-03-31.zip"
    with pytest.raises(UserError, match="no segment nowhere"):
        world.exports.of_segment("nowhere")


def test_deleting_a_segment_makes_its_exports_invalid_at_once(world: ExportWorld) -> None:
    export, other = of_segment(world), world.written(confirmed(world))
    world.without_segments()
    assert not world.exports.available(export)
    assert world.exports.available(other)
    listed = {one.public_id: one for one in world.exports.listed(MELVIN)}
    assert listed[export.public_id].status is Status.INVALID
    with pytest.raises(UserError, match="no file"):
        world.exports.send_again(export.public_id, MELVIN)
    assert world.retention.tidy()["invalid"] == 1
    found = world.found(export)
    assert (found.status, found.file_name) == (Status.INVALID, None)
    assert found.reason == "The segment Medical was deleted."
    assert [one.name for one in world.files.path.iterdir()] == [other.file_name]
    assert world.outcomes()[-1] == f"removed: The segment Medical was deleted.; {export.public_id}"


def test_one_of_a_deleted_segment_that_waits_is_not_written(world: ExportWorld) -> None:
    export = confirmed(world, question=world.exports.of_segment("Medical"))
    world.without_segments()
    failed = world.written(export)
    assert (failed.status, failed.reason) == (Status.FAILED, "Its segment was deleted.")


def test_files_are_kept_for_14_days_and_lines_for_90(world: ExportWorld) -> None:
    export = world.written(confirmed(world))
    draft = begun(world)
    world.clock.move(days=14, seconds=-1)
    assert world.exports.available(export)
    assert world.retention.tidy() == {"invalid": 0, "expired": 0, "forgotten": 1, "left_over": 0}
    assert world.history.find(draft.public_id) is None
    world.clock.move(seconds=1)
    assert not world.exports.available(export)
    assert world.retention.tidy()["expired"] == 1
    assert list(world.files.path.iterdir()) == []
    assert world.found(export).status is Status.EXPIRED
    assert world.outcomes()[-1].startswith("removed: its file was kept for 14 days")
    world.withdraw()
    world.clock.move(days=76, seconds=-1)
    assert world.retention.tidy()["forgotten"] == 0
    assert len(world.exports.listed(MELVIN)) == 1
    world.clock.move(seconds=2)
    assert world.retention.tidy()["forgotten"] == 1
    assert world.exports.listed(MELVIN) == []


def test_the_history_is_a_persons_own_and_sorted(world: ExportWorld) -> None:
    small = world.written(confirmed(world, question=replace(EVERYTHING, limit=1)))
    world.clock.move(minutes=1)
    large = world.written(confirmed(world))
    world.clock.move(minutes=1)
    hers = confirmed(world, person=ADA)

    def listed(person: Person, sort: ExportSort) -> list[str]:
        return [one.public_id for one in world.exports.listed(person, sort)]

    mine = [large.public_id, small.public_id]
    assert listed(MELVIN, ExportSort.WHEN) == mine
    assert listed(MELVIN, ExportSort.ROWS) == mine
    assert listed(MELVIN, ExportSort.SIZE) == mine
    assert listed(ADA, ExportSort.WHEN) == [hers.public_id, *mine]
    assert listed(ADA, ExportSort.WHO) == [hers.public_id, *mine]
    assert listed(ADA, ExportSort.STATUS) == [hers.public_id, *mine]


def test_who_sits_at_the_terminal_is_not_counted_and_gets_no_message(world: ExportWorld) -> None:
    for _ in range(EXPORTS_A_DAY + 1):
        export = world.written(confirmed(world, person=OPERATOR))
        assert export.status is Status.DONE
    assert world.notices.shown == []


def test_columns_say_their_types_and_the_crms_names(world: ExportWorld) -> None:
    columns = {one.name: one for one in world.rows.columns()}
    assert columns["employees"].type is ColumnType.WHOLE
    assert columns["created"].type is ColumnType.INSTANT
    assert columns["last_purchase"].type is ColumnType.DAY
    assert (columns["name"].api_name, columns["owner"].api_name) == ("Account_Name", "Owner")


def test_a_draft_that_is_confirmed_while_old_ones_are_forgotten_stays(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = begun(world)
    world.clock.move(days=1, seconds=1)
    forget = SqlExports.forget

    def late(history: SqlExports, exports: Sequence[Export]) -> int:
        world.exports.confirm(draft.public_id, Wish(columns=("name",)), MELVIN)
        return forget(history, exports)

    monkeypatch.setattr(SqlExports, "forget", late)
    assert world.retention.tidy()["forgotten"] == 0
    assert world.found(draft).status is Status.WAITING


def test_one_that_a_killed_terminal_left_is_done_by_a_worker(world: ExportWorld) -> None:
    draft = begun(world, person=OPERATOR)
    world.exports.started(draft.public_id, Wish(columns=("name",)), OPERATOR, None, Status.WAITING)
    world.clock.move(hours=23)
    world.retention.tidy()
    assert world.jobs.claim("w", timedelta(minutes=1), (KIND,)) is None, "the terminal may be at it"
    world.clock.move(hours=2)
    world.retention.tidy()
    job = world.jobs.claim("w", timedelta(minutes=1), (KIND,))
    assert job is not None
    world.work.run(str(job.args["export"]), job.attempts, lambda: None)
    assert world.found(draft).status is Status.DONE
