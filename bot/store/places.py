"""The tables behind contacts, products, transactions, other modules, documents and events.

Each class is the ``columns`` of ``bot.store.criteria_sql.where`` for one kind of record, and ``rows`` the one
join that has a row for every record of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, and_, func, not_, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

import bot.store.technique_tables  # noqa: F401  (for its effect on the metadata)
from bot.store.raw_values import raw_value
from scoring.criteria.fields import Field
from scoring.market_config import MarkKind

TABLES = SQLModel.metadata.tables
ACCOUNT, TRANSACTION, PRODUCT = TABLES["crm_account"], TABLES["crm_transaction"], TABLES["crm_product"]
CONTACT, RECORD, EVENT = TABLES["crm_contact"], TABLES["crm_record"], TABLES["engagement_event"]
DOCUMENT, LINE = TABLES["fin_document"], TABLES["fin_line"]
SCORE, MARK = TABLES["score"], TABLES["mark"]
OWNER = TABLES["crm_user"].alias("owner")
# An account and a contact as others see them, so that these can stand in a query that begins with accounts.
COMPANY, PERSON = ACCOUNT.alias("company"), CONTACT.alias("person")

# What the table of marks calls each kind of them.
MARK_KEYS: Mapping[MarkKind, str] = {
    MarkKind.MARKET_SEGMENT: "market_segment",
    MarkKind.CONTACT_ROLE: "contact_role",
    MarkKind.KEYWORD: "keyword",
}

# A deal is over in every stage that begins so: Closed Won, Closed Lost, Closed-Lost to Competition. These are
# Zoho's own names; the probability of a stage, which would say it for renamed stages, is not in the cache.
CLOSED_STAGE = "closed"

Expression = Callable[[str], ColumnElement[Any]]


def is_open() -> ColumnElement[bool]:
    """Whether a transaction is not over yet."""
    folded = func.bw_fold(TRANSACTION.c.stage, type_=String)
    return or_(TRANSACTION.c.stage.is_(None), not_(folded.startswith(CLOSED_STAGE)))


def placed(
    field: Field, places: Mapping[str, FromClause], dialect: str, named: Mapping[str, Expression]
) -> ColumnElement[Any]:
    """The column of a field whose source is ``place.column``, ``raw:form:name`` or ``place_raw:form:name``.

    Args:
        field: the field.
        places: the tables by name; the first is that of the records themselves.
        dialect: ``sqlite`` or ``postgresql``.
        named: other sources.
    """
    if field.source in named:
        return named[field.source](dialect)
    place, colon, form = field.source.partition(":")
    if colon:
        own = next(iter(places)) if place == "raw" else place.removesuffix("_raw")
        return raw_value(places[own].c.raw, form, dialect)
    place, _, column = field.source.partition(".")
    return places[place].c[column]


def with_joins(
    table: FromClause,
    joins: Mapping[str, tuple[FromClause, ColumnElement[bool]]],
    fields: Collection[Field] | None,
) -> FromClause:
    """A table with what its records point at, or only with what some fields need.

    SQLite leaves out a join that is not used, but not where rows are counted or added up: there it would look
    at the other tables, and at whole rows instead of an index.
    """
    for place, (other, on) in joins.items():
        if fields is None or any(one.source.startswith((f"{place}.", f"{place}_raw:")) for one in fields):
            table = table.outerjoin(other, on)
    return table


@dataclass(frozen=True)
class TransactionColumns:
    """The fields of transactions, over one join that has a row for every transaction."""

    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        places = {"transaction": TRANSACTION, "owner": OWNER, "product": PRODUCT}
        return placed(field, places, self.dialect, _OF_TRANSACTIONS)

    def rows(self, fields: Collection[Field] | None = None) -> FromClause:
        """Transactions with their owner and product, or with those that some fields need."""
        owner, product = OWNER.c.id == TRANSACTION.c.owner_id, PRODUCT.c.id == TRANSACTION.c.product_id
        return with_joins(TRANSACTION, {"owner": (OWNER, owner), "product": (PRODUCT, product)}, fields)


@dataclass(frozen=True)
class ContactColumns:
    """The fields of contacts, over one join that has a row for every contact.

    Attributes:
        segmentation: whose label ``account.label`` is.
    """

    segmentation: str
    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        places = {"contact": CONTACT, "owner": OWNER, "company": COMPANY}
        return placed(field, places, self.dialect, {**_OF_CONTACTS, "company.label": self._label})

    def rows(self, fields: Collection[Field] | None = None) -> FromClause:
        """Contacts with their owner and account, or with those that some fields need."""
        owner, company = OWNER.c.id == CONTACT.c.owner_id, COMPANY.c.id == CONTACT.c.account_id
        return with_joins(CONTACT, {"owner": (OWNER, owner), "company": (COMPANY, company)}, fields)

    def _label(self, _dialect: str) -> ColumnElement[Any]:
        scored = SCORE.alias("company_score")
        mine = and_(scored.c.account_id == COMPANY.c.id, scored.c.segmentation == self.segmentation)
        return select(scored.c.label).where(mine).correlate(COMPANY).scalar_subquery()


@dataclass(frozen=True)
class ProductColumns:
    """The fields of products."""

    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        return placed(field, {"product": PRODUCT}, self.dialect, {})

    def rows(self, _fields: Collection[Field] | None = None) -> FromClause:
        """Products."""
        return PRODUCT


@dataclass(frozen=True)
class RecordColumns:
    """The fields of the records of a module without a role; they share a table, so ``mine`` chooses."""

    module: str
    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        return placed(field, {"record": RECORD, "owner": OWNER}, self.dialect, {})

    def rows(self, fields: Collection[Field] | None = None) -> FromClause:
        """Records with their owner, if some fields need it."""
        return with_joins(RECORD, {"owner": (OWNER, OWNER.c.id == RECORD.c.owner_id)}, fields)

    def mine(self) -> ColumnElement[bool]:
        """Whether a record is one of this module."""
        return RECORD.c.module == self.module


@dataclass(frozen=True)
class DocumentColumns:
    """The fields of one kind of Finance document; they share a table, so ``mine`` chooses."""

    kind: str
    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        return placed(field, {"document": DOCUMENT}, self.dialect, {"document.items": _items})

    def rows(self, _fields: Collection[Field] | None = None) -> FromClause:
        """Documents."""
        return DOCUMENT

    def mine(self) -> ColumnElement[bool]:
        """Whether a document is of this kind."""
        return DOCUMENT.c.kind == self.kind


@dataclass(frozen=True)
class EventColumns:
    """The fields of engagement events."""

    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        """The column of a field."""
        return placed(field, {"event": EVENT}, self.dialect, {})

    def rows(self, _fields: Collection[Field] | None = None) -> FromClause:
        """Engagement events."""
        return EVENT


def _name_of(other: FromClause, column: str, key: str) -> Expression:
    def name(_dialect: str) -> ColumnElement[Any]:
        query = select(other.c[column]).where(other.c.id == TRANSACTION.c[key])
        return query.correlate(TRANSACTION).scalar_subquery()

    return name


# By their own queries, so that the join that every run goes through stays as small as it is.
_OF_TRANSACTIONS: Mapping[str, Expression] = {
    "company.name": _name_of(COMPANY, "name", "account_id"),
    "person.name": _name_of(PERSON, "name", "contact_id"),
    "person.title": _name_of(PERSON, "title", "contact_id"),
}


def _items(dialect: str) -> ColumnElement[Any]:
    """The names on a document's lines, as a JSON array."""
    names = func.json_group_array(LINE.c.name) if dialect == "sqlite" else func.jsonb_agg(LINE.c.name)
    query = select(names).where(
        LINE.c.source == DOCUMENT.c.source,
        LINE.c.kind == DOCUMENT.c.kind,
        LINE.c.document_id == DOCUMENT.c.id,
        LINE.c.name.is_not(None),
    )
    array = query.correlate(DOCUMENT).scalar_subquery()
    return type_coerce(array, String) if dialect == "sqlite" else type_coerce(array, JSONB)


def marks_on(table: FromClause, kind: MarkKind) -> Expression:
    """The marks of a kind that records bear, as a JSON array: market segments, roles, keywords."""

    def marks(dialect: str) -> ColumnElement[Any]:
        listed = func.json_group_array(MARK.c.mark) if dialect == "sqlite" else func.jsonb_agg(MARK.c.mark)
        query = select(listed).where(MARK.c.kind == MARK_KEYS[kind], MARK.c.record_id == table.c.id)
        array = query.correlate(table).scalar_subquery()
        return type_coerce(array, String) if dialect == "sqlite" else type_coerce(array, JSONB)

    return marks


_OF_CONTACTS: Mapping[str, Expression] = {
    "contact.roles": marks_on(CONTACT, MarkKind.CONTACT_ROLE),
    "contact.keywords": marks_on(CONTACT, MarkKind.KEYWORD),
}
