"""The copy of one Finance product, in the tables ``fin_*`` and ``source_cursor``.

``fin_contact.crm_account_id`` is empty text, not null, when the contact was asked for it and has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, update

from connector.cache import finance_links
from connector.cache.engine import Database
from connector.cache.finance_tables import (
    FinanceContactRow,
    FinanceDocumentRow,
    FinanceItemRow,
    FinanceLineRow,
    FinanceOrganisationRow,
)
from connector.cache.statements import upsert
from connector.cache.tables import AccountRow, SourceCursorRow, TouchedAccountRow, TransactionRow, table_of
from connector.finance_lists import CONTACT, ITEM, Product
from connector.finance_ports import (
    ContactDetail,
    DocumentDetail,
    FinanceChanges,
    FinanceContact,
    FinanceDocument,
    FinanceOrganisation,
    FinanceRow,
    HeldRow,
    SourceCursor,
)

IDS_PER_STATEMENT = 500  # databases limit the parameters of a statement
ASKED_AND_NONE = ""
_ACCOUNT = table_of(AccountRow)
_CONTACT = table_of(FinanceContactRow)
_CURSOR = table_of(SourceCursorRow)
_DEAL = table_of(TransactionRow)
_DOCUMENT = table_of(FinanceDocumentRow)
_ITEM = table_of(FinanceItemRow)
_LINE = table_of(FinanceLineRow)
_ORGANISATION = table_of(FinanceOrganisationRow)
_TOUCHED = table_of(TouchedAccountRow)


class SqlFinance:
    """The port ``FinanceCopy``."""

    def __init__(self, database: Database, product: Product) -> None:
        self._database = database
        self._source = product

    @contextmanager
    def writing(self) -> Iterator[SqlFinanceWriter]:
        """A transaction that holds the write lock from its beginning."""
        with self._database.writes.begin() as connection:
            yield SqlFinanceWriter(connection, self._source)

    def organisation(self) -> FinanceOrganisation | None:
        """The organisation that is held."""
        columns = _ORGANISATION.c
        statement = select(
            columns.id,
            columns.name,
            columns.currency,
            columns.time_zone,
            columns.fiscal_year_starts,
            columns.plan,
            columns.read_at,
        ).where(columns.source == self._source)
        with self._database.reads.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return FinanceOrganisation(**row._mapping) if row is not None else None

    def cursor(self, source: str) -> SourceCursor | None:
        """How far a list has been read; None when never."""
        names = tuple(SourceCursor.__dataclass_fields__)
        statement = select(*(_CURSOR.c[name] for name in names)).where(_CURSOR.c.source == source)
        with self._database.reads.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return SourceCursor(*row) if row is not None else None

    def ids(self, kind: str) -> frozenset[str]:
        """Every id that is held of a kind."""
        table = _table(kind)
        with self._database.reads.connect() as connection:
            return frozenset(
                connection.execute(select(table.c.id).where(_of(table, self._source, kind))).scalars()
            )

    def count(self, kind: str) -> int:
        """How many rows are held of a kind."""
        table = _table(kind)
        statement = select(func.count()).select_from(table).where(_of(table, self._source, kind))
        with self._database.reads.connect() as connection:
            return int(connection.execute(statement).scalar_one())

    def unasked_contacts(self, limit: int) -> tuple[str, ...]:
        """Contacts that may be linked with the CRM and were not asked for their ids yet."""
        statement = (
            select(_CONTACT.c.id)
            .where(_CONTACT.c.source == self._source, _CONTACT.c.crm_account_id.is_(None))
            .order_by(_CONTACT.c.id)
            .limit(limit)
        )
        with self._database.reads.connect() as connection:
            return tuple(connection.execute(statement).scalars())

    def crm_accounts(self, after: str | None, limit: int) -> tuple[str, ...]:
        """Ids of CRM accounts in the order of their text."""
        statement = select(_ACCOUNT.c.id).order_by(_ACCOUNT.c.id).limit(limit)
        if after is not None:
            statement = statement.where(_ACCOUNT.c.id > after)
        with self._database.reads.connect() as connection:
            return tuple(connection.execute(statement).scalars())

    def crm_account_count(self) -> int:
        """How many CRM accounts are held."""
        with self._database.reads.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(_ACCOUNT)).scalar_one())

    def undetailed(self, kinds: Iterable[str], limit: int, *, lines: bool) -> Sequence[tuple[str, str]]:
        """(kind, id) of documents without an amount, or with ``lines`` also without lines; latest first."""
        wanting: ColumnElement[bool] = _DOCUMENT.c.total_minor.is_(None)
        if lines:
            has_lines = select(_LINE.c.line_id).where(
                _LINE.c.source == _DOCUMENT.c.source,
                _LINE.c.kind == _DOCUMENT.c.kind,
                _LINE.c.document_id == _DOCUMENT.c.id,
            )
            wanting = or_(wanting, ~has_lines.exists())
        statement = (
            select(_DOCUMENT.c.kind, _DOCUMENT.c.id)
            .where(_DOCUMENT.c.source == self._source, _DOCUMENT.c.kind.in_(tuple(kinds)), wanting)
            .order_by(_DOCUMENT.c.modified_at.desc(), _DOCUMENT.c.id)
            .limit(limit)
        )
        with self._database.reads.connect() as connection:
            return tuple((row.kind, row.id) for row in connection.execute(statement))


class SqlFinanceWriter:
    """The port ``FinanceWriter`` on one transaction."""

    def __init__(self, connection: Connection, source: Product) -> None:
        self._connection = connection
        self._source = source

    def held(self, kind: str, ids: Collection[str]) -> Mapping[str, HeldRow]:
        """What is held of these rows; those that are not held are left out."""
        table = _table(kind)
        extra = [name for name in ("account_id", "counts", "crm_account_id") if name in table.c]
        columns = [table.c[name] for name in ("id", "raw", *extra)]
        found: dict[str, HeldRow] = {}
        for some in _some(tuple(ids)):
            statement = select(*columns).where(_of(table, self._source, kind), table.c.id.in_(some))
            for row in self._connection.execute(statement).mappings():
                found[row["id"]] = HeldRow(**{name: row[name] for name in ("raw", *extra)})
        return found

    def apply(self, kind: str, changes: FinanceChanges, at: datetime) -> None:
        """Write, remove, find the accounts of documents, and touch."""
        table = _table(kind)
        touched = set(changes.touched)
        if kind not in {CONTACT, ITEM}:
            gone_or_other = [*changes.deletes, *(one.id for one in changes.upserts)]
            touched |= self._accounts_of_deals(kind, gone_or_other)
        if changes.upserts:
            rows = [self._row(one) for one in changes.upserts]
            if kind not in {CONTACT, ITEM}:
                touched |= self._give_accounts(rows)
            elif kind == CONTACT:
                self._keep_crm_ids(rows, changes.upserts)
            self._upsert(table, rows)
        gone = (*changes.deletes, *(one.id for one in changes.upserts if isinstance(one, FinanceDocument)))
        for some in _some(gone):  # the lines of a changed document are not its lines any more
            lines = and_(_LINE.c.source == self._source, _LINE.c.kind == kind, _LINE.c.document_id.in_(some))
            self._connection.execute(delete(_LINE).where(lines))
        for some in _some(changes.deletes):
            self._connection.execute(
                delete(table).where(_of(table, self._source, kind), table.c.id.in_(some))
            )
        self._touch(touched, at)

    def save_cursor(self, cursor: SourceCursor) -> None:
        """Keep the position."""
        self._upsert(_CURSOR, [asdict(cursor)])

    def save_organisation(self, organisation: FinanceOrganisation, at: datetime) -> None:
        """Keep the organisation."""
        row = asdict(organisation) | {"source": self._source, "read_at": at}
        del row["is_default"]
        self._upsert(_ORGANISATION, [row])

    def save_contact_detail(self, detail: ContactDetail) -> None:
        """Keep a contact's CRM ids, and that they were asked for."""
        self._connection.execute(
            update(_CONTACT)
            .where(_CONTACT.c.source == self._source, _CONTACT.c.id == detail.id)
            .values(
                crm_account_id=detail.crm_account_id or ASKED_AND_NONE, crm_contact_id=detail.crm_contact_id
            )
        )

    def save_document_detail(self, detail: DocumentDetail, at: datetime) -> None:
        """Replace a document's lines; fill in amounts that were missing."""
        key = {"source": self._source, "kind": detail.kind, "document_id": detail.id}
        self._connection.execute(
            delete(_LINE).where(*(_LINE.c[name] == value for name, value in key.items()))
        )
        if detail.lines:
            self._upsert(_LINE, [key | asdict(line) for line in detail.lines])
            self._touch_account_of(detail, at)
        if detail.total_minor is None:
            return
        filled = self._connection.execute(
            update(_DOCUMENT)
            .where(_of(_DOCUMENT, self._source, detail.kind), _DOCUMENT.c.id == detail.id)
            .where(_DOCUMENT.c.total_minor.is_(None))
            .values(
                total_minor=detail.total_minor,
                balance_minor=detail.balance_minor,
                exchange_rate=detail.exchange_rate,
            )
            .returning(_DOCUMENT.c.account_id, _DOCUMENT.c.counts)
        )
        self._touch({row.account_id for row in filled if row.counts and row.account_id}, at)

    def _touch_account_of(self, detail: DocumentDetail, at: datetime) -> None:
        """Its lines say what was bought."""
        mine = (_of(_DOCUMENT, self._source, detail.kind), _DOCUMENT.c.id == detail.id)
        statement = select(_DOCUMENT.c.account_id).where(
            *mine, _DOCUMENT.c.counts.is_(True), _DOCUMENT.c.account_id.is_not(None)
        )
        self._touch(self._connection.execute(statement).scalars().all(), at)

    def link(self, at: datetime) -> int:
        """Find the accounts of every contact and document anew; how many contacts changed theirs."""
        changed = finance_links.link_contacts(self._connection, self._source)
        self._touch(finance_links.link_documents(self._connection, self._source), at)
        return changed

    def _row(self, one: FinanceRow) -> dict[str, Any]:
        row = {name: getattr(one, name) for name in one.__dataclass_fields__ if name != "is_linked"}
        return row | {"source": self._source}

    def _accounts_of_deals(self, kind: str, ids: Sequence[str]) -> set[str]:
        """The accounts of the deals that held documents name: a deal counts only without its documents."""
        found: set[str] = set()
        for some in _some(ids):
            statement = (
                select(_DEAL.c.account_id)
                .join(_DOCUMENT, _DOCUMENT.c.deal_id == _DEAL.c.id)
                .where(_of(_DOCUMENT, self._source, kind), _DOCUMENT.c.id.in_(some), _DOCUMENT.c.counts)
            )
            found |= {one for one in self._connection.execute(statement).scalars() if one}
        return found

    def _give_accounts(self, rows: Sequence[dict[str, Any]]) -> set[str]:
        """Fill in the accounts of documents; those of counting ones, and of their deals, are given back."""
        contacts = self._accounts(_CONTACT, {row["contact_id"] for row in rows}, source=self._source)
        deals = self._accounts(_DEAL, {row["deal_id"] for row in rows})
        for row in rows:
            row["account_id"] = contacts.get(row["contact_id"]) or deals.get(row["deal_id"])
        counting = [row for row in rows if row["counts"]]
        touched = {row["account_id"] for row in counting} | {deals.get(row["deal_id"]) for row in counting}
        return {one for one in touched if one}

    def _accounts(self, table: Table, ids: set[str | None], **where: str) -> dict[str, str]:
        found: dict[str, str] = {}
        conditions = [table.c[name] == value for name, value in where.items()]
        for some in _some(tuple(one for one in ids if one)):
            statement = select(table.c.id, table.c.account_id).where(table.c.id.in_(some), *conditions)
            found.update(
                (row.id, row.account_id) for row in self._connection.execute(statement) if row.account_id
            )
        return found

    def _keep_crm_ids(self, rows: Sequence[dict[str, Any]], contacts: Sequence[FinanceRow]) -> None:
        """A list says only whether a contact is linked with the CRM; with what was asked for one by one."""
        statement = select(_CONTACT).where(
            _CONTACT.c.source == self._source, _CONTACT.c.id.in_([row["id"] for row in rows])
        )
        held = {row["id"]: row for row in self._connection.execute(statement).mappings()}
        linked = {one.id: one.is_linked for one in contacts if isinstance(one, FinanceContact)}
        for row in rows:
            before: Mapping[Any, Any] = held.get(row["id"], {})
            kept = (before.get("crm_account_id"), before.get("crm_contact_id"))
            if linked[row["id"]] is False:
                kept = (ASKED_AND_NONE, None)
            elif linked[row["id"]] is True and kept == (ASKED_AND_NONE, None):
                kept = (None, None)  # it was linked since: to be asked
            row["crm_account_id"], row["crm_contact_id"] = kept
            row["account_id"], row["link"] = before.get("account_id"), before.get("link")

    def _touch(self, accounts: Iterable[str], at: datetime) -> None:
        # In one order always: two transactions that lock the same rows must not wait for each other.
        rows = [{"account_id": one, "touched_at": at} for one in sorted(accounts)]
        if rows:
            self._upsert(_TOUCHED, rows)

    def _upsert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        self._connection.execute(upsert(table, self._connection.dialect.name, frozenset(rows[0])), rows)


def _table(kind: str) -> Table:
    return {CONTACT: _CONTACT, ITEM: _ITEM}.get(kind, _DOCUMENT)


def _of(table: Table, source: str, kind: str) -> Any:
    mine = table.c.source == source
    return and_(mine, table.c.kind == kind) if table is _DOCUMENT else mine


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), IDS_PER_STATEMENT):
        yield ids[start : start + IDS_PER_STATEMENT]
