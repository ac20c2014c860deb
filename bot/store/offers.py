"""Recommendations in the database, read by account and by product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    false,
    func,
    or_,
    select,
    union_all,
)

from bot.app.offers import Among, Offer
from bot.app.scope import seeing
from bot.store.account_reading import Readings
from bot.store.beside_accounts import needed_beside
from bot.store.places import ACCOUNT, OWNER, TABLES
from bot.store.seen_accounts import is_seen
from bot.store.sold_products import names_of, sold_products
from connector.cache.engine import Database

_OFFER, _DISMISSAL = TABLES["offer"], TABLES["dismissal"]
# What a recommendation says, beside whom it is for and at which place.
OFFER_SAYS = (
    *("kind", "product_id", "with_product_id", "probability", "lift", "value_minor"),
    *("expires_on", "details"),
)


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
        """An account's name, or its id where it has none; None when there is none, or it is not seen."""
        query = select(func.coalesce(ACCOUNT.c.name, ACCOUNT.c.id)).where(ACCOUNT.c.id == account_id)
        with self._database.reads.connect() as connection:
            return connection.execute(query.where(is_seen(seeing(), self._database.dialect))).scalar()

    def of_account(self, segmentation: str, account_id: str, today: date, since: date) -> list[Offer]:
        """What to offer an account, the likeliest first."""
        with self._database.reads.connect() as connection:
            return offers_of_account(connection, segmentation, account_id, today, since)

    def for_product(
        self, segmentation: str, product_id: str, today: date, since: date, among: Among
    ) -> tuple[list[Offer], int]:
        """To whom to offer a product, the likeliest first, each account once; and how many in all."""
        with self._readings() as reading:
            rows, *holds = _best_offers(product_id, segmentation, today, since)
            found = needed_beside(rows, _OFFER.c.account_id, reading, among.criteria)
            keys = select(_OFFER.c.account_id, _OFFER.c.place).select_from(found)
            keys = keys.where(*holds, reading.meets(among.criteria))
            order = (_OFFER.c.probability.desc(), _OFFER.c.account_id)
            every = reading.connection.execute(keys.order_by(*order)).all()
            page = every[among.offset : among.offset + among.limit]
            return _placed(reading.connection, segmentation, [(one[0], one[1]) for one in page]), len(every)


def accounts_to_offer(product_id: str, segmentation: str, today: date, since: date) -> Select[Any]:
    """The ids of those to whom a product is to be offered, whether the CRM still has them or not."""
    rows, *holds = _best_offers(product_id, segmentation, today, since)
    return select(_OFFER.c.account_id).select_from(rows).where(*holds)


def _best_offers(product_id: str, segmentation: str, today: date, since: date) -> tuple[Any, ...]:
    """The rows of each account's best offer with a product, and what has to hold of one that is shown."""
    best = _best_for(product_id, segmentation)
    rows = best.join(_OFFER, _same_offer(best, segmentation))
    return rows, _OFFER.c.expires_on >= today, ~_dismissed(since)


def _best_for(product_id: str, segmentation: str) -> Subquery:
    """Each account's best offer with the product in it: two looks at indexes."""
    mine = [
        select(_OFFER.c.account_id, _OFFER.c.place).where(
            product == product_id, _OFFER.c.segmentation == segmentation
        )
        for product in (_OFFER.c.product_id, _OFFER.c.with_product_id)
    ]
    both = union_all(*mine).subquery("both")
    best = select(both.c.account_id, func.min(both.c.place).label("place"))
    return best.group_by(both.c.account_id).subquery("best")


def _same_offer(best: Subquery, segmentation: str) -> ColumnElement[bool]:
    return and_(
        _OFFER.c.segmentation == segmentation,
        _OFFER.c.account_id == best.c.account_id,
        _OFFER.c.place == best.c.place,
    )


def _placed(connection: Connection, segmentation: str, keys: Sequence[tuple[str, int]]) -> list[Offer]:
    """Offers by account and place, in the order of these."""
    wanted = or_(false(), *(and_(_OFFER.c.account_id == one, _OFFER.c.place == at) for one, at in keys))
    query = _offers(segmentation).add_columns(_OFFER.c.place).where(wanted)
    rows = {(row.account_id, row.place): row for row in connection.execute(query)}
    return _named(connection, [rows[one] for one in keys])


def offers_of_account(
    connection: Connection, segmentation: str, account_id: str, today: date, since: date
) -> list[Offer]:
    """What to offer an account, the likeliest first; not what was dismissed after ``since``, or is over."""
    query = _offers(segmentation).where(_OFFER.c.expires_on >= today, ~_dismissed(since))
    mine = query.where(_OFFER.c.account_id == account_id)
    return _named(connection, connection.execute(mine.order_by(_OFFER.c.place)).all())


def _named(connection: Connection, rows: Sequence[Any]) -> list[Offer]:
    wanted = {one for row in rows for one in (row.product_id, row.with_product_id) if one}
    names = names_of(connection, wanted)
    return [_offer(row, names) for row in rows]


def _offers(segmentation: str) -> Select[Any]:
    columns = [_OFFER.c[name] for name in ("segmentation", "account_id", *OFFER_SAYS)]
    return (
        select(*columns, func.coalesce(ACCOUNT.c.name, "").label("account"), OWNER.c.name.label("owner"))
        .select_from(_OFFER.join(ACCOUNT, ACCOUNT.c.id == _OFFER.c.account_id))
        .outerjoin_from(ACCOUNT, OWNER, OWNER.c.id == ACCOUNT.c.owner_id)
        .where(_OFFER.c.segmentation == segmentation)
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
