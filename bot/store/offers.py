"""Recommendations in the database: written where they differ, read by account and by product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from bot.app.offers import Among, Offer
from bot.store.account_reading import Readings, beside_accounts
from bot.store.columns import AccountColumns
from bot.store.places import ACCOUNT, OWNER, TABLES
from bot.store.sold_products import names_of, sold_products
from connector.cache.engine import Database
from connector.cache.statements import upsert

_OFFER, _DISMISSAL = TABLES["offer"], TABLES["dismissal"]
_KEY = ("account_id", "place")
_SAID = (
    *("kind", "product_id", "with_product_id", "probability", "lift", "value_minor"),
    *("expires_on", "details"),
)
ROWS_AT_ONCE = 5_000


def write_offers(connection: Connection, segmentation: str, run_id: int, offers: pd.DataFrame) -> None:
    """Keep the recommendations of a run: what differs is written, what is not said any more is removed.

    Args:
        connection: in the run's transaction.
        segmentation: whose.
        run_id: of the run.
        offers: the columns of ``OfferRow`` but ``segmentation`` and ``run_id``.
    """
    columns = [*_KEY, *_SAID]
    mine = _OFFER.c.segmentation == segmentation
    rows = connection.execute(select(*(_OFFER.c[name] for name in columns)).where(mine)).all()
    held = pd.DataFrame([tuple(row) for row in rows], columns=columns, dtype=object)
    both = (
        offers[columns]
        .astype(object)
        .merge(held, "outer", list(_KEY), suffixes=("", "_held"), indicator=True)
    )
    _remove(connection, segmentation, both[both["_merge"] == "right_only"])
    _write(connection, {"segmentation": segmentation, "run_id": run_id}, both[_differs(both)][columns])


def _differs(both: pd.DataFrame) -> Any:
    """Which rows are said now and were not said so before."""
    other = np.zeros(len(both), dtype=bool)
    for name in _SAID:
        now, before = both[name], both[f"{name}_held"]
        other |= ((now != before) & ~(now.isna() & before.isna())).to_numpy(dtype=bool)
    return other & (both["_merge"] != "right_only").to_numpy(dtype=bool)


def _remove(connection: Connection, segmentation: str, gone: pd.DataFrame) -> None:
    this = (_OFFER.c.account_id == bindparam("this")) & (_OFFER.c.place == bindparam("at"))
    statement = delete(_OFFER).where(_OFFER.c.segmentation == segmentation, this)
    for start in range(0, len(gone), ROWS_AT_ONCE):
        some = gone.iloc[start : start + ROWS_AT_ONCE]
        keys = zip(some["account_id"], some["place"], strict=True)
        connection.execute(statement, [{"this": account, "at": int(place)} for account, place in keys])


def _write(connection: Connection, fixed: Mapping[str, Any], rows: pd.DataFrame) -> None:
    statement = upsert(_OFFER, connection.dialect.name, frozenset({*rows.columns, *fixed}))
    rows = rows.where(rows.notna(), None)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        values: list[dict[Any, Any]] = rows.iloc[start : start + ROWS_AT_ONCE].to_dict("records")
        connection.execute(statement, [{**one, **fixed} for one in values])


class SqlOffers:
    """The port ``Offers``. What was dismissed, or is over, is not shown."""

    def __init__(self, database: Database, readings: Readings) -> None:
        self._database = database
        self._readings = readings

    def products(self) -> Mapping[str, str]:
        """The names of everything that is sold, by id."""
        with self._database.reads.connect() as connection:
            return sold_products(connection).names

    def account_name(self, account_id: str) -> str | None:
        """An account's name, or its id where it has none; None when there is no such account."""
        query = select(func.coalesce(ACCOUNT.c.name, ACCOUNT.c.id)).where(ACCOUNT.c.id == account_id)
        with self._database.reads.connect() as connection:
            return connection.execute(query).scalar()

    def of_account(self, segmentation: str, account_id: str, today: date, since: date) -> list[Offer]:
        """What to offer an account, the likeliest first."""
        with self._database.reads.connect() as connection:
            return offers_of_account(connection, segmentation, account_id, today, since)

    def for_product(
        self, segmentation: str, product_id: str, today: date, since: date, among: Among
    ) -> tuple[list[Offer], int]:
        """To whom to offer a product, the likeliest first, each account once; and how many in all."""
        order = (_OFFER.c.probability.desc(), _OFFER.c.account_id)
        with self._readings() as reading:
            shown = _offers(segmentation, today, since, _scored(reading.columns))
            query = shown.where(_best_for(product_id, segmentation), reading.meets(among.criteria))
            count = query.with_only_columns(func.count(), maintain_column_froms=True)
            total = reading.connection.execute(count).scalar_one()
            page = query.order_by(*order).limit(among.limit).offset(among.offset)
            return _read(reading.connection, page), total


def _best_for(product_id: str, segmentation: str) -> ColumnElement[bool]:
    """That an offer is the account's best one with the product in it."""
    own = _OFFER.alias("own")
    best = select(func.min(own.c.place)).where(
        or_(own.c.product_id == product_id, own.c.with_product_id == product_id),
        own.c.segmentation == segmentation,
        own.c.account_id == _OFFER.c.account_id,
    )
    return and_(
        or_(_OFFER.c.product_id == product_id, _OFFER.c.with_product_id == product_id),
        _OFFER.c.place == best.correlate(_OFFER).scalar_subquery(),
    )


def offers_of_account(
    connection: Connection, segmentation: str, account_id: str, today: date, since: date
) -> list[Offer]:
    """What to offer an account, the likeliest first; not what was dismissed after ``since``, or is over."""
    query = _offers(segmentation, today, since, _owned()).where(_OFFER.c.account_id == account_id)
    return _read(connection, query.order_by(_OFFER.c.place))


def _read(connection: Connection, query: Select[Any]) -> list[Offer]:
    rows: Sequence[Any] = connection.execute(query).all()
    names = names_of(
        connection, {one for row in rows for one in (row.product_id, row.with_product_id) if one}
    )
    return [_offer(row, names) for row in rows]


def _owned() -> FromClause:
    mine = _OFFER.join(ACCOUNT, ACCOUNT.c.id == _OFFER.c.account_id)
    return mine.outerjoin(OWNER, OWNER.c.id == ACCOUNT.c.owner_id)


def _scored(columns: AccountColumns) -> FromClause:
    return beside_accounts(_OFFER, _OFFER.c.account_id, columns)


def _offers(segmentation: str, today: date, since: date, rows: FromClause) -> Select[Any]:
    columns = [_OFFER.c[name] for name in ("segmentation", "account_id", *_SAID)]
    return (
        select(*columns, func.coalesce(ACCOUNT.c.name, "").label("account"), OWNER.c.name.label("owner"))
        .select_from(rows)
        .where(_OFFER.c.segmentation == segmentation, _OFFER.c.expires_on >= today)
        .where(~_dismissed(since))
    )


def _dismissed(since: date) -> ColumnElement[bool]:
    products = (_OFFER.c.product_id, _OFFER.c.with_product_id)
    about = or_(*(_DISMISSAL.c.product_id == one for one in products))
    mine = select(_DISMISSAL.c.day).where(
        _DISMISSAL.c.account_id == _OFFER.c.account_id, about, _DISMISSAL.c.day > since
    )
    return mine.correlate(_OFFER).exists()


def _offer(row: Any, names: Mapping[str, str]) -> Offer:
    other = row.with_product_id
    return Offer(
        segmentation=row.segmentation,
        account_id=row.account_id,
        account=row.account,
        owner=row.owner,
        kind=row.kind,
        product_id=row.product_id,
        product=names.get(row.product_id, row.product_id),
        with_product=None if other is None else names.get(other, other),
        probability=row.probability,
        lift=row.lift,
        value_minor=row.value_minor,
        expires_on=row.expires_on,
        details=row.details,
    )
