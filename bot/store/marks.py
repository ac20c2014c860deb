"""Marks in the database: market segments of accounts, roles and keywords of contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    true,
)

from bot.app.config.published import Published
from bot.app.marking import Bearer, MarkTransaction
from bot.app.scope import seeing
from bot.store.bulk_rows import write_rows
from bot.store.catalog import account_catalog, contact_catalog
from bot.store.columns import AccountColumns
from bot.store.criteria_sql import where
from bot.store.locks import take_turn
from bot.store.places import ACCOUNT, CONTACT, MARK, MARK_KEYS, TABLES, ContactColumns
from bot.store.score_rows import batches
from bot.store.scores import SqlScoringTransaction
from bot.store.seen_accounts import is_seen, seen_ids
from connector.cache.engine import Database
from connector.cache.folding import fold
from scoring.criteria.parse import parse
from scoring.market_config import MarkKind

_TOUCHED = TABLES["touched_account"]


class SqlMarks:
    """The port ``Marks``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def writing(self) -> Iterator[MarkTransaction]:
        """Begin; one person's marks after the other's, so that limits hold."""
        with self._database.writes.begin() as connection:
            take_turn(connection, "marks")
            forget_marks_of_nobody(connection)
            yield SqlMarkTransaction(connection)

    @contextmanager
    def reading(self) -> Iterator[MarkTransaction]:
        """Begin to read only."""
        with self._database.reads.connect() as connection:
            yield SqlMarkTransaction(connection)

    def keep_house(self) -> None:
        """Forget the marks of records that were deleted in the CRM."""
        with self._database.writes.begin() as connection:
            forget_marks_of_nobody(connection)


@dataclass(frozen=True)
class SqlMarkTransaction:
    """Marks on one connection."""

    connection: Connection

    def meeting(self, bearer: Bearer, criteria: str, published: Published, now: datetime) -> Sequence[str]:
        """The ids of the records that meet criteria.

        Raises:
            CriteriaError: they do not fit the fields.
        """
        configuration, dialect = published.configuration, self.connection.dialect.name
        today = SqlScoringTransaction(self.connection).organisation().today(configuration, now)
        primary = configuration.primary.name
        columns: AccountColumns | ContactColumns
        if bearer is Bearer.ACCOUNT:
            catalog, columns = (
                account_catalog(self.connection, configuration, seeing()),
                AccountColumns(primary, dialect),
            )
        else:
            catalog, columns = (
                contact_catalog(self.connection, configuration),
                ContactColumns(primary, dialect),
            )
        condition = where(parse(criteria, catalog), catalog, columns, today, dialect)
        table = _table(bearer)
        seen = self._seen(bearer)
        query = select(table.c.id).select_from(columns.rows()).where(condition, seen).order_by(table.c.id)
        return self.connection.execute(query).scalars().all()

    def called(self, bearer: Bearer, name: str) -> Sequence[str]:
        """The ids of the records with that id or name, in any case; of contacts also by e-mail."""
        table = _table(bearer)
        named = ("name",) if bearer is Bearer.ACCOUNT else ("name", "email")
        wanted = fold(name)
        same = [func.bw_fold(table.c[one], type_=String) == wanted for one in named]
        mine = (or_(table.c.id == name, *same), self._seen(bearer))
        query = select(table.c.id).where(*mine).order_by(table.c.id)
        return self.connection.execute(query).scalars().all()

    def names(self, bearer: Bearer) -> Sequence[str]:
        """Every name that there is, for saying what was probably meant."""
        table = _table(bearer)
        mine = (table.c.name.is_not(None), self._seen(bearer))
        query = select(table.c.name).distinct().where(*mine).order_by(table.c.name)
        return self.connection.execute(query).scalars().all()

    def _seen(self, bearer: Bearer) -> ColumnElement[bool]:
        """Records of accounts that are seen by whoever asks (``bot.app.scope``)."""
        scope, dialect = seeing(), self.connection.dialect.name
        if scope.everything:
            return true()
        return (
            is_seen(scope, dialect)
            if bearer is Bearer.ACCOUNT
            else CONTACT.c.account_id.in_(seen_ids(scope, dialect))
        )

    def names_of(self, bearer: Bearer, ids: Sequence[str]) -> Mapping[str, str]:
        """The names of some records."""
        table = _table(bearer)
        query = select(table.c.id, table.c.name)
        return {
            row.id: row.name or row.id
            for some in batches(ids)
            for row in self.connection.execute(query.where(table.c.id.in_(some)))
        }

    def held(self, kind: MarkKind) -> pd.DataFrame:
        """Every mark of a kind that a record bears: ``record_id``, ``mark``."""
        there = _is_there(kind)
        query = select(MARK.c.record_id, MARK.c.mark).where(MARK.c.kind == MARK_KEYS[kind], there)
        rows = self.connection.execute(query.order_by(MARK.c.record_id, MARK.c.mark)).all()
        return pd.DataFrame([tuple(row) for row in rows], columns=["record_id", "mark"], dtype=object)

    def keep(self, kind: MarkKind, mark: str, records: Sequence[str], by: str, at: datetime) -> None:
        """Give a mark to records."""
        fixed = {"kind": MARK_KEYS[kind], "mark": mark, "given_by": by, "given_at": at}
        write_rows(self.connection, MARK, {"record_id": records}, fixed)

    def remove(self, kind: MarkKind, marks: Sequence[tuple[str, str]]) -> None:
        """Take marks away: record and mark, as it is kept."""
        if marks:
            this = and_(MARK.c.record_id == bindparam("record"), MARK.c.mark == bindparam("this"))
            statement = delete(MARK).where(MARK.c.kind == MARK_KEYS[kind], this)
            self.connection.execute(statement, [{"record": one, "this": mark} for one, mark in marks])

    def touch(self, bearer: Bearer, records: Sequence[str], at: datetime) -> None:
        """Have the accounts scored again: labels and segments may ask for marks."""
        accounts = set(records)
        if bearer is Bearer.CONTACT:
            query = select(CONTACT.c.account_id).where(CONTACT.c.account_id.is_not(None))
            accounts = {
                account
                for some in batches(records)
                for account in self.connection.execute(query.where(CONTACT.c.id.in_(some))).scalars()
            }
        if accounts:
            write_rows(self.connection, _TOUCHED, {"account_id": sorted(accounts)}, {"touched_at": at})


def forget_marks_of_nobody(connection: Connection) -> None:
    """Take away the marks of records that are not in the copy any more.

    An empty copy says nothing of what was deleted: it has not been read yet.
    """
    for kind in MarkKind:
        some = select(_bearers(kind).c.id).exists()
        connection.execute(delete(MARK).where(MARK.c.kind == MARK_KEYS[kind], ~_is_there(kind), some))


def _is_there(kind: MarkKind) -> ColumnElement[bool]:
    table = _bearers(kind)
    return select(table.c.id).where(table.c.id == MARK.c.record_id).correlate(MARK).exists()


def _bearers(kind: MarkKind) -> FromClause:
    return ACCOUNT if kind is MarkKind.MARKET_SEGMENT else CONTACT


def _table(bearer: Bearer) -> FromClause:
    return ACCOUNT if bearer is Bearer.ACCOUNT else CONTACT
