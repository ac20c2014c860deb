"""Alerts that a run raises, and those of earlier runs that still wait or rest, on the run's connection."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, String, and_, cast, delete, insert, literal, select, update

from bot.app.facts import EarlierAlerts, PendingAlert, standing_from
from bot.store.tables import AlertRow, LabelChangeRow, OutboxRow
from connector.cache.tables import table_of

_ALERT = table_of(AlertRow)
_CHANGE = table_of(LabelChangeRow)
_OUTBOX = table_of(OutboxRow)

# Nobody has begun to send it: once a sender holds it, Slack may have it at any moment.
_UNSENT: ColumnElement[bool] = and_(
    _OUTBOX.c.state == "pending", _OUTBOX.c.lease_until.is_(None), _OUTBOX.c.first_attempt_at.is_(None)
)


def earlier(
    connection: Connection, route: str, segmentation: str, account_ids: Sequence[str], now: datetime
) -> dict[str, EarlierAlerts]:
    """What the route has told of these accounts and is still waiting or resting, by account id."""
    found: dict[str, EarlierAlerts] = {}
    for account, label in _resting(connection, route, segmentation, account_ids, now):
        found[account] = EarlierAlerts(snoozed=True, snoozed_label=label)
    for account, pending in _waiting(connection, route, segmentation, account_ids):
        found[account] = replace(found.get(account, EarlierAlerts()), pending=pending)
    return found


def withdraw(connection: Connection, pending: PendingAlert) -> bool:
    """Supersede a message that nobody is sending, with its alert; False when somebody is."""
    taken = connection.execute(
        update(_OUTBOX).where(_OUTBOX.c.id == pending.outbox_id, _UNSENT).values(state="superseded")
    )
    if not taken.rowcount:
        return False
    # Never shown to anybody: the change itself stays in the history.
    connection.execute(delete(_ALERT).where(_ALERT.c.id == pending.alert_id))
    return True


def add_alert(
    connection: Connection, route: str, channel: str, change_id: int, account_id: str, at: datetime
) -> int:
    """Add an open alert; its number."""
    values = {
        "change_id": change_id,
        "route": route,
        "account_id": account_id,
        "channel": channel,
        "state": "open",
        "created_at": at,
    }
    number: int = connection.execute(insert(_ALERT).values(values).returning(_ALERT.c.id)).scalar_one()
    return number


def _resting(
    connection: Connection, route: str, segmentation: str, account_ids: Sequence[str], now: datetime
) -> Iterator[tuple[str, str | None]]:
    """Accounts with a resting alert and the label it was about; of several, the newest comes last."""
    query = (
        select(_ALERT.c.account_id, _CHANGE.c.new_label)
        .join(_CHANGE, _CHANGE.c.id == _ALERT.c.change_id)
        .where(
            _ALERT.c.route == route,
            _ALERT.c.account_id.in_(account_ids),
            _ALERT.c.state == "snoozed",
            _ALERT.c.snoozed_until > now,
            _CHANGE.c.segmentation == segmentation,
        )
        .order_by(_ALERT.c.id)
    )
    for row in connection.execute(query):
        yield row.account_id, row.new_label


def _waiting(
    connection: Connection, route: str, segmentation: str, account_ids: Sequence[str]
) -> Iterator[tuple[str, PendingAlert]]:
    """Accounts with an open alert whose message nobody has begun to send."""
    key = literal(f"alert:{route}:") + cast(_ALERT.c.change_id, String)
    query = (
        select(_ALERT.c.account_id, _ALERT.c.id, _OUTBOX.c.id.label("outbox_id"), _OUTBOX.c.payload)
        .join(_CHANGE, _CHANGE.c.id == _ALERT.c.change_id)
        .join(_OUTBOX, _OUTBOX.c.dedupe_key == key)
        .where(
            _ALERT.c.route == route,
            _ALERT.c.account_id.in_(account_ids),
            _ALERT.c.state == "open",
            _CHANGE.c.segmentation == segmentation,
            _UNSENT,
        )
        .order_by(_ALERT.c.id)
    )
    for row in connection.execute(query):
        before = standing_from(json.loads(row.payload)["before"])
        yield row.account_id, PendingAlert(row.id, row.outbox_id, before)
