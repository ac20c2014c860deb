"""Columns that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values: SQLite would store local digits and give back a wrong instant."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC, without offset on SQLite, which has no type for one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone; got the naive {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Back as an aware UTC instant."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def text_column(*, index: bool = False) -> Any:
    """A text that may be missing."""
    return Field(default=None, sa_column=Column(Text, nullable=True, index=index))


def money_column() -> Any:
    """An amount in hundredths that may be missing."""
    return Field(default=None, sa_column=Column(BigInteger, nullable=True))


def instant_column(*, nullable: bool = True, index: bool = False) -> Any:
    """An instant."""
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def raw_column() -> Any:
    """The JSON text of a record."""
    return Field(sa_column=Column(Text, nullable=False))
