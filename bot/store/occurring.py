"""The values that occur in an indexed column, each by one look into the index behind the one before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, select

from bot.store.places import ACCOUNT, SCORE


def occurring(
    connection: Connection, column: ColumnElement[str], *given: ColumnElement[bool]
) -> tuple[str, ...]:
    """Every text in a column, once, in the order of the index; neither NULL nor the empty one.

    PostgreSQL and, without statistics, SQLite would read every row for a DISTINCT.

    Args:
        connection: to the database.
        column: the column behind those that ``given`` fixes, or the first, of an index.
        given: conditions that fix the columns before it.
    """

    def next_after(value: ColumnElement[str]) -> Select[Any]:
        # One bound alone: with another one beside it SQLite begins at the wrong one and reads every row.
        return select(func.min(column).label("value")).where(and_(column > value, *given))

    found = next_after(literal("")).cte("found", recursive=True)
    later = next_after(found.c.value).correlate(found).scalar_subquery()
    found = found.union_all(select(later).where(found.c.value.is_not(None)))
    rows = connection.execute(select(found.c.value).where(found.c.value.is_not(None)))
    return tuple(rows.scalars())


def spellings(connection: Connection, sources: set[str], segmentation: str) -> dict[str, tuple[str, ...]]:
    """By ``Field.source`` the values of those fields among these that an index finds.

    Args:
        connection: to the database.
        sources: of the fields that are asked for.
        segmentation: whose label ``score.label`` is.
    """
    places: dict[str, tuple[ColumnElement[Any], tuple[ColumnElement[bool], ...]]] = {
        "account.industry": (ACCOUNT.c.industry, ()),
        "account.country": (ACCOUNT.c.country, ()),
        "score.label": (SCORE.c.label, (SCORE.c.segmentation == segmentation,)),
    }
    return {
        source: occurring(connection, column, *given)
        for source, (column, given) in places.items()
        if source in sources
    }
