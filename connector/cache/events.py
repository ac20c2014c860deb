"""Events of engagement in the database: keyed, so that what is read twice is kept once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, true, update

from connector.cache.engine import Database
from connector.cache.statements import upsert
from connector.cache.tables import (
    ContactRow,
    EngagementEventRow,
    RecordRow,
    SourceCursorRow,
    table_of,
)
from connector.suite_ports import EngagementEvent, EventCursor

IDS_PER_STATEMENT = 500
RECORDS_AT_ONCE = 500
_EVENT: Table = table_of(EngagementEventRow)
_CURSOR: Table = table_of(SourceCursorRow)
_CONTACT: Table = table_of(ContactRow)
_RECORD: Table = table_of(RecordRow)
Key = tuple[str, str, str]


class SqlEventStore:
    """The port ``EventStore`` on the tables ``engagement_event`` and ``source_cursor``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cursor(self, source: str) -> EventCursor:
        """How far a source has been read."""
        names = tuple(EventCursor.__dataclass_fields__)
        statement = select(*(_CURSOR.c[name] for name in names)).where(_CURSOR.c.source == source)
        with self._database.reads.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return EventCursor(*row) if row is not None else EventCursor(source)

    def write(self, events: Sequence[EngagementEvent], cursor: EventCursor) -> int:
        """Keep events and the place behind them, in one transaction; how many are new or different."""
        latest = {_key(one): one for one in events}
        with self._database.writes.begin() as connection:
            rows = [asdict(one) for one in latest.values()]
            _give_accounts(connection, rows)
            held = _held(connection, latest)
            for row in rows:
                if row["account_id"] is None and (before := held.get(_row_key(row))) is not None:
                    row["account_id"] = before["account_id"]
            changed = [row for row in rows if held.get(_row_key(row)) != row]
            if changed:
                statement = upsert(_EVENT, connection.dialect.name, frozenset(changed[0]))
                connection.execute(statement, changed)
            place = upsert(_CURSOR, connection.dialect.name, frozenset(asdict(cursor)))
            connection.execute(place, asdict(cursor))
        return len(changed)

    def link(self) -> int:
        """Give accounts to events that had none, because their contact has come into the copy since."""
        with self._database.writes.begin() as connection:
            by_contact = connection.execute(
                update(_EVENT)
                .where(
                    _EVENT.c.account_id.is_(None),
                    _EVENT.c.contact_id == _CONTACT.c.id,
                    _CONTACT.c.account_id.is_not(None),
                )
                .values(account_id=_CONTACT.c.account_id)
            )
            # Only an address that one account alone uses says whose event it is.
            mail = func.bw_fold(_CONTACT.c.email)
            mails = (
                select(mail.label("mail"), func.min(_CONTACT.c.account_id).label("account_id"))
                .where(_CONTACT.c.email.is_not(None), _CONTACT.c.account_id.is_not(None))
                .group_by(mail)
                .having(func.count(_CONTACT.c.account_id.distinct()) == 1)
                .subquery()
            )
            by_mail = connection.execute(
                update(_EVENT)
                .where(_EVENT.c.account_id.is_(None), _EVENT.c.email == mails.c.mail)
                .values(account_id=mails.c.account_id)
            )
            return int(by_contact.rowcount + by_mail.rowcount)

    def contacts_changed(self, since: datetime, after: str | None) -> Iterator[str]:
        """The contacts that changed since an instant, by id, behind one; read page by page."""
        while True:
            behind = true() if after is None else _CONTACT.c.id > after
            statement = (
                select(_CONTACT.c.id)
                .where(_CONTACT.c.modified_at >= since, behind)
                .order_by(_CONTACT.c.id)
                .limit(RECORDS_AT_ONCE)
            )
            with self._database.reads.connect() as connection:
                ids = connection.execute(statement).scalars().all()
            yield from ids
            if len(ids) < RECORDS_AT_ONCE:
                return
            after = ids[-1]

    def changed_records(
        self, module: str, since: datetime, after: str | None
    ) -> Iterator[tuple[list[str], str | None]]:
        """The JSON texts of a module's records that changed since an instant, by id, page by page."""
        while True:
            behind = true() if after is None else _RECORD.c.id > after
            statement = (
                select(_RECORD.c.id, _RECORD.c.raw)
                .where(_RECORD.c.module == module, _RECORD.c.modified_at >= since, behind)
                .order_by(_RECORD.c.id)
                .limit(RECORDS_AT_ONCE)
            )
            with self._database.reads.connect() as connection:
                rows = connection.execute(statement).all()
            after = rows[-1].id if len(rows) == RECORDS_AT_ONCE else None
            yield [row.raw for row in rows], after
            if after is None:
                return


def _key(event: EngagementEvent) -> Key:
    return event.source, event.raw_id, event.event_type


def _row_key(row: Mapping[str, Any]) -> Key:
    return row["source"], row["raw_id"], row["event_type"]


def _held(connection: Connection, keys: Mapping[Key, object]) -> dict[Key, dict[str, Any]]:
    names = tuple(EngagementEvent.__dataclass_fields__)
    found: dict[Key, dict[str, Any]] = {}
    for source in {key[0] for key in keys}:
        for some in _some(sorted({key[1] for key in keys if key[0] == source})):
            statement = select(*(_EVENT.c[name] for name in names)).where(
                _EVENT.c.source == source, _EVENT.c.raw_id.in_(some)
            )
            for row in connection.execute(statement).mappings():
                found[_row_key(dict(row))] = dict(row)
    return found


def _give_accounts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """By the contact, else by the e-mail, if contacts of one account alone have it.

    Addresses are compared as they are written, by the index; ``link`` compares them without regard to case.
    """
    by_contact = _accounts_by(connection, {r["contact_id"] for r in rows if r["contact_id"]}, _CONTACT.c.id)
    by_mail = _accounts_by(connection, {r["email"] for r in rows if r["email"]}, _CONTACT.c.email)
    for row in rows:
        if row["account_id"] is None:
            row["account_id"] = by_contact.get(row["contact_id"]) or by_mail.get(row["email"])


def _accounts_by(connection: Connection, keys: Iterable[str], column: Any) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for some in _some(sorted(keys)):
        statement = select(column, _CONTACT.c.account_id).where(
            column.in_(some), _CONTACT.c.account_id.is_not(None)
        )
        for key, account in connection.execute(statement):
            found.setdefault(key, set()).add(account)
    return {key: next(iter(accounts)) for key, accounts in found.items() if len(accounts) == 1}


def _some(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), IDS_PER_STATEMENT):
        yield items[start : start + IDS_PER_STATEMENT]
