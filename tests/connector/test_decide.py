from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping import ModuleMapping, Role
from connector.ports import CrmRecord, Cursor, FieldDescription, Organisation, Stored
from connector.sync import decide
from connector.sync.decide import Reading
from tests.support.fake_crm import START, described

DEALS = ModuleMapping(
    Role.TRANSACTIONS,
    "Deals",
    {"name": "Deal_Name", "amount_minor": "Amount", "modified_at": "Modified_Time", "stage": "Stage"},
)
FIELDS = described("Deal_Name", "Zeta", "Alpha", Amount="currency", Modified_Time="datetime", Lines="subform")
SELECTION = decide.select_fields(DEALS, FIELDS)
READ = Cursor(
    "Deals",
    SELECTION.signature,
    started_at=START,
    high_water=START,
    deleted_high_water=START,
    completed_at=START,
)


def test_mapped_fields_come_first_then_every_other_that_a_list_gives() -> None:
    assert SELECTION.asked == ("Deal_Name", "Amount", "Modified_Time", "Alpha", "Zeta")
    assert SELECTION.missing == ("Stage",)
    assert SELECTION.columns == {
        "name": "Deal_Name",
        "amount_minor": "Amount",
        "modified_at": "Modified_Time",
    }


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


def test_the_signature_does_not_depend_on_the_order_of_the_metadata() -> None:
    assert decide.select_fields(DEALS, FIELDS[::-1]).signature == SELECTION.signature


@pytest.mark.parametrize(
    ("cursor", "full", "whole", "why"),
    [
        (None, False, True, "nothing is held yet"),
        (READ, False, False, "changes since 2026-01-05 07:55:00"),
        (READ, True, True, "it was asked for"),
        (replace(READ, fields_signature="other"), False, True, "fields have changed"),
        (replace(READ, page_token="t", rows_read=400), False, True, "resumed after 400 records"),
        (replace(READ, page_token="t", fields_signature="other"), False, True, "fields have changed"),
        (replace(READ, high_water=None), False, True, "not been read to its end"),
        (replace(READ, deleted_high_water=START - timedelta(days=151)), False, True, "list of deletions"),
    ],
)  # fmt: skip
def test_the_plan_and_its_reason(cursor: Cursor | None, full: bool, whole: bool, why: str) -> None:
    plan = decide.plan(cursor, "Deals", SELECTION, START, full=full)
    assert plan.is_whole is whole
    assert why in plan.why


def test_a_resumed_read_keeps_its_place_and_a_new_one_has_none() -> None:
    under_way = replace(READ, page_token="t", last_id="7")
    assert decide.plan(under_way, "Deals", SELECTION, START, full=True).cursor == under_way
    again = decide.plan(READ, "Deals", SELECTION, START, full=True).cursor
    assert (again.page_token, again.last_id, again.started_at) == (None, None, None)
    assert again.deleted_high_water == START, "what was deleted since is still to be learnt"


def test_a_module_that_does_not_say_when_it_changed_is_read_whole() -> None:
    selection = decide.select_fields(DEALS, described("Deal_Name"))
    held = replace(READ, fields_signature=selection.signature)
    assert "has no Modified_Time" in decide.plan(held, "Deals", selection, START, full=False).why


@pytest.mark.parametrize(
    ("pages", "deleted_after", "disturbed"), [(1, 5, False), (2, 5, True), (2, -5, False), (2, None, False)]
)
def test_deletions_disturb_a_list_of_several_pages(
    pages: int, deleted_after: int | None, disturbed: bool
) -> None:
    latest = None if deleted_after is None else START + timedelta(seconds=deleted_after)
    assert decide.is_disturbed(Reading(READ, START, pages, latest)) is disturbed


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
    read_at = None if read_ago is None else START - read_ago
    held = Organisation("1", "", "UTC", "USD", None, read_at)
    assert decide.metadata_is_due(held, [True, described_all], START, full=full) is due


def test_a_deal_that_moves_to_another_account_touches_both() -> None:
    moved = CrmRecord("9", {"account_id": "B"}, "new")
    changes = decide.page(Role.TRANSACTIONS, [moved], (), {"9": Stored("old", "A")})
    assert changes.touched == {"A", "B"}
    assert changes.updated == 1


@pytest.mark.parametrize(
    ("role", "touched"),
    [(Role.ACCOUNTS, {"9"}), (Role.TRANSACTIONS, {"A"}), (Role.CONTACTS, set()), (Role.PRODUCTS, set())],
)
def test_a_deletion_touches(role: Role, touched: set[str]) -> None:
    account = None if role is Role.ACCOUNTS else "A"
    assert decide.page(role, [], ["9"], {"9": Stored("old", account)}).touched == touched


RECORDS = st.lists(
    st.builds(
        lambda identifier, account, raw: CrmRecord(identifier, {"account_id": account}, raw),
        st.sampled_from("12345"),
        st.sampled_from(["A", "B", None]),
        st.sampled_from(["x", "y"]),
    ),
    max_size=6,
)
HELD = st.dictionaries(
    st.sampled_from("12345"),
    st.builds(Stored, st.sampled_from(["x", "y"]), st.sampled_from(["A", "B", None])),
)


@given(RECORDS, st.lists(st.sampled_from("12345"), max_size=3), HELD)
def test_what_is_decided_makes_the_copy_equal(
    records: list[CrmRecord], gone: list[str], held: dict[str, Stored]
) -> None:
    changes = decide.page(Role.TRANSACTIONS, records, gone, held)
    after = {identifier: stored.raw for identifier, stored in held.items()}
    for record in changes.upserts:
        after[record.id] = record.raw
    for identifier in changes.deletes:
        del after[identifier]
    expected = {one: held[one].raw for one in held if one not in gone} | {one.id: one.raw for one in records}
    assert after == expected
    assert changes.inserted + changes.updated + changes.unchanged == len({one.id for one in records})
    assert changes.updated + changes.inserted == len(changes.upserts)
    assert "" not in changes.touched
    assert None not in changes.touched
