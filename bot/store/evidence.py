"""What techniques read from the database, as of a day: the port ``Evidence``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from bot.app.facts import AccountFacts, Accounts, Activity, EnginePass, LeftOut, PurchaseDays
from bot.app.moved import Moved
from bot.app.offers import Offer, dismissals_hold_from
from bot.app.order_lines import OrderLines
from bot.store import activity
from bot.store.account_facts import asks_own, moved_since, read_facts, says_itself
from bot.store.catalog import account_catalog
from bot.store.dismissals import read_dismissals
from bot.store.engines.choice import FileEngines, passed_by_engine
from bot.store.offers import offers_of_account
from bot.store.purchase_days import purchases_left_out, read_purchase_days
from bot.store.taking_part import AccountsAsked, taking_part
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.periods import Today
from scoring.criteria.tree import Measured, Related
from scoring.leaving.config import LeavingSegmentation
from scoring.purchases_config import Contribution
from scoring.recommendations.config import RecommendationSegmentation
from scoring.rfm_config import RfmSegmentation
from scoring.voice.config import VoiceSegmentation

if TYPE_CHECKING:
    from bot.app.voice_reader import Voices


class SqlEvidence:
    """Reading on one connection, for one segmentation."""

    def __init__(
        self,
        connection: Connection,
        segmentation: str,
        configuration: Configuration,
        today: Today,
        file_engines: FileEngines | None = None,
    ) -> None:
        self._connection = connection
        self._segmentation = segmentation
        self._configuration = configuration
        self._today = today
        self._file_engines = file_engines or {}

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

    def activity(self, accounts: pa.Array, kinds: Collection[str]) -> Iterator[Activity]:
        """The events of accounts, some accounts at a time."""
        return activity.activity(self._connection, accounts, kinds)

    def unlinked(self, kinds: Collection[str]) -> int:
        """How many events belong to no account."""
        return activity.unlinked(self._connection, kinds)

    def people_named(self, contacts: Sequence[str]) -> Mapping[str, str]:
        """The names of contacts, by id."""
        return activity.people_named(self._connection, contacts)

    def facts(self, segmentation: RfmSegmentation, only: Sequence[str] | None = None) -> AccountFacts:
        """Last purchase, number and sum of every account that takes part."""
        counted = (self._connection, segmentation, self._configuration, self._today)
        return read_facts(*counted, only, self._catalog)

    def purchase_days(
        self,
        segmentation: LeavingSegmentation,
        only: Sequence[str] | None = None,
        between: tuple[str, str] | None = None,
    ) -> PurchaseDays:
        """The days on which accounts bought."""
        counted = (self._connection, segmentation, self._configuration, self._today)
        return read_purchase_days(*counted, only=only, between=between)

    def left_out_purchases(self, segmentation: LeavingSegmentation) -> LeftOut:
        """What meets the criteria of purchases and does not count."""
        return purchases_left_out(self._connection, segmentation, self._configuration, self._today)

    def passed(self, segmentation: RfmSegmentation) -> EnginePass | None:
        """RFM's whole pass by the engine of the document.

        Previews and back-tests are given no engines over files: they write none, and what is scored in
        process is the same.
        """
        configuration = self._configuration
        scoring = configuration.scoring
        if scoring.in_process or (scoring.over_files and scoring.engine not in self._file_engines):
            return None
        return passed_by_engine(
            self._connection, segmentation, configuration, self._today, self._file_engines
        )

    def own(
        self, accounts: str, contributions: Sequence[Contribution] = (), fields: Sequence[Field] = ()
    ) -> bool:
        """Whether criteria and account fields ask only for what the records themselves say."""
        if not all(says_itself(one, self._configuration) for one in fields):
            return False
        asked = (self._connection, self._configuration, self._today, accounts, contributions)
        return asks_own(*asked, self._catalog)

    def moved_since(self, segmentation: RfmSegmentation, day: date) -> Moved | None:
        """The accounts whose facts are others than on a day, but for those that sync has marked."""
        counted = (self._connection, segmentation, self._configuration, self._today)
        return moved_since(*counted, day, self._catalog)

    def voices(self, segmentation: VoiceSegmentation, only: Sequence[str] | None = None) -> Voices:
        """What customers said."""
        from bot.store.readings import read_voices

        return read_voices(self._connection, segmentation, self._configuration, self._today, only)

    def kept_voices(self, segmentation: VoiceSegmentation, only: Sequence[str]) -> pd.DataFrame:
        """What some accounts said, as it was read last."""
        from bot.store.readings import kept_voices

        return kept_voices(self._connection, segmentation, self._configuration, self._today, only)

    def order_lines(self, segmentation: RecommendationSegmentation) -> OrderLines:
        """Who bought what, of everybody."""
        from bot.store.order_lines import order_lines

        return order_lines(self._connection, segmentation, self._configuration, self._today)

    def offers(self, segmentation: RecommendationSegmentation, account_id: str) -> Sequence[Offer]:
        """What the last run recommended to an account and still holds."""
        today = self._today.day
        since = dismissals_hold_from(today, segmentation)
        return offers_of_account(self._connection, segmentation.name, account_id, today, since)

    def dismissals(self) -> pd.DataFrame:
        """What is not to be offered to whom."""
        return read_dismissals(self._connection)
