"""Order statistics from histograms equal those of a sorted list, however few the buckets."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engines import ranks
from scoring.engines.ranks import Counts, Histogram, ranked
from scoring.rfm import cuts_by_rank

values = st.one_of(
    st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=60),
    st.lists(st.integers(-9, 9), min_size=1, max_size=60),
    st.lists(st.integers(-(10**15), 10**15).map(lambda one: one // 10**13 * 10**13), min_size=1, max_size=60),
)


def truncated(value: int, bits: int) -> int:
    """Whole numbers divided as SQL does it, by its own means."""
    quotient: int = abs(value) // 2**bits
    return quotient if value >= 0 else -quotient


def counted(data: list[int], wanted: Histogram) -> Counts:
    inside = [one for one in data if any(low <= one <= high for low, high in wanted.spans)]
    found = Counter(truncated(one, wanted.bits) for one in inside)
    pairs = list(found.items())
    return np.array([one for one, _ in pairs], np.int64), np.array([n for _, n in pairs], np.int64)


def cuts_of(data: list[int], scores: int) -> tuple[tuple[int, ...], int]:
    search = ranked(min(data), max(data), len(data), scores)
    asked = 0
    try:
        wanted = next(search)
        while True:
            asked += 1
            wanted = search.send(counted(data, wanted))
    except StopIteration as done:
        found: tuple[int, ...] = done.value
        return found, asked


@given(values, st.integers(2, 5), st.sampled_from([4, 16, 4096]), st.sampled_from([0, 5, 50_000]))
@settings(deadline=None, max_examples=300)
def test_cuts_are_those_of_the_sorted_values(data: list[int], scores: int, buckets: int, few: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranks, "BUCKETS", buckets)
        patch.setattr(ranks, "FEW", few)
        found, _ = cuts_of(data, scores)
    assert found == cuts_by_rank(np.array(data, np.int64), scores).values


def test_a_constant_needs_no_question() -> None:
    assert cuts_of([7] * 9, 5) == ((7, 7, 7, 7), 0)


def test_wide_values_take_few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "FEW", 0)
    data = [int(one) for one in np.random.default_rng(3).integers(-(10**17), 10**17, 5_000)]
    assert cuts_of(data, 5)[1] <= 6
