"""What to write of what was read, compared with what is held. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from connector.batches import RecordBatch, column_of, has_value, ids_of, raws_of
from connector.mapping import COLUMNS, Role
from connector.ports import EVERY_ACCOUNT, CrmRecord, PageChanges, Selection, Stored

# They move when we write a score, or when the CRM's clock does; nobody's facts change with them.
NO_NEWS = frozenset({"Modified_Time", "Modified_By", "Last_Activity_Time"})
# In a lookup, beside its id: what not every call gives.
BESIDE_THE_ID = ("name", "email")
# A number beyond the precision of a float is compared digit by digit.
_LONG_NUMBER = re.compile(r"[:\[,-][\d.]{16,}")
_WITH_ACCOUNT = {role: names.index("account_id") for role, names in COLUMNS.items() if "account_id" in names}
# What an account bought, and its people: an address of theirs says who did something.
_COUNTED = (Role.TRANSACTIONS, Role.CONTACTS)
_MODIFIED_AT = {role: names.index("modified_at") for role, names in COLUMNS.items()}


class _Number(str):
    """A number with a fraction, as its digits."""

    __slots__ = ()


def page(
    selection: Selection,
    records: Sequence[CrmRecord],
    gone: Collection[str],
    stored: Mapping[str, Stored],
    *,
    first: bool = False,
) -> PageChanges:
    """What to do with one page. Of two versions of a record the later one counts.

    ``first``: nothing was held when the reading began, so that there is no point in naming the accounts.
    """
    came = set(ids_of(records))
    if len(came) < len(records):
        records = tuple(_latest(selection.role, records).values())
    differing = _differing(records, stored)
    new, held = _parted(differing, stored)
    changed, news = _changed(selection, held, stored)
    deletes = tuple(dict.fromkeys(one for one in gone if one in stored and one not in came))
    if first and not stored:  # most pages of a first reading
        concerned = {EVERY_ACCOUNT} if _concern_accounts(selection.role, new) else ()
        return PageChanges(upserts=new, touched=frozenset(concerned), inserted=len(new))
    touched = _accounts_of(selection.role, new) | _accounts_of(selection.role, news)
    for identifier in (*(one.id for one in news), *deletes):
        touched |= _accounts(selection.role, identifier, stored[identifier].account_id)
    named = frozenset(one for one in touched if one)
    return PageChanges(
        upserts=(*new, *changed) if changed else new,
        deletes=deletes,
        touched=frozenset({EVERY_ACCOUNT}) if first and named else named,
        inserted=len(new),
        updated=len(changed),
        unchanged=len(records) - len(new) - len(changed),
    )


def _differing(records: Sequence[CrmRecord], stored: Mapping[str, Stored]) -> Sequence[CrmRecord]:
    """Those that are not held word for word: of most pages none or all."""
    if not stored:
        return records
    nothing = (None, None)
    rows = [
        row
        for row, (identifier, raw) in enumerate(zip(ids_of(records), raws_of(records), strict=True))
        if stored.get(identifier, nothing)[0] != raw
    ]
    if len(rows) == len(records):
        return records
    return records.taken(rows) if isinstance(records, RecordBatch) else [records[row] for row in rows]


def _parted(
    records: Sequence[CrmRecord], stored: Mapping[str, Stored]
) -> tuple[Sequence[CrmRecord], Sequence[CrmRecord]]:
    """The new ones, and those that are held."""
    if not stored:
        return records, ()
    held = [one for one in records if one.id in stored]
    if not held:
        return records, ()
    return [one for one in records if one.id not in stored], held


def _latest(role: Role, records: Sequence[CrmRecord]) -> dict[str, CrmRecord]:
    """Each record once: of several versions the one that was modified last, of equal ones the last."""
    found: dict[str, CrmRecord] = {}
    place = _MODIFIED_AT[role]
    for record in records:
        other = found.get(record.id)
        if other is None or not _is_older(record.values[place], other.values[place]):
            found[record.id] = record
    return found


def _is_older(one: object, other: object) -> bool:
    return isinstance(one, datetime) and isinstance(other, datetime) and one < other


def _changed(
    selection: Selection, records: Sequence[CrmRecord], stored: Mapping[str, Stored]
) -> tuple[tuple[CrmRecord, ...], tuple[CrmRecord, ...]]:
    """Of held records those that are to be overwritten, and those of them that bring news."""
    changed, news = [], []
    quiet = selection.own | NO_NEWS
    for record in records:
        ours, theirs = _parsed(stored[record.id].raw, record.raw)
        if _came_late(selection, record, ours):
            continue
        known = _filled_in(ours, theirs)
        if known and theirs == ours:
            continue
        changed.append(_completed(selection, record, known) if known else record)
        if _differ(_bare(ours), _bare(theirs), quiet):
            news.append(record)
    return tuple(changed), tuple(news)


def _parsed(*raws: str) -> tuple[dict[str, Any], ...]:
    return tuple(
        json.loads(raw, parse_float=_Number) if _LONG_NUMBER.search(raw) else orjson.loads(raw)
        for raw in raws
    )


def _came_late(selection: Selection, record: CrmRecord, held: Mapping[str, Any]) -> bool:
    """Whether a later version is held already: another reading was faster than this page."""
    at, name = record.values[_MODIFIED_AT[selection.role]], selection.columns.get("modified_at", "")
    try:
        held_at = datetime.fromisoformat(held.get(name) or "")
    except (TypeError, ValueError):
        return False
    return held_at.tzinfo is not None and _is_older(at, held_at)


def _filled_in(held: Mapping[str, Any], read: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give lookups the names that this way of reading does not give, where they are held; those lookups."""
    known = {}
    for name, value in read.items():
        besides = _besides(value, held.get(name)) if isinstance(value, dict) else {}
        if besides:
            whole = {**value, **besides}
            known[name] = {key: whole[key] for key in ("id", *BESIDE_THE_ID) if key in whole}
    read.update(known)
    return known


def _completed(selection: Selection, record: CrmRecord, known: Mapping[str, Mapping[str, Any]]) -> CrmRecord:
    """The record with these lookups in its raw text and in the columns that show a name."""
    raw = {**json.loads(record.raw, parse_float=_Number), **known}
    values = tuple(
        known[name].get("name")
        if value is None and (name := selection.columns.get(column, "")) in known
        else value
        for column, value in zip(COLUMNS[selection.role], record.values, strict=True)
    )
    text = orjson.dumps(raw, default=_as_number, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()
    return replace(record, raw=text, values=values)


def _besides(value: Mapping[str, Any], held: object) -> dict[str, Any]:
    """What is held beside the id of the same lookup, and did not come."""
    if not isinstance(held, dict) or held.get("id") != value.get("id") or value.get("id") is None:
        return {}
    return {key: held[key] for key in BESIDE_THE_ID if held.get(key) is not None and value.get(key) is None}


def _differ(one: Mapping[str, Any], other: Mapping[str, Any], quiet: frozenset[str]) -> bool:
    return any(one.get(name) != other.get(name) for name in (one.keys() | other.keys()) - quiet)


def _bare(record: Mapping[str, Any]) -> dict[str, Any]:
    """With lookups as their ids: that a name is known now is no news."""
    return {
        name: value.get("id", value) if isinstance(value, dict) else value for name, value in record.items()
    }


def _as_number(value: object) -> orjson.Fragment:
    if isinstance(value, _Number):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _accounts_of(role: Role, records: Sequence[CrmRecord]) -> set[str | None]:
    """Whose facts these records are part of."""
    if role is Role.ACCOUNTS:
        return set(ids_of(records))
    if role not in _COUNTED or not records:
        return set()
    return {one for one in column_of(records, _WITH_ACCOUNT[role]) if isinstance(one, str)}


def _concern_accounts(role: Role, records: Sequence[CrmRecord]) -> bool:
    """Whether these records are part of the facts of any account."""
    if role is Role.ACCOUNTS:
        return bool(records)
    return role in _COUNTED and has_value(records, _WITH_ACCOUNT[role])


def _accounts(role: Role, identifier: str, account_id: str | None) -> set[str | None]:
    """Whose facts a held record is part of."""
    if role is Role.ACCOUNTS:
        return {identifier}
    return {account_id} if role in _COUNTED else set()
