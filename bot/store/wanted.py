"""The scores of every account, page by page: for writing them back."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from bot.app.write_back import ScoreLine
from bot.store.tables import ScoreRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

ACCOUNTS_AT_ONCE = 2_000
_SCORE = table_of(ScoreRow)


def score_lines(database: Database) -> Iterator[ScoreLine]:
    """Every score, those of one account together; memory is bounded by a page, no transaction stays open."""
    after = ""
    while True:
        lines = _page(database, after)
        yield from lines
        if not lines:
            return
        after = lines[-1].account_id


def _page(database: Database, after: str) -> list[ScoreLine]:
    ids = (
        select(_SCORE.c.account_id)
        .where(_SCORE.c.account_id > after)
        .distinct()
        .order_by(_SCORE.c.account_id)
        .limit(ACCOUNTS_AT_ONCE)
        .subquery()
    )
    columns = [_SCORE.c[name] for name in ScoreLine.__dataclass_fields__]
    statement = (
        select(*columns)
        .join(ids, ids.c.account_id == _SCORE.c.account_id)
        .order_by(_SCORE.c.account_id, _SCORE.c.segmentation)
    )
    with database.reads.connect() as connection:
        return [ScoreLine(*row) for row in connection.execute(statement)]
