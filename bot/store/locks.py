"""One writer at a time, where the database does not see to it by itself."""

from __future__ import annotations

import zlib

from sqlalchemy import Connection, func, select


def take_turn(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds this name; given back when the transaction ends.

    SQLite's writers already stand in one line (``BEGIN IMMEDIATE``), so only PostgreSQL needs the lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(zlib.crc32(name.encode()))))
