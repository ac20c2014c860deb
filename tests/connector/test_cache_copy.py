"""The local copy on both databases: what is written is what is read, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from traceback import format_exception
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from connector.batches import RecordBatch, as_batch
from connector.cache import late_indexes, repositories
from connector.cache.columnar import LONGEST_INDEXED_TEXT, instants
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database, open_database
from connector.cache.record_tables import TABLES, record_table
from connector.mapping import COLUMNS, STANDARD_MODULES, ModuleMapping, Role
from connector.ports import (
    CrmRecord,
    CrmUser,
    Cursor,
    FieldDescription,
    ModuleDescription,
    Organisation,
    PageChanges,
    Stored,
    Value,
)
from tests.support.postgres import SHARED, PostgresServer

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
DEALS = ModuleMapping(Role.TRANSACTIONS, "Deals")
ACCOUNTS = ModuleMapping(Role.ACCOUNTS, "Accounts")
LEADS = ModuleMapping(Role.OTHER, "Leads")
TASKS = ModuleMapping(Role.OTHER, "Tasks")
MAPPINGS = [ModuleMapping(role, STANDARD_MODULES.get(role, "Leads")) for role in Role]
EXAMPLES: dict[str, Value] = {
    "annual_revenue_minor": 9_007_199_254_740_993,
    "amount_minor": -125_050,
    "unit_price_minor": 0,
    "employees": 12_000,
    "occurred_on": date(2025, 12, 31),
    "created_at": datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
    "modified_at": datetime(2025, 6, 7, 8, 9, 10, 123_456, tzinfo=UTC),
    "exchange_rate": "1.2500",
}
HOSTILE = (
    "",
    "\\N",
    "\\",
    "\\.",
    "a\tb\nc\rd",
    "'; DROP TABLE crm_account; --",
    '{"id": null}',
    "%s %(x)s ? :name",
    "<!channel> & 😀 é \u202e",
    "x\\ty",
    "\x01\x1f\x7f",
)


def record(role: Role, identifier: str, *, raw: Any = None, **given: Any) -> CrmRecord:
    """A record with example values, but for those that are given."""
    values = tuple(given.get(name, EXAMPLES.get(name, f"{name} of {identifier}")) for name in COLUMNS[role])
    return CrmRecord(identifier, values, orjson.dumps({"id": identifier, **(raw or {})}).decode())


def deal(number: int, **given: Any) -> CrmRecord:
    return record(Role.TRANSACTIONS, str(number), **given)


def write(copy: SqlCopy, mapping: ModuleMapping, *records: CrmRecord, **more: Any) -> None:
    with copy.writing() as writer:
        writer.apply(mapping, PageChanges(upserts=records, **more), NOW)


def write_new(copy: SqlCopy, mapping: ModuleMapping, records: Sequence[CrmRecord]) -> None:
    write(copy, mapping, *records, inserted=len(records))


def held(database: Database, mapping: ModuleMapping) -> list[tuple[Any, ...]]:
    """Every row of a module as the rest of the product reads it: id, typed values, raw."""
    kept = record_table(mapping)
    columns = [kept.table.c[name] for name in ("id", *COLUMNS[mapping.role], "raw")]
    with database.reads.connect() as connection:
        found = connection.execute(select(*columns).where(kept.mine).order_by(kept.table.c.id))
        return [tuple(row) for row in found]


def as_row(one: CrmRecord) -> tuple[Any, ...]:
    return (one.id, *one.values, one.raw)


def indexes(database: Database, mapping: ModuleMapping) -> set[str | None]:
    return {one["name"] for one in inspect(database.reads).get_indexes(record_table(mapping).name)}


@pytest.fixture
def copy(database: Database) -> SqlCopy:
    late_indexes.make_missing(database)  # PostgreSQL's tables are those of other tests, emptied
    return SqlCopy(database)


@pytest.mark.parametrize("mapping", MAPPINGS, ids=str)
@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_made_ready_is_written_alike(
    copy: SqlCopy, database: Database, mapping: ModuleMapping, text: str
) -> None:
    page = [record(mapping.role, str(number), raw={"said": text}) for number in range(1, 150)]
    batch = as_batch(page)
    copy.make_ready(mapping, batch)
    assert batch.ready is not None
    assert batch.taken([0, 2]).ready is None, "a part of it is another page"
    with copy.writing() as writer:
        writer.apply(mapping, PageChanges(upserts=batch, inserted=len(page)), NOW)
    assert held(database, mapping) == sorted(map(as_row, page))


def test_plain_records_are_not_made_ready(copy: SqlCopy) -> None:
    copy.make_ready(DEALS, [deal(1)])
    copy.make_ready(DEALS, batch := RecordBatch([], [[]] * len(COLUMNS[Role.TRANSACTIONS]), []))
    assert not batch.ready[1], "without a line"


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda one: one.role.value)
@pytest.mark.parametrize("all_new", [True, False])
def test_a_record_comes_back_as_it_was_written(
    database: Database, copy: SqlCopy, mapping: ModuleMapping, all_new: bool
) -> None:
    one = record(mapping.role, "4000001", raw={"Name": 'A "quoted" \\ text\n'})
    empty = CrmRecord("4000002", (None,) * len(COLUMNS[mapping.role]), "{}")
    write(copy, mapping, empty, one, inserted=2 if all_new else 0)
    assert held(database, mapping) == [as_row(one), as_row(empty)]


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda one: one.role.value)
def test_writing_again_changes_nothing_and_a_new_version_replaces_the_old(
    database: Database, copy: SqlCopy, mapping: ModuleMapping
) -> None:
    one, other = record(mapping.role, "10"), record(mapping.role, "11")
    write_new(copy, mapping, [one, other])
    before = held(database, mapping)
    write(copy, mapping, one, other)
    assert held(database, mapping) == before
    emptied = CrmRecord("11", (None,) * len(COLUMNS[mapping.role]), '{"id":"11"}')
    write(copy, mapping, emptied, updated=1)
    assert held(database, mapping) == [as_row(one), as_row(emptied)]


def test_pages_of_any_size_and_several_in_one_transaction(database: Database, copy: SqlCopy) -> None:
    records = [deal(5_000_000 + number) for number in range(4_401)]
    with copy.writing() as writer:
        writer.apply(DEALS, PageChanges(upserts=tuple(records[:2000]), inserted=2000), NOW)
        writer.apply(DEALS, PageChanges(upserts=tuple(records[1500:4000])), NOW)
        writer.apply(DEALS, PageChanges(upserts=tuple(records[3000:4400])), NOW)
        writer.apply(DEALS, PageChanges(upserts=(records[4400],), inserted=1), NOW)
    assert held(database, DEALS) == [as_row(one) for one in records]
    assert copy.count(DEALS) == 4_401


def test_of_one_record_twice_in_a_page_the_last_counts(database: Database, copy: SqlCopy) -> None:
    write(copy, DEALS, deal(7, stage="first"), deal(7, stage="last"))
    assert held(database, DEALS) == [as_row(deal(7, stage="last"))]


def test_what_is_stored(copy: SqlCopy) -> None:
    records = [deal(number, account_id=f"a{number}") for number in range(1000, 4000)]
    write_new(copy, DEALS, records)
    write(copy, ACCOUNTS, record(Role.ACCOUNTS, "77"))
    wanted = [str(number) for number in range(500, 3_500)]
    with copy.writing() as writer:
        found = writer.stored(DEALS, wanted)
        assert found == {one.id: Stored(one.raw, f"a{one.id}") for one in records[:2_500]}
        assert writer.stored(ACCOUNTS, ["77", "78"]) == {"77": Stored('{"id":"77"}', None)}
        assert writer.stored(DEALS, []) == {}
        # "999" is a smaller number and a greater text than what is held.
        assert set(writer.stored(DEALS, ["999", "3999", "40000"])) == {"3999"}
        assert writer.stored(DEALS, ["9999", "99990"]) == {}
        assert writer.stored(DEALS, ["no number", "'"]) == {}


def test_modules_without_a_role_share_a_table_and_nothing_else(database: Database, copy: SqlCopy) -> None:
    lead, task = record(Role.OTHER, "1", name="a lead"), record(Role.OTHER, "1", name="a task")
    write_new(copy, LEADS, [lead])
    write_new(copy, TASKS, [task, record(Role.OTHER, "2")])
    with copy.writing() as writer:
        assert set(writer.stored(LEADS, ["1", "2"])) == {"1"}
        writer.apply(TASKS, PageChanges(deletes=("1", "5")), NOW)
        writer.apply(LEADS, PageChanges(deletes=("2",)), NOW)
    assert held(database, LEADS) == [as_row(lead)]
    assert copy.ids_between(TASKS, None, None) == ("2",)
    assert (copy.count(LEADS), copy.count(TASKS)) == (1, 1)
    assert copy.boundaries(LEADS, 2) == ()


def test_deletions_and_touched_accounts(database: Database, copy: SqlCopy) -> None:
    write_new(copy, DEALS, [deal(number) for number in range(3_000)])
    gone = tuple(str(number) for number in range(0, 3_000, 2))
    with copy.writing() as writer:
        writer.apply(DEALS, PageChanges(deletes=(*gone, "absent"), touched=frozenset({"b", "a"})), NOW)
        writer.apply(DEALS, PageChanges(touched=frozenset({"a", "*", "x" * 33})), LATER)
    assert len(held(database, DEALS)) == 1_500
    with database.reads.connect() as connection:
        touched = {one.account_id: one.touched_at for one in repositories.touched_accounts(connection)}
    assert touched == {"a": LATER, "b": NOW, "*": LATER}  # a longer id than any account's is nobody's


def test_a_page_and_its_cursor_are_committed_together_or_not_at_all(
    database: Database, copy: SqlCopy
) -> None:
    first = Cursor("Deals", position='{"after":"1"}', started_at=NOW, rows_read=1)
    with copy.writing() as writer:
        writer.apply(DEALS, PageChanges(upserts=(deal(1),), inserted=1), NOW)
        writer.save_cursor(first)
    page = PageChanges(
        upserts=(deal(1, stage="changed"), *(deal(number) for number in range(2, 600))),
        touched=frozenset({"a"}),
    )

    def killed() -> None:
        with copy.writing() as writer:
            writer.apply(DEALS, page, NOW)
            writer.save_cursor(replace(first, position='{"after":"600"}', rows_read=600))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert held(database, DEALS) == [as_row(deal(1))]
    assert copy.cursor("Deals") == first
    with database.reads.connect() as connection:
        assert repositories.touched_count(connection) == 0


def test_every_part_of_a_cursor_is_kept(copy: SqlCopy) -> None:
    assert copy.cursor("Deals") is None
    cursor = Cursor("Deals", "signature", "{}", NOW, LATER, NOW, LATER, NOW, 12, 3)
    with copy.writing() as writer:
        writer.save_cursor(cursor)
    assert copy.cursor("Deals") == cursor
    with copy.writing() as writer:
        writer.save_cursor(Cursor("Deals"))
    assert copy.cursor("Deals") == Cursor("Deals")


def test_metadata_is_kept_and_replaced(database: Database, copy: SqlCopy) -> None:
    organisation = Organisation(
        "1", "Öl & Söhne", "Europe/Berlin", "EUR", "oel.example", "ultimate", 12, True
    )
    modules = (
        ModuleDescription("Deals", "Deals", "default", True),
        ModuleDescription("X", "Y", "custom", False),
    )
    fields = (
        FieldDescription("Account_Name", "Account", "lookup", target="Accounts"),
        FieldDescription("Stage", "Stage", "picklist", True, True, ("Won", 'a "b"', "")),
    )
    ada = CrmUser("1", "Ada", "ada@example.com", "CEO", "Administrator", None, True, '{"id":"1"}')
    bob = replace(ada, id="2", name=None, email=None, role=None, profile=None, manager_id="1")
    assert copy.organisation() is None
    with copy.writing() as writer:
        writer.save_organisation(organisation, NOW)
        writer.save_modules(modules)
        writer.save_fields("Deals", [*fields, FieldDescription("Old", "Old", "text")])
        writer.save_users([ada, bob])
    with copy.writing() as writer:
        writer.save_modules(modules)
        writer.save_fields("Deals", fields)
        writer.save_fields("Accounts", [])
        writer.save_users([replace(ada, name="Ada L.")])
    assert copy.organisation() == replace(organisation, read_at=NOW)
    assert copy.modules() == modules
    assert copy.fields("Deals") == fields
    with database.reads.connect() as connection:
        users = repositories.users(connection)
    assert users == {"1": replace(ada, name="Ada L."), "2": replace(bob, active=False)}
    with copy.writing() as writer:
        writer.save_users([])
        writer.save_modules([])
    assert copy.modules() == ()
    with database.reads.connect() as connection:
        assert {one.active for one in repositories.users(connection).values()} == {False}


def test_ids_lie_in_the_order_of_numbers(copy: SqlCopy) -> None:
    numbers = [9, 10, 99, 100, 101, 999, 1000, 4_000, 12_345]
    write_new(copy, DEALS, [deal(number) for number in numbers])

    def between(after: str | None, until: str | None) -> list[int]:
        return [int(one) for one in copy.ids_between(DEALS, after, until)]

    assert between(None, None) == numbers
    assert between("10", "1000") == [99, 100, 101, 999, 1000]
    assert between("100", "999") == [101, 999]
    assert between(None, "99") == [9, 10, 99]
    assert between("999", None) == [1000, 4_000, 12_345]
    assert between("5", "5") == []


def test_boundaries_cut_what_is_held_into_parts_of_one_size(copy: SqlCopy) -> None:
    assert copy.boundaries(DEALS, 4) == ()
    write_new(copy, DEALS, [deal(number) for number in range(80, 1_280)])
    assert copy.boundaries(DEALS, 1) == ()
    for parts in (2, 3, 7, 24):
        cuts = copy.boundaries(DEALS, parts)
        ranges = zip((None, *cuts), (*cuts, None), strict=True)
        sizes = [len(copy.ids_between(DEALS, after, until)) for after, until in ranges]
        assert sum(sizes) == 1_200
        assert len(sizes) == parts
        assert max(sizes) - min(sizes) <= 1
    assert copy.boundaries(DEALS, 3) == ("479", "879")


def test_more_parts_than_records(copy: SqlCopy) -> None:
    write_new(copy, DEALS, [deal(8), deal(12)])
    assert copy.boundaries(DEALS, 10) == ("8",)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_are_only_texts(database: Database, copy: SqlCopy, hostile: str) -> None:
    name = hostile * 3
    one = record(Role.ACCOUNTS, "1", raw={"Name": name}, name=name, industry=hostile, city=hostile)
    other = record(Role.OTHER, "1", raw={"Name": name}, name=hostile, parent_id=hostile)
    module = ModuleMapping(Role.OTHER, hostile[:90])
    for times in range(2):
        write(copy, ACCOUNTS, one, inserted=1 - times)
        write(copy, module, other, inserted=1 - times)
    assert held(database, ACCOUNTS) == [as_row(one)]
    assert held(database, module) == [as_row(other)]
    with copy.writing() as writer:
        assert writer.stored(module, ["1", hostile]) == {"1": Stored(other.raw, other.values[2])}  # type: ignore[arg-type]


@pytest.mark.parametrize("all_new", [True, False])
def test_what_a_database_cannot_hold_is_replaced_or_shortened_beside_the_whole_raw_text(
    database: Database, copy: SqlCopy, all_new: bool
) -> None:
    # No two parts alike: PostgreSQL would store a repetitive text compressed, within the limit of an index.
    long = "".join(chr(0x4E00 + number * 7 % 20_000) for number in range(9_000))
    one = record(
        Role.ACCOUNTS, "1", raw={"Name": "a\0b", "More": long}, name="a\0b", industry=long, website=long
    )
    write(copy, ACCOUNTS, one, record(Role.ACCOUNTS, "2", name=None), inserted=2 if all_new else 0)
    row = dict(zip(("id", *COLUMNS[Role.ACCOUNTS], "raw"), held(database, ACCOUNTS)[0], strict=True))
    assert row["name"] == "a\ufffdb"
    assert row["industry"] == long[:LONGEST_INDEXED_TEXT]
    assert row["website"] == long
    assert row["raw"] == one.raw


@pytest.mark.parametrize("inserted", [0, 1])
def test_an_error_of_the_database_quotes_no_record(
    postgres_with_tables: PostgresServer, inserted: int
) -> None:
    database = open_database(postgres_with_tables.url(SHARED))
    with pytest.raises(DBAPIError, match="too long") as error:
        write(SqlCopy(database), DEALS, replace(deal(1, name="se" + "cret"), id="i" * 33), inserted=inserted)
    database.close()
    assert "secret" not in "".join(format_exception(error.value))


@pytest.mark.parametrize("all_new", [True, False])
def test_a_number_beyond_the_column_leaves_it_empty(database: Database, copy: SqlCopy, all_new: bool) -> None:
    one = record(Role.ACCOUNTS, "1", employees=2**31, annual_revenue_minor=-(2**63) - 1)
    other = record(Role.ACCOUNTS, "2", employees=2**31 - 1, annual_revenue_minor=-(2**63) + 1)
    write(copy, ACCOUNTS, one, other, inserted=2 if all_new else 0)
    emptied = record(Role.ACCOUNTS, "1", employees=None, annual_revenue_minor=None)
    assert held(database, ACCOUNTS) == [as_row(emptied), as_row(other)]


def test_indexes_wait_for_the_end_of_a_first_read(database: Database, copy: SqlCopy) -> None:
    wanted = indexes(database, DEALS)
    run = copy.begin_run(NOW)
    write_new(copy, DEALS, [deal(number) for number in range(1_000, 1_200)])
    assert wanted
    assert indexes(database, DEALS) == set()
    with copy.writing() as writer:
        writer.save_cursor(Cursor("Deals", position="{}", rows_read=200))
    # The process is killed. The next one goes on with the first read, and sets nothing aside again.
    copy = SqlCopy(database)
    run = copy.begin_run(NOW)
    assert indexes(database, DEALS) == set()
    write_new(copy, DEALS, [deal(number) for number in range(1_200, 1_500)])
    copy.end_run(run, LATER, report="{}", error="out of credits")
    assert indexes(database, DEALS) == wanted
    write_new(SqlCopy(database), DEALS, [deal(number) for number in range(1_500, 1_800)])
    assert indexes(database, DEALS) == wanted


def test_missing_indexes_are_made_when_a_run_begins_and_no_first_read_goes_on(
    database: Database, copy: SqlCopy
) -> None:
    wanted = indexes(database, DEALS)
    write_new(copy, DEALS, [deal(number) for number in range(1_000, 1_200)])
    with copy.writing() as writer:
        writer.save_cursor(Cursor("Deals", whole_at=NOW))
    SqlCopy(database).begin_run(LATER)
    assert indexes(database, DEALS) == wanted


def test_a_small_first_page_leaves_the_indexes_alone(database: Database, copy: SqlCopy) -> None:
    wanted = indexes(database, DEALS)
    write_new(copy, DEALS, [deal(number) for number in range(199)])
    assert indexes(database, DEALS) == wanted


def test_what_sets_indexes_aside_is_rolled_back_with_its_page(database: Database, copy: SqlCopy) -> None:
    wanted = indexes(database, DEALS)
    records = tuple(deal(number) for number in range(300))

    def killed() -> None:
        with copy.writing() as writer:
            writer.apply(DEALS, PageChanges(upserts=records, inserted=300), NOW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert indexes(database, DEALS) == wanted
    write_new(copy, DEALS, records)
    assert indexes(database, DEALS) == set()


def test_readers_of_a_first_read_are_not_held_up(database: Database, copy: SqlCopy) -> None:
    """Somebody is still in a transaction on the empty table: the indexes stay, the page is written."""
    with database.reads.connect() as reader:
        reader.execute(text("SELECT count(*) FROM crm_transaction"))
        write_new(copy, DEALS, [deal(number) for number in range(300)])
    assert copy.count(DEALS) == 300


def test_runs_are_noted(database: Database, copy: SqlCopy) -> None:
    first, second = copy.begin_run(NOW), copy.begin_run(LATER)
    copy.end_run(second, LATER, report='{"rows":1}', error=None)
    with database.reads.connect() as connection:
        last = repositories.last_sync_run(connection)
    assert second > first
    assert last == repositories.SyncRun(second, LATER, LATER, "done", '{"rows":1}', None)


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))])
FIRST, LAST = datetime(1000, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 -- the zone is drawn beside
INSTANTS = st.none() | st.datetimes(FIRST, LAST, timezones=ZONES)


@given(st.lists(INSTANTS | st.builds(lambda day: datetime(2026, 1, day, tzinfo=UTC), st.integers(1, 28))))
def test_instants_are_written_as_sqlalchemy_writes_them(moments: list[datetime | None]) -> None:
    utc = [None if one is None else one.astimezone(UTC).replace(tzinfo=None) for one in moments]
    assert instants(moments, ".000000") == [
        None if one is None else one.isoformat(" ", "microseconds") for one in utc
    ]
    assert [
        None if one is None else datetime.fromisoformat(one) for one in instants(moments, "+00:00")
    ] == moments


def test_an_instant_without_a_zone_is_refused(copy: SqlCopy) -> None:
    naive = datetime(2026, 1, 1, 12)  # noqa: DTZ001 -- the point
    with pytest.raises(ValueError, match="time zone"):
        write(copy, DEALS, deal(1, modified_at=naive))


VALUES: dict[str, st.SearchStrategy[Value]] = {
    "amount_minor": st.none() | st.integers(-(2**63) + 1, 2**63 - 1),
    "occurred_on": st.none() | st.dates(date(1000, 1, 1)),
    "created_at": INSTANTS,
    "modified_at": INSTANTS,
}
TEXTS = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
PAGES = st.lists(
    st.builds(
        CrmRecord,
        st.integers(1, 30).map(str),
        st.tuples(*(VALUES.get(name, TEXTS) for name in COLUMNS[Role.TRANSACTIONS])),
        st.dictionaries(st.text(max_size=3), TEXTS, max_size=2).map(lambda one: orjson.dumps(one).decode()),
    ),
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PAGES, st.frozensets(st.integers(1, 30).map(str), max_size=5)), max_size=4))
def test_after_any_pages_the_copy_holds_what_a_dictionary_would(
    database: Database, pages: list[tuple[list[CrmRecord], frozenset[str]]]
) -> None:
    copy = SqlCopy(database)
    model: dict[str, CrmRecord] = {}
    with copy.writing() as writer:
        writer.apply(DEALS, PageChanges(deletes=tuple(str(number) for number in range(31))), NOW)
    for records, deletes in pages:
        with copy.writing() as writer:
            before = writer.stored(DEALS, [one.id for one in records])
            assert before == {
                one.id: Stored(model[one.id].raw, model[one.id].values[0])  # type: ignore[arg-type]
                for one in records
                if one.id in model
            }
            new = len(records) if not before and len({one.id for one in records}) == len(records) else 0
            writer.apply(
                DEALS, PageChanges(upserts=tuple(records), deletes=tuple(deletes), inserted=new), NOW
            )
        model |= {one.id: one for one in records}
        model = {key: one for key, one in model.items() if key not in deletes}
    assert held(database, DEALS) == [as_row(model[key]) for key in sorted(model)]


def test_every_table_of_records_has_the_columns_of_its_role() -> None:
    for role, table in TABLES.items():
        more = {"id", "raw"} | ({"module"} if role is Role.OTHER else set())
        assert {column.name for column in table.columns} == {*COLUMNS[role], *more}
