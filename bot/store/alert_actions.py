"""What people did about alerts, in the database: who was first, what follows from it, and how it is told.

What is done, the line about it in the alert's thread, the message to the person whom it was given to and the
job that writes to the CRM are one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from bot.app.acting import (
    ACKNOWLEDGE,
    ASSIGN,
    CAN_BE_ACKNOWLEDGED,
    CAN_BE_GIVEN,
    NOT_AT_RISK,
    NOTE,
    OPEN,
    OWNER,
    SNOOZE,
    TASK,
    TaskWish,
)
from bot.app.acting_ports import Assigned
from bot.app.acting_writes import KIND as WRITE_JOB
from bot.app.alert_addresses import PERSON
from bot.app.notices import AlertNotice
from bot.app.people import Person
from bot.app.ports import Clock
from bot.app.scoring_ports import NewMessage
from bot.store.alert_records import SqlAlertRecords
from bot.store.alert_standing import new_reference, own_message, tell
from bot.store.dialect import insert_or
from bot.store.outbox import put
from bot.store.tables import AlertActionRow, AlertRow, JobRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_ACTION = table_of(AlertActionRow)
_ALERT = table_of(AlertRow)
_JOB = table_of(JobRow)


@dataclass(frozen=True, slots=True)
class _Action:
    """An action to be kept."""

    alert_id: int
    kind: str
    key: str
    by: Person
    details: Mapping[str, Any] = field(default_factory=dict)
    state: str = "done"


class SqlAlertActions:
    """The port ``AlertActions``."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        new_reference: Callable[[], str] = new_reference,
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = SqlAlertRecords(database, clock)
        self._new_reference = new_reference

    def notice(self, alert_id: int) -> AlertNotice | None:
        """The alert as it stands now, with what was done about it; None when there is no such alert."""
        return self._records.notice(alert_id)

    def acknowledge(self, alert_id: int, by: Person) -> bool:
        """Take note of an open or resting alert; False when somebody was first."""
        action = self._action(alert_id, ACKNOWLEDGE, by)
        return self._take(action, CAN_BE_ACKNOWLEDGED, state="acknowledged", snoozed_until=None)

    def snooze(self, alert_id: int, by: Person, until: datetime) -> bool:
        """Put an open alert to rest; False when it is not open."""
        action = self._action(alert_id, SNOOZE, by, due=until.date().isoformat())
        return self._take(action, (OPEN,), state="snoozed", snoozed_until=until)

    def dismiss(self, alert_id: int, by: Person, reason: str, said: str) -> bool:
        """Say that it is none, and why; False when somebody was first."""
        action = self._action(alert_id, NOT_AT_RISK, by, reason=reason, said=said)
        return self._take(action, CAN_BE_GIVEN, state=NOT_AT_RISK, snoozed_until=None)

    def assign(self, alert_id: int, by: Person, assigned: Assigned) -> bool:
        """Give it to somebody; False when it was given meanwhile, or cannot be given any more."""
        wish = assigned.wish
        details = {"whom": wish.whom, "to": assigned.name}
        action = _Action(alert_id, ASSIGN, f"{ASSIGN}:{alert_id}:{wish.seen}", by, details)
        with self._database.writes.begin() as connection:
            if not self._is_next(connection, action, wish.seen):
                return False
            number = self._keep(connection, action)
            if number is None:
                return False
            mine = update(_ALERT).where(_ALERT.c.id == alert_id)
            connection.execute(mine.values(assignee_id=wish.whom))
            if wish.whom != by.crm_user_id:
                self._tell_them(connection, action, number)
            if wish.owner:
                given = replace(action, kind=OWNER, key=f"{OWNER}:{number}", state="waiting")
                self._keep(connection, given)
        return True

    def ask_task(self, alert_id: int, by: Person, wish: TaskWish, name: str) -> bool:
        """Keep that the CRM is to have a task; False when somebody has asked for one meanwhile."""
        due = wish.due.isoformat() if wish.due else None
        details = {"whom": wish.whom, "to": name, "said": wish.subject, "due": due}
        action = _Action(alert_id, TASK, f"{TASK}:{alert_id}:{wish.seen}", by, details, "waiting")
        with self._database.writes.begin() as connection:
            is_next = self._is_next(connection, action, wish.seen, (*CAN_BE_GIVEN, NOT_AT_RISK))
            return is_next and self._keep(connection, action) is not None

    def ask_note(self, alert_id: int, by: Person, text: str, form: str) -> bool:
        """Keep that the CRM is to have a note; False when that form was sent before."""
        key = f"{NOTE}:{alert_id}:{form[:100]}"
        action = _Action(alert_id, NOTE, key, by, {"said": text}, "waiting")
        with self._database.writes.begin() as connection:
            return self._keep(connection, action) is not None

    def latest(self, alert_id: int, kind: str) -> int:
        """The number of the newest action of a kind; 0 when there is none."""
        with self._database.reads.begin() as connection:
            return _latest(connection, alert_id, kind)

    def _action(self, alert_id: int, kind: str, by: Person, **details: Any) -> _Action:
        """An action of which the alert's own state is the referee: the key only has to be its own."""
        return _Action(alert_id, kind, f"{kind}:{alert_id}:{self._new_reference()}", by, details)

    def _take(self, action: _Action, states: tuple[str, ...], **values: Any) -> bool:
        with self._database.writes.begin() as connection:
            changed = connection.execute(
                update(_ALERT)
                .where(_ALERT.c.id == action.alert_id, _ALERT.c.state.in_(states))
                .values(acted_by=action.by.name, acted_at=self._clock.now(), **values)
            )
            return changed.rowcount == 1 and self._keep(connection, action) is not None

    def _is_next(
        self, connection: Connection, action: _Action, seen: int, states: tuple[str, ...] = CAN_BE_GIVEN
    ) -> bool:
        """Whether the person knew of the newest one; of two who did, the key lets one be first."""
        state = connection.execute(select(_ALERT.c.state).where(_ALERT.c.id == action.alert_id)).scalar()
        return state in states and _latest(connection, action.alert_id, action.kind) == seen

    def _keep(self, connection: Connection, action: _Action) -> int | None:
        """Keep an action with all that follows from it; None when its key is there already."""
        account = connection.execute(
            select(_ALERT.c.account_id).where(_ALERT.c.id == action.alert_id)
        ).scalar()
        if account is None:
            return None
        now = self._clock.now()
        values = {
            "key": action.key,
            "alert_id": action.alert_id,
            "account_id": account,
            "kind": action.kind,
            "actor": action.by.slack_id,
            "actor_name": action.by.name,
            "at": now,
            "details": json.dumps(action.details, ensure_ascii=False),
            "state": action.state,
            "reference": f"BW-{self._new_reference()}",
            "attempts": 0,
        }
        number: int | None = connection.execute(
            insert_or(connection.dialect.name, _ACTION)
            .values(values)
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(_ACTION.c.id)
        ).scalar()
        if number is not None and action.state == "waiting":
            enqueue_write(connection, number, now)
        elif number is not None:
            tell(connection, number, now)
        return number

    def _tell_them(self, connection: Connection, action: _Action, number: int) -> None:
        """The message to the person whom it was given to: a copy of the alert, with buttons of its own."""
        own = own_message(connection, action.alert_id)
        if own is None:
            return
        copied = {
            one: value for one, value in own.payload.items() if one not in ("thread", "broadcast", "mention")
        }
        copied |= {
            "alert_id": action.alert_id,
            "copy": True,
            "note": f"{action.by.name} gave this to you.",
            "otherwise": own.channel,
        }
        address = f"{PERSON}{action.details['whom']}"
        message = NewMessage(f"given:{number}", "alert", address, copied, action.alert_id, None, own.route)
        put(connection, message, self._clock.now())


def _latest(connection: Connection, alert_id: int, kind: str) -> int:
    newest = select(func.max(_ACTION.c.id)).where(_ACTION.c.alert_id == alert_id, _ACTION.c.kind == kind)
    return connection.execute(newest).scalar() or 0


def enqueue_write(connection: Connection, action_id: int, now: datetime) -> None:
    """The job that writes an action to the CRM."""
    values = {
        "kind": WRITE_JOB,
        "slot": f"action:{action_id}",
        "args": json.dumps({"action": action_id}),
        "state": "pending",
        "due_at": now,
        "attempts": 0,
        "created_at": now,
    }
    connection.execute(
        insert_or(connection.dialect.name, _JOB)
        .values(values)
        .on_conflict_do_nothing(index_elements=["kind", "slot"])
    )
