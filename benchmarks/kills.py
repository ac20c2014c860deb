"""``python -m benchmarks.kills``: first syncs that are killed again and again, and what it costs.

A sandbox organisation is read by ``bellwether sync`` in a process of its own, which gets SIGKILL at random
moments; the next one goes on. When a first sync has come to its end the copy is compared with the
organisation, field for field, and another one begins in an empty database, until it was killed often enough.
The calls of each are counted by the server, beside those of an undisturbed one. ``--kills 0`` measures that
alone.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from connector.cache.engine import open_database
from connector.mapping import standard_mapping
from tests.support.exactness import differences
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.zoho_client import ZohoHttp

ROOT = Path(__file__).resolve().parents[1]
TRUTH_ROWS = 2_000
SHOWN = 10
LOOK_SECONDS = 0.05
DURABLE: tuple[str, ...] = ()  # PostgreSQL's own settings: fsync on
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """One first sync: kills, the peak of its last process, the server's calls, what differs."""

    kills: int
    seconds: float
    peak_mb: float
    credits: int
    calls: Counter[str]
    differing: int


class Trial:
    """First syncs of one organisation into databases of one kind."""

    def __init__(self, zoho: str, folder: Path, postgres: PostgresServer | None, longest: float) -> None:
        self._zoho = zoho
        self._folder = folder
        self._postgres = postgres
        self._longest = longest
        self._number = 0

    def read(self, kills: int, chance: random.Random, *, compared: bool = True) -> Read:
        """A first sync into an empty database, killed so often at most."""
        url = self._empty()
        environment = surroundings(url, self._zoho)
        requests.delete(f"{self._zoho}/_sandbox/calls", timeout=60).raise_for_status()
        began = time.perf_counter()
        killed = self._killed(environment, kills, chance)
        _, peak = to_the_end(environment)
        seconds = time.perf_counter() - began
        said = requests.get(f"{self._zoho}/_sandbox/calls", timeout=60).json()
        found: list[str] = []
        if compared:
            with closing(ZohoHttp(self._zoho)) as http, closing(open_database(url)) as database:
                found = differences(http, database, standard_mapping())
        for one in found[:SHOWN]:
            sys.stderr.write(f"  {one}\n")
        return Read(killed, seconds, peak, said["credits_used"], Counter(said["calls"]), len(found))

    def again(self) -> tuple[float, int]:
        """One more sync into the database of the last one, without any change: seconds and credits."""
        requests.delete(f"{self._zoho}/_sandbox/calls", timeout=60).raise_for_status()
        seconds, _ = to_the_end(surroundings(self._url(self._number), self._zoho))
        return seconds, requests.get(f"{self._zoho}/_sandbox/calls", timeout=60).json()["credits_used"]

    def _killed(self, environment: Mapping[str, str], kills: int, chance: random.Random) -> int:
        killed = 0
        while killed < kills:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "sync"],
                env=dict(environment),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                process.wait(chance.uniform(0.3, self._longest))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += 1
                continue
            if process.returncode == 0:
                break
        return killed

    def _empty(self) -> str:
        self._number += 1
        if self._postgres is not None:
            self._postgres.execute(f"CREATE DATABASE kills_{self._number}")
        return self._url(self._number)

    def _url(self, number: int) -> str:
        name = f"kills_{number}"
        if self._postgres is not None:
            return self._postgres.url(name)
        return f"sqlite:///{self._folder}/{name}.sqlite"


def main() -> int:
    """Run and print; 1 when a copy is not exact."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="for each database; default %(default)s")
    parser.add_argument("--deals", type=int, default=300_000)
    parser.add_argument("--accounts", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=4.0, help="seconds until a kill at most")
    parser.add_argument(
        "--latency", type=float, default=0.02, help="seconds that the server holds each answer"
    )
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument(
        "--not-compared", action="store_true", help="for sizes of which a comparison has no room in memory"
    )
    options = parser.parse_args()
    wrong = 0
    size = {"accounts": options.accounts, "deals": options.deals, "seed": options.seed}
    for kind in options.databases:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills-")))
            zoho = stack.enter_context(generated_zoho(size, options.latency))
            postgres = stack.enter_context(running_postgres(DURABLE)) if kind == "postgresql" else None
            wrong += _measure(options, kind, Trial(zoho, folder, postgres, options.longest))
    return 1 if wrong else 0


def _measure(options: argparse.Namespace, kind: str, trial: Trial) -> int:
    chance = random.Random(options.seed)
    whole = trial.read(0, chance, compared=not options.not_compared)
    seconds, spent = trial.again()
    print(
        f"{kind}: {options.deals:,} deals undisturbed: {whole.seconds:.1f} s, {whole.credits:,} credits, "
        f"{whole.differing} differences, peak memory of a process {whole.peak_mb:,.0f} MB; "
        f"unchanged: {seconds:.1f} s, {spent} credits",
        flush=True,
    )
    reads: list[Read] = []
    while sum(one.kills for one in reads) < options.kills:
        reads.append(trial.read(options.kills - sum(one.kills for one in reads), chance))
        one = reads[-1]
        sys.stderr.write(f"{kind}: killed {one.kills} times, {one.differing} differences\n")
    if reads:
        _print(kind, whole, reads)
    return whole.differing + sum(one.differing for one in reads)


def _print(kind: str, whole: Read, reads: list[Read]) -> None:
    kills = sum(one.kills for one in reads)
    extra = sum((one.calls for one in reads), Counter[str]())
    extra.subtract({name: count * len(reads) for name, count in whole.calls.items()})
    more = sum(one.credits - whole.credits for one in reads)
    print(
        f"{kind}: {len(reads)} first syncs, killed {kills} times in all: "
        f"{sum(one.differing for one in reads)} differences; {more / kills:,.1f} credits more for each kill",
        flush=True,
    )
    for name, count in extra.most_common(12):
        if count:
            print(f"  {count:>+7,} × {name}")


def to_the_end(environment: Mapping[str, str]) -> tuple[float, float]:
    """A sync that nobody disturbs; how many seconds it took, and its peak of memory in MB."""
    began, peak = time.perf_counter(), 0.0
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [sys.executable, "-m", "bot", "sync"],
            env=dict(environment),
            stdout=subprocess.DEVNULL,
            stderr=said,
        ) as process,
    ):
        while process.poll() is None:
            peak = max(peak, _peak_mb(process.pid))
            time.sleep(LOOK_SECONDS)
        if process.returncode != 0:
            said.seek(0)
            why = said.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise RuntimeError(f"A sync that nobody disturbed did not come to its end: {why}")
    return time.perf_counter() - began, peak


def _peak_mb(pid: int) -> float:
    """A running process's peak so far; what its parent has is not counted, as it is by ``getrusage``."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(one.split()[1]) / 1024 for one in lines if one.startswith("VmHWM")), 0.0)


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
