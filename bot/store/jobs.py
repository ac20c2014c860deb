"""Work in the database: once per (kind, slot), claimed with a lease."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from bot.app.ports import Clock, Job
from bot.store.dialect import insert_or
from bot.store.locks import take_turn
from bot.store.tables import JobRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_job = table_of(JobRow)


@dataclass(frozen=True, slots=True)
class LastJob:
    """The newest finished job of a kind: how it ended."""

    slot: str
    ok: bool
    finished_at: datetime
    error: str | None


def insert_job(
    connection: Connection,
    kind: str,
    slot: str,
    args: Mapping[str, Any],
    *,
    due_at: datetime,
    created_at: datetime,
) -> int | None:
    """Add a job within a transaction; its number, None when that slot exists already."""
    statement = (
        insert_or(connection.dialect.name, _job)
        .values(
            kind=kind,
            slot=slot,
            args=json.dumps(args),
            state="pending",
            due_at=due_at,
            attempts=0,
            created_at=created_at,
        )
        .on_conflict_do_nothing(index_elements=["kind", "slot"])
        .returning(_job.c.id)
    )
    number = connection.execute(statement).scalar()
    return None if number is None else int(number)


def _claimed(attempt: int | None) -> tuple[ColumnElement[bool], ...]:
    """A claim is known by its number: the holder's name may be that of another thread of the process."""
    return () if attempt is None else (_job.c.attempts == attempt,)


class SqlJobs:
    """The port ``Jobs``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def enqueue(self, kind: str, slot: str, args: Mapping[str, Any], due_at: datetime) -> int | None:
        """Add a job; None when that slot exists already."""
        with self._database.writes.begin() as connection:
            return insert_job(connection, kind, slot, args, due_at=due_at, created_at=self._clock.now())

    def claim(self, holder: str, lease: timedelta, kinds: Sequence[str] = ()) -> Job | None:
        """Take the oldest due job that nobody holds."""
        now = self._clock.now()
        wanted = (
            select(_job)
            .where(
                _job.c.state == "pending",
                _job.c.due_at <= now,
                or_(_job.c.lease_until.is_(None), _job.c.lease_until <= now),
            )
            .order_by(_job.c.due_at, _job.c.id)
            .limit(1)
        )
        if kinds:
            wanted = wanted.where(_job.c.kind.in_(kinds))
        with self._database.writes.begin() as connection:
            take_turn(connection, "job")
            row = connection.execute(wanted).mappings().first()
            if row is None:
                return None
            attempts = row["attempts"] + 1
            connection.execute(
                update(_job)
                .where(_job.c.id == row["id"])
                .values(lease_until=now + lease, leased_by=holder, attempts=attempts)
            )
        return Job(row["id"], row["kind"], row["slot"], json.loads(row["args"]), attempts)

    def progress(self, job_id: int, holder: str, lease: timedelta, progress: Mapping[str, Any]) -> None:
        """Say how far it is, and keep the lease."""
        with self._database.writes.begin() as connection:
            connection.execute(
                update(_job)
                .where(_job.c.id == job_id, _job.c.leased_by == holder, _job.c.state == "pending")
                .values(lease_until=self._clock.now() + lease, progress=json.dumps(progress))
            )

    def release(
        self, job_id: int, due_at: datetime, error: str | None = None, *, attempt: int | None = None
    ) -> None:
        """Give a job back, to be done later by anybody.

        Args:
            job_id: which.
            due_at: when.
            error: why.
            attempt: of the claim; when there was a later one, the job is that one's and is left alone.
        """
        with self._database.writes.begin() as connection:
            connection.execute(
                update(_job)
                .where(_job.c.id == job_id, *_claimed(attempt))
                .values(lease_until=None, leased_by=None, due_at=due_at, last_error=error)
            )

    def settle(
        self,
        job_id: int,
        *,
        result: Mapping[str, Any] | None,
        error: str | None,
        attempt: int | None = None,
    ) -> None:
        """It is done, or has failed for good; ``attempt`` as of ``release``."""
        with self._database.writes.begin() as connection:
            connection.execute(
                update(_job)
                .where(_job.c.id == job_id, *_claimed(attempt))
                .values(
                    state="failed" if error else "done",
                    lease_until=None,
                    finished_at=self._clock.now(),
                    result=None if result is None else json.dumps(result, default=str),
                    last_error=error,
                )
            )

    def last_slot(self, kind: str) -> str | None:
        """The newest slot of a kind that was ever enqueued, for catching up."""
        with self._database.reads.begin() as connection:
            return connection.execute(select(func.max(_job.c.slot)).where(_job.c.kind == kind)).scalar()

    def waiting(self, kind: str) -> bool:
        """Whether a job of this kind is not finished yet."""
        with self._database.reads.begin() as connection:
            found = connection.execute(
                select(_job.c.id).where(_job.c.kind == kind, _job.c.state == "pending").limit(1)
            )
            return found.first() is not None

    def last_finished(self, kind: str) -> LastJob | None:
        """How the newest finished job of a kind ended."""
        with self._database.reads.begin() as connection:
            row = (
                connection.execute(
                    select(_job)
                    .where(_job.c.kind == kind, _job.c.finished_at.is_not(None))
                    .order_by(_job.c.finished_at.desc(), _job.c.id.desc())
                    .limit(1)
                )
                .mappings()
                .first()
            )
        if row is None:
            return None
        return LastJob(row["slot"], row["state"] == "done", row["finished_at"], row["last_error"])
