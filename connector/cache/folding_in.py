"""SQLite's write-ahead log folded into the database beside the work, not at the end of it.

SQLite folds the log in at whichever commit finds it long enough, and who commits waits for that: for tenths
of a second where many pages were written. A run of the scoring, and a sync, leave it to a thread, for which
nobody waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from connector.cache.engine import SQLITE_CHECKPOINT_PAGES, SQLITE_PAGE_BYTES, Database

LONG_BYTES = SQLITE_CHECKPOINT_PAGES * SQLITE_PAGE_BYTES
PAUSE_SECONDS = 0.2
REST_SECONDS = 10.0  # a page that is written often is folded in once
log = structlog.get_logger(__name__)


@contextmanager
def not_folding_in(connection: Connection) -> Iterator[None]:
    """Commits of this connection leave the log as it is meanwhile; on PostgreSQL nothing is otherwise.

    Args:
        connection: without a transaction that was begun.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    file: Any = connection.connection.dbapi_connection
    file.execute("PRAGMA wal_autocheckpoint = 0")
    try:
        yield
    finally:
        file.execute(f"PRAGMA wal_autocheckpoint = {SQLITE_CHECKPOINT_PAGES:d}")


@contextmanager
def folding_in_beside(database: Database) -> Iterator[None]:
    """A thread folds the log in again and again meanwhile, and leaves little to do for a commit."""
    done = Event()
    thread = Thread(target=_fold_in_until, args=(database, done), name="write-ahead log", daemon=True)
    if database.dialect == "sqlite":
        thread.start()
    try:
        yield
    finally:
        done.set()
        if thread.is_alive():
            thread.join()


def _fold_in_until(database: Database, done: Event) -> None:
    while not done.wait(PAUSE_SECONDS):
        _fold_in(database)


def _fold_in(database: Database) -> None:
    """What can be folded in while others read and write."""
    try:
        with database.reads.connect() as connection:
            file: Any = connection.connection.dbapi_connection
            file.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except SQLAlchemyError as error:  # a commit does it later
        log.warning("log_not_folded_in", reason=type(error).__name__)


class FoldingIn:
    """What folds the log of a database in. One for a process and database; any thread may use it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._at_work = Lock()
        self._not_before = 0.0  # of ``monotonic``

    def begin(self) -> Thread | None:
        """Fold in what can be, beside: readers, writers and whoever calls wait for nothing.

        Returns:
            The thread that does it; None on PostgreSQL, where the log never was long, where it was just
            folded in, and where another thread is at it.
        """
        if monotonic() < self._not_before or not self._is_long():
            return None
        if not self._at_work.acquire(blocking=False):
            return None
        thread = Thread(target=self._fold_in, name="write-ahead log", daemon=True)
        thread.start()
        return thread

    def _is_long(self) -> bool:
        """Whether a commit may have folded it in: the file keeps the length that it once had."""
        file = self._database.reads.url.database if self._database.dialect == "sqlite" else None
        try:
            return bool(file) and Path(f"{file}-wal").stat().st_size >= LONG_BYTES
        except OSError:  # there is none
            return False

    def _fold_in(self) -> None:
        try:
            _fold_in(self._database)
        finally:
            self._not_before = monotonic() + REST_SECONDS
            self._at_work.release()
