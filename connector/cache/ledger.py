"""The ledger of API credits, shared by every process: what was spent by call and hour, and what is left."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from connector.access_ports import ApiCall
from connector.budget import ROLLING, Allowance, Spent, Verdict, judge
from connector.cache.engine import Database
from connector.cache.statements import upsert
from connector.cache.tables import ApiPaceRow, ApiSpendRow, table_of
from connector.cache.troubles import troubles_said
from connector.errors import OutOfBudget, Retriable
from connector.ports import Clock

# A dear call is written down before it is sent. Cheap ones are gathered: a transaction for each page of a
# list would cost as much as the page. A process that is killed loses at most these seconds of its ledger, and
# what the API itself says corrects it.
DEAR_CREDITS = 20
GATHER_SECONDS = 2.0
KEEP = ROLLING * 32

_SPEND = table_of(ApiSpendRow)
_PACE = table_of(ApiPaceRow)
_SUMMED = ("calls", "credits")


@dataclass(frozen=True, slots=True)
class Spending:
    """What one kind of call cost in the last 24 hours."""

    api: str
    call: str
    calls: int
    credits: int


class SqlCallBook:
    """The port ``CallBook`` on the tables ``api_spend`` and ``api_pace``.

    Args:
        allowance: an API's daily credits and reserve, asked anew every time the ledger is read.
        seconds: a monotonic clock, for how long calls are gathered.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        allowance: Callable[[str], Allowance],
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._allowance = allowance
        self._seconds = seconds
        self._lock = threading.Lock()
        self._gathered: Counter[tuple[str, str]] = Counter()
        self._prices: Counter[tuple[str, str]] = Counter()
        self._wrote_at = seconds()
        self._known: dict[str, tuple[float, tuple[Spent, ...]]] = {}
        self._said: dict[str, int] = {}

    def before(self, call: ApiCall) -> None:
        """Book a call before it is sent.

        Raises:
            OutOfBudget: it would eat into the share that is left to the customer's other programs.
        """
        with self._lock:
            verdict = self._judge(call)
            if verdict.until is not None:
                self._write()
                raise _refusal(call, verdict, self._clock.now())
            key = (call.api, call.name)
            self._gathered[key] += 1
            self._prices[key] += call.credits
            if call.credits >= DEAR_CREDITS or self._seconds() - self._wrote_at > GATHER_SECONDS:
                self._write()

    def after(self, call: ApiCall, remaining: int | None) -> None:
        """What the API said is left of the day, if it said so."""
        if remaining is None or self._said.get(call.api) == remaining:
            return
        with self._lock:
            first = call.api not in self._said
            self._said[call.api] = remaining
            if first:
                self._write()

    def flush(self) -> None:
        """Write down what was gathered; where the database has troubles of its own it is left unwritten."""
        with self._lock, suppress(Retriable), troubles_said():
            self._write()

    def _judge(self, call: ApiCall) -> Verdict:
        allowance = self._allowance(call.api)
        said = self._said.get(call.api, allowance.remaining)
        known = Allowance(allowance.daily, said, allowance.reserve_percent)
        spent = (*self._spent(call.api), Spent(self._clock.now(), self._pending(call.api)))
        return judge(known, spent, call.credits, self._clock.now())

    def _pending(self, api: str) -> int:
        return sum(price for (one, _), price in self._prices.items() if one == api)

    def _spent(self, api: str) -> tuple[Spent, ...]:
        """What is written down, by all processes; looked up again when it is a few seconds old."""
        at, spent = self._known.get(api, (float("-inf"), ()))
        if self._seconds() - at > GATHER_SECONDS:
            spent = spent_of(self._database, api, self._clock.now())
            self._known[api] = (self._seconds(), spent)
        return spent

    def _write(self) -> None:
        self._wrote_at = self._seconds()
        now = self._clock.now()
        rows = [
            {"api": api, "hour": _hour(now), "call": name, "calls": count, "credits": self._prices[api, name]}
            for (api, name), count in self._gathered.items()
        ]
        if not rows and not self._said:
            return
        with self._database.writes.begin() as connection:
            if rows:
                connection.execute(_add(_SPEND, connection.dialect.name), rows)
            for api, remaining in self._said.items():
                row = {"api": api, "remaining": remaining, "said_at": now}
                # `in_minute` has no default in the database; a row that is there keeps its own.
                statement = upsert(_PACE, connection.dialect.name, frozenset(row))
                connection.execute(statement.values(in_minute=0), row)
        self._gathered.clear()
        self._prices.clear()
        self._known.clear()


def spent_of(database: Database, api: str, now: datetime) -> tuple[Spent, ...]:
    """An API's credits of the last 24 hours, by the hour."""
    statement = (
        select(_SPEND.c.hour, func.sum(_SPEND.c.credits))
        .where(_SPEND.c.api == api, _SPEND.c.hour > now - ROLLING)
        .group_by(_SPEND.c.hour)
    )
    with database.reads.connect() as connection:
        return tuple(Spent(row[0], int(row[1])) for row in connection.execute(statement))


def spendings(database: Database, now: datetime) -> tuple[Spending, ...]:
    """What each kind of call cost in the last 24 hours, the dearest first."""
    total = func.sum(_SPEND.c.credits)
    statement = (
        select(_SPEND.c.api, _SPEND.c.call, func.sum(_SPEND.c.calls), total)
        .where(_SPEND.c.hour > now - ROLLING)
        .group_by(_SPEND.c.api, _SPEND.c.call)
        .order_by(total.desc(), _SPEND.c.api, _SPEND.c.call)
    )
    with database.reads.connect() as connection:
        return tuple(
            Spending(row[0], row[1], int(row[2]), int(row[3])) for row in connection.execute(statement)
        )


def remaining_of(database: Database, now: datetime) -> Mapping[str, int]:
    """What each API last said is left, if it said so within the last hour."""
    statement = select(_PACE.c.api, _PACE.c.remaining).where(
        _PACE.c.remaining.is_not(None), _PACE.c.said_at > now - ROLLING / 24
    )
    with database.reads.connect() as connection:
        return {row.api: row.remaining for row in connection.execute(statement)}


def forget_old(database: Database, now: datetime) -> None:
    """Drop what nobody asks for any more: a month is kept."""
    with database.writes.begin() as connection:
        connection.execute(_SPEND.delete().where(_SPEND.c.hour < now - KEEP))


def _refusal(call: ApiCall, verdict: Verdict, now: datetime) -> OutOfBudget:
    until = verdict.until or now
    return OutOfBudget(
        f"Our share of the day's API credits is used up ({max(verdict.left or 0, 0):,} are left to us, "
        f"{call.name} costs {call.credits}); the rest is left to your other programs.",
        f"It goes on by itself at {until:%Y-%m-%d %H:%M} UTC; "
        "sync.reserve_percent of the configuration decides the share.",
        after_seconds=(until - now).total_seconds(),
    )


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _add(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    """Insert, or add to the counts that stand there."""
    if dialect == "postgresql":
        on_postgresql = postgresql.insert(table)
        new = on_postgresql.excluded
        return on_postgresql.on_conflict_do_update(
            table.primary_key, set_={name: table.c[name] + new[name] for name in _SUMMED}
        )
    on_sqlite = sqlite.insert(table)
    added = on_sqlite.excluded
    return on_sqlite.on_conflict_do_update(
        table.primary_key, set_={name: table.c[name] + added[name] for name in _SUMMED}
    )
