"""Which triggers the database has: a migration that makes a table anew takes SQLite's along."""

from __future__ import annotations

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
