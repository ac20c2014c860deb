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
    AccountRow,
    ContactRow,
    EngagementEventRow,
    RecordRow,
    SourceCursorRow,
    TouchedAccountRow,
    TransactionRow,
    table_of,
)
from connector.ports import Clock
from connector.suite_ports import EngagementEvent, EventCursor

IDS_PER_STATEMENT = 500
RECORDS_AT_ONCE = 500
_EVENT: Table = table_of(EngagementEventRow)
_CURSOR: Table = table_of(SourceCursorRow)
_CONTACT: Table = table_of(ContactRow)
_RECORD: Table = table_of(RecordRow)
_ACCOUNT: Table = table_of(AccountRow)
_DEAL: Table = table_of(TransactionRow)
_TOUCHED: Table = table_of(TouchedAccountRow)
LONGEST_ACCOUNT_ID = 32  # of the column; what is longer is the id of no account
# The sources whose ``object_key`` is the id of a record of the CRM.
ACTIVITIES = frozenset({"crm.calls", "crm.events", "crm.tasks", "crm.notes"})
Key = tuple[str, str, str]


class SqlEventStore:
    """The port ``EventStore`` on the tables ``engagement_event`` and ``source_cursor``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def cursor(self, source: str) -> EventCursor:
        """How far a source has been read."""
        names = tuple(EventCursor.__dataclass_fields__)
        statement = select(*(_CURSOR.c[name] for name in names)).where(_CURSOR.c.source == source)
        with self._database.reads.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return EventCursor(*row) if row is not None else EventCursor(source)

    def write(self, events: Sequence[EngagementEvent], cursor: EventCursor) -> int:
        """Keep events and the place behind them, in one transaction; how many are new or different."""
        with self._database.writes.begin() as connection:
            changed = _keep(connection, events, self._clock.now())
            place = upsert(_CURSOR, connection.dialect.name, frozenset(asdict(cursor)))
            connection.execute(place, asdict(cursor))
        return changed

    def add(self, events: Sequence[EngagementEvent]) -> int:
        """Keep events that came by themselves; how many are new or different."""
        with self._database.writes.begin() as connection:
            return _keep(connection, events, self._clock.now())

    def link(self) -> int:
        """Give accounts to events that had none, because what leads to one has come into the copy since."""
        with self._database.writes.begin() as connection:
            linked = [
                account
                for leads in (_by_contact(), _by_mail(), *_by_record())
                for account in connection.execute(leads.returning(_EVENT.c.account_id)).scalars()
            ]
            _touch(connection, linked, self._clock.now())
            return len(linked)

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


def _by_contact() -> Any:
    return (
        update(_EVENT)
        .where(
            _EVENT.c.account_id.is_(None),
            _EVENT.c.contact_id == _CONTACT.c.id,
            _CONTACT.c.account_id.is_not(None),
        )
        .values(account_id=_CONTACT.c.account_id)
    )


def _by_mail() -> Any:
    """Only an address that one account alone uses says whose event it is."""
    mail = func.bw_fold(_CONTACT.c.email)
    mails = (
        select(mail.label("mail"), func.min(_CONTACT.c.account_id).label("account_id"))
        .where(_CONTACT.c.email.is_not(None), _CONTACT.c.account_id.is_not(None))
        .group_by(mail)
        .having(func.count(_CONTACT.c.account_id.distinct()) == 1)
        .subquery()
    )
    return (
        update(_EVENT)
        .where(_EVENT.c.account_id.is_(None), _EVENT.c.email == mails.c.mail)
        .values(account_id=mails.c.account_id)
    )


def _by_record() -> Iterator[Any]:
    """By the deal, or the account, that an activity of the CRM is about."""
    about = (_EVENT.c.account_id.is_(None), _EVENT.c.source.in_(ACTIVITIES))
    deal = (_EVENT.c.object_key == _DEAL.c.id, _DEAL.c.account_id.is_not(None))
    yield update(_EVENT).where(*about, *deal).values(account_id=_DEAL.c.account_id)
    yield update(_EVENT).where(*about, _EVENT.c.object_key == _ACCOUNT.c.id).values(account_id=_ACCOUNT.c.id)


def _touch(connection: Connection, accounts: Iterable[str | None], at: datetime) -> None:
    """Mark accounts whose events differ, to be scored."""
    ids = {one for one in accounts if one and len(one) <= LONGEST_ACCOUNT_ID}
    rows = [{"account_id": one, "touched_at": at} for one in sorted(ids)]
    if rows:
        connection.execute(upsert(_TOUCHED, connection.dialect.name, frozenset(rows[0])), rows)


def _keep(connection: Connection, events: Sequence[EngagementEvent], at: datetime) -> int:
    latest = {_key(one): one for one in events}
    rows = [asdict(one) for one in latest.values()]
    _give_accounts(connection, rows)
    held = _held(connection, latest)
    for row in rows:
        if row["account_id"] is None and (before := held.get(_row_key(row))) is not None:
            row["account_id"] = before["account_id"]  # what was linked later stays linked
    changed = [row for row in rows if held.get(_row_key(row)) != row]
    if changed:
        connection.execute(upsert(_EVENT, connection.dialect.name, frozenset(changed[0])), changed)
        earlier = [held[key]["account_id"] for key in map(_row_key, changed) if key in held]
        _touch(connection, [*(row["account_id"] for row in changed), *earlier], at)
    return len(changed)


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
    """By the contact, by the e-mail if contacts of one account alone have it, or by the deal it is about.

    Addresses are compared as they are written, by the index; ``link`` compares them without regard to case.
    """
    by_contact = _accounts_by(connection, {r["contact_id"] for r in rows if r["contact_id"]}, _CONTACT.c.id)
    by_mail = _accounts_by(connection, {r["email"] for r in rows if r["email"]}, _CONTACT.c.email)
    about = {r["object_key"] for r in rows if r["object_key"] and r["source"] in ACTIVITIES}
    by_record = _of_records(connection, about)
    for row in rows:
        if row["account_id"] is None:
            row["account_id"] = by_contact.get(row["contact_id"]) or by_mail.get(row["email"])
        if row["account_id"] is None and row["source"] in ACTIVITIES:
            row["account_id"] = by_record.get(row["object_key"])


def _of_records(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """The accounts of deals, and accounts themselves, by id."""
    found: dict[str, str] = {}
    for some in _some(sorted(keys)):
        deals = select(_DEAL.c.id, _DEAL.c.account_id).where(
            _DEAL.c.id.in_(some), _DEAL.c.account_id.is_not(None)
        )
        own = select(_ACCOUNT.c.id, _ACCOUNT.c.id.label("account_id")).where(_ACCOUNT.c.id.in_(some))
        for statement in (deals, own):
            found |= {row.id: row.account_id for row in connection.execute(statement)}
    return found


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
