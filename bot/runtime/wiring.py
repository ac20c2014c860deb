"""The composition root: from settings to every adapter and use case. The one place that constructs them.

The modules of a part are imported when the part is first asked for, so that a command loads what it uses.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from functools import cached_property
from typing import TYPE_CHECKING

from bot.app.config.published import PublishedConfigurations
from bot.app.errors import UserError
from bot.runtime.clock import clock_for
from bot.runtime.setup import first_document
from bot.settings import Settings
from bot.store.audit import SqlAudit
from bot.store.config_versions import SqlConfigVersions
from bot.store.heartbeats import SqlHeartbeats
from bot.store.incidents import SqlIncidents
from bot.store.jobs import SqlJobs
from bot.store.outbox import SqlOutbox
from bot.store.schema import migrate, opened_at
from bot.store.seen_events import SqlSeenEvents
from connector.cache.engine import Database
from connector.cache.ledger import forget_old

if TYPE_CHECKING:
    import slack_sdk
    from starlette.routing import Route

    from bot.app.ask import Ask
    from bot.app.ports import Clock
    from bot.app.schedule import Tick
    from bot.app.services import Services
    from bot.pictures.drawing import VegaPictures
    from bot.runtime.acting_parts import ActingParts
    from bot.runtime.asking_parts import AskingParts
    from bot.runtime.consent_parts import ConsentParts
    from bot.runtime.enriching_parts import EnrichingParts
    from bot.runtime.erasure_parts import ErasureParts
    from bot.runtime.export_parts import ExportParts
    from bot.runtime.feed_parts import FeedParts
    from bot.runtime.health import Health
    from bot.runtime.scoring_parts import ScoringParts
    from bot.runtime.slack_parts import SlackParts
    from bot.runtime.surface_parts import SurfaceParts
    from bot.runtime.tick import Metronome
    from bot.runtime.work import JobLoop
    from bot.runtime.zoho_parts import ZohoParts
    from bot.slack.channels import Channels
    from bot.slack.gateway import SlackGateway
    from bot.store.accounts import SqlAccountBook
    from bot.store.alert_records import SqlAlertRecords
    from bot.store.people import SqlPeople
    from connector.cache.copy import SqlCopy
    from connector.sync.pipeline import Sync
    from connector.zoho.crm import CrmClient
    from connector.zoho.regions import Region
    from scoring.config import Configuration


class Bellwether:
    """Every part of one installation, each built when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # Who holds a lease: readable in the database, and never the same after a restart.
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"

    @cached_property
    def pictures(self) -> VegaPictures:
        """Charts; their process starts with the first picture."""
        from bot.pictures.drawing import VegaPictures

        return VegaPictures()

    @cached_property
    def clock(self) -> Clock:
        """Time."""
        return clock_for(self.settings.clock_file)

    @cached_property
    def database(self) -> Database:
        """The one database."""
        return opened_at(self.settings.database_url)

    @cached_property
    def versions(self) -> SqlConfigVersions:
        """Every published version of the configuration document."""
        return SqlConfigVersions(self.database, self.clock)

    @cached_property
    def configurations(self) -> PublishedConfigurations:
        """The published configurations as values."""
        return PublishedConfigurations(self.versions)

    def configuration(self) -> Configuration:
        """The configuration in force now."""
        return self.configurations.current().configuration

    @cached_property
    def audit(self) -> SqlAudit:
        """The audit log."""
        return SqlAudit(self.database, self.clock)

    @cached_property
    def outbox(self) -> SqlOutbox:
        """Messages waiting to be sent."""
        return SqlOutbox(self.database, self.clock)

    @cached_property
    def jobs(self) -> SqlJobs:
        """Work waiting to be done."""
        return SqlJobs(self.database, self.clock)

    @cached_property
    def seen(self) -> SqlSeenEvents:
        """Slack deliveries that have been taken."""
        return SqlSeenEvents(self.database, self.clock)

    @cached_property
    def heartbeats(self) -> SqlHeartbeats:
        """Signs of life."""
        return SqlHeartbeats(self.database, self.clock)

    @cached_property
    def incidents(self) -> SqlIncidents:
        """What does not work now."""
        return SqlIncidents(self.database, self.clock, lambda: self.configuration().alerts.admin_channel)

    @cached_property
    def book(self) -> SqlAccountBook:
        """Reading accounts with their scores."""
        return self.scoring.book

    @cached_property
    def asking_parts(self) -> AskingParts:
        """What answers questions."""
        from bot.runtime.asking_parts import AskingParts, PublishedDocuments

        documents = PublishedDocuments(self.versions, lambda: self.scoring.configuring)
        accounts = self.database, self.clock, self.book, self.configuration
        return AskingParts(*accounts, documents, lambda: self.scoring.recommending)

    @property
    def asking(self) -> Ask:
        """Questions."""
        return self.asking_parts.asking

    @cached_property
    def alerts(self) -> SqlAlertRecords:
        """Alerts as they stand."""
        from bot.store.alert_records import SqlAlertRecords

        return SqlAlertRecords(self.database, self.clock)

    @cached_property
    def scoring(self) -> ScoringParts:
        """What scores, and what is decided about scoring."""
        from bot.runtime.scoring_parts import ScoringParts

        of = (self.database, self.clock, self.configurations, self.versions, self.audit)
        return ScoringParts(*of, self.crm_url, self._published)

    def _published(self, configuration: Configuration) -> None:
        self.export_parts.retention.close_deleted(configuration)

    @cached_property
    def health(self) -> Health:
        """The checks."""
        from bot.runtime.health import Health

        told = self.heartbeats, self.outbox, self.incidents
        return Health(self.database, self.clock, *told, self.book.as_of, self.settings.poll_seconds)

    @cached_property
    def zoho(self) -> ZohoParts:
        """What reads Zoho and writes to it."""
        from bot.runtime.zoho_parts import ZohoParts

        return ZohoParts(self.settings, self.database, self.clock, self.configuration, pushed=self._pushed)

    def _pushed(self, module: str) -> bool:
        return self.feed_parts.feed.covers(module)

    @property
    def copy(self) -> SqlCopy:
        """The local copy of the CRM."""
        return self.zoho.copy

    @property
    def region(self) -> Region:
        """Where Zoho is."""
        return self.zoho.region

    @property
    def crm(self) -> CrmClient:
        """Zoho CRM.

        Raises:
            ConfigurationError: a credential is not set.
        """
        return self.zoho.crm

    @cached_property
    def feed_parts(self) -> FeedParts:
        """What Zoho tells us by itself."""
        from bot.runtime.feed_parts import FeedParts
        from connector.zoho.notifications import ChannelClient

        return FeedParts(
            self.settings,
            self.database,
            self.clock,
            self.jobs,
            self.seen,
            desk=lambda: ChannelClient(self.zoho.client),
            modules=self.zoho.told_of,
            polled_at=lambda module: held.completed_at if (held := self.copy.cursor(module)) else None,
            ready=lambda: self.book.as_of() is not None,
            own=lambda module: self.zoho.own().get(module, frozenset()),
        )

    @cached_property
    def slack_parts(self) -> SlackParts:
        """What talks with Slack."""
        from bot.runtime.slack_parts import SlackParts

        return SlackParts(self)

    @property
    def slack(self) -> slack_sdk.WebClient:
        """Slack's Web API.

        Raises:
            ConfigurationError: the token is not set.
        """
        return self.slack_parts.client

    @cached_property
    def gateway(self) -> SlackGateway:
        """Slack, as the delivery sees it."""
        from bot.slack.gateway import SlackGateway

        return SlackGateway(self.slack, self.channels)

    @cached_property
    def channels(self) -> Channels:
        """Slack's channels by name."""
        from bot.slack.channels import Channels

        return Channels(self.slack)

    @cached_property
    def people(self) -> SqlPeople:
        """Slack users and the CRM users behind them."""
        from bot.slack.gateway import SlackDirectory
        from bot.slack.group_members import GroupMembers
        from bot.store.people import SqlPeople

        return SqlPeople(
            self.database,
            self.clock,
            SlackDirectory(self.slack),
            lambda: self.configuration().access,
            GroupMembers(self.slack),
            lambda: self.configuration().mapping.accounts.module,
        )

    @cached_property
    def export_parts(self) -> ExportParts:
        """What exports accounts."""
        from bot.runtime.export_parts import ExportParts

        return ExportParts(self)

    @cached_property
    def enriching_parts(self) -> EnrichingParts:
        """What enriches accounts."""
        from bot.runtime.enriching_parts import EnrichingParts

        return EnrichingParts(self)

    @cached_property
    def erasure_parts(self) -> ErasureParts:
        """What forgets those who are gone."""
        from bot.runtime.erasure_parts import ErasureParts

        return ErasureParts(self)

    @cached_property
    def services(self) -> Services:
        """What Slack's listeners may call."""
        from bot.runtime.service_parts import services_of

        return services_of(self)

    @cached_property
    def surfaces(self) -> SurfaceParts:
        """What Slack's further surfaces need."""
        from bot.runtime.surface_parts import SurfaceParts

        return SurfaceParts(self)

    @cached_property
    def acting(self) -> ActingParts:
        """What people do about alerts."""
        from bot.runtime.acting_parts import ActingParts

        explain = self.scoring.explanations.of
        own = self.consent_parts.own
        return ActingParts(self.database, self.clock, self.audit, self.zoho, explain, own)

    @cached_property
    def consent_parts(self) -> ConsentParts:
        """People who write to the CRM as themselves."""
        from bot.runtime.consent_parts import ConsentParts

        return ConsentParts(self)

    def require_copy(self) -> None:
        """Refuse to score what is not there yet.

        Raises:
            UserError: the CRM has not been read to its end once.
        """
        if self.book.as_of() is None:
            raise UserError(
                "The CRM has not been read to its end yet, so there is nothing to score.",
                "Wait for the first sync, or run `bellwether sync`.",
            )

    def prepare(self) -> None:
        """Bring the database to this release's schema, and publish a configuration if there is none.

        Raises:
            ConfigurationError: the database cannot be opened, or the configuration file is not good.
        """
        migrate(self.database)
        if self.versions.latest() is None:
            first = first_document(self.settings.config_file)
            self.versions.publish(first, author="bellwether", note="The first configuration.")

    def crm_url(self, account_id: str) -> str | None:
        """Where an account is shown in the CRM's own pages; None before the organisation is known."""
        return self.zoho.crm_url(account_id)

    def sync(self) -> Sync:
        """One sync of the mapped modules."""
        return self.zoho.sync()

    def job_loop(self, stop: threading.Event) -> JobLoop:
        """What does the jobs."""
        from bot.runtime.loops import job_loop_of

        return job_loop_of(self, stop)

    def backtest_loop(self, stop: threading.Event) -> JobLoop:
        """What does the long jobs of trying techniques on the past."""
        from bot.runtime.loops import backtest_loop_of

        return backtest_loop_of(self, stop)

    def metronome(self) -> Metronome:
        """What enters the jobs."""
        from bot.runtime.loops import metronome_of

        return metronome_of(self)

    def schedule(self) -> tuple[Tick, ...]:
        """What is to be done and when. The daily run waits until the organisation's zone is known."""
        from bot.runtime.rhythms import rhythms

        feed, zone = self.feed_parts.rhythm(), self.zoho.time_zone()
        return rhythms(self.configuration(), self.settings.poll_seconds, feed, zone)

    def routes(self) -> list[Route]:
        """What the HTTP server has besides health: metrics everywhere, and where Zoho calls us."""
        from bot.runtime.loops import routes_of

        return routes_of(self)

    def keep_house(self) -> bool:
        """Wake alerts whose rest is over, and forget what is not needed any more."""
        self.acting.rests.end()
        self.asking_parts.keep_house()
        self.seen.forget_old()
        self.slack_parts.once.forget_old()
        self.scoring.marks.keep_house()
        forget_old(self.database, self.clock.now())
        return False
