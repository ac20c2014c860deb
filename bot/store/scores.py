"""Scores, changes and alerts in the database: what a run reads, and what it keeps in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from bot.app.facts import (
    AccountChange,
    ChangesOfRun,
    Concerned,
    EarlierAlerts,
    LastRun,
    NamedOwner,
    OrganisationFacts,
    PendingAlert,
    RunRecord,
    Tally,
    Touched,
    standing_as_json,
)
from bot.app.scoring_ports import NewAlert, NewMessage, ScoringTransaction
from bot.app.techniques.technique import Learned
from bot.store import concerned, learnings, raised_alerts, score_rows, snapshots
from bot.store.account_deals import FEWEST, add_up
from bot.store.among import among
from bot.store.bulk_rows import next_numbers, write_rows
from bot.store.catalog import account_catalog
from bot.store.engines.choice import FileEngines
from bot.store.evidence import SqlEvidence
from bot.store.kept_standings import KeptStandings
from bot.store.locks import looking_in_turn
from bot.store.offers_written import write_offers
from bot.store.outbox import put
from bot.store.stages import without_index
from bot.store.tables import LabelChangeRow, RunRow
from connector.cache.engine import Database
from connector.cache.folding_in import FoldingIn
from connector.cache.tables import OrganisationRow, TouchedAccountRow, table_of
from scoring.config import Configuration
from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.criteria.tree import Node
from scoring.standing import Standing
from scoring.standings import Moves, Standings

_CHANGE = table_of(LabelChangeRow)
_RUN = table_of(RunRow)
_TOUCHED = table_of(TouchedAccountRow)
_ORGANISATION = table_of(OrganisationRow)

_OF_LAST_RUN = ("id", "as_of", "config_version", "accounts", "technique", "cause")


class SqlScores:
    """The database as the use case sees it."""

    def __init__(self, database: Database, file_engines: FileEngines | None = None) -> None:
        self._database = database
        self._file_engines = file_engines or {}
        self._kept, self._folding = KeptStandings(), FoldingIn(database)

    @contextmanager
    def transaction(self) -> Iterator[ScoringTransaction]:
        """Begin, when no other run is under way; whatever another run has written is visible.

        On SQLite the write lock is taken where writing begins: others write while a run reads and judges.
        """
        with looking_in_turn(self._database, "scoring") as (connection, before_writing):
            newest = connection.execute(select(func.max(_RUN.c.id))).scalar() or 0
            memory = score_rows.Memory(self._kept, newest)
            run = SqlScoringTransaction(connection, self._file_engines, before_writing, memory)
            yield run
        # In a transaction of its own: on PostgreSQL it waits for those who write deals.
        add_up(self._database, run.large)
        self._folding.begin()

    @contextmanager
    def reading(self) -> Iterator[ScoringTransaction]:
        """Begin to read only."""
        with self._database.reads.connect() as connection:
            yield SqlScoringTransaction(connection, self._file_engines)


class SqlScoringTransaction:
    """One run's reading and writing on one connection."""

    def __init__(
        self,
        connection: Connection,
        file_engines: FileEngines | None = None,
        before_writing: Callable[[], None] = lambda: None,
        memory: score_rows.Memory | None = None,
    ) -> None:
        """Args: ``before_writing`` is called by each method that may be the first one to write."""
        self._connection, self._memory = connection, memory
        self._file_engines = file_engines or {}
        self._before_writing = before_writing
        self.large: set[str] = set()  # the accounts with so many purchases that their deals are added up

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
            self._before_writing()
            same = (_TOUCHED.c.account_id == bindparam("id")) & (_TOUCHED.c.touched_at == bindparam("at"))
            self._connection.execute(
                delete(_TOUCHED).where(same),
                [{"id": one.account_id, "at": one.touched_at} for one in touched],
            )

    def evidence(self, segmentation: str, configuration: Configuration, today: Today) -> SqlEvidence:
        """What techniques read."""
        return SqlEvidence(self._connection, segmentation, configuration, today, self._file_engines)

    def standings(
        self,
        segmentation: str,
        columns: Sequence[str],
        *,
        details: bool = False,
        only: Sequence[str] | None = None,
    ) -> Standings:
        """What the last run said."""
        return score_rows.read_standings(
            self._connection, segmentation, columns, details=details, only=only, memory=self._memory
        )

    def tally(self, segmentation: str) -> Tally:
        """What the scores come to."""
        return score_rows.read_tally(self._connection, segmentation)

    def details(self, segmentation: str, account_ids: Sequence[str]) -> Mapping[str, str]:
        """The details of some accounts."""
        return score_rows.read_column(self._connection, segmentation, "details", account_ids)

    def spend(self, segmentation: str, account_ids: Sequence[str]) -> Mapping[str, int]:
        """The counted spend of some accounts."""
        return score_rows.read_column(self._connection, segmentation, "spend_minor", account_ids)

    def standing(self, segmentation: str, account_id: str) -> Standing | None:
        """What the last run said of one account."""
        return score_rows.read_one(self._connection, segmentation, account_id)

    def thresholds(self, segmentation: str) -> Mapping[str, Any] | None:
        """What the last run kept for explaining itself."""
        newest = select(_RUN.c.thresholds).where(_RUN.c.segmentation == segmentation)
        kept = self._connection.execute(newest.order_by(_RUN.c.id.desc()).limit(1)).scalar()
        return None if kept is None else json.loads(kept)

    def learned(self, segmentation: str) -> Learned | None:
        """What the segmentation scores with."""
        return learnings.read(self._connection, segmentation)

    def last_run(self, segmentation: str) -> LastRun | None:
        """The latest run."""
        row = self._connection.execute(
            select(
                _RUN.c.id,
                _RUN.c.as_of,
                _RUN.c.config_version,
                _RUN.c.accounts,
                _RUN.c.technique,
                _RUN.c.cause,
            )
            .where(_RUN.c.segmentation == segmentation)
            .order_by(_RUN.c.id.desc())
            .limit(1)
        ).first()
        return None if row is None else LastRun(*row)

    def had_label(self, segmentation: str, account_ids: Sequence[str]) -> set[str]:
        """Those that ever had a label, by the history."""
        query = select(_CHANGE.c.account_id).distinct().where(self._is_of(segmentation))
        return {
            row.account_id
            for some in among(self._connection, _CHANGE.c.account_id, account_ids)
            for row in self._connection.execute(query.where(some))
        }

    def names(self, account_ids: Sequence[str], now: datetime | None = None) -> Mapping[str, NamedOwner]:
        """Names, owners and last contacts."""
        return concerned.names(self._connection, account_ids, now)

    def save_run(self, run: RunRecord) -> int:
        """Keep a run."""
        self._before_writing()
        thresholds = None if run.thresholds is None else json.dumps(run.thresholds)
        values = {
            "segmentation": run.segmentation,
            "cause": run.cause,
            "as_of": run.as_of,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "status": "done",
            "accounts": run.accounts,
            "changed": run.changed,
            "written": run.written,
            "config_version": run.config_version,
            "technique": run.technique,
            "thresholds": thresholds,
            "warnings": json.dumps(run.warnings, ensure_ascii=False) if run.warnings else None,
        }
        number: int = self._connection.execute(insert(_RUN).values(values).returning(_RUN.c.id)).scalar_one()
        return number

    def save_scores(
        self, segmentation: str, run_id: int, at: datetime, moves: Moves, *, everybody: bool
    ) -> None:
        """Write what differs."""
        score_rows.write_scores(self._connection, segmentation, run_id, at, moves)
        self.large |= score_rows.with_purchases(moves, FEWEST)
        snapshots.renew(self._connection, segmentation, run_id, moves, everybody=everybody)

    def forget_scores(self, segmentation: str, day: date) -> None:
        """Take away what the segmentation says."""
        self._before_writing()
        score_rows.forget_scores(self._connection, segmentation, day)

    def save_history(self, segmentation: str, run_id: int, day: date, moves: Moves) -> None:
        """Keep the scores that differ, from a day on."""
        score_rows.write_history(self._connection, segmentation, run_id, day, moves)

    def save_offers(self, segmentation: str, run_id: int, offers: pd.DataFrame) -> None:
        """Put recommendations in the place of the earlier ones."""
        write_offers(self._connection, segmentation, run_id, offers)

    def save_learned(self, segmentation: str, technique: str, learned: Learned, at: datetime) -> None:
        """Keep what was learned."""
        learnings.write(self._connection, segmentation, technique, learned, at)

    def save_changes(self, changes: ChangesOfRun) -> list[int]:
        """Keep the changes; their numbers, in order."""
        if not changes.changes:
            return []
        found = [one for one, _ in changes.changes]
        self._end_labels(changes, [one.account_id for one in found if one.old.label is not None])
        numbers = next_numbers(self._connection, _CHANGE, len(found))
        columns: dict[str, Sequence[Any]] = {
            "id": numbers,
            "account_id": [one.account_id for one in found],
            "old_label": [one.old.label for one in found],
            "new_label": [one.new.label for one in found],
            "direction": [one.direction.value for one in found],
            "facts": [_facts(one, why) for one, why in changes.changes],
        }
        fixed = {
            "segmentation": changes.segmentation,
            "baseline": changes.baseline,
            "as_of": changes.as_of,
            "changed_at": changes.at,
            "run_id": changes.run_id,
        }
        write_rows(self._connection, _CHANGE, columns, fixed)
        return list(numbers)

    def _end_labels(self, changes: ChangesOfRun, accounts: Sequence[str]) -> None:
        """Say of the changes that gave the labels of before that these stand no more."""
        standing = self._is_of(changes.segmentation) & _CHANGE.c.ended_on.is_(None)
        ended = update(_CHANGE).where(standing).values(ended_on=changes.as_of)
        for some in among(self._connection, _CHANGE.c.account_id, accounts):
            self._connection.execute(ended.where(some))

    def _is_of(self, segmentation: str) -> ColumnElement[bool]:
        """That a change is of a segmentation; it is to be found by its account.

        SQLite, without statistics of the table, would walk over every change there is for each account.
        """
        return without_index(_CHANGE.c.segmentation, self._connection.dialect.name) == segmentation

    def earlier_alerts(
        self, route: str, segmentation: str, account_ids: Sequence[str], now: datetime
    ) -> Mapping[str, EarlierAlerts]:
        """Alerts that wait or rest."""
        found: dict[str, EarlierAlerts] = {}
        for some in score_rows.batches(account_ids):
            found |= raised_alerts.earlier(self._connection, route, segmentation, some, now)
        return found

    def withdraw(self, pending: PendingAlert) -> bool:
        """Take back an alert that is not being sent."""
        return raised_alerts.withdraw(self._connection, pending)

    def add_alert(self, alert: NewAlert, at: datetime) -> int:
        """Add an alert."""
        return raised_alerts.add_alert(self._connection, alert, at)

    def add_message(self, message: NewMessage, at: datetime) -> None:
        """Put a message into the outbox; a key that is there already is left as it is."""
        put(self._connection, message, at)

    def hold_back(self, route: str, place: str, change_id: int, reason: str, at: datetime) -> None:
        """Note what is not told."""
        raised_alerts.hold_back(self._connection, route, place, change_id, reason, at)

    def announce(self, route: str, place: str, key: str) -> Mapping[str, int]:
        """What was held back and not said yet."""
        return raised_alerts.announce(self._connection, route, place, key)

    def account_catalog(self, configuration: Configuration) -> Catalog:
        """The fields of accounts."""
        return account_catalog(self._connection, configuration)

    def meeting(
        self, criteria: Node, catalog: Catalog, segmentation: str, today: Today, account_ids: Sequence[str]
    ) -> set[str]:
        """Those that meet criteria."""
        return concerned.meeting(self._connection, criteria, catalog, segmentation, today, account_ids)

    def concerned(self, account_ids: Sequence[str], fields: Sequence[str]) -> Mapping[str, Concerned]:
        """The CRM users whom accounts concern."""
        return concerned.concerned(self._connection, account_ids, fields)


def _facts(change: AccountChange, why: Sequence[str]) -> str:
    """What an account was and is, and why, as JSON."""
    values = {
        "before": standing_as_json(change.old),
        "after": standing_as_json(change.new),
        "why": why,
        "own": change.own,
        "gone": change.gone,
    }
    return orjson.dumps(values).decode()
