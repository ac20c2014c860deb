"""From records as they came to records as the copy keeps them: one reader for a selection and a form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import itemgetter
from typing import Any, Literal, TypeAlias

from orjson import Fragment, dumps

from connector.batches import RecordBatch
from connector.mapping import COLUMNS
from connector.ports import CrmRecord, FieldDescription, Selection, Unreadable, Value
from connector.zoho import canonical, typed
from connector.zoho import fields as values
from connector.zoho.bodies import as_number
from connector.zoho.canonical import Column, Form, Kind, People

Rate: TypeAlias = Literal["per_home", "home_per_unit"]
Records: TypeAlias = tuple[Sequence[CrmRecord], tuple[Unreadable, ...]]

_BREAK = "\n"  # JSON text as it is written here has none: inside of strings it is escaped
_BETWEEN = Fragment(_BREAK)


@dataclass(frozen=True)
class Surroundings:
    """What a reader has to know besides the selection.

    Attributes:
        people: the kept form of each user.
        returns: what computed fields give, by API name, as far as it is known.
        rate: what an exchange rate means: units of the record's currency for one of the home currency, or
            the other way round.
        home: gives the home currency's ISO code; asked only when a rate is not one.
    """

    people: People
    returns: Mapping[str, str]
    rate: Rate
    home: Callable[[], str]


@dataclass(frozen=True, slots=True)
class _Filled:
    """A typed column: the place of its field in the selection, and how it is read."""

    column: str
    api_name: str
    place: int
    convert: typed.Typed


class RecordReader:
    """Reads pages of records; made once for a reading, used by one thread."""

    def __init__(self, selection: Selection, form: Form, around: Surroundings) -> None:
        self._names = selection.names
        self._keys = ("id", *self._names)
        self._around = around
        self.kinds = tuple(
            canonical.kind_of(one, around.returns.get(one.api_name)) for one in selection.fields
        )
        self.numeric = _numeric(selection.fields, self.kinds)
        # Place in the selection -> name, of the fields whose names a file can have beside the ids.
        self.lookups = {
            place: self._names[place] for place, kind in enumerate(self.kinds) if kind is Kind.LOOKUP
        }
        self.converters = tuple(
            canonical.converter(kind, form, one, around.people)
            for one, kind in zip(selection.fields, self.kinds, strict=True)
        )
        place_of = {name: place for place, name in enumerate(self._names)}
        self._width = len(COLUMNS[selection.role])
        self._filled = tuple(
            _Filled(column, api_name, place_of[api_name], typed.typed(column))
            if (api_name := selection.columns.get(column)) in place_of
            else None
            for column in COLUMNS[selection.role]
        )
        self._rated = _rated(selection, place_of)
        self._filled_by = {one.column: one.place for one in self._filled if one is not None}

    def place_of(self, column: str) -> int | None:
        """Where the field of a typed column is in the selection."""
        return self._filled_by.get(column)

    @property
    def money_places(self) -> frozenset[int]:
        """The fields in the selection that amounts in the home currency are made of; none without rates."""
        if self._rated is None:
            return frozenset()
        currency = () if self._rated.currency is None else (self._rated.currency,)
        columns = (self._filled[place] for place in self._rated.amounts)
        return frozenset((self._rated.rate, *currency, *(one.place for one in columns if one is not None)))

    def objects(self, rows: Sequence[Mapping[str, Any]]) -> Records:
        """Records that came as objects, from a list or a query."""
        if not rows:
            return (), ()
        ids = [one.get("id") for one in rows]
        return self._read(ids, _columns(rows, self._names), {})

    def lines(self, lines: Sequence[Sequence[str]], place_of: Mapping[str, int]) -> Records:
        """Records that came as lines of a file; ``place_of`` is the place of each column by its name.

        Raises:
            KeyError: the file has no column for a field of the selection.
        """
        if not lines:
            return (), ()
        width = len(place_of)
        whole = [one for one in lines if len(one) == width]
        broken = tuple(
            Unreadable(one[0] if one else "?", f"Its line in the file has {len(one)} values, not {width}.")
            for one in lines
            if len(one) != width
        )
        came = list(zip(*whole, strict=True)) if whole else [()] * width
        columns = [came[place_of[name]] for name in self._names]
        names = {
            place: came[place_of[path]]
            for place, name in self.lookups.items()
            if (path := join_path(name, place_of)) is not None
        }
        records, unreadable = self._read(came[place_of["id"]], columns, names)
        return records, broken + unreadable

    def _read(self, ids: Column, came: Sequence[Column], names: Mapping[int, Column]) -> Records:
        ids, wrong = _identifiers(ids)
        kept = [convert(column) for convert, column in zip(self.converters, came, strict=True)]
        for place, column in names.items():
            kept[place] = canonical.joined(came[place], column)
        filled = [self._column(one, came, kept, len(ids), wrong) for one in self._filled]
        self.convert_money(filled, kept, wrong)
        texts = _texts(self._keys, zip(ids, *kept, strict=True), len(ids))
        records = RecordBatch(ids, filled, texts)
        if not wrong:
            return records, ()
        good = records.taken([row for row in range(len(ids)) if row not in wrong])
        return good, tuple(Unreadable(ids[row] or "?", reason) for row, reason in sorted(wrong.items()))

    def _column(
        self,
        filled: _Filled | None,
        came: Sequence[Column],
        kept: Sequence[Column],
        rows: int,
        wrong: dict[int, str],
    ) -> Sequence[Value]:
        """One typed column; where a value cannot be read, the row's reason is noted."""
        if filled is None:
            return (None,) * rows
        there, here = came[filled.place], kept[filled.place]
        try:
            return filled.convert(there, here)
        except typed.WRONG:
            return [
                _one(filled, came_one, kept_one, row, wrong)
                for row, (came_one, kept_one) in enumerate(zip(there, here, strict=True))
            ]

    def convert_money(
        self, filled: list[Sequence[Value]], kept: Sequence[Column], wrong: dict[int, str]
    ) -> None:
        """Amounts in other currencies become amounts in the home currency.

        Args:
            filled: the typed columns; those of amounts are replaced.
            kept: the kept values, of ``money_places`` at least.
            wrong: takes the reason of each row whose amount cannot be converted.
        """
        if self._rated is None:
            return
        rates = kept[self._rated.rate]
        foreign = [row for row, rate in enumerate(rates) if rate is not None and rate != 1]
        if not foreign:
            return
        home = self._around.home()
        currencies = kept[self._rated.currency] if self._rated.currency is not None else ()
        foreign = [row for row in foreign if not currencies or currencies[row] != home]
        for place in self._rated.amounts:
            column = self._filled[place]
            if column is not None:
                filled[place] = self._exchanged(filled[place], column, kept, foreign, wrong)

    def _exchanged(
        self,
        minor: Sequence[Value],
        column: _Filled,
        kept: Sequence[Column],
        foreign: Sequence[int],
        wrong: dict[int, str],
    ) -> Sequence[Value]:
        converted, per_home = list(minor), self._around.rate == "per_home"
        rates = kept[self._rated.rate] if self._rated else ()
        for row in foreign:
            try:
                rate = rates[row] if values.is_positive(rates[row]) else None
                amount = kept[column.place][row]
                converted[row] = values.converted_minor(amount, rate, per_home=per_home)
            except typed.WRONG as error:
                wrong.setdefault(row, f"{column.api_name}: {error}")
        return converted


@dataclass(frozen=True, slots=True)
class _Rated:
    """Where rate and currency are in the selection, and which typed columns are amounts."""

    rate: int
    currency: int | None
    amounts: tuple[int, ...]


def _rated(selection: Selection, place_of: Mapping[str, int]) -> _Rated | None:
    rate = place_of.get(selection.columns.get("exchange_rate", ""))
    if rate is None:
        return None
    amounts = tuple(
        place for place, column in enumerate(COLUMNS[selection.role]) if column.endswith("_minor")
    )
    return _Rated(rate, place_of.get(selection.columns.get("currency", "")), amounts)


def join_path(lookup: str, columns: Mapping[str, int]) -> str | None:
    """The column of a file that holds a lookup's name: ``Account_Name.Account_Name``."""
    return next((name for name in columns if name.startswith(f"{lookup}.")), None)


def _numeric(fields: Sequence[FieldDescription], kinds: Sequence[Kind]) -> tuple[str, ...]:
    """The fields whose numbers may be too large for a double."""
    able = {Kind.NUMBER, Kind.UNKNOWN}
    return tuple(one.api_name for one, kind in zip(fields, kinds, strict=True) if kind in able)


def _columns(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Sequence[Column]:
    if len(names) > 1:
        try:
            return list(zip(*map(itemgetter(*names), rows), strict=True))
        except KeyError:  # queries may leave out what is empty
            pass
    return [[one.get(name) for one in rows] for name in names]


def _identifiers(came: Column) -> tuple[Sequence[str], dict[int, str]]:
    """The ids, and the reasons of the rows that have none; theirs is empty."""
    if set(map(type, came)) <= {str}:
        whole = "".join(came)
        if (
            whole.isascii()
            and whole.isalnum()
            and "" not in came
            and max(map(len, came)) <= values.LONGEST_ID
        ):
            return came, {}
    found: list[str] = []
    wrong: dict[int, str] = {}
    for row, one in enumerate(came):
        try:
            found.append(values.identifier(one))
        except ValueError as error:
            found.append("")
            wrong[row] = str(error)
    return found, wrong


def _texts(keys: Sequence[str], rows: Iterable[tuple[Any, ...]], number: int) -> list[str]:
    """The JSON text of each row. They are written in one go, which costs half of writing each by itself."""
    if number == 0:
        return []
    # dict and zip are called by map: a loop in Python would cost as much as the writing.
    parts: list[Any] = [_BETWEEN] * (2 * number - 1)
    parts[::2] = map(dict, map(zip, repeat(keys), rows))
    return dumps(parts, as_number).decode()[1:-1].split(f",{_BREAK},")


def _one(filled: _Filled, came: Any, kept: Any, row: int, wrong: dict[int, str]) -> Value:
    try:
        return filled.convert((came,), (kept,))[0]
    except typed.WRONG as error:
        wrong.setdefault(row, f"{filled.api_name}: {error}")
        return None
