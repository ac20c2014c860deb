"""What people do about alerts: once, by whoever was first, with a record; and rest that ends by itself."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.app.alert_desk import AlertDesk
from bot.app.deliver import LEASE
from bot.app.errors import UserError
from bot.app.people import Person, Role
from bot.app.ports import Posted
from bot.store.alert_records import SqlAlertRecords
from bot.store.alert_rests import SqlRests
from bot.store.audit import SqlAudit
from bot.store.incidents import SqlIncidents
from bot.store.outbox import SqlOutbox
from connector.cache.engine import Database
from tests.support.acting_world import at_desk
from tests.support.scoring_world import World, database, shared_postgres

__all__ = ["database", "shared_postgres"]  # fixtures

MELVIN = Person("UMELVIN", "Melvin Marxen", "melvin@bellwether.example", "1", Role.MANAGER)
ANNA = Person("UANNA", "Anna Snelling", "anna@bellwether.example", "2", Role.MEMBER)
GUEST = Person("UGAIL", "Gail", None, None, Role.NOBODY, "Guests of this workspace see no account data.")


@pytest.fixture
def world(database: Database) -> World:
    """An organisation whose biggest account has just become worse; its alert stands in Slack."""
    world = World(database)
    world.publish()
    world.account("big", (5, 20_000), (60, 15_000))
    world.run("first")
    world.lose("big", 30)
    world.run()
    outbox = SqlOutbox(database, world.clock)
    for _ in range(2):  # the baseline's summary, and the alert
        message = outbox.claim("test", LEASE)
        assert message is not None
        outbox.settle_sent(message.id, Posted(message.channel, f"{message.id}.0"))
        world.pass_time(seconds=2)
    return world


def desk(world: World) -> tuple[AlertDesk, SqlAlertRecords, SqlAudit]:
    records = SqlAlertRecords(world.database, world.clock)
    audit = SqlAudit(world.database, world.clock)
    return at_desk(world), records, audit


def alert_id(world: World) -> int:
    (alert,) = world.alerts()
    assert alert.id is not None
    assert (alert.state, alert.slack_ts is not None) == ("open", True)
    return alert.id


def test_the_second_to_acknowledge_sees_who_was_first(world: World) -> None:
    at_the_desk, _, audit = desk(world)
    number = alert_id(world)
    first = at_the_desk.acknowledge(number, MELVIN)
    second = at_the_desk.acknowledge(number, ANNA)
    assert (first.state, first.acted_by, second.acted_by) == (
        "acknowledged",
        "Melvin Marxen",
        "Melvin Marxen",
    )
    assert (first.old_label, first.new_label, first.owner_name) == ("Top", "Good", "Darcel Schlecht")
    assert [(line.actor, line.outcome) for line in audit.lines()] == [
        ("UANNA", "already acknowledged"),
        ("UMELVIN", "done"),
    ]


def test_of_many_clicks_at_once_one_counts(world: World) -> None:
    number = alert_id(world)
    people = [Person(f"U{n}", f"Person {n}", None, str(n), Role.MEMBER) for n in range(6)]
    seen: list[str | None] = []
    threads = [
        threading.Thread(target=lambda who=who: seen.append(desk(world)[0].acknowledge(number, who).acted_by))
        for who in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert len(set(seen)) == 1, "everybody sees the same person"
    assert [line.outcome for line in desk(world)[2].lines()].count("done") == 1


def test_a_rest_ends_by_itself_and_may_be_acknowledged_before(world: World) -> None:
    at_the_desk, records, _ = desk(world)
    number = alert_id(world)
    resting = at_the_desk.snooze(number, 7, ANNA)
    assert (resting.state, resting.acted_by) == ("snoozed", "Anna Snelling")
    assert resting.snoozed_until == world.clock.now() + timedelta(days=7)
    assert records.open_ones(None, 5) == ()
    world.pass_time(days=6)
    rests = SqlRests(world.database, world.clock)
    assert rests.end() == 0
    world.pass_time(days=1, seconds=1)
    assert [rests.end() for _ in range(2)] == [1, 0]
    woken = records.notice(number)
    assert woken is not None
    assert (woken.state, woken.acted_by, woken.snoozed_until) == ("open", None, None)
    assert [one.alert_id for one in records.open_ones("u1", 5)] == [number]
    assert records.open_ones("somebody else", 5) == ()


def test_who_may_not_is_refused_and_recorded(world: World) -> None:
    at_the_desk, _, audit = desk(world)
    with pytest.raises(UserError, match="Guests"):
        at_the_desk.acknowledge(alert_id(world), GUEST)
    assert [line.outcome for line in audit.lines()] == ["refused"]
    with pytest.raises(UserError, match="1, 7 or 30"):
        at_the_desk.snooze(alert_id(world), 3, ANNA)
    with pytest.raises(UserError, match="not known"):
        at_the_desk.acknowledge(999, ANNA)


def test_trouble_is_told_once_when_it_begins_and_once_when_it_ends(world: World) -> None:
    incidents = SqlIncidents(world.database, world.clock, lambda: "#ops")
    told = len(world.payloads("text"))
    assert not incidents.end("zoho"), "nothing was broken"
    assert incidents.begin("zoho", "Zoho answered 500.", "Wait.")
    assert not incidents.begin("zoho", "Zoho answered 500 again.", "Wait.")
    assert [one.message for one in incidents.open_ones()] == ["Zoho answered 500."]
    world.pass_time(minutes=5)
    assert incidents.end("zoho")
    assert not incidents.end("zoho")
    world.pass_time(minutes=5)
    assert incidents.begin("zoho", "Zoho answered 500.", "Wait."), "a new one is news"
    texts = [str(payload["text"]) for payload in world.payloads("text")[told:]]
    assert [text[0] for text in texts] == ["⚠", "✅", "⚠"]
