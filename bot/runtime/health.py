"""Checks as data: what works, how old the knowledge is, and what to do when it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.app.checks import Check
from bot.app.ports import Clock
from bot.store import schema
from bot.store.heartbeats import SqlHeartbeats
from bot.store.incidents import SqlIncidents
from bot.store.outbox import SqlOutbox
from connector.cache.engine import Database

SILENT_AFTER = timedelta(seconds=60)
OUTBOX_LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Health:
    """The checks of one installation.

    Attributes:
        as_of: when the cache last agreed with the CRM.
        poll_seconds: how often it should.
    """

    database: Database
    clock: Clock
    heartbeats: SqlHeartbeats
    outbox: SqlOutbox
    incidents: SqlIncidents
    as_of: Callable[[], datetime | None]
    poll_seconds: int

    def all(self) -> Sequence[Check]:
        """Every check that looks at the database, so that any process can tell of the others."""
        database = self.database_check()
        if not database.ok:
            return (database,)
        return (
            database,
            self.zoho_check(),
            self.outbox_check(),
            self.process_check("web"),
            self.process_check("worker"),
            self.process_check("clock"),
        )

    def database_check(self) -> Check:
        """Whether the database answers and has this release's schema."""
        try:
            with self.database.reads.begin() as connection:
                present = schema.revision(connection)
        except SQLAlchemyError as error:
            return Check(
                "database", ok=False, detail=type(error).__name__, advice="Check BELLWETHER_DATABASE_URL."
            )
        ok = present == schema.head()
        return Check(
            "database",
            ok=ok,
            detail=f"{self.database.dialect}, schema {present}",
            advice="" if ok else "Restart Bellwether: it upgrades the schema when it starts.",
        )

    def zoho_check(self) -> Check:
        """Whether the cache is as fresh as it should be, and if not, why."""
        trouble = next((one for one in self.incidents.open_ones() if one.name == "zoho"), None)
        as_of = self.as_of()
        age = None if as_of is None else (self.clock.now() - as_of).total_seconds()
        if trouble:
            return Check("zoho", ok=False, detail=trouble.message, age_seconds=age, advice=trouble.what_to_do)
        if age is None:
            return Check(
                "zoho",
                ok=False,
                detail="not read yet",
                advice="The first sync runs, or run `bellwether sync`.",
            )
        ok = age <= 3 * self.poll_seconds + 60
        advice = "" if ok else "Look at the worker and the clock: nobody has read Zoho for a while."
        return Check(
            "zoho",
            ok=ok,
            detail="the copy is fresh" if ok else "the copy is old",
            age_seconds=age,
            advice=advice,
        )

    def outbox_check(self) -> Check:
        """Whether messages get out."""
        waiting, dead, oldest = self.outbox.depth()
        late = oldest is not None and self.clock.now() - oldest > OUTBOX_LATE_AFTER
        detail = f"{waiting} waiting, {dead} undeliverable"
        advice = "Run `bellwether outbox` to see why." if late or dead else ""
        return Check("outbox", ok=not (late or dead), detail=detail, advice=advice)

    def process_check(self, role: str) -> Check:
        """Whether a process in this role gave a sign of life of late."""
        beat = self.heartbeats.newest(role)
        age = None if beat is None else (self.clock.now() - beat).total_seconds()
        ok = age is not None and age <= SILENT_AFTER.total_seconds()
        advice = "" if ok else f"Start it: `bellwether {role}`, or `bellwether run` for all in one."
        return Check(role, ok=ok, detail="alive" if ok else "silent", age_seconds=age, advice=advice)
