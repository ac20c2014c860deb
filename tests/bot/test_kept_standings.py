"""What a process that scores holds of earlier runs is what the database says, or is not used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import update

from bot.store import score_rows, snapshots
from bot.store.kept_standings import Held, KeptStandings
from bot.store.places import SCORE
from bot.store.scores import SqlScores
from connector.cache.engine import Database
from scoring.standings import Standings
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import database, settled, shared_postgres  # noqa: F401  (fixtures)

COLUMNS = ("last_purchase", "purchases", "spend_minor", "r", "f", "m")
NAME = "Purchases"


def standings(accounts: int) -> Standings:
    numbers = np.zeros(accounts, dtype=np.int64)
    return Standings(
        pa.array(range(1, accounts + 1), pa.int64()), numbers, ("Top",), {"purchases": numbers.copy()}
    )


def held(accounts: int, *, snapshot: int = 1, newest: int = 5) -> Held:
    return Held(snapshot, newest, standings(accounts))


def test_it_is_used_for_the_same_snapshot_by_who_sees_all_its_runs() -> None:
    kept = KeptStandings()
    kept.keep(NAME, held(2))
    assert kept.of(NAME, 1, 5, ("purchases",)) is not None
    assert kept.of(NAME, 1, 9, ("purchases",)) is not None
    assert kept.of(NAME, 2, 9, ("purchases",)) is None, "another snapshot"
    assert kept.of(NAME, 1, 4, ("purchases",)) is None, "a look from before its last run"
    assert kept.of(NAME, 1, 5, ("purchases", "r")) is None, "a column more"
    assert kept.of("Other", 1, 5, ("purchases",)) is None


def test_nobody_writes_into_it() -> None:
    kept = KeptStandings()
    kept.keep(NAME, held(2))
    found = kept.of(NAME, 1, 5, ("purchases",))
    assert found is not None
    with pytest.raises(ValueError, match="read-only"):
        found.standings.columns["purchases"][0] = 1


def test_what_was_not_used_for_longest_goes() -> None:
    kept = KeptStandings(most_bytes=2 * standings(10).bytes)
    for name in ("A", "B", "C"):
        kept.keep(name, held(10))
    assert [name for name in "ABC" if kept.of(name, 1, 5, ("purchases",))] == ["B", "C"]


def test_a_run_reads_the_rows_of_later_runs_alone(
    database: Database,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settled(database)
    scores, whole = SqlScores(database), list[int]()
    read = snapshots.read

    def counted(*given: Any) -> Any:
        whole.append(1)
        return read(*given)

    monkeypatch.setattr(snapshots, "read", counted)

    def purchases() -> list[int]:
        with scores.transaction() as run:
            found: list[int] = run.standings(NAME, COLUMNS).column("purchases").tolist()
            return found

    before = purchases()
    mine = update(SCORE).where(SCORE.c.account_id == "big", SCORE.c.segmentation == NAME)
    with database.writes.begin() as connection:
        connection.execute(mine.values(purchases=99))  # as no run would: its number is that of an earlier one
    assert purchases() == before
    with database.writes.begin() as connection:
        connection.execute(mine.values(run_id=1000))
        now = score_rows.read_standings(connection, NAME, COLUMNS, details=False).column("purchases").tolist()
    assert 99 in now
    assert purchases() == now
    assert len(whole) == 2, "once into memory, and once by who holds nothing"
