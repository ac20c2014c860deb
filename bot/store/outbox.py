"""The outbox in the database: claimed with a lease, settled once, paced per channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, func, or_, select, update

from bot.app.errors import UserError
from bot.app.notices import NOTICE_VERSION
from bot.app.ports import Clock, OutboxMessage, Posted
from bot.app.scoring_ports import NewMessage
from bot.store.dialect import insert_or
from bot.store.locks import take_turn
from bot.store.tables import AlertRow, OutboxRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

# chat.postMessage: about one message a second in a channel (docs.slack.dev, rate limits).
CHANNEL_PACE = timedelta(seconds=1)
WAITING = ("pending", "unknown")

_outbox = table_of(OutboxRow)
_alert = table_of(AlertRow)


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A message as an administrator sees it."""

    id: int
    kind: str
    channel: str
    state: str
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    last_error: str | None


def put_message(
    connection: Connection, *, key: str, kind: str, channel: str, payload: Mapping[str, Any], now: datetime
) -> None:
    """Add a message inside the caller's transaction; a key that is there already adds nothing."""
    put(connection, NewMessage(key, kind, channel, payload), now)


def put(connection: Connection, message: NewMessage, now: datetime) -> None:
    """The same of any message; one that is held waits for ``bot.store.alert_work`` to let it go."""
    connection.execute(
        insert_or(connection.dialect.name, _outbox)
        .values(
            dedupe_key=message.dedupe_key,
            kind=message.kind,
            channel=message.channel,
            payload=json.dumps(message.payload, ensure_ascii=False),
            payload_version=NOTICE_VERSION,
            state="pending" if message.held_until is None else "held",
            alert_id=message.alert_id,
            route=message.route,
            due_at=message.held_until or now,
            attempts=0,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
    )


class SqlOutbox:
    """The port ``Outbox``, and what the administrators' command needs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self, holder: str, lease: timedelta) -> OutboxMessage | None:
        """Take the oldest due message nobody holds; at most one per channel and second."""
        now = self._clock.now()
        with self._database.writes.begin() as connection:
            take_turn(connection, "outbox")
            row = connection.execute(_next_due(now)).mappings().first()
            if row is None:
                return None
            taken = connection.execute(
                update(_outbox)
                # It may have been withdrawn since it was looked at.
                .where(_outbox.c.id == row["id"], _outbox.c.state.in_(WAITING))
                .values(
                    lease_until=now + lease,
                    leased_by=holder,
                    attempts=row["attempts"] + 1,
                    first_attempt_at=row["first_attempt_at"] or now,
                )
            )
        return _message(row) if taken.rowcount else None

    def address(self, message_id: int, channel: str, note: str | None) -> None:
        """Say where a message to a person goes; it is claimed once more, at the pace of that channel.

        Where another message of the same alert goes to that channel already, this one has nothing to add.
        """
        with self._database.writes.begin() as connection:
            row = connection.execute(select(_outbox).where(_outbox.c.id == message_id)).mappings().one()
            payload = json.loads(row["payload"])
            # What goes further because nobody acknowledged is to be seen there, wherever that is.
            told = not payload.get("escalation") and self._is_told_there(connection, row, channel)
            said = " ".join(one for one in (note, payload.get("note")) if one)
            connection.execute(
                update(_outbox)
                .where(_outbox.c.id == message_id)
                .values(
                    state="superseded" if told else "pending",
                    channel=channel,
                    payload=json.dumps(payload | ({"note": said} if said else {}), ensure_ascii=False),
                    due_at=self._clock.now(),
                    lease_until=None,
                    attempts=0,
                    first_attempt_at=None,
                )
            )

    def _is_told_there(self, connection: Connection, row: RowMapping, channel: str) -> bool:
        if row["alert_id"] is None or row["kind"] != "alert":
            return False
        others = select(_outbox.c.id).where(
            _outbox.c.alert_id == row["alert_id"],
            _outbox.c.id != row["id"],
            _outbox.c.kind == "alert",
            or_(_outbox.c.channel == channel, _outbox.c.slack_channel == channel),
            _outbox.c.state.not_in(("superseded", "dead")),
        )
        return connection.execute(others.limit(1)).first() is not None

    def settle_sent(self, message_id: int, posted: Posted) -> None:
        """It stands in Slack; also tells the alert where."""
        now = self._clock.now()
        with self._database.writes.begin() as connection:
            row = connection.execute(select(_outbox).where(_outbox.c.id == message_id)).mappings().one()
            connection.execute(
                update(_outbox)
                .where(_outbox.c.id == message_id)
                .values(
                    state="sent",
                    sent_at=now,
                    slack_channel=posted.channel,
                    slack_ts=posted.ts,
                    lease_until=None,
                    last_error=None,
                )
            )
            payload = json.loads(row["payload"])
            if row["kind"] == "alert" and not payload.get("copy"):
                connection.execute(
                    update(_alert)
                    .where(_alert.c.id == payload["alert_id"])
                    .values(slack_channel=posted.channel, slack_ts=posted.ts)
                )

    def settle_later(self, message_id: int, after: timedelta, error: str, *, unclear: bool) -> None:
        """Try again later; ``unclear`` when it may have been posted."""
        state = "unknown" if unclear else "pending"
        self._settle(message_id, state=state, due_at=self._clock.now() + after, last_error=error)

    def settle_never(self, message_id: int, error: str) -> None:
        """Give up, keeping the reason."""
        self._settle(message_id, state="dead", last_error=error)

    def lines(self, limit: int = 50) -> list[OutboxLine]:
        """The newest messages, for the ``outbox`` command."""
        columns = [_outbox.c[name] for name in OutboxLine.__dataclass_fields__]
        with self._database.reads.begin() as connection:
            rows = connection.execute(select(*columns).order_by(_outbox.c.id.desc()).limit(limit)).mappings()
            return [OutboxLine(**row) for row in rows]

    def retry(self, message_id: int, *, keep: bool = True) -> None:
        """Give a dead message another chance; without ``keep`` only look whether it is one.

        Raises:
            UserError: there is no such message, or it is not dead.
        """
        with self._database.writes.connect() as connection, connection.begin() as transaction:
            changed = connection.execute(
                update(_outbox)
                .where(_outbox.c.id == message_id, _outbox.c.state == "dead")
                .values(state="pending", due_at=self._clock.now(), lease_until=None)
            )
            if not keep:
                transaction.rollback()
            if changed.rowcount == 0:
                raise UserError(f"There is no dead message {message_id}.", "See `bellwether outbox`.")

    def depth(self) -> tuple[int, int, datetime | None]:
        """How many wait, how many are dead, and since when the oldest waiting one has been due."""
        waiting = _outbox.c.state.in_(WAITING)
        with self._database.reads.begin() as connection:
            row = connection.execute(
                select(
                    func.count().filter(waiting),
                    func.count().filter(_outbox.c.state == "dead"),
                    func.min(_outbox.c.due_at).filter(waiting),
                )
            ).one()
        return row[0], row[1], row[2]

    def _settle(self, message_id: int, **values: Any) -> None:
        with self._database.writes.begin() as connection:
            connection.execute(
                update(_outbox).where(_outbox.c.id == message_id).values(lease_until=None, **values)
            )


def _next_due(now: datetime) -> Any:
    other = _outbox.alias("other")
    busy = (
        select(other.c.id)
        .where(
            other.c.channel == _outbox.c.channel,
            or_(other.c.lease_until > now, other.c.sent_at > now - CHANNEL_PACE),
        )
        .exists()
    )
    return (
        select(_outbox)
        .where(
            _outbox.c.state.in_(WAITING),
            _outbox.c.due_at <= now,
            or_(_outbox.c.lease_until.is_(None), _outbox.c.lease_until <= now),
            ~busy,
        )
        .order_by(_outbox.c.due_at, _outbox.c.id)
        .limit(1)
    )


def _message(row: RowMapping) -> OutboxMessage:
    # A lease that ran out was held by a process that died, perhaps between the post and the settling of it.
    unclear = row["state"] == "unknown" or row["lease_until"] is not None
    return OutboxMessage(
        id=row["id"],
        kind=row["kind"],
        channel=row["channel"],
        payload=json.loads(row["payload"]),
        attempts=row["attempts"] + 1,
        maybe_sent_since=row["first_attempt_at"] if unclear else None,
    )
