"""What counts as a purchase, as queries: deals, Finance documents, records of modules, one kind or several.

A sale counts once. Of a deal and the documents that name it the documents count: what was billed, on the day
when it was billed, in as many parts as it was billed in. Of an estimate or a sales order and its invoice the
invoice counts. Of a record that two products of Zoho Finance hold, and of one that meets two entries of the
configuration, the first one counts.

Amounts are in the CRM's currency. Where one is not, and no rate is known, the record counts as a purchase
without its amount, and ``bot.store.purchase_remarks`` says how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, get_args

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    Select,
    String,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from bot.store.criteria_sql import fields_of, where
from bot.store.places import (
    DOCUMENT,
    RECORD,
    TABLES,
    TRANSACTION,
    DocumentColumns,
    RecordColumns,
    TransactionColumns,
)
from bot.store.purchase_values import day_of, minor_of
from bot.store.raw_values import raw_value
from bot.store.stages import without_index
from connector.finance_lists import Product
from scoring.criteria.fields import Contributed, Field, FieldType
from scoring.criteria.periods import Today

Truth = ColumnElement[bool]
Meets = Callable[[Contributed], Truth]
ITEMS = "document.items"
_ITEMS_FIELD = Field("items", FieldType.LIST, ITEMS)
# The source of purchases among which are documents that two Finance products may hold.
COPIED = "purchases:copied"
# What can be asked of purchases of several kinds.
FIELDS = (
    Field("occurred_on", FieldType.DATE, "day", ("date",), label="Date"),
    Field("amount", FieldType.MONEY, "amount_minor", label="Amount"),
    Field("name", FieldType.TEXT, "name", ("number",), label="Name"),
    Field("product", FieldType.LIST, "product", ("products", "items"), label="Products"),
    Field("module", FieldType.TEXT, "module", label="Kind of record"),
)
_TRANSACTION, _INVOICE = "transaction", "document:invoice"
# Of one sale the first of these counts, if several are among the contributions.
_ONE_SALE = (_INVOICE, "document:sales_order", "document:estimate", _TRANSACTION)
# Statuses of those that have become an invoice, in part at least; "closed" is a sales order's alone.
_INVOICED = ("invoiced", "partially_invoiced")
_INVOICED_ORDER = (*_INVOICED, "closed")
_ORGANISATION, _FINANCE = TABLES["crm_organisation"], TABLES["fin_organisation"]


@dataclass(frozen=True)
class Arm:
    """One kind of records that counts, as parts of a query.

    Attributes:
        table: of the records themselves; ``rows`` with what is joined to it.
        counts: which of them count, whatever their day.
        day: NULL where there is none.
        amount: minor units; NULL where there is none in the CRM's currency.
    """

    of: Contributed
    table: Any
    rows: FromClause
    counts: Truth
    day: ColumnElement[Any]
    amount: ColumnElement[int]

    @property
    def account(self) -> ColumnElement[str]:
        """Whose they are."""
        return self.table.c.account_id  # type: ignore[no-any-return]

    @property
    def signed(self) -> ColumnElement[int]:
        """The amount as it is added up: what is given back is negative."""
        whole = func.coalesce(self.amount, literal(0, BigInteger), type_=BigInteger)
        return case((whole > 0, -whole), else_=whole) if self.of.takes_away else whole

    @property
    def gives_back(self) -> Truth:
        """Whether it is no purchase but money given back; NULL, which is none, without an amount."""
        return true() if self.of.takes_away else self.amount < 0

    @property
    def is_purchase(self) -> Truth:
        """The contrary, true or false."""
        return false() if self.of.takes_away else or_(self.amount.is_(None), self.amount >= 0)


@dataclass(frozen=True)
class Purchases:
    """Everything that counts up to a day.

    Attributes:
        foreign: whether a Finance product can have another currency than the CRM; False spares the look.
        copies: whether two Finance products can hold the same document; likewise.
        meets: a quicker way to say which records meet their criteria.
    """

    parts: tuple[Contributed, ...]
    today: Today
    dialect: str
    foreign: bool = True
    copies: bool = True
    meets: Meets | None = None

    def arms(self) -> Iterator[Arm]:
        """Each kind."""
        for at, part in enumerate(self.parts):
            same = [one for one in self.parts[:at] if one.relation.source == part.relation.source]
            columns = columns_of_records(part.relation.source, self.dialect)
            fields = [field for one in (*same, part) for field in fields_of(one.where, one.relation.catalog)]
            yield Arm(
                part,
                _table(part),
                columns.rows([*fields, part.day, part.amount]),
                and_(
                    *_is_one(part, columns),
                    self._met(part),
                    *(not_(self._met(one)) for one in same),
                    *self._not_told_otherwise(part),
                ),
                day_of(columns(part.day), self.dialect),
                self._amount(part, columns),
            )

    def dated(self, arm: Arm) -> Truth:
        """True or false, never NULL: an account, and a day that has come."""
        day = type_coerce(without_index(arm.day, self.dialect), Date)
        return and_(arm.account.is_not(None), day.is_not(None), day <= self.today.day)

    def undated(self, arm: Arm) -> tuple[Truth, ...]:
        """The contrary, in parts each of which an index finds by itself; no record meets two of them."""
        day, owned = arm.day, arm.account.is_not(None)
        late = type_coerce(day, Date) > self.today.day
        return arm.account.is_(None), and_(owned, day.is_(None)), and_(owned, late)

    def rows(self, owner: FromClause | None = None, *, told: bool = False) -> Select[Any]:
        """account_id, day, amount_minor (negative: given back), is_purchase (1 or 0).

        Args:
            owner: accounts of an outer query, if only those of its row are meant.
            told: what to tell of them besides: id, name, module, product (a JSON array of names).
        """
        chosen = [self._chosen(arm, owner, told=told) for arm in self.arms()]
        if len(chosen) == 1:
            return chosen[0]
        every = union_all(*chosen).subquery("every_purchase")
        return select(*every.c)

    def times(
        self, owner: FromClause, on: Callable[[ColumnElement[Any]], Iterable[Truth]]
    ) -> ColumnElement[int]:
        """How often an account of an outer query bought on certain days.

        Args:
            owner: the accounts.
            on: what must hold of a day.
        """
        counts: list[ColumnElement[int]] = [
            select(func.count())
            .select_from(arm.rows)
            .where(arm.account == owner.c.id, arm.counts, self.dated(arm), arm.is_purchase)
            .where(*on(type_coerce(arm.day, Date)))
            .correlate(owner)
            .scalar_subquery()
            for arm in self.arms()
        ]
        return reduce(add, counts)

    def _chosen(self, arm: Arm, owner: FromClause | None, *, told: bool) -> Select[Any]:
        statement = (
            select(
                arm.account.label("account_id"),
                type_coerce(arm.day, Date).label("day"),
                arm.signed.label("amount_minor"),
                case((arm.gives_back, 0), else_=1).label("is_purchase"),
                *(self._told(arm) if told else ()),
            )
            .select_from(arm.rows)
            .where(arm.counts, self.dated(arm))
        )
        return statement if owner is None else statement.where(arm.account == owner.c.id).correlate(owner)

    def _told(self, arm: Arm) -> Iterator[ColumnElement[Any]]:
        name = DOCUMENT.c.number if arm.table is DOCUMENT else arm.table.c.name
        yield arm.table.c.id.label("id")
        yield cast(name, Text).label("name")
        yield literal(arm.of.relation.name, Text).label("module")
        yield self._products(arm).label("product")

    def _products(self, arm: Arm) -> ColumnElement[Any]:
        """The names of what was sold, as a JSON array."""
        if arm.table is DOCUMENT:
            items: ColumnElement[Any] = DocumentColumns("", self.dialect)(_ITEMS_FIELD)
            return items
        build = func.json_array if self.dialect == "sqlite" else func.jsonb_build_array
        kind = String() if self.dialect == "sqlite" else JSONB()
        if arm.table is RECORD:
            return type_coerce(build(), kind)
        product = TABLES["crm_product"]
        array = type_coerce(build(product.c.name), kind)
        named = select(array).where(product.c.id == TRANSACTION.c.product_id)
        return named.correlate(TRANSACTION).scalar_subquery()

    def _met(self, part: Contributed) -> Truth:
        if self.meets is not None:
            return self.meets(part)
        columns = columns_of_records(part.relation.source, self.dialect)
        return where(part.where, part.relation.catalog, columns, self.today, self.dialect)

    def _not_told_otherwise(self, part: Contributed) -> Iterator[Truth]:
        """That the same sale does not count by another record."""
        source = part.relation.source
        if source.startswith("document:") and self.copies:
            yield _is_first_copy()
        if source not in _ONE_SALE:
            return
        others = {one.relation.source for one in self.parts}
        for other in _ONE_SALE[: _ONE_SALE.index(source)]:
            if other in others:
                yield self._not_named_by(other, source)
        if source not in {_INVOICE, _TRANSACTION} and _INVOICE in others:
            yield _is_not_invoiced(source, self.dialect)

    def _not_named_by(self, other: str, source: str) -> Truth:
        """That no document of a kind that counts names the deal, or the deal of the same account."""
        columns = columns_of_records(other, self.dialect)
        parts = [one for one in self.parts if one.relation.source == other]
        days = [type_coerce(day_of(columns(one.day), self.dialect), Date) for one in parts]
        naming = [and_(self._met(one), day <= self.today.day) for one, day in zip(parts, days, strict=True)]
        told = (
            *_is_one(parts[0], columns),
            DOCUMENT.c.deal_id.is_not(None),
            DOCUMENT.c.account_id.is_not(None),
            or_(*naming),
        )
        if source == _TRANSACTION:
            return TRANSACTION.c.id.not_in(select(DOCUMENT.c.deal_id).where(*told).correlate(None))
        deal = (DOCUMENT.c.deal_id, DOCUMENT.c.account_id)
        named = tuple_(*deal).in_(select(*deal).where(*told).correlate(None))
        return or_(DOCUMENT.c.deal_id.is_(None), DOCUMENT.c.account_id.is_(None), not_(named))

    def _amount(self, part: Contributed, columns: Any) -> ColumnElement[int]:
        amount = minor_of(columns(part.amount), part.amount, self.dialect)
        foreign = self.is_foreign(part)
        return amount if foreign is None else case((foreign, null()), else_=amount)

    def is_foreign(self, part: Contributed) -> Truth | None:
        """That the amount is in another currency than the CRM's; None where it cannot be."""
        home = select(_ORGANISATION.c.currency).limit(1).correlate(None).scalar_subquery()
        if part.relation.source.startswith("document:"):
            others = select(_FINANCE.c.source).where(_FINANCE.c.currency != "", _FINANCE.c.currency != home)
            return DOCUMENT.c.source.in_(others.correlate(None)) if self.foreign else None
        if not _is_raw(part.amount):
            return None  # sync has converted it
        stated = (
            TRANSACTION.c.currency
            if part.relation.source == _TRANSACTION
            else raw_value(RECORD.c.raw, "text:Currency", self.dialect)
        )
        return and_(stated.is_not(None), stated != "", stated != home)


@dataclass(frozen=True)
class PurchaseColumns:
    """The fields of purchases of several kinds, over one query for those of an outer query's account."""

    found: FromClause

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        return self.found.c[field.source]

    def rows(self, _fields: Collection[Field] | None = None) -> FromClause:
        """Purchases."""
        return self.found


def columns_of_records(source: str, dialect: str) -> Any:
    """Where the fields of a kind of records are."""
    place, _, name = source.partition(":")
    if place == "document":
        return DocumentColumns(name, dialect)
    return RecordColumns(name, dialect) if place == "record" else TransactionColumns(dialect)


def products_of(arm: Arm) -> ColumnElement[Any] | None:
    """The ids of the CRM's products on these records: a column of ``with_items``."""
    places: Mapping[Any, ColumnElement[Any]] = {
        TRANSACTION: TRANSACTION.c.product_id,
        DOCUMENT: TABLES["fin_item"].c.crm_product_id,
    }
    return places.get(arm.table)


def with_items(arm: Arm) -> FromClause:
    """Records with the items on their lines, if they have lines."""
    if arm.table is not DOCUMENT:
        return arm.rows
    line, item = TABLES["fin_line"], TABLES["fin_item"]
    on_line = and_(
        line.c.source == DOCUMENT.c.source,
        line.c.kind == DOCUMENT.c.kind,
        line.c.document_id == DOCUMENT.c.id,
    )
    sold = and_(item.c.source == line.c.source, item.c.id == line.c.item_id)
    return arm.rows.join(line, on_line).join(item, sold)


def _table(part: Contributed) -> FromClause:
    place = part.relation.source.partition(":")[0]
    return {"document": DOCUMENT, "record": RECORD}.get(place, TRANSACTION)


def _is_one(part: Contributed, columns: Any) -> tuple[Truth, ...]:
    """That a row of a table that several kinds share is of this one; of documents, that its status counts."""
    place = part.relation.source.partition(":")[0]
    if place == "document":
        return (columns.mine(), DOCUMENT.c.counts.is_(true()))
    return (columns.mine(),) if place == "record" else ()


def _is_raw(field: Field) -> bool:
    return "raw:" in field.source


def _is_first_copy() -> Truth:
    """That no product of Zoho Finance before its own, by name, holds the same document."""
    other = DOCUMENT.alias("copy")
    held = select(literal(1)).where(
        other.c.source.in_(get_args(Product)),  # so that the key finds it
        other.c.kind == DOCUMENT.c.kind,
        other.c.id == DOCUMENT.c.id,
        other.c.source < DOCUMENT.c.source,
        other.c.counts.is_(true()),
        other.c.account_id.is_not(None),
    )
    return not_(held.correlate(DOCUMENT).exists())


def _is_not_invoiced(source: str, dialect: str) -> Truth:
    """That an estimate or sales order has not become an invoice. Inventory says so beside the status."""
    become = _INVOICED_ORDER if source.endswith("sales_order") else _INVOICED
    beside = raw_value(DOCUMENT.c.raw, "text:invoiced_status", dialect)
    return and_(
        func.coalesce(DOCUMENT.c.status, "").not_in(become), func.coalesce(beside, "").not_in(_INVOICED)
    )
