"""Where the fields of accounts are, and how the records that belong to an account are reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Integer,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from bot.store.criteria_sql import RelatedRows, fields_of, where
from bot.store.places import (
    ACCOUNT,
    CONTACT,
    DOCUMENT,
    EVENT,
    OWNER,
    PRODUCT,
    RECORD,
    SCORE,
    TABLES,
    TRANSACTION,
    ContactColumns,
    DocumentColumns,
    EventColumns,
    Expression,
    ProductColumns,
    RecordColumns,
    TransactionColumns,
    is_open,
    marks_on,
    placed,
    with_joins,
)
from bot.store.purchases import COPIED, PurchaseColumns, Purchases, products_of, with_items
from bot.store.raw_values import raw_value
from scoring.criteria.fields import Field, Relation
from scoring.criteria.periods import Today
from scoring.market_config import MarkKind

__all__ = (
    "ACCOUNT",
    "OWNER",
    "SCORE",
    "TABLES",
    "TRANSACTION",
    "AccountColumns",
    "TransactionColumns",
    "is_open",
    "raw_value",
)


@dataclass(frozen=True)
class AccountColumns:
    """The fields of accounts, over one join that has a row for every account.

    Attributes:
        segmentation: whose score ``label r f m rfm`` and the sums are.
        dialect: ``sqlite`` or ``postgresql``.
        spelled: by ``Field.source`` every value that occurs, where that is known and an index finds it.
    """

    segmentation: str
    dialect: str
    spelled: Mapping[str, tuple[str, ...]] = with_default(default_factory=dict)

    def occurring(self, field: Field) -> tuple[str, ...] | None:
        """Every value of a field as it is spelled in the records; None where they are not known."""
        return self.spelled.get(field.source)

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        place, _, name = field.source.partition(":")
        if place == "label":
            return _of_segmentation("label", name)
        if place == "score":
            column, _, segmentation = name.partition(":")
            return _of_segmentation(column, segmentation)
        if place == "detail":
            form, _, rest = name.partition(":")
            key, _, segmentation = rest.partition(":")
            return _detail(f"{form}:{key}", segmentation, self.dialect)
        places = {"account": ACCOUNT, "owner": OWNER, "score": SCORE}
        return placed(field, places, self.dialect, _NAMED)

    def rows(self, fields: Collection[Field] | None = None) -> FromClause:
        """Accounts with their owner and score, or with those that some fields need."""
        this = and_(SCORE.c.account_id == ACCOUNT.c.id, SCORE.c.segmentation == self.segmentation)
        joins: Mapping[str, Any] = {
            "owner": (OWNER, OWNER.c.id == ACCOUNT.c.owner_id),
            "score": (SCORE, this),
        }
        return with_joins(ACCOUNT, joins, fields)

    def related(self, relation: Relation, today: Today) -> RelatedRows:
        """Where the records that belong to an account are; each is found by an index on its account."""
        if relation.united:
            return self._purchases(relation, today)
        if relation.through is not None:
            return self._products(relation.through, today)
        return self._records(relation.source)

    def _records(self, source: str) -> RelatedRows:
        place, _, name = source.partition(":")
        if place == "contact":
            contacts = ContactColumns(self.segmentation, self.dialect)
            return RelatedRows(contacts.rows, _mine(CONTACT), contacts, ACCOUNT)
        if place == "record":
            records = RecordColumns(name, self.dialect)
            return RelatedRows(records.rows, and_(_mine(RECORD), records.mine()), records, ACCOUNT)
        if place == "document":
            documents = DocumentColumns(name, self.dialect)
            return RelatedRows(documents.rows, and_(_mine(DOCUMENT), documents.mine()), documents, ACCOUNT)
        if place == "event":
            events = EventColumns(self.dialect)
            return RelatedRows(events.rows, _mine(EVENT), events, ACCOUNT)
        transactions = TransactionColumns(self.dialect)
        return RelatedRows(transactions.rows, _mine(TRANSACTION), transactions, ACCOUNT)

    def _purchases(self, relation: Relation, today: Today) -> RelatedRows:
        """Purchases of several kinds: what only gives money back is none of them."""
        every = self._counted(relation, today).rows(ACCOUNT, told=True).subquery("counted")
        columns = PurchaseColumns(select(*every.c).where(every.c.is_purchase == 1).subquery("bought"))
        return RelatedRows(columns.rows, true(), columns, ACCOUNT)

    def _counted(self, relation: Relation, today: Today) -> Purchases:
        copies = relation.source == COPIED
        return Purchases(relation.united, today, self.dialect, copies=copies)

    def _products(self, through: Relation, today: Today) -> RelatedRows:
        """Products, each once, that stand on an account's purchases."""
        products = ProductColumns(self.dialect)
        if through.united:
            return RelatedRows(products.rows, self._on_any(through, today), products, ACCOUNT)
        bought = self.related(through, today)
        counts = where(through.given, through.catalog, bought.columns, today, self.dialect)
        rows = bought.rows(fields_of(through.given, through.catalog))
        ids = select(TRANSACTION.c.product_id).select_from(rows).where(bought.belong, counts)
        return RelatedRows(products.rows, PRODUCT.c.id.in_(ids.correlate(ACCOUNT)), products, ACCOUNT)

    def _on_any(self, purchases: Relation, today: Today) -> ColumnElement[bool]:
        """That a product stands on a purchase of any kind."""
        counted = self._counted(purchases, today)
        found: list[ColumnElement[bool]] = []
        for arm in counted.arms():
            product = products_of(arm)
            if product is not None:
                mine = (arm.account == ACCOUNT.c.id, arm.counts, counted.dated(arm), arm.is_purchase)
                ids = select(product).select_from(with_items(arm)).where(*mine).correlate(ACCOUNT)
                found.append(PRODUCT.c.id.in_(ids))
        return or_(false(), *found)


def _mine(table: FromClause) -> ColumnElement[bool]:
    return table.c.account_id == ACCOUNT.c.id


def _deals(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    count = select(func.count()).select_from(TRANSACTION)
    return count.where(TRANSACTION.c.account_id == ACCOUNT.c.id, *conditions).scalar_subquery()


_NAMED: Mapping[str, Expression] = {
    "deals.count": lambda _dialect: _deals(),
    "deals.open": lambda _dialect: _deals(is_open()),
    "joined:market_segment": marks_on(ACCOUNT, MarkKind.MARKET_SEGMENT),
    # An account without a score has bought nothing that counts.
    "score.purchases": lambda _dialect: func.coalesce(SCORE.c.purchases, literal(0), type_=Integer),
    "score.spend_minor": lambda _dialect: func.coalesce(
        SCORE.c.spend_minor, literal(0), type_=SCORE.c.spend_minor.type
    ),
}


def _of_segmentation(column: str, segmentation: str) -> ColumnElement[Any]:
    other = SCORE.alias()
    mine = (other.c.segmentation == segmentation, other.c.account_id == ACCOUNT.c.id)
    found = select(other.c[column]).where(*mine).correlate(ACCOUNT).scalar_subquery()
    return func.coalesce(found, literal(0), type_=other.c[column].type) if column in _ZERO_OF_NONE else found


def _detail(form_and_key: str, segmentation: str, dialect: str) -> ColumnElement[Any]:
    other = SCORE.alias()
    mine = (other.c.segmentation == segmentation, other.c.account_id == ACCOUNT.c.id)
    form, _, key = form_and_key.partition(":")
    if form == "count":  # of nothing it is left out
        number = raw_value(other.c.details, f"number:{key}", dialect)
        value: ColumnElement[Any] = case(
            (other.c.details.is_not(None), func.coalesce(number, literal(0, Double)))
        )
    else:
        value = raw_value(other.c.details, form_and_key, dialect)
    return select(value).where(*mine).correlate(ACCOUNT).scalar_subquery()


_ZERO_OF_NONE = {"purchases", "spend_minor"}
