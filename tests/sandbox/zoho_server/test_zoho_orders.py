"""The order of rows that are computed, hidden and kept, against a sorted list."""

from __future__ import annotations

from bisect import bisect_left

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.zoho.draws import numbers
from sandbox.zoho.ordering import Chosen, Key, Order
from sandbox.zoho.placement import ByCreated, ById, ByModified, Placement, Span

FIRST_ID = 10**12
ONE, OTHER = Span(1_000_000, 9_000_000), Span(9_000_000, 30_000_000)
sizes = st.sampled_from([0, 1, 7, 8, 9, 64, 65, 333]) | st.integers(0, 700)


def placement(count: int, *, overlapping: bool) -> Placement:
    return Placement(count, FIRST_ID, ONE, ONE if overlapping else OTHER)


@settings(max_examples=60)
@given(sizes, st.booleans())
def test_a_record_is_found_by_id_and_by_place(count: int, overlapping: bool) -> None:
    place = placement(count, overlapping=overlapping)
    keys = []
    for number in range(count):
        assert place.number(place.identity(number)) == number
        assert place.number_at(place.modified_place(number)) == number
        assert place.created(number) <= place.modified(number) <= place.modified_span.end
        keys.append((place.modified(number), place.identity(number)))
    order = ByModified(place)
    assert order.ids(0, count) == [identity for _, identity in sorted(keys)]
    assert [order.rank(key) for key in sorted(keys)] == list(range(count))
    assert ById(place).ids(0, count) == sorted(identity for _, identity in keys)
    assert place.number(FIRST_ID - 1) is None
    assert place.number(place.identity(count)) is None


def test_the_latest_id_is_not_the_latest_modification() -> None:
    place = Placement(50_000, FIRST_ID, ONE, ONE)
    by_time = ByModified(place).ids(0, 50_000)
    assert by_time != sorted(by_time)
    times = [place.modified_at(at) for at in range(50_000)]
    assert any(times[at : at + 100] == [times[at]] * 100 for at in range(0, 50_000, 100)), (
        "an import's second"
    )


@settings(max_examples=60)
@given(st.data())
def test_an_order_is_what_a_sorted_list_is(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 60))
    place = placement(count, overlapping=True)
    order = Order(ByModified(place))
    kept: set[Key] = set()
    model = sorted((place.modified(number), place.identity(number)) for number in range(count))
    free = list(range(count))
    times = st.integers(ONE.start, ONE.end) | st.sampled_from([key[0] for key in model] or [1])
    for _ in range(data.draw(st.integers(0, 40))):
        action = data.draw(st.sampled_from(["add", "hide", "drop"]))
        if action == "add":
            key = (data.draw(times), data.draw(st.integers(0, 2 * FIRST_ID)))
            if key not in model:
                order.add(key)
                kept.add(key)
                model.insert(bisect_left(model, key), key)
        elif action == "hide" and free:
            number = free.pop(data.draw(st.integers(0, len(free) - 1)))
            order.hide(place.modified_place(number))
            model.remove((place.modified(number), place.identity(number)))
        elif action == "drop" and kept:
            key = data.draw(st.sampled_from(sorted(kept)))
            order.drop(key)
            kept.discard(key)
            model.remove(key)
    ids = [key[-1] for key in model]
    start = data.draw(st.integers(0, len(model)))
    stop = data.draw(st.integers(start, len(model) + 3))
    assert len(order) == len(model)
    assert order.ids(start, stop) == ids[start:stop]
    probe = (data.draw(times), data.draw(st.integers(0, 2 * FIRST_ID)))
    assert order.rank(probe) == bisect_left(model, probe)
    descending = data.draw(st.booleans())
    window, chosen = order.window(descending=descending), Chosen(model, descending)
    assert (
        window.ids(start, stop) == chosen.ids(start, stop) == (ids[::-1] if descending else ids)[start:stop]
    )
    for key in [probe, *model[:3]]:
        assert window.past(key) == chosen.past(key)
    later = order.window(probe)
    assert later.ids(0, len(later)) == [key[-1] for key in model if key > probe]


def test_creation_goes_with_ids() -> None:
    place = placement(300, overlapping=True)
    order = ByCreated(place)
    assert order.ids(5, 9) == ById(place).ids(5, 9)
    assert order.rank((place.created(7), place.identity(7))) == 7


@given(st.integers(0, 2**70), st.text(max_size=5), st.integers(1, 1000))
def test_draws_depend_on_seed_name_and_index_alone(seed: int, name: str, below: int) -> None:
    import numpy as np

    index = np.arange(50, dtype=np.int64)
    drawn = numbers(seed, name, index, below).tolist()
    assert drawn[30:] == numbers(seed, name, index[30:], below).tolist()
    assert 0 <= min(drawn) <= max(drawn) < below
