"""The composition of the change feed, out of what the composition root has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from bot.app.ports import Clock
from bot.app.schedule import Every
from bot.runtime.feed import CHANNELS, CHANNELS_SECONDS, SOURCES_READ, ChangeFeed, FeedBell
from bot.runtime.refusals import CRM_PATH, Refusals
from bot.settings import Settings
from bot.store.jobs import SqlJobs
from connector.cache.engine import Database
from connector.cache.hints import SqlChannels, SqlHints
from connector.feed_ports import ChannelDesk

if TYPE_CHECKING:
    from starlette.routing import Route

    from bot.app.services import SeenEvents


@dataclass
class FeedParts:
    """Every part of the change feed, each built when it is first asked for.

    Attributes:
        desk: the channels at Zoho.
        modules: the modules of whose changes we are told.
        polled_at: when a poll of a module last ended.
        ready: whether the CRM was read to its end once.
        own: the fields of a module that we write ourselves.
    """

    settings: Settings
    database: Database
    clock: Clock
    jobs: SqlJobs
    seen: SeenEvents
    desk: Callable[[], ChannelDesk]
    modules: Callable[[], Sequence[str]]
    polled_at: Callable[[str], datetime | None]
    ready: Callable[[], bool]
    own: Callable[[str], frozenset[str]] = lambda _module: frozenset()

    @cached_property
    def refusals(self) -> Refusals:
        """What was refused at the addresses for Zoho."""
        return Refusals()

    @cached_property
    def channels(self) -> SqlChannels:
        """Zoho's notification channels, as we know them.

        Raises:
            ConfigurationError: the key is not set.
        """
        self.settings.require("secret_key")
        return SqlChannels(self.database, self.settings.secret_key.get_secret_value())

    @cached_property
    def hints(self) -> SqlHints:
        """What is to be read again."""
        return SqlHints(self.database)

    @cached_property
    def feed(self) -> ChangeFeed:
        """The feed itself.

        Raises:
            ConfigurationError: the key is not set.
        """
        public = self.settings.public_url
        return ChangeFeed(
            self.channels,
            self.hints,
            self.desk,
            self.modules,
            public.rstrip("/") + CRM_PATH if public else None,
            self.clock,
            self.polled_at,
        )

    def routes(self) -> list[Route]:
        """Where Zoho calls us; nowhere without a public address."""
        from bot.runtime.callbacks import Callbacks

        if not self.settings.public_url:
            return []
        secret = self.settings.zoho.webhook_secret.get_secret_value()
        return Callbacks(
            self.channels, self.hints, self.seen, self.clock, secret, self.own, self.refusals
        ).routes()

    def bell(self) -> FeedBell:
        """What enters a job when records are to be read again."""
        return FeedBell(self.hints, self.jobs, self.clock, SOURCES_READ, self.ready)

    def rhythm(self) -> tuple[Every, ...]:
        """How often to look after the channels."""
        return (Every(CHANNELS, CHANNELS_SECONDS),) if self.settings.public_url else ()

    def enter_channels_job(self) -> None:
        """Have somebody look after the channels now: a process starts."""
        if self.settings.public_url:
            now = self.clock.now()
            self.jobs.enqueue(CHANNELS, f"{now:%Y-%m-%dT%H:%M:%SZ}", {}, now)
