"""Scores, changes and alerts in the database: what a run reads, and what it keeps in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, String, bindparam, case, cast, delete, func, insert, literal, select

from bot.app.facts import (
    AccountFacts,
    ChangesOfRun,
    EarlierAlerts,
    LastRun,
    NamedOwner,
    OrganisationFacts,
    PendingAlert,
    RunRecord,
    Touched,
    standing_as_json,
)
from bot.app.ports import ScoringTransaction
from bot.store import raised_alerts
from bot.store.account_facts import read_facts
from bot.store.frames import columns_of
from bot.store.locks import take_turn
from bot.store.outbox import put_message
from bot.store.tables import LabelChangeRow, RunRow, ScoreRow
from connector.cache.engine import Database
from connector.cache.statements import upsert
from connector.cache.tables import AccountRow, OrganisationRow, TouchedAccountRow, UserRow, table_of
from scoring.config import Configuration, RfmSegmentation
from scoring.criteria.periods import Today
from scoring.rfm import EPOCH_ORDINAL, Standing
from scoring.standings import NO_DAY, NO_LABEL, Moves, Standings

_SCORE = table_of(ScoreRow)
_CHANGE = table_of(LabelChangeRow)
_RUN = table_of(RunRow)
_TOUCHED = table_of(TouchedAccountRow)
_ACCOUNT = table_of(AccountRow)
_USER = table_of(UserRow)
_ORGANISATION = table_of(OrganisationRow)

_STANDING = ("r", "f", "m", "total", "label", "last_purchase", "purchases", "spend_minor")
ROWS_AT_ONCE = 5_000
NO_DAY_TEXT = "0001-01-01"  # no purchase is so old
IDS_AT_ONCE = 500  # SQLite takes some thousands of parameters in a statement; PostgreSQL's driver 65,535


class SqlScores:
    """The database as the use case sees it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def transaction(self) -> Iterator[ScoringTransaction]:
        """Begin, with the write lock; whatever another run has written is visible."""
        with self._database.writes.begin() as connection:
            take_turn(connection, "scoring")
            yield SqlScoringTransaction(connection)


class SqlScoringTransaction:
    """One run's reading and writing on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def organisation(self) -> OrganisationFacts:
        """Time zone and currency; UTC and USD before the organisation was read."""
        row = self._connection.execute(select(_ORGANISATION.c.time_zone, _ORGANISATION.c.currency)).first()
        return OrganisationFacts("UTC", "USD") if row is None else OrganisationFacts(row[0], row[1])

    def touched(self) -> Sequence[Touched]:
        """The marks, as they are now."""
        rows = self._connection.execute(select(_TOUCHED.c.account_id, _TOUCHED.c.touched_at))
        return [Touched(row.account_id, row.touched_at) for row in rows]

    def clear_touched(self, touched: Sequence[Touched]) -> None:
        """Take away the marks that were read: sync may have renewed one meanwhile on PostgreSQL."""
        if touched:
            same = (_TOUCHED.c.account_id == bindparam("id")) & (_TOUCHED.c.touched_at == bindparam("at"))
            self._connection.execute(
                delete(_TOUCHED).where(same),
                [{"id": one.account_id, "at": one.touched_at} for one in touched],
            )

    def facts(
        self, segmentation: RfmSegmentation, configuration: Configuration, today: Today
    ) -> AccountFacts:
        """The facts of every account that takes part."""
        return read_facts(self._connection, segmentation, configuration, today)

    def standings(self, segmentation: str) -> Standings:
        """What the last run said."""
        mine = _SCORE.c.segmentation == segmentation
        names = tuple(self._connection.execute(select(_SCORE.c.label).distinct().where(mine)).scalars())
        labels = tuple(sorted(name for name in names if name is not None))
        place = case(
            *((_SCORE.c.label == name, number) for number, name in enumerate(labels)), else_=NO_LABEL
        ) if labels else literal(NO_LABEL)  # fmt: skip
        numbers = (func.coalesce(_SCORE.c[name], 0) for name in ("purchases", "spend_minor", "r", "f", "m"))
        day = func.coalesce(cast(_SCORE.c.last_purchase, String), NO_DAY_TEXT)
        statement = (
            select(_SCORE.c.account_id, day, *numbers, place).where(mine).order_by(_SCORE.c.account_id)
        )
        types = [pa.string(), pa.date32(), *([pa.int64()] * 6)]
        ids, days, purchases, spend, r, f, m, label = (
            one.combine_chunks() for one in columns_of(self._connection, statement, types).columns
        )
        return Standings(
            ids,
            _ordinals(days),
            purchases.to_numpy(),
            spend.to_numpy(),
            r.to_numpy(),
            f.to_numpy(),
            m.to_numpy(),
            label.to_numpy(),
            labels,
        )

    def last_run(self, segmentation: str) -> LastRun | None:
        """The latest run."""
        row = self._connection.execute(
            select(_RUN.c.id, _RUN.c.as_of, _RUN.c.config_version, _RUN.c.accounts)
            .where(_RUN.c.segmentation == segmentation)
            .order_by(_RUN.c.id.desc())
            .limit(1)
        ).first()
        return None if row is None else LastRun(row.id, row.as_of, row.config_version, row.accounts)

    def had_label(self, segmentation: str, account_ids: Sequence[str]) -> set[str]:
        """Those that ever had a label, by the history."""
        query = select(_CHANGE.c.account_id).distinct().where(_CHANGE.c.segmentation == segmentation)
        return {
            row.account_id
            for some in batches(account_ids)
            for row in self._connection.execute(query.where(_CHANGE.c.account_id.in_(some)))
        }

    def names(self, account_ids: Sequence[str]) -> Mapping[str, NamedOwner]:
        """Names and owners."""
        query = select(_ACCOUNT.c.id, _ACCOUNT.c.name, _USER.c.name.label("owner")).join_from(
            _ACCOUNT, _USER, _USER.c.id == _ACCOUNT.c.owner_id, isouter=True
        )
        return {
            row.id: NamedOwner(row.name or f"Account {row.id}", row.owner)
            for some in batches(account_ids)
            for row in self._connection.execute(query.where(_ACCOUNT.c.id.in_(some)))
        }

    def save_run(self, run: RunRecord) -> int:
        """Keep a run."""
        thresholds = None if run.thresholds is None else json.dumps(run.thresholds.as_json())
        values = {
            "segmentation": run.segmentation,
            "cause": run.cause,
            "as_of": run.as_of,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "status": "done",
            "accounts": run.accounts,
            "changed": run.changed,
            "config_version": run.config_version,
            "thresholds": thresholds,
        }
        number: int = self._connection.execute(insert(_RUN).values(values).returning(_RUN.c.id)).scalar_one()
        return number

    def save_scores(self, segmentation: str, run_id: int, at: datetime, moves: Moves) -> None:
        """Write what differs."""
        fixed = {"run_id": run_id, "scored_at": at, "segmentation": segmentation}
        written = np.concatenate([moves.added, moves.changed])
        statement = upsert(
            _SCORE, self._connection.dialect.name, frozenset({*_STANDING, "account_id", *fixed})
        )
        for start in range(0, len(written), ROWS_AT_ONCE):
            rows = written[start : start + ROWS_AT_ONCE]
            self._connection.execute(
                statement,
                [
                    {"account_id": moves.after.id_of(row), **_columns(moves.after.at(row)), **fixed}
                    for row in rows
                ],
            )
        if len(moves.gone):
            this = (_SCORE.c.segmentation == segmentation) & (_SCORE.c.account_id == bindparam("this"))
            gone = [{"this": moves.before.id_of(row)} for row in moves.gone]
            self._connection.execute(delete(_SCORE).where(this), gone)

    def save_changes(self, changes: ChangesOfRun) -> list[int]:
        """Keep the changes; their numbers, in order."""
        if not changes.changes:
            return []
        rows = [
            {
                "segmentation": changes.segmentation,
                "account_id": change.account_id,
                "old_label": change.old.label,
                "new_label": change.new.label,
                "direction": change.direction.value,
                "baseline": changes.baseline,
                "as_of": changes.as_of,
                "changed_at": changes.at,
                "run_id": changes.run_id,
                "facts": json.dumps(
                    {
                        "before": standing_as_json(change.old),
                        "after": standing_as_json(change.new),
                        "why": list(why),
                        "own": change.own,
                        "gone": change.gone,
                    },
                    ensure_ascii=False,
                ),
            }
            for change, why in changes.changes
        ]
        statement = insert(_CHANGE).returning(_CHANGE.c.id, sort_by_parameter_order=True)
        return list(self._connection.execute(statement, rows).scalars())

    def earlier_alerts(
        self, route: str, segmentation: str, account_ids: Sequence[str], now: datetime
    ) -> Mapping[str, EarlierAlerts]:
        """Alerts that wait or rest."""
        found: dict[str, EarlierAlerts] = {}
        for some in batches(account_ids):
            found |= raised_alerts.earlier(self._connection, route, segmentation, some, now)
        return found

    def withdraw(self, pending: PendingAlert) -> bool:
        """Take back an alert that is not being sent."""
        return raised_alerts.withdraw(self._connection, pending)

    def add_alert(self, route: str, channel: str, change_id: int, account_id: str, at: datetime) -> int:
        """Add an alert."""
        return raised_alerts.add_alert(self._connection, route, channel, change_id, account_id, at)

    def add_message(
        self, dedupe_key: str, kind: str, channel: str, payload: Mapping[str, Any], at: datetime
    ) -> None:
        """Put a message into the outbox; a key that is there already is left as it is."""
        put_message(self._connection, key=dedupe_key, kind=kind, channel=channel, payload=payload, now=at)


def _ordinals(days: pa.Array) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = pc.cast(days, pa.int32()).to_numpy().astype(np.int64) + EPOCH_ORDINAL
    return np.where(found == date.fromisoformat(NO_DAY_TEXT).toordinal(), NO_DAY, found)


def _columns(standing: Standing) -> dict[str, Any]:
    return {name: getattr(standing, name) for name in _STANDING}


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids in portions that fit into one statement."""
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield ids[start : start + IDS_AT_ONCE]
