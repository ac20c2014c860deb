"""The change feed of an installation, wired against a sandbox Zoho, with a clock that a file moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from bot.app.ports import Clock
from bot.runtime.callbacks import Callbacks
from bot.runtime.clock import clock_for
from bot.runtime.feed import ChangeFeed
from bot.runtime.http import HttpServer, http_app
from bot.runtime.refusals import CRM_PATH
from bot.store.seen_events import SqlSeenEvents
from connector.cache.engine import Database
from connector.cache.hints import SqlChannels, SqlHints
from connector.cache.token_shelf import SealedShelf
from connector.zoho.auth import Credentials, Tokens
from connector.zoho.client import RetryPolicy, ZohoClient
from connector.zoho.notifications import ChannelClient
from connector.zoho.regions import region
from sandbox.demo.children import free_port
from tests.support.zoho_client import ZohoHttp

MODULES = ("Accounts", "Contacts", "Deals", "Products")
SANDBOX = Credentials("1000.SANDBOXCLIENT", "sandbox-secret", "1000.sandbox.refresh")
IMPATIENT = RetryPolicy(attempts=4, first_wait_seconds=0.01, longest_wait_seconds=0.05, total_seconds=10)
SECRET_KEY = Fernet.generate_key().decode()
WEBHOOK_SECRET = "abcdefghijkl42"


def zoho_client(
    base_url: str,
    database: Database,
    clock: Clock,
    credentials: Credentials = SANDBOX,
    retry: RetryPolicy = IMPATIENT,
) -> ZohoClient:
    """HTTP to a sandbox Zoho."""
    shelf = SealedShelf(database, SECRET_KEY)
    return ZohoClient(Tokens(shelf, credentials, region("us", base_url), clock), retry=retry)


@dataclass
class FeedWorld:
    """A sandbox Zoho and the feed of an installation at ``port``."""

    zoho: ZohoHttp
    database: Database
    clock_file: Path
    modules: tuple[str, ...] = MODULES
    port: int = field(default_factory=lambda: free_port(0))
    polled_at: datetime | None = None

    def __post_init__(self) -> None:
        self.clock = clock_for(self.clock_file)
        self.channels = SqlChannels(self.database, SECRET_KEY)
        self.hints = SqlHints(self.database)
        self.client = zoho_client(self.zoho.base_url, self.database, self.clock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def feed(self, url: str | None = "") -> ChangeFeed:
        """The feed; another address than the installation's own can be given."""
        return ChangeFeed(
            self.channels,
            self.hints,
            lambda: ChannelClient(self.client),
            lambda: self.modules,
            self.url + CRM_PATH if url == "" else url,
            self.clock,
            lambda _module: self.polled_at,
        )

    def move(self, **parts: float) -> None:
        """Set the clock of both sides so much ahead of the machine's."""
        self.clock_file.write_text(str(timedelta(**parts).total_seconds()))
        self.zoho.refresh()  # the test's own access token lives for an hour

    def live(self) -> list[dict[str, Any]]:
        """The channels at Zoho."""
        answer = self.zoho.get("/crm/v8/actions/watch")
        return list(answer.json()["watch"]) if answer.content else []

    def callbacks(self) -> Callbacks:
        """What takes callbacks."""
        seen = SqlSeenEvents(self.database, self.clock)
        own = {"Accounts": frozenset({"RFM_Label", "RFM_Score"})}
        return Callbacks(
            self.channels,
            self.hints,
            seen,
            self.clock,
            WEBHOOK_SECRET,
            lambda module: own.get(module, frozenset()),
        )

    @contextmanager
    def listening(self) -> Iterator[Callbacks]:
        """The installation's HTTP server."""
        taken = self.callbacks()
        with HttpServer(http_app(list, taken.routes()), "127.0.0.1", self.port):
            yield taken

    def waiting(self) -> dict[str, set[str]]:
        """The records that wait to be read again, by module."""
        found: dict[str, set[str]] = {}
        passed: list[str] = []
        while (batch := self.hints.take(("crm", "books"), 1000, passed)) is not None:
            found[batch.module] = {one.record_id for one in batch.hints}
            passed.append(batch.module)
        return found


@dataclass
class ReadRecords:
    """Stands for the sync: keeps which records it was asked to read again."""

    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def read_again(self, module: str, ids: Sequence[str]) -> None:
        self.asked.append((module, tuple(ids)))
