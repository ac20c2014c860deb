from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.cache.finance_pace import next_place
from connector.errors import Fatal, NeedsPerson
from connector.finance_lists import LISTS, Way
from connector.finance_ports import (
    Echo,
    FinanceItem,
    FinanceOrganisation,
    FinancePage,
    HeldRow,
    PaceState,
    SourceCursor,
)
from connector.sync import finance_decide as decide
from connector.sync.finance_cursors import Position, Walk, position
from connector.sync.finance_decide import FinancePolicy
from connector.sync.finance_details import Allowance, allowance
from connector.zoho.finance_http import why_not

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICY = FinancePolicy()
CONTACTS, ITEMS, INVOICES = LISTS["books"][:3]
PAYMENTS = LISTS["books"][-1]


def row(number: int, at: datetime | None = NOW, raw: str = "{}") -> FinanceItem:
    return FinanceItem(str(number), None, None, None, None, None, None, at, at, raw)


def page(*rows: FinanceItem, more: bool = False, **echo: object) -> FinancePage:
    return FinancePage(rows, more, Echo(**echo), asked_filter="Status.All")  # type: ignore[arg-type]


def read(hours: float, **more: object) -> SourceCursor:
    at = NOW - timedelta(hours=hours)
    return replace(SourceCursor("books.x", high_water=at, whole_at=at, completed_at=at), **more)  # type: ignore[arg-type]


def plan_of(of: object, cursor: SourceCursor, held: Position = Position(), *, full: bool = False) -> str:  # noqa: B008
    found = decide.plan(of, cursor, held, POLICY, NOW, full=full)  # type: ignore[arg-type]
    return found.why if found is not None else "nothing"


def test_each_list_is_read_in_its_own_way() -> None:
    assert plan_of(INVOICES, SourceCursor("s")) == "whole walk: nothing is held yet"
    assert plan_of(INVOICES, read(1)) == "changes by last_modified_time since 2026-11-24 10:55:00 UTC"
    assert plan_of(CONTACTS, read(1)) == "latest changes first until 2026-11-24 10:55:00 UTC"
    assert plan_of(CONTACTS, read(25)) == "whole walk: it is time for it"
    assert plan_of(INVOICES, read(25)).startswith("changes"), "it is counted instead"
    assert plan_of(INVOICES, read(24 * 8)) == "whole walk: it is time for it"
    assert plan_of(INVOICES, read(1), full=True) == "whole walk: it was asked for"
    assert plan_of(CONTACTS, read(1, high_water=None)) == "whole walk: no row says when it was changed"
    refused = Position(refused={"sorted": "ignored"})
    assert plan_of(PAYMENTS, read(1), refused).startswith("latest rows first")


@pytest.mark.parametrize(("rows", "hours", "due"), [(50, 0.1, True), (5_000, 1, False), (5_000, 7, True)])
def test_the_larger_a_list_without_changes_the_rarer_it_is_read(rows: int, hours: float, due: bool) -> None:
    assert (plan_of(ITEMS, read(hours), Position(whole_rows=rows)) != "nothing") is due


def test_a_walk_that_was_broken_off_goes_on_unless_it_looks_for_deletions_or_is_old() -> None:
    begun = NOW - timedelta(minutes=3)
    whole, changes = Walk(Way.WHOLE, 4, begun), Walk(Way.FILTER, 4, begun, begun)
    assert plan_of(INVOICES, SourceCursor("s"), Position(whole)) == "whole walk, resumed at page 4"
    assert plan_of(INVOICES, read(1), Position(changes)) == "filter walk, resumed at page 4"
    assert plan_of(INVOICES, read(1), Position(whole)).startswith("changes")
    old = replace(whole, started_at=NOW - timedelta(days=2))
    assert plan_of(INVOICES, SourceCursor("s"), Position(old)) == "whole walk: nothing is held yet"


def test_positions_come_back_as_they_were_kept() -> None:
    walk = Walk(Way.SORTED, 3, NOW, NOW, NOW, is_resumed=True)
    kept = Position(walk, {"filter": "ignored"}, NOW, 700)
    assert position(kept.as_json()) == kept
    assert position("{") == position(None) == position('{"walk": {"way": "?"}}') == Position()
    assert allowance("[]") == Allowance()
    assert Allowance("a", 5, "1").on("a").used == 5
    assert Allowance("a", 5, "1").on("b") == Allowance("b", 0, "1")


def test_filters_and_sortings_that_are_passed_over_are_noticed() -> None:
    since = NOW - timedelta(hours=1)
    old = row(1, since - timedelta(seconds=1))
    by_filter, by_sort = Walk(Way.FILTER, since=since), Walk(Way.SORTED, since=since)
    assert decide.not_honoured(by_filter, page(row(1, since))) is None
    assert "ignored" in str(decide.not_honoured(by_filter, page(old)))
    assert decide.not_honoured(by_sort, page(row(1), old, sort_column="last_modified_time")) is None
    assert "ignored" in str(decide.not_honoured(by_sort, page(row(1), sort_column="name")))
    assert "ignored" in str(decide.not_honoured(by_sort, page(row(1), sort_order="A")))
    assert "do not come" in str(decide.not_honoured(by_sort, page(old, row(1))))
    assert "do not come" in str(decide.not_honoured(by_sort, page(row(1, None))))
    assert decide.not_honoured(Walk(Way.WHOLE), page(old)) is None
    assert decide.narrowed(page(applied_filter="Status.All")) is None
    assert "Status.Active" in str(decide.narrowed(page(applied_filter="Status.Active")))


def test_a_sorted_walk_stops_at_the_first_old_row() -> None:
    walk = Walk(Way.SORTED, since=NOW)
    old = row(2, NOW - timedelta(seconds=1))
    kept, ends = decide.fresh(walk, page(row(1), old, more=True))
    assert (kept.rows, ends) == ((row(1),), True)
    assert decide.fresh(walk, page(row(1), more=True))[1] is False
    assert decide.fresh(Walk(Way.WHOLE), page(old, more=True)) == (page(old, more=True), False)


def test_a_list_that_goes_round_is_left() -> None:
    decide.circle(page(row(1), page=1), 1, ())
    with pytest.raises(Fatal, match="page 1 when it was asked for page 2"):
        decide.circle(page(row(1), page=1), 2, ())
    with pytest.raises(Fatal, match="circle"):
        decide.circle(page(row(1), more=True), 2, {"1"})
    decide.circle(page(row(1)), 2, {"1"})  # the last page may begin with a row that moved


def test_a_page_is_compared_with_what_is_held() -> None:
    held = {
        "1": HeldRow("{}", "a", counts=True),
        "2": HeldRow("old", "b", counts=True),
        "3": HeldRow("x", "c"),
    }
    changes = decide.page_changes([row(1), row(2), row(4)], ["3", "9"], held)
    assert [one.id for one in changes.upserts] == ["4", "2"]
    assert changes.deletes == ("3",)
    assert changes.touched == {"b"}
    assert (changes.inserted, changes.updated, changes.unchanged) == (1, 1, 1)


@pytest.mark.parametrize(
    ("defaults", "wanted", "chosen"),
    [([True, False], None, "0"), ([True, False], "1", "1"), ([False], None, "0"),
     ([False, False], None, None),
     ([], None, None), ([True], "7", None)],
)  # fmt: skip
def test_the_organisation_is_chosen_or_asked_for(
    defaults: list[bool], wanted: str | None, chosen: str | None
) -> None:
    found = [
        FinanceOrganisation(str(number), f"Org {number}", "USD", is_default=default)
        for number, default in enumerate(defaults)
    ]
    if chosen is not None:
        assert decide.choose(found, wanted, "books").id == chosen
        return
    with pytest.raises(NeedsPerson) as caught:
        decide.choose(found, wanted, "books")
    assert all(one.name in str(caught.value) for one in found)


def test_a_whole_walk_that_meets_little_removes_nothing() -> None:
    assert decide.is_suspicious(10, 400)
    assert not decide.is_suspicious(390, 400)
    assert not decide.is_suspicious(1, 20)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 40), min_size=1, max_size=400))
def test_no_sixty_seconds_see_more_than_ninety_calls(gaps: list[float]) -> None:
    now, free, sent = NOW, None, []
    for gap in gaps:
        now += timedelta(seconds=gap if gap > 30 else 0)
        place = next_place(free, now)
        free = place.next_free
        sent.append(now + timedelta(seconds=place.wait_seconds))
    sent.sort()
    for first, last in zip(sent, sent[90:], strict=False):
        assert last - first >= timedelta(minutes=1) - timedelta(milliseconds=1)


def test_calls_are_refused_for_a_block_the_reserve_and_a_long_queue() -> None:
    later = NOW + timedelta(hours=1)
    assert why_not(PaceState(), NOW) is None
    assert why_not(PaceState(remaining=201, daily=1000, resets_at=later), NOW) is None
    assert why_not(PaceState(remaining=100, daily=1000, resets_at=NOW), NOW) is None, "a new day"
    reserve = why_not(PaceState(remaining=200, daily=1000, resets_at=later), NOW)
    assert reserve is not None
    assert reserve.after_seconds == 3600
    blocked = why_not(PaceState(blocked_until=later), NOW)
    assert blocked is not None
    assert blocked.after_seconds == 3600
    assert why_not(PaceState(wait_seconds=500), NOW) is not None
