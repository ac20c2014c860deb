"""How often alerts were right: what people made of them, by route and channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import func, select

from bot.app.acting import ACKNOWLEDGE, ASSIGN, NOT_AT_RISK, NOTE, OWNER, SNOOZE, TASK, WOKE, WORSE
from bot.store.tables import AlertActionRow, AlertRow, OutboxRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_ACTION = table_of(AlertActionRow)
_ALERT = table_of(AlertRow)
_OUTBOX = table_of(OutboxRow)
_OTHERS = frozenset({ASSIGN, SNOOZE, TASK, NOTE, OWNER})


@dataclass(frozen=True, slots=True)
class Precision:
    """What became of a route's alerts in a channel.

    Attributes:
        sent: alerts that stand in Slack.
        acknowledged: of them, those that somebody took note of.
        acted: those about which anybody did anything else: gave it to somebody, task, note, rest.
        not_at_risk: those that somebody said to be none.
        judged: those about which a person did anything at all.
        median_seconds: from the message to the first thing that a person did; None while nobody did any.
    """

    route: str
    channel: str
    sent: int
    acknowledged: int
    acted: int
    not_at_risk: int
    judged: int
    median_seconds: float | None

    @property
    def share_right(self) -> float | None:
        """Of the alerts about which something was done, those that nobody said to be none; None of none."""
        return 1 - self.not_at_risk / self.judged if self.judged else None


def precision(database: Database, since: datetime) -> tuple[Precision, ...]:
    """Of the alerts that were raised since then and were sent, by route and channel."""
    sent = (
        select(_OUTBOX.c.alert_id, func.min(_OUTBOX.c.sent_at).label("sent_at"))
        .where(_OUTBOX.c.kind == "alert", _OUTBOX.c.sent_at.is_not(None))
        .group_by(_OUTBOX.c.alert_id)
        .subquery()
    )
    query = (
        select(_ALERT.c.id, _ALERT.c.route, _ALERT.c.channel, sent.c.sent_at, _ACTION.c.kind, _ACTION.c.at)
        .join(sent, sent.c.alert_id == _ALERT.c.id)
        .join(_ACTION, _ACTION.c.alert_id == _ALERT.c.id, isouter=True)
        .where(_ALERT.c.created_at >= since)
    )
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    with database.reads.begin() as connection:
        for row in connection.execute(query.order_by(_ALERT.c.id, _ACTION.c.id)):
            groups[row.route, row.channel].append(row)
    return tuple(_precision(*key, rows) for key, rows in sorted(groups.items()))


def _precision(route: str, channel: str, rows: Iterable[Any]) -> Precision:
    deeds: dict[int, set[str]] = defaultdict(set)
    first: dict[int, float] = {}
    for row in rows:
        own = deeds[row.id]
        if row.kind and row.kind not in (WOKE, WORSE):
            own.add(row.kind)
            first.setdefault(row.id, (row.at - row.sent_at).total_seconds())
    return Precision(
        route,
        channel,
        sent=len(deeds),
        acknowledged=sum(ACKNOWLEDGE in one for one in deeds.values()),
        acted=sum(bool(one & _OTHERS) for one in deeds.values()),
        not_at_risk=sum(NOT_AT_RISK in one for one in deeds.values()),
        judged=len(first),
        median_seconds=median(first.values()) if first else None,
    )
