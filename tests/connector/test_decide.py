from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping import COLUMNS, ModuleMapping, Role, other_mapping
from connector.ports import (
    EVERY_ACCOUNT,
    CrmRecord,
    Cursor,
    FieldDescription,
    Organisation,
    Page,
    PageChanges,
    Selection,
    Stored,
    Value,
)
from connector.sync import compare, cursors, decide
from connector.sync.cursors import Lane, Position, Way
from connector.sync.decide import Counts, Reading
from connector.sync.policy import Asked, SyncPolicy
from tests.support.fake_crm import START, described

DEALS = ModuleMapping(
    Role.TRANSACTIONS,
    "Deals",
    {
        "name": "Deal_Name",
        "amount_minor": "Amount",
        "modified_at": "Modified_Time",
        "stage": "Stage",
        "currency": "Currency",
    },
)
FIELDS = described("Deal_Name", "Zeta", "Alpha", Amount="currency", Modified_Time="datetime", Lines="subform")
SELECTION = decide.select_fields(DEALS, FIELDS)
POLICY = SyncPolicy()
READ = Cursor(
    "Deals",
    SELECTION.signature,
    started_at=START,
    high_water=START,
    deleted_high_water=START,
    completed_at=START,
    whole_at=START,
)
WHOLE = cursors.placed(replace(READ, rows_read=400), Position(Way.QUERIED, lanes=(Lane("7"),)))


def test_fields_are_asked_for_by_name_and_a_currency_is_not_missed() -> None:
    assert SELECTION.names == ("Alpha", "Amount", "Deal_Name", "Modified_Time", "Zeta")
    assert SELECTION.missing == ("Stage",)
    assert SELECTION.columns == {
        "name": "Deal_Name",
        "amount_minor": "Amount",
        "modified_at": "Modified_Time",
    }


@pytest.mark.parametrize(
    "kind", ["subform", "multiselectlookup", "multiuserlookup", "fileupload", "imageupload"]
)
def test_what_no_list_gives_is_not_asked_for(kind: str) -> None:
    assert decide.select_fields(DEALS, described(X=kind, id="bigint")).names == ()


@pytest.mark.parametrize(
    "fields",
    [
        (*FIELDS, FieldDescription("New", "New", "text")),
        FIELDS[1:],
        (FieldDescription("Deal_Name", "Deal_Name", "picklist"), *FIELDS[1:]),
    ],
    ids=["added", "removed", "retyped"],
)
def test_the_signature_notices_a_field_that_is(fields: tuple[FieldDescription, ...]) -> None:
    assert decide.select_fields(DEALS, fields).signature != SELECTION.signature


def test_the_signature_depends_on_the_mapping_but_on_no_order_and_not_on_what_is_ours() -> None:
    other = replace(DEALS, fields=dict(reversed(list(DEALS.fields.items()))))
    assert decide.select_fields(other, FIELDS[::-1], frozenset({"Zeta"})).signature == SELECTION.signature
    moved = replace(DEALS, fields={**DEALS.fields, "stage": "Alpha"})
    assert decide.select_fields(moved, FIELDS).signature != SELECTION.signature


@pytest.mark.parametrize(
    ("cursor", "asked", "whole", "why"),
    [
        (None, Asked(), True, "nothing is held yet"),
        (READ, Asked(), False, "changes since 2026-01-05 07:55:00"),
        (READ, Asked(full=True), True, "it was asked for"),
        (READ, Asked(since=START - timedelta(days=2)), False, "changes since 2026-01-03 08:00:00"),
        (replace(READ, fields_signature="other"), Asked(), True, "fields have changed"),
        (WHOLE, Asked(), True, "resumed after 400 records"),
        (replace(WHOLE, fields_signature="other"), Asked(), True, "fields have changed"),
        (replace(WHOLE, started_at=START - timedelta(days=151)), Asked(), False, "changes since"),
        (replace(READ, high_water=None), Asked(), True, "not been read to its end"),
        (replace(READ, deleted_high_water=START - timedelta(days=151)), Asked(), True, "list of deletions"),
        (replace(READ, whole_at=START - timedelta(days=7)), Asked(), True, "the last one is 7 days old"),
        (replace(READ, whole_at=None), Asked(), True, "very old"),
        (replace(READ, position="from an older release"), Asked(), False, "changes since"),
    ],
)  # fmt: skip
def test_the_plan_and_its_reason(cursor: Cursor | None, asked: Asked, whole: bool, why: str) -> None:
    plan = decide.plan(cursor, SELECTION, asked, POLICY, START)
    assert position_of(plan).is_whole is whole
    assert why in plan.why


def position_of(plan: decide.Plan) -> Position:
    assert plan.cursor is not None
    position = cursors.position_of(plan.cursor)
    assert position is not None
    return position


def test_a_resumed_read_keeps_its_place_and_a_new_one_has_none() -> None:
    assert decide.plan(WHOLE, SELECTION, Asked(full=True), POLICY, START).cursor == WHOLE
    again = decide.plan(READ, SELECTION, Asked(full=True), POLICY, START)
    assert position_of(again) == Position(may_hold_gone=True)
    assert again.cursor is not None
    assert again.cursor.started_at is None
    assert again.cursor.deleted_high_water == START, "what was deleted since is still to be learnt"


@pytest.mark.parametrize(
    ("since_days", "asked", "resumed", "planned_days"),
    [
        (2, Asked(), True, 2),
        (2, Asked(since=START - timedelta(days=1)), True, 2),
        (1, Asked(since=START - timedelta(days=2)), False, 2),
        (1, Asked(full=True), False, None),
    ],
)
def test_changes_under_way_go_on_unless_more_is_asked_for(
    since_days: int, asked: Asked, resumed: bool, planned_days: int | None
) -> None:
    since = START - timedelta(days=since_days)
    under_way = cursors.placed(READ, Position(Way.QUERIED_CHANGES, since, after="x"))
    plan = decide.plan(under_way, SELECTION, asked, POLICY, START)
    assert ("resumed" in plan.why) is resumed
    planned = None if planned_days is None else START - timedelta(days=planned_days)
    assert position_of(plan).since == planned


@pytest.mark.parametrize(("age", "whole"), [(timedelta(hours=23), False), (timedelta(hours=24), True)])
@pytest.mark.parametrize("kind", ["formula", "rollup_summary"])
def test_formulas_are_read_once_a_day(kind: str, age: timedelta, whole: bool) -> None:
    selection = decide.select_fields(DEALS, (*FIELDS, *described(Margin=kind)))
    held = replace(READ, fields_signature=selection.signature)
    plan = decide.plan(held, selection, Asked(), POLICY, START + age)
    assert ("formula fields" in plan.why) is whole


def test_a_module_that_does_not_say_when_it_changed_is_read_whole_but_not_at_each_poll() -> None:
    selection = decide.select_fields(DEALS, described("Deal_Name"))
    held = replace(READ, fields_signature=selection.signature)
    soon = decide.plan(held, selection, Asked(), POLICY, START + timedelta(minutes=59))
    assert (soon.cursor, soon.why.startswith("nothing read")) == (None, True)
    later = decide.plan(held, selection, Asked(), POLICY, START + timedelta(hours=1))
    assert "has no Modified_Time" in later.why


@pytest.mark.parametrize(
    ("minutes", "asked", "read"),
    [(30, Asked(), False), (60, Asked(), True), (30, Asked(since=START), True), (30, Asked(full=True), True)],
)
def test_a_module_that_the_crm_tells_of_is_polled_rarely(minutes: int, asked: Asked, read: bool) -> None:
    policy = replace(POLICY, pushed=lambda module: module == "Deals")
    plan = decide.plan(READ, SELECTION, asked, policy, START + timedelta(minutes=minutes))
    assert (plan.cursor is not None) is read


@pytest.mark.parametrize(
    ("module", "kind", "total", "expected"),
    [
        ("Deals", "default", 29_999, (Way.QUERIED, Way.LISTED)),
        ("Deals", "default", 30_000, (Way.BULK, Way.QUERIED, Way.LISTED)),
        ("Deals", "default", None, (Way.QUERIED, Way.LISTED)),
        ("Deals_X_Products", "linking", 50_000, (Way.QUERIED, Way.LISTED)),
        ("Notes", "default", 50_000, (Way.QUERIED, Way.LISTED)),
        ("Leads", "default", 100_000, (Way.LISTED, Way.QUERIED)),
        ("Leads", "default", 100_001, (Way.BULK, Way.QUERIED, Way.LISTED)),
    ],
)
def test_the_ways_of_a_whole_read(
    module: str, kind: str, total: int | None, expected: tuple[Way, ...]
) -> None:
    selection = replace(SELECTION, module=module)
    assert decide.ways(selection, kind, Position(), total, POLICY) == expected
    located = FieldDescription("Territories", "Territories", decide.TERRITORIES)
    selection = replace(selection, fields=(*selection.fields, located))
    assert decide.ways(selection, kind, Position(), total, POLICY) == expected
    by_ids = decide.ways(selection, kind, Position(), total, replace(POLICY, located=True))
    assert by_ids == tuple(one for one in expected if one is not Way.BULK)


def test_changes_of_leads_are_listed_because_queries_leave_converted_ones_out() -> None:
    changes = Position(since=START)
    assert decide.ways(SELECTION, "default", changes, None, POLICY)[0] is Way.QUERIED_CHANGES
    assert decide.ways(replace(SELECTION, module="Leads"), "default", changes, None, POLICY) == (
        Way.LISTED_CHANGES,
    )


def test_ranges_follow_one_another_without_a_gap() -> None:
    assert decide.lanes(()) == (Lane(None, None),)
    assert decide.lanes(("5", "9")) == (Lane(None, "5"), Lane("5", "9"), Lane("9", None))


@pytest.mark.parametrize(
    ("way", "pages", "deleted_after", "disturbed"),
    [
        (Way.LISTED, 1, 5, False),
        (Way.LISTED, 2, 5, True),
        (Way.LISTED_CHANGES, 2, 5, True),
        (Way.QUERIED, 2, 5, False),
        (Way.BULK, 2, 5, False),
        (Way.LISTED, 2, -5, False),
        (Way.LISTED, 2, None, False),
    ],
)
def test_deletions_disturb_a_list_of_several_pages(
    way: Way, pages: int, deleted_after: int | None, disturbed: bool
) -> None:
    latest = None if deleted_after is None else START + timedelta(seconds=deleted_after)
    reading = Reading(cursors.placed(READ, Position(way)), pages, latest)
    assert decide.is_disturbed(reading) is disturbed


@pytest.mark.parametrize(
    ("position", "minutes", "full", "follows", "pages", "due"),
    [
        (Position(Way.QUERIED_CHANGES, START), 14, False, False, 1, False),
        (Position(Way.QUERIED_CHANGES, START), 15, False, False, 1, True),
        (Position(Way.QUERIED_CHANGES, START), 15, False, True, 1, False),
        (Position(Way.QUERIED_CHANGES, START), 0, True, False, 1, True),
        (Position(Way.LISTED_CHANGES, START), 0, False, True, 2, True),
        (Position(Way.BULK), 0, False, False, 1, True),
    ],
)
def test_when_the_list_of_deletions_is_read(
    position: Position, minutes: int, full: bool, follows: bool, pages: int, due: bool
) -> None:
    reading = Reading(cursors.placed(READ, position), pages)
    now = START + timedelta(minutes=minutes)
    assert decide.deletions_are_due(reading, POLICY, now, full=full, follows_whole=follows) is due


@pytest.mark.parametrize(
    ("counts", "compared"),
    [
        (Counts(5, 5), False),
        (Counts(6, 5), True),
        (Counts(4, 5), True),
        (Counts(6, 5, settled=1), False),
        (Counts(5, 5, settled=1), True),
        (Counts(None, 5), False),
        (Counts(None, 5, unordered=True), True),
        (Counts(30_001, 30_000, moved=True), False),
        (Counts(30_001, 30_000, moved=True, unordered=True), True),
        (Counts(30_001, 30_000), True),
    ],
)
def test_when_every_id_is_compared(counts: Counts, compared: bool) -> None:
    assert (decide.why_compare_ids(counts, POLICY) is not None) is compared


@pytest.mark.parametrize(
    ("read_ago", "described_all", "full", "due"),
    [
        (None, True, False, True),
        (timedelta(minutes=5), True, False, False),
        (timedelta(minutes=61), True, False, True),
        (timedelta(minutes=5), False, False, True),
        (timedelta(minutes=5), True, True, True),
        (timedelta(minutes=-5), True, False, True),
    ],
)
def test_metadata_is_read_once_an_hour(
    read_ago: timedelta | None, described_all: bool, full: bool, due: bool
) -> None:
    held = Organisation("1", "", "UTC", "USD", read_at=None if read_ago is None else START - read_ago)
    assert decide.metadata_is_due(held, [True, described_all], START, POLICY, full=full) is due


def test_what_became_of_the_fields_in_words() -> None:
    held = (*described("Kept", "Gone", Retyped="text"), FieldDescription("Old", "Margin", "double"))
    found = (*described("Kept", "Fresh", Retyped="picklist"), FieldDescription("Now", "Margin", "double"))
    assert set(decide.field_changes(held, found)) == {
        "Old is called Now now",
        "Gone was removed",
        "Fresh is new",
        "Retyped was text and is picklist now",
    }
    assert decide.field_changes((), found) == ()
    assert decide.field_changes(held, held) == ()


@pytest.mark.parametrize(
    "position",
    [
        Position(),
        Position(Way.BULK, after="job:7", first=True),
        Position(Way.LISTED, after="t", last_id="9", read=True, may_hold_gone=True),
        Position(Way.RANGES, START, lanes=(Lane(None, "5", done=True), Lane("7", None))),
    ],
)
def test_a_position_survives_as_text(position: Position) -> None:
    assert cursors.position_of(cursors.placed(READ, position)) == position


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"way": "teleport"}', "not json"])
def test_a_position_that_makes_no_sense_is_none(text: str) -> None:
    assert cursors.position_of(replace(READ, position=text)) is None


def test_a_range_is_done_alone_and_the_reading_when_all_are() -> None:
    start = cursors.placed(READ, Position(Way.RANGES, START, lanes=decide.lanes(("5",))))
    moved = cursors.after_lane_page(start, 1, Page((), after="7"), done=False)
    one_done = cursors.after_lane_page(moved, 0, Page(()), done=True)
    position = cursors.position_of(one_done)
    assert position is not None
    assert position.lanes == (Lane(None, "5", done=True), Lane("7", None))
    assert not position.read
    done = cursors.position_of(cursors.after_lane_page(one_done, 1, Page(()), done=True))
    assert done is not None
    assert done.read


@pytest.mark.parametrize(("since", "moves"), [(-1, True), (0, True), (1, False)])
def test_changes_from_a_later_instant_do_not_move_the_mark(since: int, moves: bool) -> None:
    later = START + timedelta(hours=5)
    position = Position(Way.QUERIED_CHANGES, START + timedelta(hours=since))
    done = cursors.caught_up(cursors.placed(replace(READ, started_at=later), position), None, later)
    assert done.high_water == (later if moves else START)
    assert (done.position, done.whole_at, done.completed_at) == (None, START, later)


# Comparing


def selection_of(role: Role, *fields: str, own: Collection[str] = (), **columns: str) -> Selection:
    return Selection(
        "M", role, described(*fields), {"modified_at": "Modified_Time", **columns}, own=frozenset(own)
    )


def record(role: Role, identifier: str, raw: str, **values: Value) -> CrmRecord:
    return CrmRecord(identifier, tuple(values.get(name) for name in COLUMNS[role]), raw)


PLAIN = selection_of(Role.TRANSACTIONS, "Stage", own={"Ours"})


def test_a_deal_that_moves_to_another_account_touches_both() -> None:
    moved = record(Role.TRANSACTIONS, "9", '{"x": 2}', account_id="B")
    changes = compare.page(PLAIN, [moved], (), {"9": Stored('{"x": 1}', "A")})
    assert changes.touched == {"A", "B"}
    assert changes.updated == 1


@pytest.mark.parametrize(
    ("role", "touched"),
    [
        (Role.ACCOUNTS, {"9"}),
        (Role.TRANSACTIONS, {"A"}),
        (Role.CONTACTS, {"A"}),
        (Role.PRODUCTS, set()),
        (Role.OTHER, set()),
    ],
)
def test_a_deletion_touches(role: Role, touched: set[str]) -> None:
    account = None if role is Role.ACCOUNTS else "A"
    assert compare.page(selection_of(role), [], ["9"], {"9": Stored("{}", account)}).touched == touched


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        ({"Ours": 1, "Modified_Time": "a"}, {"Ours": 2, "Modified_Time": "b"}, False),
        ({"Modified_By": {"id": "1"}}, {"Modified_By": {"id": "2"}}, False),
        ({"Stage": "a", "Last_Activity_Time": "b"}, {"Stage": "a", "Last_Activity_Time": "c"}, False),
        ({"Owner": {"id": "1", "name": "a"}}, {"Owner": {"id": "1", "name": "b"}}, False),
        ({"Owner": {"id": "1", "name": "a"}}, {"Owner": {"id": "2", "name": "a"}}, True),
        ({"Stage": "a"}, {"Stage": "a", "New": None}, False),
        ({"Stage": "a"}, {"Stage": "a", "New": 0}, True),
        ({"Stage": "a", "Ours": 1}, {"Stage": "b", "Ours": 2}, True),
    ],
)
def test_what_is_written_without_touching_anybody(
    before: dict[str, object], after: dict[str, object], news: bool
) -> None:
    one = record(Role.TRANSACTIONS, "9", orjson.dumps(after).decode(), account_id="A")
    changes = compare.page(PLAIN, [one], (), {"9": Stored(orjson.dumps(before).decode(), "A")})
    assert changes.updated == 1
    assert changes.touched == ({"A"} if news else set())


def test_names_that_this_way_of_reading_lacks_are_kept() -> None:
    held = Stored('{"id":"9","Owner":{"id":"1","name":"Anna","email":"a@b.example"},"n":1.50}')
    same = record(Role.TRANSACTIONS, "9", '{"id":"9","Owner":{"id":"1"},"n":1.50}')
    assert compare.page(PLAIN, [same], (), {"9": held}).unchanged == 1
    changed = record(Role.TRANSACTIONS, "9", '{"id":"9","Owner":{"id":"1"},"n":12345678901234567.250}')
    (written,) = compare.page(PLAIN, [changed], (), {"9": held}).upserts
    assert written.raw == (
        '{"id":"9","Owner":{"id":"1","name":"Anna","email":"a@b.example"},"n":12345678901234567.250}'
    )
    other = record(Role.TRANSACTIONS, "9", '{"id":"9","Owner":{"id":"2"},"n":1.50}')
    assert compare.page(PLAIN, [other], (), {"9": held}).upserts == (other,)


def test_a_column_that_shows_the_name_of_a_lookup_keeps_it() -> None:
    selection = selection_of(Role.PRODUCTS, category="Category")
    held = Stored('{"Category":{"id":"1","name":"Tools"},"n":1}')
    read = record(Role.PRODUCTS, "9", '{"Category":{"id":"1"},"n":2}')
    (written,) = compare.page(selection, [read], (), {"9": held}).upserts
    assert written.values[COLUMNS[Role.PRODUCTS].index("category")] == "Tools"


@pytest.mark.parametrize("beyond", ["0.12345678901234567", "98765432109876543210.5"])
def test_a_difference_beyond_the_precision_of_a_float_is_seen(beyond: str) -> None:
    held = Stored(f'{{"Owner":{{"id":"1","name":"A"}},"n":{beyond}}}')
    read = record(Role.TRANSACTIONS, "9", f'{{"Owner":{{"id":"1"}},"n":{beyond}1}}')
    assert compare.page(PLAIN, [read], (), {"9": held}).updated == 1


@pytest.mark.parametrize(
    ("minutes", "written"), [(-1, False), (0, True), (1, True)], ids=["older", "same second", "newer"]
)
def test_an_older_version_does_not_overwrite_a_newer_one(minutes: int, written: bool) -> None:
    held = Stored(orjson.dumps({"Modified_Time": START, "Stage": "a"}).decode())
    at = START + timedelta(minutes=minutes)
    raw = orjson.dumps({"Modified_Time": at, "Stage": "b"}).decode()
    changes = compare.page(PLAIN, [record(Role.TRANSACTIONS, "9", raw, modified_at=at)], (), {"9": held})
    assert (changes.updated == 1) is written
    assert (changes.unchanged == 1) is not written


def test_of_two_versions_in_one_page_the_later_counts() -> None:
    new, old = (record(Role.TRANSACTIONS, "9", raw, modified_at=at) for raw, at in (
        ("new", START), ("old", START - timedelta(seconds=1)),
    ))  # fmt: skip
    assert compare.page(PLAIN, [new, old], (), {}).upserts == (new,)


def test_a_first_reading_names_no_account() -> None:
    deal = record(Role.TRANSACTIONS, "9", "{}", account_id="A")
    assert compare.page(PLAIN, [deal], (), {}, first=True).touched == {EVERY_ACCOUNT}
    person = record(Role.CONTACTS, "9", "{}", account_id="A")
    contacts = selection_of(Role.CONTACTS)
    assert compare.page(contacts, [person], (), {}, first=True).touched == {EVERY_ACCOUNT}
    alone = record(Role.CONTACTS, "9", "{}", account_id=None)
    assert compare.page(contacts, [alone], (), {}, first=True).touched == set()


RECORDS = st.lists(
    st.builds(
        lambda identifier, account, raw: record(Role.TRANSACTIONS, identifier, raw, account_id=account),
        st.sampled_from("12345"),
        st.sampled_from(["A", "B", None]),
        st.sampled_from(['{"x": 1}', '{"x": 2}']),
    ),
    max_size=6,
)
HELD = st.dictionaries(
    st.sampled_from("12345"),
    st.builds(Stored, st.sampled_from(['{"x": 1}', '{"x": 2}']), st.sampled_from(["A", "B", None])),
)


@given(RECORDS, st.lists(st.sampled_from("12345"), max_size=3), HELD)
def test_what_is_decided_makes_the_copy_equal(
    records: list[CrmRecord], gone: list[str], held: dict[str, Stored]
) -> None:
    changes = compare.page(PLAIN, records, gone, held)
    expected = {one: held[one].raw for one in held if one not in gone} | {one.id: one.raw for one in records}
    assert applied(changes, held) == expected
    assert changes.inserted + changes.updated + changes.unchanged == len({one.id for one in records})
    assert changes.updated + changes.inserted == len(changes.upserts)
    assert not {"", None} & changes.touched


def applied(changes: PageChanges, held: dict[str, Stored]) -> dict[str, str]:
    after = {identifier: stored.raw for identifier, stored in held.items()}
    after.update((one.id, one.raw) for one in changes.upserts)
    return {identifier: raw for identifier, raw in after.items() if identifier not in changes.deletes}


# Modules without a role


def test_the_mapping_of_a_module_without_a_role() -> None:
    fields = (
        *described("Subject", "Owner", "Created_Time", "Modified_Time"),
        FieldDescription("Customer", "Customer", "lookup", target="Accounts"),
        FieldDescription("Person", "Person", "lookup", target="Contacts"),
        FieldDescription("Other_Customer", "Customer", "lookup", target="Accounts"),
    )
    assert other_mapping("Visits", fields, "Accounts", "Contacts") == ModuleMapping(
        Role.OTHER,
        "Visits",
        {
            "name": "Subject",
            "account_id": "Customer",
            "contact_id": "Person",
            "owner_id": "Owner",
            "created_at": "Created_Time",
            "modified_at": "Modified_Time",
        },
    )


@pytest.mark.parametrize(
    ("module", "names", "expected"),
    [
        ("Calls", ("Subject", "What_Id", "Who_Id"),
         {"name": "Subject", "account_id": "What_Id", "contact_id": "Who_Id"}),
        ("Notes", ("Note_Title", "Parent_Id"), {"name": "Note_Title", "parent_id": "Parent_Id"}),
        ("Campaigns", ("Campaign_Name",), {"name": "Campaign_Name"}),
        ("Strange", ("Nothing",), {}),
    ],
)  # fmt: skip
def test_activities_notes_and_others(module: str, names: tuple[str, ...], expected: dict[str, str]) -> None:
    assert other_mapping(module, described(*names), "Accounts", "Contacts").fields == expected


def test_the_start_is_the_earliest_page_by_the_crms_clock() -> None:
    def at(minute: int) -> datetime:
        return START + timedelta(minutes=minute)

    begun = cursors.begun(Cursor("Deals"), "s", since=None)
    cursor = cursors.began_at(begun, Page((), read_at=at(3)), at(9))
    cursor = cursors.began_at(cursor, Page((), read_at=at(2)), at(9))
    cursor = cursors.began_at(cursor, Page((), read_at=at(4)), at(9))
    assert cursor.started_at == at(2)
