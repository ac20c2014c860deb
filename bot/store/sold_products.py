"""Everything that is sold: the CRM's products, and the items of Zoho Finance that are none of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from bot.store.places import LINE, PRODUCT, TABLES
from bot.store.raw_values import raw_value
from connector.cache.folding import fold

_ITEM = TABLES["fin_item"]
LONGEST_ID = 100  # of a product, in the tables ``offer`` and ``dismissal``
_BY_NAME = "name:"
_INACTIVE = "inactive"


@dataclass(frozen=True)
class SoldProducts:
    """Products by id.

    Attributes:
        names: by id, of all.
        withdrawn: those that are not sold any more.
        by_name: the CRM's products by folded name; of several the smallest id.
    """

    names: Mapping[str, str]
    withdrawn: frozenset[str]
    by_name: Mapping[str, str]

    def of_item(self, crm_product_id: str | None, name: str | None) -> str | None:
        """The product that an item of Zoho Finance is: by its CRM id, or else by its name."""
        if crm_product_id in self.names:
            return crm_product_id
        if not name or not name.strip():
            return None
        return self.by_name.get(fold(name.strip())) or item_id(name)


def item_id(name: str) -> str:
    """The id of a product that only Zoho Finance knows: items of one name are one product."""
    whole = _BY_NAME + fold(name.strip())
    if len(whole) <= LONGEST_ID:
        return whole
    return _BY_NAME + hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()


def sold_products(connection: Connection, *, lines: bool = True) -> SoldProducts:
    """All of them, as the cache has them.

    Args:
        connection: to the cache.
        lines: with what stands only in the lines of documents: free text, which belongs to their accounts.
    """
    active = raw_value(PRODUCT.c.raw, "truth:Product_Active", connection.dialect.name)
    rows = connection.execute(select(PRODUCT.c.id, PRODUCT.c.name, active).order_by(PRODUCT.c.id)).all()
    names = {row[0]: row[1] or f"Product {row[0]}" for row in rows}
    withdrawn = {row[0] for row in rows if row[2] is False}
    by_name: dict[str, str] = {}
    for row in rows:
        if row[1]:
            by_name.setdefault(fold(row[1].strip()), row[0])
    known = SoldProducts(names, frozenset(withdrawn), by_name)
    for name, sold in _items(connection, lines=lines):
        identifier = known.of_item(None, name)
        if identifier is not None and identifier not in names:
            names[identifier] = name
            withdrawn |= set() if sold else {identifier}
    return SoldProducts(names, frozenset(withdrawn), by_name)


def names_of(connection: Connection, wanted: Collection[str]) -> Mapping[str, str]:
    """The names of some products. Those of the CRM are found at once; for others everything is looked at."""
    query = select(PRODUCT.c.id, PRODUCT.c.name).where(PRODUCT.c.id.in_(wanted))
    names = {row[0]: row[1] or f"Product {row[0]}" for row in connection.execute(query)}
    return names if len(names) == len(set(wanted)) else sold_products(connection).names


def _items(connection: Connection, *, lines: bool) -> list[tuple[str, bool]]:
    """Names of items and of lines that have none, each with whether it is sold; those that are come first."""
    items = select(_ITEM.c.name, _ITEM.c.status).distinct().where(_ITEM.c.name.is_not(None))
    texts = select(LINE.c.name).distinct().where(LINE.c.name.is_not(None), LINE.c.item_id.is_(None))
    found = {(row[0], (row[1] or "").casefold() != _INACTIVE) for row in connection.execute(items)}
    if lines:
        found |= {(name, True) for name in connection.execute(texts).scalars()}
    return sorted(found, key=lambda one: (not one[1], one[0]))
