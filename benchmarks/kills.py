"""``python -m benchmarks.kills``: a first sync that is killed again and again, and what it costs.

A sandbox organisation is read by ``bellwether sync`` in a process of its own, which gets SIGKILL at random
moments; the next one goes on. In the end the copy is compared with the organisation, and the pages
and files that were read twice are counted by the server. ``--kills 0`` measures an undisturbed first sync.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet
from sqlalchemy import text

from connector.cache.engine import Database, open_database

ROOT = Path(__file__).resolve().parents[1]
TRUTH_ROWS = 2_000
Figures = Mapping[str, Any]


def main() -> int:
    """Run and print; 1 when the copy is not exact."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--deals", type=int, default=300_000)
    parser.add_argument("--accounts", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=4.0, help="seconds until the kill at most")
    parser.add_argument(
        "--latency", type=float, default=0.02, help="seconds that the server holds each answer"
    )
    parser.add_argument("--database", help="a SQLAlchemy URL; a SQLite file in a temporary folder otherwise")
    options = parser.parse_args()
    size = {"accounts": options.accounts, "deals": options.deals, "seed": options.seed}
    with tempfile.TemporaryDirectory() as folder, generated_zoho(size, options.latency) as zoho:
        url = options.database or f"sqlite:///{folder}/bellwether.sqlite"
        environment = surroundings(url, zoho)
        kills = _killed(options, environment)
        seconds = _to_the_end(environment)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        database = open_database(url)
        wrong = _differences(database, zoho)
        _print(database, zoho, kills, seconds, wrong)
        requests.delete(f"{zoho}/_sandbox/calls", timeout=60)
        again = _to_the_end(environment)
        credits_used = requests.get(f"{zoho}/_sandbox/calls", timeout=60).json()["credits_used"]
        print(f"peak memory of a sync {peak:,.0f} MB; unchanged: {again:.1f} s, {credits_used} credits")
        database.close()
    return 1 if wrong else 0


def _killed(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Kill until it was killed often enough or has come to its end; how often it was killed."""
    chance = random.Random(options.seed)
    kills = 0
    while kills < options.kills:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "sync"],
            env=dict(environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(chance.uniform(0.3, options.longest))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        if process.returncode == 0:
            return kills
    return kills


def _to_the_end(environment: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "bot", "sync"], env=dict(environment), check=True, capture_output=True
    )
    return time.perf_counter() - began


def _differences(database: Database, zoho: str) -> int:
    """Rows that the copy lacks, has too many, or has otherwise."""
    tables = {"Accounts": "crm_account", "Contacts": "crm_contact", "Deals": "crm_transaction"}
    wrong = 0
    with database.reads.connect() as connection:
        for module, table in tables.items():
            held = {
                row.id: row.modified_at
                for row in connection.execute(text(f"SELECT id, modified_at FROM {table}"))
            }
            for record in truth(zoho, module):
                wrong += held.pop(str(record["id"]), None) is None
            wrong += len(held)
    return wrong


def truth(zoho: str, module: str) -> Iterator[Figures]:
    """Every record of a module as the server holds it, by id."""
    after = ""
    while True:
        params: dict[str, str | int] = {"after": after, "limit": TRUTH_ROWS}
        records = requests.get(f"{zoho}/_sandbox/records/{module}", params=params, timeout=60).json()[
            "records"
        ]
        yield from records
        if len(records) < TRUTH_ROWS:
            return
        after = str(records[-1]["id"])


def _print(database: Database, zoho: str, kills: int, seconds: float, wrong: int) -> None:
    calls = requests.get(f"{zoho}/_sandbox/calls", timeout=60).json()
    with database.reads.connect() as connection:
        deals = connection.execute(text("SELECT count(*) FROM crm_transaction")).scalar_one()
    print(f"{database.dialect}: killed {kills} times; {deals:,} deals in the end, {wrong:,} rows differ")
    print(f"the last run took {seconds:.1f} s; credits {calls['credits_used']:,}")
    for name, count in sorted(calls["calls"].items(), key=lambda one: -one[1]):
        print(f"  {count:>7,} × {name}")


@contextmanager
def generated_zoho(size: Mapping[str, int], latency_seconds: float) -> Iterator[str]:
    """The address of a generated organisation, in a process of its own and with Zoho's limits.

    Args:
        size: as ``python -m sandbox.zoho`` takes it: accounts, deals, contacts, seed …
        latency_seconds: that the server holds each answer.
    """
    wanted = (part for name, value in size.items() for part in (f"--{name}", str(value)))
    command = [sys.executable, "-m", "sandbox.zoho", "--port", "0", *wanted]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "http://" in line)
        address = line.split()[-1]
        requests.post(f"{address}/_sandbox/limits", json={"latency_seconds": latency_seconds}, timeout=60)
        yield address
    finally:
        process.terminate()
        process.wait()


def surroundings(url: str, zoho: str) -> Mapping[str, str]:
    """The environment in which the product reads that Zoho into that database."""
    own = {
        "DATABASE_URL": url,
        "SECRET_KEY": Fernet.generate_key().decode(),
        "ZOHO__ACCOUNTS_URL": zoho,
        "ZOHO__CLIENT_ID": "1000.SANDBOXCLIENT",
        "ZOHO__CLIENT_SECRET": "sandbox-secret",
        "ZOHO__REFRESH_TOKEN": "1000.sandbox.refresh",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER_")}
    return (
        inherited | {f"BELLWETHER_{name}": value for name, value in own.items()} | {"PYTHONPATH": str(ROOT)}
    )


if __name__ == "__main__":
    sys.exit(main())
