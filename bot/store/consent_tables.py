"""The tables of people's own consents in Zoho."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, String, Text
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from connector.cache.types import instant_column


class ConsentRow(SQLModel, table=True):
    """A person whom we may write to the CRM as; ``sealed`` is their refresh token, encrypted."""

    __tablename__: ClassVar[Any] = "zoho_consent"
    slack_id: str = Field(sa_column=Column(String(32), primary_key=True))
    team_id: str = Field(default="", sa_column=Column(String(32), nullable=False))
    crm_user_id: str = Field(sa_column=Column(String(32), nullable=False))
    given_at: datetime = instant_column(nullable=False)
    sealed: str = Field(sa_column=Column(Text, nullable=False))


class ConsentRequestRow(SQLModel, table=True):
    """Somebody who was sent to Zoho; ``state`` is the hash of what comes back with them, once."""

    __tablename__: ClassVar[Any] = "zoho_consent_request"
    state: str = Field(sa_column=Column(String(64), primary_key=True))
    slack_id: str = Field(sa_column=Column(String(32), nullable=False, index=True))
    team_id: str = Field(default="", sa_column=Column(String(32), nullable=False))
    until: datetime = instant_column(nullable=False)
