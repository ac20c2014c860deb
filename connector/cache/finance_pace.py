"""The pace of all processes at an API with a limit by the minute, in the table ``api_pace``.

``minute`` is the instant for which the next place is free, ``in_minute`` how many places are taken from now
until then. A place that was booked and not used is lost, never used twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from connector.cache.engine import Database
from connector.cache.statements import insert_missing
from connector.cache.tables import ApiPaceRow, table_of
from connector.finance_ports import PaceState
from connector.ports import Clock

# Zoho Finance blocks an organisation for half an hour beyond 100 calls a minute. A bucket that refills with
# 80 a minute and holds ten never lets more than 90 through in any 60 seconds, wherever they begin.
A_MINUTE = 80
BURST = 10
BETWEEN = timedelta(minutes=1) / A_MINUTE
_PACE = table_of(ApiPaceRow)


@dataclass(frozen=True, slots=True)
class Place:
    """A booked place: when it may be used, and when the next one is free."""

    wait_seconds: float
    next_free: datetime
    taken: int


def next_place(next_free: datetime | None, now: datetime) -> Place:
    """Book the next place of the bucket. Pure."""
    free = max(next_free or now, now)
    wait = max(timedelta(), free - now - BETWEEN * (BURST - 1))
    after = free + BETWEEN
    return Place(wait.total_seconds(), after, math.ceil((after - now) / BETWEEN))


class SqlPace:
    """The port ``Pace`` on the table ``api_pace``; each call is one short transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take(self, api: str) -> PaceState:
        """Book the next free place for a call, unless the API is blocked."""
        now = self._clock.now()
        with self._database.writes.begin() as connection:
            self._row_exists(connection, api)
            held = connection.execute(select(_PACE).where(_PACE.c.api == api).with_for_update()).one()
            wait = 0.0
            if held.blocked_until is None or held.blocked_until <= now:
                place = next_place(held.minute, now)
                wait = place.wait_seconds
                connection.execute(
                    update(_PACE)
                    .where(_PACE.c.api == api)
                    .values(minute=place.next_free, in_minute=place.taken)
                )
        return PaceState(wait, held.remaining, held.daily, held.resets_at, held.blocked_until)

    def said(self, api: str, *, remaining: int | None, daily: int | None, resets_at: datetime | None) -> None:
        """Keep what an answer said of the day; what it did not say stays."""
        said = {"remaining": remaining, "daily": daily, "resets_at": resets_at}
        kept = {name: value for name, value in said.items() if value is not None}
        self._set(api, said_at=self._clock.now(), **kept)

    def block(self, api: str, until: datetime) -> None:
        """Nobody calls before this instant."""
        self._set(api, blocked_until=until)

    def _set(self, api: str, **values: object) -> None:
        with self._database.writes.begin() as connection:
            self._row_exists(connection, api)
            connection.execute(update(_PACE).where(_PACE.c.api == api).values(**values))

    @staticmethod
    def _row_exists(connection: Connection, api: str) -> None:
        connection.execute(insert_missing(_PACE, connection.dialect.name), {"api": api, "in_minute": 0})
