"""The history of exports: the port ``ExportHistory``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update

from bot.app.exporting_values import (
    ANY_ACCOUNT,
    Export,
    Format,
    Further,
    Header,
    Mailing,
    Offered,
    Status,
    Wish,
)
from bot.app.ports import NewJob, Posted
from bot.app.scope import Scope, Whose
from bot.language.question import Sort
from bot.language.question_json import past_json, past_of_json
from bot.store.dialect import insert_or
from bot.store.export_tables import ExportRow
from bot.store.jobs import insert_job
from connector.cache.engine import Database
from connector.cache.tables import table_of

_export = table_of(ExportRow)
# Columns that are attributes as they stand.
WANTED = ("question", "criteria", "row_limit", "requested_by", "requester", "slack_id")
_PLAIN = (
    *("public_id", "rows", "total", "bytes", "created_at", "finished_at", "expires_at", "file_name"),
    *("link_key", "reason", "delivered", "schedule_id", "remark"),
    *("deliver_by", "delivering", "sending", "given_at"),
)
_CONFIRMED = _export.c.status != Status.DRAFT.value


class SqlExports:
    """Exports in the database. A change names the statuses from which it may be made: the first one wins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, export: Export) -> bool:
        """Enter one; False when there is one of that id already."""
        entered = insert_or(self._database.dialect, _export).values(**_values(export))
        once = entered.on_conflict_do_nothing(index_elements=["public_id"])
        with self._database.writes.begin() as connection:
            return connection.execute(once).rowcount == 1

    def find(self, public_id: str) -> Export | None:
        """The export of that id; None when there is none."""
        found = self._read(_export.c.public_id == public_id)
        return found[0] if found else None

    def change(
        self,
        public_id: str,
        given: Sequence[Status],
        changes: Mapping[str, Any],
        *,
        expected: Mapping[str, Any] | None = None,
        job: NewJob | None = None,
        accounts: Set[str] | None = None,
    ) -> bool:
        """Change attributes of an export that has one of these statuses; False when it has none of them.

        Args:
            public_id: which.
            given: statuses.
            changes: new values by attribute.
            expected: what these attributes must be besides; nothing is changed when one of them is not.
            job: entered together with the change, or not at all.
            accounts: whose contacts the file holds; forgotten as soon as there is no file.
        """
        this = (_export.c.public_id == public_id, _export.c.status.in_([one.value for one in given]))
        with self._database.writes.begin() as connection:
            # Read and written under the write lock of SQLite, and the row's on PostgreSQL.
            row = connection.execute(select(_export).where(*this).with_for_update()).one_or_none()
            held = None if row is None else _of(row)
            if held is None or any(getattr(held, name) != one for name, one in (expected or {}).items()):
                return False
            changed = _values(replace(held, **changes))
            if changed["file_name"] is None:
                changed["accounts"] = None
            elif accounts:
                changed["accounts"] = json.dumps(sorted(accounts))
            connection.execute(update(_export).where(_export.c.public_id == public_id).values(**changed))
            if job is not None:
                due = job.due_at
                insert_job(connection, job.kind, job.slot, job.args, due_at=due, created_at=due)
        return True

    def note_copies(self, public_id: str, *, more: Sequence[str] = (), less: Sequence[str] = ()) -> None:
        """Copies in Slack that there are more, or not any more; whatever the export's status is."""
        this = _export.c.public_id == public_id
        with self._database.writes.begin() as connection:
            row = connection.execute(select(_export).where(this).with_for_update()).one_or_none()
            if row is not None:
                left = dict.fromkeys(one for one in (*_of(row).slack_files, *more) if one not in less)
                files = json.dumps(tuple(left)) if left else None
                connection.execute(update(_export).where(this).values(slack_files=files))

    def use_link(self, public_id: str, key: str) -> bool:
        """Take the one valid link back; False when it was used, or is another one by now."""
        this = (_export.c.public_id == public_id, _export.c.link_key == key)
        with self._database.writes.begin() as connection:
            used = connection.execute(update(_export).where(*this).values(link_key=None))
            return used.rowcount == 1

    def listed(self, requested_by: str | None) -> list[Export]:
        """Those of one person, or all: the newest first, drafts left out."""
        mine = () if requested_by is None else (_export.c.requested_by == requested_by,)
        return self._read(_CONFIRMED, *mine)

    def latest_wish(self, requested_by: str) -> Export | None:
        """The newest that a person has confirmed; those of schedules are no choice of now."""
        mine = (_export.c.requested_by == requested_by, _export.c.schedule_id.is_(None))
        found = self._read(_CONFIRMED, *mine, limit=1)
        return found[0] if found else None

    def begun_since(self, requested_by: str, since: datetime) -> int:
        """How many a person has confirmed since; those of schedules are not counted."""
        mine = (
            *(_CONFIRMED, _export.c.requested_by == requested_by),
            *(_export.c.created_at > since, _export.c.schedule_id.is_(None)),
        )
        with self._database.reads.begin() as connection:
            return connection.execute(select(func.count()).select_from(_export).where(*mine)).scalar_one()

    def every(self, statuses: Sequence[Status]) -> list[Export]:
        """All that have one of these statuses."""
        return self._read(_export.c.status.in_([one.value for one in statuses]))

    def with_contacts_of(self, accounts: Set[str]) -> frozenset[str]:
        """Ids of the mailing lists whose files hold, or may hold, contacts of one of these accounts."""
        if not accounts:
            return frozenset()
        wanted = {*accounts, ANY_ACCOUNT}
        held = select(_export.c.public_id, _export.c.accounts).where(_export.c.accounts.is_not(None))
        with self._database.reads.begin() as connection:
            rows = connection.execute(held, execution_options={"yield_per": 1})
            return frozenset(row.public_id for row in rows if not wanted.isdisjoint(json.loads(row.accounts)))

    def forget(self, exports: Sequence[Export]) -> int:
        """Remove the lines that are still as they were read: status, time and copies; how many."""
        count = 0
        with self._database.writes.begin() as connection:
            for one in exports:
                files = _values(one)["slack_files"]
                same = (
                    _export.c.public_id == one.public_id,
                    _export.c.status == one.status.value,
                    _export.c.created_at == one.created_at,
                    _export.c.slack_files.is_not_distinct_from(files),
                )
                count += connection.execute(delete(_export).where(*same)).rowcount
        return count

    def _read(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Export]:
        newest = (_export.c.created_at.desc(), _export.c.id.desc())
        statement = select(_export).where(*conditions).order_by(*newest).limit(limit)
        with self._database.reads.begin() as connection:
            return [_of(row) for row in connection.execute(statement)]


def wanted_values(export: Export) -> dict[str, Any]:
    """What is wanted, as a row of exports and one of schedules keep it."""
    wish = export.wish
    return {
        **{name: getattr(export, name) for name in WANTED},
        "segments": json.dumps(export.segments),
        "sort": json.dumps([asdict(one) for one in export.sort]),
        "format": wish.format.value,
        "header": wish.header.value,
        "columns": None if wish.columns is None else json.dumps(wish.columns),
        "mailing": None if wish.mailing is None else json.dumps(asdict(wish.mailing)),
        "further": None if export.further is None else json.dumps(_further_json(export.further)),
    }


def wanted_of(row: Row[Any]) -> dict[str, Any]:
    """The same as attributes of an export."""
    columns = None if row.columns is None else tuple(json.loads(row.columns))
    mailing = None if row.mailing is None else json.loads(row.mailing)
    contacts = None if mailing is None else Mailing(**{name: tuple(held) for name, held in mailing.items()})
    return {
        **{name: getattr(row, name) for name in WANTED},
        "segments": tuple(json.loads(row.segments)),
        "sort": tuple(Sort(**one) for one in json.loads(row.sort)),
        "wish": Wish(Format(row.format), Header(row.header), columns, contacts),
        "further": None if row.further is None else _further_of(json.loads(row.further)),
    }


def _further_json(further: Further) -> dict[str, Any]:
    return {"product": further.product} if isinstance(further, Offered) else past_json(further)


def _further_of(value: Mapping[str, Any]) -> Further:
    return Offered(str(value["product"])) if "product" in value else past_of_json(value)


def _values(export: Export) -> dict[str, Any]:
    posted = export.posted
    return {
        **wanted_values(export),
        **{name: getattr(export, name) for name in _PLAIN},
        "status": export.status.value,
        "slack_channel": posted.channel if posted else None,
        "slack_ts": posted.ts if posted else None,
        "scope": None if export.scope is None else json.dumps(_scope_json(export.scope)),
        "slack_files": json.dumps(export.slack_files) if export.slack_files else None,
    }


def _of(row: Row[Any]) -> Export:
    return Export(
        **wanted_of(row),
        **{name: getattr(row, name) for name in _PLAIN},
        status=Status(row.status),
        posted=Posted(row.slack_channel, row.slack_ts) if row.slack_channel and row.slack_ts else None,
        scope=None if row.scope is None else _scope_of(json.loads(row.scope)),
        slack_files=tuple(json.loads(row.slack_files or "[]")),
    )


def _scope_json(scope: Scope) -> dict[str, Any]:
    return {
        "whose": scope.whose.value,
        "users": sorted(scope.users),
        "territories": sorted(scope.territories),
        "also": [_scope_json(one) for one in scope.also],
    }


def _scope_of(value: Mapping[str, Any]) -> Scope:
    return Scope(
        Whose(value["whose"]),
        frozenset(value["users"]),
        frozenset(value["territories"]),
        tuple(_scope_of(one) for one in value["also"]),
    )
