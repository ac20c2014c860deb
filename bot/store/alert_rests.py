"""Alerts at rest: the rest ends by itself, or when a newer alert says that it got worse."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, insert, select, update

from bot.app.acting import OPEN, WOKE, WORSE, Meanwhile, meanwhile
from bot.app.ports import Clock
from bot.store.alert_standing import new_reference, own_message, tell
from bot.store.tables import AlertActionRow, AlertRow, LabelChangeRow, ScoreRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_ACTION = table_of(AlertActionRow)
_ALERT = table_of(AlertRow)
_CHANGE = table_of(LabelChangeRow)
_SCORE = table_of(ScoreRow)
_NEWER = _ALERT.alias("newer")
_OWN_CHANGE = _CHANGE.alias("own_change")
_NEWER_CHANGE = _CHANGE.alias("newer_change")
RESTING, REOPENED = "snoozed", "reopened"


class SqlRests:
    """Ends what has to end."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        new_reference: Callable[[], str] = new_reference,
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_reference = new_reference

    def end(self) -> int:
        """End every rest that is over, and say in the thread what happened meanwhile; how many."""
        now = self._clock.now()
        wanted = (_is_over(now), _is_worse())
        with self._database.reads.begin() as connection:
            if not any(connection.execute(select(_ALERT.c.id).where(one).limit(1)).first() for one in wanted):
                return 0  # the usual case, without taking the write lock
        with self._database.writes.begin() as connection:
            # The newer alert speaks for the account: the older one does not open beside it.
            worse = self._end(connection, _is_worse(), WORSE, REOPENED, now)
            return worse + self._end(connection, _is_over(now), WOKE, OPEN, now)

    def _end(
        self, connection: Connection, which: ColumnElement[bool], kind: str, state: str, now: datetime
    ) -> int:
        query = select(_ALERT, _CHANGE.c.segmentation).join(_CHANGE, _CHANGE.c.id == _ALERT.c.change_id)
        rows = connection.execute(query.where(which).order_by(_ALERT.c.id)).mappings().all()
        return sum(self._ended(connection, row, kind, state, now) for row in rows)

    def _ended(self, connection: Connection, row: RowMapping, kind: str, state: str, now: datetime) -> bool:
        """Whether it was this process that ended it."""
        rests = and_(_ALERT.c.id == row["id"], _ALERT.c.state == RESTING)
        known: dict[str, Any] = {"state": state, "snoozed_until": None}
        if state == OPEN:
            known |= {"acted_by": None, "acted_at": None}
        if not connection.execute(update(_ALERT).where(rests).values(known)).rowcount:
            return False
        values = {
            "key": f"{kind}:{row['id']}:{self._new_reference()}",
            "alert_id": row["id"],
            "account_id": row["account_id"],
            "kind": kind,
            "actor": "",
            "actor_name": "",
            "at": now,
            "details": json.dumps({"said": _meanwhile(connection, row).sentence()}),
            "state": "done",
            "reference": "",
            "attempts": 0,
        }
        number: int = connection.execute(insert(_ACTION).values(values).returning(_ACTION.c.id)).scalar_one()
        tell(connection, number, now)
        return True


def _is_over(now: datetime) -> ColumnElement[bool]:
    return and_(_ALERT.c.state == RESTING, _ALERT.c.snoozed_until <= now)


def _is_worse() -> ColumnElement[bool]:
    """Whether a newer alert of the same route says something of the same account, and stands in Slack."""
    segmentation = (
        select(_OWN_CHANGE.c.segmentation)
        .where(_OWN_CHANGE.c.id == _ALERT.c.change_id)
        .correlate(_ALERT)
        .scalar_subquery()
    )
    newer = (
        select(_NEWER.c.id)
        .join(_NEWER_CHANGE, _NEWER_CHANGE.c.id == _NEWER.c.change_id)
        .where(
            _NEWER.c.id > _ALERT.c.id,
            _NEWER.c.route == _ALERT.c.route,
            _NEWER.c.account_id == _ALERT.c.account_id,
            _NEWER.c.slack_ts.is_not(None),
            _NEWER_CHANGE.c.segmentation == segmentation,
        )
        .correlate(_ALERT)
    )
    return and_(_ALERT.c.state == RESTING, newer.exists())


def _meanwhile(connection: Connection, row: RowMapping) -> Meanwhile:
    """What happened since the alert was put to rest."""
    same = (_CHANGE.c.account_id == row["account_id"], _CHANGE.c.segmentation == row["segmentation"])
    later = select(_CHANGE.c.old_label, _CHANGE.c.new_label).where(
        *same, _CHANGE.c.changed_at > row["acted_at"]
    )
    changes = connection.execute(later.order_by(_CHANGE.c.id)).all()
    labels = [changes[0].old_label, *(one.new_label for one in changes)] if changes else []
    score = select(_SCORE.c.last_purchase).where(
        _SCORE.c.account_id == row["account_id"], _SCORE.c.segmentation == row["segmentation"]
    )
    bought = connection.execute(score).scalar()
    return meanwhile(labels, _known_purchase(connection, row["id"]), bought)


def _known_purchase(connection: Connection, alert_id: int) -> date | None:
    own = own_message(connection, alert_id)
    said = own.payload.get("last_purchase") if own else None
    return date.fromisoformat(said) if said else None
