"""Many people ask at once: looks take turns, and none waits for a connection that another one holds."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from bot.store.account_reading import LOOKS_AT_ONCE, AccountReader
from connector.cache.engine import FURTHER_CONNECTIONS, KEPT_CONNECTIONS, Database
from tests.support.account_world import CONFIGURATION, StoppedClock

ASKERS = 60


def test_sixty_at_once_take_turns_and_each_may_write_meanwhile(database: Database) -> None:
    reader = AccountReader(database, lambda: CONFIGURATION, StoppedClock())
    counting, looking, most = threading.Lock(), 0, 0

    def ask(number: int) -> int:
        nonlocal looking, most
        with reader.together(), reader.together():  # a look within a look is the same one
            with counting:
                looking += 1
                most = max(most, looking)
            with database.writes.begin() as connection:  # as a conversation is kept
                connection.execute(text("UPDATE run SET id = id"))
            time.sleep(0.001)
            with counting:
                looking -= 1
        return number

    with ThreadPoolExecutor(ASKERS) as askers:
        assert sorted(askers.map(ask, range(ASKERS))) == list(range(ASKERS))
    assert 1 < most <= LOOKS_AT_ONCE
    assert 2 * LOOKS_AT_ONCE < KEPT_CONNECTIONS + FURTHER_CONNECTIONS
