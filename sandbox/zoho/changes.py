"""Random changes of an organisation, ordered by tests: the same seed makes the same changes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.random_values import random_values
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import DeletedRecord, Record, Store, Table

KINDS = ("inserts", "updates", "deletes", "undeletes")
MOST_CHANGES = 100_000
MOST_FIELDS_CHANGED = 4
UNSERVED_TYPES = frozenset({"subform", "linking"})  # their rows come and go with a record


class StillClock(SandboxClock):
    """A clock that stands, so that several changes are stamped with one second."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self._moment = moment

    def now(self) -> datetime:
        """The moment at which it stands."""
        return self._moment


def make_changes(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/changes``: so many inserts, updates, deletes and undeletes, in random order.

    ``module`` names the one to change, without it every module that has a record API is. ``same_second``
    stamps all changes with one second. A change for which there is no record is left out and counted.
    """
    wish = call.json() if call.body else {}
    tables = _tables(zoho.store, wish.get("module"))
    chance = random.Random(_number(wish, "seed", 1, 2**63))
    kinds = [kind for kind in KINDS for _ in range(_number(wish, kind, 0, MOST_CHANGES))]
    chance.shuffle(kinds)
    clock = zoho.store.clock
    if wish.get("same_second"):
        zoho.store.clock = StillClock(clock.now())
    try:
        made = [_change(zoho.store, kind, tables, chance) for kind in kinds]
    finally:
        zoho.store.clock = clock
    done = [one for one in made if one is not None]
    counts = Counter(one["change"] for one in done)
    summary = {kind: counts[kind.removesuffix("s")] for kind in KINDS}
    return Answer(200, {**summary, "left_out": len(made) - len(done), "changes": done})


def _tables(store: Store, name: object) -> list[Table]:
    served = [
        one
        for one in store.tables.values()
        if one.module.has_records_api and one.module.generated_type not in UNSERVED_TYPES
    ]
    chosen = [one for one in served if name is None or one.module.api_name == name]
    if not chosen:
        raise Refused(400, "INVALID_MODULE", {"api_name": "module"})
    return chosen


def _change(store: Store, kind: str, tables: list[Table], chance: random.Random) -> dict[str, str] | None:
    """Make one change; what was done, None when there was nothing to do it to."""
    makers: Mapping[str, Callable[[Store, Table, random.Random], Record | None]] = {
        "inserts": _insert,
        "updates": _update,
        "deletes": _delete,
        "undeletes": _undelete,
    }
    # Where a change needs a record, one of the modules that have some.
    fit = [
        one
        for one in tables
        if kind == "inserts" or (_restorable(one) if kind == "undeletes" else one.records)
    ]
    if not fit:
        return None
    table = chance.choice(fit)
    record = makers[kind](store, table, chance)
    if record is None:
        return None
    change = kind.removesuffix("s")
    return {"change": change, "module": table.module.api_name, "id": str(record.id)}


def _insert(store: Store, table: Table, chance: random.Random) -> Record:
    optional = [one.api_name for one in table.module.fields if not one.mandatory]
    names = {one.api_name for one in table.module.fields if one.mandatory}
    names |= set(chance.sample(optional, len(optional) // 2))
    return store.insert(table, random_values(store, table.module, sorted(names), chance))


def _update(store: Store, table: Table, chance: random.Random) -> Record | None:
    record = _any_record(table, chance)
    names = [one.api_name for one in table.module.fields if not one.read_only]
    wanted = chance.sample(names, min(len(names), chance.randint(1, MOST_FIELDS_CHANGED)))
    values = random_values(store, table.module, wanted, chance)
    if record.values.get("Converted__s") or not values:
        return None
    store.update(table, record, values)
    return record


def _delete(store: Store, table: Table, chance: random.Random) -> Record:
    record = _any_record(table, chance)
    store.delete(table, record)
    return record


def _undelete(store: Store, table: Table, chance: random.Random) -> Record | None:
    return store.restore(table, chance.choice(_restorable(table)))


def _any_record(table: Table, chance: random.Random) -> Record:
    place = chance.randrange(len(table.records))
    return table.in_id_order()[place]


def _restorable(table: Table) -> list[DeletedRecord]:
    return [left for left in table.deleted if left.record is not None]


def _number(wish: Mapping[str, Any], name: str, default: int, most: int) -> int:
    value = wish.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Refused(400, "INVALID_DATA", {"api_name": name})
    return value
