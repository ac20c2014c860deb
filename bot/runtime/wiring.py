"""The composition root: from settings to every adapter and use case. The one place that constructs them."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import slack_sdk
import structlog

from bot.app.alert_desk import AlertDesk
from bot.app.ask import Ask
from bot.app.deliver import Delivery
from bot.app.errors import BellwetherError, SendError
from bot.app.home import Home
from bot.app.ports import Clock, Job, Posted
from bot.app.recompute import Recompute, RunSummary
from bot.app.rescoring import Rescoring
from bot.app.schedule import Daily, Every, Tick
from bot.app.services import Services
from bot.runtime.clock import clock_for
from bot.runtime.health import Health
from bot.runtime.tick import Metronome
from bot.runtime.work import JobLoop, Loop
from bot.settings import Settings
from bot.slack.gateway import SlackDirectory, SlackGateway
from bot.store.accounts import SqlAccountBook
from bot.store.alert_records import SqlAlertRecords
from bot.store.audit import SqlAudit
from bot.store.config_versions import SqlConfigVersions
from bot.store.heartbeats import SqlHeartbeats
from bot.store.incidents import SqlIncidents
from bot.store.jobs import SqlJobs
from bot.store.moves import SqlMoves
from bot.store.outbox import SqlOutbox
from bot.store.people import SqlPeople
from bot.store.scores import SqlScores
from bot.store.seen_events import SqlSeenEvents
from connector.cache import repositories
from connector.cache.engine import Database, open_database
from connector.errors import ConnectorError
from connector.mapping import CrmMapping
from connector.sync.pipeline import Sync
from connector.zoho.auth import Credentials, Tokens
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.regions import region
from scoring.config import Configuration

log = structlog.get_logger(__name__)


class Bellwether:
    """Every part of one installation, each built when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # Who holds a lease: readable in the database, and never the same after a restart.
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"

    @cached_property
    def clock(self) -> Clock:
        """Time."""
        return clock_for(self.settings.clock_file)

    @cached_property
    def database(self) -> Database:
        """The one database."""
        return open_database(self.settings.database_url)

    @cached_property
    def configurations(self) -> SqlConfigVersions:
        """The published configuration and its history."""
        return SqlConfigVersions(self.database, self.clock)

    def configuration(self) -> Configuration:
        """The configuration in force now."""
        return self.configurations.current()

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
        return SqlAccountBook(self.database, self.configuration, self.clock, self.crm_url)

    @cached_property
    def asking(self) -> Ask:
        """Questions."""
        return Ask(self.book, self.configuration)

    @cached_property
    def alerts(self) -> SqlAlertRecords:
        """Alerts as they stand."""
        return SqlAlertRecords(self.database, self.clock)

    @cached_property
    def recompute(self) -> Recompute:
        """Scores, label changes and alerts."""
        return Recompute(SqlScores(self.database), self.configuration, self.clock, self.crm_url)

    @cached_property
    def health(self) -> Health:
        """The checks."""
        return Health(
            self.database,
            self.clock,
            self.heartbeats,
            self.outbox,
            self.incidents,
            self.book.as_of,
            self.settings.poll_seconds,
        )

    @cached_property
    def crm(self) -> CrmClient:
        """Zoho CRM.

        Raises:
            ConfigurationError: a credential is not set.
        """
        self.settings.require("secret_key", "zoho.client_id", "zoho.client_secret", "zoho.refresh_token")
        zoho = self.settings.zoho
        place = region(zoho.region, zoho.accounts_url, zoho.api_url)
        credentials = Credentials(
            zoho.client_id, zoho.client_secret.get_secret_value(), zoho.refresh_token.get_secret_value()
        )
        key = self.settings.secret_key.get_secret_value()
        return CrmClient(ZohoClient(Tokens(self.database, credentials, place, key, self.clock)))

    @cached_property
    def slack(self) -> slack_sdk.WebClient:
        """Slack's Web API.

        Raises:
            ConfigurationError: the token is not set.
        """
        self.settings.require("slack.bot_token")
        slack = self.settings.slack
        return slack_sdk.WebClient(
            token=slack.bot_token.get_secret_value(), base_url=slack.api_url, timeout=10
        )

    @cached_property
    def gateway(self) -> SlackGateway:
        """Slack, as the delivery sees it."""
        return SlackGateway(self.slack)

    @cached_property
    def people(self) -> SqlPeople:
        """Slack users and the CRM users behind them."""
        return SqlPeople(
            self.database, self.clock, SlackDirectory(self.slack), lambda: self.configuration().access
        )

    @cached_property
    def services(self) -> Services:
        """What Slack's listeners may call."""
        moves = SqlMoves(self.database, self.crm_url)
        return Services(
            clock=self.clock,
            asking=self.asking,
            alerts=AlertDesk(self.alerts, self.audit, self.clock),
            rescoring=Rescoring(self.jobs, self.audit, self.clock, self.configuration),
            people=self.people,
            home=Home(self.book, self.alerts, moves, self.health.all, self.configuration),
            seen=SqlSeenEvents(self.database, self.clock),
            audit=self.audit,
        )

    def crm_url(self, account_id: str) -> str | None:
        """Where an account is shown in the CRM's own pages; None where that is not known."""
        domain = self._web_domain
        return f"{domain}/tab/Accounts/{account_id}" if domain else None

    def sync(self) -> Sync:
        """One sync of the mapped modules."""
        return Sync(self.database, self.crm, self.mapping(), self.clock)

    def mapping(self) -> CrmMapping:
        """The configuration's mapping, for the connector."""
        raise AssertionError
