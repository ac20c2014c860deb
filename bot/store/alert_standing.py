"""How an alert stands: what was done about it, where its messages stand, and the lines in their threads."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from bot.app.acting import ACKNOWLEDGE, ASSIGN, NOT_AT_RISK, SNOOZE
from bot.app.notices import Deed
from bot.app.ports import Posted
from bot.app.scoring_ports import NewMessage
from bot.store.outbox import put
from bot.store.tables import AlertActionRow, AlertRow, OutboxRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_ACTION = table_of(AlertActionRow)
_ALERT = table_of(AlertRow)
_OUTBOX = table_of(OutboxRow)
_STATE = ("state", "acted_by", "acted_at", "snoozed_until")
_IN_STATE = (ACKNOWLEDGE, SNOOZE)  # what the alert's own state says
HISTORY = "alert_history"  # the kind of message


@dataclass(frozen=True, slots=True)
class Standing:
    """What was done about an alert. ``earlier``: why an earlier one of the account was said to be none."""

    assignee: str | None
    deeds: tuple[Deed, ...]
    earlier: Deed | None


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message of an alert in Slack."""

    channel: str
    ts: str
    payload: Mapping[str, Any]
    route: str | None

    @property
    def thread_ts(self) -> str:
        """Of the thread that it stands in, or that it begins."""
        thread = self.payload.get("thread") or {}
        return str(thread["ts"]) if thread.get("channel") == self.channel else self.ts


def new_reference() -> str:
    """A mark of its own for an action."""
    return secrets.token_hex(8)


def standing(connection: Connection, alert_id: int) -> Standing:
    """What was done about an alert."""
    mine = select(_ACTION).where(_ACTION.c.alert_id == alert_id, _ACTION.c.kind.not_in(_IN_STATE))
    deeds = [_deed(row) for row in connection.execute(mine.order_by(_ACTION.c.id)).mappings()]
    given = [one.to for one in deeds if one.kind == ASSIGN]
    return Standing(given[-1] if given else None, tuple(deeds), _earlier(connection, alert_id))


def own_message(connection: Connection, alert_id: int) -> SentMessage | None:
    """The alert's first message; None while nothing is sent."""
    return next(sent_messages(connection, alert_id), None)


def sent_messages(connection: Connection, alert_id: int) -> Iterator[SentMessage]:
    """Every message of the alert that stands in Slack: its own first, then copies."""
    columns = (_OUTBOX.c.slack_channel, _OUTBOX.c.slack_ts, _OUTBOX.c.payload, _OUTBOX.c.route)
    sent = select(*columns).where(
        _OUTBOX.c.alert_id == alert_id, _OUTBOX.c.kind == "alert", _OUTBOX.c.state == "sent"
    )
    for row in connection.execute(sent.order_by(_OUTBOX.c.id)).all():
        if row.slack_channel and row.slack_ts:
            yield SentMessage(row.slack_channel, row.slack_ts, json.loads(row.payload), row.route)


def tell(connection: Connection, action_id: int, now: datetime) -> None:
    """A line about an action in the thread of each of the alert's messages; each is drawn again with it."""
    row = connection.execute(select(_ACTION).where(_ACTION.c.id == action_id)).mappings().one()
    deed = _deed(row).as_payload()
    for at, message in enumerate(sent_messages(connection, row["alert_id"])):
        payload = {
            "deed": deed,
            "alert_id": row["alert_id"],
            "place": {"channel": message.channel, "ts": message.ts},
            "thread": {"channel": message.channel, "ts": message.thread_ts},
        }
        key = f"deed:{action_id}:{row['state']}:{at}"
        put(connection, NewMessage(key, HISTORY, message.channel, payload), now)


class SqlAlertStanding:
    """The port ``AlertStanding``: what messages say at the time when they are drawn."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def as_now(self, alert_id: int) -> Mapping[str, Any]:
        """The values that change with what people do; empty when there is no such alert."""
        with self._database.reads.begin() as connection:
            return _as_now(connection, alert_id)

    def drawn_at(self, alert_id: int, place: Posted) -> Mapping[str, Any] | None:
        """All values of the alert's message at a place; None when none stands there."""
        with self._database.reads.begin() as connection:
            for message in sent_messages(connection, alert_id):
                if (message.channel, message.ts) == (place.channel, place.ts):
                    return {**message.payload, **_as_now(connection, alert_id), "alert_id": alert_id}
        return None


def _as_now(connection: Connection, alert_id: int) -> Mapping[str, Any]:
    columns = [_ALERT.c[one] for one in _STATE]
    row = connection.execute(select(*columns).where(_ALERT.c.id == alert_id)).mappings().first()
    if row is None:
        return {}
    now = standing(connection, alert_id)
    state = {one: value.isoformat() if isinstance(value, datetime) else value for one, value in row.items()}
    return {
        **state,
        "assignee": now.assignee,
        "deeds": [one.as_payload() for one in now.deeds],
        "earlier": now.earlier.as_payload() if now.earlier else None,
    }


def _earlier(connection: Connection, alert_id: int) -> Deed | None:
    account = select(_ALERT.c.account_id).where(_ALERT.c.id == alert_id).scalar_subquery()
    before = select(_ACTION).where(
        _ACTION.c.account_id == account, _ACTION.c.kind == NOT_AT_RISK, _ACTION.c.alert_id < alert_id
    )
    row = connection.execute(before.order_by(_ACTION.c.id.desc()).limit(1)).mappings().first()
    return None if row is None else _deed(row)


def _deed(row: RowMapping) -> Deed:
    details = json.loads(row["details"])
    due = details.get("due")
    return Deed(
        kind=row["kind"],
        by=row["actor_name"],
        at=row["at"],
        to=details.get("to") or "",
        said=details.get("said") or "",
        due=date.fromisoformat(due) if due else None,
        state=row["state"],
        why=(row["last_error"] or "") if row["state"] == "refused" else "",
    )
