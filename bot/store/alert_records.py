"""Alerts in the database, as they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, literal, or_, select

from bot.app.notices import AlertNotice, notice_from
from bot.app.ports import Clock, Posted
from bot.app.scope import seeing
from bot.store.alert_standing import standing
from bot.store.seen_accounts import seen_ids
from bot.store.tables import AlertRow, OutboxRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, table_of

_alert = table_of(AlertRow)
_outbox = table_of(OutboxRow)
_account = table_of(AccountRow)

# An alert and the message that carries its values share a key, see ``bot.app.alerting``.
_joined = _alert.join(
    _outbox,
    _outbox.c.dedupe_key
    == literal("alert:") + _alert.c.route + literal(":") + cast(_alert.c.change_id, String),
)


class SqlAlertRecords:
    """The port ``AlertRecords``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def notice(self, alert_id: int) -> AlertNotice | None:
        """The alert as it stands now; None when there is no such alert, or its account is not seen."""
        statement = _notices().where(_alert.c.id == alert_id, *self._seen())
        with self._database.reads.begin() as connection:
            row = connection.execute(statement).mappings().first()
            return None if row is None else _notice(connection, row)

    def open_ones(self, owner_id: str | None, limit: int) -> tuple[AlertNotice, ...]:
        """Alerts nobody has taken, newest first: of one owner's accounts and given to them, or of all."""
        waiting = (_alert.c.state == "open", _alert.c.slack_ts.is_not(None))
        statement = _notices().where(*waiting, *self._seen())
        if owner_id is not None:
            owned = _alert.c.account_id.in_(select(_account.c.id).where(_account.c.owner_id == owner_id))
            statement = statement.where(or_(owned, _alert.c.assignee_id == owner_id))
        with self._database.reads.begin() as connection:
            rows = connection.execute(statement.order_by(_alert.c.id.desc()).limit(limit)).mappings()
            return tuple(_notice(connection, row) for row in rows.all())

    def postings(self, alert_id: int) -> tuple[Posted, ...]:
        """Every place where the alert's message stands: its own first, then copies."""
        sent = select(_outbox.c.slack_channel, _outbox.c.slack_ts).where(
            _outbox.c.alert_id == alert_id, _outbox.c.kind == "alert", _outbox.c.state == "sent"
        )
        with self._database.reads.begin() as connection:
            rows = connection.execute(sent.order_by(_outbox.c.id)).all()
        return tuple(Posted(row.slack_channel, row.slack_ts) for row in rows if row.slack_ts)

    def _seen(self) -> tuple[ColumnElement[bool], ...]:
        """That the account is seen, or that the alert was given to somebody whose accounts are."""
        scope = seeing()
        if scope.everything:
            return ()
        seen = _alert.c.account_id.in_(seen_ids(scope, self._database.dialect))
        return (or_(seen, _alert.c.assignee_id.in_(sorted(scope.users))),)


def _notices() -> Any:
    return select(_alert, _outbox.c.payload).select_from(_joined)


def _notice(connection: Connection, row: Mapping[Any, Any]) -> AlertNotice:
    acted = {
        name: row[name].isoformat() if isinstance(row[name], datetime) else row[name]
        for name in ("state", "acted_by", "acted_at", "snoozed_until", "slack_channel", "slack_ts")
    }
    found = notice_from({**json.loads(row["payload"]), **acted, "alert_id": row["id"]})
    now = standing(connection, row["id"])
    return replace(found, assignee=now.assignee, deeds=now.deeds, earlier=now.earlier)
