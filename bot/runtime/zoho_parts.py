"""The composition of the connector: from settings and configuration to what reads Zoho and writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.app.crm_mapping import crm_mapping
from bot.app.ports import Clock
from bot.app.scope import Whose
from bot.app.write_back import own_fields, own_tags, wanted
from bot.settings import Settings
from bot.store.wanted import score_lines
from connector.budget import Allowance, daily_credits
from connector.cache import repositories
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.events import SqlEventStore
from connector.cache.finance import SqlFinance
from connector.cache.finance_pace import SqlPace
from connector.cache.ledger import SqlCallBook, remaining_of
from connector.cache.token_shelf import SealedShelf
from connector.cache.written import SqlWrittenCopy
from connector.mapping import CrmMapping
from connector.ports import CrmUser
from connector.suite_ports import EventSource
from connector.sync.activities import READERS, Activities
from connector.sync.differences import find_fields
from connector.sync.events import EventSync
from connector.sync.feed import worth_a_channel
from connector.sync.finance import FinanceSync
from connector.sync.finance_again import ReadAgain, read_everywhere
from connector.sync.finance_decide import FinancePolicy
from connector.sync.finance_report import ListReport
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.sync.publish import OnPublished, Publisher, PublishReport
from connector.write_ports import Wanted
from connector.zoho.auth import Credentials, Tokens
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.finance import FinanceClient
from connector.zoho.regions import Region, region
from connector.zoho.suite import SuiteClient
from connector.zoho.suite_campaigns import SCOPES as CAMPAIGN_SCOPES
from connector.zoho.suite_campaigns import CampaignEvents
from connector.zoho.suite_desk import SCOPES as DESK_SCOPES
from connector.zoho.suite_desk import DeskEvents
from connector.zoho.suite_emails import EmailEvents
from connector.zoho.suite_salesiq import SCOPES as SALESIQ_SCOPES
from connector.zoho.suite_salesiq import SalesIqEvents
from connector.zoho.write import CrmWriteClient
from scoring.config import Configuration, FinanceSource

if TYPE_CHECKING:
    from bot.runtime.survey_door import SurveyDoor

CRM = "crm"


@dataclass
class ZohoParts:
    """Every part of the connector, each built when it is first asked for.

    Attributes:
        configuration: the one in force now.
        pushed: whether a live notification channel covers a module.
    """

    settings: Settings
    database: Database
    clock: Clock
    configuration: Callable[[], Configuration]
    pushed: Callable[[str], bool]

    @cached_property
    def region(self) -> Region:
        """Where Zoho is."""
        zoho = self.settings.zoho
        return region(zoho.region, zoho.accounts_url, zoho.api_url)

    @cached_property
    def copy(self) -> SqlCopy:
        """The local copy of the CRM."""
        return SqlCopy(self.database)

    def crm_url(self, account_id: str) -> str | None:
        """Where an account is shown in the CRM's own pages; None before the organisation is known."""
        held = self.copy.organisation()
        if held is None or not held.domain:
            return None
        place = f"{quote(held.domain)}/tab/{quote(self.configuration().mapping.accounts.module)}"
        return f"{self.region.web_url}/crm/{place}/{quote(account_id)}"

    @cached_property
    def tokens(self) -> Tokens:
        """Access tokens.

        Raises:
            ConfigurationError: a credential is not set.
        """
        self.settings.require("secret_key", "zoho.client_id", "zoho.client_secret", "zoho.refresh_token")
        zoho = self.settings.zoho
        credentials = Credentials(
            zoho.client_id, zoho.client_secret.get_secret_value(), zoho.refresh_token.get_secret_value()
        )
        shelf = SealedShelf(self.database, self.settings.secret_key.get_secret_value())
        return Tokens(shelf, credentials, self.region, self.clock)

    @cached_property
    def book(self) -> SqlCallBook:
        """The ledger of API credits."""
        return SqlCallBook(self.database, self.clock, self.allowance)

    def close_book(self) -> None:
        """Write down what the ledger has gathered: the process is about to end."""
        if "book" in vars(self):  # it is built with the first call
            self.book.flush()

    @cached_property
    def client(self) -> ZohoClient:
        """HTTP to Zoho's CRM."""
        return ZohoClient(self.tokens, book=self.book)

    @cached_property
    def crm(self) -> CrmClient:
        """Zoho CRM, to be read."""
        return CrmClient(self.client, self._people, rate=self.configuration().sync.rate)

    @cached_property
    def writer(self) -> CrmWriteClient:
        """Zoho CRM, to be written."""
        return CrmWriteClient(self.client, self.crm)

    def mapping(self) -> CrmMapping:
        """Which modules play which roles."""
        return crm_mapping(self.configuration().mapping)

    def allowance(self, api: str) -> Allowance:
        """An API's daily credits and what is known of them; other products than the CRM have no budget."""
        if api != CRM:
            return Allowance(None, None, 0)
        held = self.copy.organisation()
        daily = daily_credits(held.edition, held.user_licences) if held is not None else None
        remaining = remaining_of(self.database, self.clock.now()).get(CRM)
        return Allowance(daily, remaining, self.configuration().sync.reserve_percent)

    def sync(self) -> Sync:
        """One sync of the mapped modules, and of those that are kept besides."""
        return Sync(self.copy, self.crm, self.mapping(), self.clock, self.policy())

    def time_zone(self) -> str | None:
        """The organisation's; None before it is known."""
        held = self.copy.organisation()
        return self.configuration().organisation.time_zone or (held.time_zone if held else None)

    def told_of(self) -> tuple[str, ...]:
        """The modules of whose changes Zoho is asked to tell."""
        mapped = [one.module for one in self.mapping().modules]
        return worth_a_channel(mapped, self.configuration().sync.also, self.copy.modules())

    def policy(self) -> SyncPolicy:
        """How often and by which way modules are read."""
        sync, scopes = self.configuration().sync, self.configuration().access.scopes
        return SyncPolicy(
            deletions_after=timedelta(minutes=sync.deletions_every_minutes),
            reconcile_after=timedelta(days=sync.reconcile_every_days),
            own=self.own(),
            pushed=self.pushed,
            also=sync.also,
            located=Whose.TERRITORY in scopes.each(),
        )

    def own(self) -> Mapping[str, frozenset[str]]:
        """Module -> the API names of the fields that we write, as far as the CRM has them."""
        configuration = self.configuration()
        module = configuration.mapping.accounts.module
        present = find_fields(own_fields(configuration), self.copy.fields(module))
        return {module: frozenset(present.names.values())}

    def publish(self, progress: OnPublished | None = None) -> PublishReport | None:
        """Write scores and labels back; None when that is not switched on."""
        publisher = self._publisher()
        return publisher.run(self._wanted, progress) if publisher is not None else None

    def rehearse_publishing(self) -> PublishReport | None:
        """How many records would be written; None when writing back is not switched on."""
        publisher = self._publisher()
        return publisher.rehearse(self._wanted) if publisher is not None else None

    def _wanted(self) -> Iterator[Wanted]:
        return wanted(score_lines(self.database), self.configuration())

    def _publisher(self) -> Publisher | None:
        configuration = self.configuration()
        fields = own_fields(configuration)
        if not fields:
            return None
        return Publisher(
            self.writer,
            SqlWrittenCopy(self.database),
            self.clock,
            configuration.mapping.accounts.module,
            fields,
            tags=own_tags(configuration),
        )

    def finance(self) -> tuple[FinanceSync, ...]:
        """One reading of each connected Finance product."""
        return tuple(map(self._finance, self.configuration().finance))

    def read_finance_again(self, name: str, ids: Sequence[str]) -> tuple[ListReport, ...]:
        """Read rows of a list again, in the connected Finance products that have it.

        Raises:
            ConnectorError: they could not be read.
        """
        products = tuple(map(self._finance_again, self.configuration().finance))
        return read_everywhere(products, name, ids)

    def _finance(self, source: FinanceSource) -> FinanceSync:
        return FinanceSync(*self._finance_parts(source))

    def _finance_again(self, source: FinanceSource) -> ReadAgain:
        return ReadAgain(*self._finance_parts(source))

    def _finance_parts(self, source: FinanceSource) -> tuple[SqlFinance, FinanceClient, Clock, FinancePolicy]:
        pace = SqlPace(self.database, self.clock)
        client = FinanceClient(
            source.product, self.tokens, source.organization_id, self.book, pace, self.clock
        )
        policy = FinancePolicy(details_a_day=source.details_a_day, lines=source.lines)
        return SqlFinance(self.database, source.product), client, self.clock, policy

    def events(self) -> EventSync:
        """One reading of every connected source of engagement."""
        return EventSync(tuple(self._sources()), SqlEventStore(self.database, self.clock), self.clock)

    def survey_door(self, refused: Callable[[str, str], None]) -> SurveyDoor:
        """Where Zoho Survey calls."""
        from bot.runtime.survey_door import SurveyDoor

        secret = self.settings.zoho.webhook_secret.get_secret_value()
        return SurveyDoor(
            SqlEventStore(self.database, self.clock),
            self.clock,
            secret,
            lambda: self.configuration().suite.survey,
            refused,
        )

    def _sources(self) -> Iterator[EventSource]:
        suite, also = self.configuration().suite, self.configuration().sync.also
        store = SqlEventStore(self.database, self.clock)
        if suite.crm_emails:
            yield EmailEvents(self.client.get, store.contacts_changed)
        if suite.crm_activities:
            for module in also:
                if module in READERS:
                    yield Activities(module, _changed(store, module))
        if suite.campaigns:
            yield CampaignEvents(self._product("campaigns", CAMPAIGN_SCOPES))
        if suite.desk_organization_id:
            headers = {"orgId": suite.desk_organization_id}
            yield DeskEvents(self._product("desk", DESK_SCOPES, headers))
        if suite.salesiq_portal:
            yield SalesIqEvents(self._product("salesiq", SALESIQ_SCOPES), suite.salesiq_portal)

    def _product(self, name: str, scopes: str, headers: Mapping[str, str] | None = None) -> SuiteClient:
        address = self.region.product_url(name)
        return SuiteClient(name, address, self.tokens, scopes=scopes, headers=headers, book=self.book)

    def _people(self) -> Mapping[str, CrmUser]:
        with self.database.reads.connect() as connection:
            return repositories.users(connection)


def _changed(
    store: SqlEventStore, module: str
) -> Callable[[datetime, str | None], Iterator[tuple[list[str], str | None]]]:
    return lambda since, after: store.changed_records(module, since, after)
