"""Related records: mask, SQLite and PostgreSQL find the same rows for any criteria, rows and related rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import BigInteger, Column, ColumnElement, Date, Integer, MetaData, Table, Text, insert, select

from bot.store.criteria_sql import RelatedRows, where
from bot.store.raw_values import raw_value
from connector.cache.engine import Database, open_database
from connector.cache.types import UtcDateTime
from scoring.criteria.check import LONGEST_LIST, MOST_CONDITIONS, check
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Field, Relation
from scoring.criteria.mask import mask
from scoring.criteria.periods import Today
from scoring.criteria.tree import (
    Ago,
    And,
    Compare,
    Fact,
    In,
    Measure,
    Measured,
    Node,
    Not,
    Operator,
    Or,
    Related,
)
from tests.support.criteria_cases import TODAY
from tests.support.criteria_frames import frame_of
from tests.support.postgres import PostgresServer
from tests.support.related_cases import OUTER, related_trees, worlds

_TABLES = MetaData()
OWNERS = Table(
    "criteria_owners",
    _TABLES,
    Column("number", Integer, primary_key=True),
    Column("title", Text),
    Column("size", Integer),
)
THINGS = Table(
    "criteria_things",
    _TABLES,
    Column("number", Integer, primary_key=True),
    Column("owner", Integer, index=True),
    Column("name", Text),
    Column("grade", Text),
    Column("employees", Integer),
    Column("visits", BigInteger),
    Column("money_minor", BigInteger),
    Column("day", Date),
    Column("moment", UtcDateTime),
    Column("raw", Text, nullable=False),
)
ZERO = Compare("", Operator.NE, Decimal(0))
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Columns:
    """Of owners, from which their things can be reached."""

    dialect: str

    def __call__(self, field: Field) -> ColumnElement[Any]:
        return OWNERS.c[field.name]

    def related(self, relation: Relation, today: Today) -> RelatedRows:
        return RelatedRows(lambda _fields: THINGS, THINGS.c.owner == OWNERS.c.number, self._of_thing, OWNERS)

    def _of_thing(self, field: Field) -> ColumnElement[Any]:
        place, _, name = field.source.partition(":")
        if place == "raw":
            return raw_value(THINGS.c.raw, name, self.dialect)
        return THINGS.c[field.source.removeprefix("row.")]


@pytest.fixture(scope="module")
def both(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Database]]:
    with postgres_server.fresh() as url:
        file: Path = tmp_path_factory.mktemp("related") / "rows.sqlite"
        opened = [open_database(f"sqlite:///{file}"), open_database(url)]
        for one in opened:
            _TABLES.create_all(one.writes)
        yield opened
        for one in opened:
            one.close()


def by_sql(database: Database, node: Node, owners: Rows, things: Rows) -> list[bool]:
    condition = where(node, OUTER, Columns(database.dialect), TODAY, database.dialect)
    with database.writes.connect() as connection:
        connection.execute(insert(OWNERS), [{**one, "number": at} for at, one in enumerate(owners)])
        stored = [
            {**one, "number": at, "money_minor": one["money"], "raw": json.dumps(one["raw"])}
            for at, one in enumerate(things)
        ]
        for one in stored:
            del one["money"]
        if stored:
            connection.execute(insert(THINGS), stored)
        found = connection.execute(select(condition).select_from(OWNERS).order_by(OWNERS.c.number)).scalars()
        result = list(found)
        chosen = set(connection.execute(select(OWNERS.c.number).where(condition)).scalars())
        connection.rollback()
    assert None not in result, "every condition is true or false"
    assert chosen == {at for at, holds in enumerate(result) if holds}
    return [bool(one) for one in result]


def by_mask(node: Node, owners: Rows, things: Rows) -> list[bool]:
    frame = pd.DataFrame(
        {
            "title": pd.Series([one["title"] for one in owners], dtype=object),
            "size": pd.array([one["size"] for one in owners], dtype="Int64"),
        }
    )
    theirs = frame_of(things)
    theirs["product"], theirs["occurred_on"] = theirs["name"], theirs["day"]
    theirs.index = pd.Index([one["owner"] for one in things], dtype="int64")
    return mask(node, frame, OUTER, TODAY, {"thing": theirs}).tolist()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(node=related_trees, world=worlds())
def test_mask_sqlite_and_postgresql_agree_on_related_records(
    both: list[Database], node: Node, world: tuple[list[dict[str, Any]], list[dict[str, Any]]]
) -> None:
    check(node, OUTER)
    expected = by_mask(node, *world)
    assert {one.dialect: by_sql(one, node, *world) for one in both} == {
        "sqlite": expected,
        "postgresql": expected,
    }


NOBODY: tuple[Rows, Rows] = ([{"title": "x", "size": 1}], [])


def refused(node: Node) -> bool:
    try:
        check(node, OUTER)
    except CriteriaError:
        return True
    return False


def test_the_longest_criteria_that_are_accepted_can_be_executed(both: list[Database]) -> None:
    days = In("", tuple(Ago(number) for number in range(LONGEST_LIST)))
    tier = Compare("Tier", Operator.EQ, "x")
    facts: list[Node] = [
        *(Measured(Fact("things", one, "day", tier), days) for one in (Measure.FIRST, Measure.LAST)),
        Related("things", replace(days, field="moment")),
    ]
    average = Measured(Fact("things", Measure.AVERAGE, "Ratio", tier), Compare("", Operator.NE, Decimal(1)))
    averages = [Not(average)] * 20
    others = [Related("spare_parts", tier)] * ((MOST_CONDITIONS - 2 * len(averages) - 2 * len(facts)) // 2)
    longest = Or((*facts, *averages, *others))
    assert not refused(longest)
    assert refused(Or((*longest.parts, average)))
    for database in both:
        # Only whether it worked: pytest would show the whole statement.
        worked = by_sql(database, longest, *NOBODY) == [False]
        assert worked, database.dialect


def test_the_deepest_criteria_that_are_accepted_can_be_executed(both: list[Database]) -> None:
    leaf, own = Compare("Kinds", Operator.HAS, "x"), Compare("size", Operator.EQ, Decimal(2))
    inner: Node = leaf
    while not refused(Related("things", wrapped := And((leaf, Or((leaf, Not(inner))))))):
        inner = wrapped
    inside: list[Node] = [
        Related("things", inner),
        Measured(Fact("things", Measure.AVERAGE, "Ratio", inner), Compare("", Operator.NE, Decimal(1))),
    ]
    total = Measured(Fact("things", Measure.SUM, "money", leaf), ZERO)
    for innermost in (Related("spare_parts", leaf), total):
        outer: Node = innermost
        while not refused(wrapped := And((own, Or((own, Not(outer)))))):
            outer = wrapped
        inside.append(outer)
    for database in both:
        found = [by_sql(database, node, *NOBODY) for node in inside]
        assert found == [by_mask(node, *NOBODY) for node in inside], database.dialect
