"""What to read, and what to write of what was read. Pure: values in, values and reasons out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.mapping import ModuleMapping, Role
from connector.ports import (
    CrmRecord,
    Cursor,
    Deletion,
    FieldDescription,
    Organisation,
    PageChanges,
    Stored,
)
from connector.sync import cursors

MODIFIED_TIME = "Modified_Time"
# A record can become visible a little after the instant that it carries, and clocks differ a little.
OVERLAP = timedelta(minutes=5)
# Zoho lists a deletion for 60 days in the recycle bin and 120 days more; stay well inside.
DELETIONS_REMEMBERED = timedelta(days=150)
# Organisation, users and fields change rarely, and six calls for nothing at every poll would be dear.
METADATA_AFTER = timedelta(hours=1)
# Zoho gives these only with a single record, never in a list.
NOT_IN_LISTS = frozenset({"subform", "multiselectlookup", "multiuserlookup"})
# A pass that deletions disturb is read again, but not for ever.
MOST_READINGS = 3


@dataclass(frozen=True, slots=True)
class Selection:
    """Which fields of a module are asked for.

    Attributes:
        columns: system field name -> API name, of the mapped fields that exist.
        asked: every API name to ask for, mapped ones first.
        missing: mapped API names that the module does not have.
        signature: changes when ``asked``, the columns or a field's type change.
    """

    columns: Mapping[str, str]
    asked: tuple[str, ...]
    missing: tuple[str, ...]
    signature: str

    @property
    def has_changes(self) -> bool:
        """Whether the module says when a record was modified."""
        return MODIFIED_TIME in self.asked


@dataclass(frozen=True, slots=True)
class Plan:
    """One reading of a module.

    Attributes:
        cursor: where it begins.
        since: changes from this instant on; None for a whole read.
        why: for the report.
    """

    cursor: Cursor
    since: datetime | None
    why: str

    @property
    def is_whole(self) -> bool:
        """Whether every record is read."""
        return self.since is None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known when a plan was carried out.

    Attributes:
        cursor: as it stands now.
        pages: how many came, in this run and an interrupted one before it (that one counts as one).
        latest_deletion: the latest deletion that the CRM lists.
    """

    cursor: Cursor
    started_at: datetime
    pages: int
    latest_deletion: datetime | None


def metadata_is_due(
    held: Organisation | None, described: Iterable[bool], now: datetime, *, full: bool
) -> bool:
    """Whether to read organisation, users and fields again. ``described``: are a module's fields held."""
    if full or held is None or held.read_at is None or not all(described):
        return True
    return not timedelta() <= now - held.read_at < METADATA_AFTER


def select_fields(mapping: ModuleMapping, fields: Sequence[FieldDescription]) -> Selection:
    """Mapped fields that exist, then every other field that a list can give."""
    listed = {one.api_name: one.data_type for one in fields if one.data_type not in NOT_IN_LISTS}
    columns = {column: name for column, name in mapping.fields.items() if name in listed}
    missing = tuple(dict.fromkeys(name for name in mapping.fields.values() if name not in listed))
    mapped = tuple(dict.fromkeys(columns.values()))
    others = tuple(name for name in sorted(listed) if name not in set(mapped) | {"id"})
    asked = mapped + others
    described = [*(f"{name}:{listed[name]}" for name in sorted(asked)), "", *map(":".join, columns.items())]
    return Selection(columns, asked, missing, hashlib.sha256("\n".join(described).encode()).hexdigest()[:24])


def plan(cursor: Cursor | None, module: str, selection: Selection, now: datetime, *, full: bool) -> Plan:
    """How to read a module, from where it stands."""
    held = cursor or Cursor(module)
    if held.page_token is not None and held.fields_signature == selection.signature:
        return Plan(held, None, f"whole read, resumed after {held.rows_read} records")
    reason = _why_whole(held, selection, now, full=full)
    if reason is None and held.high_water is not None:
        return _changes(held, held.high_water)
    return Plan(cursors.begun_again(held, selection.signature), None, f"whole read: {reason}")


def _why_whole(held: Cursor, selection: Selection, now: datetime, *, full: bool) -> str | None:
    """The first reason for reading everything that holds; None when the changes are enough."""
    deletions = held.deleted_high_water
    reasons = {
        "nothing is held yet": held.started_at is None,
        "the module's fields have changed": held.fields_signature != selection.signature,
        "it has not been read to its end yet": held.high_water is None or deletions is None,
        "it was asked for": full,
        f"the module has no {MODIFIED_TIME}": not selection.has_changes,
        "the last reading is older than the CRM's list of deletions": (
            deletions is not None and now - deletions > DELETIONS_REMEMBERED
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _changes(held: Cursor, high_water: datetime) -> Plan:
    since = high_water - OVERLAP
    return Plan(held, since, f"changes since {since:%Y-%m-%d %H:%M:%S} UTC")


def is_disturbed(reading: Reading) -> bool:
    """Whether records were deleted while a list of several pages was read.

    Such a deletion may draw the following records over a page's border, towards the pages that were read
    already, so that one is passed over. The list has to be read again.
    """
    return (
        reading.pages > 1
        and reading.latest_deletion is not None
        and reading.latest_deletion >= reading.started_at - timedelta(seconds=1)
    )


def follow_up(done: Plan, reading: Reading, selection: Selection, *, again: bool) -> Plan | None:
    """What to read after a plan was carried out; None when the copy is complete.

    ``again`` asks for the same once more. A whole read is followed by what changed since it began.
    """
    if again:
        start = cursors.begun_again(reading.cursor, selection.signature) if done.is_whole else done.cursor
        return Plan(start, done.since, "read again, because records were deleted meanwhile")
    if done.is_whole and selection.has_changes:
        return _changes(reading.cursor, reading.started_at)
    return None


def page(
    role: Role, records: Sequence[CrmRecord], gone: Collection[str], stored: Mapping[str, Stored]
) -> PageChanges:
    """What to do with one page, compared with what is held. The last of two versions of a record counts."""
    latest = {record.id: record for record in records}
    new = tuple(one for one in latest.values() if one.id not in stored)
    changed = tuple(one for one in latest.values() if one.id in stored and stored[one.id].raw != one.raw)
    deletes = tuple(dict.fromkeys(one for one in gone if one in stored and one not in latest))
    touched: set[str | None] = set()
    for record in new + changed:
        touched |= _accounts(role, record.id, record.columns.get("account_id"))
    for identifier in [*(one.id for one in changed), *deletes]:
        touched |= _accounts(role, identifier, stored[identifier].account_id)
    return PageChanges(
        upserts=new + changed,
        deletes=deletes,
        touched=frozenset(one for one in touched if one),
        inserted=len(new),
        updated=len(changed),
        unchanged=len(latest) - len(new) - len(changed),
    )


def _accounts(role: Role, identifier: str, account_id: object) -> set[str | None]:
    """Whose facts a record is part of."""
    if role is Role.ACCOUNTS:
        return {identifier}
    if role is Role.TRANSACTIONS and isinstance(account_id, str):
        return {account_id}
    return set()


def latest(deletions: Iterable[Deletion]) -> datetime | None:
    """The latest of some deletions."""
    return max((one.at for one in deletions if one.at is not None), default=None)


def id_order(identifier: str) -> tuple[int, str]:
    """The CRM's order of ids, which are numbers written as text."""
    return len(identifier), identifier
