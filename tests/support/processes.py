"""The product as real processes against the sandboxes, for fault tests and the demo's acceptance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from sandbox.demo.__main__ import PROXIES
from sandbox.demo.children import free_port
from tests.support.commands import command

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Product:
    """One installation of Bellwether: a directory and an environment, in which commands are run."""

    directory: Path
    environment: Mapping[str, str]

    @property
    def database(self) -> Path:
        return self.directory / "bellwether.sqlite"

    @property
    def readiness_url(self) -> str:
        return f"http://127.0.0.1:{self.environment['BELLWETHER_HTTP_PORT']}/readyz"

    def with_settings(self, **settings: str) -> Product:
        """The same installation with other settings (names without the prefix)."""
        changed = {f"BELLWETHER_{name}": value for name, value in settings.items()}
        return Product(self.directory, {**self.environment, **changed})

    def run(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return command(arguments, self.environment, self.directory, seconds)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command in the background; ended with SIGTERM, or SIGKILL when it does not listen."""
        log = self.directory / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", *arguments],
                env=dict(self.environment),
                cwd=self.directory,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    try:
                        process.wait(20)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()

    def await_ready(self, seconds: float = 40) -> None:
        """Wait until /readyz answers 200."""
        await_that(lambda: _answers_200(self.readiness_url), seconds, "the product is ready")


def install(directory: Path, *, zoho_url: str, slack_url: str, poll_seconds: int = 1) -> Product:
    """A fresh installation that is connected to the two sandboxes."""
    own = {
        "DATABASE_URL": f"sqlite:///{directory / 'bellwether.sqlite'}",
        "SECRET_KEY": Fernet.generate_key().decode(),
        "CONFIG_FILE": str(directory / "bellwether.yaml"),
        "POLL_SECONDS": str(poll_seconds),
        "HTTP_PORT": str(free_port(0)),
        "ZOHO__ACCOUNTS_URL": zoho_url,
        "ZOHO__CLIENT_ID": "1000.SANDBOXCLIENT",
        "ZOHO__CLIENT_SECRET": "sandbox-secret",
        "ZOHO__REFRESH_TOKEN": "1000.sandbox.refresh",
        "SLACK__API_URL": f"{slack_url}/api/",
        "SLACK__BOT_TOKEN": "xoxb-sandbox-bot",
        "SLACK__APP_TOKEN": "xapp-sandbox-app",
    }
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BELLWETHER_") and name.lower() not in PROXIES
    }
    inherited["PYTHONPATH"] = str(ROOT)
    return Product(directory, inherited | {f"BELLWETHER_{name}": value for name, value in own.items()})


def await_that(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it did not in time; says what was awaited.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.05)


def _answers_200(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
