"""One meaning, three executions: mask, SQLite and PostgreSQL find the same rows for any criteria and rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import BigInteger, Column, ColumnElement, Date, Integer, MetaData, Table, Text, insert, select

from bot.store.columns import raw_value
from bot.store.criteria_sql import where
from connector.cache.engine import Database, open_database
from connector.cache.types import UtcDateTime
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.tree import Node
from tests.support.criteria_cases import CATALOG, TODAY, rows, trees
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


def as_typed(value: Any, form: str) -> Any:
    """What a raw value is as a value of the field; None when it does not fit."""
    if form == "named":
        return as_typed(value.get("name"), "text") if isinstance(value, dict) else None
    if form == "list":
        names = [one["name"] if isinstance(one, dict) else one for one in value or ()]
        return names if isinstance(value, list) else None
    fits = {
        "text": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "truth": isinstance(value, bool),
        "day": isinstance(value, str) and value[:4].isdecimal(),
    }
    if not fits[form]:
        return None
    return pd.Timestamp(value[:10]).date() if form == "day" else value


def frame_of(given_rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    columns = {}
    for field in CATALOG:
        place, _, rest = field.source.partition(":")
        if place == "raw":
            form, _, name = rest.partition(":")
            values = [as_typed(row["raw"].get(name), form) for row in given_rows]
        else:
            values = [row[field.name] for row in given_rows]
        dtype = "float64" if place == "raw" and field.type is FieldType.NUMBER else "object"
        columns[field.name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(columns)


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
