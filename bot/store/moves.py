"""Label changes of late, for App Home."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from bot.app.answers import LabelMove
from bot.app.scope import seeing
from bot.app.services import MovedAccount
from bot.store.seen_accounts import is_seen
from bot.store.tables import LabelChangeRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, table_of

_change = table_of(LabelChangeRow)
_account = table_of(AccountRow)


class SqlMoves:
    """The port ``Moves``."""

    def __init__(self, database: Database, crm_url: Callable[[str], str | None]) -> None:
        self._database = database
        self._crm_url = crm_url

    def recent(self, owner_id: str, limit: int) -> tuple[MovedAccount, ...]:
        """The newest changes of the accounts of one owner; a baseline is no change."""
        statement = (
            select(
                _account.c.id, _account.c.name, _change.c.changed_at, _change.c.old_label, _change.c.new_label
            )
            .join(_account, _account.c.id == _change.c.account_id)
            .where(
                _account.c.owner_id == owner_id,
                _change.c.baseline.is_(False),
                is_seen(seeing(), self._database.dialect),
            )
            .order_by(_change.c.changed_at.desc(), _change.c.id.desc())
            .limit(limit)
        )
        with self._database.reads.begin() as connection:
            return tuple(
                MovedAccount(
                    row.id,
                    row.name or row.id,
                    LabelMove(row.changed_at, row.old_label, row.new_label),
                    self._crm_url(row.id),
                )
                for row in connection.execute(statement)
            )
