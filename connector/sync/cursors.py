"""The moves of a cursor, and the place of a reading under way as JSON text. Pure.

Each move is saved in the transaction of what it speaks of:

begun -> after_page … (or after_lane_page …) -> caught_up

Killed anywhere, the next run goes on at the position; ``another_way`` and ``started_over`` go back to the
reading's start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import orjson

from connector.ports import Cursor, Page


class Way(StrEnum):
    """A way of reading a module: the CrmSource's methods."""

    BULK = "bulk"
    QUERIED = "queried"
    LISTED = "listed"
    QUERIED_CHANGES = "queried_changes"
    RANGES = "ranges"  # of ids, by queries, several at a time
    LISTED_CHANGES = "listed_changes"


@dataclass(frozen=True, slots=True)
class Lane:
    """A range of ids: ``until`` is taken in, None is the end. ``after`` moves as the range is read."""

    after: str | None = None
    until: str | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reading stands.

    Attributes:
        way: None until it is chosen.
        since: of changes; None for a whole read.
        after: behind the last page kept; of the ways that are no ranges.
        last_id: the greatest id so far, where ids ascend.
        lanes: the ranges, of the ways that are ranges.
        read: every page is in; the deletions are still to come.
        first: nothing was held when it began.
        may_hold_gone: something was held when it began, so that some of it may not exist any more.
    """

    way: Way | None = None
    since: datetime | None = None
    after: str | None = None
    last_id: str | None = None
    lanes: tuple[Lane, ...] = ()
    read: bool = False
    first: bool = False
    may_hold_gone: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every record is read."""
        return self.since is None

    def as_text(self) -> str:
        """As JSON text."""
        return orjson.dumps(self).decode()


def position_of(cursor: Cursor) -> Position | None:
    """The reading under way; None when there is none, or one that an older release left."""
    if cursor.position is None:
        return None
    try:
        held = orjson.loads(cursor.position)
        return Position(
            Way(held["way"]) if held["way"] else None,
            datetime.fromisoformat(held["since"]) if held["since"] else None,
            held["after"],
            held["last_id"],
            tuple(Lane(**lane) for lane in held["lanes"]),
            held["read"],
            held["first"],
            held["may_hold_gone"],
        )
    except (KeyError, TypeError, ValueError):
        return None


def placed(cursor: Cursor, position: Position) -> Cursor:
    """The cursor at a position."""
    return replace(cursor, position=position.as_text())


def begun(cursor: Cursor, signature: str, *, since: datetime | None, may_hold_gone: bool = True) -> Cursor:
    """At the start of a reading.

    ``high_water`` and ``deleted_high_water`` stay: whatever was deleted since an abandoned start is still
    to be learnt.
    """
    position = Position(
        since=since, first=since is None and cursor.high_water is None, may_hold_gone=may_hold_gone
    )
    start = replace(cursor, fields_signature=signature, started_at=None)
    return placed(start if since is not None else replace(start, rows_read=0), position)


def another_way(cursor: Cursor, way: Way, lanes: tuple[Lane, ...] = ()) -> Cursor:
    """The same reading from its start, by this way."""
    position = position_of(cursor) or Position()
    moved = replace(position, way=way, after=None, last_id=None, lanes=lanes, read=False)
    return placed(replace(cursor, rows_read=0) if position.is_whole else cursor, moved)


def began_at(cursor: Cursor, page: Page, asked_at: datetime) -> Cursor:
    """The reading began when its earliest page was read by the CRM's clock, or was asked for by ours."""
    at = page.read_at or asked_at
    at = min(cursor.started_at, at) if cursor.started_at else at
    return replace(cursor, started_at=at, deleted_high_water=cursor.deleted_high_water or at)


def after_page(cursor: Cursor, page: Page, last_id: str | None = None) -> Cursor:
    """Behind a page of a reading that is no range."""
    position = position_of(cursor) or Position()
    moved = replace(position, after=page.after, last_id=last_id, read=page.after is None)
    return _counted(placed(cursor, moved), position, page)


def after_lane_page(cursor: Cursor, number: int, page: Page, *, done: bool) -> Cursor:
    """Behind a page of one range."""
    position = position_of(cursor) or Position()
    lane = replace(position.lanes[number], after=page.after or position.lanes[number].after, done=done)
    lanes = (*position.lanes[:number], lane, *position.lanes[number + 1 :])
    moved = replace(position, lanes=lanes, read=all(one.done for one in lanes))
    return _counted(placed(cursor, moved), position, page)


def caught_up(cursor: Cursor, deletions_read_at: datetime | None, now: datetime) -> Cursor:
    """When a reading has come to its end: all until its beginning is in the copy.

    Changes that were asked for from a later instant than the mark do not move the mark.
    """
    position = position_of(cursor) or Position()
    since, high_water = position.since, cursor.high_water
    moves = since is None or high_water is None or since <= high_water
    return replace(
        cursor,
        position=None,
        high_water=cursor.started_at if moves else high_water,
        deleted_high_water=deletions_read_at or cursor.deleted_high_water,
        completed_at=now,
        whole_at=now if position.is_whole else cursor.whole_at,
    )


def settled(cursor: Cursor, gap: int) -> Cursor:
    """When every id was compared: the CRM's count is off by so many, and that is no difference."""
    return replace(cursor, count_gap=gap)


def _counted(cursor: Cursor, position: Position, page: Page) -> Cursor:
    return replace(cursor, rows_read=cursor.rows_read + len(page.records)) if position.is_whole else cursor
