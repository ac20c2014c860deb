"""What the CRM has to be told, in the database."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import func, or_, select, update

from bot.app.acting import CrmUserName
from bot.app.acting_ports import CrmWrite
from bot.app.ports import Clock
from bot.store.account_notes import NO_ALERT, tell_asker
from bot.store.alert_standing import tell
from bot.store.tables import AlertActionRow
from connector.cache.engine import Database
from connector.cache.tables import UserRow, table_of

_ACTION = table_of(AlertActionRow)
_USER = table_of(UserRow)
LONGEST_WHY = 500


class SqlCrmWrites:
    """The port ``CrmWrites``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, action_id: int) -> CrmWrite | None:
        """Note that it is attempted; None when it is done, or refused."""
        with self._database.writes.begin() as connection:
            row = (
                connection.execute(
                    update(_ACTION)
                    .where(_ACTION.c.id == action_id, _ACTION.c.state == "waiting")
                    .values(attempts=_ACTION.c.attempts + 1)
                    .returning(_ACTION)
                )
                .mappings()
                .first()
            )
        if row is None:
            return None
        return CrmWrite(
            id=row["id"],
            kind=row["kind"],
            account_id=row["account_id"],
            by=row["actor_name"],
            at=row["at"],
            details=json.loads(row["details"]),
            reference=row["reference"],
            attempts=row["attempts"],
            actor=row["actor"],
        )

    def written(self, action_id: int, crm_id: str) -> None:
        """It stands in the CRM."""
        self._settle(action_id, state="done", crm_id=crm_id)

    def refused(self, action_id: int, why: str) -> None:
        """The CRM will never take it."""
        self._settle(action_id, state="refused", last_error=why[:LONGEST_WHY])

    def _settle(self, action_id: int, **values: Any) -> None:
        with self._database.writes.begin() as connection:
            changed = connection.execute(
                update(_ACTION)
                .where(_ACTION.c.id == action_id, _ACTION.c.state == "waiting")
                .values(**values)
                .returning(_ACTION)
            )
            row = changed.mappings().first()
            if row is not None and row["alert_id"] == NO_ALERT:
                tell_asker(connection, row, self._clock.now())
            elif row is not None:
                tell(connection, action_id, self._clock.now())


class SqlCrmPeople:
    """The port ``CrmPeople``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def named(self, user_id: str) -> CrmUserName | None:
        """The user with this id; None when there is none who is active."""
        query = select(_USER.c.id, _USER.c.name, _USER.c.email).where(_USER.c.id == user_id, _USER.c.active)
        with self._database.reads.begin() as connection:
            row = connection.execute(query).first()
        return None if row is None else CrmUserName(row.id, row.name or row.email or row.id)

    def like(self, text: str, limit: int) -> tuple[CrmUserName, ...]:
        """Users whose name or e-mail has this text in it, by name; all for an empty text."""
        wanted = text.strip().lower()
        query = select(_USER.c.id, _USER.c.name, _USER.c.email).where(_USER.c.active)
        if wanted:
            has = [func.lower(one).contains(wanted, autoescape=True) for one in (_USER.c.name, _USER.c.email)]
            query = query.where(or_(*has))
        with self._database.reads.begin() as connection:
            rows = connection.execute(query.order_by(func.lower(_USER.c.name), _USER.c.id).limit(limit)).all()
        return tuple(CrmUserName(row.id, row.name or row.email or row.id) for row in rows)
