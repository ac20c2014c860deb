"""What exports are made of, and a loop of their own, so that nothing waits for a long one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from bot.app.errors import BellwetherError
from bot.app.exporting import KIND, Exports
from bot.app.exporting_delivery import WITHDRAW
from bot.app.exporting_links import Links
from bot.app.exporting_ports import ExportNotices
from bot.app.exporting_retention import TIDY, TIDY_SECONDS, Retention
from bot.app.exporting_schedules import DUE, DUE_SECONDS, ExportSchedules, ScheduledRuns
from bot.app.exporting_values import OPERATOR_KEY
from bot.app.exporting_work import ExportWork
from bot.app.people import OPERATOR, Person
from bot.app.ports import Job
from bot.app.schedule import Every
from bot.exports.files import ExportDirectory, new_name
from bot.runtime.export_downloads import Downloads
from bot.runtime.work import JobLoop, Stopping, goes_on
from bot.slack.export_notices import SlackExportNotices
from bot.store.account_reading import AccountReader
from bot.store.contact_rows import SqlContactRows
from bot.store.export_rows import SqlExportRows
from bot.store.export_schedules import SqlExportSchedules
from bot.store.exports import SqlExports
from bot.store.incidents import SqlIncidents
from connector.errors import ConnectorError

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

# A delivery ends by its own clock: so many attempts are days. What is to be taken back is tried as long, and
# after that `export_tidy` asks for it once a day.
PATIENCE: Final = {KIND: 2_000, WITHDRAW: 2_000}


def export_rhythms() -> tuple[Every, ...]:
    """How often what is not kept any longer, and which schedules are due, is looked for."""
    return Every(TIDY, TIDY_SECONDS), Every(DUE, DUE_SECONDS)


class ExportParts:
    """Every part, each built when it is first asked for."""

    def __init__(self, of: Bellwether) -> None:
        self._of = of

    @cached_property
    def exports(self) -> Exports:
        """The use case."""
        of = self._of
        return Exports(
            rows=SqlExportRows(of.database, of.configuration, of.clock),
            contacts=SqlContactRows(AccountReader(of.database, of.configuration, of.clock)),
            history=SqlExports(of.database),
            files=ExportDirectory(of.settings.exports_dir),
            jobs=of.jobs,
            audit=of.audit,
            clock=of.clock,
            configuration=of.configuration,
            links=self.links,
        )

    @cached_property
    def links(self) -> Links | None:
        """Download links, where people can reach this server and there is a key to sign with."""
        secret, url = self._of.settings.secret_key.get_secret_value(), self._of.settings.public_url
        return Links(secret, url) if secret and url else None

    @cached_property
    def schedules(self) -> ExportSchedules:
        """Exports that are made again and again."""
        return ExportSchedules(self.exports, SqlExportSchedules(self._of.database))

    @cached_property
    def retention(self) -> Retention:
        """What becomes of them in time."""
        return Retention(self.exports)

    def work(self, notices: ExportNotices | None = None) -> ExportWork:
        """What a worker does; without ``notices`` it tells people in Slack."""
        return ExportWork(
            self.exports,
            self._of.book,
            self.owner,
            notices or SlackExportNotices(self._of.slack),
            lambda export: new_name(export.wish.format),
        )

    def routes(self) -> list[Route]:
        """Where download links lead."""
        return Downloads(self.exports, self._person, self.links).routes()

    def _person(self, slack_id: str) -> Person:
        return self._of.people.person_now(slack_id)

    def owner(self, key: str) -> Person:
        """Who is behind the key of a requester: a Slack id, an e-mail of the terminal, or the operator."""
        if key == OPERATOR_KEY:
            return OPERATOR
        return self._of.people.by_email(key) if "@" in key else self._person(key)

    def scheduled_runs(self) -> ScheduledRuns:
        """What begins the exports that are due."""
        return ScheduledRuns(self.schedules, self.owner, lambda: SlackExportNotices(self._of.slack))

    def loop(self, stop: threading.Event) -> JobLoop:
        """What claims the jobs."""
        of = self._of
        own = ExportJobs(self.work, self.retention, self.scheduled_runs(), of.incidents, stop)
        handlers = {KIND: own.on_export, TIDY: own.on_tidy, DUE: own.on_due, WITHDRAW: own.on_withdraw}
        return JobLoop(
            of.jobs, of.clock, of.holder, handlers, own.on_failure, own.on_success, patience=PATIENCE
        )


@dataclass(frozen=True)
class ExportJobs:
    """Does the jobs of the kinds ``export``, ``export_withdraw``, ``export_tidy`` and ``export_due``.

    Attributes:
        stop: set when the process is asked to stop; asked between batches of rows.
    """

    work: Callable[[], ExportWork]
    retention: Retention
    runs: ScheduledRuns
    incidents: SqlIncidents
    stop: threading.Event

    def on_export(self, job: Job) -> Mapping[str, Any]:
        """Write one, and give it to the person who asked."""
        return self.work().run(str(job.args["export"]), job.attempts, self._stop_if_asked)

    def on_withdraw(self, job: Job) -> Mapping[str, Any]:
        """Take back what was given in Slack."""
        return self.work().delivery.withdraw(str(job.args["export"]), job.args.get("copies"))

    def on_tidy(self, _job: Job) -> Mapping[str, Any]:
        """Remove what is not kept any longer."""
        return self.retention.tidy()

    def on_due(self, _job: Job) -> Mapping[str, Any]:
        """Begin the scheduled exports that are due."""
        return self.runs.run()

    def on_failure(self, job: Job, error: BellwetherError | ConnectorError) -> None:
        """Tell the administrators once, and the person when it is not tried again."""
        self.incidents.begin(f"job:{job.kind}", error.what_happened, error.what_to_do)
        if job.kind == KIND:
            again = goes_on(job, error, PATIENCE)
            self.work().failed(str(job.args["export"]), error.what_happened, job.attempts, again=again)

    def on_success(self, job: Job) -> None:
        """What had failed works again."""
        self.incidents.end(f"job:{job.kind}")

    def _stop_if_asked(self) -> None:
        if self.stop.is_set():
            raise Stopping
