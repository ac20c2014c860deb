"""``python -m benchmarks.listening``: how long Slack waits while 50 people ask and all is scored again.

A web process takes Slack's signed requests and a worker scores, over one SQLite file. Each person sends a
command, a click on a page's button or a mention, waits for what answers the first two, pauses, and goes on.
Times are taken at the sender: to the acknowledgement, and to the answer at the response URL or by
``chat.postEphemeral``. First without, then with one re-score after the other, of amounts that change in
between. 1 when the acknowledgement's p99 is a second or more, or something is refused or not answered.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
from sqlalchemy import insert, text

from benchmarks.asking import fill
from benchmarks.asking_data import changes
from benchmarks.listening_slack import ASKERS, Asked, Crowd, receiving
from benchmarks.product import RealClock
from benchmarks.scoring import touch
from benchmarks.scoring_data import load
from bot.app.rescoring import KIND as RESCORE
from bot.store.jobs import SqlJobs
from connector.cache.engine import Database, open_database
from connector.cache.tables import SyncCursorRow, table_of
from sandbox.slack.serve import running as running_slack
from sandbox.slack.world import SIGNING_SECRET
from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import await_that, install
from tests.support.roles import started

FIRST_USER = 7_000
RESCORE_SECONDS = 900  # more than one of a million accounts takes
LONGEST_P99 = 1.0  # seconds, of an acknowledgement
WARM_UP_SECONDS = 5.0


@dataclass
class Rescores:
    """Re-scores by the worker, one after the other."""

    database: Database
    done: int = 0

    def one(self) -> None:
        """Enter a job and wait until it is done.

        Raises:
            RuntimeError: it failed.
        """
        now = datetime.now(UTC)
        args = {"segmentation": None, "progress_at": None}
        number = SqlJobs(self.database, RealClock()).enqueue(
            RESCORE, f"{now.isoformat()} benchmark", args, now
        )
        state = text("SELECT state, last_error FROM job WHERE id = :id")

        def is_done() -> bool:
            with self.database.reads.connect() as connection:
                row = connection.execute(state, {"id": number}).one()
            if row.state == "failed":
                raise RuntimeError(f"The re-score failed: {row.last_error}")
            return bool(row.state == "done")

        await_that(is_done, RESCORE_SECONDS, "a re-score")
        self.done += 1

    def until(self, over: threading.Event) -> None:
        """Change some amounts and re-score, again and again."""
        while not over.is_set():
            touch(self.database)
            self.one()


def filled(url: str, accounts: int, seed: int) -> Database:
    """The copy of a CRM among whose users are the sandbox's people, as if a sync had just ended."""
    database = open_database(url)
    fill(database, accounts, seed)
    load(database, "label_change", changes(accounts, seed), raw=False)
    email = text("UPDATE crm_user SET email = :email WHERE id = :id")
    now = datetime.now(UTC)
    with database.writes.begin() as connection:
        for at, one in enumerate(ASKERS):
            connection.execute(email, {"email": one.email, "id": str(FIRST_USER + at)})
        read = [{"module": one, "high_water": now, "completed_at": now} for one in ("Accounts", "Deals")]
        connection.execute(insert(table_of(SyncCursorRow)), read)
    return database


def asked(crowd: Crowd, options: argparse.Namespace, seconds: float, rescores: Rescores | None) -> Asked:
    """Let everybody ask for some seconds, while accounts are scored again or are not."""
    found, over = Asked(), threading.Event()
    with ThreadPoolExecutor(options.people + 1) as threads:
        scoring = threads.submit(rescores.until, over) if rescores else None
        until = time.monotonic() + seconds
        people = [
            threads.submit(crowd.ask, one, until, options.pause, Random(options.seed * 1_000 + one), found)
            for one in range(options.people)
        ]
        try:
            for one in people:
                one.result()
        finally:
            over.set()
        if scoring is not None:
            scoring.result()
    crowd.look_for_mentions(found)
    return found


def said(name: str, found: Asked) -> str:
    """A row of the table."""
    acknowledged, answered = np.array(found.acknowledged or [0.0]), np.array(found.answered or [0.0])
    cells = [f"{len(found.acknowledged):,}"]
    for times in (acknowledged, answered):
        cells += [f"{one * 1e3:,.0f}" for one in (*np.percentile(times, (50, 99)), times.max())]
    return f"| {name} | {' | '.join(cells)} | {len(found.troubles)} |"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listening", description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000, help="default %(default)s")
    parser.add_argument("--people", type=int, default=50, help="who ask at once; default %(default)s")
    parser.add_argument("--seconds", type=float, default=60, help="of each phase; default %(default)s")
    parser.add_argument(
        "--pause", type=float, default=1, help="mean seconds of a person between two questions"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="listening-")))
        zoho = stack.enter_context(running_zoho()).base_url
        slack = stack.enter_context(running_slack()).base_url
        product = install(folder, zoho_url=zoho, slack_url=slack).with_settings(
            SLACK__APP_TOKEN="", SLACK__SIGNING_SECRET=SIGNING_SECRET
        )
        url = product.environment["BELLWETHER_DATABASE_URL"]
        database = stack.enter_context(closing(filled(url, options.accounts, options.seed)))
        roles = stack.enter_context(started(product, 1, ("web", "worker")))
        await_that(lambda: all(one.is_ready() for one in roles), 120, "every process answers")
        rescores = Rescores(database)
        rescores.one()  # the first: everything is new
        crowd = Crowd(roles[0].url, slack, stack.enter_context(receiving()))
        asked(crowd, options, WARM_UP_SECONDS, None)
        rescores.done = 0
        return measured(crowd, options, rescores)


def measured(crowd: Crowd, options: argparse.Namespace, rescores: Rescores) -> int:
    """Both phases, printed; 1 when something is not as it should be."""
    print(f"{options.people} people, {options.accounts:,} accounts; ms to the acknowledgement and the answer")
    print("| | questions | p50 | p99 | longest | p50 | p99 | longest | not answered |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    wrong = False
    for name, scoring in (("alone", None), ("with re-scores", rescores)):
        found = asked(crowd, options, options.seconds, scoring)
        print(said(name, found), flush=True)
        for trouble, count in Counter(found.troubles).most_common(5):
            print(f"  {count} times {trouble}")
        late = not found.acknowledged or float(np.percentile(found.acknowledged, 99)) >= LONGEST_P99
        wrong = wrong or late or bool(found.troubles)
    print(f"{rescores.done} re-scores done meanwhile")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
