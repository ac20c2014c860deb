"""What enriches accounts, and a loop of its own, so that nothing waits for a long batch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.app.enriching import CrmSide, Enriching
from bot.app.enriching_batches import KIND, EnrichingBatches
from bot.app.enriching_undo import EnrichingHistory
from bot.app.enriching_values import BatchState
from bot.app.enriching_work import BatchWork, BusyError
from bot.app.errors import BellwetherError, ConfigurationError
from bot.app.ports import Job
from bot.runtime.work import JobLoop, Stopping
from bot.store.enrichable_accounts import SqlEnrichableAccounts
from bot.store.enrichment_batches import SqlBatches
from bot.store.enrichments import SqlProposals, SqlWrites
from bot.store.incidents import SqlIncidents
from connector.enrichment.from_file import FileProvider
from connector.enrichment.values import Provider
from connector.errors import ConnectorError, Retriable
from connector.zoho.zia import ZiaProvider

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

BUSY_SECONDS: Final = 60.0
MOST_ATTEMPTS: Final = 1_000  # a batch waits for the one before it, and for a CRM that does not answer


class EnrichingParts:
    """Every part, each built when it is first asked for.

    Args:
        of: the installation.
        crawler: builds what reads companies' own sites, with the address that explains it; None where that
            is not installed.
    """

    def __init__(self, of: Bellwether, crawler: Callable[[str], Provider] | None = None) -> None:
        self._of = of
        self._crawler = crawler

    @cached_property
    def crm(self) -> CrmSide:
        """The accounts in the CRM and in the copy."""
        of = self._of
        accounts = SqlEnrichableAccounts(of.database, of.configurations.current, of.clock)
        return CrmSide(lambda: of.zoho.writer, accounts, of.configuration)

    @cached_property
    def writes(self) -> SqlWrites:
        """What was written."""
        return SqlWrites(self._of.database)

    @cached_property
    def batches_kept(self) -> SqlBatches:
        """Batches and their accounts."""
        return SqlBatches(self._of.database, self._of.clock)

    @cached_property
    def one(self) -> Enriching:
        """The use case for one account."""
        of = self._of
        return Enriching(self.crm, self.provider, SqlProposals(of.database), self.writes, of.audit, of.clock)

    @cached_property
    def many(self) -> EnrichingBatches:
        """The use case for many accounts."""
        of = self._of
        return EnrichingBatches(
            self.crm, self.batches_kept, of.jobs, of.audit, of.clock, lambda: self.provider().name
        )

    @cached_property
    def history(self) -> EnrichingHistory:
        """What was enriched, and taking it back."""
        return EnrichingHistory(self.crm, self.writes, self.batches_kept, self._of.audit, self._of.clock)

    def work(self) -> BatchWork:
        """What works on batches."""
        of = self._of
        return BatchWork(self.crm, self.batches_kept, self.writes, self.provider, of.audit, of.clock)

    def provider(self) -> Provider:
        """The one that the document names.

        Raises:
            ConfigurationError: it is not set up.
        """
        settings, now = self.crm.settings, self._of.clock.now
        if settings.provider == "zia":
            return ZiaProvider(self._of.zoho.client, now)
        if settings.provider == "file":
            if settings.file is None:
                raise ConfigurationError(
                    "Enrichment reads a file, and none is named.", "Set enrichment.file in the configuration."
                )
            return FileProvider(Path(settings.file), now)
        if self._crawler is None:
            raise ConfigurationError(
                "Reading companies' own sites is not installed.", "Set enrichment.provider to zia or file."
            )
        return self._crawler(settings.user_agent_url)

    def loop(self, stop: threading.Event) -> JobLoop:
        """What claims the jobs."""
        of = self._of
        own = EnrichingJobs(self.work, of.incidents, stop)
        handlers = {KIND: own.on_enrich}
        return JobLoop(
            of.jobs,
            of.clock,
            of.holder,
            handlers,
            own.on_failure,
            own.on_success,
            most_attempts=MOST_ATTEMPTS,
        )


@dataclass(frozen=True)
class EnrichingJobs:
    """Does the jobs of the kind ``enrich``.

    Attributes:
        stop: set when the process is asked to stop; asked after every account.
    """

    work: Callable[[], BatchWork]
    incidents: SqlIncidents
    stop: threading.Event

    def on_enrich(self, job: Job) -> Mapping[str, Any]:
        """Work on a batch until it is done."""
        try:
            batch = self.work().run(str(job.args["batch"]), lambda _done, _all: None, self.stop.is_set)
        except BusyError as error:
            raise Retriable(error.what_happened, after_seconds=BUSY_SECONDS) from None
        if batch is not None and batch.state is not BatchState.DONE:
            raise Stopping
        return {} if batch is None else {"total": batch.total, "counts": dict(batch.counts)}

    def on_failure(self, job: Job, error: BellwetherError | ConnectorError) -> None:
        """Tell the administrators once; that it waits for another batch is no failure."""
        if not (isinstance(error, Retriable) and error.after_seconds == BUSY_SECONDS):
            self.incidents.begin(f"job:{job.kind}", error.what_happened, error.what_to_do)

    def on_success(self, job: Job) -> None:
        """What had failed works again."""
        self.incidents.end(f"job:{job.kind}")
