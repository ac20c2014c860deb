"""Events of engagement: kept once, linked to accounts, read on from where it stopped. Both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, insert, select

from connector.cache.engine import Database
from connector.cache.events import SqlEventStore
from connector.cache.tables import (
    AccountRow,
    ContactRow,
    EngagementEventRow,
    RecordRow,
    TouchedAccountRow,
    TransactionRow,
    table_of,
)
from connector.errors import NeedsPerson, Retriable
from connector.suite_ports import EngagementEvent, EventCursor, EventPage
from connector.sync.activities import READERS, Activities
from connector.sync.events import FIRST_LOOK, OVERLAP, EventSync
from tests.support.moved_clock import SetClock

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EVENT, CONTACT, RECORD = table_of(EngagementEventRow), table_of(ContactRow), table_of(RecordRow)
ACCOUNT, DEAL, TOUCHED = table_of(AccountRow), table_of(TransactionRow), table_of(TouchedAccountRow)


def event(number: int, **more: Any) -> EngagementEvent:
    return EngagementEvent("desk", str(number), "ticket_opened", AT, **more)


@dataclass
class Source:
    """A source whose pages are given; it can be made to stop before one of them."""

    given: list[list[EngagementEvent]]
    stops_at: int | None = None
    error: Exception = field(default_factory=lambda: Retriable("It does not answer."))
    asked: list[tuple[datetime, str | None]] = field(default_factory=list)
    name: str = "desk"

    def pages(self, since: datetime, after: str | None) -> Iterator[EventPage]:
        self.asked.append((since, after))
        for number in range(int(after or 0), len(self.given)):
            if number == self.stops_at:
                raise self.error
            last = number + 1 == len(self.given)
            yield EventPage(tuple(self.given[number]), None if last else str(number + 1))


def kept(database: Database) -> dict[str, str | None]:
    with database.reads.connect() as connection:
        return {row.raw_id: row.account_id for row in connection.execute(select(EVENT))}


def put_contacts(database: Database, *contacts: tuple[str, str | None, str | None]) -> None:
    rows = [{"id": i, "account_id": a, "email": e, "raw": "{}"} for i, a, e in contacts]
    with database.writes.begin() as connection:
        connection.execute(insert(CONTACT), rows)


def test_what_is_read_twice_is_kept_once(database: Database) -> None:
    clock = SetClock()
    store = SqlEventStore(database, clock)
    source = Source([[event(1), event(2)], [event(3)]])
    (first,) = EventSync([source], store, clock).run()
    (second,) = EventSync([source], store, clock).run()
    assert (first.read, first.changed, second.read, second.changed) == (3, 3, 3, 0)
    assert source.asked[0][0] == clock.now() - FIRST_LOOK - OVERLAP
    assert source.asked[1] == (clock.now() - OVERLAP, None)


def test_it_goes_on_where_it_stopped_and_one_source_does_not_stop_another(database: Database) -> None:
    clock = SetClock()
    store = SqlEventStore(database, clock)
    broken = Source([[event(1)], [event(2)]], stops_at=1)
    other = replace(Source([[replace(event(9), source="salesiq")]]), name="salesiq")
    first = EventSync([broken, other], store, clock).run()
    assert [one.error for one in first] == ["It does not answer.", None]
    broken.stops_at = None
    (again,) = EventSync([broken], store, clock).run()
    assert (again.read, broken.asked[1][1]) == (1, "1")
    assert sorted(kept(database)) == ["1", "2", "9"]


def test_a_missing_scope_is_said(database: Database) -> None:
    source = Source([[event(1)]], stops_at=0, error=NeedsPerson("No scope.", "Make a new token."))
    (report,) = EventSync([source], SqlEventStore(database, SetClock()), SetClock()).run()
    assert report.error == "No scope. Make a new token."


def test_accounts_come_from_the_contact_or_from_an_address_of_one_account(database: Database) -> None:
    store = SqlEventStore(database, SetClock())
    put_contacts(
        database,
        ("c1", "a1", "ann@one.example"),
        ("c2", "a2", "shared@two.example"),
        ("c3", "a3", "shared@two.example"),
    )
    given = (
        event(1, contact_id="c1"),
        event(2, email="ann@one.example"),
        event(3, email="shared@two.example"),
        event(4, email="new@four.example"),
        event(5, account_id="a5", email="ann@one.example"),
    )
    assert store.write(given, EventCursor("desk")) == 5
    assert kept(database) == {"1": "a1", "2": "a1", "3": None, "4": None, "5": "a5"}
    put_contacts(database, ("c4", "a4", "New@Four.example"))
    assert store.link() == 1
    assert kept(database)["4"] == "a4"
    assert store.write(given, EventCursor("desk")) == 0  # what was linked later stays linked


CALL = {
    "id": "1",
    "Call_Type": "Outbound",
    "Call_Start_Time": "2026-11-01T10:00:00+01:00",
    "Call_Duration": "05:00",
    "Subject": "Hello",
    "Who_Id": {"id": "77"},
    "What_Id": {"id": "88"},
    "$se_module": "Accounts",
}
MEETING = {"id": "2", "Event_Title": "Demo", "End_DateTime": "2026-11-02T10:00:00Z"}


@pytest.mark.parametrize(
    ("module", "raw", "kind"),
    [
        ("Calls", CALL, "call_made"),
        ("Calls", CALL | {"Call_Type": "Inbound"}, "call_received"),
        ("Calls", CALL | {"Call_Type": "Missed"}, "call_missed"),
        ("Calls", CALL | {"Call_Duration": "00:00"}, "call_unanswered"),
        ("Calls", CALL | {"Call_Status": "Scheduled"}, None),
        ("Calls", CALL | {"Call_Start_Time": "soon"}, None),
        ("Events", MEETING, "meeting_held"),
        ("Tasks", {"id": "3", "Status": "Completed", "Closed_Time": "2026-11-02T10:00:00Z"}, "task_done"),
        ("Tasks", {"id": "3", "Status": "Not Started", "Closed_Time": None}, None),
        (
            "Notes",
            {"id": "4", "Note_Content": "They are unhappy.", "Created_Time": "2026-11-02T10:00:00Z",
             "Parent_Id": {"module": {"api_name": "Accounts"}, "id": "88"}},
            "note_written",
        ),
    ],
)  # fmt: skip
def test_activities_as_events(module: str, raw: dict[str, Any], kind: str | None) -> None:
    found = list(READERS[module](raw))
    assert [one.event_type for one in found] == ([kind] if kind else [])
    if kind == "call_made":
        (one,) = found
        assert (one.contact_id, one.account_id, one.direction) == ("77", "88", "out")
        assert one.occurred_at == datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    if kind == "note_written":
        assert (found[0].account_id, found[0].text) == ("88", "They are unhappy.")


def test_held_activities_become_events_page_by_page(database: Database) -> None:
    clock = SetClock()
    store = SqlEventStore(database, clock)
    rows = [
        {
            "module": "Calls",
            "id": str(number),
            "modified_at": clock.now(),
            "raw": orjson.dumps(CALL | {"id": str(number)}).decode(),
        }
        for number in range(1, 1201)
    ]
    with database.writes.begin() as connection:
        connection.execute(insert(RECORD), rows)

    def read() -> tuple[int, int]:
        source = Activities("Calls", lambda since, after: store.changed_records("Calls", since, after))
        (report,) = EventSync([source], store, clock).run()
        return report.read, report.changed

    assert read() == (1200, 1200)
    assert read() == (1200, 0)
    clock.move(hours=2)
    assert read() == (1200, 0)
    assert read() == (0, 0)


def test_an_account_is_marked_when_its_events_differ_and_only_then(database: Database) -> None:
    clock = SetClock()
    store = SqlEventStore(database, clock)
    store.add([event(1, account_id="a1"), event(2, account_id="a2"), event(3), event(4, account_id="x" * 33)])
    assert marked(database) == {"a1", "a2"}
    store.add([event(1, account_id="a1"), event(2, account_id="a3")])
    assert marked(database) == {"a2", "a3"}, "the account that it had, and the one that it has"
    store.add([event(5, email="ann@one.example")])
    assert marked(database) == set()
    put_contacts(database, ("c1", "a5", "ann@one.example"))
    assert (store.link(), marked(database), store.link()) == (1, {"a5"}, 0)


def test_what_is_about_a_deal_or_an_account_belongs_to_its_account(database: Database) -> None:
    store = SqlEventStore(database, SetClock())
    bare = {name: value for name, value in CALL.items() if name not in ("Who_Id", "$se_module")}
    calls = [
        one
        for number, about in enumerate(("d1", "d2", "88", "99"))
        for one in READERS["Calls"](bare | {"id": str(number), "What_Id": {"id": about}})
    ]
    other = event(9, object_key="d1")
    with database.writes.begin() as connection:
        connection.execute(insert(DEAL), [{"id": "d1", "account_id": "a1", "raw": "{}"}])
        connection.execute(insert(ACCOUNT), [{"id": "88", "raw": "{}"}])
    store.add([*calls, other])
    assert kept(database) == {"0": "a1", "1": None, "2": "88", "3": None, "9": None}
    with database.writes.begin() as connection:
        connection.execute(insert(DEAL), [{"id": "d2", "account_id": "a2", "raw": "{}"}])
        connection.execute(insert(ACCOUNT), [{"id": "99", "raw": "{}"}])
    assert store.link() == 2
    assert kept(database) == {"0": "a1", "1": "a2", "2": "88", "3": "99", "9": None}


def marked(database: Database) -> set[str]:
    """The marked accounts, whose marks are then taken away."""
    with database.writes.begin() as connection:
        found = set(connection.execute(select(TOUCHED.c.account_id)).scalars())
        connection.execute(delete(TOUCHED))
    return found
