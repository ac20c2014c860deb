"""The part of the wiring that scores: runs, explanations, and what is decided about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from bot.app.config import PublishedConfigurations
from bot.app.explaining import Explanations
from bot.app.ports import Clock
from bot.app.recompute import Recompute
from bot.runtime.engines.registry import FILE_ENGINES
from bot.store.audit import SqlAudit
from bot.store.config_versions import SqlConfigVersions
from bot.store.scores import SqlScores
from connector.cache.engine import Database


class ScoringParts:
    """Constructs what scores, once each."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        configurations: PublishedConfigurations,
        versions: SqlConfigVersions,
        audit: SqlAudit,
        crm_url: Callable[[str], str | None],
    ) -> None:
        self.database = database
        self.clock = clock
        self.configurations = configurations
        self.versions = versions
        self.audit = audit
        self.crm_url = crm_url

    @cached_property
    def recompute(self) -> Recompute:
        """Scores, label changes and alerts."""
        return Recompute(
            SqlScores(self.database, FILE_ENGINES), self.configurations, self.clock, self.crm_url
        )

    @cached_property
    def explanations(self) -> Explanations:
        """Why accounts have their labels."""
        return Explanations(SqlScores(self.database), self.configurations, self.clock)
