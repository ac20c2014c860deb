"""The local copy's tables: mapped columns for questions and scoring, the raw record beside them.

Rows are for adapters only; they never leave ``connector.cache`` and ``bot.store``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, Text, event, false
from sqlmodel import Field, SQLModel

from connector.cache.folding import create_fold_function
from connector.cache.types import UtcDateTime, instant_column, money_column, raw_column, text_column

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


class AccountRow(SQLModel, table=True):
    """A customer: the segmenting module's record. ``raw`` is the JSON text of every field that was read."""

    __tablename__: ClassVar[Any] = "crm_account"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = text_column(index=True)
    industry: str | None = text_column(index=True)
    annual_revenue_minor: int | None = money_column()
    employees: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    owner_id: str | None = text_column(index=True)
    parent_id: str | None = text_column()
    city: str | None = text_column(index=True)
    state: str | None = text_column(index=True)
    country: str | None = text_column(index=True)
    website: str | None = text_column()
    phone: str | None = text_column()
    kind: str | None = text_column()
    currency: str | None = text_column()
    exchange_rate: str | None = text_column()  # decimal digits
    created_at: datetime | None = instant_column()
    modified_at: datetime | None = instant_column(index=True)
    raw: str = raw_column()


class ContactRow(SQLModel, table=True):
    """A person at an account."""

    __tablename__: ClassVar[Any] = "crm_contact"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    account_id: str | None = text_column(index=True)
    name: str | None = text_column()
    email: str | None = text_column(index=True)
    phone: str | None = text_column()
    title: str | None = text_column()
    owner_id: str | None = text_column()
    created_at: datetime | None = instant_column()
    modified_at: datetime | None = instant_column()
    raw: str = raw_column()


class ProductRow(SQLModel, table=True):
    """Something that is sold."""

    __tablename__: ClassVar[Any] = "crm_product"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = text_column()
    code: str | None = text_column()
    category: str | None = text_column()
    unit_price_minor: int | None = money_column()
    currency: str | None = text_column()
    exchange_rate: str | None = text_column()  # decimal digits
    created_at: datetime | None = instant_column()
    modified_at: datetime | None = instant_column()
    raw: str = raw_column()


class TransactionRow(SQLModel, table=True):
    """A record of the contributing module; whether it counts is decided by criteria, not here."""

    __tablename__: ClassVar[Any] = "crm_transaction"
    # One pass over the first answers recency, frequency and monetary without touching the table, a part of
    # the second what happened in a period.
    __table_args__ = (
        Index("ix_crm_transaction_scoring", "account_id", "stage", "occurred_on", "amount_minor"),
        Index("ix_crm_transaction_days", "occurred_on", "stage", "account_id", "amount_minor"),
    )
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    account_id: str | None = text_column()
    contact_id: str | None = text_column()
    product_id: str | None = text_column(index=True)
    owner_id: str | None = text_column()
    name: str | None = text_column()
    stage: str | None = text_column(index=True)  # which stages there are, is found by a few looks into it
    occurred_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    amount_minor: int | None = money_column()
    currency: str | None = text_column()
    exchange_rate: str | None = text_column()  # decimal digits
    created_at: datetime | None = instant_column()
    modified_at: datetime | None = instant_column()
    raw: str = raw_column()


class RecordRow(SQLModel, table=True):
    """A record of a module without a role: leads, activities, subforms, linking modules, custom modules."""

    __tablename__: ClassVar[Any] = "crm_record"
    __table_args__ = (Index("ix_crm_record_account", "account_id", "module"),)
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = text_column()
    parent_id: str | None = text_column(index=True)
    account_id: str | None = text_column()
    contact_id: str | None = text_column(index=True)
    owner_id: str | None = text_column()
    created_at: datetime | None = instant_column()
    modified_at: datetime | None = instant_column()
    raw: str = raw_column()


class UserRow(SQLModel, table=True):
    """A CRM user: owners of accounts, their managers, and the people who ask."""

    __tablename__: ClassVar[Any] = "crm_user"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = text_column()
    email: str | None = text_column(index=True)
    role: str | None = text_column()
    profile: str | None = text_column()
    manager_id: str | None = text_column()
    active: bool = True
    raw: str = raw_column()


class FieldRow(SQLModel, table=True):
    """A field of a mapped module, from the CRM's metadata. ``picklist`` is a JSON array of values or null."""

    __tablename__: ClassVar[Any] = "crm_field"
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    api_name: str = Field(sa_column=Column(String(100), primary_key=True))
    label: str = ""
    data_type: str = ""
    custom: bool = False
    read_only: bool = False
    picklist: str | None = text_column()
    target: str | None = text_column()


class ModuleRow(SQLModel, table=True):
    """A module of the CRM, from its metadata. ``kind`` is the CRM's generated_type."""

    __tablename__: ClassVar[Any] = "crm_module"
    api_name: str = Field(sa_column=Column(String(100), primary_key=True))
    label: str = ""
    kind: str = ""
    readable: bool = True


class OrganisationRow(SQLModel, table=True):
    """The one organisation that this database holds (one row)."""

    __tablename__: ClassVar[Any] = "crm_organisation"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str = ""
    time_zone: str = "UTC"
    currency: str = "USD"
    domain: str | None = text_column()
    edition: str | None = text_column()
    user_licences: int | None = None
    several_currencies: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    read_at: datetime | None = instant_column()


class SyncCursorRow(SQLModel, table=True):
    """How far each module has been read; committed in the same transaction as the page it speaks of.

    ``position`` is the JSON text of the reading under way (``connector.sync.cursors``); ``high_water`` is the
    instant from which changes are asked for next; ``started_at`` is the server's time when the reading began
    and becomes the high-water mark when it ends.
    """

    __tablename__: ClassVar[Any] = "sync_cursor"
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    fields_signature: str = ""
    position: str | None = text_column()
    started_at: datetime | None = instant_column()
    high_water: datetime | None = instant_column()
    deleted_high_water: datetime | None = instant_column()
    completed_at: datetime | None = instant_column()
    whole_at: datetime | None = instant_column()
    rows_read: int = 0
    count_gap: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))


class SyncRunRow(SQLModel, table=True):
    """One sync: when, how it ended, and its report as JSON."""

    __tablename__: ClassVar[Any] = "sync_run"
    id: int | None = Field(default=None, primary_key=True)
    started_at: datetime = instant_column(nullable=False)
    finished_at: datetime | None = instant_column()
    status: str = "running"  # running | done | failed
    report: str | None = text_column()
    error: str | None = text_column()


class TouchedAccountRow(SQLModel, table=True):
    """An account whose facts may have changed since it was last scored: from sync to scoring."""

    __tablename__: ClassVar[Any] = "touched_account"
    account_id: str = Field(sa_column=Column(String(32), primary_key=True))
    touched_at: datetime = instant_column(nullable=False)


class TokenRow(SQLModel, table=True):
    """The current access token, encrypted; also the lock row behind which one process refreshes it."""

    __tablename__: ClassVar[Any] = "zoho_token"
    name: str = Field(sa_column=Column(String(64), primary_key=True))
    sealed: str | None = text_column()  # Fernet of {"access_token", "api_domain"}
    expires_at: datetime | None = instant_column()
    refreshing_until: datetime | None = instant_column()
    refreshed_by: str | None = text_column()


class ApiSpendRow(SQLModel, table=True):
    """What calls of an API cost, by the hour."""

    __tablename__: ClassVar[Any] = "api_spend"
    api: str = Field(sa_column=Column(String(64), primary_key=True))
    hour: datetime = Field(sa_column=Column(UtcDateTime, primary_key=True))
    call: str = Field(sa_column=Column(String(100), primary_key=True))
    calls: int = 0
    credits: int = 0


class ApiPaceRow(SQLModel, table=True):
    """What an API said of its limits, and the minute's calls of all processes (Finance)."""

    __tablename__: ClassVar[Any] = "api_pace"
    api: str = Field(sa_column=Column(String(64), primary_key=True))
    remaining: int | None = None
    daily: int | None = None
    resets_at: datetime | None = instant_column()
    blocked_until: datetime | None = instant_column()
    minute: datetime | None = instant_column()
    in_minute: int = 0
    said_at: datetime | None = instant_column()


class ChannelRow(SQLModel, table=True):
    """A notification channel of the CRM. ``token`` is sealed: whoever calls back must know it."""

    __tablename__: ClassVar[Any] = "zoho_channel"
    channel_id: str = Field(sa_column=Column(String(32), primary_key=True))
    module: str = Field(sa_column=Column(String(100), unique=True, nullable=False))
    token: str = Field(sa_column=Column(Text, nullable=False))
    url: str = ""
    created_at: datetime = instant_column(nullable=False)
    expires_at: datetime | None = instant_column()
    checked_at: datetime | None = instant_column()
    heard_at: datetime | None = instant_column()
    missed_at: datetime | None = instant_column()  # a poll found changes of which no callback had told


class ChangeHintRow(SQLModel, table=True):
    """A record that is said to have changed; it is read again before anything is believed."""

    __tablename__: ClassVar[Any] = "change_hint"
    source: str = Field(sa_column=Column(String(20), primary_key=True))  # crm | books | …
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    record_id: str = Field(sa_column=Column(String(32), primary_key=True))
    operation: str = ""  # insert | update | delete, as it was said
    fields: str | None = text_column()  # JSON array of the affected fields, when it was said
    hinted_at: datetime = instant_column(nullable=False, index=True)
    times: int = 1  # hinted at since it was last dealt with


class ZohoJobRow(SQLModel, table=True):
    """A bulk job that we entered at Zoho for writing; reading keeps its job in the cursor."""

    __tablename__: ClassVar[Any] = "zoho_job"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    module: str = ""
    state: str = ""  # added | done | failed
    payload: str = Field(default="{}", sa_column=Column(Text, nullable=False))  # JSON
    created_at: datetime = instant_column(nullable=False)
    finished_at: datetime | None = instant_column()


class EngagementEventRow(SQLModel, table=True):
    """Something that happened between a customer and us: an e-mail opened, a call, a ticket, an answer.

    ``quality`` of the instant: exact, sent_time or day. ``text`` is what the customer or we wrote, shortened;
    ``score`` a rating or a sentiment in hundredths where the source gives one.
    """

    __tablename__: ClassVar[Any] = "engagement_event"
    __table_args__ = (Index("ix_engagement_event_account", "account_id", "occurred_at"),)
    source: str = Field(sa_column=Column(String(30), primary_key=True))
    raw_id: str = Field(sa_column=Column(String(100), primary_key=True))
    event_type: str = Field(sa_column=Column(String(40), primary_key=True))
    occurred_at: datetime = instant_column(nullable=False)
    quality: str = "exact"
    email: str | None = text_column(index=True)
    contact_id: str | None = text_column()
    account_id: str | None = text_column()
    object_key: str | None = text_column()
    direction: str | None = text_column()  # in | out
    text: str | None = text_column()
    score: int | None = None
    raw: str = Field(default="{}", sa_column=Column(Text, nullable=False))


class SourceCursorRow(SQLModel, table=True):
    """How far a list of Finance or of the suite has been read: JSON, its keeper's own."""

    __tablename__: ClassVar[Any] = "source_cursor"
    source: str = Field(sa_column=Column(String(60), primary_key=True))  # books.invoices, desk.tickets …
    position: str | None = text_column()
    high_water: datetime | None = instant_column()
    whole_at: datetime | None = instant_column()
    completed_at: datetime | None = instant_column()
    rows_read: int = 0
