"""Two processes write the same records: what one of them had not seen is neither lost nor counted wrongly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.errors import Overtaken
from connector.mapping import COLUMNS, ModuleMapping, Role
from connector.ports import CrmRecord, Cursor, Page, PageChanges, Value
from connector.sync.report import Tally
from connector.sync.writing import PageWriter
from tests.support.zoho_records import selection

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
DEALS = ModuleMapping(Role.TRANSACTIONS, "Deals")
FIELDS = selection({"Deal_Name": "text", "Modified_Time": "datetime"}, {"modified_at": "Modified_Time"})


class Still:
    def now(self) -> datetime:
        return NOW


def deal(number: int, name: str, minute: int = 0) -> CrmRecord:
    moment = datetime(2026, 3, 1, 12, minute, tzinfo=UTC)
    typed: dict[str, Value] = {"name": name, "modified_at": moment}
    raw = {"id": str(number), "Deal_Name": name, "Modified_Time": moment}
    values = tuple(typed.get(column) for column in COLUMNS[Role.TRANSACTIONS])
    return CrmRecord(str(number), values, orjson.dumps(raw).decode())


def writer_of(copy: SqlCopy) -> PageWriter:
    return PageWriter(copy, Still(), DEALS, FIELDS, Tally("Deals"), lambda _progress: None)


def _written_and_broken_off(copy: SqlCopy, record: CrmRecord) -> None:
    with copy.writing() as writer:
        writer.apply(DEALS, PageChanges(upserts=(record,), inserted=1), NOW)
        raise ZeroDivisionError


def names(database: Database) -> dict[str, Any]:
    with database.reads.connect() as connection:
        rows = connection.execute(text("SELECT id, name FROM crm_transaction ORDER BY id"))
        return {row.id: row.name for row in rows}


def counts(writer: PageWriter) -> tuple[int, int, int]:
    report = writer.tally.report(0)
    return report.inserted, report.updated, report.unchanged


def test_a_record_that_another_process_wrote_meanwhile_is_compared_with(database: Database) -> None:
    ours, theirs = writer_of(SqlCopy(database)), writer_of(SqlCopy(database))
    ours.write(Page((deal(100, "first"),)), cursor=Cursor("Deals", rows_read=1))
    theirs.write(Page((deal(102, "theirs"), deal(103, "later", 9), deal(104, "older", 1))))
    ours.write(
        Page((deal(101, "new"), deal(102, "theirs"), deal(103, "late", 8), deal(104, "newer", 2))),
        cursor=Cursor("Deals", rows_read=5),
    )
    assert names(database) == {
        "100": "first", "101": "new", "102": "theirs", "103": "later", "104": "newer"
    }  # fmt: skip
    assert counts(ours) == (2, 1, 2), "two are new, one is changed; one is the same, and one comes too late"
    cursor = SqlCopy(database).cursor("Deals")
    assert cursor is not None
    assert cursor.rows_read == 5


def test_what_is_gone_is_removed_though_this_copy_has_not_seen_it(database: Database) -> None:
    ours, theirs = writer_of(SqlCopy(database)), writer_of(SqlCopy(database))
    ours.write(Page((deal(100, "first"),)))
    theirs.write(Page((deal(102, "theirs"),)))
    ours.write(Page((deal(103, "new"),)), gone=("102",))
    ours.write(gone=("100",))
    assert names(database) == {"103": "new"}


def test_after_an_error_the_copy_looks_again(database: Database) -> None:
    copy = SqlCopy(database)
    writer = writer_of(copy)
    with pytest.raises(ZeroDivisionError):
        _written_and_broken_off(copy, deal(200, "lost"))
    writer.write(Page((deal(100, "first"), deal(200, "kept"))))
    writer.write(Page((deal(150, "between"), deal(200, "changed", 1))))
    assert names(database) == {"100": "first", "150": "between", "200": "changed"}
    assert counts(writer) == (3, 1, 0)


def test_postgresql_refuses_a_record_that_is_not_new(database: Database) -> None:
    copy = SqlCopy(database)
    page = PageChanges(upserts=(deal(100, "first"),), inserted=1)
    with copy.writing() as writer:
        writer.apply(DEALS, page, NOW)
    if database.dialect == "sqlite":  # which nobody else can write to meanwhile
        with copy.writing() as writer:
            writer.apply(DEALS, page, NOW)
    else:
        with pytest.raises(Overtaken, match="the next try"), copy.writing() as writer:
            writer.apply(DEALS, page, NOW)
    assert names(database) == {"100": "first"}


def test_of_two_places_in_one_transaction_the_last_is_kept(database: Database) -> None:
    copy = SqlCopy(database)
    with copy.writing() as writer:
        writer.save_cursor(Cursor("Deals", rows_read=1))
        writer.save_cursor(Cursor("Accounts", rows_read=2))
        writer.save_cursor(Cursor("Deals", rows_read=3))
        writer.apply(DEALS, PageChanges(touched=frozenset({"7"})), NOW)
    assert [cursor.rows_read for name in ("Deals", "Accounts") if (cursor := copy.cursor(name))] == [3, 2]
    with database.reads.connect() as connection:
        assert connection.execute(text("SELECT account_id FROM touched_account")).scalars().all() == ["7"]
