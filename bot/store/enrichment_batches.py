"""Batches of enrichment and their accounts: the port ``Batches``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from bot.app.enriching_ports import AccountResult, BatchJob, Ended, Entered, ReadAccount
from bot.app.enriching_values import CANCELLED, RESULTS, Batch, BatchState, WriteState
from bot.app.ports import Clock
from bot.store.dialect import insert_or
from bot.store.enrichment_tables import (
    EnrichmentAccountRow,
    EnrichmentBatchRow,
    EnrichmentDayRow,
    EnrichmentWriteRow,
)
from bot.store.jobs import insert_job
from bot.store.locks import take_turn
from bot.store.score_rows import batches
from connector.cache.engine import Database
from connector.cache.tables import table_of
from connector.cache.turns import turn
from connector.enrichment.values import Company, CompanyReading, EnrichedField, Outcome, Proposal

_batch = table_of(EnrichmentBatchRow)
_account = table_of(EnrichmentAccountRow)
_day = table_of(EnrichmentDayRow)
_write = table_of(EnrichmentWriteRow)
WAITING, BEGUN, READ, DONE = "waiting", "begun", "read", "done"
_TURN = "enrichment"
_PLAIN = ("id", "what", "by", "place", "provider", "day", "total", "at", "finished_at", "reason")


class SqlBatches:
    """The port ``Batches``. A step is taken only from the one before it: of two takers one finds nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def left(self, day: date, most: int) -> int:
        """How many accounts of a day are left of so many."""
        with self._database.reads.begin() as connection:
            return max(0, most - _taken(connection, day.isoformat()))

    def enter(
        self, batch: Batch, companies: Sequence[Company], most_a_day: int, job: BatchJob | None
    ) -> Entered:
        """Take the accounts from the day's share, and keep the batch and its job: all of it or nothing."""
        kept = {name: getattr(batch, name) for name in _PLAIN} | {"state": batch.state.value}
        rows = [
            {**asdict(one), "batch_id": batch.id, "state": WAITING, "reason": "", "interrupted": False}
            for one in companies
        ]
        with self._database.writes.begin() as connection:
            take_turn(connection, "enrichment_day")
            taken = _taken(connection, batch.day) + len(companies)
            if taken > most_a_day:
                return Entered.TOO_MANY
            if _held(connection, [one.account_id for one in companies]):
                return Entered.OVERTAKEN
            counter = insert_or(self._database.dialect, _day).values(day=batch.day, taken=taken)
            connection.execute(
                counter.on_conflict_do_update(index_elements=["day"], set_={"taken": counter.excluded.taken})
            )
            connection.execute(insert(_batch).values(**kept))
            connection.execute(insert(_account), rows)
            if job is not None:
                now = self._clock.now()
                insert_job(connection, job.kind, job.slot, job.args, due_at=now, created_at=now)
        return Entered.DONE

    def find(self, batch_id: str) -> Batch | None:
        """A batch with its counts; None when there is none."""
        with self._database.reads.begin() as connection:
            row = connection.execute(select(_batch).where(_batch.c.id == batch_id)).mappings().one_or_none()
            return None if row is None else _with_counts(connection, row)

    def recent(self, limit: int) -> tuple[Batch, ...]:
        """The latest batches."""
        statement = select(_batch).order_by(_batch.c.at.desc(), _batch.c.id).limit(limit)
        with self._database.reads.begin() as connection:
            rows = connection.execute(statement).mappings().all()
            return tuple(_with_counts(connection, row) for row in rows)

    def accounts(self, batch_id: str) -> tuple[AccountResult, ...]:
        """Every account of a batch, by name."""
        names = tuple(AccountResult.__dataclass_fields__)
        statement = select(*(_account.c[name] for name in names)).where(_account.c.batch_id == batch_id)
        with self._database.reads.begin() as connection:
            rows = connection.execute(statement.order_by(_account.c.name, _account.c.account_id))
            return tuple(AccountResult(*row) for row in rows)

    def read_since(self, ids: Collection[str], since: datetime) -> frozenset[str]:
        """Those of some accounts that a batch has read since then; what was interrupted does not count."""
        read = and_(_account.c.at > since, _account.c.state.in_((READ, DONE)), ~_account.c.interrupted)
        query = select(_account.c.account_id).distinct().where(read)
        with self._database.reads.begin() as connection:
            return frozenset(
                one
                for some in batches(tuple(ids))
                for one in connection.execute(query.where(_account.c.account_id.in_(some))).scalars()
            )

    def held(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some accounts that wait for a batch, or are begun: until that one is done or cancelled."""
        with self._database.reads.begin() as connection:
            return _held(connection, ids)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """The right to work on batches; False while another process does, whichever the batch."""
        with turn(self._database, _TURN) as mine:
            yield mine

    def mark(self, batch_id: str, state: BatchState, reason: str | None = None) -> None:
        """Note how far it is."""
        finished = self._clock.now() if state is BatchState.DONE else None
        with self._database.writes.begin() as connection:
            connection.execute(
                update(_batch)
                .where(_batch.c.id == batch_id)
                .values(state=state.value, reason=reason, finished_at=finished)
            )

    def claim(self, batch_id: str, most: int) -> tuple[Company, ...]:
        """Some that wait, which are begun from now on; none when none waits."""
        names = ("account_id", "name", "website", "country")
        waiting = (
            select(*(_account.c[name] for name in names))
            .where(_account.c.batch_id == batch_id, _account.c.state == WAITING)
            .order_by(_account.c.account_id)
            .limit(most)
        )
        with self._database.writes.begin() as connection:
            take_turn(connection, "enrichment_claim")
            found = tuple(Company(*row) for row in connection.execute(waiting))
            _move(connection, batch_id, [one.account_id for one in found], WAITING, state=BEGUN)
        return found

    def give_back(self, batch_id: str, ids: Collection[str]) -> None:
        """Let begun ones wait again."""
        with self._database.writes.begin() as connection:
            _move(connection, batch_id, ids, BEGUN, state=WAITING)

    def cancel(self, batch_id: str, reason: str) -> int:
        """Those that wait are over, unread, and the day has their share again; how many they were.

        They are marked as interrupted: another batch may read them.
        """
        waiting = and_(_account.c.batch_id == batch_id, _account.c.state == WAITING)
        over = {"state": DONE, "result": CANCELLED, "reason": reason, "interrupted": True}
        day = select(_batch.c.day).where(_batch.c.id == batch_id).scalar_subquery()
        with self._database.writes.begin() as connection:
            take_turn(connection, "enrichment_day")
            take_turn(connection, "enrichment_claim")
            over["at"] = self._clock.now()
            number = connection.execute(update(_account).where(waiting).values(**over)).rowcount
            connection.execute(update(_day).where(_day.c.day == day).values(taken=_day.c.taken - number))
        return number

    def orphans(self, batch_id: str) -> tuple[str, ...]:
        """Those that were begun by a process that is not there any more: the caller has the turn."""
        begun = (_account.c.batch_id == batch_id, _account.c.state == BEGUN)
        with self._database.reads.begin() as connection:
            return tuple(connection.execute(select(_account.c.account_id).where(*begun)).scalars())

    def keep(self, batch_id: str, reading: CompanyReading) -> None:
        """Keep what was read of a begun account; it is over unless something was found."""
        found = reading.reading
        something = reading.outcome is Outcome.FOUND and found is not None and found.is_company
        values: dict[str, Any] = {
            "state": READ if something else DONE,
            "result": None if something else _without_proposals(reading.outcome),
            "reason": reading.reason,
            "found": json.dumps(asdict(found), ensure_ascii=False)
            if something and found is not None
            else None,
            "at": self._clock.now(),
        }
        with self._database.writes.begin() as connection:
            _move(connection, batch_id, [reading.company.account_id], BEGUN, **values)

    def unwritten(self, batch_id: str, most: int) -> tuple[ReadAccount, ...]:
        """Some whose findings are not settled."""
        statement = (
            select(_account.c.account_id, _account.c.name, _account.c.found)
            .where(_account.c.batch_id == batch_id, _account.c.state == READ)
            .order_by(_account.c.account_id)
            .limit(most)
        )
        with self._database.reads.begin() as connection:
            rows = connection.execute(statement).all()
        return tuple(ReadAccount(row.account_id, row.name, _proposals(row.found)) for row in rows)

    def end(self, batch_id: str, ended: Sequence[Ended], *, interrupted: bool = False) -> None:
        """Accounts are over, and what was found goes; those that are over already stay as they are."""
        if not ended:
            return
        this = and_(
            _account.c.batch_id == batch_id,
            _account.c.account_id == bindparam("one"),
            or_(_account.c.state == BEGUN, _account.c.state == READ),
        )
        values = {"result": bindparam("how"), "reason": bindparam("why"), "state": DONE}
        also = {"found": None, "interrupted": interrupted, "at": self._clock.now()}
        rows = [{"one": one.account_id, "how": one.result, "why": one.reason} for one in ended]
        with self._database.writes.begin() as connection:
            connection.execute(update(_account).where(this).values(**values, **also), rows)


def _move(connection: Connection, batch_id: str, ids: Collection[str], given: str, **values: Any) -> None:
    """Change accounts that are in a state."""
    for some in batches(tuple(ids)):
        connection.execute(
            update(_account)
            .where(
                _account.c.batch_id == batch_id,
                _account.c.account_id.in_(some),
                _account.c.state == given,
            )
            .values(**values)
        )


def _held(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    query = select(_account.c.account_id).distinct().where(_account.c.state.in_((WAITING, BEGUN)))
    return frozenset(
        one
        for some in batches(tuple(ids))
        for one in connection.execute(query.where(_account.c.account_id.in_(some))).scalars()
    )


def _without_proposals(outcome: Outcome) -> str:
    """A provider that says found and gives nothing has found nothing."""
    return (Outcome.NOTHING_FOUND if outcome is Outcome.FOUND else outcome).value


def _taken(connection: Connection, day: str) -> int:
    return connection.execute(select(_day.c.taken).where(_day.c.day == day)).scalar() or 0


def _with_counts(connection: Connection, row: Mapping[Any, Any]) -> Batch:
    over = and_(_account.c.batch_id == row["id"], _account.c.state == DONE)
    counted = select(_account.c.result, func.count()).where(over).group_by(_account.c.result)
    counts: dict[str, int] = {name: int(number) for name, number in connection.execute(counted)}
    in_crm = (WriteState.WRITTEN.value, WriteState.UNDOING.value, WriteState.UNDONE.value)
    filled = (
        select(_write.c.crm_field, func.count())
        .where(_write.c.of == row["id"], _write.c.state.in_(in_crm))
        .group_by(_write.c.crm_field)
        .order_by(_write.c.crm_field)
    )
    return Batch(
        **{name: row[name] for name in _PLAIN},
        state=BatchState(row["state"]),
        counts={name: counts.get(name, 0) for name in RESULTS},
        fields={name: int(number) for name, number in connection.execute(filled)},
    )


def _proposals(found: str | None) -> tuple[Proposal, ...]:
    given = json.loads(found)["proposals"] if found else []
    return tuple(Proposal(**{**one, "field": EnrichedField(one["field"])}) for one in given)
