"""The tables of enrichment: what was proposed, what was written, batches and their accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, String, Text
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from connector.cache.types import instant_column, text_column


def _key(length: int) -> Any:
    return Field(sa_column=Column(String(length), primary_key=True))


def _word(length: int) -> Any:
    return Field(default="", sa_column=Column(String(length), nullable=False))


def _text() -> Any:
    return Field(default="", sa_column=Column(Text, nullable=False))


class EnrichmentProposalRow(SQLModel, table=True):
    """What was found for one account, for one person and 24 hours. ``content`` is JSON."""

    __tablename__: ClassVar[Any] = "enrichment_proposal"
    id: str = _key(32)
    account_id: str = Field(sa_column=Column(String(32), nullable=False, index=True))
    at: datetime = instant_column(nullable=False)
    expires_at: datetime = instant_column(nullable=False, index=True)
    digest: str = _word(64)
    content: str = _text()


class EnrichmentWriteRow(SQLModel, table=True):
    """One value that was written, or was meant to be. ``old`` and ``new`` are JSON.

    Planned before the CRM is asked, so that a process that dies leaves a trace of what it may have done.
    """

    __tablename__: ClassVar[Any] = "enrichment_write"
    __table_args__ = (Index("ix_enrichment_write_account", "account_id", "at"),)
    of: str = _key(32)
    account_id: str = _key(32)
    crm_field: str = _key(100)
    field: str = _word(20)
    old: str = _text()
    new: str = _text()
    by: str = _word(200)
    at: datetime = instant_column(nullable=False)
    state: str = _word(20)
    reason: str | None = text_column()
    undone_by: str | None = text_column()
    undone_at: datetime | None = instant_column()


class EnrichmentBatchRow(SQLModel, table=True):
    """A batch. ``day`` is the organisation's, ISO."""

    __tablename__: ClassVar[Any] = "enrichment_batch"
    id: str = _key(32)
    what: str = _text()
    by: str = _word(200)
    place: str = _word(100)
    provider: str = _word(20)
    day: str = _word(10)
    total: int = 0
    state: str = _word(10)
    at: datetime = instant_column(nullable=False)
    finished_at: datetime | None = instant_column()
    reason: str | None = text_column()


class EnrichmentAccountRow(SQLModel, table=True):
    """An account of a batch: waiting, begun, read or done. ``found`` is the JSON of what its site says.

    ``interrupted``: it is done because its process ended, and may be read by another batch.
    """

    __tablename__: ClassVar[Any] = "enrichment_account"
    __table_args__ = (
        Index("ix_enrichment_account_state", "batch_id", "state", "account_id"),
        Index("ix_enrichment_account_read", "account_id", "at"),
    )
    batch_id: str = _key(32)
    account_id: str = _key(32)
    name: str = _text()
    website: str = _text()
    country: str = _text()
    state: str = _word(10)
    result: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))
    reason: str = _text()
    found: str | None = text_column()
    interrupted: bool = False
    at: datetime | None = instant_column()


class EnrichmentDayRow(SQLModel, table=True):
    """How many accounts the batches of a day of the organisation have taken of its share."""

    __tablename__: ClassVar[Any] = "enrichment_day"
    day: str = _key(10)
    taken: int = 0
