"""``python -m benchmarks.engines``: RFM's run by each engine, beside the run in process, in one table.

A measurement is a process of its own: the product's run on command, rehearsed: read, score, label, compare,
nothing kept. Before them a run in process was kept, so that a single other score or label would be counted
under "differ". Engines over files are measured with the files as the run before left them, all unchanged;
"engine s" is what the engine itself took, the rest is reading the database and comparing files. With two
worker processes Spark starts them anew each time, as a cluster would.

Seconds grow with accounts by a fixed part and a part each; the last lines fit both and say from what size an
engine pays, if it does on this machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.child import peak_mb
from benchmarks.scoring import ROOT, product
from benchmarks.scoring_data import DOCUMENT, PLAIN, FixedClock, fill
from bot.app.config.published import PublishedConfigurations
from bot.app.recompute import Recompute
from bot.runtime.engines.registry import FILE_ENGINES
from bot.store.config_versions import SqlConfigVersions
from bot.store.engines.choice import FileEngines
from bot.store.engines.files import Files
from bot.store.scores import SqlScores
from connector.cache.engine import Database, open_database
from scoring.engines.config import Scoring
from scoring.engines.rfm_pass import Pass, Passed
from tests.support.postgres import running_postgres

# One worker process of a core and a gigabyte, or two of them, on Spark's own cluster.
ENGINES = {
    "process": "engine: process",
    "database": "engine: database",
    "duckdb": "engine: duckdb, parts: 4, folder: '{folder}'",
    "spark, 1 worker": "engine: spark, parts: 4, folder: '{folder}', master: 'local-cluster[1,1,1024]'",
    "spark, 2 workers": "engine: spark, parts: 4, folder: '{folder}', master: 'local-cluster[2,1,1024]'",
}
REFERENCE = "process"
Figures = Mapping[str, float]
Found = dict[tuple[str, str, int], list[Figures]]


class _Timed:
    """The engines over files, and what they took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def engines(self) -> FileEngines:
        """Every engine, timed."""
        return {name: self._timed(run) for name, run in FILE_ENGINES.items()}

    def _timed(
        self, run: Callable[[Scoring, Pass, Files], Passed]
    ) -> Callable[[Scoring, Pass, Files], Passed]:
        def timed(scoring: Scoring, steps: Pass, files: Files) -> Passed:
            began = time.perf_counter()
            passed = run(scoring, steps, files)
            self.seconds += time.perf_counter() - began
            return passed

        return timed


def _rehearsed(url: str, scoring: str) -> Figures:
    database, timed = open_database(url), _Timed()
    try:
        versions = SqlConfigVersions(database, FixedClock())
        versions.publish(f"{DOCUMENT}scoring: {{{scoring}}}\n", "benchmark")
        scores = SqlScores(database, timed.engines())
        recompute = Recompute(scores, PublishedConfigurations(versions), FixedClock(), lambda _account: None)
        began = time.perf_counter()
        summary = recompute.rehearse()
        seconds = time.perf_counter() - began
        differ = sum(one.written for one in summary.parts)
        return {"seconds": seconds, "engine": timed.seconds, "peak": peak_mb(), "differ": differ}
    finally:
        database.close()


def _measured(url: str, scoring: str) -> Figures:
    outcome = subprocess.run(
        [sys.executable, "-m", "benchmarks.engines", "one", url, scoring],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if outcome.returncode != 0:
        raise RuntimeError(outcome.stderr[-3000:])
    found: Figures = json.loads(outcome.stdout.splitlines()[-1])
    return found


def _measure(options: argparse.Namespace, database: Database, accounts: int, folder: Path) -> Found:
    fill(database, accounts, options.seed)
    url = database.reads.url.render_as_string(hide_password=False)
    product(url, "run")
    found: Found = {}
    for round_number in range(options.rounds + 1):
        for name in options.engines:
            if name.startswith("spark") and find_spec("pyspark") is None:
                continue
            figures = _measured(url, ENGINES[name].format(folder=folder / "files"))
            if round_number or options.rounds == 0:  # the first round writes the files
                found.setdefault((database.dialect, name, accounts), []).append(figures)
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    options = parser.parse_args()
    if find_spec("pyspark") is None:
        print("PySpark is not installed: its lines are left out.")
    print("| database | accounts | engine | seconds | ratio | engine s | peak MB | differ |")
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    found: Found = {}
    for accounts in options.accounts:
        for kind in options.databases:
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="engines-")))
                url = f"sqlite:///{folder}/engines.sqlite"
                if kind == "postgresql":
                    server = stack.enter_context(running_postgres(PLAIN))
                    server.execute("CREATE DATABASE engines")
                    url = server.url("engines")
                database = open_database(url)
                stack.callback(database.close)
                measured = _measure(options, database, accounts, folder)
                _print(measured)
                found |= measured
    _pays(found)
    return 0


def _print(found: Found) -> None:
    for (kind, name, accounts), runs in found.items():
        references = found.get((kind, REFERENCE, accounts), [])
        ratios = [one["seconds"] / other["seconds"] for one, other in zip(runs, references, strict=False)]
        cells = (
            kind, f"{accounts:,}", name, f"{_median(runs, 'seconds'):.2f}",
            f"{median(ratios):.2f}" if ratios else "", f"{_median(runs, 'engine'):.2f}",
            f"{max(one['peak'] for one in runs):.0f}", f"{max(one['differ'] for one in runs):.0f}",
        )  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


def _median(runs: Sequence[Figures], name: str) -> float:
    return median(one[name] for one in runs)


def _pays(found: Found) -> None:
    """Fixed seconds and seconds a million, and where the lines meet."""
    lines: dict[tuple[str, str], tuple[float, float]] = {}
    for kind, name in dict.fromkeys((kind, name) for kind, name, _ in found):
        sizes = sorted(accounts for one, other, accounts in found if (one, other) == (kind, name))
        if len(sizes) > 1:
            seconds = [_median(found[kind, name, size], "seconds") for size in sizes]
            # Relative errors count alike, or the largest size would decide alone.
            each, fixed = np.polyfit(sizes, seconds, 1, w=1 / np.array(seconds))
            lines[kind, name] = float(fixed), float(each)
    for (kind, name), (fixed, each) in lines.items():
        said = f"{fixed:.2f} s and {each * 1e6:.2f} s a million accounts"
        print(f"{kind}, {name}: {said}{_met(lines, kind, name)}")


def _met(lines: Mapping[tuple[str, str], tuple[float, float]], kind: str, name: str) -> str:
    other = lines.get((kind, REFERENCE))
    if name == REFERENCE or other is None:
        return "."
    fixed, each = lines[kind, name]
    if each >= other[1]:
        return "; it does not pay at any size on this machine."
    return f"; it pays from about {max(0.0, (fixed - other[0]) / (other[1] - each)):,.0f} accounts."


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        json.dump(_rehearsed(*sys.argv[2:]), sys.stdout)
        sys.exit(0)
    sys.exit(main())
