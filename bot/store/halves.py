"""A long query by account in two parts at once, on SQLite, which uses one processor for each connection.

Two threads would not do: SQLite counts its memory behind one lock, and a query that writes texts waits for
it at every one. So the second part is read by a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    func,
    select,
    text,
    true,
    union_all,
)

from bot.store.frames import WHOLE, Rows, as_one_text, written_rows
from bot.store.places import ACCOUNT as _ACCOUNT

# With fewer accounts the second process costs more than it saves.
FEWEST_ACCOUNTS = 50_000
# The other process begins at once; this one reads which accounts there are before it begins.
HERE_PERCENT = 43
LOOKED_AT = 1_000  # rows, to find where half of them are: to some 2 in 100
PROGRAM = (sys.executable, "-m", "bot.store.elsewhere")
_AT_EVEN_DISTANCES = """
    WITH RECURSIVE
      far(last, step) AS (SELECT max(rowid), max(1, max(rowid) / :number) FROM {table}),
      place(at) AS (
        SELECT 1 FROM far WHERE last >= 1
        UNION ALL SELECT at + step FROM place, far WHERE at + step <= last),
      found(account) AS (
        SELECT (SELECT {account} FROM {table} WHERE rowid >= at ORDER BY rowid LIMIT 1) FROM place)
    SELECT account FROM found WHERE account IS NOT NULL"""
OURS = "bw_"  # functions that only the product's own connections know begin so


class UnderWay:
    """A query of which another process reads a part already, if that pays."""

    def __init__(
        self,
        connection: Connection,
        statement: Select[Any],
        account: ColumnElement[Any],
        without: Sequence[str],
    ) -> None:
        self._connection, self._statement = connection, statement
        self._here = _pieces(account, without)
        self._above: list[ColumnElement[bool]] = []
        self._other: subprocess.Popen[bytes] | None = None
        self._begin(account, without)

    def _begin(self, account: ColumnElement[Any], without: Sequence[str]) -> None:
        if self._connection.dialect.name == "postgresql":
            return
        every = select(func.count()).select_from(_ACCOUNT)
        accounts = self._connection.execute(every).scalar_one()
        if accounts < FEWEST_ACCOUNTS:
            return
        middle = _dividing(self._connection, account, without) or _middle(self._connection, accounts)
        above = _pieces(account, without, since=middle)
        question = _question(self._connection, _together(self._statement, above))
        if question is None:
            return
        self._above, self._here = above, _pieces(account, without, before=middle)
        self._other = _asked_elsewhere(question)

    def rows(self) -> list[bytes]:
        """The rows, in one part or two. Once only.

        Raises:
            sqlalchemy.exc.DBAPIError: a sum beyond 64 bits.
        """
        found = [self._read(self._here)]
        if self._above:
            other, self._other = self._other, None
            upper = None if other is None else other.communicate()[0]
            if other is None or upper is None or other.returncode != 0:
                # There is no second process to be had: it takes longer, that is all.
                upper = self._read(self._above)
            found.append(upper)
        return found

    def _read(self, pieces: Sequence[ColumnElement[bool]]) -> bytes:
        return written_rows(self._connection, _together(self._statement, pieces))

    def end(self) -> None:
        """Whatever became of it, nobody reads any more."""
        if self._other is not None:
            self._other.kill()
            self._other.communicate()


@contextmanager
def in_parts(
    connection: Connection,
    statement: Select[Any],
    account: ColumnElement[Any],
    without: Sequence[str] = (),
) -> Iterator[UnderWay]:
    """A query that another process begins to read while this one still has something else to read.

    Its part is read as it stands committed: this is for tables that the connection's own transaction does
    not write, while it holds the lock that keeps others from scoring.

    Args:
        connection: in the transaction of a run.
        statement: a row for each account.
        account: its column.
        without: accounts that are not asked for; on SQLite, where their rows are not even walked over.
    """
    begun = UnderWay(connection, statement, account, without)
    try:
        yield begun
    finally:
        begun.end()


def _pieces(
    account: ColumnElement[Any],
    without: Sequence[str],
    *,
    since: str | None = None,
    before: str | None = None,
) -> list[ColumnElement[bool]]:
    """The ranges of accounts between those that are left out; each end is one comparison for the index."""
    left_out = sorted(one for one in without if (since or "") <= one and (before is None or one < before))
    starts = [true() if since is None else account >= since, *(account > one for one in left_out)]
    ends = [*(account < one for one in left_out), true() if before is None else account < before]
    return [and_(start, end) for start, end in zip(starts, ends, strict=True)]


def _together(statement: Select[Any], pieces: Sequence[ColumnElement[bool]]) -> Rows:
    some = [statement.where(one) for one in pieces]
    return some[0] if len(some) == 1 else union_all(*some)


def _dividing(connection: Connection, account: ColumnElement[Any], without: Sequence[str] = ()) -> str | None:
    """The account before which our part of a table's rows is; None where the rows are not a table's.

    The account in the middle will not do: a few have most of the rows. The rows that are looked at stand at
    even distances from one another.
    """
    table = account.table if isinstance(account, Column) else None
    if not isinstance(table, Table):
        return None
    looked = text(_AT_EVEN_DISTANCES.format(account=account.name, table=table.name))
    left_out = set(without)
    rows = connection.execute(looked, {"number": LOOKED_AT}).scalars()
    found = sorted(one for one in rows if one not in left_out)
    return str(found[len(found) * HERE_PERCENT // 100]) if found else None


def _middle(connection: Connection, accounts: int) -> str:
    """The account that stands in that place among so many, however many rows each has."""
    at = accounts * HERE_PERCENT // 100
    found = connection.execute(select(_ACCOUNT.c.id).order_by(_ACCOUNT.c.id).limit(1).offset(at))
    return str(found.scalar_one())


def _asked_elsewhere(question: bytes) -> subprocess.Popen[bytes] | None:
    """The process that answers; None when there can be none."""
    pipe = subprocess.PIPE
    try:
        other = subprocess.Popen(PROGRAM, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)  # noqa: S603
    except OSError:
        return None
    if other.stdin is not None:
        with suppress(BrokenPipeError):
            other.stdin.write(question)
        with suppress(BrokenPipeError):
            other.stdin.close()
        other.stdin = None  # so that it is not written to again
    return other


def _question(connection: Connection, statement: Rows) -> bytes | None:
    """A query with its values, as the other process reads it; None where it needs more than SQLite has."""
    file = connection.engine.url.database
    compiled = as_one_text(statement).compile(connection, compile_kwargs=WHOLE)
    if not file or OURS in str(compiled):
        return None
    values = compiled.construct_params()
    ordered = [values[name] for name in getattr(compiled, "positiontup", None) or ()]
    written = [one.isoformat() if isinstance(one, date) else one for one in ordered]
    return json.dumps({"file": file, "question": str(compiled), "values": written}).encode()
