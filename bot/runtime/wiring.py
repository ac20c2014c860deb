"""The composition root: from settings to every adapter and use case. The one place that constructs them."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from functools import cached_property
from typing import Final

import slack_sdk
from sqlalchemy.exc import ArgumentError
from starlette.routing import Route

from bot.app.ask import Ask
from bot.app.config.published import PublishedConfigurations
from bot.app.errors import ConfigurationError, UserError
from bot.app.ports import Clock
from bot.app.schedule import Tick
from bot.app.services import Services
from bot.pictures.drawing import VegaPictures
from bot.runtime.acting_parts import ActingParts
from bot.runtime.alert_parts import alert_handler
from bot.runtime.asking_parts import AskingParts, PublishedDocuments
from bot.runtime.backtests import BacktestJobs
from bot.runtime.clock import clock_for
from bot.runtime.consent_parts import ConsentParts
from bot.runtime.enriching_parts import EnrichingParts
from bot.runtime.erasure_parts import ErasureParts
from bot.runtime.export_parts import ExportParts
from bot.runtime.feed_parts import FeedParts
from bot.runtime.handlers import Handlers
from bot.runtime.health import Health
from bot.runtime.metrics import Metrics
from bot.runtime.rhythms import rhythms
from bot.runtime.scoring_parts import ScoringParts
from bot.runtime.service_parts import services_of
from bot.runtime.setup import first_document
from bot.runtime.slack_parts import SlackParts
from bot.runtime.sources import Sources, metrics_route
from bot.runtime.surface_parts import SurfaceParts
from bot.runtime.tick import Metronome
from bot.runtime.work import JobLoop
from bot.runtime.zoho_parts import ZohoParts
from bot.settings import Settings
from bot.slack.channels import Channels
from bot.slack.gateway import SlackDirectory, SlackGateway
from bot.slack.group_members import GroupMembers
from bot.store.accounts import SqlAccountBook
from bot.store.alert_records import SqlAlertRecords
from bot.store.audit import SqlAudit
from bot.store.config_versions import SqlConfigVersions
from bot.store.heartbeats import SqlHeartbeats
from bot.store.incidents import SqlIncidents
from bot.store.jobs import SqlJobs
from bot.store.outbox import SqlOutbox
from bot.store.people import SqlPeople
from bot.store.schema import migrate
from bot.store.seen_events import SqlSeenEvents
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database, open_database
from connector.cache.ledger import forget_old
from connector.sync.pipeline import Sync
from connector.zoho.crm import CrmClient
from connector.zoho.notifications import ChannelClient
from connector.zoho.regions import Region
from scoring.config import Configuration

LONGEST_SLEEP_SECONDS: Final = 5


class Bellwether:
    """Every part of one installation, each built when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pictures = VegaPictures()  # its process starts with the first picture
        # Who holds a lease: readable in the database, and never the same after a restart.
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"

    @cached_property
    def clock(self) -> Clock:
        """Time."""
        return clock_for(self.settings.clock_file)

    @cached_property
    def database(self) -> Database:
        """The one database."""
        try:
            return open_database(self.settings.database_url)
        except (ArgumentError, ImportError):  # no address at all, or of a database that we do not use
            raise ConfigurationError(
                "BELLWETHER_DATABASE_URL is not the address of a database.",
                "Write sqlite:///bellwether.sqlite, or postgresql+psycopg://user@host/name.",
            ) from None

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
        return SqlAlertRecords(self.database, self.clock)

    @cached_property
    def scoring(self) -> ScoringParts:
        """What scores, and what is decided about scoring."""
        return ScoringParts(
            self.database, self.clock, self.configurations, self.versions, self.audit, self.crm_url
        )

    @cached_property
    def health(self) -> Health:
        """The checks."""
        told = self.heartbeats, self.outbox, self.incidents
        return Health(self.database, self.clock, *told, self.book.as_of, self.settings.poll_seconds)

    @cached_property
    def zoho(self) -> ZohoParts:
        """What reads Zoho and writes to it."""
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
        return SlackGateway(self.slack, self.channels)

    @cached_property
    def channels(self) -> Channels:
        """Slack's channels by name."""
        return Channels(self.slack)

    @cached_property
    def people(self) -> SqlPeople:
        """Slack users and the CRM users behind them."""
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
        return ExportParts(self)

    @cached_property
    def enriching_parts(self) -> EnrichingParts:
        """What enriches accounts."""
        return EnrichingParts(self)

    @cached_property
    def erasure_parts(self) -> ErasureParts:
        """What forgets those who are gone."""
        return ErasureParts(self)

    @cached_property
    def services(self) -> Services:
        """What Slack's listeners may call."""
        return services_of(self)

    @cached_property
    def surfaces(self) -> SurfaceParts:
        """What Slack's further surfaces need."""
        return SurfaceParts(self)

    @cached_property
    def acting(self) -> ActingParts:
        """What people do about alerts."""
        explain = self.scoring.explanations.of
        own = self.consent_parts.own
        return ActingParts(self.database, self.clock, self.audit, self.zoho, explain, own)

    @cached_property
    def consent_parts(self) -> ConsentParts:
        """People who write to the CRM as themselves."""
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
        handlers = Handlers(
            sync=self.sync,
            feed=lambda: self.feed_parts.feed,
            sources=Sources(self.zoho.finance, self.zoho.events).read,
            publish=self.zoho.publish,
            require_copy=self.require_copy,
            recompute=self.scoring.recompute,
            chat=lambda: self.gateway,
            incidents=self.incidents,
            stop=stop,
            finance_again=self.zoho.read_finance_again,
        )
        alerts = alert_handler(self.database, self.clock, self.configuration, self.copy.organisation)
        kinds = {**handlers.by_kind(), **alerts, **self.erasure_parts.handlers()}
        return JobLoop(self.jobs, self.clock, self.holder, kinds, handlers.on_failure, handlers.on_success)

    def backtest_loop(self, stop: threading.Event) -> JobLoop:
        """What does the long jobs of trying techniques on the past."""
        work = BacktestJobs(
            self.scoring.backtesting, lambda: self.book.as_of() is not None, self.incidents, stop
        )
        return work.loop(self.jobs, self.clock, self.holder)

    def metronome(self) -> Metronome:
        """What enters the jobs."""
        return Metronome(
            self.jobs,
            self.clock,
            self.schedule,
            lambda: self.heartbeats.beat("clock", self.holder),
            wake_seconds=min(self.settings.poll_seconds, LONGEST_SLEEP_SECONDS),
        )

    def schedule(self) -> tuple[Tick, ...]:
        """What is to be done and when. The daily run waits until the organisation's zone is known."""
        feed, zone = self.feed_parts.rhythm(), self.zoho.time_zone()
        return rhythms(self.configuration(), self.settings.poll_seconds, feed, zone)

    def routes(self) -> list[Route]:
        """What the HTTP server has besides health: metrics everywhere, and where Zoho calls us."""
        refusals = self.feed_parts.refusals
        metrics = Metrics(
            self.database, self.clock, self.heartbeats, self.outbox, self.incidents, refusals.counts
        )
        survey = self.zoho.survey_door(refusals.count)
        return [metrics_route(metrics), *self.feed_parts.routes(), survey.route()]

    def keep_house(self) -> bool:
        """Wake alerts whose rest is over, and forget what is not needed any more."""
        self.acting.rests.end()
        self.asking_parts.keep_house()
        self.seen.forget_old()
        self.slack_parts.once.forget_old()
        self.scoring.marks.keep_house()
        forget_old(self.database, self.clock.now())
        return False
