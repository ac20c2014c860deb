"""What to read of a module, and by which way. Pure: values in, values and reasons out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.mapping import OPTIONAL_FIELDS, ModuleMapping
from connector.ports import Cursor, Deletion, FieldDescription, Organisation, Selection
from connector.sync import cursors
from connector.sync.cursors import Lane, Position, Way
from connector.sync.policy import Asked, SyncPolicy

MODIFIED_TIME = "Modified_Time"
# Zoho lists a deletion for 60 days in the recycle bin and 120 days more; stay well inside.
DELETIONS_REMEMBERED = timedelta(days=150)
# Zoho gives these only with a single record, or not as a value.
NOT_IN_LISTS = frozenset({"subform", "multiselectlookup", "multiuserlookup", "fileupload", "imageupload"})
# Computed by the CRM; a new value does not move Modified_Time.
COMPUTED = frozenset({"formula", "rollup_summary"})
# A pass that deletions disturb is read again, but not for ever.
MOST_READINGS = 3
# As far as record lists reach (Zoho, "Get Records": page_token).
LISTED_REACH = 100_000
# Not for bulk jobs (Zoho, "Bulk Read: limitations").
NO_BULK_MODULES = frozenset({"Notes", "Attachments", "Emails"})
NO_BULK_KINDS = frozenset({"linking", "subform"})
TERRITORIES = "territories"  # the type of a field: a file has the names alone
# Queries and bulk jobs leave converted leads out.
LEADS = "Leads"


@dataclass(frozen=True, slots=True)
class Plan:
    """One reading of a module: where it begins, and why, for the report. No cursor: nothing is read."""

    cursor: Cursor | None
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known when a plan was carried out.

    Attributes:
        cursor: as it stands now, its position still in it.
        pages: how many came, in this run and an interrupted one before it (that one counts as two).
        latest_deletion: the latest deletion that the CRM lists.
        resumed: an earlier run had begun it.
        deletions_read: the list of deletions was read after the pages.
    """

    cursor: Cursor
    pages: int
    latest_deletion: datetime | None = None
    resumed: bool = False
    deletions_read: bool = False

    @property
    def position(self) -> Position:
        """Where it stands."""
        return cursors.position_of(self.cursor) or Position()


def metadata_is_due(
    held: Organisation | None, described: Iterable[bool], now: datetime, policy: SyncPolicy, *, full: bool
) -> bool:
    """Whether to read organisation, users, modules and fields again. ``described``: a module's are held."""
    if full or held is None or held.read_at is None or not all(described):
        return True
    return not timedelta() <= now - held.read_at < policy.metadata_after


def select_fields(
    mapping: ModuleMapping, fields: Sequence[FieldDescription], own: frozenset[str] = frozenset()
) -> Selection:
    """Every field that a list of records can give, by API name, and which of them fill columns."""
    given = sorted(
        (one for one in fields if one.data_type not in NOT_IN_LISTS and one.api_name != "id"),
        key=lambda one: one.api_name,
    )
    types = {one.api_name: one.data_type for one in given}
    columns = {column: name for column, name in mapping.fields.items() if name in types}
    missing = dict.fromkeys(name for name in mapping.fields.values() if name not in types)
    described = [
        *(f"{name}:{kind}" for name, kind in types.items()),
        "",
        *map(":".join, sorted(columns.items())),
    ]
    return Selection(
        module=mapping.module,
        role=mapping.role,
        fields=tuple(given),
        columns=columns,
        missing=tuple(name for name in missing if name not in OPTIONAL_FIELDS),
        own=own,
        signature=hashlib.sha256("\n".join(described).encode()).hexdigest()[:24],
    )


def says_when(selection: Selection) -> bool:
    """Whether the module says when a record was modified."""
    return MODIFIED_TIME in selection.names


def plan(
    cursor: Cursor | None, selection: Selection, asked: Asked, policy: SyncPolicy, now: datetime
) -> Plan:
    """How to read a module, from where it stands."""
    held = cursor or Cursor(selection.module)
    position = cursors.position_of(held)
    too_old = held.started_at is not None and now - held.started_at > DELETIONS_REMEMBERED
    if position is not None and not too_old and _goes_on(held, position, selection, asked):
        what = (
            f"whole read, resumed after {held.rows_read} records" if position.is_whole else "changes, resumed"
        )
        return Plan(held, what)
    reason = _why_whole(held, selection, asked, policy, now)
    if reason is not None:
        return Plan(cursors.begun(held, selection.signature, since=None), f"whole read: {reason}")
    rest = _why_nothing(held, selection, asked, policy, now)
    if rest is not None or held.high_water is None:
        return Plan(None, f"nothing read: {rest}")
    return _changes(held, selection, asked.since or held.high_water - policy.overlap)


def _goes_on(held: Cursor, position: Position, selection: Selection, asked: Asked) -> bool:
    """Whether the reading under way serves: it is of the same fields, and of no less than is asked for."""
    if held.fields_signature != selection.signature:
        return False
    if position.since is None:
        return True
    return not asked.full and (asked.since is None or position.since <= asked.since)


def _why_whole(
    held: Cursor, selection: Selection, asked: Asked, policy: SyncPolicy, now: datetime
) -> str | None:
    """The first reason for reading everything that holds; None when the changes are enough."""
    deletions, whole_at = held.deleted_high_water, held.whole_at
    age = now - whole_at if whole_at else timedelta.max
    computed = any(one.data_type in COMPUTED for one in selection.fields)
    begun = held.started_at is not None or held.position is not None
    reasons = {
        "nothing is held yet": not begun and held.high_water is None,
        "the module's fields have changed": held.fields_signature != selection.signature,
        "it has not been read to its end yet": held.high_water is None or deletions is None,
        "it was asked for": asked.full,
        "the last reading is older than the CRM's list of deletions": (
            deletions is not None and now - deletions > DELETIONS_REMEMBERED
        ),
        f"the module has no {MODIFIED_TIME}": not says_when(selection) and age >= policy.metadata_after,
        f"the last one is {_days(age)} old": age >= policy.reconcile_after,
        "its formula fields change without a trace": computed and age >= policy.formulas_after,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _days(age: timedelta) -> str:
    return "very" if age == timedelta.max else f"{age.days} days"


def _why_nothing(
    held: Cursor, selection: Selection, asked: Asked, policy: SyncPolicy, now: datetime
) -> str | None:
    """Why a module is left alone this time; None when its changes are read."""
    if not says_when(selection):
        return f"the module has no {MODIFIED_TIME} and was read a short while ago"
    if asked.since is not None or held.position is not None or held.completed_at is None:
        return None
    recent = timedelta() <= now - held.completed_at < policy.pushed_safety
    return "the CRM tells of its changes" if recent and policy.pushed(selection.module) else None


def _changes(held: Cursor, selection: Selection, since: datetime) -> Plan:
    position = cursors.position_of(held)
    if position is not None and position.since is not None:
        since = min(since, position.since)
    start = cursors.begun(held, selection.signature, since=since)
    return Plan(start, f"changes since {since:%Y-%m-%d %H:%M:%S} UTC")


def ways(
    selection: Selection, kind: str, position: Position, total: int | None, policy: SyncPolicy
) -> tuple[Way, ...]:
    """The ways of reading that fit, the best first."""
    module = selection.module
    if not position.is_whole:
        return (Way.LISTED_CHANGES,) if module == LEADS else (Way.QUERIED_CHANGES, Way.LISTED_CHANGES)
    if module == LEADS and (total is None or total <= LISTED_REACH):
        return (Way.LISTED, Way.QUERIED)
    bulk = total is not None and total >= policy.bulk_from
    bulk = bulk and module not in NO_BULK_MODULES and kind not in NO_BULK_KINDS
    bulk = bulk and not (policy.located and any(one.data_type == TERRITORIES for one in selection.fields))
    return (*((Way.BULK,) if bulk else ()), Way.QUERIED, Way.LISTED)


def lanes(boundaries: Sequence[str]) -> tuple[Lane, ...]:
    """Ranges between these ids, the first and the last one open: what is new comes behind all."""
    starts, ends = (None, *boundaries), (*boundaries, None)
    return tuple(Lane(after, until) for after, until in zip(starts, ends, strict=True))


def leaves_out_converted(module: str, way: Way) -> bool:
    """Whether this way does not give the converted leads."""
    return module == LEADS and way not in (Way.LISTED, Way.LISTED_CHANGES)


def deletions_are_due(
    reading: Reading, policy: SyncPolicy, now: datetime, *, full: bool, follows_whole: bool
) -> bool:
    """Whether the list of deletions is read after these pages."""
    cursor, position = reading.cursor, reading.position
    if full or position.is_whole or cursor.deleted_high_water is None:
        return not follows_whole or position.is_whole
    if position.way is Way.LISTED_CHANGES and reading.pages > 1:
        return True  # to learn whether the list was disturbed
    return not follows_whole and now - cursor.deleted_high_water >= policy.deletions_after


def is_disturbed(reading: Reading) -> bool:
    """Whether records were deleted while a list of several pages was read by position.

    Such a deletion may draw the following records over a page's border, towards the pages that were read
    already, so that one is passed over. The list has to be read again. Queries go by values and are safe.
    """
    started_at = reading.cursor.started_at
    return (
        reading.position.way in (Way.LISTED, Way.LISTED_CHANGES)
        and reading.pages > 1
        and reading.latest_deletion is not None
        and started_at is not None
        and reading.latest_deletion >= started_at - timedelta(seconds=1)
    )


def follow_up(done: Reading, after: Cursor, selection: Selection, policy: SyncPolicy) -> Plan | None:
    """What to read when a reading has come to its end; None when the copy is complete.

    A whole read, ranges, and what an earlier run had begun are followed by what changed since they began.
    """
    position, started_at = done.position, done.cursor.started_at
    late = position.is_whole or position.way is Way.RANGES or done.resumed
    if not late or started_at is None or not says_when(selection):
        return None
    return _changes(after, selection, started_at - policy.overlap)


def may_widen(done: Sequence[Reading]) -> bool:
    """Whether changes that turn out to be many may be read by ranges of ids.

    Not right behind ranges: what follows them reads the overlap once more, and where much changed in the
    last minutes that is much again, without an end.
    """
    return not done or done[-1].position.way is not Way.RANGES


def once_more(done: Reading, selection: Selection) -> Plan:
    """The same reading from its start, after it was disturbed."""
    start = cursors.begun(done.cursor, selection.signature, since=done.position.since)
    return Plan(start, "read again, because records were deleted meanwhile")


@dataclass(frozen=True, slots=True)
class Counts:
    """What the counts say after a pass.

    Attributes:
        counted: by the CRM; None when it does not say.
        held: by the copy.
        settled: the difference at which every id was compared and found the same.
        moved: whether the pass added or removed records: the CRM's count lags behind such.
        unordered: the pass read the whole module without seeing which held records are gone.
    """

    counted: int | None
    held: int
    settled: int = 0
    moved: bool = False
    unordered: bool = False


def why_compare_ids(counts: Counts, policy: SyncPolicy) -> str | None:
    """Why every id has to be compared; None when the counts agree, or may still come to agree."""
    if counts.counted is None:
        return "the CRM does not say how many records there are" if counts.unordered else None
    gap = counts.counted - counts.held
    if gap == counts.settled:
        return None
    if counts.moved and not counts.unordered and counts.held >= policy.bulk_from:
        return None
    return f"the CRM counts {counts.counted} records and the copy {counts.held}"


def field_changes(held: Sequence[FieldDescription], found: Sequence[FieldDescription]) -> tuple[str, ...]:
    """What became of a module's fields, in words. Nothing when none were held."""
    if not held:
        return ()
    before, now = ({one.api_name: one for one in some} for some in (held, found))
    gone = [one for one in held if one.api_name not in now]
    new = {one.api_name: one for one in found if one.api_name not in before}
    said = []
    for one in gone:
        successor = next((other for other in new.values() if other.label == one.label), None)
        if successor is None:
            said.append(f"{one.api_name} was removed")
        else:
            said.append(f"{one.api_name} is called {successor.api_name} now")
            del new[successor.api_name]
    said += [f"{name} is new" for name in new]
    said += [
        f"{name} was {before[name].data_type} and is {one.data_type} now"
        for name, one in now.items()
        if name in before and before[name].data_type != one.data_type
    ]
    return tuple(said)


def latest(deletions: Iterable[Deletion]) -> datetime | None:
    """The latest of some deletions."""
    return max((one.at for one in deletions if one.at is not None), default=None)


def id_order(identifier: str) -> tuple[int, str]:
    """The CRM's order of ids, which are numbers written as text."""
    return len(identifier), identifier


def greatest(ids: Collection[str], before: str | None) -> str | None:
    """The last of some ids and the one before them, in the CRM's order."""
    every = [*ids, *([before] if before else [])]
    longest = max(map(len, every), default=0)  # a key for each would take ten times as long
    return max((one for one in every if len(one) == longest), default=None)


def with_may_hold_gone(cursor: Cursor, held: int) -> Cursor:
    """The start of a whole read into a copy that holds so many records."""
    position = cursors.position_of(cursor) or Position()
    return cursors.placed(cursor, replace(position, may_hold_gone=held > 0))
