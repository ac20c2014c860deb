"""``python -m benchmarks.write_back``: scores of every account written back to the CRM, and what it costs.

``bellwether publish`` writes changed scores to a sandbox of so many accounts over HTTP, in a process of its
own and under Zoho's limits; its calls and credits stand beside the least that the API asks for. It is called
once more, with nothing changed; and the next sync must touch no account, though all of them come back with a
new time of change. With ``--kill`` the same is done again by processes that get SIGKILL at random moments.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import delete, func, insert, select

from benchmarks.kills import generated_zoho, surroundings, truth
from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.write_back import own_fields, wanted
from bot.store.schema import migrate
from bot.store.tables import ScoreRow
from bot.store.wanted import score_lines
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database, open_database
from connector.cache.tables import AccountRow, TouchedAccountRow, table_of
from connector.sync.differences import find_fields
from scoring.rfm_config import RfmSegmentation
from tests.support.postgres import PostgresServer, running_postgres

DOCUMENT = STARTING_DOCUMENT.replace("write_back:\n  enabled: false", "write_back:\n  enabled: true")
MODULE = "Accounts"
AS_INSTALLED: tuple[str, ...] = ()  # PostgreSQL's own settings: fsync on
ROWS_AT_ONCE, MOST_RUNS = 5_000, 5
# Zoho CRM, API limits: what a bulk job and a credit's worth of an update hold.
BULK_ROWS, BULK_CREDITS, UPDATED_PER_CREDIT = 25_000, 500, 10
STARTING_SECONDS = 2.0  # before that a process has hardly begun to publish
_SCORE, _ACCOUNT, _TOUCHED = table_of(ScoreRow), table_of(AccountRow), table_of(TouchedAccountRow)


@dataclass(frozen=True)
class Spent:
    """What something cost at the server."""

    seconds: float
    calls: Counter[str]
    credits: int

    def __str__(self) -> str:
        return f"{self.seconds:6.1f} s {self.calls.total():>5,} calls {self.credits:>6,} credits"


class Trial:
    """An organisation, its copy, and scores of every account."""

    def __init__(self, zoho: str, url: str, folder: Path) -> None:
        self._zoho = zoho
        self._environment = {**surroundings(url, zoho), "BELLWETHER_CONFIG_FILE": str(folder / "b.yaml")}
        (folder / "b.yaml").write_text(DOCUMENT, encoding="utf-8")
        self._configuration = read_configuration(DOCUMENT, "the benchmark's document")
        self._url = url
        with self._database() as database:
            migrate(database)

    def prepare(self, seed: int) -> None:
        """Read the accounts, put the document in force, and score every account at random."""
        self._product("sync")
        self._product("config", "apply")
        chance = random.Random(seed)
        with self._database() as database, database.writes.begin() as connection:
            connection.execute(delete(_TOUCHED))
            rows = list(self._scores(chance, connection.execute(select(_ACCOUNT.c.id)).scalars()))
            for start in range(0, len(rows), ROWS_AT_ONCE):
                connection.execute(insert(_SCORE), rows[start : start + ROWS_AT_ONCE])

    def _scores(self, chance: random.Random, ids: Iterator[str]) -> Iterator[dict[str, Any]]:
        now = datetime.now(UTC)
        for identifier in ids:
            for one in self._configuration.of(RfmSegmentation):
                r, f, m = (chance.randint(1, one.scores) for _ in range(3))
                yield {
                    "segmentation": one.name, "account_id": identifier, "r": r, "f": f, "m": m,
                    "total": r + f + m, "label": chance.choice(one.labels).name, "purchases": 1,
                    "spend_minor": 0, "run_id": 1, "scored_at": now,
                }  # fmt: skip

    def publish(self) -> tuple[Mapping[str, Any], Spent]:
        """One publication to its end: the report of its last run, and what it cost.

        A run that stops because the server does not answer in time is followed by the next, as by schedule.
        """
        return self.publish_on(self._begin())

    def publish_on(self, began: float) -> tuple[Mapping[str, Any], Spent]:
        """Go on with a publication; its cost is counted from when it began."""
        for _ in range(MOST_RUNS):
            done = self._run("publish", "--json")
            if done.returncode == 0:
                return json.loads(done.stdout), self._spent(began)
            print(f"a run stopped: {done.stderr.strip()[-300:]}")
        raise RuntimeError(f"{MOST_RUNS} publications stopped")

    def publish_killed(self, kills: int, longest: float, chance: random.Random) -> tuple[int, Spent]:
        """A publication that is killed at random moments and goes on each time: how often, what it cost."""
        began = self._begin()
        for number in range(kills):
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "publish"],
                env=self._environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                process.wait(chance.uniform(STARTING_SECONDS, longest))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            else:
                if process.returncode == 0:
                    return number, self._spent(began)
        _, spent = self.publish_on(began)
        return kills, spent

    def echo(self) -> tuple[int, int, Spent]:
        """The next sync: accounts that came back changed, accounts that are to be scored for it, its cost."""
        began = self._begin()
        report = json.loads(self._product("sync", "--json"))
        spent = self._spent(began)
        (accounts,) = (one for one in report["modules"] if one["module"] == MODULE)
        with self._database() as database, database.reads.connect() as connection:
            touched = connection.execute(select(func.count()).select_from(_TOUCHED)).scalar_one()
        return accounts["updated"], touched, spent

    def differing(self) -> int:
        """Accounts of which the CRM does not say exactly what was to be written."""
        with self._database() as database:
            fields = own_fields(self._configuration)
            names = find_fields(fields, SqlCopy(database).fields(MODULE)).names
            if len(names) < len(fields):
                raise RuntimeError(f"the CRM has {len(names)} of our {len(fields)} fields")
            lines = wanted(score_lines(database), self._configuration)
            due = {one.id: {names[label]: value for label, value in one.values.items()} for one in lines}
        wrong = 0
        for record in truth(self._zoho, MODULE):
            values = due.pop(str(record["id"]), {})
            wrong += not values or any(record["values"].get(name) != one for name, one in values.items())
        return wrong + len(due)

    def _begin(self) -> float:
        requests.delete(f"{self._zoho}/_sandbox/calls", timeout=60)
        return time.perf_counter()

    def _spent(self, began: float) -> Spent:
        seconds = time.perf_counter() - began
        found = requests.get(f"{self._zoho}/_sandbox/calls", timeout=60).json()
        return Spent(seconds, Counter(found["calls"]), found["credits_used"])

    def _product(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode != 0:
            raise RuntimeError(f"bellwether {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)

    def _database(self) -> closing[Database]:
        return closing(open_database(self._url))


def floor_credits(records: int) -> int:
    """The least that Zoho asks for writing so many records: bulk jobs, and updates of a hundred."""
    return min(
        jobs * BULK_CREDITS + ceil(max(0, records - jobs * BULK_ROWS) / UPDATED_PER_CREDIT)
        for jobs in range(ceil(records / BULK_ROWS) + 1)
    )


def main() -> int:
    """Run and print; 1 when anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.write_back", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="accounts; default %(default)s")
    parser.add_argument("--kill", action="store_true", help="also by processes that are killed")
    parser.add_argument("--kills", type=int, default=6, help="how often at most; default %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--latency", type=float, default=0.02, help="seconds that the server holds each answer"
    )
    parser.add_argument("--databases", nargs="+", default=["sqlite"], choices=("sqlite", "postgresql"))
    options = parser.parse_args()
    floor, by_hundreds = floor_credits(options.records), ceil(options.records / UPDATED_PER_CREDIT)
    print(f"{options.records:,} accounts: at least {floor:,} credits; {by_hundreds:,} by hundreds alone")
    with ExitStack() as stack:
        postgres = None
        if "postgresql" in options.databases:
            postgres = stack.enter_context(running_postgres(AS_INSTALLED))
        wrong = [_both(options, kind, postgres) for kind in options.databases]
    return 1 if any(wrong) else 0


def _both(options: argparse.Namespace, kind: str, postgres: PostgresServer | None) -> int:
    """An undisturbed publication, and one that is killed; how many things were not as they must be."""
    wrong, whole = _measure(options, kind, postgres, None)
    if options.kill:
        killed, _ = _measure(options, kind, postgres, whole)
        wrong += killed
    return wrong


def _measure(
    options: argparse.Namespace, kind: str, postgres: PostgresServer | None, whole: Spent | None
) -> tuple[int, Spent]:
    """One trial; it is killed when ``whole`` says what an undisturbed one costs."""
    size = {"accounts": options.records, "deals": 10, "contacts": 10, "products": 2, "seed": options.seed}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="write-back-")))
        url = f"sqlite:///{folder}/bellwether.sqlite"
        if postgres is not None and kind == "postgresql":
            url = stack.enter_context(postgres.fresh("template1"))
        zoho = stack.enter_context(generated_zoho(size, options.latency))
        trial = Trial(zoho, url, folder)
        trial.prepare(options.seed)
        if whole is None:
            report, spent = trial.publish()
            print(f"{kind}: published     {spent}, {report['written']:,} written, {_jobs(spent)} bulk jobs")
            print("\n".join(f"  {count:>4} × {name}" for name, count in sorted(spent.calls.items())))
        else:
            chance = random.Random(options.seed)
            kills, spent = trial.publish_killed(options.kills, whole.seconds * 0.4, chance)
            print(f"{kind}: killed {kills} times {spent}, {_jobs(spent)} bulk jobs; {_extra(spent, whole)}")
        return _afterwards(trial, kind, options.records), spent


def _jobs(spent: Spent) -> int:
    return spent.calls["POST /crm/bulk/v8/write"]


def _extra(spent: Spent, whole: Spent) -> str:
    more = ", ".join(f"{count:+} × {name}" for name, count in sorted((spent.calls - whole.calls).items()))
    return f"{spent.credits - whole.credits:+,} credits against the undisturbed one: {more or 'no call more'}"


def _afterwards(trial: Trial, kind: str, records: int) -> int:
    """What must hold after a publication; how many things do not.

    What a job of which we lost sight has written is ``later``: it is known after the next sync.
    """
    again, spent = trial.publish()
    print(f"{kind}: once more     {spent}, {again['written']:,} written, {again['later']:,} left for later")
    returned, touched, spent = trial.echo()
    print(f"{kind}: the next sync {spent}, {returned:,} came back changed, {touched:,} to be scored")
    last, spent = trial.publish()
    differing = trial.differing()
    print(f"{kind}: after it      {spent}, {last['written']:,} written; {differing:,} differ from the scores")
    unexplained = again["differing"] - again["later"]
    wrong = (again["written"], unexplained, touched, last["differing"], differing)
    return sum(wrong) + abs(records - int(last["compared"]))


if __name__ == "__main__":
    sys.exit(main())
