"""An organisation with exports: rows in a database, a worker to call, people, and a Slack that notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from bot.app.errors import SendError
from bot.app.exporting import Exports
from bot.app.exporting_delivery import WITHDRAW
from bot.app.exporting_links import Links
from bot.app.exporting_ports import ExportNotices
from bot.app.exporting_retention import Retention
from bot.app.exporting_rhythm import ExportSchedule
from bot.app.exporting_schedules import ExportSchedules, ScheduledRuns
from bot.app.exporting_values import OPERATOR_KEY, Export
from bot.app.exporting_work import ExportWork
from bot.app.people import OPERATOR, Person
from bot.app.ports import Posted
from bot.exports.files import ExportDirectory, new_name
from bot.store.account_reading import AccountReader
from bot.store.accounts import SqlAccountBook
from bot.store.audit import SqlAudit
from bot.store.contact_rows import SqlContactRows
from bot.store.export_rows import SqlExportRows
from bot.store.export_schedules import SqlExportSchedules
from bot.store.exports import SqlExports
from bot.store.jobs import SqlJobs
from connector.cache.engine import Database
from scoring.config import Configuration, Segment
from tests.support.account_world import CONFIGURATION, NOW, settle
from tests.support.fake_services import FakePeople
from tests.support.moved_clock import SetClock

SECRET = "a-secret-of-the-tests"
CONFIGURED = CONFIGURATION.model_copy(
    update={"segments": (Segment(name="Medical", criteria="industry = medical"),)}
)


@dataclass
class Notices:
    """What people were told and given."""

    shown: list[tuple[Export, str | None]] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    halted: list[ExportSchedule] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)
    fail_with: SendError | None = None
    not_shown: SendError | None = None

    def show(self, export: Export, link: str | None) -> None:
        if self.not_shown is not None:
            raise self.not_shown
        self.shown.append((export, link))

    def tell(self, export: Export, link: str | None) -> Posted:
        self.shown.append((export, link))
        return Posted(f"D{export.slack_id}", f"{len(self.shown)}.0")

    def tell_halted(self, schedule: ExportSchedule) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        self.halted.append(schedule)

    def upload(self, export: Export, file: BinaryIO, begun: Callable[[str], None]) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        begun(f"F{len(self.files) + 1}")
        self.files.append((export.slack_id, file.read()))

    def take_back(self, slack_file: str) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        self.taken_back.append(slack_file)


class ExportWorld:
    """Everything, over one database and one directory. ``slack`` stands in the place of the notes."""

    def __init__(self, database: Database, directory: Path, slack: ExportNotices | None = None) -> None:
        settle(database)
        self.database, self.clock = database, SetClock(NOW)
        self.configuration: Configuration = CONFIGURED
        self.people, self.notices = FakePeople(), Notices()
        self.audit, self.jobs = SqlAudit(database, self.clock), SqlJobs(database, self.clock)
        self.files = ExportDirectory(directory / "exports")
        self.links = Links(SECRET, "https://bellwether.example")
        book = SqlAccountBook(database, lambda: self.configuration, self.clock, lambda _: None)
        self.book = book
        self.rows = SqlExportRows(database, lambda: self.configuration, self.clock)
        self.history = SqlExports(database)
        reader = AccountReader(database, lambda: self.configuration, self.clock)
        self.exports = Exports(
            self.rows,
            SqlContactRows(reader),
            self.history,
            self.files,
            self.jobs,
            self.audit,
            self.clock,
            lambda: self.configuration,
            self.links,
        )
        self.work = ExportWork(
            self.exports,
            book,
            self.person,
            slack or self.notices,
            lambda export: new_name(export.wish.format),
        )
        self.retention = Retention(self.exports)
        self.schedules = ExportSchedules(self.exports, SqlExportSchedules(database))
        self.runs = ScheduledRuns(self.schedules, self.person, lambda: slack or self.notices)

    def person(self, key: str) -> Person:
        return OPERATOR if key == OPERATOR_KEY else self.people.person(key)

    def without_segments(self) -> None:
        self.configuration = self.configuration.model_copy(update={"segments": ()})

    def written(self, export: Export, attempts: int = 1) -> Export:
        """Have the worker do it."""
        self.work.run(export.public_id, attempts, lambda: None)
        return self.found(export)

    def withdraw(self) -> int:
        """Have the worker take back what was given in Slack; how many exports it looked at."""
        count = 0
        while (job := self.jobs.claim("w", timedelta(minutes=1), (WITHDRAW,))) is not None:
            self.work.delivery.withdraw(str(job.args["export"]), job.args.get("copies"))
            self.jobs.settle(job.id, result={}, error=None)
            count += 1
        return count

    def found(self, export: Export) -> Export:
        found = self.history.find(export.public_id)
        assert found is not None
        return found

    def outcomes(self) -> list[str]:
        """What the audit log says of exports, the oldest first."""
        return [line.outcome for line in reversed(self.audit.lines(100)) if line.action == "export"]
