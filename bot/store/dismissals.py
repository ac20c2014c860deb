"""Dismissals in the database: what is not to be offered to whom, who said so, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from bot.app.offers import Dismissal
from bot.store.places import TABLES
from connector.cache.engine import Database
from connector.cache.statements import upsert
from scoring.recommendations.config import DISMISSAL_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

_DISMISSAL, _TOUCHED = TABLES["dismissal"], TABLES["touched_account"]


def read_dismissals(connection: Connection) -> pd.DataFrame:
    """All of them, with the columns of ``DISMISSAL_COLUMNS``."""
    columns = [_DISMISSAL.c[name] for name in DISMISSAL_COLUMNS]
    keys = (_DISMISSAL.c.account_id, _DISMISSAL.c.product_id)
    rows: Sequence[tuple[object, ...]] = [
        tuple(row) for row in connection.execute(select(*columns).order_by(*keys))
    ]
    import pandas as pd

    return pd.DataFrame(rows, columns=list(DISMISSAL_COLUMNS))


class SqlDismissals:
    """The port ``Dismissals``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, dismissal: Dismissal, at: datetime) -> None:
        """Keep one, in the place of an earlier one of the same pair, and have the account scored again."""
        values = {name: getattr(dismissal, name) for name in Dismissal.__dataclass_fields__}
        touched = {"account_id": dismissal.account_id, "touched_at": at}
        with self._database.writes.begin() as connection:
            for table, row in ((_DISMISSAL, values), (_TOUCHED, touched)):
                connection.execute(upsert(table, connection.dialect.name, frozenset(row)), row)
