"""Which channels are made, renewed and dropped, which modules they cover, and what a callback says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.feed_ports import Hint, KeptChannel, LiveChannel
from connector.ports import ModuleDescription
from connector.sync.callbacks import hints_of, read_callback
from connector.sync.feed import (
    CHANNEL_LIFE,
    FeedPlan,
    Reason,
    has_missed,
    is_covered,
    plan_channels,
    worth_a_channel,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL, ELSEWHERE = "https://here.example/zoho/crm", "https://elsewhere.example/in"
MODULES = ("Accounts", "Deals", "Products")
DAY = timedelta(days=1)


def kept(module: str = "Deals", **other: Any) -> KeptChannel:
    given = {"channel_id": "1", "url": URL, "token": "word", "created_at": NOW, "expires_at": NOW + 5 * DAY}
    return KeptChannel(module=module, **{**given, **other})


def live(module: str = "Deals", **other: Any) -> LiveChannel:
    given = {"channel_id": "1", "url": URL, "token": "word", "expires_at": NOW + 5 * DAY}
    return LiveChannel(module=module, **{**given, "events": frozenset({f"{module}.all"}), **other})


def test_all_is_well() -> None:
    plan = plan_channels(["Deals"], [kept()], [live()], URL, NOW)
    assert plan.is_nothing
    assert plan.ends == {"1": NOW + 5 * DAY}


@pytest.mark.parametrize(
    ("mine", "theirs", "reason"),
    [
        (kept(), [], Reason.MISSING),
        (kept(), [live(channel_id="2", url=ELSEWHERE)], Reason.MISSING),
        (kept(), [live("Accounts")], Reason.MISSING),
        (kept(url=ELSEWHERE), [live(url=ELSEWHERE)], Reason.ADDRESS),
        (kept(), [live(url=ELSEWHERE)], Reason.ADDRESS),
        (kept(), [live(token="another")], Reason.TOKEN),
        (kept(token=None), [live()], Reason.UNREADABLE),
        (kept(), [live(events=frozenset({"Deals.create", "Deals.edit"}))], Reason.EVENTS),
    ],
)
def test_a_channel_that_is_wrong_is_replaced(
    mine: KeptChannel, theirs: list[LiveChannel], reason: Reason
) -> None:
    plan = plan_channels(["Deals"], [mine], theirs, URL, NOW)
    assert plan.make == {"Deals": reason}
    assert plan.renew == ()
    assert plan.drop == {one.channel_id for one in theirs if one.channel_id == "1"}


@pytest.mark.parametrize(
    "theirs",
    [
        live(token=None),
        live(events=frozenset()),
        live(events=frozenset({"Deals.create", "Deals.edit", "Deals.delete"})),
        live(expires_at=None),
    ],
)
def test_what_zoho_leaves_out_is_no_fault(theirs: LiveChannel) -> None:
    assert plan_channels(["Deals"], [kept()], [theirs], URL, NOW).is_nothing


@pytest.mark.parametrize(("left", "renewed"), [(25, False), (24, True), (1, True), (-1, True)])
def test_a_channel_is_renewed_when_a_day_is_left(left: int, renewed: bool) -> None:
    end = NOW + timedelta(hours=left)
    plan = plan_channels(["Deals"], [kept(expires_at=end)], [live(expires_at=end)], URL, NOW)
    assert bool(plan.renew) is renewed
    assert not plan.make


def test_what_is_not_mapped_any_more_is_dropped_and_strangers_are_left_alone() -> None:
    strangers = [live(channel_id="8", url=ELSEWHERE), live("Accounts", channel_id="9", url=ELSEWHERE)]
    orphan = live(channel_id="7")  # at our address, but of a database that is gone
    plan = plan_channels([], [kept()], [live(), orphan, *strangers], URL, NOW)
    assert plan.drop == {"1", "7"}
    assert plan.forget == {"1"}


def channels_of(kind: type[Any], **more: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        kind,
        channel_id=st.sampled_from(["1", "2", "3", "4"]),
        module=st.sampled_from(MODULES),
        url=st.sampled_from([URL, ELSEWHERE]),
        token=st.sampled_from(["word", "another", None]),
        expires_at=st.none() | st.integers(-2, 7).map(lambda days: NOW + days * DAY),
        **more,
    )


def carried_out(
    plan: FeedPlan, mine: list[KeptChannel], theirs: list[LiveChannel]
) -> tuple[list[KeptChannel], list[LiveChannel]]:
    """What we and Zoho have after a plan was carried out."""
    end = NOW + CHANNEL_LIFE
    made = {module: f"9{number}" for number, module in enumerate(plan.make)}
    renewed = {one.channel_id for one in plan.renew}
    gone = plan.drop | plan.forget
    ours = [one for one in mine if one.module not in made and one.channel_id not in gone]
    theirs = [
        replace(one, expires_at=end) if one.channel_id in renewed else one
        for one in theirs
        if one.channel_id not in plan.drop
    ]
    ours += [kept(module, channel_id=one, expires_at=end) for module, one in made.items()]
    theirs += [live(module, channel_id=one, expires_at=end) for module, one in made.items()]
    return ours, theirs


@settings(max_examples=100)
@given(
    st.sets(st.sampled_from(MODULES)),
    st.lists(
        channels_of(KeptChannel, created_at=st.just(NOW)),
        unique_by=(lambda c: c.module, lambda c: c.channel_id),
    ),
    st.lists(channels_of(LiveChannel), unique_by=lambda c: c.channel_id),
)
def test_a_plan_once_carried_out_leaves_nothing_to_do(
    wanted: set[str], mine: list[KeptChannel], theirs: list[LiveChannel]
) -> None:
    plan = plan_channels(wanted, mine, theirs, URL, NOW)
    assert set(plan.make) <= wanted
    assert not {one.channel_id for one in plan.renew} & plan.drop
    known = {one.channel_id for one in mine}
    assert all(one.url == URL or one.channel_id in known for one in theirs if one.channel_id in plan.drop)
    ours, live_then = carried_out(plan, mine, theirs)
    again = plan_channels(wanted, ours, live_then, URL, NOW)
    assert again.is_nothing
    assert {one.module for one in ours} >= wanted
    assert plan_channels(set(), ours, live_then, URL, NOW).make == {}


def test_a_module_is_covered_when_its_channel_lives_and_zoho_was_heard_at_the_address() -> None:
    heard = kept("Accounts", channel_id="2", heard_at=NOW - DAY)
    assert is_covered("Deals", [kept(), heard], NOW)
    assert not is_covered("Deals", [kept()], NOW)
    assert not is_covered("Products", [kept(), heard], NOW)
    assert not is_covered("Deals", [kept(expires_at=NOW), heard], NOW)
    assert not is_covered("Deals", [kept(expires_at=None), heard], NOW)
    assert not is_covered("Deals", [kept(token=None), heard], NOW)
    assert not is_covered("Deals", [kept(url=ELSEWHERE), heard], NOW)


def test_a_module_whose_callbacks_were_lost_is_polled_until_one_comes() -> None:
    heard = kept("Accounts", channel_id="2", heard_at=NOW)
    doubted = kept(heard_at=NOW - 2 * DAY, missed_at=NOW - DAY)
    assert not is_covered("Deals", [doubted, heard], NOW)
    assert is_covered("Deals", [kept(heard_at=NOW, missed_at=NOW - DAY)], NOW)
    assert not is_covered("Deals", [kept(missed_at=NOW - DAY), heard], NOW)


@pytest.mark.parametrize(
    ("heard", "polled", "changes", "missed"),
    [
        (None, NOW - DAY, 3, True),
        (NOW - 2 * DAY, NOW - DAY, 3, True),
        (NOW - DAY / 2, NOW - DAY, 3, False),
        (None, NOW - DAY, 0, False),
        (NOW, None, 3, False),
        (None, None, 1, True),
    ],
)
def test_callbacks_are_missed_when_a_poll_finds_what_none_told(
    heard: datetime | None, polled: datetime | None, changes: int, missed: bool
) -> None:
    assert has_missed(kept(heard_at=heard), polled, changes) is missed


def body(**other: Any) -> dict[str, Any]:
    """As the fact sheet has it."""
    return {
        "server_time": 1718115953625,
        "query_params": {},
        "module": "Leads",
        "resource_uri": "https://www.zohoapis.com/crm/v2/Leads",
        "ids": ["5725767000003000010"],
        "affected_fields": [{"5725767000003000010": ["Mobile"]}],
        "operation": "update",
        "channel_id": "1000000068001",
        "token": "word",
    } | other


def test_a_callback_is_read() -> None:
    callback = read_callback(body())
    assert callback is not None
    assert (callback.channel_id, callback.module, callback.token) == ("1000000068001", "Leads", "word")
    assert hints_of(callback) == (Hint("Leads", "5725767000003000010", "update", frozenset({"Mobile"})),)
    assert "word" not in repr(callback)


def test_what_may_differ_is_tolerated() -> None:
    callback = read_callback(
        body(channel_id=1000000068001, ids=[7, "7", "x", None, True, "8"], token=None, operation="merge")
    )
    assert callback is not None
    assert (callback.channel_id, callback.token, callback.operation) == ("1000000068001", "", "")
    assert callback.ids == ("7", "8")
    assert callback.ignored == 3


@pytest.mark.parametrize("without", ["channel_id", "module", "ids"])
def test_what_lacks_the_main_things_is_no_callback(without: str) -> None:
    assert read_callback({name: value for name, value in body().items() if name != without}) is None


def test_our_own_echo_is_left_out() -> None:
    own = frozenset({"RFM_Label", "RFM_Score"})
    affected = [{"1": ["RFM_Label"]}, {"2": ["RFM_Label", "Stage"]}, {"3": []}]
    callback = read_callback(body(ids=["1", "2", "3", "4"], affected_fields=affected))
    assert callback is not None
    assert [one.record_id for one in hints_of(callback, own)] == ["2", "3", "4"]
    inserted = read_callback(body(ids=["1"], affected_fields=affected, operation="insert"))
    assert inserted is not None
    assert [one.record_id for one in hints_of(inserted, own)] == ["1"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(sorted(body())), json_values) | json_values)
def test_whatever_is_posted_never_raises(posted: Any) -> None:
    whole = body() | posted if isinstance(posted, dict) else posted
    callback = read_callback(whole)
    if callback is not None:
        assert all(one.isdigit() for one in callback.ids)
        assert {one.record_id for one in hints_of(callback, frozenset({"Mobile"}))} <= set(callback.ids)


def test_modules_without_a_role_are_told_of_where_zoho_does_so() -> None:
    described = [
        ModuleDescription("Leads", "Leads", "default", readable=True),
        ModuleDescription("Visits", "Visits", "custom", readable=True),
        ModuleDescription("Hidden", "Hidden", "custom", readable=False),
        ModuleDescription("Notes", "Notes", "default", readable=True),
        ModuleDescription("Quoted_Items", "Quoted Items", "subform", readable=True),
        ModuleDescription("Deals_X_Visits", "Visits", "linking", readable=True),
    ]
    also = [one.api_name for one in described]
    assert worth_a_channel(["Deals"], [*also, "Deals"], described) == ("Deals", "Leads", "Visits")
    assert worth_a_channel(["Deals"], also, ()) == ("Deals", *also)
