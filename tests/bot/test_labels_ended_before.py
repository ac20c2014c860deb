"""The migration says of older changes when their labels ended, as the runs themselves would have."""

from __future__ import annotations

from importlib import import_module
from random import Random

import pytest
from sqlalchemy import text

from connector.cache.engine import Database
from tests.bot.test_history import SIZE, step
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import World, database, settled, shared_postgres  # noqa: F401  (fixtures)

MIGRATION = import_module("bot.store.migrations.versions.0008_the_past_is_found_at_once")


def ended(world: World) -> list[tuple[int | None, object]]:
    return [(one.id, one.ended_on) for one in world.changes()]


@pytest.mark.parametrize("seed", range(2))
def test_older_changes_end_as_new_ones_do(database: Database, seed: int) -> None:  # noqa: F811
    random, world = Random(seed), settled(database)
    for what in random.choices(("buy", "lose", "delete", "new", "day"), k=6):
        step(world, what, random)
    world.publish(SIZE)
    world.pass_time(days=1)
    world.account("huge", employees=500)
    world.run("daily")
    before = ended(world)
    assert any(day is not None for _, day in before)
    with database.writes.begin() as connection:
        connection.execute(text("UPDATE label_change SET ended_on = NULL"))
        connection.execute(text(MIGRATION._NEXT))
        connection.execute(text(MIGRATION._ANEW))
    # A label that was taken away has none to end: of those it does not matter what is said.
    labelled = {one.id for one in world.changes() if one.new_label is not None}
    assert [one for one in ended(world) if one[0] in labelled] == [
        one for one in before if one[0] in labelled
    ]
