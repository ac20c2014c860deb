"""The tables of exports and of their schedules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Date, Index, String, Text
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from connector.cache.types import instant_column, text_column


def _text() -> Any:
    return Field(default="", sa_column=Column(Text, nullable=False))


class ExportRow(SQLModel, table=True):
    """An export, from the moment somebody asks for it; its line is kept for 90 days, its file for 14.

    ``segments``, ``sort``, ``columns``, ``mailing`` and ``further`` are JSON: ``columns`` is null for every
    field, ``mailing`` for accounts, ``further`` where criteria say it all. ``criteria`` is canonical text.
    ``link_key`` is what the one valid download link has to name. ``scope`` is JSON: whose accounts the file
    may hold; ``slack_files`` a JSON list of the copies in Slack. How far it is given
    say ``deliver_by`` to ``given_at``: see ``bot.app.exporting_values.Export``.
    ``accounts`` is a JSON list: the ids of the accounts whose contacts a mailing list's file holds.
    """

    __tablename__: ClassVar[Any] = "export"
    __table_args__ = (Index("ix_export_requested", "requested_by", "created_at"),)
    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(sa_column=Column(String(32), unique=True, nullable=False))
    question: str = _text()
    segments: str = _text()
    criteria: str = _text()
    sort: str = _text()
    row_limit: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    format: str = Field(sa_column=Column(String(10), nullable=False))
    header: str = Field(sa_column=Column(String(10), nullable=False))
    columns: str | None = text_column()
    requested_by: str = Field(sa_column=Column(String(200), nullable=False))
    requester: str = ""
    slack_id: str = Field(sa_column=Column(String(32), nullable=False))
    status: str = Field(sa_column=Column(String(10), nullable=False, index=True))
    rows: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    total: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    bytes: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    created_at: datetime = instant_column(nullable=False)
    finished_at: datetime | None = instant_column()
    expires_at: datetime | None = instant_column()
    file_name: str | None = Field(default=None, sa_column=Column(String(100), nullable=True))
    slack_channel: str | None = None
    slack_ts: str | None = None
    link_key: str | None = Field(default=None, sa_column=Column(String(32), nullable=True))
    reason: str | None = text_column()
    delivered: bool = False
    schedule_id: str | None = Field(default=None, sa_column=Column(String(32), nullable=True))
    mailing: str | None = text_column()
    remark: str | None = text_column()
    further: str | None = text_column()
    scope: str | None = text_column()
    slack_files: str | None = text_column()
    deliver_by: datetime | None = instant_column()
    delivering: str | None = Field(default=None, sa_column=Column(String(32), nullable=True))
    sending: str | None = Field(default=None, sa_column=Column(String(64), nullable=True))
    given_at: datetime | None = instant_column()
    accounts: str | None = text_column()


class ExportScheduleRow(SQLModel, table=True):
    """An export that is made again and again: what is wanted as in ``ExportRow``, and when.

    ``last_day`` is the newest day, of the organisation's calendar, of which there is an export. ``told``: its
    owner has been told why it rests.
    """

    __tablename__: ClassVar[Any] = "export_schedule"
    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(sa_column=Column(String(32), unique=True, nullable=False))
    question: str = _text()
    segments: str = _text()
    criteria: str = _text()
    sort: str = _text()
    row_limit: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    format: str = Field(sa_column=Column(String(10), nullable=False))
    header: str = Field(sa_column=Column(String(10), nullable=False))
    columns: str | None = text_column()
    mailing: str | None = text_column()
    further: str | None = text_column()
    requested_by: str = Field(sa_column=Column(String(200), nullable=False, index=True))
    requester: str = ""
    slack_id: str = Field(sa_column=Column(String(32), nullable=False))
    rhythm: str = Field(sa_column=Column(String(10), nullable=False))
    state: str = Field(sa_column=Column(String(10), nullable=False, index=True))
    reason: str | None = text_column()
    told: bool = False
    last_day: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    created_at: datetime = instant_column(nullable=False)
