"""Notes to accounts that no alert is about: kept with the job that writes them, told to who asked for them.

They are actions like those on alerts (``bot.store.alert_actions``), of alert number 0, which there is not: so
the same job writes them, with the same care for a lost answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping

from bot.app.acting import NOTE
from bot.app.alert_addresses import PERSON
from bot.app.people import Person
from bot.app.ports import Clock, NamedAccount
from bot.app.scoring_ports import NewMessage
from bot.store.alert_actions import enqueue_write
from bot.store.alert_standing import new_reference
from bot.store.dialect import insert_or
from bot.store.outbox import put
from bot.store.tables import AlertActionRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

NO_ALERT: Final = 0
_ACTION = table_of(AlertActionRow)


class SqlAccountNotes:
    """The port ``KeptNotes``."""

    def __init__(
        self, database: Database, clock: Clock, new_reference: Callable[[], str] = new_reference
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_reference = new_reference

    def keep(self, account: NamedAccount, by: Person, text: str, form: str) -> bool:
        """Keep that the CRM is to have a note; False when that form was sent before."""
        now = self._clock.now()
        details = {"said": text, "account": account.name, "asked_by": by.crm_user_id}
        values = {
            "key": f"{NOTE}:account:{form[:100]}",
            "alert_id": NO_ALERT,
            "account_id": account.id,
            "kind": NOTE,
            "actor": by.slack_id,
            "actor_name": by.name,
            "at": now,
            "details": json.dumps(details, ensure_ascii=False),
            "state": "waiting",
            "reference": f"BW-{self._new_reference()}",
            "attempts": 0,
        }
        with self._database.writes.begin() as connection:
            number = connection.execute(
                insert_or(connection.dialect.name, _ACTION)
                .values(values)
                .on_conflict_do_nothing(index_elements=["key"])
                .returning(_ACTION.c.id)
            ).scalar()
            if number is None:
                return False
            enqueue_write(connection, number, now)
        return True


def tell_asker(connection: Connection, row: RowMapping, now: datetime) -> None:
    """A message to the person who asked for a note: that it stands in the CRM, or why it does not."""
    details = json.loads(row["details"])
    if not details.get("asked_by"):
        return
    name = details.get("account") or row["account_id"]
    if row["state"] == "refused":
        said = f"⚠ The CRM did not take your note to {name}: {row['last_error'] or 'it gave no reason'}"
    else:
        said = f"📝 Your note to {name} stands in the CRM."
    key = f"note:{row['id']}:{row['state']}"
    put(connection, NewMessage(key, "text", f"{PERSON}{details['asked_by']}", {"text": said}), now)
