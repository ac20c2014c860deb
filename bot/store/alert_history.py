"""The past of alerts in the database: changes as they were kept, and what people did about alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from bot.app.acting import WOKE, WORSE
from bot.app.alert_noise import Deed, SentAlert
from bot.app.alert_preview import RecordedRun, with_stake
from bot.app.facts import AccountChange, standing_from
from bot.app.technique_rules import label_names
from bot.store.scores import SqlScoringTransaction
from bot.store.tables import AlertActionRow, AlertRow, LabelChangeRow, OutboxRow
from connector.cache.engine import Database
from connector.cache.tables import UserRow, table_of
from scoring.config import Configuration
from scoring.label_rules import Direction

_ALERT, _ACTION = table_of(AlertRow), table_of(AlertActionRow)
_CHANGE, _OUTBOX, _USER = table_of(LabelChangeRow), table_of(OutboxRow), table_of(UserRow)


@contextmanager
def alert_history(database: Database) -> Iterator[AlertHistory]:
    """Begin to read."""
    with database.reads.connect() as connection:
        yield AlertHistory(connection, SqlScoringTransaction(connection))


@dataclass(frozen=True)
class AlertHistory:
    """The past on one connection; ``accounts`` asks accounts as they are now."""

    connection: Connection
    accounts: SqlScoringTransaction

    def runs(self, since: datetime, configuration: Configuration) -> list[RecordedRun]:
        """The changes of label since an instant, run by run, of segmentations that the document has."""
        labels = {one.name: label_names(one) for one in configuration.segmentations}
        query = select(_CHANGE).where(_CHANGE.c.changed_at >= since, _CHANGE.c.segmentation.in_(labels))
        found: dict[int, list[Mapping[Any, Any]]] = {}
        for row in self.connection.execute(query.order_by(_CHANGE.c.id)).mappings():
            found.setdefault(row["run_id"], []).append(row)
        return [
            RecordedRun(
                run_id,
                rows[0]["segmentation"],
                labels[rows[0]["segmentation"]],
                rows[0]["changed_at"],
                rows[0]["baseline"],
                tuple(_change(row) for row in rows),
            )
            for run_id, rows in found.items()
        ]

    def user_names(self) -> dict[str, str]:
        """CRM users by id."""
        rows = self.connection.execute(select(_USER.c.id, _USER.c.name))
        return {row.id: row.name or row.id for row in rows}

    def sent(self, since: datetime) -> list[SentAlert]:
        """Alerts since an instant, with what people did about them."""
        deeds = self._deeds(since)
        sent_at = (
            select(func.min(_OUTBOX.c.sent_at))
            .where(_OUTBOX.c.alert_id == _ALERT.c.id, _OUTBOX.c.kind == "alert")
            .correlate(_ALERT)
            .scalar_subquery()
        )
        query = select(_ALERT, sent_at.label("sent_at")).where(_ALERT.c.created_at >= since)
        return [
            SentAlert(
                row["route"],
                row["channel"],
                row["state"],
                row["sent_at"],
                row["acted_at"],
                tuple(deeds.get(row["id"], ())),
            )
            for row in self.connection.execute(query.order_by(_ALERT.c.id)).mappings()
        ]

    def _deeds(self, since: datetime) -> Mapping[int, Sequence[Deed]]:
        """What people did, by the number of the alert; what happened by itself is none of it."""
        query = select(_ACTION.c.alert_id, _ACTION.c.kind, _ACTION.c.at).where(
            _ACTION.c.at >= since, _ACTION.c.kind.not_in((WOKE, WORSE))
        )
        found: dict[int, list[Deed]] = {}
        for row in self.connection.execute(query.order_by(_ACTION.c.id)):
            found.setdefault(row.alert_id, []).append(Deed(row.kind, row.at))
        return found


def _change(row: Mapping[Any, Any]) -> AccountChange:
    facts = json.loads(row["facts"])
    return with_stake(
        AccountChange(
            row["account_id"],
            standing_from(facts["before"]),
            standing_from(facts["after"]),
            Direction(row["direction"]),
            own=bool(facts.get("own", True)),
            gone=bool(facts.get("gone", False)),
        )
    )
