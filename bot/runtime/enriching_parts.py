"""What enriches accounts, and a loop of its own, so that nothing waits for a long batch."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.app.enriching import CrmSide, Enriching
from bot.app.enriching_batches import KIND, EnrichingBatches
from bot.app.enriching_desk import EnrichingDesk
from bot.app.enriching_undo import EnrichingHistory
from bot.app.enriching_work import BatchWork
from bot.app.errors import ConfigurationError
from bot.runtime.enriching_jobs import BatchJobs, DeskJobs, Telling
from bot.runtime.work import JobLoop
from bot.slack.told_messages import ToldMessages
from bot.store.enrichable_accounts import SqlEnrichableAccounts
from bot.store.enrichment_batches import SqlBatches
from bot.store.enrichments import SqlProposals, SqlWrites
from connector.enrichment.crawling import Crawler
from connector.enrichment.from_file import FileProvider
from connector.enrichment.reserved_names import ReservedNames
from connector.enrichment.resolving import PublicResolver
from connector.enrichment.values import Provider
from connector.zoho.zia import ZiaProvider

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

MOST_ATTEMPTS: Final = 1_000  # a batch waits for the one before it, and for a CRM that does not answer
_AMONG_OURSELVES: Final = 0.1  # seconds between two requests to a sandbox's site, which needs no rest


class EnrichingParts:
    """Every part, each built when it is first asked for.

    Args:
        of: the installation.
    """

    def __init__(self, of: Bellwether) -> None:
        self._of = of
        self._stop = threading.Event()
        self._building = threading.Lock()
        self._crawlers: dict[str, Crawler] = {}

    @cached_property
    def crm(self) -> CrmSide:
        """The accounts in the CRM and in the copy."""
        of = self._of
        accounts = SqlEnrichableAccounts(of.database, of.configurations.current, of.clock)
        return CrmSide(lambda: of.zoho.writer, accounts, of.configuration, lambda: of.consent_parts.own)

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
        return BatchWork(
            *(self.crm, self.batches_kept, self.writes, self.provider, of.audit, of.clock),
            person=of.export_parts.owner,
        )

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
        return self._crawler(settings.user_agent_url)

    @cached_property
    def desk(self) -> EnrichingDesk:
        """The use case for people in Slack."""
        of = self._of
        return EnrichingDesk(self.one, self.many, self.history, of.surfaces.linked, of.jobs, of.clock)

    @cached_property
    def telling(self) -> Telling:
        """The messages in Slack that tell how it goes."""
        return Telling(lambda posted, message: ToldMessages(self._of.slack).show(posted, message))

    def loop(self, stop: threading.Event) -> JobLoop:
        """What claims the jobs of batches."""
        of = self._of
        self._stop = stop
        own = BatchJobs(self.work, of.incidents, stop, self.telling)
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

    def desk_loop(self, stop: threading.Event) -> JobLoop:
        """What claims the jobs of single people, who do not wait for a batch."""
        of = self._of
        self._stop = stop
        own = DeskJobs(lambda: self.desk, of.people.person_now, of.incidents, self.telling)
        return JobLoop(of.jobs, of.clock, of.holder, own.by_kind(), own.on_failure, own.on_success)

    def close(self) -> None:
        """End what reads pages, if it was needed."""
        with self._building:
            for one in self._crawlers.values():
                one.close()
            self._crawlers.clear()

    def _crawler(self, explained_at: str) -> Provider:
        """The one crawler of this process: its pace for each host counts for whoever has a site read."""
        with self._building:
            if explained_at not in self._crawlers:
                self._crawlers[explained_at] = self._built_crawler(explained_at)
            return self._crawlers[explained_at]

    def _built_crawler(self, explained_at: str) -> Crawler:
        port, now, stopped = self._of.settings.sandbox_web_port, self._of.clock.now, self._stop.is_set
        if port is not None:
            names = ReservedNames(port)
            return Crawler(
                names, now, explained_at=explained_at, seconds_between=_AMONG_OURSELVES, stop=stopped
            )
        return Crawler(PublicResolver(), now, explained_at=explained_at, stop=stopped)
