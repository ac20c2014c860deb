"""The history of labels and scores: what every account's were on a day, and how one account fared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, String, and_, func, or_, select

from bot.app.config.published import Published
from bot.app.history import Entry, Once
from bot.store.catalog import account_catalog
from bot.store.columns import ACCOUNT
from bot.store.counted import careful_sums, counted_purchases
from bot.store.places import TABLES
from bot.store.scores import SqlScoringTransaction
from connector.cache.engine import Database
from connector.cache.folding import fold
from scoring.criteria.periods import Today

_HISTORY, _CHANGE, _RUN = TABLES["score_history"], TABLES["label_change"], TABLES["run"]
_SCORES = ("label", "r", "f", "m", "measure")


class SqlLabelHistory:
    """The port ``Past``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def reading(self) -> Iterator[SqlPast]:
        """Begin to read."""
        with self._database.reads.connect() as connection:
            yield SqlPast(connection)


@dataclass(frozen=True)
class SqlPast:
    """The history on one connection."""

    connection: Connection

    def today(self, published: Published, now: datetime) -> date:
        """The organisation's day."""
        return self._today(published, now).day

    def currency(self) -> str:
        """ISO code."""
        return SqlScoringTransaction(self.connection).organisation().currency

    def segmentations(self) -> Mapping[str, date]:
        """Every segmentation that was ever scored, and the day of its first run."""
        query = select(_RUN.c.segmentation, func.min(_RUN.c.as_of).label("began"))
        rows = self.connection.execute(query.group_by(_RUN.c.segmentation))
        return {row.segmentation: row.began for row in rows}

    def labels_on(self, segmentation: str, day: date) -> Sequence[Once]:
        """Everybody's newest row that is not after the day, but for those that were gone."""
        newest = (
            select(_HISTORY.c.account_id, func.max(_HISTORY.c.as_of).label("as_of"))
            .where(_HISTORY.c.segmentation == segmentation, _HISTORY.c.as_of <= day)
            .group_by(_HISTORY.c.account_id)
            .subquery()
        )
        same = and_(
            _HISTORY.c.account_id == newest.c.account_id,
            _HISTORY.c.as_of == newest.c.as_of,
            _HISTORY.c.segmentation == segmentation,
        )
        query = (
            select(
                _HISTORY.c.account_id, ACCOUNT.c.name, _HISTORY.c.as_of, *(_HISTORY.c[one] for one in _SCORES)
            )
            .select_from(
                newest.join(_HISTORY, same).outerjoin(ACCOUNT, ACCOUNT.c.id == _HISTORY.c.account_id)
            )
            .where(_HISTORY.c.gone.is_(False))
            .order_by(_HISTORY.c.account_id)
        )
        return [Once(*row) for row in self.connection.execute(query)]

    def spent(self, published: Published, day: date, now: datetime) -> Mapping[str, int]:
        """The sum of what counts as a purchase and is not after the day, as the copy has it now."""
        configuration = published.configuration
        then = replace(self._today(published, now), day=day)
        accounts = account_catalog(self.connection, configuration).open()
        counted = counted_purchases(
            self.connection, configuration.contributions, configuration, then, accounts
        )
        rows = self.connection.execute(careful_sums(counted))
        return {account: minor for account, _day, _number, minor in rows}

    def accounts_called(self, name: str) -> Mapping[str, str | None]:
        """By name or id; an account that is no more is found by its id."""
        same = or_(ACCOUNT.c.id == name, func.bw_fold(ACCOUNT.c.name, type_=String) == fold(name))
        rows = self.connection.execute(select(ACCOUNT.c.id, ACCOUNT.c.name).where(same))
        found: dict[str, str | None] = {row.id: row.name for row in rows}
        if not found and self._was_there(name):
            return {name: None}
        return found

    def account_names(self) -> Sequence[str]:
        """Every account's name."""
        query = select(ACCOUNT.c.name).distinct().where(ACCOUNT.c.name.is_not(None))
        return self.connection.execute(query.order_by(ACCOUNT.c.name)).scalars().all()

    def entries(self, account_id: str, segmentation: str | None) -> Sequence[Entry]:
        """An account's history, oldest first, with the sentences of its changes of label."""
        mine = [_HISTORY.c.account_id == account_id]
        if segmentation is not None:
            mine.append(_HISTORY.c.segmentation == segmentation)
        columns = [_HISTORY.c[one] for one in (*_SCORES, "gone")]
        query = select(_HISTORY.c.segmentation, _HISTORY.c.as_of, *columns).where(*mine)
        why = self._reasons(account_id)
        rows = self.connection.execute(query.order_by(_HISTORY.c.as_of, _HISTORY.c.segmentation))
        return [_entry(row, why) for row in rows]

    def _reasons(self, account_id: str) -> Mapping[tuple[str, date], tuple[str, ...]]:
        """Of several changes on one day those of the last one."""
        query = select(_CHANGE.c.segmentation, _CHANGE.c.as_of, _CHANGE.c.facts)
        rows = self.connection.execute(query.where(_CHANGE.c.account_id == account_id).order_by(_CHANGE.c.id))
        return {(row.segmentation, row.as_of): tuple(json.loads(row.facts).get("why", ())) for row in rows}

    def _was_there(self, account_id: str) -> bool:
        query = select(_HISTORY.c.account_id).where(_HISTORY.c.account_id == account_id).limit(1)
        return self.connection.execute(query).first() is not None

    def _today(self, published: Published, now: datetime) -> Today:
        return SqlScoringTransaction(self.connection).organisation().today(published.configuration, now)


def _entry(row: Row[Any], why: Mapping[tuple[str, date], tuple[str, ...]]) -> Entry:
    scores = (row.label, row.r, row.f, row.m, row.measure)
    return Entry(
        row.segmentation, row.as_of, *scores, gone=row.gone, why=why.get((row.segmentation, row.as_of), ())
    )
