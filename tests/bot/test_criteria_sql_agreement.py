"""One meaning, three executions: mask, SQLite and PostgreSQL find the same rows for any criteria and rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import BigInteger, Column, ColumnElement, Date, Integer, MetaData, Table, Text, insert, select

from bot.store.columns import raw_value
from bot.store.criteria_sql import where
from connector.cache.engine import Database, open_database
from connector.cache.types import UtcDateTime
from scoring.criteria.check import DEEPEST, LONGEST_LIST, MOST_CONDITIONS, check
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Field
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.tree import Ago, And, Compare, In, Node, Not, Operator, Or
from tests.support.criteria_cases import CATALOG, TODAY, rows, trees
from tests.support.criteria_frames import frame_of
from tests.support.postgres import PostgresServer

ROWS = Table(
    "criteria_rows",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("name", Text),
    Column("grade", Text),
    Column("employees", Integer),
    Column("visits", BigInteger),
    Column("money_minor", BigInteger),
    Column("day", Date),
    Column("moment", UtcDateTime),
    Column("raw", Text, nullable=False),
)


@pytest.fixture(scope="module")
def both(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Database]]:
    with postgres_server.fresh() as url:
        file: Path = tmp_path_factory.mktemp("agreement") / "rows.sqlite"
        opened = [open_database(f"sqlite:///{file}"), open_database(url)]
        for one in opened:
            ROWS.create(one.writes)
        yield opened
        for one in opened:
            one.close()


def found_by_sql(database: Database, node: Node, given_rows: Sequence[Mapping[str, Any]]) -> list[bool]:
    def columns(field: Field) -> ColumnElement[Any]:
        place, _, name = field.source.partition(":")
        if place == "raw":
            return raw_value(ROWS.c.raw, name, database.dialect)
        return ROWS.c[field.source.removeprefix("row.")]

    condition = where(node, CATALOG, columns, TODAY, database.dialect)
    with database.writes.connect() as connection:
        stored = [
            {**row, "number": number, "money_minor": row["money"], "raw": json.dumps(row["raw"])}
            for number, row in enumerate(given_rows)
        ]
        for row in stored:
            del row["money"]
        connection.execute(insert(ROWS), stored)
        result = (
            connection.execute(select(condition).select_from(ROWS).order_by(ROWS.c.number)).scalars().all()
        )
        chosen = set(connection.execute(select(ROWS.c.number).where(condition)).scalars())
        connection.rollback()
    assert None not in result, "every condition is true or false"
    assert chosen == {number for number, holds in enumerate(result) if holds}
    return [bool(one) for one in result]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(node=trees, given_rows=rows)
def test_mask_sqlite_and_postgresql_agree(
    both: list[Database], node: Node, given_rows: list[dict[str, Any]]
) -> None:
    by_mask = mask(node, frame_of(given_rows), CATALOG, TODAY).tolist()
    assert {one.dialect: found_by_sql(one, node, given_rows) for one in both} == {
        "sqlite": by_mask,
        "postgresql": by_mask,
    }


def row(name: str | None = None, **more: Any) -> dict[str, Any]:
    columns = ("grade", "employees", "visits", "money", "day", "moment")
    return {"name": name, **dict.fromkeys(columns), "raw": {}, **more}


ROWS_TO_READ = [
    row(
        "Straße 50%_",
        employees=0,
        money=-1,
        day=date(2026, 3, 31),
        raw={"Active": False, "Tags": ["Ä"], "Seen": "2026-03-31T03:59:59+00:00"},
    ),
    row(
        "STRASSE",
        employees=2**31 - 1,
        money=100_00,
        moment=datetime(2026, 3, 31, 3, 59, tzinfo=UTC),
        raw={"Seen": "2026-03-31T04:00:00+00:00"},
    ),
    row(
        "",
        money=9_223_372_036_854_775_807,
        day=date(2026, 4, 1),
        raw={"Tier": "", "Tags": [], "Seen": "2026-03-08T04:59:59+00:00"},  # before summer time
    ),
    row(
        None,
        raw={
            "Active": "true",
            "Ratio": 1e308,
            "Tier": 5,
            "Tags": None,
            "Who": {"name": "Ödön"},
            "Seen": "2026-03-09T03:59:59.999999+00:00",  # in it
        },
    ),
    row(
        "İstanbul",
        moment=datetime(2026, 3, 31, 4, tzinfo=UTC),
        raw={"Kinds": [{"id": "1", "name": "Key"}], "Seen": "2026-02-31T10:00:00+00:00"},
    ),
]
# Criteria -> the places of the rows that meet them, by the meaning that scoring.criteria.tree documents.
MEANT = {
    "": [0, 1, 2, 3, 4],
    "name = strasse": [1],
    "name starts with STRASSE": [0, 1],
    "name != STRASSE": [0, 2, 3, 4],
    "name not in (strasse, x)": [0, 2, 3, 4],
    "not name starts with strasse": [2, 3, 4],
    "name is empty": [2, 3],
    'name contains "%" or name contains "0%_"': [0],
    'name ends with "_"': [0],
    'name contains "\\\\"': [],
    "name contains i̇s": [4],
    "employees < 1": [0],
    "not employees < 1": [1, 2, 3, 4],
    "employees != 0": [1, 2, 3, 4],
    "employees < 5B": [0, 1],
    "employees in (0, 99B)": [0],
    "money >= 100": [1, 2],
    "money > 99.999": [1, 2],
    "money = 100.001": [],
    "money < 0": [0],
    "money <= 100B": [0, 1],
    "money between -0.01 and 100": [0, 1],
    "day in this month": [0],
    "day in next 2 days": [0, 2],
    "day after today": [2],
    "day != today": [1, 2, 3, 4],
    "day in this year": [0],  # the fiscal year ends on 31 March
    "moment = today": [4],
    "moment in (yesterday, 2026-01-01)": [1],
    "moment is empty": [0, 2, 3],
    "Seen = today": [1],
    "Seen = yesterday": [0],
    "Seen = 2026-03-07": [2],
    "Seen = 2026-03-08": [3],
    "Seen in last 24 days": [0, 1, 3],
    "Seen is empty": [4],
    "Active = no": [0],
    "Active != yes": [0, 1, 2, 3, 4],
    "Ratio > 1": [3],
    "Tier is empty": [0, 1, 2, 3, 4],
    "Tags has ä": [0],
    "not Tags has ä": [1, 2, 3, 4],
    "Tags is not empty": [0],
    "Kinds has KEY": [4],
    "who.name = ödön": [3],
}


def test_what_criteria_mean_is_what_every_execution_finds(both: list[Database]) -> None:
    frame = frame_of(ROWS_TO_READ)
    for text, places in MEANT.items():
        node = parse(text, CATALOG)
        expected = [place in places for place in range(len(ROWS_TO_READ))]
        assert mask(node, frame, CATALOG, TODAY).tolist() == expected, text
        for database in both:
            assert found_by_sql(database, node, ROWS_TO_READ) == expected, (text, database.dialect)


def refused(node: Node) -> bool:
    try:
        check(node, CATALOG)
    except CriteriaError:
        return True
    return False


def test_the_longest_criteria_that_are_accepted_can_be_executed(both: list[Database]) -> None:
    everything: Sequence[Node] = (
        In("name", tuple(f"name {number}" for number in range(LONGEST_LIST))),
        In("employees", tuple(Decimal(number) for number in range(LONGEST_LIST))),
        In("day", tuple(Ago(number) for number in range(LONGEST_LIST))),
        In("moment", tuple(Ago(number) for number in range(LONGEST_LIST))),
        In("Ratio", tuple(Decimal(number) / 8 for number in range(LONGEST_LIST))),
    )
    longest = And((*everything, *(Compare("Tier", Operator.NE, f"{n}") for n in range(MOST_CONDITIONS - 5))))
    check(longest, CATALOG)
    for database in both:
        # Only whether it worked: pytest would show the whole statement.
        worked = found_by_sql(database, Not(longest), [row("name 1")]) == [True]
        assert worked, database.dialect


def test_the_deepest_criteria_that_are_accepted_can_be_executed(both: list[Database]) -> None:
    leaf = Compare("Kinds", Operator.HAS, "x")
    node: Node = leaf
    while not refused(wrapped := And((leaf, Or((leaf, Not(node)))))):
        node = wrapped
    nots: Node = leaf
    for _ in range(DEEPEST):
        nots = Not(nots)
    for database in both:
        assert found_by_sql(database, node, [row()]) == [False]
        assert found_by_sql(database, nots, [row()]) == [False]
