"""What the clock does about alerts, in the database: held messages, and alerts that nobody has taken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, and_, cast, func, literal, select, update

from bot.app.alert_followups import HeldMessage, OpenAlert
from bot.app.alert_times import FollowUp, Waiting
from bot.app.facts import Concerned
from bot.app.ports import Posted
from bot.app.scoring_ports import NewMessage
from bot.store import raised_alerts
from bot.store.concerned import concerned
from bot.store.locks import writing_in_turn
from bot.store.outbox import put
from bot.store.tables import AlertRow, HeldBackRow, OutboxRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_ALERT = table_of(AlertRow)
_OUTBOX = table_of(OutboxRow)
_HELD_BACK = table_of(HeldBackRow)
MOST_AT_ONCE = 5_000  # messages; what is left is done the next time


@contextmanager
def alert_work(database: Database) -> Iterator[SqlAlertWork]:
    """One transaction; it takes its turn with the runs, which hold messages and withdraw them."""
    with writing_in_turn(database, "scoring") as connection:
        yield SqlAlertWork(connection)


@dataclass(frozen=True)
class SqlAlertWork:
    """The port ``AlertWork`` on one connection."""

    connection: Connection

    def held(self, now: datetime) -> Sequence[HeldMessage]:
        """Messages whose time has come."""
        query = select(_OUTBOX).where(_OUTBOX.c.state == "held", _OUTBOX.c.due_at <= now)
        rows = self.connection.execute(query.order_by(_OUTBOX.c.id).limit(MOST_AT_ONCE)).mappings()
        return [
            HeldMessage(
                row["id"],
                row["alert_id"],
                row["route"] or "",
                row["channel"],
                json.loads(row["payload"]),
                row["due_at"],
            )
            for row in rows
        ]

    def let_go(self, message: HeldMessage, payload: Mapping[str, Any], now: datetime) -> None:
        """A held message is due now."""
        text = json.dumps(payload, ensure_ascii=False)
        self.connection.execute(
            update(_OUTBOX)
            .where(_OUTBOX.c.id == message.id)
            .values(state="pending", due_at=now, payload=text)
        )

    def gather(self, messages: Sequence[HeldMessage], summary: NewMessage, now: datetime) -> None:
        """A summary takes their place."""
        put(self.connection, summary, now)
        ids = [one.id for one in messages]
        self.connection.execute(update(_OUTBOX).where(_OUTBOX.c.id.in_(ids)).values(state="superseded"))
        for alert_id in dict.fromkeys(one.alert_id for one in messages):
            if alert_id is not None:
                self._told_in_summary(alert_id)

    def _told_in_summary(self, alert_id: int) -> None:
        """Nothing can be done about it there, unless another message of it still goes out alone."""
        left = select(_OUTBOX.c.id, _OUTBOX.c.payload).where(
            _OUTBOX.c.alert_id == alert_id, _OUTBOX.c.state != "superseded"
        )
        rows = self.connection.execute(left.order_by(_OUTBOX.c.id)).all()
        if not rows:
            self.connection.execute(update(_ALERT).where(_ALERT.c.id == alert_id).values(state="digest"))
            return
        payloads = [(row.id, json.loads(row.payload)) for row in rows]
        if all(payload.get("copy") for _, payload in payloads):
            number, payload = payloads[0]
            text = json.dumps(payload | {"copy": False}, ensure_ascii=False)
            self.connection.execute(update(_OUTBOX).where(_OUTBOX.c.id == number).values(payload=text))

    def announce(self, route: str, place: str, key: str) -> Mapping[str, int]:
        """What was held back and not said yet."""
        return raised_alerts.announce(self.connection, route, place, key)

    def told_now(self, messages: Sequence[HeldMessage], key: str) -> None:
        """What these tell is held back no more."""
        alerts = [one.alert_id for one in messages if one.alert_id is not None]
        mine = select(_ALERT.c.change_id).where(_ALERT.c.id.in_(alerts))
        self.connection.execute(
            update(_HELD_BACK)
            .where(
                _HELD_BACK.c.route == messages[0].route,
                _HELD_BACK.c.change_id.in_(mine),
                _HELD_BACK.c.announced_in.is_(None),
            )
            .values(announced_in=key)
        )

    def open_alerts(self, routes: Sequence[str]) -> Sequence[OpenAlert]:
        """Alerts that stand in Slack and that nobody has taken."""
        own = _OUTBOX.alias("own")
        key = literal("alert:") + _ALERT.c.route + literal(":") + cast(_ALERT.c.change_id, String)
        sent = and_(_OUTBOX.c.alert_id == _ALERT.c.id, _OUTBOX.c.kind == "alert")
        since = select(func.min(_OUTBOX.c.sent_at)).where(sent).correlate(_ALERT).scalar_subquery()
        query = (
            select(_ALERT, since.label("since"), own.c.payload)
            .join(own, own.c.dedupe_key == key)
            .where(
                _ALERT.c.state == "open",
                _ALERT.c.escalated_at.is_(None),
                _ALERT.c.slack_ts.is_not(None),
                _ALERT.c.route.in_(routes),
            )
            .order_by(_ALERT.c.id)
        )
        rows = self.connection.execute(query).mappings()
        return [_open_alert(row) for row in rows if row["since"] is not None]

    def concerned(self, account_ids: Sequence[str], fields: Sequence[str]) -> Mapping[str, Concerned]:
        """The CRM users whom accounts concern."""
        return concerned(self.connection, account_ids, fields)

    def add_message(self, message: NewMessage, at: datetime) -> None:
        """Put a message into the outbox."""
        put(self.connection, message, at)

    def mark(self, alert_id: int, step: FollowUp, at: datetime) -> None:
        """Note that it was reminded or escalated."""
        column = "escalated_at" if step is FollowUp.ESCALATE else "reminded_at"
        self.connection.execute(update(_ALERT).where(_ALERT.c.id == alert_id).values({column: at}))


def _open_alert(row: Mapping[Any, Any]) -> OpenAlert:
    waiting = Waiting(row["since"], row["reminded_at"] is not None, row["escalated_at"] is not None)
    return OpenAlert(
        row["id"],
        row["route"],
        row["account_id"],
        Posted(row["slack_channel"], row["slack_ts"]),
        row["thread_ts"] or row["slack_ts"],
        waiting,
        json.loads(row["payload"]),
    )
