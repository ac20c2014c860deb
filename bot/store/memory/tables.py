"""The table of marks: which accounts are others than those that processes hold in memory."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from connector.cache.types import text_column


class MemoryMarkRow(SQLModel, table=True):
    """A change of an account, its scores, deals or changes of label (NULL: of many); triggers write it."""

    __tablename__: ClassVar[Any] = "memory_mark"
    id: int | None = Field(default=None, primary_key=True)
    account: str | None = text_column()
