"""Accounts as rows of an export, some at a time: memory stays the same however many and large they are.

Fields of the raw record are taken from it here and not by the database: two hundred JSON paths for each row
would read the same text two hundred times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, LargeBinary, cast, func, select

from bot.app.exporting_values import Batch, ColumnType, ExportColumn, Selection
from bot.app.ports import Clock
from bot.store.account_reading import AccountReader, zone_of
from bot.store.chosen_accounts import chosen_accounts
from bot.store.columns import ACCOUNT, TABLES, AccountColumns
from bot.store.ordering import in_order
from bot.store.raw_values import BEFORE_INSTANT, FIRST_INSTANT
from bot.store.system_fields import ACCOUNT_FIELDS
from connector.cache.engine import Database
from connector.cache.types import UtcDateTime
from connector.mapping import STANDARD_FIELDS, Role
from scoring.config import Configuration
from scoring.criteria.check import field_named
from scoring.criteria.fields import Catalog, Field, FieldType

BATCH_ROWS: Final = 1_000
# Of their raw records, in UTF-8. While a file is written two batches are held: one as values of Python and of
# Arrow, guarded and as it is written, the next as it is read; that takes about eight times as much.
BATCH_BYTES: Final = 4_000_000
_ORGANISATION = TABLES["crm_organisation"]
_RAW: Final = "raw"
_TYPES: Final[Mapping[FieldType, ColumnType]] = {
    FieldType.TEXT: ColumnType.TEXT,
    FieldType.MONEY: ColumnType.MONEY,
    FieldType.BOOLEAN: ColumnType.TRUTH,
    FieldType.LIST: ColumnType.LIST,
}
# Of a value of a field in the raw record what the database would make of it, see ``bot.store.raw_values``.
_Value = Callable[[Any], Any]


_NONE: Final = frozenset({type(None)})
_TEXTS: Final = frozenset({str, type(None)})
_NUMBERS: Final = frozenset({int, float, type(None)})


@dataclass(frozen=True)
class _Form:
    """What is made of the values of a field in the raw record.

    Attributes:
        value: of any value of JSON; None where it is none of this form.
        as_it_is: types of which nothing has to be made.
        once_each: texts repeat, and are worth to be read once each.
        numbers: whole numbers and others are the same, and are made one kind without asking each.
    """

    kind: ColumnType
    value: _Value
    as_it_is: frozenset[type] = frozenset()
    once_each: bool = False
    numbers: bool = False

    def column(self, values: Sequence[Any]) -> list[Any]:
        """The same for many at once. Nearly always all have the one type that they should."""
        types = set(map(type, values))
        if types <= self.as_it_is | _NONE:
            return list(values)
        if self.numbers and types <= _NUMBERS:
            return [None if one is None else float(one) for one in values]
        if self.once_each and types <= _TEXTS:
            made = {one: self.value(one) for one in set(values)}
            return [made[one] for one in values]
        return [None if one is None else self.value(one) for one in values]


@dataclass(frozen=True)
class _Column:
    """A chosen column: where its values are, and what is made of each.

    Attributes:
        key: the field in the raw record; None for a column of the query.
        form: of a field of the raw record.
        expression: of the query; None for a field of the raw record.
    """

    shown: ExportColumn
    key: str | None = None
    form: _Form | None = None
    expression: ColumnElement[Any] | None = None
    value: _Value | None = None


class SqlExportRows:
    """The port ``ExportRows``."""

    def __init__(
        self,
        database: Database,
        configuration: Callable[[], Configuration],
        clock: Clock,
    ) -> None:
        self._database = database
        self._reader = AccountReader(database, configuration, clock)

    def catalog(self) -> Catalog:
        """What stored criteria are read with."""
        with self._reader.reading() as reading:
            return reading.catalog

    def columns(self) -> tuple[ExportColumn, ...]:
        """Every column that can be exported, in the catalog's order, without the id."""
        with self._reader.reading() as reading:
            names = _api_names(reading.configuration)
            return tuple(_column(field, reading.columns, names).shown for field in reading.catalog)

    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        with self._reader.reading() as reading:
            return zone_of(reading.connection, reading.configuration)

    def number(self, selection: Selection) -> int:
        """How many rows there are.

        Raises:
            CriteriaError: a field or value that the catalog does not know.
        """
        with self._reader.reading() as reading:
            some = select(func.count()).select_from(reading.columns.rows())
            found = reading.connection.execute(some.where(*chosen_accounts(reading, selection))).scalar_one()
        return found if selection.limit is None else min(found, selection.limit)

    @contextmanager
    def batches(self, selection: Selection) -> Iterator[Iterator[Batch]]:
        """The rows of one moment, in order: for each batch a list of values for the id and every column.

        Only accounts that are seen by whoever it is made for (``bot.app.scope``).

        Raises:
            CriteriaError: a field or value that the catalog does not know.
        """
        with self._one_moment() as connection:
            reading = self._reader.over(connection)
            places, names = reading.columns, _api_names(reading.configuration)
            fields = [field_named(name, reading.catalog) for name in selection.columns]
            chosen = [_column(field, places, names) for field in fields]
            order = in_order(selection.sort, reading.catalog, places)
            ids = select(ACCOUNT.c.id, _size(reading.dialect)).select_from(places.rows())
            ids = ids.where(*chosen_accounts(reading, selection)).order_by(*order)
            streamed = {"yield_per": BATCH_ROWS}
            # Closed in any case: whoever stops in the middle leaves a cursor open on the server.
            with connection.execute(ids.limit(selection.limit), execution_options=streamed) as found:
                portions = within(found, BATCH_ROWS, BATCH_BYTES)
                yield (_batch(connection, some, chosen, places) for some in portions)

    @contextmanager
    def _one_moment(self) -> Iterator[Connection]:
        """A connection that sees the database as it is now, to the end."""
        # SQLite's readers see one moment anyway.
        postgresql = self._database.dialect == "postgresql"
        options = {"isolation_level": "REPEATABLE READ"} if postgresql else {}
        with self._database.reads.execution_options(**options).begin() as connection:
            yield connection


def _size(dialect: str) -> ColumnElement[int]:
    """How many bytes an account's raw record has, in which everything is that the CRM says of it."""
    raw = ACCOUNT.c.raw
    # SQLite has octet_length from 3.43 on only.
    return func.length(cast(raw, LargeBinary)) if dialect == "sqlite" else func.octet_length(raw)


def within(sized: Iterable[tuple[str, int]], most: int, most_bytes: int) -> Iterator[list[str]]:
    """Ids by batches, in their order: so many and so large together at most. A larger one is alone."""
    some: list[str] = []
    total = 0
    for one, size in sized:
        if some and (len(some) >= most or total + size > most_bytes):
            yield some
            some, total = [], 0
        some.append(one)
        total += size
    if some:
        yield some


def _batch(
    connection: Connection, ids: Sequence[str], chosen: Sequence[_Column], places: AccountColumns
) -> Batch:
    """The wide rows of some ids, in their order. Only ids are sorted by the database: they are small."""
    asked = [one.expression for one in chosen if one.expression is not None]
    needs_raw = any(one.key is not None for one in chosen)
    query = select(ACCOUNT.c.id, *((ACCOUNT.c.raw,) if needs_raw else ()), *asked)
    # Read at once, beside the ids that stream on the same connection.
    rows = connection.execute(query.select_from(places.rows()).where(ACCOUNT.c.id.in_(ids))).all()
    by_id = {row[0]: row for row in rows}
    ordered = [by_id[one] for one in ids if one in by_id]
    keys = [one.key for one in chosen if one.key is not None]
    raws = iter(_of_records([row[1] for row in ordered], keys) if needs_raw else ())
    place = 1 + needs_raw
    found: list[list[Any]] = [[row[0] for row in ordered]]
    for one in chosen:
        if one.form is not None:
            found.append(one.form.column(next(raws)))
        else:
            found.append(_made((row[place] for row in ordered), one.value))
            place += 1
    return found


def _of_records(texts: Sequence[str], keys: Sequence[str]) -> Iterator[Sequence[Any]]:
    """The values of some fields of raw records, by field."""
    every = itemgetter(*keys, keys[0])  # one more, so that it gives a tuple of one field too
    rows = []
    for text in texts:
        record = orjson.loads(text)
        try:
            rows.append(every(record))
        except KeyError:
            rows.append((*map(record.get, keys), None))
    return iter(list(zip(*rows, strict=True))[:-1] if rows else [()] * len(keys))


def _made(values: Iterable[Any], value: _Value | None) -> list[Any]:
    return list(values) if value is None else [None if one is None else value(one) for one in values]


def _api_names(configuration: Configuration) -> Mapping[str, str]:
    """The CRM's name of each system field that is a field of the CRM."""
    mapped = {**STANDARD_FIELDS[Role.ACCOUNTS], **configuration.mapping.accounts.fields}
    return {one.name: mapped[one.column] for one in ACCOUNT_FIELDS if one.column in mapped}


def _column(field: Field, places: AccountColumns, api_names: Mapping[str, str]) -> _Column:
    place, _, rest = field.source.partition(":")
    if place == _RAW:
        form, _, key = rest.partition(":")
        raw = _RAW_FORMS[form]
        return _Column(_shown(field, raw.kind, key), key, raw)
    expression = places(field)
    kind = _type(field, expression)
    shown = _shown(field, kind, api_names.get(field.name, ""))
    return _Column(shown, expression=expression.label(None), value=_of_query(field, kind))


def _shown(field: Field, kind: ColumnType, api_name: str) -> ExportColumn:
    return ExportColumn(field.name, api_name or field.name, field.label or field.name, kind)


def _type(field: Field, expression: ColumnElement[Any]) -> ColumnType:
    if field.type is FieldType.DATE:
        return ColumnType.INSTANT if isinstance(expression.type, UtcDateTime) else ColumnType.DAY
    if field.type is FieldType.NUMBER:
        whole = isinstance(expression.type, Integer | BigInteger) and field.parts == 1
        return ColumnType.WHOLE if whole else ColumnType.NUMBER
    return _TYPES[field.type]


def _of_query(field: Field, kind: ColumnType) -> _Value | None:
    """What is made of a value that the database gives."""
    if kind is ColumnType.NUMBER:
        return lambda number: float(number) / field.parts
    return _MADE.get(kind)


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _listed(value: Any) -> tuple[str, ...] | None:
    items = orjson.loads(value) if isinstance(value, str) else value
    return _items(items)


def _items(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    named = (one.get("name") if isinstance(one, dict) else one for one in value)
    return tuple(str(one) for one in named if one is not None)


def _text(value: Any) -> str | None:
    return value if type(value) is str else None


def _named(value: Any) -> str | None:
    return _text(value.get("name")) if type(value) is dict else None


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) else None


def _truth(value: Any) -> bool | None:
    return value if type(value) is bool else None


def _raw_day(value: Any) -> date | None:
    return _day(value) if type(value) is str else None


def _instant(value: Any) -> datetime | None:
    if type(value) is not str:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return _expressible(found) if found.tzinfo is not None else None


def _expressible(instant: datetime) -> datetime | None:
    """None for one of the first and last years, which ``bot.store.raw_values`` takes for no value either."""
    return instant if int(FIRST_INSTANT) <= instant.year < int(BEFORE_INSTANT) else None


_MADE: Final[Mapping[ColumnType, _Value]] = {
    ColumnType.DAY: _day,
    ColumnType.INSTANT: _expressible,
    ColumnType.LIST: _listed,
    ColumnType.TEXT: str,
    ColumnType.TRUTH: bool,
    ColumnType.WHOLE: int,
    ColumnType.MONEY: int,
}
_RAW_FORMS: Final[Mapping[str, _Form]] = {
    "text": _Form(ColumnType.TEXT, _text, as_it_is=frozenset({str})),
    "named": _Form(ColumnType.TEXT, _named),
    "number": _Form(ColumnType.NUMBER, _number, as_it_is=frozenset({float}), numbers=True),
    "truth": _Form(ColumnType.TRUTH, _truth, as_it_is=frozenset({bool})),
    "list": _Form(ColumnType.LIST, _items),
    "day": _Form(ColumnType.DAY, _raw_day, once_each=True),
    "instant": _Form(ColumnType.INSTANT, _instant, once_each=True),
}
