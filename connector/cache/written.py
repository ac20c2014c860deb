"""The local copy, as far as writing back needs it: our values as the CRM has them, and jobs under way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, bindparam, insert, select, update

from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ZohoJobRow, table_of
from connector.ports import FieldDescription
from connector.write_ports import BulkUpdate, Change, Outcome, TagMove

IDS_PER_STATEMENT = 500
ADDED, DONE, FAILED = "added", "done", "failed"
_ACCOUNT: Table = table_of(AccountRow)
_JOB: Table = table_of(ZohoJobRow)
Record = dict[str, Any]


class SqlWrittenCopy:
    """The port ``WrittenCopy`` on accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def raws(self, ids: Collection[str]) -> Mapping[str, str]:
        """The JSON texts of the accounts that are held."""
        found: dict[str, str] = {}
        with self._database.reads.connect() as connection:
            for some in _some(tuple(ids)):
                rows = connection.execute(
                    select(_ACCOUNT.c.id, _ACCOUNT.c.raw).where(_ACCOUNT.c.id.in_(some))
                )
                found.update((row.id, row.raw) for row in rows)
        return found

    def note_written(self, written: Sequence[tuple[Change, Outcome]]) -> None:
        """The CRM has taken these values: they stand in the copy from now on.

        The time of change is left as it is: the next reading brings it, and compares only what others wrote.
        """
        values = {change.id: change.values for change, _ in written}
        self._rewrite(values, lambda record, identifier: {**record, **values[identifier]})

    def note_tags(self, move: TagMove) -> None:
        """The CRM has moved this tag."""

        def moved(record: Record, _identifier: str) -> Record:
            others = [one for one in record.get("Tag") or [] if one.get("name") != move.tag]
            return {**record, "Tag": [*others, {"name": move.tag}] if move.add else others}

        self._rewrite(move.ids, moved)

    def save_fields(self, module: str, fields: Sequence[FieldDescription]) -> None:
        """Replace what is held of a module's fields."""
        with SqlCopy(self._database).writing() as writer:
            writer.save_fields(module, fields)

    def jobs(self) -> tuple[BulkUpdate, ...]:
        """Bulk jobs whose result was not taken yet, the oldest first."""
        statement = (
            select(_JOB.c.id, _JOB.c.module, _JOB.c.payload)
            .where(_JOB.c.state == ADDED)
            .order_by(_JOB.c.created_at, _JOB.c.id)
        )
        with self._database.reads.connect() as connection:
            return tuple(
                _job(row.id, row.module, orjson.loads(row.payload)) for row in connection.execute(statement)
            )

    def add_job(self, job: BulkUpdate, at: datetime) -> None:
        """Keep a job that was entered."""
        payload = orjson.dumps({"columns": job.columns, "numbers": sorted(job.numbers)}).decode()
        with self._database.writes.begin() as connection:
            connection.execute(
                insert(_JOB),
                {"id": job.id, "module": job.module, "state": ADDED, "payload": payload, "created_at": at},
            )

    def end_job(self, job: BulkUpdate, at: datetime, *, failed: bool) -> None:
        """Its result was taken, or it failed."""
        with self._database.writes.begin() as connection:
            connection.execute(
                update(_JOB)
                .where(_JOB.c.id == job.id)
                .values(state=FAILED if failed else DONE, finished_at=at)
            )

    def _rewrite(self, ids: Collection[str], changed: Callable[[Record, str], Record]) -> None:
        """Change raw records, in one transaction; keys stay in the canonical order: id, then by name."""
        with self._database.writes.begin() as connection:
            for some in _some(tuple(ids)):
                rows = connection.execute(
                    select(_ACCOUNT.c.id, _ACCOUNT.c.raw).where(_ACCOUNT.c.id.in_(some))
                )
                made = [
                    {"b_id": row.id, "b_raw": _text(changed(orjson.loads(row.raw), row.id))} for row in rows
                ]
                if made:
                    connection.execute(
                        update(_ACCOUNT)
                        .where(_ACCOUNT.c.id == bindparam("b_id"))
                        .values(raw=bindparam("b_raw")),
                        made,
                    )


def _job(identifier: str, module: str, payload: Mapping[str, Any]) -> BulkUpdate:
    return BulkUpdate(identifier, module, tuple(payload["columns"]), frozenset(payload["numbers"]))


def _text(record: Record) -> str:
    names = sorted(name for name in record if name != "id")
    return orjson.dumps({"id": record["id"], **{name: record[name] for name in names}}).decode()


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), IDS_PER_STATEMENT):
        yield ids[start : start + IDS_PER_STATEMENT]
