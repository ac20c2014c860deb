"""The accounts that take part in a segmentation, with the fields that its labels ask for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, Select, select

from bot.app.facts import Accounts
from bot.store.among import among
from bot.store.columns import ACCOUNT, AccountColumns
from bot.store.criteria_sql import where
from bot.store.frames import account_columns, alike_tables
from scoring.account_ids import compact, in_order
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import Measured, Related


@dataclass(frozen=True)
class AccountsAsked:
    """What accounts are asked by: the segmentation whose scores are meant, the fields, the day."""

    segmentation: str
    catalog: Catalog
    today: Today


def taking_part(
    connection: Connection,
    asked: AccountsAsked,
    criteria: str,
    fields: Sequence[Field] = (),
    related: Sequence[Measured | Related] = (),
    only: Sequence[str] | None = None,
) -> Accounts:
    """The accounts that meet criteria, by id.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    dialect, catalog, today = connection.dialect.name, asked.catalog, asked.today
    columns = AccountColumns(asked.segmentation, dialect)
    condition = where(parse(criteria, catalog), catalog, columns, today, dialect)
    wanted = [
        *(columns(field).label(f"field_{at}") for at, field in enumerate(fields)),
        *(
            where(one, catalog, columns, today, dialect).label(f"related_{at}")
            for at, one in enumerate(related)
        ),
    ]
    statement = select(ACCOUNT.c.id, *wanted).select_from(columns.rows()).where(condition)
    names = [*(field.name for field in fields), *(canonical(one, catalog) for one in related)]
    if not wanted:
        return Accounts(_ids(connection, statement, only), pd.DataFrame(columns=names))
    rows = [row for one in _portions(connection, statement, only) for row in connection.execute(one)]
    ids, *values = list(zip(*rows, strict=True)) if rows else [() for _ in range(1 + len(wanted))]
    found = {field.name: _column(field, some) for field, some in zip(fields, values, strict=False)}
    for name, some in zip(names[len(fields) :], values[len(fields) :], strict=True):
        found[name] = pd.Series(some, dtype=bool)
    frame = pd.DataFrame(found, columns=names)
    numbered = compact(ids)
    order = in_order(numbered)
    if order is None:
        return Accounts(numbered, frame)
    return Accounts(numbered.take(pa.array(order)), frame.iloc[order].reset_index(drop=True))


def _ids(connection: Connection, statement: Select[Any], only: Sequence[str] | None) -> pa.Array:
    tables = [account_columns(connection, one, ()) for one in _portions(connection, statement, only)]
    if not tables:
        return pa.array([], pa.int64())
    ids = pa.concat_tables(alike_tables(tables)).column(0).combine_chunks()
    order = in_order(ids)
    return ids if order is None else ids.take(pa.array(order))


def _portions(
    connection: Connection, statement: Select[Any], only: Sequence[str] | None
) -> list[Select[Any]]:
    """The query in order of ids; for some accounts as many queries as their ids need."""
    ordered = statement.order_by(ACCOUNT.c.id)
    if only is None:
        return [ordered]
    return [ordered.where(one) for one in among(connection, ACCOUNT.c.id, sorted(set(only)))]


def _column(field: Field, values: Sequence[Any]) -> pd.Series[Any]:
    if field.type in {FieldType.NUMBER, FieldType.MONEY}:
        whole = all(isinstance(one, int) or one is None for one in values)
        return pd.Series(values, dtype="Int64" if whole else "float64")
    read = _READERS.get(field.type, _as_it_is)
    return pd.Series([read(one) for one in values], dtype=object)


def _day(value: Any) -> Any:
    """Days of the raw record are ISO texts; what is no day of the calendar is no value."""
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
        return None
    return value


def _list(value: Any) -> Any:
    """Lists of the raw record are JSON texts on SQLite; tags and lookups are objects with a name."""
    items = json.loads(value) if isinstance(value, str) else value
    names = (one.get("name") if isinstance(one, dict) else one for one in items or ())
    return None if items is None else [one for one in names if isinstance(one, str)]


def _as_it_is(value: Any) -> Any:
    return value


_READERS: Mapping[FieldType, Callable[[Any], Any]] = {FieldType.DATE: _day, FieldType.LIST: _list}
