"""The moves of a cursor. Pure; each move is saved in the transaction of what it speaks of.

begun_again -> after_page … -> caught_up     a whole read; killed anywhere, it goes on at page_token
               changes_read    -> caught_up     a pass over the changes
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.ports import LIST_READ, Cursor, Page


def begun_again(cursor: Cursor, signature: str) -> Cursor:
    """At the start of a whole read.

    ``high_water`` stays, as the sign that the copy may hold records which are gone; ``deleted_high_water``
    stays too, so that whatever was deleted since an abandoned start is still learnt.
    """
    return replace(
        cursor, fields_signature=signature, page_token=None, last_id=None, started_at=None, rows_read=0
    )


def after_page(cursor: Cursor, page: Page, started_at: datetime, last_id: str | None) -> Cursor:
    """After a page of a whole read that began at ``started_at``."""
    return replace(
        cursor,
        page_token=LIST_READ if page.next_token is None else page.next_token,
        last_id=last_id,
        started_at=started_at,
        deleted_high_water=cursor.deleted_high_water or started_at,
        rows_read=cursor.rows_read + len(page.records),
    )


def changes_read(cursor: Cursor, started_at: datetime) -> Cursor:
    """After the changes of a pass that began at ``started_at``; not saved before the deletions are in."""
    return replace(cursor, started_at=started_at)


def caught_up(cursor: Cursor, started_at: datetime, deletions_read_at: datetime, now: datetime) -> Cursor:
    """After a reading that began at ``started_at`` and the deletions: all until then is in the copy."""
    return replace(
        cursor,
        page_token=None,
        last_id=None,
        started_at=started_at,
        high_water=started_at,
        deleted_high_water=deletions_read_at,
        completed_at=now,
    )
