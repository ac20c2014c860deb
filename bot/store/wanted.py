"""The scores of every account, page by page: for writing them back."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, select

from bot.app.write_back import ScoreLine
from bot.store.tables import ScoreRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

LINES_AT_ONCE = 2_000
_SCORE = table_of(ScoreRow)


def score_lines(database: Database) -> Iterator[ScoreLine]:
    """Every score, those of one account together; memory is bounded by a page, no transaction stays open.

    Each segmentation is read along the primary key, and they are merged here: by account alone the database
    would sort the whole table for every page.
    """
    with database.reads.connect() as connection:
        names = list(connection.execute(select(_SCORE.c.segmentation).distinct()).scalars())
    return merge(*(_lines(database, name) for name in sorted(names)), key=attrgetter("account_id"))


def page_of(segmentation: str, after: str) -> Select[Any]:
    """A page of one segmentation's lines, by account."""
    columns = [_SCORE.c[name] for name in ScoreLine.__dataclass_fields__]
    return (
        select(*columns)
        .where(_SCORE.c.segmentation == segmentation, _SCORE.c.account_id > after)
        .order_by(_SCORE.c.account_id)
        .limit(LINES_AT_ONCE)
    )


def _lines(database: Database, segmentation: str) -> Iterator[ScoreLine]:
    after = ""
    while True:
        with database.reads.connect() as connection:
            lines = [ScoreLine(*row) for row in connection.execute(page_of(segmentation, after))]
        yield from lines
        if len(lines) < LINES_AT_ONCE:
            return
        after = lines[-1].account_id
