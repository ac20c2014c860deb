"""The part of the wiring that scores: runs, explanations, and what is decided about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from bot.app.advising import Advising
from bot.app.config.published import CandidateConfiguration, Published, PublishedConfigurations
from bot.app.config.publishing import Configuring
from bot.app.offers import Recommending
from bot.app.ports import Clock
from bot.app.saving import Saving
from bot.store.accounts import SqlAccountBook
from bot.store.audit import SqlAudit
from bot.store.config_versions import PATIENCE_SECONDS, SqlConfigVersions
from bot.store.dismissals import SqlDismissals
from bot.store.offers import SqlOffers
from connector.cache.engine import Database
from scoring.config import Configuration
from scoring.criteria.periods import Today

if TYPE_CHECKING:
    from bot.app.answers import Explanation
    from bot.app.backtesting import Backtesting
    from bot.app.config.preview import Preview
    from bot.app.customer_voice import CustomerVoice
    from bot.app.explaining import Explanations
    from bot.app.history import History
    from bot.app.judging import Judging
    from bot.app.marking import GivingMarks
    from bot.app.recompute import Recompute
    from bot.store.marks import SqlMarks
    from bot.store.memory.keeper import AccountMemory
    from bot.store.readings import SqlReadings


class ScoringParts:
    """Constructs what scores, once each; what brings pandas or scipy is imported when it is asked for."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        configurations: PublishedConfigurations,
        versions: SqlConfigVersions,
        audit: SqlAudit,
        crm_url: Callable[[str], str | None],
        published: Callable[[Configuration], object],
    ) -> None:
        self.database = database
        self.clock = clock
        self.configurations = configurations
        self.versions = versions
        self.audit = audit
        self.crm_url = crm_url
        self.published = published

    def warm(self) -> None:
        """Import what explains and scores now: otherwise the first question of a process waits for it."""
        _built = self.explanations

    @cached_property
    def recompute(self) -> Recompute:
        """Scores, label changes and alerts."""
        from bot.app.recompute import Recompute
        from bot.runtime.engines.registry import FILE_ENGINES
        from bot.store.scores import SqlScores

        scores = SqlScores(self.database, FILE_ENGINES)
        return Recompute(scores, self.configurations, self.clock, self.crm_url, self.readings.read_new)

    def keep_blocks(self) -> bool:
        """Keep the deals by column, for runs over all of them."""
        from bot.store.deal_blocks.keeping import keep

        keep(self.database)
        return False

    @cached_property
    def readings(self) -> SqlReadings:
        """What customers' messages say."""
        from bot.store.readings import SqlReadings

        def today(connection: Connection, configuration: Configuration) -> Today:
            from bot.store.scores import SqlScoringTransaction

            organisation = SqlScoringTransaction(connection).organisation()
            return organisation.today(configuration, self.clock.now())

        return SqlReadings(self.database, self.configurations, today)

    @cached_property
    def voice(self) -> CustomerVoice:
        """Reading and correcting what customers say."""
        from bot.app.customer_voice import CustomerVoice
        from bot.store.corrections import SqlCorrections

        return CustomerVoice(SqlCorrections(self.database), self.readings.reader, self.audit, self.clock)

    @cached_property
    def configuring(self) -> Configuring:
        """Checking, previewing and publishing configurations."""
        from bot.runtime.documents import catalogs_of

        return Configuring(
            self.versions,
            self.configurations,
            lambda configuration: catalogs_of(self.database, configuration),
            self._rehearsed,
            self.audit,
            self.published,
        )

    @cached_property
    def saving(self) -> Saving:
        """Questions that become segments."""

        def document() -> str | None:
            return None if (current := self.versions.current()) is None else current.document

        return Saving(self.configuring, document, self._configuration, self.book.catalog, self.audit)

    def _rehearsed(self, candidate: Published) -> Preview:
        """What a run with another configuration would do; undone."""
        from bot.app.config.preview import Heard, preview
        from bot.app.recompute import Recompute
        from bot.store.rehearsals import ListenedScores

        heard = Heard()
        scores = ListenedScores(self.database, heard, PATIENCE_SECONDS)
        candidates = CandidateConfiguration(self.versions, candidate)
        recompute = Recompute(scores, candidates, self.clock, self.crm_url)
        return preview(recompute.rehearse(), heard)

    @cached_property
    def backtesting(self) -> Backtesting:
        """Techniques tried on the past."""
        from bot.app.backtesting import Backtesting
        from bot.store.backtest_data import SqlPastRecords
        from bot.store.backtests import SqlBacktests

        return Backtesting(
            SqlPastRecords(self.database), SqlBacktests(self.database), self.configurations, self.clock
        )

    @cached_property
    def explanations(self) -> Explanations:
        """Why accounts have their labels."""
        from bot.app.explaining import Explanations
        from bot.store.scores import SqlScores

        return Explanations(SqlScores(self.database), self.configurations, self.clock)

    @cached_property
    def book(self) -> SqlAccountBook:
        """Reading accounts with their scores, what explains them, and what to do about them."""
        return SqlAccountBook(
            self.database,
            self._configuration,
            self.clock,
            self.crm_url,
            self._explained,
            advise=Advising(self._offers, self._configuration).of,
            memory=self.memory,
        )

    def _explained(self, account_id: str) -> tuple[Explanation, ...]:
        return self.explanations.of(account_id)  # what explains is built for the first account that is shown

    @cached_property
    def memory(self) -> AccountMemory:
        """What a process that answers holds of accounts; nothing until it is told to."""
        from bot.store.memory.keeper import AccountMemory

        return AccountMemory(self.database)

    @cached_property
    def _accounts(self) -> SqlAccountBook:
        """Accounts and their fields, without explanations."""
        return SqlAccountBook(self.database, self._configuration, self.clock, self.crm_url)

    @cached_property
    def _offers(self) -> SqlOffers:
        return SqlOffers(self.database, self._accounts.reading)

    @cached_property
    def recommending(self) -> Recommending:
        """What to offer to whom."""
        return Recommending(
            self._offers,
            SqlDismissals(self.database),
            self._accounts,
            self._configuration,
            self.audit,
            self.clock,
        )

    @cached_property
    def judging(self) -> Judging:
        """What speaks for offers."""
        from bot.app.judging import Judging
        from bot.store.scores import SqlScores

        return Judging(SqlScores(self.database), self.configurations, self.clock)

    @cached_property
    def marks(self) -> SqlMarks:
        """Market segments, contact roles and keywords, as they are kept."""
        from bot.store.marks import SqlMarks

        return SqlMarks(self.database)

    @cached_property
    def giving_marks(self) -> GivingMarks:
        """Giving and taking them."""
        from bot.app.marking import GivingMarks

        return GivingMarks(self.marks, self.configurations, self.audit, self.clock)

    @cached_property
    def history(self) -> History:
        """Who had which label when."""
        from bot.app.history import History
        from bot.store.label_history import SqlLabelHistory

        return History(SqlLabelHistory(self.database), self.configurations, self.clock)

    def _configuration(self) -> Configuration:
        return self.configurations.current().configuration
