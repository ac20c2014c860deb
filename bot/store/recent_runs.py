"""The newest runs, for App Home of an administrator."""

from __future__ import annotations

import json

from sqlalchemy import select

from bot.app.administration import RecentRun
from bot.store.tables import RunRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_RUN = table_of(RunRow)
_SHOWN = ("segmentation", "cause", "started_at", "finished_at", "status", "accounts", "changed", "warnings")


class SqlRuns:
    """The port ``Runs``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, limit: int) -> tuple[RecentRun, ...]:
        """The newest runs, newest first."""
        columns = [_RUN.c[one] for one in _SHOWN]
        with self._database.reads.begin() as connection:
            rows = connection.execute(select(*columns).order_by(_RUN.c.id.desc()).limit(limit)).mappings()
            return tuple(
                RecentRun(**{**row, "warnings": len(json.loads(row["warnings"] or "[]"))}) for row in rows
            )
