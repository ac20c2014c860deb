"""The tables of Zoho Finance: organisations, contacts, documents and their lines, items."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Date, Index, String
from sqlmodel import Field, SQLModel

# Imported for its effect: the naming convention stands before the first table.
from connector.cache import tables  # noqa: F401
from connector.cache.types import instant_column, money_column, raw_column, text_column


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
    plan: str | None = text_column()
    read_at: datetime = instant_column(nullable=False)


class FinanceContactRow(SQLModel, table=True):
    """A customer or vendor of a Finance organisation, and the CRM account it belongs to, once that is known.

    ``link`` says how: ``crm`` (its own CRM ids), ``deal``, ``email``, ``name``; ``none`` when it was looked
    for and not found; null when it has not been looked for.
    """

    __tablename__: ClassVar[Any] = "fin_contact"
    source: str = Field(sa_column=Column(String(20), primary_key=True))
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = text_column()
    company: str | None = text_column()
    email: str | None = text_column(index=True)
    kind: str | None = text_column()  # customer | vendor
    status: str | None = text_column()
    currency: str | None = text_column()
    crm_account_id: str | None = text_column()
    crm_contact_id: str | None = text_column()
    account_id: str | None = text_column(index=True)
    link: str | None = text_column()
    created_at: datetime | None = instant_column()
    modified_at: datetime | None = instant_column()
    raw: str = raw_column()


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
    number: str | None = text_column()
    status: str | None = text_column()
    counts: bool = False
    contact_id: str | None = text_column(index=True)
    account_id: str | None = text_column()
    deal_id: str | None = text_column()
    occurred_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True, index=True))
    due_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    ends_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    currency: str | None = text_column()
    exchange_rate: str | None = text_column()
    total_minor: int | None = money_column()
    balance_minor: int | None = money_column()
    monthly_minor: int | None = money_column()  # of subscriptions
    viewed_at: datetime | None = instant_column()
    created_at: datetime | None = instant_column()
    modified_at: datetime | None = instant_column()
    raw: str = raw_column()


class FinanceLineRow(SQLModel, table=True):
    """A line of a document. ``amount_minor`` is in the Finance organisation's currency."""

    __tablename__: ClassVar[Any] = "fin_line"
    source: str = Field(sa_column=Column(String(20), primary_key=True))
    kind: str = Field(sa_column=Column(String(30), primary_key=True))
    document_id: str = Field(sa_column=Column(String(32), primary_key=True))
    line_id: str = Field(sa_column=Column(String(32), primary_key=True))
    item_id: str | None = text_column(index=True)
    name: str | None = text_column()
    quantity: str | None = text_column()  # decimal digits
    amount_minor: int | None = money_column()


class FinanceItemRow(SQLModel, table=True):
    """Something that is sold or bought in a Finance organisation."""

    __tablename__: ClassVar[Any] = "fin_item"
    source: str = Field(sa_column=Column(String(20), primary_key=True))
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str | None = text_column()
    code: str | None = text_column()
    kind: str | None = text_column()
    status: str | None = text_column()
    rate_minor: int | None = money_column()
    crm_product_id: str | None = text_column()
    created_at: datetime | None = instant_column()
    modified_at: datetime | None = instant_column()
    raw: str = raw_column()
