"""Runs by the engine that the document names: the same scores, labels and thresholds as in process."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from bot.app.errors import ConfigurationError
from bot.app.facts import RunSummary
from bot.app.recompute import Recompute
from bot.runtime.engines.registry import FILE_ENGINES
from bot.store.scores import SqlScores
from bot.store.tables import RunRow, ScoreRow
from connector.cache.engine import Database
from tests.support.scoring_world import World
from tests.support.spark import needs_spark

DOCUMENT = """\
version: 1
scoring: {{{scoring}}}
segmentations:
  - name: Ranks
    transactions: stage = "Closed Won" or amount > 900
    accounts: industry = Retail or name contains "7"
    labels:
      - {{name: Top, when: r >= 4 and f >= 3 and m >= 4}}
      - {{name: Fresh, when: last_purchase in last 30 days}}
      - {{name: Big, when: in segment Large}}
      - {{name: None yet, when: purchases = 0}}
      - {{name: Rest, when: rfm >= 3}}
  - name: Bands
    scores: 3
    recency:
      method: bands
      bands: [{{within: last 30 days, score: 3}}, {{within: last 90 days, score: 2}}]
    frequency: {{method: bands, at_least: [2, 4]}}
    monetary: {{method: bands, at_least: [100.5, 2000]}}
    labels:
      - {{name: Good, when: rfm >= 6}}
      - {{name: Poor, when: not last_purchase is empty}}
segments:
  - {{name: Large, criteria: total_spend > 2k}}
"""


def fill(world: World) -> None:
    chance = random.Random(4)
    for number in range(60):
        deals = [
            (chance.randint(-2, 300), chance.choice([10, 100.5, 250.25, 999, 3000]))
            for _ in range(chance.randint(0, 6))
        ]
        name, industry = f"Account {number}", chance.choice(["Retail", "retail", "Steel", None])
        world.add(*world.rows_of(f"5{number:03}", *deals, name=name, industry=industry))
    world.deal(None, 3, 10)
    world.deal("5001", None, 10)
    world.deal("5002", 4, 950, "Closed Lost")
    world.deal("9999", 4, 950)  # of an account that is not there


def run(world: World, engine: str, folder: Path | str | None = None) -> RunSummary:
    where = f", folder: {folder}, parts: 3" if folder else ""
    world.publish(DOCUMENT.format(scoring=f"engine: {engine}, master: 'local[1]'{where}"))
    engines = SqlScores(world.database, FILE_ENGINES)
    return Recompute(engines, world.configurations, world.clock, lambda _: None).run("command")


def scores(world: World) -> dict[tuple[str, str], Any]:
    """Facts, scores and label of every account."""
    columns = ("last_purchase", "purchases", "spend_minor", "r", "f", "m", "total", "label")
    return {
        (one.segmentation, one.account_id): tuple(getattr(one, name) for name in columns)
        for one in world.rows(ScoreRow)
    }


def same(world: World, engine: str, folder: Path | str | None) -> None:
    """A run by the engine, and then one in process that finds nothing to be otherwise."""
    fill(world)
    summary = run(world, engine, folder)
    found = scores(world)
    process = run(world, "process")
    assert len(found) > 40
    assert scores(world) == found
    assert [one.written for one in process.parts] == [0, 0]
    assert [one.labels for one in summary.parts] == [one.labels for one in process.parts]
    assert [one.warnings for one in summary.parts] == [one.warnings for one in process.parts]
    assert any("do not count:" in line for line in summary.parts[0].warnings)
    kept: dict[str, set[str | None]] = {}
    for row in world.rows(RunRow):
        kept.setdefault(row.segmentation, set()).add(row.thresholds)
    assert [len(one) for one in kept.values()] == [1, 1]


def test_a_run_in_the_database(database: Database) -> None:
    same(World(database), "database", None)


def test_a_run_over_files(database: Database, tmp_path: Path) -> None:
    same(World(database), "duckdb", tmp_path.as_uri())


@needs_spark
@pytest.mark.timeout(300)
def test_a_run_by_spark(database: Database, tmp_path: Path) -> None:
    same(World(database), "spark", tmp_path)


def test_nobody_to_score(database: Database, tmp_path: Path) -> None:
    world = World(database)
    for engine, folder in (("database", None), ("duckdb", tmp_path)):
        summary = run(world, engine, folder)
        assert [one.accounts for one in summary.parts] == [0, 0]
    assert {one.thresholds for one in world.rows(RunRow)} == {None}


def test_only_parts_with_other_rows_are_written_again(database: Database, tmp_path: Path) -> None:
    world = World(database)
    fill(world)
    run(world, "duckdb", tmp_path)
    before = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*.parquet")}
    run(world, "duckdb", tmp_path)
    assert {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*.parquet")} == before
    world.deal("5001", 6, 77)
    run(world, "duckdb", tmp_path)
    after = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*.parquet")}
    # One part of each segmentation's three, and the accounts of neither.
    assert sum(after[one] != before[one] for one in before) <= 2
    found = scores(world)
    run(world, "process")
    assert scores(world) == found


def test_what_a_crash_left_is_written_again(database: Database, tmp_path: Path) -> None:
    world = World(database)
    fill(world)
    run(world, "duckdb", tmp_path)
    expected = scores(world)
    for manifest in tmp_path.rglob("parts.json"):
        manifest.unlink()
        next(manifest.parent.glob("part-*.parquet")).write_bytes(b"half")
    run(world, "duckdb", tmp_path)
    assert scores(world) == expected


def test_other_parts_leave_no_files_behind(database: Database, tmp_path: Path) -> None:
    world = World(database)
    fill(world)
    run(world, "duckdb", tmp_path)
    world.publish(DOCUMENT.format(scoring=f"engine: duckdb, folder: {tmp_path}, parts: 1"))
    Recompute(SqlScores(world.database, FILE_ENGINES), world.configurations, world.clock, lambda _: None).run(
        "command"
    )
    assert len(list(tmp_path.rglob("part-*.parquet"))) == 2


def test_the_files_hold_no_more_than_the_pass_needs(database: Database, tmp_path: Path) -> None:
    world = World(database)
    fill(world)
    run(world, "duckdb", tmp_path)
    content = b"".join(one.read_bytes() for one in tmp_path.rglob("*.parquet"))
    assert b"Account 1" not in content
    assert b"Retail" not in content


def test_a_folder_that_cannot_be_written_to(database: Database, tmp_path: Path) -> None:
    world = World(database)
    fill(world)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ConfigurationError, match=r"cannot be written to .*file.*Check scoring\.folder"):
        run(world, "duckdb", file)
    with pytest.raises(ConfigurationError, match="cannot be written to nosuch://there"):
        run(world, "duckdb", "nosuch://there")
    assert world.rows(ScoreRow) == []


def test_an_engine_that_is_not_installed(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(database)
    fill(world)
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(ConfigurationError, match=r"bellwether\[columnar\]"):
        run(world, "duckdb", tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    with pytest.raises(ConfigurationError, match=r"bellwether\[distributed\]"):
        run(world, "spark", tmp_path)
