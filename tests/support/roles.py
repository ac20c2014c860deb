"""Many real processes of each role, and a Slack whose posts can be counted."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from sandbox.demo.children import free_port
from tests.support.processes import Product

ROLES = ("web", "worker", "clock")


@dataclass
class Running:
    """One process of a role; it can be killed and started again."""

    role: str
    product: Product
    process: subprocess.Popen[str] | None = None
    kills: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.product.environment['BELLWETHER_HTTP_PORT']}"

    @property
    def log(self) -> Path:
        return self.product.directory / f"{self.role}-{self.product.environment['BELLWETHER_HTTP_PORT']}.log"

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", self.role],
                env=dict(self.product.environment),
                cwd=self.product.directory,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def is_ready(self) -> bool:
        """Whether it answers; raises RuntimeError with what it said when it has ended by itself."""
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"{self.role}: {self.log.read_text()[-2000:]}")
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.kills += 1

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def started(product: Product, each: int = 2, roles: Sequence[str] = ROLES) -> Iterator[list[Running]]:
    """So many processes of each of some roles, on ports of their own."""
    running = [
        Running(role, product.with_settings(HTTP_PORT=str(free_port(0))))
        for role in roles
        for _ in range(each)
    ]
    try:
        for one in running:
            one.start()
        yield running
    finally:
        for one in running:
            one.stop()


@dataclass
class Posts:
    """What stands in Slack, by the outbox id that each message carries."""

    by_id: Counter[int] = field(default_factory=Counter)

    def lost(self, sent: set[int]) -> set[int]:
        return sent - set(self.by_id)

    def doubled(self) -> set[int]:
        return {number for number, count in self.by_id.items() if count > 1}


def posts(slack_url: str) -> Posts:
    """Every accepted ``chat.postMessage``, from the server's own list of calls."""
    calls = requests.get(
        f"{slack_url}/_sandbox/calls", params={"method": "chat.postMessage"}, timeout=60
    ).json()["calls"]
    found: Counter[int] = Counter()
    for call in calls:
        number = _outbox_id(call["arguments"])
        if number is not None:
            found[number] += 1
    return Posts(found)


def _outbox_id(arguments: Mapping[str, Any]) -> int | None:
    metadata = arguments.get("metadata") or {}
    number = (metadata.get("event_payload") or {}).get("outbox_id")
    return None if number is None else int(number)
