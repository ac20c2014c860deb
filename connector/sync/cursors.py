"""The moves of a cursor. Pure; each move is saved in the transaction of what it speaks of.

begun_again -> after_page … -> after_page (the last)   a whole read; killed anywhere, it goes on at page_token
                                caught_up              changes and deletions up to an instant are in the copy
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.ports import Cursor, Page


def begun_again(cursor: Cursor, signature: str) -> Cursor:
    """At the start of a whole read.

    ``high_water`` stays, as the sign that the copy may hold records which are gone; ``deleted_high_water``
    stays too, so that whatever was deleted since an abandoned start is still learnt.
    """
    return replace(
        cursor, fields_signature=signature, page_token=None, last_id=None, started_at=None, rows_read=0
    )


def after_page(
    cursor: Cursor, page: Page, started_at: datetime, last_id: str | None, now: datetime
) -> Cursor:
    """After a page of a whole read that began at ``started_at``; the last page completes it."""
    ends = page.next_token is None
    return replace(
        cursor,
        page_token=page.next_token,
        last_id=None if ends else last_id,
        started_at=started_at,
        high_water=started_at if ends else cursor.high_water,
        deleted_high_water=cursor.deleted_high_water or started_at,
        completed_at=now if ends else cursor.completed_at,
        rows_read=cursor.rows_read + len(page.records),
    )


def changes_read(cursor: Cursor, started_at: datetime) -> Cursor:
    """After the changes of a pass that began at ``started_at``; not saved before the deletions are in."""
    return replace(cursor, started_at=started_at)


def caught_up(cursor: Cursor, started_at: datetime, deletions_read_at: datetime, now: datetime) -> Cursor:
    """After a pass over the changes that began at ``started_at`` and the deletions."""
    return replace(
        cursor,
        started_at=started_at,
        high_water=started_at,
        deleted_high_water=deletions_read_at,
        completed_at=now,
    )
