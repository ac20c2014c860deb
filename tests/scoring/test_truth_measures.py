"""What the truth programs measure with: AUC by counting pairs, calibration, precision among ties, goals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.truth.report import NO_DATA, Goal, data_directory, find_data, goals_table, table
from scoring.backtest.measures import (
    auc,
    brier,
    calibration_error,
    calibration_error_by_count,
    precision_at,
)

outcomes = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30)


@given(outcomes.filter(lambda rows: len({truth for truth, _ in rows}) == 2))
@settings(max_examples=80, deadline=None)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[bool, int]]) -> None:
    pairs = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for truth, high in rows
        if truth
        for other, low in rows
        if not other
    ]
    truth, score = np.array([one[0] for one in rows]), np.array([float(one[1]) for one in rows])
    assert auc(truth, score) == pytest.approx(sum(pairs) / len(pairs))


def test_precision_among_ties_is_their_mean() -> None:
    truth = np.array([True, True, False, False])
    assert precision_at(truth, np.array([3.0, 2.0, 2.0, 1.0]), 2) == 0.75
    assert precision_at(truth, np.array([3.0, 2.0, 1.0, 0.0]), 2) == 1.0
    assert precision_at(truth, np.ones(4), 3) == 0.5


def test_calibration_and_brier_of_chances_that_are_right_and_wrong() -> None:
    truth = np.array([True] * 8 + [False] * 2)
    right, wrong = np.full(10, 0.8), np.full(10, 0.3)
    assert calibration_error(truth, right) == pytest.approx(0)
    assert calibration_error(truth, wrong) == pytest.approx(0.5)
    assert brier(truth, right) == pytest.approx(0.8 * 0.04 + 0.2 * 0.64)
    assert calibration_error_by_count(truth, truth.astype(float)) == 0
    assert calibration_error(truth, truth.astype(float)) == 0


def test_a_goal_is_met_by_the_unrounded_value() -> None:
    assert not Goal("AUC", 0.81, 0.80999).met
    assert Goal("error", 0.03, 0.03, "less").met
    assert "| AUC | ≥ 0.81 | 0.8100 | missed |" in goals_table([Goal("AUC", 0.81, 0.80999)])
    assert table(("a", "b"), [(0.5, None)]) == "| a | b |\n| --- | --- |\n| 0.5000 |  |"


def test_data_is_looked_for_where_it_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELLWETHER_DATA", str(tmp_path))
    (tmp_path / "cdnow").mkdir()
    assert find_data("cdnow") == data_directory("cdnow") == tmp_path / "cdnow"
    assert find_data("other") is None
    with pytest.raises(SystemExit) as ended:
        data_directory("other")
    assert ended.value.code == NO_DATA
    assert "BELLWETHER_DATA" in capsys.readouterr().out
