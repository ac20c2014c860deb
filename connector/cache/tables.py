"""The local copy's tables: mapped columns for questions and scoring, the raw record beside them.

Rows are for adapters only; they never leave ``connector.cache`` and ``bot.store``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Table, Text, event
from sqlmodel import Field, SQLModel

from connector.cache.folding import create_fold_function
from connector.cache.types import UtcDateTime

# Set before the first table so that Alembic can name, and later find, every constraint on both databases.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# Indexes may be on folded texts, so the function stands before the first table.
event.listen(SQLModel.metadata, "before_create", create_fold_function)


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row class, for statements of SQLAlchemy Core."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


def _text(*, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Text, nullable=True, index=index))


def _money() -> Any:
    return Field(default=None, sa_column=Column(BigInteger, nullable=True))


def _instant(*, nullable: bool = True, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def _raw() -> Any:
    return Field(sa_column=Column(Text, nullable=False))


class AccountRow(SQLModel, table=True):
    """A customer: the segmenting module's record. ``raw`` is the JSON text of every field that was read."""

    __tablename__: ClassVar[Any] = "crm_account"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = _text(index=True)
    industry: str | None = _text(index=True)
    annual_revenue_minor: int | None = _money()
    employees: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    owner_id: str | None = _text(index=True)
    parent_id: str | None = _text()
    city: str | None = _text()
    state: str | None = _text()
    country: str | None = _text(index=True)
    website: str | None = _text()
    phone: str | None = _text()
    kind: str | None = _text()
    created_at: datetime | None = _instant()
    modified_at: datetime | None = _instant()
    raw: str = _raw()


class ContactRow(SQLModel, table=True):
    """A person at an account."""

    __tablename__: ClassVar[Any] = "crm_contact"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    account_id: str | None = _text(index=True)
    name: str | None = _text()
    email: str | None = _text(index=True)
    phone: str | None = _text()
    title: str | None = _text()
    owner_id: str | None = _text()
    created_at: datetime | None = _instant()
    modified_at: datetime | None = _instant()
    raw: str = _raw()


class ProductRow(SQLModel, table=True):
    """Something that is sold."""

    __tablename__: ClassVar[Any] = "crm_product"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = _text()
    code: str | None = _text()
    category: str | None = _text()
    unit_price_minor: int | None = _money()
    created_at: datetime | None = _instant()
    modified_at: datetime | None = _instant()
    raw: str = _raw()


class TransactionRow(SQLModel, table=True):
    """A record of the contributing module; whether it counts is decided by criteria, not here."""

    __tablename__: ClassVar[Any] = "crm_transaction"
    # One pass over this index answers recency, frequency and monetary without touching the table.
    __table_args__ = (
        Index("ix_crm_transaction_scoring", "account_id", "stage", "occurred_on", "amount_minor"),
    )
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    account_id: str | None = _text()
    contact_id: str | None = _text()
    product_id: str | None = _text(index=True)
    owner_id: str | None = _text()
    name: str | None = _text()
    stage: str | None = _text()
    occurred_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True, index=True))
    amount_minor: int | None = _money()
    created_at: datetime | None = _instant()
    modified_at: datetime | None = _instant()
    raw: str = _raw()


class UserRow(SQLModel, table=True):
    """A CRM user: owners of accounts, their managers, and the people who ask."""

    __tablename__: ClassVar[Any] = "crm_user"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = _text()
    email: str | None = _text(index=True)
    role: str | None = _text()
    profile: str | None = _text()
    manager_id: str | None = _text()
    active: bool = True
    raw: str = _raw()


class FieldRow(SQLModel, table=True):
    """A field of a mapped module, from the CRM's metadata. ``picklist`` is a JSON array of values or null."""

    __tablename__: ClassVar[Any] = "crm_field"
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    api_name: str = Field(sa_column=Column(String(100), primary_key=True))
    label: str = ""
    data_type: str = ""
    custom: bool = False
    read_only: bool = False
    picklist: str | None = _text()


class OrganisationRow(SQLModel, table=True):
    """The one organisation that this database holds (one row)."""

    __tablename__: ClassVar[Any] = "crm_organisation"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str = ""
    time_zone: str = "UTC"
    currency: str = "USD"
    domain: str | None = _text()
    read_at: datetime | None = _instant()


class SyncCursorRow(SQLModel, table=True):
    """How far each module has been read; committed in the same transaction as the page it speaks of.

    ``page_token`` is not null while a whole read is under way (empty: only the deletions remain), and
    ``last_id`` is the last id it has seen; ``high_water`` is the instant from which changes are asked for
    next; ``started_at`` is the server's time when the pass began and becomes the high-water mark when it
    ends.
    """

    __tablename__: ClassVar[Any] = "sync_cursor"
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    page_token: str | None = _text()
    last_id: str | None = _text()
    fields_signature: str = ""
    started_at: datetime | None = _instant()
    high_water: datetime | None = _instant()
    deleted_high_water: datetime | None = _instant()
    completed_at: datetime | None = _instant()
    rows_read: int = 0


class SyncRunRow(SQLModel, table=True):
    """One sync: when, how it ended, and its report as JSON."""

    __tablename__: ClassVar[Any] = "sync_run"
    id: int | None = Field(default=None, primary_key=True)
    started_at: datetime = _instant(nullable=False)
    finished_at: datetime | None = _instant()
    status: str = "running"  # running | done | failed
    report: str | None = _text()
    error: str | None = _text()


class TouchedAccountRow(SQLModel, table=True):
    """An account whose facts may have changed since it was last scored: from sync to scoring."""

    __tablename__: ClassVar[Any] = "touched_account"
    account_id: str = Field(sa_column=Column(String(32), primary_key=True))
    touched_at: datetime = _instant(nullable=False)


class TokenRow(SQLModel, table=True):
    """The current access token, encrypted; also the lock row behind which one process refreshes it."""

    __tablename__: ClassVar[Any] = "zoho_token"
    name: str = Field(sa_column=Column(String(64), primary_key=True))
    sealed: str | None = _text()  # Fernet of {"access_token", "api_domain"}
    expires_at: datetime | None = _instant()
    refreshing_until: datetime | None = _instant()
    refreshed_by: str | None = _text()
