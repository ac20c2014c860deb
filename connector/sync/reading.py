"""The pages of one reading, each way in its own manner, written as they come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

from connector.ports import Clock, CrmSource, Cursor, Page
from connector.sync import cursors, decide
from connector.sync.cursors import Lane, Position, Way
from connector.sync.lanes import ahead, side_by_side
from connector.sync.policy import SyncPolicy
from connector.sync.writing import PageWriter, ids_of


class PageReader:
    """Reads one module's pages from a cursor's place on. ``pages``: how many came at the last reading."""

    def __init__(self, crm: CrmSource, clock: Clock, policy: SyncPolicy, writer: PageWriter) -> None:
        self._crm = crm
        self._clock = clock
        self._policy = policy
        self._writer = writer
        self._selection = writer.selection
        self.pages = 0

    def pages_of(self, cursor: Cursor, *, may_widen: bool, keep_place: bool = True) -> Cursor:
        """Read to the end; the cursor behind it.

        Args:
            cursor: its position says the way.
            may_widen: whether many changes may be read by several ranges at a time.
            keep_place: whether the place is saved with each page.
        """
        self.pages = 0
        position = _position(cursor)
        if position.read:
            return cursor
        match position.way:
            case Way.QUERIED | Way.RANGES:
                return self._ranges(cursor)
            case Way.QUERIED_CHANGES:
                return self._changes(cursor, may_widen=may_widen)
            case Way.LISTED_CHANGES:
                return self._listed_changes(cursor)
            case Way.BULK:
                return self._unordered(cursor)
            case _:
                return self._listed(cursor, keep_place=keep_place)

    def boundaries(self, held: int) -> tuple[str, ...]:
        """Where to cut the ids into ranges that are read at a time; nowhere when few are held."""
        parts = min(self._policy.lanes, held // self._policy.query_rows)
        return self._writer.copy.boundaries(self._writer.mapping, parts) if parts > 1 else ()

    def deletions(self, cursor: Cursor) -> tuple[datetime | None, datetime]:
        """Take what was deleted out of the copy: the latest deletion, and when the list was read."""
        asked_at = self._clock.now()
        since = cursor.deleted_high_water or cursor.started_at or asked_at
        read_at: datetime | None = None
        latest: datetime | None = None
        for page in self._crm.deleted(self._selection.module, since - self._policy.overlap):
            read_at = read_at or page.read_at or asked_at
            latest = max(filter(None, (latest, decide.latest(page.deletions))), default=None)
            if page.deletions:
                self._writer.write(gone=tuple(one.id for one in page.deletions))
        return latest, read_at or asked_at

    def _listed(self, cursor: Cursor, *, keep_place: bool) -> Cursor:
        asked_at = self._clock.now()
        for page in ahead(self._crm.listed(self._selection, _position(cursor).after)):
            position = _position(cursor)
            came = ids_of(page)
            last_id = decide.greatest(came - {"?"}, position.last_id)
            until = None if page.after is None else last_id
            gone, found = self._absent(position, came, position.last_id, until)
            cursor = cursors.after_page(cursors.began_at(cursor, page, asked_at), page, last_id)
            place = cursor if keep_place else None
            self._writer.write(page, *found, gone=gone, cursor=place, first=position.first)
            self.pages += 1
        return cursor

    def _unordered(self, cursor: Cursor) -> Cursor:
        asked_at = self._clock.now()
        for page in ahead(self._files(cursor), at_once=True):
            cursor = cursors.after_page(cursors.began_at(cursor, page, asked_at), page)
            self._writer.write(page, cursor=cursor, first=_position(cursor).first)
            self.pages += 1
        return cursor

    def _files(self, cursor: Cursor) -> Iterator[Page]:
        """The pages of bulk jobs.

        Those of a first reading are written as they are: they are made ready, by one thread while another one
        reads on in the file and a third one writes.
        """
        pages = self._crm.bulk(self._selection, _position(cursor).after)
        if not _position(cursor).first:
            yield from pages
            return
        for page in ahead(pages, at_once=True):
            self._writer.copy.make_ready(self._writer.mapping, page.records)
            yield page

    def _ranges(self, cursor: Cursor) -> Cursor:
        """Ranges of ids, several at a time; each keeps its own place."""
        asked_at, position = self._clock.now(), _position(cursor)
        readings = {
            number: self._range(lane, position.since)
            for number, lane in enumerate(position.lanes)
            if not lane.done
        }
        self._writer.tally.lanes = max(self._writer.tally.lanes, len(readings))
        with closing(side_by_side(readings)) as pages:
            for number, page in pages:
                cursor = self._range_page(cursor, number, page, asked_at)
        return cursor

    def _range_page(self, cursor: Cursor, number: int, page: Page | None, asked_at: datetime) -> Cursor:
        """Write a page of a range; None is its end, which says something only when its last page did not."""
        position = _position(cursor)
        lane = position.lanes[number]
        if lane.done:
            return cursor
        if page is not None:
            cursor = cursors.began_at(cursor, page, asked_at)
            self.pages += 1
        came, done = page or Page(()), page is None or page.after is None
        until = lane.until if done else came.after
        gone, found = self._absent(position, ids_of(came), lane.after, until)
        cursor = cursors.after_lane_page(cursor, number, came, done=done)
        self._writer.write(came, *found, gone=gone, cursor=cursor, first=position.first)
        return cursor

    def _range(self, lane: Lane, since: datetime | None) -> Iterator[Page]:
        return self._crm.queried(self._selection, lane.after, until=lane.until, since=since)

    def _changes(self, cursor: Cursor, *, may_widen: bool) -> Cursor:
        """What changed, by the time of change; by ranges of ids when it turns out to be much."""
        asked_at, position = self._clock.now(), _position(cursor)
        since = position.since or asked_at
        for page in self._crm.queried_changes(self._selection, since, position.after):
            cursor = cursors.after_page(cursors.began_at(cursor, page, asked_at), page)
            place = cursor if page.records and page.after is not None else None
            self._writer.write(page, cursor=place)
            self.pages += 1
            if may_widen and self.pages == 2 and page.after is not None:  # noqa: PLR2004 -- the second page
                wider = self._widened(cursor, since)
                if wider is not None:
                    return self._ranges(wider)
        return cursor

    def _widened(self, cursor: Cursor, since: datetime) -> Cursor | None:
        """The same changes by ranges of ids, when there are many and the copy knows where to cut."""
        total = self._crm.count(self._selection.module, since)
        if total is None or total <= 2 * self._policy.query_rows:
            return None
        boundaries = self.boundaries(self._writer.copy.count(self._writer.mapping))
        if not boundaries:
            return None
        lanes = decide.lanes(boundaries)
        self._writer.total = total
        self._writer.tally.plans[-1] += f", then by {len(lanes)} ranges of ids, because {total} changed"
        return cursors.another_way(cursor, Way.RANGES, lanes)

    def _listed_changes(self, cursor: Cursor) -> Cursor:
        """What changed, the latest first. No place is kept; until the end repeating is harmless."""
        asked_at, position = self._clock.now(), _position(cursor)
        for page in ahead(self._crm.listed_changes(self._selection, position.since or asked_at)):
            cursor = cursors.began_at(cursor, page, asked_at)
            self._writer.write(page)
            self.pages += 1
        return cursor

    def _absent(
        self, position: Position, came: set[str], after: str | None, until: str | None
    ) -> tuple[tuple[str, ...], tuple[Page, ...]]:
        """Held records of a range that did not come: the gone, and those that exist all the same."""
        if not position.is_whole or not position.may_hold_gone:
            return (), ()
        return self._writer.absent(self._crm, came, after, until)


def _position(cursor: Cursor) -> Position:
    return cursors.position_of(cursor) or Position()
