"""Alerts in the database: as they stand, and what people did about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, cast, literal, or_, select, update

from bot.app.notices import AlertNotice, notice_from
from bot.app.ports import Clock, Posted
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
        """The alert as it stands now; None when there is no such alert."""
        with self._database.reads.begin() as connection:
            row = connection.execute(_notices().where(_alert.c.id == alert_id)).mappings().first()
        return None if row is None else _notice(row)

    def acknowledge(self, alert_id: int, by: str) -> bool:
        """Take note of an open or resting alert; False when somebody was first."""
        return self._act(alert_id, ("open", "snoozed"), state="acknowledged", acted_by=by, snoozed_until=None)

    def snooze(self, alert_id: int, by: str, until: datetime) -> bool:
        """Put an open alert to rest; False when it is not open."""
        return self._act(alert_id, ("open",), state="snoozed", acted_by=by, snoozed_until=until)

    def open_ones(self, owner_id: str | None, limit: int) -> tuple[AlertNotice, ...]:
        """Alerts nobody has taken, newest first: of one owner's accounts, or of all."""
        statement = _notices().where(_alert.c.state == "open", _alert.c.slack_ts.is_not(None))
        if owner_id is not None:
            statement = statement.where(
                _alert.c.account_id.in_(select(_account.c.id).where(_account.c.owner_id == owner_id))
            )
        with self._database.reads.begin() as connection:
            rows = connection.execute(statement.order_by(_alert.c.id.desc()).limit(limit)).mappings()
            return tuple(_notice(row) for row in rows)

    def wake(self) -> tuple[tuple[AlertNotice, Posted], ...]:
        """Open again the alerts whose rest is over; with where each stands."""
        over = and_(_alert.c.state == "snoozed", _alert.c.snoozed_until <= self._clock.now())
        with self._database.reads.begin() as connection:
            if connection.execute(select(_alert.c.id).where(over).limit(1)).first() is None:
                return ()  # the usual case, without taking the write lock
        with self._database.writes.begin() as connection:
            woken = connection.execute(
                update(_alert)
                .where(over)
                .values(state="open", acted_by=None, acted_at=None, snoozed_until=None)
                .returning(_alert.c.id)
            ).scalars()
            rows = connection.execute(_notices().where(_alert.c.id.in_(list(woken)))).mappings().all()
        return tuple(
            (_notice(row), Posted(row["slack_channel"], row["slack_ts"])) for row in rows if row["slack_ts"]
        )

    def postings(self, alert_id: int) -> tuple[Posted, ...]:
        """Every place where the alert's message stands: its own first, then copies."""
        sent = select(_outbox.c.slack_channel, _outbox.c.slack_ts).where(
            _outbox.c.alert_id == alert_id, _outbox.c.kind == "alert", _outbox.c.state == "sent"
        )
        with self._database.reads.begin() as connection:
            rows = connection.execute(sent.order_by(_outbox.c.id)).all()
        return tuple(Posted(row.slack_channel, row.slack_ts) for row in rows if row.slack_ts)

    def _act(self, alert_id: int, states: tuple[str, ...], **values: Any) -> bool:
        with self._database.writes.begin() as connection:
            changed = connection.execute(
                update(_alert)
                .where(_alert.c.id == alert_id, or_(*(_alert.c.state == state for state in states)))
                .values(acted_at=self._clock.now(), **values)
            )
            return changed.rowcount == 1


def _notices() -> Any:
    return select(_alert, _outbox.c.payload).select_from(_joined)


def _notice(row: Mapping[Any, Any]) -> AlertNotice:
    acted = {
        name: row[name].isoformat() if isinstance(row[name], datetime) else row[name]
        for name in ("state", "acted_by", "acted_at", "snoozed_until", "slack_channel", "slack_ts")
    }
    return notice_from({**json.loads(row["payload"]), **acted, "alert_id": row["id"]})
