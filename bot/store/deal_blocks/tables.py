"""The tables of blocks: the blocks, which of them hold, and the accounts that have changed since."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Integer, LargeBinary, Text
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from connector.cache.types import text_column


class DealBlockRow(SQLModel, table=True):
    """Some accounts with their deals, as ``bot.store.deal_blocks.block`` writes them.

    Those from ``first`` on, in the order of their ids as texts, up to that of the next block.
    """

    __tablename__: ClassVar[Any] = "deal_block"
    id: int | None = Field(default=None, primary_key=True)
    first: str = Field(sa_column=Column(Text, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DealBlocksRow(SQLModel, table=True):
    """What the blocks are, in one row.

    ``made`` grows with whatever is changed in them; ``accounts`` is how many they have, NULL while they are
    being written and do not hold.
    """

    __tablename__: ClassVar[Any] = "deal_blocks"
    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    made: int = 0
    accounts: int | None = None


class DealBlockMarkRow(SQLModel, table=True):
    """An account that came, went or has other deals than in its block (NULL: many); triggers write it."""

    __tablename__: ClassVar[Any] = "deal_block_mark"
    id: int | None = Field(default=None, primary_key=True)
    account: str | None = text_column(index=True)
