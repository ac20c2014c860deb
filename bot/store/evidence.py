"""What techniques read from the database, as of a day: the port ``Evidence``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from bot.app.facts import AccountFacts, Accounts, EnginePass
from bot.store.account_facts import moved_since, read_facts
from bot.store.catalog import account_catalog
from bot.store.engines.choice import FileEngines, passed_by_engine
from bot.store.taking_part import AccountsAsked, taking_part
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.periods import Today
from scoring.criteria.tree import Measured, Related
from scoring.rfm_config import RfmSegmentation


class SqlEvidence:
    """Reading on one connection, for one segmentation."""

    def __init__(
        self,
        connection: Connection,
        segmentation: str,
        configuration: Configuration,
        today: Today,
        file_engines: FileEngines,
    ) -> None:
        self._connection = connection
        self._segmentation = segmentation
        self._configuration = configuration
        self._today = today
        self._file_engines = file_engines

    @cached_property
    def _catalog(self) -> Catalog:
        # Typing errors in values are found when a document is checked, not when it is used.
        return account_catalog(self._connection, self._configuration).open()

    def catalog(self) -> Catalog:
        """The account fields, without closed sets."""
        return self._catalog

    def accounts(
        self,
        criteria: str,
        fields: Sequence[Field] = (),
        related: Sequence[Measured | Related] = (),
        only: Sequence[str] | None = None,
    ) -> Accounts:
        """The accounts that take part; their ids as texts."""
        asked = AccountsAsked(self._segmentation, self._catalog, self._today)
        part = taking_part(self._connection, asked, criteria, fields, related, only)
        return replace(part, ids=pc.cast(part.ids, pa.string()))

    def facts(self, segmentation: RfmSegmentation, only: Sequence[str] | None = None) -> AccountFacts:
        """Last purchase, number and sum of every account that takes part."""
        return read_facts(self._connection, segmentation, self._configuration, self._today, only)

    def passed(self, segmentation: RfmSegmentation) -> EnginePass | None:
        """RFM's whole pass by the engine of the document."""
        configuration = self._configuration
        if configuration.scoring.in_process:
            return None
        return passed_by_engine(
            self._connection, segmentation, configuration, self._today, self._file_engines
        )

    def moved_since(self, segmentation: RfmSegmentation, day: date) -> frozenset[str] | None:
        """The accounts whose facts are others than on a day, but for those that sync has marked."""
        return moved_since(self._connection, segmentation, self._configuration, self._today, day)
