"""The database's own troubles as errors that say what to do; a mistake of ours stays what it is.

Sorted by the codes of the drivers: their words differ by version, and quote addresses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from connector.errors import Retriable

STOPPED = "The database cannot be reached, or was stopped meanwhile."
GOES_ON = "What was read is kept, and the next try goes on from there."
# SQLSTATE (PostgreSQL, appendix A): disk_full; then too_many_connections, serialization_failure,
# deadlock_detected, lock_not_available; then the beginnings of what says that a connection broke, and that
# the server is stopped or just starting.
_NO_ROOM = "53100"
_BUSY = frozenset({"53300", "40001", "40P01", "55P03"})
_GONE = ("08", "57P")
# SQLite's primary result codes (sqlite.org/rescode.html); extended ones carry them in their last byte.
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_FILE = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})


@contextmanager
def troubles_said() -> Iterator[None]:
    """What befalls the database in this block, in a sentence.

    Raises:
        Retriable: it has no room, cannot be reached, was stopped, or is busy with somebody else.
    """
    try:
        yield
    except DBAPIError as error:
        trouble = _trouble(error)
        if trouble is None:
            raise
        raise trouble from None  # its text may quote an address


def _trouble(error: DBAPIError) -> Retriable | None:
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    if state == _NO_ROOM:
        return _no_room()
    if state in _BUSY:
        return _busy()
    # Without a state it is the driver that speaks: nobody answers it, or the answer broke off.
    if error.connection_invalidated or (state or _GONE[0]).startswith(_GONE):
        return Retriable(STOPPED, GOES_ON)
    return None


def _of_sqlite(error: sqlite3.Error) -> Retriable | None:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return _no_room()
    if code in _SQLITE_BUSY:
        return _busy()
    if code in _SQLITE_FILE:
        return Retriable(
            f"The database's file cannot be read or written ({error.sqlite_errorname}).",
            f"See whether its disk works, and whether Bellwether may write there. {GOES_ON}",
        )
    return None


def _no_room() -> Retriable:
    return Retriable("The database has no room left on its disk.", f"Make room there. {GOES_ON}")


def _busy() -> Retriable:
    return Retriable("The database was busy with somebody else's work for too long.", GOES_ON)
