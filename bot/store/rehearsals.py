"""A run that is listened to: the same reading and writing, and a note of what is told. It ends undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from bot.app.config.preview import Heard, HeardOfOne
from bot.app.facts import ChangesOfRun, OrganisationFacts
from bot.app.scoring_ports import NewAlert, NewMessage, ScoringTransaction
from bot.store.locks import in_turn
from bot.store.scores import SqlScores, SqlScoringTransaction
from connector.cache.engine import Database


class ListenedScores(SqlScores):
    """The port ``Scores``, which notes what one rehearsal writes.

    Args:
        database: where scores are.
        heard: what is noted.
        seconds: how long to wait for a run that is under way.
    """

    def __init__(self, database: Database, heard: Heard, seconds: float) -> None:
        super().__init__(database)
        self._heard = heard
        self._seconds = seconds

    @contextmanager
    def transaction(self) -> Iterator[ScoringTransaction]:
        """Begin; the rehearsal ends with an exception, which undoes it.

        Raises:
            UserError: a run was under way for too long.
        """
        with in_turn(self._database, "scoring", self._seconds) as connection:
            yield _ListenedTransaction(connection, self._heard)


class _ListenedTransaction(SqlScoringTransaction):
    def __init__(self, connection: Connection, heard: Heard) -> None:
        super().__init__(connection)
        self._heard = heard
        self._now = HeardOfOne()

    def organisation(self) -> OrganisationFacts:
        found = super().organisation()
        self._heard.currency = found.currency
        return found

    def save_changes(self, changes: ChangesOfRun) -> list[int]:
        self._now = HeardOfOne([change for change, _ in changes.changes])
        self._heard.parts[changes.segmentation] = self._now
        self._heard.names.update(self.names([one.account_id for one in self._now.changes]))
        return super().save_changes(changes)

    def add_alert(self, alert: NewAlert, at: datetime) -> int:
        if alert.state == "open":
            self._now.alerts.append(alert.route)
        return super().add_alert(alert, at)

    def add_message(self, message: NewMessage, at: datetime) -> None:
        if message.kind == "alert_summary":
            self._now.summaries.append(message.channel)
        super().add_message(message, at)
