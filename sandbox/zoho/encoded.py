"""Rows as JSON text, made once: pages are joined, not encoded again.

A view is a module with the columns that somebody reads. Computed rows are encoded in blocks, of which the
latest used stay, up to a size; kept records one by one, each anew after its next change. What a lookup shows
belongs to another record: when that gets another name, comes or goes, the views that show it begin anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from sandbox.zoho.draws import Indexes
from sandbox.zoho.placement import ID_STEP
from sandbox.zoho.schema import Field, Module
from sandbox.zoho.shaping import reference, shape
from sandbox.zoho.store import Record, Store, Table
from sandbox.zoho.table import ComputedRows

MOST_VIEWS = 32
BLOCK_ROWS = 1_000
MOST_BYTES = 256 * 1024 * 1024
# Types whose stored value is what is shown. A column of any other type is shown record by record.
PLAIN_TYPES = frozenset(
    {
        "text", "textarea", "picklist", "website", "email", "phone", "integer", "bigint", "double",
        "currency", "percent", "boolean", "date", "datetime",
    }
)  # fmt: skip
LOOKUP_TYPES = frozenset({"lookup", "ownerlookup", "userlookup"})
Shown = Callable[[Record], dict[str, Any]]
Names = tuple[str, ...]


@dataclass
class View:
    """What is read of a module's records, how a record is shown so, and what has been encoded."""

    table: Table
    module: Module
    keys: Names
    fields: tuple[Field, ...] | None  # None: shown record by record
    show: Shown
    reference: Callable[[str, int | None], dict[str, str] | None]
    targets: tuple[Table, ...]
    naming: tuple[int, ...] = ()
    rows: dict[int, tuple[Record, int, bytes]] = field(default_factory=dict)


class EncodedRows:
    """Encoded rows of all views."""

    def __init__(self, store: Store, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._most_bytes = most_bytes
        self._views: OrderedDict[tuple[object, ...], View] = OrderedDict()
        self._blocks: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._bytes = 0

    def listed(self, table: Table, names: Sequence[str] | None) -> View:
        """The view of a record list: the named fields, or everything."""
        module = table.module
        keys = (*dict.fromkeys(one for one in names or () if one != "id"), "id")
        fields = None if names is None else _plain(module.by_name.get(one) for one in keys)
        store = self._store
        return self._view(
            (module.api_name, "list", None if names is None else keys),
            table,
            keys,
            fields,
            lambda: shape(store, module, names),
            lambda target, identity: reference(store, target, identity),
        )

    def view(
        self,
        table: Table,
        columns: Mapping[str, Field],
        show: Shown,
        show_reference: Callable[[str, int | None], dict[str, str] | None],
    ) -> View:
        """Another view: fields by the keys under which they are shown."""
        return self._view(
            (table.module.api_name, "query", *columns.items()),
            table,
            tuple(columns),
            _plain(columns.values()),
            lambda: show,
            show_reference,
        )

    def rows(self, view: View, ids: Sequence[int]) -> list[bytes]:
        """The rows with these ids, which must all be there."""
        table, computed = view.table, view.table.computed
        if computed is None:
            return [self._kept_row(view, table.kept[one]) for one in ids]
        first, kept = computed.placement.first_id, table.kept
        made: list[bytes] = []
        at, block = -1, list[bytes]()
        for identity in ids:
            record = kept.get(identity)
            if record is not None:
                made.append(self._kept_row(view, record))
                continue
            number = (identity - first) // ID_STEP
            if number // BLOCK_ROWS != at:
                at = number // BLOCK_ROWS
                block = self._block(view, computed, at)
            made.append(block[number % BLOCK_ROWS])
        return made

    def warm(self, view: View) -> int:
        """Encode all rows of a view and keep them; how many there are."""
        table, limit = view.table, self._most_bytes
        self._most_bytes = 2**63
        for start in range(0, len(table.records), BLOCK_ROWS):
            self.rows(view, table.orders["id"].ids(start, start + BLOCK_ROWS))
        self._most_bytes = max(limit, self._bytes)
        return len(table.records)

    def _view(
        self,
        key: tuple[object, ...],
        table: Table,
        keys: Names,
        fields: tuple[Field, ...] | None,
        show: Callable[[], Shown],
        show_reference: Callable[[str, int | None], dict[str, str] | None],
    ) -> View:
        view = self._views.get(key)
        if view is None or view.module is not table.module:
            tables = _targets(self._store, table.module)
            view = View(table, table.module, keys, fields, show(), show_reference, tables)
            self._forget(self._views.get(key))
            self._views[key] = view
        self._views.move_to_end(key)
        if len(self._views) > MOST_VIEWS:
            self._forget(self._views.popitem(last=False)[1])
        naming = tuple(one.naming for one in view.targets)
        if naming != view.naming:
            self._forget(view)
            view.naming = naming
        return view

    def _kept_row(self, view: View, record: Record) -> bytes:
        known = view.rows.get(record.id)
        if known is not None and known[0] is record and known[1] == record.version:
            return known[2]
        made = orjson.dumps(view.show(record))
        view.rows[record.id] = record, record.version, made
        return made

    def _block(self, view: View, computed: ComputedRows, number: int) -> list[bytes]:
        key = id(view), number
        known = self._blocks.get(key)
        if known is not None:
            self._blocks.move_to_end(key)
            return known
        last = min((number + 1) * BLOCK_ROWS, computed.placement.count)
        index = np.arange(number * BLOCK_ROWS, last, dtype=np.int64)
        if view.fields is None:
            shown = [view.show(one) for one in computed.records(view.module, index)]
        else:
            columns = [_shown_column(view, computed, one, index) for one in view.fields]
            shown = [dict(zip(view.keys, row, strict=True)) for row in zip(*columns, strict=True)]
        made = encode_each(shown)
        self._blocks[key] = made
        self._bytes += _size(made)
        while self._bytes > self._most_bytes and len(self._blocks) > 1:
            self._bytes -= _size(self._blocks.popitem(last=False)[1])
        return made

    def _forget(self, view: View | None) -> None:
        """What was encoded for a view is not shown any more."""
        if view is None:
            return
        view.rows.clear()
        for key in [one for one in self._blocks if one[0] == id(view)]:
            self._bytes -= _size(self._blocks.pop(key))


def encode_each(rows: Sequence[dict[str, Any]]) -> list[bytes]:
    """Rows with the same keys, each as JSON text: encoded together, which is faster, and cut apart.

    What stands between two rows cannot stand within a text, where a quotation mark has a backslash before it;
    but it could between the objects of a list within a row.
    """
    head = b"{" + orjson.dumps(next(iter(rows[0]))) + b":"
    pieces = orjson.dumps(rows)[1:-1].split(b"}," + head)
    if len(pieces) != len(rows):
        return [
            bytes(bytearray(orjson.dumps(row))) for row in rows
        ]  # copied, as the encoder leaves spare room
    pieces[0] = pieces[0][len(head) :]
    pieces[-1] = pieces[-1][:-1]  # of a single row this is the same piece
    return [b"%b%b}" % (head, piece) for piece in pieces]


def _size(block: list[bytes]) -> int:
    return sum(map(len, block))


def _plain(fields: Iterable[Field | None]) -> tuple[Field, ...] | None:
    """The fields, if each is shown as it is stored or is a lookup; None when one is neither."""
    found = tuple(fields)
    plain = tuple(one for one in found if one is not None and _is_plain(one))
    return plain if len(plain) == len(found) else None


def _targets(store: Store, module: Module) -> tuple[Table, ...]:
    """The tables whose records this module's lookups show."""
    if any(one.anywhere for one in module.fields):
        return tuple(store.tables.values())
    names = {one.target for one in module.fields if one.target is not None}
    return tuple(store.tables[one] for one in sorted(names))


def _is_plain(one: Field) -> bool:
    if one.rich or one.anywhere:
        return False
    if one.data_type in LOOKUP_TYPES:
        return one.target is not None
    return one.data_type in PLAIN_TYPES and one.target is None


def _shown_column(view: View, computed: ComputedRows, one: Field, index: Indexes) -> list[Any]:
    values = computed.column(view.module, one.api_name, index)
    if one.target is None:
        return values
    target = next(table for table in view.targets if table.module.api_name == one.target)
    if target.computed is None:
        shown = {value: view.reference(one.target, value) for value in set(values)}
        return [shown[value] for value in values]
    names = target.names(values)
    return [
        None if name is None else {"name": name, "id": str(value)}
        for name, value in zip(names, values, strict=True)
    ]
