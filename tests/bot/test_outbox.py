"""The outbox: each message once, in order, at the channel's pace, whoever dies in between."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.app.deliver import LEASE, Delivery, pause
from bot.app.errors import SendLater, SendNever, SendUnclear, UserError
from bot.app.ports import OutboxMessage, Posted
from bot.store.outbox import SqlOutbox, put_message
from connector.cache.engine import Database
from tests.support.moved_clock import SetClock


def put(database: Database, clock: SetClock, key: str, channel: str = "#a") -> None:
    with database.writes.begin() as connection:
        put_message(connection, key=key, kind="text", channel=channel, payload={"text": key}, now=clock.now())


class Slack:
    """A chat that keeps what was posted and fails as it is told to."""

    def __init__(self) -> None:
        self.posted: list[OutboxMessage] = []
        self.failures: list[Exception] = []

    def post(self, message: OutboxMessage) -> Posted:
        failure = self.failures.pop(0) if self.failures else None
        if failure is None or isinstance(failure, SendUnclear):
            self.posted.append(message)  # unclear: it was delivered, only the answer was lost
        if failure:
            raise failure
        return Posted("C1", f"{len(self.posted)}.0")

    def find_posted(self, message: OutboxMessage) -> Posted | None:
        found = [one.id for one in self.posted]
        return Posted("C1", f"{found.index(message.id) + 1}.0") if message.id in found else None

    def edit(self, posted: Posted, kind: str, payload: Mapping[str, Any]) -> None:
        raise AssertionError("the delivery edits nothing")


class Troubles:
    def __init__(self) -> None:
        self.open: set[str] = set()

    def begin(self, name: str, message: str, what_to_do: str) -> bool:
        news = name not in self.open
        self.open.add(name)
        return news

    def end(self, name: str) -> bool:
        news = name in self.open
        self.open.discard(name)
        return news


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def outbox(database: Database, clock: SetClock) -> SqlOutbox:
    return SqlOutbox(database, clock)


def test_a_key_is_taken_once(database: Database, outbox: SqlOutbox, clock: SetClock) -> None:
    put(database, clock, "one")
    put(database, clock, "one")
    assert [line.kind for line in outbox.lines()] == ["text"]


def test_a_channel_gets_one_message_a_second_and_others_do_not_wait(
    database: Database, outbox: SqlOutbox, clock: SetClock
) -> None:
    for key, channel in (("1", "#a"), ("2", "#a"), ("3", "#b")):
        put(database, clock, key, channel)
    first, second = outbox.claim("me", LEASE), outbox.claim("me", LEASE)
    assert first is not None
    assert second is not None
    assert (first.payload["text"], second.payload["text"]) == ("1", "3")
    assert outbox.claim("me", LEASE) is None, "#a is busy"
    outbox.settle_sent(first.id, Posted("C1", "1.0"))
    assert outbox.claim("me", LEASE) is None, "#a has just been posted to"
    clock.move(seconds=1.1)
    third = outbox.claim("me", LEASE)
    assert third is not None
    assert third.payload["text"] == "2"


def test_two_workers_never_hold_the_same_message(
    database: Database, outbox: SqlOutbox, clock: SetClock
) -> None:
    for number in range(40):
        put(database, clock, str(number), f"#{number}")
    taken: list[int] = []

    def work(holder: str) -> None:
        while (message := outbox.claim(holder, LEASE)) is not None:
            taken.append(message.id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 40


def test_a_worker_that_died_after_the_post_does_not_make_a_second_one(
    database: Database, outbox: SqlOutbox, clock: SetClock
) -> None:
    slack = Slack()
    put(database, clock, "one")
    message = outbox.claim("dead", LEASE)
    assert message is not None
    slack.post(message)  # and then kill -9: nothing settled
    delivery = Delivery(outbox, slack, Troubles(), "alive")
    assert not delivery.deliver_one(), "the lease still stands"
    clock.move(seconds=LEASE.total_seconds() + 1)
    assert delivery.deliver_one()
    assert len(slack.posted) == 1
    assert [line.state for line in outbox.lines()] == ["sent"]


def test_a_lost_answer_is_looked_up_and_a_refusal_is_tried_again(
    database: Database, outbox: SqlOutbox, clock: SetClock
) -> None:
    slack, troubles = Slack(), Troubles()
    slack.failures = [SendLater(after=timedelta(seconds=30)), SendUnclear()]
    delivery = Delivery(outbox, slack, troubles, "me")
    put(database, clock, "one")
    assert delivery.deliver_one()
    clock.move(seconds=29)
    assert not delivery.deliver_one(), "Slack said thirty seconds"
    clock.move(seconds=2)
    assert delivery.deliver_one()
    assert [line.state for line in outbox.lines()] == ["unknown"]
    clock.move(seconds=5)
    assert delivery.deliver_one()
    assert [line.state for line in outbox.lines()] == ["sent"]
    assert len(slack.posted) == 1


def test_what_can_never_be_sent_is_told_once_and_can_be_retried(
    database: Database, outbox: SqlOutbox, clock: SetClock
) -> None:
    slack, troubles = Slack(), Troubles()
    slack.failures = [SendNever("The channel does not exist.")]
    delivery = Delivery(outbox, slack, troubles, "me")
    put(database, clock, "one")
    delivery.deliver_one()
    (line,) = outbox.lines()
    assert (line.state, line.last_error) == ("dead", "The channel does not exist.")
    assert troubles.open == {"slack:#a"}
    outbox.retry(line.id, keep=False)
    assert [one.state for one in outbox.lines()] == ["dead"]
    outbox.retry(line.id)
    delivery.deliver_one()
    assert troubles.open == set()
    with pytest.raises(UserError, match="no dead message"):
        outbox.retry(line.id)


def test_pauses_double_up_to_five_minutes() -> None:
    assert [pause(n).total_seconds() for n in (1, 2, 3, 9, 10, 50)] == [1, 2, 4, 256, 300, 300]
