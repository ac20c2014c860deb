"""``python -m benchmarks.sync``: the product, four lean references and its peers, on one server, in one run.

Every measurement is a fresh process and a fresh database. The rounds are interleaved, so that a busy machine
slows down all alike; figures are medians, and a ratio is taken within one round.

Memory at a million records: ``--rows 1000000 --rounds 1 --databases sqlite --ways bulk queries``.
With network time: ``--rows 20000 --latency 0.3 --ways queries``, where the second reading goes by ranges.
By default the sandbox's answers are given again from memory, so that ratios are of the clients alone; with
``--server sandbox`` it works for each, as a real Zoho does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.cost import costs
from benchmarks.zoho_server import FIELDS, Server, access_token, running_server
from bot.store.schema import migrate
from connector.cache.engine import open_database
from tests.support.postgres import PostgresServer, create_tables, running_postgres

SDK_ROWS = 4_000  # it takes a hundred times as long for each
AS_INSTALLED: tuple[str, ...] = ()  # PostgreSQL's own settings: fsync on
WAYS = ("pages", "queries", "bulk")


@dataclass(frozen=True)
class Case:
    """Something to measure. ``again``: on the database of the case before, whatever it left there."""

    name: str
    what: str
    kind: str
    options: Mapping[str, Any]
    reference: str | None = None
    again: bool = False


class Bench:
    """Where measurements run: the server, the directory, PostgreSQL if it is wanted."""

    def __init__(self, server: Server, directory: Path, postgres: PostgresServer | None) -> None:
        self._server = server
        self._directory = directory
        self._postgres = postgres
        self._numbers = count()
        self._database = ""
        self.dlt: Path | None = None

    def measure(self, case: Case) -> dict[str, Any]:
        """One run of a case."""
        if not case.again:
            self._database = self._fresh(case)
        self._server.order("DELETE", "calls")
        if case.what == "dlt":
            token, work = access_token(self._server.base_url), tempfile.mkdtemp(dir=self._directory)
            arguments = (self._server.base_url, self._database, token, ",".join(FIELDS), work)
            command = [str(self.dlt), str(peers.DLT_PROGRAM), *arguments]
        else:
            options = json.dumps(dict(case.options))
            command = [sys.executable, "-m", "benchmarks.child", case.what]
            command += [self._server.base_url, self._database, options]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
        if outcome.returncode != 0:
            raise RuntimeError(f"{case.name} failed:\n{outcome.stderr[-3000:]}")
        calls = self._server.order("GET", "calls")
        found: dict[str, Any] = json.loads(outcome.stdout.splitlines()[-1])
        return {**found, "calls": sum(calls["calls"].values()), "credits": calls["credits_used"]}

    def _fresh(self, case: Case) -> str:
        name = f"bench_{next(self._numbers)}"
        ours = case.what.startswith("product")
        if case.kind == "sqlite":
            file = self._directory / f"{name}.sqlite"
            if not ours:
                return f"sqlite:///{file}" if case.what == "dlt" else str(file)
            create_tables(f"sqlite:///{file}")
            return f"sqlite:///{file}"
        assert self._postgres is not None
        self._postgres.execute(f"CREATE DATABASE {name}")
        where = self._postgres.directory
        if ours:
            _migrated(self._postgres.url(name))
            return self._postgres.url(name)
        if case.what == "dlt":
            return f"postgresql://postgres:none@localhost/{name}?host={where}"
        return f"host={where} user=postgres dbname={name}"


def _migrated(url: str) -> None:
    """The schema as the product has it: triggers that mark changes are made after the first sync."""
    database = open_database(url)
    migrate(database)
    database.close()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "RUNTIME__DLTHUB_TELEMETRY": "false"}


def cases(databases: Sequence[str], ways: Sequence[str], *, lanes: int, with_peers: bool) -> Iterator[Case]:
    """What is measured, in the order of a round."""
    for kind in databases:
        for way in ways:
            known = "bulk" if way == "bulk" else "pages"
            reference = f"reference {known} {kind}"
            if way != "queries":
                yield Case(reference, reference, kind, {}, reference)
            options = {"way": way, "lanes": lanes}
            yield Case(f"product {way} {kind}", "product", kind, options, reference)
            again = {**options, "full": True}
            yield Case(f"product {way} {kind}, again", "product", kind, again, reference, again=True)
        if with_peers:
            yield Case(f"dlt {kind}", "dlt", kind, {}, f"reference pages {kind}")
    if with_peers:
        yield Case("official SDK sqlite", "sdk", "sqlite", {"rows": SDK_ROWS}, "reference pages sqlite")


def _rounds(bench: Bench, wanted: Sequence[Case], rounds: int) -> dict[str, list[dict[str, Any]]]:
    results: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(rounds):
        for case in wanted:
            found = bench.measure(case)
            found["rate"] = found["rows"] / found["seconds"]
            results[case.name].append(found)
            reference = results.get(case.reference or "")
            if reference and len(reference) > number:
                found["ratio"] = reference[number]["rate"] / found["rate"]
            sys.stderr.write(f"round {number + 1}: {case.name}: {found['rate']:,.0f} rows/s\n")
    return results


def summarised(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Medians of each case."""
    names = ("rows", "rate", "ratio", "cpu", "idle_mb", "peak_mb", "calls", "credits", "changed")
    return [
        {
            "name": name,
            **{one: median(run[one] for run in runs) for one in names if all(one in run for run in runs)},
            "plan": runs[-1].get("plan", ""),
        }
        for name, runs in results.items()
    ]


def _print(lines: Sequence[Mapping[str, Any]]) -> None:
    head = (
        "what",
        "rows",
        "rows/s",
        "ratio",
        "CPU µs/row",
        "peak MB",
        "above idle",
        "calls",
        "credits",
        "changed",
    )
    print("| " + " | ".join(head) + " |\n|---|" + "---:|" * (len(head) - 1))
    for one in lines:
        cells = (
            one["name"],
            f"{one['rows']:,.0f}",
            f"{one['rate']:,.0f}",
            f"{one['ratio']:.2f}" if "ratio" in one else "",
            f"{one['cpu'] / one['rows'] * 1e6:.1f}" if one["rows"] else "",
            f"{one['peak_mb']:.0f}",
            f"{one['peak_mb'] - one['idle_mb']:.0f}" if "idle_mb" in one else "",
            f"{one['calls']:,.0f}",
            f"{one['credits']:,.0f}",
            f"{one['changed']:,.0f}" if "changed" in one else "",
        )
        print("| " + " | ".join(cells) + " |")


def _print_costs(rows: int) -> None:
    print(f"\nCredits for {rows:,} rows of a module of up to 50 fields (arithmetic on Zoho's prices):\n")
    print("| who | first read | nothing changed |\n|---|---:|---:|")
    for one in costs(rows, len(FIELDS)):
        print(f"| {one.who} | {one.first:,} | {one.no_change:,} |")


@contextmanager
def _bench(options: argparse.Namespace) -> Iterator[Bench]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(
            running_server(
                options.rows,
                seed=options.seed,
                latency_seconds=options.latency,
                replayed=options.server == "replay",
            )
        )
        postgres = None
        if "postgresql" in options.databases:
            postgres = stack.enter_context(running_postgres(AS_INSTALLED))
        yield Bench(server, directory, postgres)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sync", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="deals; default %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that every answer is held")
    parser.add_argument("--lanes", type=int, default=9, help="ranges read at a time; default %(default)s")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument(
        "--peers", action="store_true", help="dlt (installed for it) and the official SDK too"
    )
    parser.add_argument(
        "--server",
        choices=("replay", "sandbox"),
        default="replay",
        help="the sandbox itself, or its answers given again from memory (a first round is not counted)",
    )
    parser.add_argument("--json", type=Path, help="write every figure of every round to this file")
    options = parser.parse_args()
    wanted = list(cases(options.databases, options.ways, lanes=options.lanes, with_peers=options.peers))
    with _bench(options) as bench, tempfile.TemporaryDirectory(prefix="dlt-") as environment:
        if options.peers:
            try:
                bench.dlt = peers.dlt_environment(Path(environment))
            except RuntimeError as error:
                print(error)
                wanted = [one for one in wanted if one.what != "dlt"]
        if options.server == "replay":
            _rounds(bench, [one for one in wanted if one.kind == options.databases[0]], 1)
        results = _rounds(bench, wanted, options.rounds)
    _print(summarised(results))
    _print_costs(1_000_000)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
