"""A delivery is taken once, on both databases, by whichever process is first."""

from __future__ import annotations

import threading

from bot.store.seen_events import REMEMBER_DELIVERIES, SqlSeenEvents
from connector.cache.engine import Database
from tests.support.moved_clock import SetClock


def test_a_delivery_is_taken_once(database: Database) -> None:
    seen = SqlSeenEvents(database, SetClock())
    assert seen.first_time("Ev1")
    assert not seen.first_time("Ev1")
    assert seen.first_time("Ev2")


def test_of_many_that_take_it_together_one_is_first(database: Database) -> None:
    seen = SqlSeenEvents(database, SetClock())
    firsts: list[bool] = []
    threads = [threading.Thread(target=lambda: firsts.append(seen.first_time("Ev1"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(firsts) == [False] * 5 + [True]


def test_what_slack_will_not_repeat_is_forgotten(database: Database) -> None:
    clock = SetClock()
    seen = SqlSeenEvents(database, clock)
    seen.first_time("Ev1")
    clock.move(seconds=REMEMBER_DELIVERIES.total_seconds() + 1)
    seen.forget_old()
    assert seen.first_time("Ev1")
