"""Removing what has been kept long enough. Exports: ``bot.app.exporting_retention``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from bot.app.acting import OPEN
from bot.app.ports import Clock
from bot.store.places import TABLES
from connector.cache.engine import Database
from scoring.config import Retention

KIND: Final = "retention"  # the job
EVERY_SECONDS: Final = 86_400


class SqlRetention:
    """What is kept for how long."""

    def __init__(self, database: Database, clock: Clock, kept: Callable[[], Retention]) -> None:
        self._database, self._clock, self._kept = database, clock, kept

    def tidy(self) -> Mapping[str, int]:
        """Remove what is old; how many rows, by what it is."""
        kept, now = self._kept(), self._clock.now()
        with self._database.writes.begin() as connection:
            done = {"proposals": _proposals(connection, now)}
        for name, remove in _RULES.items():
            days = getattr(kept, name)
            if days is not None:  # one transaction for each: none holds the others up
                with self._database.writes.begin() as connection:
                    done[name] = remove(connection, now - timedelta(days=days))
        return done


def _conversations(connection: Connection, before: datetime) -> int:
    table = TABLES["conversation"]
    return connection.execute(delete(table).where(table.c.updated_at < before)).rowcount


def _misses(connection: Connection, before: datetime) -> int:
    table = TABLES["miss"]
    return connection.execute(delete(table).where(table.c.last_at < before)).rowcount


def _jobs(connection: Connection, before: datetime) -> int:
    """The newest of each kind stays: it says when the next one is due."""
    table = TABLES["job"]
    newest = select(func.max(table.c.id)).group_by(table.c.kind)
    old = (table.c.finished_at < before, table.c.state != "pending", table.c.id.not_in(newest))
    return connection.execute(delete(table).where(*old)).rowcount


def _runs(connection: Connection, before: datetime) -> int:
    """Reports of syncs and recomputes; the newest of each segmentation stays, scores are explained by it."""
    sync, run = TABLES["sync_run"], TABLES["run"]
    newest = select(func.max(run.c.id)).group_by(run.c.segmentation)
    last = select(func.max(sync.c.id))
    done = connection.execute(delete(sync).where(sync.c.started_at < before, sync.c.id.not_in(last))).rowcount
    used = select(TABLES["label_change"].c.run_id)
    old = (run.c.started_at < before, run.c.id.not_in(newest), run.c.id.not_in(used))
    return done + connection.execute(delete(run).where(*old)).rowcount


def _alerts(connection: Connection, before: datetime) -> int:
    """Alerts that nobody has to look at any more, their actions, and messages of any kind.

    The message of an alert that stays stays with it: the alert is drawn from it. Of the others the key stays,
    without what they said: nothing that was sent once is sent again, whatever the numbers are that are given.
    """
    alert, action, outbox = TABLES["alert"], TABLES["alert_action"], TABLES["outbox"]
    ended = or_(alert.c.state.not_in((OPEN, "snoozed")), alert.c.slack_ts.is_(None))
    newest = select(func.max(alert.c.id)).scalar_subquery()  # SQLite gives a number again that was the last
    old = select(alert.c.id).where(and_(alert.c.created_at < before, ended, alert.c.id < newest))
    last_action = select(func.max(action.c.id)).scalar_subquery()
    connection.execute(delete(action).where(action.c.alert_id.in_(old), action.c.id < last_action))
    sent = and_(outbox.c.created_at < before, outbox.c.state.in_(("sent", "dead", "superseded")))
    theirs = or_(outbox.c.alert_id.is_(None), outbox.c.alert_id.in_(old))
    said = outbox.c.payload != EMPTY
    emptied = update(outbox).where(sent, theirs, said).values(payload=EMPTY, kind="text", last_error=None)
    connection.execute(emptied)
    return connection.execute(delete(alert).where(alert.c.id.in_(old))).rowcount


def _history(connection: Connection, before: datetime) -> int:
    """Labels that had ended and of which no alert is, and scores that were followed by others by then."""
    change, alert, score = TABLES["label_change"], TABLES["alert"], TABLES["score_history"]
    newest = select(func.max(change.c.id)).scalar_subquery()
    told = select(alert.c.change_id)
    day = before.date()
    ended = (change.c.ended_on < day, change.c.id < newest, change.c.id.not_in(told))
    done = connection.execute(delete(change).where(*ended)).rowcount
    later = score.alias("later")
    followed = (
        select(later.c.as_of)
        .where(
            later.c.segmentation == score.c.segmentation,
            later.c.account_id == score.c.account_id,
            later.c.as_of > score.c.as_of,
            later.c.as_of <= day,
        )
        .correlate(score)
        .exists()
    )
    return done + connection.execute(delete(score).where(score.c.as_of < day, followed)).rowcount


def _audit(connection: Connection, before: datetime) -> int:
    table = TABLES["audit"]
    return connection.execute(delete(table).where(table.c.at < before)).rowcount


def _enrichment(connection: Connection, before: datetime) -> int:
    """Batches with their accounts, and what was written; what was written by then cannot be taken back."""
    batch, account = TABLES["enrichment_batch"], TABLES["enrichment_account"]
    write, day = TABLES["enrichment_write"], TABLES["enrichment_day"]
    old = select(batch.c.id).where(batch.c.at < before)
    connection.execute(delete(account).where(account.c.batch_id.in_(old)))
    mine = or_(write.c.of.in_(old), and_(write.c.at < before, write.c.of.not_in(select(batch.c.id))))
    done = connection.execute(delete(write).where(mine)).rowcount
    connection.execute(delete(day).where(day.c.day < before.date().isoformat()))
    return done + connection.execute(delete(batch).where(batch.c.at < before)).rowcount


def _proposals(connection: Connection, now: datetime) -> int:
    """Those whose 24 hours are over, whatever the configuration says."""
    table = TABLES["enrichment_proposal"]
    return connection.execute(delete(table).where(table.c.expires_at <= now)).rowcount


EMPTY: Final = '{"text": ""}'
_RULES: Final[Mapping[str, Callable[[Connection, datetime], int]]] = {
    "conversations": _conversations,
    "misses": _misses,
    "jobs": _jobs,
    "runs": _runs,
    "alerts": _alerts,
    "history": _history,
    "audit": _audit,
    "enrichment": _enrichment,
}
