"""The local copy's tables: mapped columns for questions and scoring, the raw record beside them.

Rows are for adapters only; they never leave ``connector.cache`` and ``bot.store``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, String, Table, Text, event, false
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
    currency: str | None = _text()
    exchange_rate: str | None = _text()  # decimal digits: units of the currency for one of the home currency
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
    currency: str | None = _text()
    exchange_rate: str | None = _text()  # decimal digits: units of the currency for one of the home currency
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
    currency: str | None = _text()
    exchange_rate: str | None = _text()  # decimal digits: units of the currency for one of the home currency
    created_at: datetime | None = _instant()
    modified_at: datetime | None = _instant()
    raw: str = _raw()


class RecordRow(SQLModel, table=True):
    """A record of a module without a role: leads, activities, subforms, linking modules, custom modules."""

    __tablename__: ClassVar[Any] = "crm_record"
    __table_args__ = (Index("ix_crm_record_account", "account_id", "module"),)
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = _text()
    parent_id: str | None = _text(index=True)
    account_id: str | None = _text()
    contact_id: str | None = _text(index=True)
    owner_id: str | None = _text()
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
    target: str | None = _text()


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
    domain: str | None = _text()
    edition: str | None = _text()
    user_licences: int | None = None
    several_currencies: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    read_at: datetime | None = _instant()


class SyncCursorRow(SQLModel, table=True):
    """How far each module has been read; committed in the same transaction as the page it speaks of.

    ``position`` is the JSON text of the reading under way (``connector.sync.cursors``); ``high_water`` is the
    instant from which changes are asked for next; ``started_at`` is the server's time when the reading began
    and becomes the high-water mark when it ends.
    """

    __tablename__: ClassVar[Any] = "sync_cursor"
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    fields_signature: str = ""
    position: str | None = _text()
    started_at: datetime | None = _instant()
    high_water: datetime | None = _instant()
    deleted_high_water: datetime | None = _instant()
    completed_at: datetime | None = _instant()
    whole_at: datetime | None = _instant()
    rows_read: int = 0
    count_gap: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))


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
    resets_at: datetime | None = _instant()
    blocked_until: datetime | None = _instant()
    minute: datetime | None = _instant()
    in_minute: int = 0
    said_at: datetime | None = _instant()


class ChannelRow(SQLModel, table=True):
    """A notification channel of the CRM. ``token`` is sealed: whoever calls back must know it."""

    __tablename__: ClassVar[Any] = "zoho_channel"
    channel_id: str = Field(sa_column=Column(String(32), primary_key=True))
    module: str = Field(sa_column=Column(String(100), unique=True, nullable=False))
    token: str = Field(sa_column=Column(Text, nullable=False))
    url: str = ""
    created_at: datetime = _instant(nullable=False)
    expires_at: datetime | None = _instant()
    checked_at: datetime | None = _instant()
    heard_at: datetime | None = _instant()
    missed_at: datetime | None = _instant()  # a poll found changes of which no callback had told


class ChangeHintRow(SQLModel, table=True):
    """A record that is said to have changed; it is read again before anything is believed."""

    __tablename__: ClassVar[Any] = "change_hint"
    source: str = Field(sa_column=Column(String(20), primary_key=True))  # crm | books | …
    module: str = Field(sa_column=Column(String(100), primary_key=True))
    record_id: str = Field(sa_column=Column(String(32), primary_key=True))
    operation: str = ""  # insert | update | delete, as it was said
    fields: str | None = _text()  # JSON array of the affected fields, when it was said
    hinted_at: datetime = _instant(nullable=False, index=True)
    times: int = 1  # hinted at since it was last dealt with


class ZohoJobRow(SQLModel, table=True):
    """A bulk job that we entered at Zoho for writing; reading keeps its job in the cursor."""

    __tablename__: ClassVar[Any] = "zoho_job"
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    module: str = ""
    state: str = ""  # added | done | failed
    payload: str = Field(default="{}", sa_column=Column(Text, nullable=False))  # JSON
    created_at: datetime = _instant(nullable=False)
    finished_at: datetime | None = _instant()


class FinanceOrganisationRow(SQLModel, table=True):
    """A connected organisation of Zoho Books, Invoice, Inventory or Billing."""

    __tablename__: ClassVar[Any] = "fin_organisation"
    source: str = Field(
        sa_column=Column(String(20), primary_key=True)
    )  # books | invoice | inventory | billing
    id: str = Field(sa_column=Column(String(32), nullable=False))
    name: str = ""
    currency: str = ""
    time_zone: str = "UTC"
    fiscal_year_starts: int | None = None
    plan: str | None = _text()
    read_at: datetime = _instant(nullable=False)


class FinanceContactRow(SQLModel, table=True):
    """A customer or vendor of a Finance organisation, and the CRM account it belongs to, once that is known.

    ``link`` says how: ``crm`` (its own CRM ids), ``deal``, ``email``, ``name``; ``none`` when it was looked
    for and not found; null when it has not been looked for.
    """

    __tablename__: ClassVar[Any] = "fin_contact"
    source: str = Field(sa_column=Column(String(20), primary_key=True))
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = _text()
    company: str | None = _text()
    email: str | None = _text(index=True)
    kind: str | None = _text()  # customer | vendor
    status: str | None = _text()
    currency: str | None = _text()
    crm_account_id: str | None = _text()
    crm_contact_id: str | None = _text()
    account_id: str | None = _text(index=True)
    link: str | None = _text()
    created_at: datetime | None = _instant()
    modified_at: datetime | None = _instant()
    raw: str = _raw()


class FinanceDocumentRow(SQLModel, table=True):
    """An invoice, estimate, sales order, purchase order, payment, credit note or subscription.

    ``counts`` is whether its status makes it one that counts (draft, void and pending ones do not);
    ``total_minor`` and ``balance_minor`` are in the Finance organisation's currency.
    """

    __tablename__: ClassVar[Any] = "fin_document"
    __table_args__ = (
        Index("ix_fin_document_scoring", "account_id", "kind", "counts", "occurred_on", "total_minor"),
    )
    source: str = Field(sa_column=Column(String(20), primary_key=True))
    kind: str = Field(sa_column=Column(String(30), primary_key=True))
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    number: str | None = _text()
    status: str | None = _text()
    counts: bool = False
    contact_id: str | None = _text(index=True)
    account_id: str | None = _text()
    deal_id: str | None = _text()
    occurred_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True, index=True))
    due_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    ends_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    currency: str | None = _text()
    exchange_rate: str | None = _text()
    total_minor: int | None = _money()
    balance_minor: int | None = _money()
    monthly_minor: int | None = _money()  # of subscriptions
    viewed_at: datetime | None = _instant()
    created_at: datetime | None = _instant()
    modified_at: datetime | None = _instant()
    raw: str = _raw()


class FinanceLineRow(SQLModel, table=True):
    """A line of a document. ``amount_minor`` is in the Finance organisation's currency."""

    __tablename__: ClassVar[Any] = "fin_line"
    source: str = Field(sa_column=Column(String(20), primary_key=True))
    kind: str = Field(sa_column=Column(String(30), primary_key=True))
    document_id: str = Field(sa_column=Column(String(32), primary_key=True))
    line_id: str = Field(sa_column=Column(String(32), primary_key=True))
    item_id: str | None = _text(index=True)
    name: str | None = _text()
    quantity: str | None = _text()  # decimal digits
    amount_minor: int | None = _money()


class FinanceItemRow(SQLModel, table=True):
    """Something that is sold or bought in a Finance organisation."""

    __tablename__: ClassVar[Any] = "fin_item"
    source: str = Field(sa_column=Column(String(20), primary_key=True))
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = _text()
    code: str | None = _text()
    kind: str | None = _text()
    status: str | None = _text()
    rate_minor: int | None = _money()
    crm_product_id: str | None = _text()
    created_at: datetime | None = _instant()
    modified_at: datetime | None = _instant()
    raw: str = _raw()


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
    occurred_at: datetime = _instant(nullable=False)
    quality: str = "exact"
    email: str | None = _text(index=True)
    contact_id: str | None = _text()
    account_id: str | None = _text()
    object_key: str | None = _text()
    direction: str | None = _text()  # in | out
    text: str | None = _text()
    score: int | None = None
    raw: str = Field(default="{}", sa_column=Column(Text, nullable=False))


class SourceCursorRow(SQLModel, table=True):
    """How far a list of Finance or of the suite has been read: JSON, its keeper's own."""

    __tablename__: ClassVar[Any] = "source_cursor"
    source: str = Field(sa_column=Column(String(60), primary_key=True))  # books.invoices, desk.tickets …
    position: str | None = _text()
    high_water: datetime | None = _instant()
    whole_at: datetime | None = _instant()
    completed_at: datetime | None = _instant()
    rows_read: int = 0
