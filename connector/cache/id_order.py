"""The CRM's order of ids in SQL: numbers written as text, so a longer one is greater."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, or_, select, true

from connector.cache.record_tables import RecordTable


def ids_between(kept: RecordTable, after: str | None, until: str | None) -> Select[str | None]:
    """The ids held in a range (``after`` excluded, ``until`` included) with blanks between them, unordered.

    One text: row by row SQLite would have Python's lock let go and got again for each id.
    """
    if after is None or until is None or len(after) != len(until):
        column = kept.table.c.id
        return _together(column).where(kept.mine, in_range(column, after, until))
    values = {"after": after, "until": until, "digits": len(after)}
    return _between_ids_of_one_length(kept).params(**values)


@lru_cache(maxsize=100)
def _between_ids_of_one_length(kept: RecordTable) -> Select[str | None]:
    """The usual case, by the index. To build the statement would take longer than what it does."""
    column = kept.table.c.id
    within = (column > bindparam("after"), column <= bindparam("until"))
    return _together(column).where(kept.mine, *within, func.length(column) == bindparam("digits"))


def _together(column: ColumnElement[str]) -> Select[str | None]:
    return select(func.aggregate_strings(column, " "))


def in_order(ids: Iterable[str]) -> tuple[str, ...]:
    """Ascending."""
    return tuple(sorted(sorted(ids), key=len))


def in_range(column: ColumnElement[str], after: str | None, until: str | None) -> ColumnElement[bool]:
    """Whether an id lies in the range."""
    length = func.length(column)
    conditions: list[ColumnElement[bool]] = [true()]
    if after is not None:
        conditions.append(or_(length > len(after), and_(length == len(after), column > after)))
    if until is not None:
        conditions.append(or_(length < len(until), and_(length == len(until), column <= until)))
    return and_(*conditions)


def boundaries(connection: Connection, kept: RecordTable, parts: int) -> Iterator[str]:
    """The last id of each part but the last one, ascending. Walks once over the index of the ids."""
    column, length = kept.table.c.id, func.length(kept.table.c.id)
    lengths = [
        tuple(row)
        for row in connection.execute(
            select(length, func.count()).where(kept.mine).group_by(length).order_by(length)
        )
    ]
    total, before = sum(rows for _, rows in lengths), 0
    ranks = list(dict.fromkeys(total * part // parts for part in range(1, parts)))
    for digits, rows in lengths:
        place, last = before, None
        for rank in (one for one in ranks if before < one <= before + rows):
            # From one to the next, not from the first: an offset is counted out row by row.
            further = select(column).where(kept.mine, length == digits)
            further = further if last is None else further.where(column > last)
            last = connection.execute(further.order_by(column).offset(rank - place - 1).limit(1)).scalar_one()
            place = rank
            yield last
        before += rows
