"""Everything a running sandbox consists of, in one value that is handed around."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.slack.clock import SandboxClock
from sandbox.slack.faults import Faults
from sandbox.slack.feed import Feed
from sandbox.slack.interactivity import ResponseUrls, Triggers
from sandbox.slack.manifest import Manifest, read_manifest, without_manifest
from sandbox.slack.pace import Pace
from sandbox.slack.refusals import RefusalLog
from sandbox.slack.socket_mode import Sockets
from sandbox.slack.state import State


@dataclass
class Workspace:
    """One workspace with one app installed."""

    manifest: Manifest
    clock: SandboxClock
    zoho_url: str | None = None
    base_url: str = ""
    faults: Faults = field(default_factory=Faults)
    feed: Feed = field(default_factory=Feed)
    pace: Pace = field(default_factory=Pace)
    refusals: RefusalLog = field(default_factory=RefusalLog)
    sockets: Sockets = field(init=False)
    triggers: Triggers = field(default_factory=Triggers)
    grants: dict[str, Any] = field(default_factory=dict, repr=False)  # sandbox.slack.oauth.Grant by code
    tokens: dict[str, str] = field(default_factory=dict, repr=False)  # bot tokens of installations: the team
    revoked: set[str] = field(default_factory=set, repr=False)
    calls: list[dict[str, Any]] = field(default_factory=list)
    state: State = field(init=False)
    response_urls: ResponseUrls = field(init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.state = State(self.clock, self.feed)
        self.sockets = Sockets(on_change=lambda: self.feed.tell("state"))
        self.response_urls = ResponseUrls(self.clock)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the request that caused it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Let go of pages and pending deliveries."""
        self.feed.close()
        for task in self._tasks:
            task.cancel()


def open_workspace(manifest: Path | None, zoho_url: str | None, clock_file: Path | None) -> Workspace:
    """A fresh workspace.

    Raises:
        ManifestError: the manifest cannot be read.
    """
    app = read_manifest(manifest) if manifest else without_manifest()
    return Workspace(app, SandboxClock(clock_file), zoho_url.rstrip("/") if zoho_url else None)
