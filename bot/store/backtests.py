"""Back-tests that were made: the port ``Backtests``."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import delete, insert, select

from bot.app.backtesting import Made
from bot.store.places import TABLES
from connector.cache.engine import Database
from scoring.backtest.results import backtest_from

KEEP = timedelta(days=400)
_BACKTEST = TABLES["backtest"]


class SqlBacktests:
    """The table ``backtest``: one row for a segmentation and day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, made: Made) -> None:
        """In the place of one of the same segmentation and day; those of a year ago are forgotten."""
        name = made.backtest.segmentation
        same = (_BACKTEST.c.segmentation == name) & (_BACKTEST.c.as_of == made.as_of)
        values = {
            "segmentation": name,
            "technique": made.backtest.technique,
            "as_of": made.as_of,
            "made_at": made.made_at,
            "body": json.dumps(made.backtest.as_json(), ensure_ascii=False, allow_nan=False),
        }
        with self._database.writes.begin() as connection:
            connection.execute(delete(_BACKTEST).where(same | (_BACKTEST.c.as_of < made.as_of - KEEP)))
            connection.execute(insert(_BACKTEST).values(values))

    def last(self, technique: str | None, segmentation: str | None) -> Made | None:
        """The newest one."""
        statement = select(_BACKTEST).order_by(_BACKTEST.c.made_at.desc(), _BACKTEST.c.id.desc()).limit(1)
        if technique is not None:
            statement = statement.where(_BACKTEST.c.technique == technique)
        if segmentation is not None:
            statement = statement.where(_BACKTEST.c.segmentation == segmentation)
        with self._database.reads.begin() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else Made(row.as_of, row.made_at, backtest_from(json.loads(row.body)))
