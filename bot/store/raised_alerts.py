"""Alerts that a run raises, and those of earlier runs that still wait or rest, on the run's connection."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from bot.app.facts import EarlierAlerts, PendingAlert, Thread, standing_from
from bot.app.scoring_ports import NewAlert
from bot.store.dialect import insert_or
from bot.store.stages import without_index
from bot.store.tables import AlertRow, HeldBackRow, LabelChangeRow, OutboxRow
from connector.cache.tables import table_of

_ALERT = table_of(AlertRow)
_CHANGE = table_of(LabelChangeRow)
_OUTBOX = table_of(OutboxRow)
_HELD_BACK = table_of(HeldBackRow)

# Nobody has begun to send it: once a sender holds it, Slack may have it at any moment.
_UNSENT: ColumnElement[bool] = and_(
    _OUTBOX.c.state.in_(("pending", "held")),
    _OUTBOX.c.lease_until.is_(None),
    _OUTBOX.c.first_attempt_at.is_(None),
)


def earlier(
    connection: Connection, route: str, segmentation: str, account_ids: Sequence[str], now: datetime
) -> dict[str, EarlierAlerts]:
    """What the route has told of these accounts and is still waiting or resting, by account id."""
    found: dict[str, EarlierAlerts] = {}
    for account, label in _resting(connection, route, segmentation, account_ids, now):
        found[account] = EarlierAlerts(snoozed=True, snoozed_label=label)
    for account, told in _told(connection, route, segmentation, account_ids):
        before = found.get(account, EarlierAlerts())
        found[account] = replace(
            before, told_at=told.told_at, told_label=told.told_label, thread=told.thread or before.thread
        )
    for account, pending in _waiting(connection, route, segmentation, account_ids):
        found[account] = replace(found.get(account, EarlierAlerts()), pending=pending)
    return found


def withdraw(connection: Connection, pending: PendingAlert) -> bool:
    """Supersede the messages of an alert that nobody is sending, with the alert; False when somebody is."""
    mine = and_(
        _OUTBOX.c.state != "superseded",
        (_OUTBOX.c.alert_id == pending.alert_id) | (_OUTBOX.c.id == pending.outbox_id),
    )
    # Locked where several write at once: a sender takes its lease on the same rows.
    unsent = select(_OUTBOX.c.id, _UNSENT.label("unsent")).where(mine).with_for_update()
    messages = connection.execute(unsent).all()
    if not messages or not all(row.unsent for row in messages):
        return False  # some of it is out
    ids = [row.id for row in messages]
    connection.execute(update(_OUTBOX).where(_OUTBOX.c.id.in_(ids)).values(state="superseded"))
    change = select(_ALERT.c.change_id).where(_ALERT.c.id == pending.alert_id).scalar_subquery()
    route = select(_ALERT.c.route).where(_ALERT.c.id == pending.alert_id).scalar_subquery()
    connection.execute(
        delete(_HELD_BACK).where(_HELD_BACK.c.change_id == change, _HELD_BACK.c.route == route)
    )
    # Never shown to anybody: the change itself stays in the history.
    connection.execute(delete(_ALERT).where(_ALERT.c.id == pending.alert_id))
    return True


def add_alert(connection: Connection, alert: NewAlert, at: datetime) -> int:
    """Add an alert; its number."""
    values = {
        "change_id": alert.change_id,
        "route": alert.route,
        "account_id": alert.account_id,
        "channel": alert.channel,
        "state": alert.state,
        "thread_ts": alert.thread_ts,
        "created_at": at,
    }
    number: int = connection.execute(insert(_ALERT).values(values).returning(_ALERT.c.id)).scalar_one()
    return number


def hold_back(
    connection: Connection, route: str, place: str, change_id: int, reason: str, at: datetime
) -> None:
    """Note that a change is not told, or not now; once for each change and route."""
    connection.execute(
        insert_or(connection.dialect.name, _HELD_BACK)
        .values(route=route, place=place, change_id=change_id, reason=reason, held_at=at)
        .on_conflict_do_nothing(index_elements=["change_id", "route"])
    )


def announce(connection: Connection, route: str, place: str, key: str) -> Mapping[str, int]:
    """What was held back at an address and not said yet, by reason; the message of that key says it."""
    mine = and_(_HELD_BACK.c.route == route, _HELD_BACK.c.place == place, _HELD_BACK.c.announced_in.is_(None))
    query = select(_HELD_BACK.c.reason, func.count().label("many")).where(mine).group_by(_HELD_BACK.c.reason)
    counts = {row.reason: int(row.many) for row in connection.execute(query)}
    if counts:
        connection.execute(update(_HELD_BACK).where(mine).values(announced_in=key))
    return counts


def _told(
    connection: Connection, route: str, segmentation: str, account_ids: Sequence[str]
) -> Iterator[tuple[str, EarlierAlerts]]:
    """What accounts were told last, by message or in a summary, and the thread of what stands in Slack."""
    waiting = select(_OUTBOX.c.id).where(_OUTBOX.c.alert_id == _ALERT.c.id, _UNSENT).exists()
    query = (
        select(
            _ALERT.c.account_id,
            _ALERT.c.created_at,
            _CHANGE.c.new_label,
            _ALERT.c.slack_channel,
            _ALERT.c.slack_ts,
            _ALERT.c.thread_ts,
        )
        .join(_CHANGE, _CHANGE.c.id == _ALERT.c.change_id)
        .where(
            _ALERT.c.route == route,
            _ALERT.c.account_id.in_(account_ids),
            # By the alert, not by every change of the segmentation.
            without_index(_CHANGE.c.segmentation, connection.dialect.name) == segmentation,
            ~waiting,
        )
        .order_by(_ALERT.c.id)
    )
    threads: dict[str, Thread] = {}
    for row in connection.execute(query):
        if row.slack_channel and row.slack_ts:
            threads[row.account_id] = Thread(row.slack_channel, row.thread_ts or row.slack_ts)
        yield (
            row.account_id,
            EarlierAlerts(
                told_at=row.created_at, told_label=row.new_label, thread=threads.get(row.account_id)
            ),
        )


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
            without_index(_CHANGE.c.segmentation, connection.dialect.name) == segmentation,
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
            without_index(_CHANGE.c.segmentation, connection.dialect.name) == segmentation,
            _UNSENT,
        )
        .order_by(_ALERT.c.id)
    )
    for row in connection.execute(query):
        before = standing_from(json.loads(row.payload)["before"])
        yield row.account_id, PendingAlert(row.id, row.outbox_id, before)
