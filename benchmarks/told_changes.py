"""An installation in which each purchase is a label change and each change is told, and what was told."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import text

from connector.cache.engine import open_database
from sandbox.demo.children import free_port
from sandbox.zoho.specification import OrganisationSpec
from tests.support.processes import await_that
from tests.support.role_run import LEVELS, RoleRun, role_run
from tests.support.roles import Running, posts, started
from tests.support.whole import World

ROUTE, CHANNEL = "R", "CALERTS"


@dataclass(frozen=True)
class Posted:
    """A message as Slack took it; ``at`` in seconds since 1970."""

    at: float
    words: str


@dataclass(frozen=True)
class Told:
    """What became of the changes: told one by one, told in a summary, told nowhere, told twice."""

    alerts: int
    summed_up: int
    lost: int
    doubled: int


def document(flood: int) -> str:
    """A configuration in which each purchase changes its account's label, and one route tells it."""
    labels = "\n".join(f"      - {{name: L{one}, when: purchases >= {one}}}" for one in range(LEVELS, 0, -1))
    return f"""version: 1
segmentations:
  - name: S
    technique: rfm
    transactions: stage = "Closed Won"
    labels:
{labels}
alerts:
  routes:
    - {{name: {ROUTE}, segmentation: S, when: any, channel: "{CHANNEL}", flood: {flood}}}
limits:
  rfm_labels: {LEVELS}
"""


@contextmanager
def running(accounts: int, flood: int, seed: int, poll_seconds: int, *, notified: bool) -> Iterator[RoleRun]:
    """So many accounts with a purchase each, and the product's processes, which have nothing left to do."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alert-latency-")))
        made = OrganisationSpec(accounts=accounts, deals=accounts, seed=seed)
        url = f"sqlite:///{folder}/bellwether.sqlite"
        run = stack.enter_context(role_run(folder, url, seed, made))
        (folder / "bellwether.yaml").write_text(document(flood), encoding="utf-8")
        run.prepare(accounts)
        port = free_port(0)
        product = run.product.with_settings(POLL_SECONDS=str(poll_seconds))
        if notified:
            product = product.with_settings(PUBLIC_URL=f"http://127.0.0.1:{port}")
        web = Running("web", product.with_settings(HTTP_PORT=str(port)))
        stack.callback(web.stop)
        web.start()
        roles = [web, *stack.enter_context(started(product, 1, ("worker", "clock")))]
        await_that(lambda: all(one.is_ready() for one in roles), 120, "every process answers")
        world = World(run.zoho, run.slack, product)
        first = "SELECT count(DISTINCT kind) FROM job WHERE kind IN ('sync', 'daily') AND state = 'done'"
        world.await_scalar(first, 2, 180)  # what a clock enters when it starts reads the CRM, too
        if notified:
            listens = "SELECT count(*) FROM zoho_channel WHERE module = 'Deals' AND expires_at IS NOT NULL"
            world.await_scalar(listens, 1, 120)
        await_sent(run, 120)
        yield run


def rows(run: RoleRun, statement: str) -> list[Any]:
    """Rows of the product's database."""
    url = run.product.environment["BELLWETHER_DATABASE_URL"]
    with closing(open_database(url)) as database, database.reads.begin() as connection:
        return list(connection.execute(text(statement)).all())


def await_sent(run: RoleRun, seconds: float) -> None:
    """Wait until the outbox holds nothing that is still to be sent."""
    waiting = "SELECT count(*) FROM outbox WHERE state IN ('pending', 'unknown')"
    await_that(lambda: rows(run, waiting)[0][0] == 0, seconds, "everything is sent")


def posted(run: RoleRun) -> list[Posted]:
    """The messages that Slack took in the route's channel, the oldest first."""
    address = f"{run.slack}/_sandbox/calls"
    calls = requests.get(address, params={"method": "chat.postMessage"}, timeout=60).json()["calls"]
    mine = (one for one in calls if one["arguments"]["channel"] == CHANNEL)
    return [Posted(float(one["ts"]), str(one["arguments"].get("text"))) for one in mine]


def refused_for_pace(run: RoleRun) -> int:
    """How many of Slack's last refusals were of messages that came too fast for their channel."""
    state = requests.get(f"{run.slack}/_sandbox/state", params={"as": "UADA"}, timeout=60).json()
    return sum(one["error"] == "ratelimited" for one in state["refusals"])


def buy(run: RoleRun, account: str) -> None:
    """A purchase in the CRM."""
    requests.post(f"{run.zoho}/_sandbox/accounts/{account}/win", json={}, timeout=60).raise_for_status()


def told(run: RoleRun, expected: int) -> Told:
    """Look for each change in Slack, by the number that each message carries."""
    found = posts(run.slack)
    keys = {key for number, key in rows(run, "SELECT id, dedupe_key FROM outbox") if number in found.by_id}
    changes = rows(run, "SELECT id, run_id FROM label_change WHERE NOT baseline")
    alone = {number for number, _ in changes if f"alert:{ROUTE}:{number}" in keys}
    summed_up = {number for number, of_run in changes if f"flood:{ROUTE}:{of_run}" in keys} - alone
    doubled = len(found.doubled()) + max(0, len(changes) - expected)
    return Told(len(alone), len(summed_up), max(0, expected - len(alone | summed_up)), doubled)
