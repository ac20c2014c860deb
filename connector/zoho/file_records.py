"""From the texts of a bulk file to records as the copy keeps them, a column at a time, by Arrow.

What Arrow does, it does outside of Python's lock: while one block is read, the one before it is written. It
reads values as they usually are; a column with others is read by ``connector.zoho.canonical``, and a block
with a value that spoils its record by ``connector.zoho.records``, which knows every case. All three give the
same records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from connector.batches import RecordBatch, content_of
from connector.mapping import COLUMNS
from connector.ports import Selection
from connector.zoho import canonical, fields, typed
from connector.zoho.bodies import dumped
from connector.zoho.canonical import Kind
from connector.zoho.records import RecordReader, Records, join_path

_ESCAPED_IN_JSON = '["\\\\\\x00-\\x1f]'
_SUCH_SIGNS = bytes(range(0x20)) + b'"\\'
# Numbers whose digits stay the same however they are read: at most two decimals, not more than 12 digits.
_LARGEST_WHOLE = 10**12 - 1
_FIGURE = r"^(?:(?:-?[1-9][0-9]{0,11}|0)(?:\.[0-9]{1,2})?|-0\.(?:0[1-9]|[1-9][0-9]?))?$"
_INSTANT = r"^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d)?$"
_FORM_OF_INSTANT = b"0000-00-00T00:00:00-00:00"
_AS_FORM = bytes.maketrans(b"123456789+", b"000000000-")
_DAY = r"^(?:\d{4}-\d\d-\d\d)?$"
_SECONDS = pa.timestamp("s", "UTC")


class Unusual(Exception):
    """A block has something that is not read here."""


@dataclass(frozen=True, slots=True)
class _Different:
    """The different values of a column as they came and as they are kept, and which of them each row has."""

    came: Sequence[Any]
    kept: Sequence[Any]
    rows: pa.Array

    def of_each(self, values: Sequence[Any], kind: pa.DataType) -> pa.Array:
        """The value of each row."""
        return pc.take(pa.array(values, kind), self.rows)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A column as it is kept.

    Attributes:
        json: the JSON text of each value; None for null.
        quoted: whether the text still needs quotation marks.
        values: what a typed column is made of; None when the values were not usual.
        different: then these are.
    """

    json: pa.Array
    quoted: bool
    values: pa.Array | None
    different: _Different | None = None


_Read: TypeAlias = Callable[[pa.Array, "pa.Array | None"], _Kept]


class FileReader:
    """Reads blocks of one module's files; made once for a reading, used by one thread.

    ``reader`` is the reader of lines for the same selection.
    """

    def __init__(self, selection: Selection, reader: RecordReader) -> None:
        self._names = selection.names
        self._reader = reader
        self._reads = tuple(
            self._way(kind, convert) for kind, convert in zip(reader.kinds, reader.converters, strict=True)
        )
        self._columns = tuple((one, reader.place_of(one)) for one in COLUMNS[selection.role])

    def read(self, block: pa.RecordBatch) -> Records:
        """The records of a block, whose columns have the names of the file's header."""
        try:
            return self._read(block), ()
        except (Unusual, pa.ArrowInvalid, *typed.WRONG):
            names = block.schema.names
            lines = list(zip(*(column.to_pylist() for column in block.columns), strict=True))
            return self._reader.lines(lines, {name: place for place, name in enumerate(names)})

    def _read(self, block: pa.RecordBatch) -> RecordBatch:
        places = {name: place for place, name in enumerate(block.schema.names)}
        ids = block.column("id")
        _all_ids(ids)
        if _shortest(ids) == 0:
            raise Unusual
        came = [block.column(name) for name in self._names]
        kept = []
        for name, read, column in zip(self._names, self._reads, came, strict=True):
            path = join_path(name, places)
            kept.append(read(column, block.column(path) if path is not None else None))
        columns = [
            _nothing(column, len(ids))
            if place is None
            else self._typed(column, place, came[place], kept[place])
            for column, place in self._columns
        ]
        self._in_home_currency(columns, came)
        return RecordBatch(ids, columns, _texts(self._names, ids, kept))

    def _in_home_currency(self, columns: list[Any], came: Sequence[pa.Array]) -> None:
        """Amounts in other currencies are converted exactly, row by row."""
        needed = self._reader.money_places
        if not needed:
            return
        kept: list[Sequence[Any]] = [()] * len(came)
        for place in needed:
            kept[place] = self._reader.converters[place](came[place].to_pylist())
        wrong: dict[int, str] = {}
        filled = list(columns)
        self._reader.convert_money(filled, kept, wrong)
        if wrong:
            raise Unusual
        columns[:] = [
            new if new is old else pa.array(new, pa.int64()) for old, new in zip(columns, filled, strict=True)
        ]

    def _typed(self, column: str, place: int, came: pa.Array, kept: _Kept) -> pa.Array:
        """A typed column, made of a field's values."""
        ending = _ending(column)
        usual = _TYPED.get((ending, self._reader.kinds[place]))
        if usual is not None and kept.values is not None:
            try:
                return usual(came, kept.values)
            except (Unusual, pa.ArrowInvalid):
                pass
        different = kept.different or _different(came, self._reader.converters[place])
        values = typed.typed(column)(different.came, different.kept)
        return different.of_each(values, _ENDINGS[ending])

    @staticmethod
    def _way(kind: Kind, convert: canonical.Convert) -> _Read:
        usual = _USUAL.get(kind)

        def read(column: pa.Array, names: pa.Array | None) -> _Kept:
            if usual is not None:
                try:
                    return usual(column, names)
                except (Unusual, pa.ArrowInvalid):
                    if kind is Kind.LOOKUP:
                        raise Unusual from None
            different = _different(column, convert)
            json = [None if one is None else dumped(one).decode() for one in different.kept]
            return _Kept(different.of_each(json, pa.string()), False, None, different)  # noqa: FBT003

        return read


def _different(column: pa.Array, convert: canonical.Convert) -> _Different:
    """Each different value is read once, by Python."""
    encoded = column.dictionary_encode()
    came = encoded.dictionary.to_pylist()
    return _Different(came, convert(came), encoded.indices)


def _text(column: pa.Array, _names: pa.Array | None) -> _Kept:
    filled = _or_none(column)
    return _Kept(_escaped(filled), quoted=True, values=filled)


def _number(column: pa.Array, _names: pa.Array | None) -> _Kept:
    filled = _or_none(column)
    whole = _whole_numbers(filled)
    if whole is not None:
        return _Kept(filled, quoted=False, values=whole)
    _all(column, _FIGURE)
    return _Kept(_without_zeros(filled), quoted=False, values=pc.cast(filled, pa.float64()))


def _whole_numbers(texts: pa.Array) -> pa.Array | None:
    """The numbers that these are the usual texts of; None where one of them is another text."""
    if b"." in bytes(content_of(texts)):  # Arrow would say of each that it is none
        return None
    numbers = pc.cast(texts, pa.int64())
    ends = pc.min_max(numbers).as_py()
    within = ends["min"] is None or max(-ends["min"], ends["max"]) <= _LARGEST_WHOLE
    return numbers if within and pc.cast(numbers, pa.string()).equals(texts) else None


def _without_zeros(figures: pa.Array) -> pa.Array:
    """Figures without the zeros at the end of their decimals."""
    with_zeros = pc.and_(pc.ends_with(figures, "0"), pc.match_substring(figures, "."))
    if not with_zeros.true_count:
        return figures
    shorter = pc.replace_substring_regex(figures.filter(with_zeros), r"\.?0+$", "")
    return pc.replace_with_mask(figures, pc.fill_null(with_zeros, False), shorter)  # noqa: FBT003


def _instant(column: pa.Array, _names: pa.Array | None) -> _Kept:
    if not _have_form_of_instants(column):
        _all(column, _INSTANT)
    moments = pc.cast(_or_none(column), _SECONDS)
    digits = pc.cast(pc.cast(moments, pa.timestamp("s")), pa.string())
    json = pc.binary_join_element_wise(pc.replace_substring(digits, " ", "T"), "+00:00", "")
    return _Kept(json, quoted=True, values=moments)


def _lookup(column: pa.Array, names: pa.Array | None) -> _Kept:
    _all_ids(column)
    ids = _or_none(column)
    if names is None:
        return _Kept(pc.binary_join_element_wise('{"id":"', ids, '"}', ""), quoted=False, values=ids)
    called = _escaped(_or_none(names))
    called = pc.fill_null(pc.binary_join_element_wise('"', called, '"', ""), "null")
    json = pc.binary_join_element_wise('{"id":"', ids, '","name":', called, "}", "")
    return _Kept(json, quoted=False, values=ids)


_USUAL: Mapping[Kind, _Read] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.INSTANT: _instant,
    Kind.LOOKUP: _lookup,
}


def _as_it_is(_came: pa.Array, values: pa.Array) -> pa.Array:
    return values


def _ids(came: pa.Array, _values: pa.Array) -> pa.Array:
    _all_ids(came)
    return _or_none(came)


def _minor(_came: pa.Array, values: pa.Array) -> pa.Array:
    """Amounts in hundredths: of figures a double times 100 lies next to the whole number."""
    if pa.types.is_int64(values.type):
        return pc.multiply_checked(values, 100)
    return pc.cast(pc.round(pc.multiply(values, 100.0)), pa.int64())


def _whole(_came: pa.Array, values: pa.Array) -> pa.Array:
    ends = pc.min_max(values).as_py() if pa.types.is_int64(values.type) else None
    if ends is None or max(abs(ends["min"] or 0), abs(ends["max"] or 0)) >= 2**31:
        raise Unusual
    return values


def _days(came: pa.Array, _values: pa.Array) -> pa.Array:
    _all(came, _DAY)
    return pc.cast(_or_none(came), pa.date32())


# How the names of typed columns end, and what they hold; the first that fits counts.
_ENDINGS: Mapping[str, pa.DataType] = {
    "_id": pa.string(),
    "_minor": pa.int64(),
    "_at": pa.timestamp("us", "UTC"),
    "_on": pa.date32(),
    "employees": pa.int64(),
    "": pa.string(),
}
_TYPED: Mapping[tuple[str, Kind], Callable[[pa.Array, pa.Array], pa.Array]] = {
    ("_id", Kind.LOOKUP): _ids,
    ("_minor", Kind.NUMBER): _minor,
    ("_at", Kind.INSTANT): _as_it_is,
    ("_on", Kind.TEXT): _days,
    ("employees", Kind.NUMBER): _whole,
    ("", Kind.TEXT): _as_it_is,
}


def _ending(column: str) -> str:
    return next(one for one in _ENDINGS if column.endswith(one))


def _nothing(column: str, rows: int) -> pa.Array:
    """A typed column whose field was not asked for."""
    kind = _ENDINGS[_ending(column)]
    return pa.nulls(rows, _SECONDS if pa.types.is_timestamp(kind) else kind)


def _texts(names: Sequence[str], ids: pa.Array, kept: Sequence[_Kept]) -> pa.Array:
    """The JSON text of each record, the id first."""
    parts: list[Any] = []
    constant = '{"id":"'
    column, ending = ids, '"'
    for name, one in zip(names, kept, strict=True):
        parts += [constant, column]
        constant = f"{ending},{orjson.dumps(name).decode()}:"
        column, ending = one.json, ""
        if one.quoted and column.null_count == 0:
            constant, ending = f'{constant}"', '"'
        elif one.quoted:
            column = pc.binary_join_element_wise('"', column, '"', "")
    parts += [constant, column, f"{ending}}}"]
    return pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="null")


def _escaped(column: pa.Array) -> pa.Array:
    """The texts as they stand between quotation marks in JSON."""
    content = bytes(content_of(column))
    if len(content) == len(content.translate(None, _SUCH_SIGNS)):
        return column
    mask = pc.match_substring_regex(column, _ESCAPED_IN_JSON)
    mask = pc.fill_null(mask, False)  # noqa: FBT003
    special = [orjson.dumps(one).decode()[1:-1] for one in column.filter(mask).to_pylist()]
    return pc.replace_with_mask(column, mask, pa.array(special, pa.string()))


def _or_none(column: pa.Array) -> pa.Array:
    empty = pc.equal(column, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), column) if empty.true_count else column


def _have_form_of_instants(column: pa.Array) -> bool:
    """Whether the texts are, one behind the other, instants as Zoho writes them.

    A text that is only a part of one does not pass as an instant afterwards.
    """
    form = bytes(content_of(column)).translate(_AS_FORM)
    return form == _FORM_OF_INSTANT * (len(form) // len(_FORM_OF_INSTANT))


def _all_ids(column: pa.Array) -> None:
    """Each text is an id or empty."""
    content = bytes(content_of(column))
    if (content and not content.isalnum()) or _longest(column) > fields.LONGEST_ID:
        raise Unusual


def _longest(column: pa.Array) -> int:
    return pc.max(pc.binary_length(column)).as_py() or 0


def _shortest(column: pa.Array) -> int:
    return pc.min(pc.binary_length(column)).as_py() or 0


def _all(column: pa.Array, pattern: str) -> None:
    # Counted without letting Python's lock go: it would be got again behind the thread that writes.
    if pc.match_substring_regex(column, pattern).false_count:
        raise Unusual
