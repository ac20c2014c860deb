"""Label changes told by many processes that are killed at random, while Slack misbehaves; and the count."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, chdir, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from sqlalchemy import text

from bot.runtime.wiring import Bellwether
from bot.settings import load_settings
from connector.cache.engine import open_database
from sandbox.demo.children import free_port
from sandbox.slack.serve import running as running_slack
from sandbox.slack.world import SIGNING_SECRET
from sandbox.zoho.serve import running as running_zoho
from sandbox.zoho.specification import OrganisationSpec
from tests.support.processes import Product, await_that, install
from tests.support.roles import ROLES, Running, posts, started
from tests.support.slack_http import http_manifest

# Where the sandbox's bot is a member. A channel takes a message a second, so there are as many as can be.
CHANNELS = ("CSALES", "CALERTS", "COPS", "DDARCEL", "DANNA", "DMELVIN", "DDUSTIN", "DADA")
BETWEEN_PURCHASES = 1.2  # seconds at least: not faster than the channels can take what follows
LEVELS = 20
EVER = 36_500  # days
LONGEST_LOOK_AWAY = 40  # seconds: more than a lease, a pause after an unclear answer and a boot
# What Slack does to a post, each once: refuses, breaks down, loses its answer, answers too late, hangs up.
Mishap = tuple[str, float | None]
QUICK: tuple[Mishap, ...] = (
    ("rate_limit", 1),
    ("server_error", None),
    ("lost_answer", None),
    ("disconnect", None),
)
MISHAPS: tuple[Mishap, ...] = (
    *QUICK,
    ("slow", 11),
    ("down", None),
)


@dataclass
class Counts:
    """What became of a run."""

    changes: int = 0
    alerts: int = 0
    withdrawn: int = 0
    posted: int = 0
    posted_while_killed: int = 0
    lost: int = 0
    doubled: int = 0
    untold: int = 0
    slots: int = 0
    slots_done_twice: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    mishaps: Counter[str] = field(default_factory=Counter)
    seconds: float = 0


def document() -> str:
    """A configuration in which each purchase changes an account's label in every segmentation."""
    labels = "\n".join(f"      - {{name: L{one}, when: purchases >= {one}}}" for one in range(LEVELS, 0, -1))
    segmentations = "\n".join(
        f'  - name: S{number}\n    technique: rfm\n    transactions: stage = "Closed Won"\n'
        f"    labels:\n{labels}"
        for number in range(len(CHANNELS))
    )
    routes = "\n".join(
        f'    - {{name: R{number}, segmentation: S{number}, when: any, channel: "{channel}", flood: 500}}'
        for number, channel in enumerate(CHANNELS)
    )
    return f"""version: 1
segmentations:
{segmentations}
alerts:
  routes:
{routes}
limits:
  rfm_labels: {LEVELS}
"""


@dataclass
class RoleRun:
    """One run."""

    product: Product
    zoho: str
    slack: str
    chance: random.Random
    accounts: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    died: float = 0  # of all that are to be killed, so much

    def prepare(self, accounts: int) -> None:
        """So many accounts with one purchase each, read and scored: what comes next is a change.

        In this process: two commands would spend most of their time on their start.
        """
        found = requests.get(f"{self.zoho}/_sandbox/accounts", params={"by": "won"}, timeout=30).json()
        self.accounts = [one["id"] for one in found[:accounts]]
        for account in self.accounts:
            self._world(account, "lose", days=EVER)
            self._world(account, "win")
        with patch.dict(os.environ, self.product.environment, clear=True), chdir(self.product.directory):
            bellwether = Bellwether(load_settings())
        with closing(bellwether.database):
            bellwether.prepare()
            bellwether.sync().run()
            bellwether.scoring.recompute.run("first")
            bellwether.zoho.close_book()

    def _world(self, account: str, what: str, **how: Any) -> None:
        address = f"{self.zoho}/_sandbox/accounts/{account}/{what}"
        requests.post(address, json=how, timeout=60).raise_for_status()

    def go(
        self,
        changes: int,
        kills: int,
        pause_seconds: tuple[float, float],
        *,
        roles: Sequence[str] = ROLES,
        mishaps: Sequence[Mishap] = MISHAPS,
    ) -> Counts:
        """Let purchases happen and processes die until there were as many of each; then wait and count.

        Purchases are spread over the kills, so that their changes are scored and told while processes die.
        """
        began, over = time.monotonic(), threading.Event()
        with started(self.product, roles=roles) as running:
            await_that(lambda: all(one.is_ready() for one in running), 120, "every process answers")
            thread = threading.Thread(target=self._trouble, args=(over, mishaps), daemon=True)
            thread.start()
            buying = threading.Thread(target=self._buy, args=(changes,), daemon=True)
            buying.start()
            done = 0
            while done < kills:
                time.sleep(self.chance.uniform(*pause_seconds))
                one = self.chance.choice(running)
                one.kill()
                one.start()
                done += 1
                self.died = done / kills
            self.died = 1
            buying.join()
            self.counts.posted_while_killed = sum(posts(self.slack).by_id.values())
            over.set()
            thread.join()
            self._settle(changes)
            self._count(running)
        self.counts.seconds = time.monotonic() - began
        return self.counts

    def _buy(self, changes: int) -> None:
        purchases = -(-changes // len(CHANNELS))
        for number in range(purchases):
            while self.died < number / purchases:
                time.sleep(0.05)
            self._world(self.accounts[number % len(self.accounts)], "win")
            time.sleep(BETWEEN_PURCHASES)

    def _trouble(self, over: threading.Event, mishaps: Sequence[Mishap]) -> None:
        headers = {"X-Sandbox": "1"}
        while not over.wait(self.chance.uniform(1, 3)):
            kind, seconds = self.chance.choice(mishaps)
            self.counts.mishaps[kind] += 1
            fault = {"kind": kind, "match": "chat.postMessage", "times": 1, "seconds": seconds}
            requests.post(f"{self.slack}/_sandbox/faults", json=fault, headers=headers, timeout=30)
        requests.delete(f"{self.slack}/_sandbox/faults", headers=headers, timeout=30)

    def _settle(self, changes: int) -> None:
        """Until every purchase is scored and nothing waits, and for as long as a second message could come.

        Two purchases of an account that are scored together are one change: labels say when all are.
        """
        bought = Counter(self.accounts[at % len(self.accounts)] for at in range(-(-changes // len(CHANNELS))))
        wanted = {(account, f"L{1 + bought[account]}") for account in self.accounts}
        labels, own = "SELECT account_id, label FROM score", set(self.accounts)

        def told() -> set[tuple[str, str]]:
            return {(row.account_id, row.label) for row in self._rows(labels) if row.account_id in own}

        await_that(lambda: told() == wanted, 400, "the labels of every purchase")
        waiting = "SELECT count(*) FROM outbox WHERE state IN ('pending', 'unknown')"
        await_that(lambda: int(self._one(waiting)) == 0, 400, "everything is sent")
        time.sleep(2)

    def _one(self, statement: str) -> Any:
        return self._rows(statement)[0][0]

    def _rows(self, statement: str) -> list[Any]:
        url = self.product.environment["BELLWETHER_DATABASE_URL"]
        with closing(open_database(url)) as database, database.reads.begin() as connection:
            return list(connection.execute(text(statement)).all())

    def _count(self, running: list[Running]) -> None:
        counts, found = self.counts, posts(self.slack)
        states = dict(self._rows("SELECT id, state FROM outbox"))
        sent = {number for number, state in states.items() if state == "sent"}
        counts.changes = int(self._one("SELECT count(*) FROM label_change WHERE NOT baseline"))
        counts.alerts = int(self._one("SELECT count(*) FROM alert"))
        counts.withdrawn = len(states) - len(sent)
        counts.posted = sum(found.by_id.values())
        counts.lost = len(found.lost(sent))
        counts.doubled = len(found.doubled())
        # A change that waits to be told when the next one comes is told with that one.
        untold = (
            "SELECT count(*) FROM label_change c WHERE NOT baseline AND NOT EXISTS"
            " (SELECT 1 FROM alert a WHERE a.change_id = c.id)"
        )
        counts.untold = int(self._one(untold))
        counts.slots = int(self._one("SELECT count(*) FROM job WHERE state = 'done'"))
        twice = (
            "SELECT count(*) FROM (SELECT kind, slot FROM job GROUP BY kind, slot HAVING count(*) > 1) AS t"
        )
        counts.slots_done_twice = int(self._one(twice))
        for one in running:
            counts.kills[one.role] += one.kills


@contextmanager
def role_run(
    directory: Path, database_url: str, seed: int, organisation: OrganisationSpec | None = None
) -> Iterator[RoleRun]:
    """A Zoho, a Slack that calls over HTTP, and an installation on that database; nothing runs yet."""
    with ExitStack() as stack:
        public = f"http://127.0.0.1:{free_port(0)}"
        zoho = stack.enter_context(running_zoho(organisation=organisation)).base_url
        slack = stack.enter_context(running_slack(manifest=http_manifest(directory, public))).base_url
        (directory / "bellwether.yaml").write_text(document(), encoding="utf-8")
        product = install(directory, zoho_url=zoho, slack_url=slack).with_settings(
            DATABASE_URL=database_url, SLACK__APP_TOKEN="", SLACK__SIGNING_SECRET=SIGNING_SECRET
        )
        yield RoleRun(product, zoho, slack, random.Random(seed))
