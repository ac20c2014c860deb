"""``python -m benchmarks.scoring``: a full pass of RFM over many accounts, beside DuckDB over Parquet.

The reference does the same with the same data: the aggregate per account, scores from 1 to 5 by percentile
with ties equal, eight labels, and a comparison with the labels of the run before. Every measurement is a
process of its own that has scored a few accounts before; ratios are taken within a round. ``pass`` ends where
the run would write, as the reference does; ``run`` writes scores, their history, changes and alerts.

After a first run deals are kept by column (``bot.store.deal_blocks``), as the worker does it (``blocks``):
``pass`` and ``run`` read them so. Then some transactions change, and what follows is measured: in a process
that has done so before and has its database open, as the worker has (``change``), and as the first thing that
a process does (``new process``). ``wrong`` counts the rows that a look at every transaction then writes:
none.

``--accounts 1000000`` makes ten million transactions and takes some minutes to fill each database.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select, text

from benchmarks.child import peak_mb
from benchmarks.scoring_data import (
    DAY,
    DAYS_TO_COME,
    FIRST_TRANSACTION,
    LABELS,
    NOW,
    PLAIN,
    FixedClock,
    fill,
    transactions,
)  # fmt: skip
from bot.app.changes import relabelled
from bot.app.config.published import PublishedConfigurations
from bot.app.facts import SegmentationRun
from bot.app.one_run import OneRun
from bot.app.recompute import Recompute
from bot.store import account_facts
from bot.store.config_versions import SqlConfigVersions
from bot.store.deal_blocks.keeping import held, keep
from bot.store.places import TABLES
from bot.store.scores import SqlScores
from connector.cache.engine import Database, open_database
from connector.cache.statements import upsert
from tests.support.postgres import PostgresServer, running_postgres

ROOT = Path(__file__).resolve().parents[1]
TOUCHED = 1_000  # transactions that change at once
DAYS_PASS = {"change", "again", "check"}


def reference(parquet: str, before: str) -> int:
    """DuckDB's pass; how many labels differ from those of the run before."""
    engine = duckdb.connect()
    engine.execute("SET threads = 2")
    counted = (
        f"SELECT account_id, max(occurred_on) AS d, count(*) AS n, sum(amount_minor)::BIGINT AS s "
        f"FROM '{parquet}' WHERE stage = 'Closed Won' AND occurred_on <= DATE '{DAY}' GROUP BY account_id"
    )
    engine.execute(f"CREATE TEMP TABLE facts AS {counted}")
    fifths = "[0.2, 0.4, 0.6, 0.8]"
    measures = ", ".join(f"quantile_disc({name}, {fifths})" for name in "dns")
    cuts = engine.execute(f"SELECT {measures} FROM facts").fetchone()
    assert cuts is not None

    def score(name: str, values: Sequence[Any]) -> str:
        tests = (f"({name} > {_literal(one)})::INT" for one in values)
        return f"1 + {' + '.join(tests)}"

    scores = ", ".join(
        f"{score(column, values)} AS {name}"
        for (name, column), values in zip((("r", "d"), ("f", "n"), ("m", "s")), cuts, strict=True)
    )
    label = "CASE " + " ".join(f"WHEN {when} THEN '{name}'" for name, when in LABELS) + " END"
    changed = engine.execute(
        f"SELECT l.account_id, l.label FROM (SELECT account_id, {label} AS label FROM "
        f"(SELECT account_id, {scores} FROM facts)) AS l LEFT JOIN '{before}' AS b USING (account_id) "
        f"WHERE l.label IS DISTINCT FROM b.label"
    ).fetchall()
    return len(changed)


def _literal(value: object) -> str:
    return f"DATE '{value}'" if isinstance(value, date) else str(value)


class Product:
    """The use case over an open database, as the worker has it."""

    def __init__(self, database: Database) -> None:
        self._clock = FixedClock()
        configurations = PublishedConfigurations(SqlConfigVersions(database, self._clock))
        self._recompute = Recompute(SqlScores(database), configurations, self._clock, lambda _account: None)

    def run(self, what: str, days: int = 0) -> int:
        """One run; how many labels differ.

        Args:
            what: ``pass`` is a run on command up to where it would write, ``run`` all of it; ``change`` what
                follows some changed transactions, and ``check`` says how many rows a look at every
                transaction then writes.
            days: after the benchmark's day.
        """
        self._clock.days = days
        if what == "pass":
            return self._compared()
        if what == "check":
            with patch.object(account_facts, "in_blocks", lambda *_: None):
                return self._recompute.run("command").parts[0].written
        return self._recompute.run("change" if what == "change" else "command").label_changes

    def _compared(self) -> int:
        def compared(run: OneRun) -> SegmentationRun:
            raise _ComparedError(len(relabelled(run.moves())))

        with patch.object(OneRun, "do", compared):
            try:
                self._recompute.rehearse()
            except _ComparedError as found:
                return found.labels
        raise AssertionError("a run compares")


class _ComparedError(Exception):
    """Ends a run before it writes."""

    def __init__(self, labels: int) -> None:
        super().__init__(labels)
        self.labels = labels


def warm() -> None:
    """Score a few accounts, so that what is measured then is not what is imported for it."""
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        database = open_database(f"sqlite:///{folder}/warm.sqlite")
        fill(database, 50, 1)
        one = Product(database)
        for what in ("run", "pass"):
            one.run(what)
        database.close()


def framed(url: str) -> int:
    """Every transaction through SQLAlchemy into a frame of pandas, and nothing more; how many there are."""
    database = open_database(url)
    columns = "account_id, stage, occurred_on, amount_minor"
    with database.reads.connect() as connection:
        frame = pd.read_sql_query(text(f"SELECT {columns} FROM crm_transaction"), connection)
    database.close()
    return len(frame)


def blocks(url: str) -> int:
    """Keep the deals by column, as the worker does when it keeps house; how many accounts."""
    database = open_database(url)
    keep(database)
    with database.reads.connect() as connection:
        found = held(connection)
    database.close()
    return 0 if found is None else found[1]


def product(url: str, what: str, days: int = 0) -> int:
    """One run of the product over a database that is opened for it; as ``Product.run``."""
    database = open_database(url)
    try:
        return Product(database).run(what, days)
    finally:
        database.close()


def touch(database: Database) -> None:
    """Change the amounts of some transactions, others every time, and mark their accounts as sync does."""
    with database.writes.begin() as connection:
        chance = np.random.default_rng(connection.execute(text("SELECT max(id) FROM run")).scalar_one())
        total = connection.execute(text("SELECT count(*) FROM crm_transaction")).scalar_one()
        ids = [str(FIRST_TRANSACTION + int(one)) for one in chance.choice(total, TOUCHED, replace=False)]
        rows = [{"id": one, "more": int(chance.integers(-500_000, 5_000_000))} for one in ids]
        connection.execute(
            text("UPDATE crm_transaction SET amount_minor = amount_minor + :more WHERE id = :id"), rows
        )
        deals, marks = TABLES["crm_transaction"], TABLES["touched_account"]
        accounts = set[str]()
        for start in range(0, TOUCHED, 500):
            some = select(deals.c.account_id).where(deals.c.id.in_(ids[start : start + 500]))
            accounts |= set(connection.execute(some).scalars())
        values = [{"account_id": one, "touched_at": NOW} for one in sorted(accounts)]
        connection.execute(upsert(marks, database.dialect, frozenset(values[0])), values)


def _one(arguments: Sequence[str]) -> None:
    """A measurement in this process: prints seconds, CPU seconds, memory, and what was found."""
    what, first, second = arguments
    days = int(second or 0) if what in DAYS_PASS else 0
    with ExitStack() as stack:
        call = partial(product, first, what, days)
        if what == "reference":
            call = partial(reference, first, second)
        elif what == "frame":
            call = partial(framed, first)
        elif what == "keep":
            call = partial(blocks, first)
        elif what in {"pass", "run", "check"}:
            warm()
        else:
            database = open_database(first)
            stack.callback(database.close)
            touch(database)
            if what == "again":  # what the worker did before, this day or the day before
                one = Product(database)
                one.run("change", max(0, days - 1))
                touch(database)
                call = partial(one.run, "change", days)
        idle, cpu, began = peak_mb(), time.process_time(), time.perf_counter()
        found = call()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    json.dump({"seconds": seconds, "cpu": cpu, "idle": idle, "peak": peak_mb(), "found": found}, sys.stdout)


def _measured(*arguments: str) -> Mapping[str, float]:
    outcome = subprocess.run(
        [sys.executable, "-m", "benchmarks.scoring", "one", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if outcome.returncode != 0:
        raise RuntimeError(outcome.stderr[-3000:])
    found: Mapping[str, float] = json.loads(outcome.stdout.splitlines()[-1])
    return found


def _changed(database: Database, share: float) -> None:
    """Make the labels of some accounts others than a run will give: as if they had changed since."""
    step = max(1, round(1 / share))
    with database.writes.begin() as connection:
        connection.execute(
            text(
                "UPDATE score SET label = 'Other', m = 1, run_id = (SELECT max(id) + 1 FROM run) "
                "WHERE label IS NOT NULL AND CAST(account_id AS NUMERIC) % :step = 0"
            ),
            {"step": step},
        )


def _export(database: Database, parquet: Path) -> None:
    with database.reads.connect() as connection:
        rows = connection.execute(text("SELECT account_id, label FROM score")).all()
    columns = list(zip(*rows, strict=True))
    pq.write_table(pa.table({"account_id": columns[0], "label": columns[1]}), parquet)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--changed", type=float, default=0.024, help="share of accounts; default %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frame", action="store_true", help="also rows into pandas: half a kilobyte each")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    print("| accounts | what | seconds | ratio | CPU s | peak MB | above idle | labels changed |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for accounts in options.accounts:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scoring-")))
            postgres = (
                stack.enter_context(running_postgres(PLAIN)) if "postgresql" in options.databases else None
            )
            _print(accounts, _results(options, accounts, folder, postgres))
    return 0


def _results(
    options: argparse.Namespace, accounts: int, folder: Path, postgres: PostgresServer | None
) -> Mapping[str, Sequence[Mapping[str, float]]]:
    parquet, before = folder / "transactions.parquet", folder / "before.parquet"
    with pq.ParquetWriter(parquet, next(transactions(1, options.seed)).schema) as writer:
        for table in transactions(accounts, options.seed):
            writer.write_table(table)
    databases = {kind: _filled(kind, folder, postgres, accounts, options.seed) for kind in options.databases}
    found: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    for kind, database in databases.items():
        url = database.reads.url.render_as_string(hide_password=False)
        found[f"blocks, {kind}"].append(_measured("keep", url, ""))
        if options.frame:
            found[f"rows into pandas, {kind}"].append(_measured("frame", url, ""))
    for _ in range(options.rounds):
        for kind, database in databases.items():
            _changed(database, options.changed)
            if not before.exists():
                _export(database, before)
            url = database.reads.url.render_as_string(hide_password=False)
            for name, call in _cases(kind, url, str(parquet), str(before)):
                found[name].append(call())
    _measure_changes(found, databases, options.rounds)
    for database in databases.values():
        database.close()
    return found


def _measure_changes(
    found: dict[str, list[Mapping[str, float]]], databases: Mapping[str, Database], rounds: int
) -> None:
    """What follows changed transactions, the same day and later ones."""
    turns = range(1, 1 + min(rounds, DAYS_TO_COME - 1))
    last = len(turns) + 1
    some = [("change", "new process", 0), ("again", "", 0)] * rounds
    some += [*(("again", "a day later", day) for day in turns), ("change", "a day later, new process", last)]
    for kind, database in databases.items():
        url = database.reads.url.render_as_string(hide_password=False)
        for what, how, day in some:
            name = ", ".join(one for one in ("change", how, kind) if one)
            found[name].append(_measured(what, url, str(day)))
            # What a look at everything then finds to be otherwise: nothing.
            found[f"{name}: wrong"].append(_measured("check", url, str(day)))


def _cases(
    kind: str, url: str, parquet: str, before: str
) -> Iterator[tuple[str, Callable[[], Mapping[str, float]]]]:
    if kind == "sqlite":
        yield "reference", lambda: _measured("reference", parquet, before)
    yield f"pass, {kind}", lambda: _measured("pass", url, "")
    yield f"run, {kind}", lambda: _measured("run", url, "")


def _filled(kind: str, folder: Path, postgres: PostgresServer | None, accounts: int, seed: int) -> Database:
    if kind == "sqlite" or postgres is None:
        url = f"sqlite:///{folder}/scoring.sqlite"
    else:
        postgres.execute("CREATE DATABASE scoring")
        url = postgres.url("scoring")
    database = open_database(url)
    fill(database, accounts, seed)
    product(url, "run")
    return database


def _print(accounts: int, found: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    references = [one["seconds"] for one in found.get("reference", ())]
    for name, runs in found.items():
        ratios = [one["seconds"] / reference for one, reference in zip(runs, references, strict=False)]
        cells = (
            f"{accounts:,}", name, f"{median(one['seconds'] for one in runs):.2f}",
            f"{median(ratios):.2f}" if ratios else "", f"{median(one['cpu'] for one in runs):.2f}",
            f"{max(one['peak'] for one in runs):.0f}",
            f"{max(one['peak'] - one['idle'] for one in runs):.0f}", f"{runs[-1]['found']:,}",
        )  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        _one(sys.argv[2:])
        sys.exit(0)
    sys.exit(main())
