"""How often and by which way a module is read. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


def never(_module: str) -> bool:
    """No module is covered by a notification channel."""
    return False


@dataclass(frozen=True)
class SyncPolicy:
    """What is read when.

    Attributes:
        deletions_after: the list of deletions is read again, and the counts compared, after so long.
        reconcile_after: every record is read again after so long.
        formulas_after: the same for modules with formula fields, which change without a new Modified_Time.
        metadata_after: organisation, users, modules and fields, and modules that do not say when a record
            changed, are read again after so long.
        overlap: a record can become visible a little after the instant that it carries, and clocks differ.
        bulk_from: a module of so many records is read by bulk jobs.
        lanes: so many ranges of ids are read at a time where many records changed. Zoho lets ten queries run
            at a time, in every edition (Zoho CRM v8, "API Limits", sub-concurrency); one is left for others.
        query_rows: as many rows as one query gives; no range is shorter; twice so many are many changes.
        own: module -> API names of the fields that we write ourselves.
        pushed: whether a live notification channel covers a module; then nothing is polled for until
            ``pushed_safety`` has passed.
        also: modules without a role that are read all the same.
        located: the territories of records are needed by their ids, which bulk files do not have.
    """

    deletions_after: timedelta = timedelta(minutes=15)
    reconcile_after: timedelta = timedelta(days=7)
    formulas_after: timedelta = timedelta(days=1)
    metadata_after: timedelta = timedelta(hours=1)
    overlap: timedelta = timedelta(minutes=5)
    bulk_from: int = 30_000
    lanes: int = 9
    query_rows: int = 2000
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pushed: Callable[[str], bool] = never
    pushed_safety: timedelta = timedelta(hours=1)
    also: tuple[str, ...] = ()
    located: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for beyond the usual: every record, or the changes since an instant.

    ``rehearsed`` is a sync that writes nothing.
    """

    full: bool = False
    since: datetime | None = None
    rehearsed: bool = False
