"""What became of an account's labels last: the port ``LastChanges``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from bot.app.answering.why import LastChange
from bot.store.places import TABLES
from connector.cache.engine import Database

_CHANGE = TABLES["label_change"]


class SqlLastChanges:
    """Reads an account's changes, which are few, and keeps the last ones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, account_id: str) -> Mapping[str, LastChange]:
        """By segmentation."""
        columns = ("segmentation", "as_of", "old_label", "new_label", "baseline", "facts")
        query = select(*(_CHANGE.c[one] for one in columns)).where(_CHANGE.c.account_id == account_id)
        found: dict[str, list[Row[Any]]] = {}
        with self._database.reads.connect() as connection:
            for row in connection.execute(query.order_by(_CHANGE.c.id.desc())):
                found.setdefault(row.segmentation, []).append(row)
        return {name: _last(rows) for name, rows in found.items()}


def _last(newest_first: Sequence[Row[Any]]) -> LastChange:
    since = newest_first[0].as_of
    real = next((row for row in newest_first if not row.baseline), None)
    if real is None:
        return LastChange(since)
    why = tuple(str(sentence) for sentence in json.loads(real.facts).get("why", ()))
    return LastChange(since, real.as_of, real.old_label, real.new_label, why)
