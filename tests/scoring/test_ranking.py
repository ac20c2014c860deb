"""The area under the curve against all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.ranking import area_under_curve


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30))
def test_the_area_is_that_of_all_pairs(rows: list[tuple[int, bool]]) -> None:
    scores, outcome = np.array([float(a) for a, _ in rows]), np.array([b for _, b in rows], dtype=bool)
    pairs = [(a > b) + (a == b) / 2 for a in scores[outcome] for b in scores[~outcome]]
    found = area_under_curve(scores, outcome)
    assert found is None if not pairs else found == pytest.approx(sum(pairs) / len(pairs))
