"""Order lines: the product of a deal, the rows of its subforms, the lines of invoices in Zoho Finance.

Of two records of the same sale the finer one counts: a deal with rows in a subform counts by these, and a
deal whose invoice has lines by that invoice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, select

from bot.app.order_lines import OrderLines
from bot.store.catalog import transaction_catalog
from bot.store.criteria_sql import fields_of, where
from bot.store.frames import columns_of
from bot.store.places import DOCUMENT, LINE, RECORD, TABLES, TRANSACTION, TransactionColumns
from bot.store.sold_products import SoldProducts, sold_products
from scoring.config import Configuration
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.recommendations.config import RecommendationSegmentation
from scoring.recommendations.purchases import LINE_COLUMNS

_FIELD, _ITEM = TABLES["crm_field"], TABLES["fin_item"]
_FINANCE, _ORGANISATION = TABLES["fin_organisation"], TABLES["crm_organisation"]
_ITEM_NAME = func.coalesce(_ITEM.c.name, LINE.c.name).label("item_name")
_INVOICE = "invoice"
_DEAL_TYPES = (pa.string(), pa.string(), pa.string(), pa.date32(), pa.int64())
# What the subforms of quotes, orders and invoices have (Zoho, "Inventory modules"); of amounts the first.
_QUANTITY, _AMOUNTS = "Quantity", ("Net_Total", "Total_After_Discount", "Total", "Amount")
_MOST_MINOR = 10**16


@dataclass(frozen=True)
class _Line:
    """A line by itself; ``order`` is the record that it stands on, ``instead_of`` a deal that it replaces."""

    account: str
    product: str | None
    day: date
    quantity: str | float
    amount_minor: int
    order: tuple[str, ...]
    instead_of: str | None


@dataclass(frozen=True)
class _Counting:
    """The deals that count: where they are, and which."""

    rows: FromClause
    condition: ColumnElement[bool]


def order_lines(
    connection: Connection,
    segmentation: RecommendationSegmentation,
    configuration: Configuration,
    today: Today,
) -> OrderLines:
    """The lines of every account up to today; what accounts that are alike buy has to be known of all.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    sold = sold_products(connection)
    counting = _counting(connection, segmentation, configuration, today)
    rows, documents = list(_rows(connection, counting, configuration)), list(_documents(connection, today))
    foreign = _foreign(connection)
    named = [*rows, *(_named(one, sold, foreign) for one in documents)]
    replaced = {one.instead_of for one in named if one.instead_of is not None}
    frames = [_deals(connection, counting, replaced), _frame(named)]
    whole = pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
    known = whole["product_id"].isin(list(sold.names))
    return OrderLines(
        whole[known.to_numpy(dtype=bool)].reset_index(drop=True),
        sold.names,
        sold.withdrawn,
        (*_unknown(int((~known).sum())), *_without_amount(documents, foreign)),
    )


def _counting(
    connection: Connection,
    segmentation: RecommendationSegmentation,
    configuration: Configuration,
    today: Today,
) -> _Counting:
    # Typing errors in values are found when a document is checked, not when it is used.
    catalog, dialect = transaction_catalog(connection, configuration, closed=False).open(), connection.dialect
    node, columns = parse(segmentation.transactions, catalog), TransactionColumns(dialect.name)
    day = TRANSACTION.c.occurred_on
    dated = and_(TRANSACTION.c.account_id.is_not(None), day.is_not(None), day <= today.day)
    condition = and_(where(node, catalog, columns, today, dialect.name), dated)
    return _Counting(columns.rows(fields_of(node, catalog)), condition)


def _deals(connection: Connection, counting: _Counting, replaced: set[str]) -> pd.DataFrame:
    """Deals with a product, but for those of which finer lines are known; each is an order of its own."""
    amount = func.coalesce(TRANSACTION.c.amount_minor, 0)
    statement = (
        select(
            TRANSACTION.c.id,
            TRANSACTION.c.account_id,
            TRANSACTION.c.product_id,
            TRANSACTION.c.occurred_on,
            amount,
        )
        .select_from(counting.rows)
        .where(counting.condition, TRANSACTION.c.product_id.is_not(None), TRANSACTION.c.product_id != "")
    )
    found = columns_of(connection, statement, _DEAL_TYPES)
    kept = pc.invert(pc.is_in(found.column(0), value_set=pa.array(sorted(replaced), pa.string())))
    ids, accounts, products, days, amounts = (one.combine_chunks() for one in found.filter(kept).columns)
    return pd.DataFrame(
        {
            "account_id": accounts.to_pandas(),
            "product_id": products.to_pandas(),
            "day": pd.Series(days.to_numpy(zero_copy_only=False)).astype("datetime64[s]"),
            "quantity": np.ones(len(ids)),
            "amount_minor": amounts.to_numpy(),
            "order_id": np.arange(len(ids)),
        }
    )


def _rows(connection: Connection, counting: _Counting, configuration: Configuration) -> Iterator[_Line]:
    """The rows of subforms that are kept (``sync.also``) and have a lookup to products."""
    home = connection.execute(select(_ORGANISATION.c.currency)).scalar()
    for module in configuration.sync.also:
        lookup = _lookup(connection, module, configuration.mapping.products.module)
        if lookup is None:
            continue
        deal = (
            *(TRANSACTION.c.id, TRANSACTION.c.account_id, TRANSACTION.c.occurred_on),
            TRANSACTION.c.currency,
        )
        joined = counting.rows.join(RECORD, RECORD.c.parent_id == TRANSACTION.c.id)
        statement = select(*deal, RECORD.c.raw).select_from(joined)
        statement = statement.where(RECORD.c.module == module, counting.condition)
        for deal_id, account, day, currency, raw in connection.execute(statement.order_by(RECORD.c.id)):
            values = _values(raw)
            product = _id_of(values.get(lookup))
            if product is not None:
                amount = _amount(values) if currency in {None, home} else 0
                quantity = values.get(_QUANTITY, 1)
                yield _Line(account, product, day, quantity, amount, ("deal", deal_id), deal_id)


def _lookup(connection: Connection, module: str, products: str) -> str | None:
    """The field of a module that points to a product."""
    mine = (_FIELD.c.module == module, _FIELD.c.data_type == "lookup", _FIELD.c.target == products)
    statement = select(_FIELD.c.api_name).where(*mine).order_by(_FIELD.c.api_name).limit(1)
    return connection.execute(statement).scalar()


def _values(raw: str) -> Mapping[str, Any]:
    found = orjson.loads(raw)
    return found if isinstance(found, dict) else {}


def _id_of(lookup: object) -> str | None:
    found = lookup.get("id") if isinstance(lookup, dict) else None
    return found if isinstance(found, str) else None


def _amount(values: Mapping[str, Any]) -> int:
    """Minor units of the first amount that there is; 0 without one."""
    given = next((values[name] for name in _AMOUNTS if values.get(name) is not None), 0)
    try:
        minor = Decimal(str(given)) * 100
        return max(-_MOST_MINOR, min(int(minor.to_integral_value()), _MOST_MINOR))
    except (InvalidOperation, ValueError, OverflowError):
        return 0


def _documents(connection: Connection, today: Today) -> Iterator[Any]:
    """The lines of invoices that count (drafts and voids do not), with the items behind them."""
    columns = (
        *(DOCUMENT.c.account_id, DOCUMENT.c.occurred_on, DOCUMENT.c.source, DOCUMENT.c.id),
        *(DOCUMENT.c.deal_id, LINE.c.quantity, LINE.c.amount_minor, _ITEM_NAME, _ITEM.c.crm_product_id),
    )
    same = and_(
        LINE.c.source == DOCUMENT.c.source,
        LINE.c.kind == DOCUMENT.c.kind,
        LINE.c.document_id == DOCUMENT.c.id,
    )
    item = and_(_ITEM.c.source == LINE.c.source, _ITEM.c.id == LINE.c.item_id)
    statement = (
        select(*columns)
        .select_from(DOCUMENT.join(LINE, same).outerjoin(_ITEM, item))
        .where(DOCUMENT.c.kind == _INVOICE, DOCUMENT.c.counts.is_(True))
        .where(DOCUMENT.c.account_id.is_not(None), DOCUMENT.c.occurred_on <= today.day)
        .order_by(DOCUMENT.c.source, DOCUMENT.c.id, LINE.c.line_id)
    )
    yield from connection.execute(statement)


def _foreign(connection: Connection) -> Mapping[str, str]:
    """Finance products whose organisation has another currency than the CRM's, with that currency."""
    home = connection.execute(select(_ORGANISATION.c.currency)).scalar()
    rows = connection.execute(select(_FINANCE.c.source, _FINANCE.c.currency))
    return {row.source: row.currency for row in rows if home and row.currency and row.currency != home}


def _named(row: Any, sold: SoldProducts, foreign: Mapping[str, str]) -> _Line:
    return _Line(
        row.account_id,
        sold.of_item(row.crm_product_id, row.item_name),
        row.occurred_on,
        row.quantity if row.quantity is not None else 1,
        0 if row.source in foreign else max(-_MOST_MINOR, min(row.amount_minor or 0, _MOST_MINOR)),
        (row.source, row.id),
        row.deal_id,
    )


def _frame(lines: Sequence[_Line]) -> pd.DataFrame:
    if not lines:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in LINE_COLUMNS})
    return pd.DataFrame(
        {
            "account_id": pd.Series([one.account for one in lines], dtype=object),
            "product_id": pd.Series([one.product for one in lines], dtype=object),
            "day": pd.to_datetime([one.day.isoformat() for one in lines], errors="coerce").astype(
                "datetime64[s]"
            ),
            "quantity": pd.to_numeric(pd.Series([one.quantity for one in lines]), errors="coerce"),
            "amount_minor": np.array([one.amount_minor for one in lines], dtype=np.int64),
            # Records and not rows: a negative number is no place of a deal.
            "order_id": -1 - pd.factorize(pd.Series([":".join(one.order) for one in lines]))[0],
        }
    )


def _unknown(count: int) -> Iterator[str]:
    if count:
        lines = f"{count:,} order line{' names' if count == 1 else 's name'} a product"
        yield f"{lines} that the CRM does not have any more: left out."


def _without_amount(documents: Sequence[Any], foreign: Mapping[str, str]) -> Iterator[str]:
    for source, currency in sorted(foreign.items()):
        count = sum(one.source == source for one in documents)
        if count:
            what = f"Lines of invoices in {source} are in {currency}, not in the CRM's currency"
            yield f"{what}; they count without their amounts: {count:,}."
