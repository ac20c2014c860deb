"""Which triggers the database has, and making those of SQLite, which go when their table is made anew.

PostgreSQL's triggers come with the schema. SQLite's cost each row that is written some microseconds, so they
are made when something first needs them: a first sync writes without them. Whoever trusts what triggers write
looks whether all are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text


def triggers(connection: Connection) -> frozenset[str]:
    """The names of the triggers that there are.

    Whoever makes one asks before: PostgreSQL waits with it until nobody writes to the table, and lets nobody
    write meanwhile.
    """
    of_sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    of_postgresql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    asked = of_sqlite if connection.dialect.name == "sqlite" else of_postgresql
    return frozenset(connection.execute(text(asked)).scalars())


def are_made(connection: Connection, wanted: Mapping[str, str]) -> bool:
    """Whether all of these triggers are there; on PostgreSQL they came with the schema."""
    return connection.dialect.name == "postgresql" or wanted.keys() <= triggers(connection)


def make(connection: Connection, wanted: Mapping[str, str]) -> None:
    """Make those that are missing.

    Args:
        connection: to SQLite, in a transaction that writes.
        wanted: name -> what follows it in the statement.
    """
    for name, body in wanted.items():
        connection.execute(text(f"CREATE TRIGGER IF NOT EXISTS {name} {body}"))


def on_change_of(table: str, columns: Sequence[str]) -> str:
    """The head of a trigger that looks at rows in which one of these columns becomes another value."""
    differs = " OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in columns)
    return f"AFTER UPDATE OF {', '.join(columns)} ON {table} WHEN ({differs})"
