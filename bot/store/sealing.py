"""What lies sealed in the database, and sealing it with another key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, Table, select, update

from bot.store.consent_tables import ConsentRow
from bot.store.installation_tables import SlackInstallationRow
from connector.cache.engine import Database
from connector.cache.tables import ChannelRow, TokenRow, table_of

# Table, what names a row, and the column that is sealed.
SEALED: tuple[tuple[Any, str, str], ...] = (
    (SlackInstallationRow, "place", "sealed"),
    (ConsentRow, "slack_id", "sealed"),
    (TokenRow, "name", "sealed"),
    (ChannelRow, "channel_id", "token"),
)


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many values of a table were sealed again, and how many no key opens."""

    table: str
    resealed: int
    unreadable: int


def seal_of(keys: Sequence[str]) -> MultiFernet:
    """The first key seals; each opens."""
    return MultiFernet([Fernet(key) for key in keys])


def reseal(database: Database, keys: Sequence[str], *, keep: bool = True) -> list[Resealed]:
    """Seal everything with the first of the keys; what no key opens is left as it is.

    Args:
        database: it is written in one transaction.
        keys: the first seals, each opens.
        keep: without, the transaction is undone.
    """
    seal = seal_of(keys)
    with database.writes.connect() as connection, connection.begin() as transaction:
        done = [_reseal(connection, seal, table_of(row), name, column) for row, name, column in SEALED]
        if not keep:
            transaction.rollback()
        return done


def _reseal(connection: Connection, seal: MultiFernet, table: Table, name: str, column: str) -> Resealed:
    done = unreadable = 0
    held = select(table.c[name], table.c[column]).where(table.c[column].is_not(None), table.c[column] != "")
    for key, sealed in connection.execute(held).all():
        try:
            renewed = seal.rotate(sealed.encode()).decode()
        except InvalidToken:
            unreadable += 1
            continue
        connection.execute(update(table).where(table.c[name] == key).values({column: renewed}))
        done += 1
    return Resealed(table.name, done, unreadable)
