"""The part of the wiring for what people do about alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.app.acting_ports import OwnWriters
from bot.app.acting_told import StandingChat
from bot.app.acting_writes import KIND, CrmDesk
from bot.app.alert_desk import AlertDesk
from bot.app.answers import Explanation
from bot.app.errors import BellwetherError
from bot.app.ports import Audit, Chat, Clock, Job
from bot.runtime.work import JobLoop
from bot.runtime.zoho_parts import ZohoParts
from bot.store.alert_actions import SqlAlertActions
from bot.store.alert_rests import SqlRests
from bot.store.alert_standing import SqlAlertStanding
from bot.store.crm_writes import SqlCrmPeople, SqlCrmWrites
from bot.store.incidents import SqlIncidents
from bot.store.jobs import SqlJobs
from connector.cache.engine import Database
from connector.errors import ConnectorError

FOR_EVER: Final = 1_000_000  # attempts: what somebody asked for is given up by its age


@dataclass
class ActingParts:
    """Each part is built when it is first asked for."""

    database: Database
    clock: Clock
    audit: Audit
    zoho: ZohoParts
    explain: Callable[[str], Sequence[Explanation]]
    own: OwnWriters | None = None

    @cached_property
    def desk(self) -> AlertDesk:
        """The use case."""
        actions = SqlAlertActions(self.database, self.clock)
        people = SqlCrmPeople(self.database)
        return AlertDesk(actions, people, self.audit, self.clock, self.explain, self._today)

    @cached_property
    def rests(self) -> SqlRests:
        """What ends rests."""
        return SqlRests(self.database, self.clock)

    @cached_property
    def crm(self) -> CrmDesk:
        """What writes to the CRM."""
        writes = SqlCrmWrites(self.database, self.clock)
        return CrmDesk(writes, lambda: self.zoho.writer, self._module, self.audit, self.clock, self.own)

    def chat(self, chat: Chat) -> StandingChat:
        """Slack, with alerts as they stand."""
        return StandingChat(chat, SqlAlertStanding(self.database))

    def loop(self, jobs: SqlJobs, holder: str, incidents: SqlIncidents) -> JobLoop:
        """What does the jobs of writing; a loop of its own, so that nobody waits for a sync."""

        def fail(job: Job, error: BellwetherError | ConnectorError) -> None:
            incidents.begin(f"job:{job.kind}", error.what_happened, error.what_to_do)

        def work(job: Job) -> Mapping[str, Any]:
            return {"crm_id": self.crm.write(int(job.args["action"]))}

        def succeed(job: Job) -> None:
            incidents.end(f"job:{job.kind}")

        return JobLoop(jobs, self.clock, holder, {KIND: work}, fail, succeed, most_attempts=FOR_EVER)

    def _module(self) -> str:
        return self.zoho.configuration().mapping.accounts.module

    def _today(self) -> date:
        name = self.zoho.time_zone()
        return self.clock.now().astimezone(ZoneInfo(name) if name else UTC).date()
