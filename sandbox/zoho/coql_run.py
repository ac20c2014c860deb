"""A parsed query over the records: filter, group, sort, cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.zoho.answers import Refused
from sandbox.zoho.coql_bounds import bounds_of
from sandbox.zoho.coql_choice import BY_ID, BY_TIME, Choice
from sandbox.zoho.coql_columns import (
    Column,
    Reader,
    comparable_reader,
    resolve,
    shown_reader,
    shown_reference,
)
from sandbox.zoho.coql_filter import comparisons, compile_where
from sandbox.zoho.coql_tree import Item, Query
from sandbox.zoho.encoded import View
from sandbox.zoho.schema import Module
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Record, Store, Table

MOST_REACHABLE = 100_000
MOST_COLUMNS, MOST_SELECT_JOINS, MOST_BASE_JOINS = 500, 15, 5
MOST_SORTINGS, MOST_GROUPINGS, MOST_AGGREGATES, MOST_FORMULAS = 10, 4, 5, 5
NUMERIC = {"number"}
MEASURABLE = {"number", "date", "datetime"}
COUNTABLE = {"number", "id", "text"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """The rows as JSON texts and whether there are more."""

    rows: list[bytes]
    more: bool


def run_query(zoho: Zoho, table: Table, query: Query) -> Result:
    """Run a query.

    Raises:
        Refused: a limit is exceeded, or a column, operator or value does not fit.
    """
    store, end = zoho.store, query.offset + query.limit
    check_limits(store, table.module, query, zoho.limits.coql_rows)
    test = compile_where(store, table.module, query.where)
    columns = [resolve(store, table.module, one.path) for one in comparisons(query.where)]
    tested = frozenset((*column.steps, column.field)[0].api_name for column in columns)
    choice = Choice(table, bounds_of(store, table, query.where), test, tested)
    if _counts_rows(query):
        row = {query.items[0].key: choice.count()}
        return Result([orjson.dumps(row)][query.offset :], more=False)
    if query.group_by or any(item.aggregate for item in query.items):
        rows = _grouped(store, table.module, query, table.fetch(sorted(choice.ids())))
        return Result([orjson.dumps(row) for row in rows[query.offset : end]], len(rows) > end)
    ids = _sorted_ids(store, table, query, choice)
    return Result(_rows(zoho, table, query, ids[query.offset : end]), len(ids) > end)


def _counts_rows(query: Query) -> bool:
    """Whether a query asks only how many rows there are: an id is never null."""
    only = query.items[0] if len(query.items) == 1 and not query.group_by else None
    return only is not None and only.aggregate == "COUNT" and only.path == "id"


def _sorted_ids(store: Store, table: Table, query: Query, choice: Choice) -> list[int]:
    """The ids of the rows up to the wanted ones and at least one more, if there are more."""
    wanted = query.offset + query.limit + 1
    order = _indexed_order(query)
    if order is not None:
        return choice.in_order(order, descending=_descends(query), count=wanted)
    records = table.fetch(sorted(choice.ids()))
    for sorting in reversed(query.order_by):
        read = comparable_reader(store, resolve(store, table.module, sorting.column))
        records.sort(key=_nulls_first(read), reverse=sorting.descending)
    return [record.id for record in records]


def _indexed_order(query: Query) -> str | None:
    """The order that the rows are kept in and the query wants; rows of equal times ascend by id."""
    sortings = [(one.column, one.descending) for one in query.order_by]
    if sortings in ([], [("id", False)], [("id", True)]):
        return BY_ID
    ascending = [(BY_TIME, False)], [(BY_TIME, False), (BY_ID, False)]
    return BY_TIME if sortings in (*ascending, [(BY_TIME, True), (BY_ID, True)]) else None


def _descends(query: Query) -> bool:
    return bool(query.order_by) and query.order_by[0].descending


def _rows(zoho: Zoho, table: Table, query: Query, ids: list[int]) -> list[bytes]:
    view = query_view(zoho, table, query)
    if view is not None:
        return zoho.encoded.rows(view, ids)
    show = _shown(zoho.store, _columns(zoho.store, table.module, query))
    return [orjson.dumps(show(record)) for record in table.fetch(ids)]


def query_view(zoho: Zoho, table: Table, query: Query) -> View | None:
    """What a query shows of its module's records; None when it shows values of other records."""
    store = zoho.store
    columns = _columns(store, table.module, query)
    if any(column.steps for column in columns.values()):
        return None
    fields = {key: column.field for key, column in columns.items()}
    show = _shown(store, columns)
    return zoho.encoded.view(table, fields, show, lambda target, one: shown_reference(store, target, one))


def _columns(store: Store, module: Module, query: Query) -> dict[str, Column]:
    """The columns of a row by their keys; the id is among them whether or not it is selected."""
    columns = {item.key: resolve(store, module, item.path) for item in query.items}
    return columns if "id" in columns else {**columns, "id": resolve(store, module, "id")}


def _shown(store: Store, columns: Mapping[str, Column]) -> Callable[[Record], Row]:
    readers = [(key, shown_reader(store, column)) for key, column in columns.items()]
    return lambda record: {key: read(record) for key, read in readers}


def check_limits(store: Store, module: Module, query: Query, most_rows: int) -> None:
    """Zoho's limits on a query (COQL limits page, v8).

    Raises:
        Refused: LIMIT_EXCEEDED, INVALID_DATA, DUPLICATE_DATA or DUPLICATE_ALIAS.
    """
    if query.limit < 1:
        raise Refused(400, "INVALID_DATA", {"limit": query.limit}, "limit should be greater than 0")
    counts = (
        (query.limit, most_rows, {"limit": most_rows}),
        (query.limit + query.offset, MOST_REACHABLE, {"offset": query.offset, "limit": MOST_REACHABLE}),
        (len(query.items), MOST_COLUMNS, {"clause": "select", "limit": MOST_COLUMNS}),
        (sum(1 for item in query.items if item.aggregate), MOST_AGGREGATES, {"limit": MOST_AGGREGATES}),
        (len(query.group_by), MOST_GROUPINGS, {"clause": "group by", "limit": MOST_GROUPINGS}),
        (len(query.order_by), MOST_SORTINGS, {"clause": "order by", "limit": MOST_SORTINGS}),
        (_formulas(store, module, query), MOST_FORMULAS, {"clause": "select", "limit": MOST_FORMULAS}),
        (_joins(store, module, (one.path for one in query.items)), MOST_SELECT_JOINS, {"clause": "select"}),
        (
            _joins(store, module, (one.path for one in comparisons(query.where))),
            MOST_BASE_JOINS,
            {"clause": "where"},
        ),
    )
    for count, most, details in counts:
        if count > most:
            raise Refused(400, "LIMIT_EXCEEDED", details)
    _check_duplicates(query)


def _check_duplicates(query: Query) -> None:
    keys = [item.key for item in query.items]
    for item in query.items:
        if keys.count(item.key) > 1:
            code = "DUPLICATE_ALIAS" if item.alias else "DUPLICATE_DATA"
            raise Refused(400, code, {"alias" if item.alias else "column_name": item.key})


def _formulas(store: Store, module: Module, query: Query) -> int:
    """How many selected columns are formulas."""
    columns = (resolve(store, module, item.path) for item in query.items)
    return sum(1 for column in columns if column.field.data_type == "formula")


def _joins(store: Store, module: Module, paths: Iterable[str]) -> int:
    """How many different lookups are followed."""
    columns = [resolve(store, module, path) for path in paths]
    return len({step.id for column in columns for step in column.steps})


def _grouped(store: Store, module: Module, query: Query, records: list[Record]) -> list[Row]:
    columns = {path: resolve(store, module, path) for path in query.group_by}
    for item in query.items:
        if not item.aggregate and item.path not in columns:
            details = {"column_name": item.path, "clause": "group by"}
            raise Refused(400, "INVALID_QUERY", details)
    keys = [comparable_reader(store, column) for column in columns.values()]
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(read(record) for read in keys), []).append(record)
    if not columns:
        groups.setdefault((), [])  # an aggregate over nothing is still one row
    readers = [(item.key, _over_group(store, module, item)) for item in query.items]
    made = [(members, {key: read(members) for key, read in readers}) for members in groups.values()]
    for sorting in reversed(query.order_by):
        read = _group_sorting(store, module, query, sorting.column)
        made.sort(key=lambda group: _null_key(read(group[0])), reverse=sorting.descending)
    return [row for _, row in made]


def _group_sorting(store: Store, module: Module, query: Query, column: str) -> Callable[[list[Record]], Any]:
    for item in query.items:
        if column in {item.key, item.written} and item.aggregate:
            return _over_group(store, module, item)
    if column not in query.group_by:
        raise Refused(400, "INVALID_QUERY", {"column_name": column, "clause": "order by"})
    read = comparable_reader(store, resolve(store, module, column))
    return lambda members: read(members[0])


def _over_group(store: Store, module: Module, item: Item) -> Callable[[list[Record]], Any]:
    column = resolve(store, module, item.path)
    if item.aggregate is None:
        show = shown_reader(store, column)
        return lambda members: show(members[0]) if members else None
    _check_aggregate(item, column)
    compare, show = comparable_reader(store, column), shown_reader(store, column)
    if item.aggregate == "COUNT":
        return lambda members: sum(1 for record in members if compare(record) is not None)
    if item.aggregate in {"MIN", "MAX"}:
        choose = min if item.aggregate == "MIN" else max
        return lambda members: _extreme(choose, compare, show, members)
    average = item.aggregate == "AVG"
    return lambda members: _sum(
        [value for one in members if (value := compare(one)) is not None], average=average
    )


def _check_aggregate(item: Item, column: Column) -> None:
    allowed = {"COUNT": COUNTABLE, "MIN": MEASURABLE, "MAX": MEASURABLE}.get(str(item.aggregate), NUMERIC)
    if column.family not in allowed:
        details = {"column_name": item.path, "aggregate": item.aggregate}
        raise Refused(400, "INVALID_QUERY", details, "data type not supported")


def _extreme(choose: Callable[..., Record], compare: Reader, show: Reader, members: list[Record]) -> Any:
    known = [record for record in members if compare(record) is not None]
    return show(choose(known, key=compare)) if known else None


def _sum(values: list[float], *, average: bool) -> float | None:
    if not values:
        return None
    return sum(values) / len(values) if average else sum(values)


def _nulls_first(read: Reader) -> Callable[[Record], tuple[bool, Any]]:
    return lambda record: _null_key(read(record))


def _null_key(value: Any) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value)
