"""Marks of the accounts whose rows change, and what the marks come to.

A look at the database sees certain marks. What was read into memory by a look that saw the same ones is what
the database has: marks are written in the transactions that change what they speak of, by triggers
(``bot.store.memory.triggers``), which ``watch`` makes. Whoever uses the marks looks whether all triggers are
there.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, func, insert, select

from bot.store.locks import take_turn
from bot.store.memory.tables import MemoryMarkRow
from bot.store.memory.triggers import TRIGGERS
from bot.store.watching import begin_to_watch
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, table_of

MARK, ACCOUNT = table_of(MemoryMarkRow), table_of(AccountRow)
KEPT_MARKS = 10_000  # with twice as many the older ones go; whoever has not seen them reads everything anew
FEWEST_ACCOUNTS = 5_000  # with fewer of them the database is quick enough, and nobody has to mark anything
Version = tuple[int, int, int]
Marks = Mapping[int, str | None]  # number -> account; None: many


class TooManyValues(Exception):
    """There are more different values than have a number."""


class StillChanging(Exception):
    """Something was written between two statements, each of which saw its own moment."""


def version(connection: Connection) -> Version | None:
    """What the marks come to: another value whenever something was marked. None where nobody marks.

    On PostgreSQL the ends alone would not do: a lower number may be seen after a higher one. SQLite's writers
    stand in line, so there are no gaps, and nothing has to be counted. None ever goes but the oldest.
    """
    if not are_watched(connection):
        return None
    ends = [select(func.coalesce(one(MARK.c.id), 0)).scalar_subquery() for one in (func.min, func.max)]
    if connection.dialect.name == "sqlite":
        first, last = connection.execute(select(*ends)).one()
        return last - first + 1 if last else 0, first, last
    count, first, last = connection.execute(select(func.count(), *ends).select_from(MARK)).one()
    return count, first, last


def version_of(marks: Marks) -> Version:
    """The same of these marks."""
    return len(marks), min(marks, default=0), max(marks, default=0)


def every_mark(connection: Connection) -> Marks:
    """The marks that this look sees."""
    rows = connection.execute(select(MARK.c.id, MARK.c.account))
    return {row.id: row.account for row in rows}


def marks_since(connection: Connection, known: frozenset[int], known_version: Version) -> Marks:
    """The marks that this look sees, with the account of those alone that are not known.

    Args:
        connection: of the look.
        known: numbers of marks that were seen before.
        known_version: what these came to.
    """
    now = version(connection)
    rows = connection.execute(select(MARK.c.id, MARK.c.account).where(MARK.c.id > known_version[2]))
    new = {row.id: row.account for row in rows}
    count, first, _last = known_version
    if now is None or (now[0], now[1]) != (count + len(new), first or min(new, default=0)):
        return every_mark(connection)  # some went, or a lower number came later
    return {**dict.fromkeys(known), **new}


def are_watched(connection: Connection) -> bool:
    """Whether changes are marked."""
    return TRIGGERS.are_made(connection)


def watch(database: Database, fewest: int = FEWEST_ACCOUNTS) -> None:
    """Make the triggers that are missing, and take old marks away.

    Where somebody writes on PostgreSQL for longer than is waited, both are left for the next time.

    Args:
        database: the deployment's.
        fewest: with fewer accounts nothing is marked.
    """
    with database.reads.connect() as connection:
        watched = are_watched(connection)
        if (
            not watched
            and connection.execute(select(func.count()).select_from(ACCOUNT)).scalar_one() < fewest
        ):
            return
        many = connection.execute(select(func.count()).select_from(MARK)).scalar_one()
    if not watched and not begin_to_watch(database, TRIGGERS, _mark_many):
        return
    if many < 2 * KEPT_MARKS:
        return
    with database.writes.begin() as connection:
        take_turn(connection, "memory marks")
        last = connection.execute(select(func.max(MARK.c.id))).scalar() or 0
        connection.execute(delete(MARK).where(MARK.c.id <= last - KEPT_MARKS))


def _mark_many(connection: Connection) -> None:
    """Nobody knows what happened before."""
    connection.execute(insert(MARK).values(account=None))
