"""The whole product beside the two sandboxes, as real processes on this machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from sandbox.slack.serve import running as running_slack
from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, await_that, install

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yaml"


@dataclass(frozen=True)
class World:
    """A Zoho, a Slack, and an installation of the product that is connected to both."""

    zoho_url: str
    slack_url: str
    product: Product

    def order(self, where: str, kind: str, match: str = "", **more: Any) -> None:
        """Order a fault of ``zoho`` or ``slack``."""
        base = self.zoho_url if where == "zoho" else self.slack_url
        requests.post(
            f"{base}/_sandbox/faults",
            json={"kind": kind, "match": match, "times": None, **more},
            headers={"X-Sandbox": "1"},
            timeout=10,
        ).raise_for_status()

    def mend(self, where: str) -> None:
        """Clear all faults."""
        base = self.zoho_url if where == "zoho" else self.slack_url
        requests.delete(f"{base}/_sandbox/faults", headers={"X-Sandbox": "1"}, timeout=10).raise_for_status()

    def best_account(self, rank: int = 0) -> dict[str, Any]:
        """An account by what it bought; 0 is the biggest."""
        found: dict[str, Any] = requests.get(
            f"{self.zoho_url}/_sandbox/accounts", params={"by": "won"}, timeout=10
        ).json()[rank]
        return found

    def won_total_minor(self) -> int:
        """What all won deals of all accounts are worth together, in hundredths, as the CRM has it."""
        accounts = requests.get(f"{self.zoho_url}/_sandbox/accounts", params={"by": "won"}, timeout=10).json()
        return sum(round(one["won_amount"] * 100) for one in accounts)

    def lose_deals(self, account_id: str) -> None:
        """Let an account lose its deals of the last four months."""
        requests.post(
            f"{self.zoho_url}/_sandbox/accounts/{account_id}/lose", json={}, timeout=30
        ).raise_for_status()

    def messages(self, channel: str, person: str = "UMELVIN") -> list[dict[str, Any]]:
        """What a person sees in a channel."""
        found: list[dict[str, Any]] = requests.get(
            f"{self.slack_url}/_sandbox/messages", params={"channel": channel, "as": person}, timeout=10
        ).json()["messages"]
        return found

    def alerts(self, name: str) -> list[dict[str, Any]]:
        """Messages of #cs-alerts that have an account's name in their text."""
        return [one for one in self.messages("CALERTS") if name in one["text"]]

    def say(self, person: str, channel: str, text: str) -> None:
        """Let somebody say something."""
        requests.post(
            f"{self.slack_url}/_sandbox/say",
            json={"as": person, "channel": channel, "text": text},
            headers={"X-Sandbox": "1"},
            timeout=10,
        ).raise_for_status()

    def scalar(self, statement: str) -> Any:
        """One value of the product's database; None while it does not exist yet."""
        if not self.product.database.exists():
            return None
        with sqlite3.connect(self.product.database) as connection:
            try:
                row = connection.execute(statement).fetchone()
            except sqlite3.OperationalError:
                return None
        connection.close()
        return row[0] if row else None

    def await_scalar(self, statement: str, least: int, seconds: float = 60) -> None:
        """Wait until a count in the database has reached a number."""
        await_that(lambda: (self.scalar(statement) or 0) >= least, seconds, f"{statement} >= {least}")


@contextmanager
def world(directory: Path) -> Iterator[World]:
    """A Zoho, a Slack and a fresh installation; nothing of the product runs yet."""
    with (
        running_zoho() as zoho,
        running_slack(manifest=MANIFEST, zoho_url=zoho.base_url) as slack,
    ):
        product = install(directory, zoho_url=zoho.base_url, slack_url=slack.base_url)
        yield World(zoho.base_url, slack.base_url, product)


@contextmanager
def running_world(directory: Path, document: str = "") -> Iterator[World]:
    """The same, read, scored and running; ``document``: another configuration than the usual."""
    with world(directory) as it:
        if document:
            (it.product.directory / "bellwether.yaml").write_text(document, encoding="utf-8")
        for command in ("sync", "score"):
            outcome = it.product.run(command, seconds=120)
            assert outcome.returncode == 0, outcome.stderr
        with it.product.started("run"):
            it.product.await_ready()
            yield it
