"""The tables of the Slack installation, and of what may be used once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, String, Text
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from connector.cache.types import instant_column, text_column


class SlackInstallationRow(SQLModel, table=True):
    """The one workspace of a deployment: ``place`` is always the same, so that there is no second one.

    ``sealed`` is the bot token, encrypted; null since the app was removed from the workspace.
    """

    __tablename__: ClassVar[Any] = "slack_installation"
    place: str = Field(sa_column=Column(String(20), primary_key=True))
    team_id: str = Field(sa_column=Column(String(32), nullable=False))
    team_name: str = Field(default="", sa_column=Column(Text, nullable=False))
    app_id: str = Field(default="", sa_column=Column(String(32), nullable=False))
    bot_id: str = Field(default="", sa_column=Column(String(32), nullable=False))
    bot_user_id: str = Field(default="", sa_column=Column(String(32), nullable=False))
    scopes: str = Field(default="", sa_column=Column(Text, nullable=False))
    installed_by: str = Field(default="", sa_column=Column(String(32), nullable=False))
    installed_at: datetime = instant_column(nullable=False)
    removed_at: datetime | None = instant_column()
    sealed: str | None = text_column()


class UsedOnceRow(SQLModel, table=True):
    """Something that may be used once, by its hash: a signed request, the state of an installation."""

    __tablename__: ClassVar[Any] = "used_once"
    name: str = Field(sa_column=Column(String(64), primary_key=True))
    until: datetime = instant_column(nullable=False, index=True)
