"""The ledger of credits, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.access_ports import ApiCall
from connector.budget import Allowance
from connector.cache.engine import Database
from connector.cache.ledger import SqlCallBook, forget_old, remaining_of, spendings, spent_of
from connector.errors import OutOfBudget
from tests.support.moved_clock import Seconds, SetClock


class World:
    def __init__(self, database: Database, daily: int | None = 10_000, reserve: int = 20) -> None:
        self.database = database
        self.clock = SetClock()
        self.seconds = Seconds()
        self.allowance = Allowance(daily, None, reserve)

    def book(self) -> SqlCallBook:
        return SqlCallBook(self.database, self.clock, lambda _api: self.allowance, seconds=self.seconds)


def test_calls_add_up_by_kind_and_hour_over_processes(database: Database) -> None:
    world = World(database)
    one, other = world.book(), world.book()
    for _ in range(3):
        one.before(ApiCall("crm", "GET Deals", 1))
    other.before(ApiCall("crm", "GET Deals", 1))
    other.before(ApiCall("crm", "bulk read", 50))
    world.clock.move(hours=1)
    one.before(ApiCall("crm", "GET Deals", 1))
    one.flush()
    other.flush()
    found = {(line.call, line.calls, line.credits) for line in spendings(database, world.clock.now())}
    assert found == {("bulk read", 1, 50), ("GET Deals", 5, 5)}


def test_a_dear_call_is_written_down_before_it_is_sent(database: Database) -> None:
    world = World(database)
    world.book().before(ApiCall("crm", "bulk read", 50))  # and the process is killed
    assert sum(one.credits for one in spent_of(database, "crm", world.clock.now())) == 50


def test_cheap_calls_are_gathered_for_two_seconds(database: Database) -> None:
    world = World(database)
    book = world.book()
    book.before(ApiCall("crm", "GET Deals", 1))
    assert spent_of(database, "crm", world.clock.now()) == ()
    world.seconds.pass_by(2.1)
    book.before(ApiCall("crm", "GET Deals", 1))
    assert sum(one.credits for one in spent_of(database, "crm", world.clock.now())) == 2


def test_the_reserve_is_left_to_others_and_time_gives_credits_back(database: Database) -> None:
    world = World(database, daily=1_000)
    world.book().before(ApiCall("crm", "bulk write", 750))
    book = world.book()  # another process knows of it
    with pytest.raises(OutOfBudget, match="50 are left to us, bulk read costs 51") as refused:
        book.before(ApiCall("crm", "bulk read", 51))
    assert refused.value.after_seconds is not None
    book.before(ApiCall("crm", "bulk read", 50))
    world.clock.move(seconds=refused.value.after_seconds)
    world.seconds.pass_by(10)
    book.before(ApiCall("crm", "bulk read", 51))


def test_what_the_api_says_is_known_to_every_process(database: Database) -> None:
    world = World(database)
    book = world.book()
    book.after(ApiCall("crm", "GET Deals"), 4_321)
    book.after(ApiCall("crm", "GET Deals"), 4_320)
    book.flush()
    assert remaining_of(database, world.clock.now()) == {"crm": 4_320}
    world.clock.move(hours=2)
    assert remaining_of(database, world.clock.now()) == {}


def test_what_is_older_than_a_month_goes(database: Database) -> None:
    world = World(database)
    world.book().before(ApiCall("crm", "bulk read", 50))
    world.clock.move(days=40)
    forget_old(database, world.clock.now())
    assert spent_of(database, "crm", world.clock.now() - timedelta(days=40)) == ()
