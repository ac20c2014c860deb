"""Beginning to watch what changes: a family of triggers is made, and everything there is is marked once.

Nobody knows what happened before there were triggers. Whoever reads marks sees all triggers from the moment
on in which everything is marked, and not earlier.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot.store.locks import kept_waiting, take_turn, wait_briefly
from bot.store.triggers import Portion, TriggerFamily, make, triggers
from connector.cache.engine import Database

log = structlog.get_logger(__name__)


def begin_to_watch(
    database: Database, family: TriggerFamily, mark_everything: Callable[[Connection], None]
) -> bool:
    """Make the triggers that are missing, and mark everything in the transaction that makes the last one.

    Args:
        database: the deployment's.
        family: what is to be there.
        mark_everything: says that nothing holds that was known before.

    Returns:
        Whether they are there. On PostgreSQL somebody may write for longer than is waited; then some may be
        missing, and are left for the next time.
    """
    with database.reads.connect() as connection:
        if family.are_made(connection):
            return True
    try:
        for portion in family.portions(database.dialect):
            _make(database, family, portion, mark_everything)
    except OperationalError as error:
        if not kept_waiting(error):
            raise
        log.info("watching_later", purpose=family.purpose, reason="rows are being written")
        return False
    return True


def _make(
    database: Database,
    family: TriggerFamily,
    portion: Portion,
    mark_everything: Callable[[Connection], None],
) -> None:
    with database.writes.begin() as connection:
        wait_briefly(connection)
        # A name of its own: whoever writes rows may wait for the turn of those who read the marks.
        take_turn(connection, f"watching {family.purpose}")
        if portion.keys() <= triggers(connection):
            return  # somebody else made them, now or some time
        make(connection, portion)
        if family.are_made(connection):
            mark_everything(connection)
