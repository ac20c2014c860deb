"""What a back-test measures with: intervals, the terms of AUC's variance, lists, labels, verdicts."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.backtest.measures import (
    Truths,
    Z,
    auc,
    auc_interval,
    brier,
    calibration_error,
    influence,
    wilson,
)
from scoring.backtest.results import listed
from scoring.backtest.samples import (
    FEWEST,
    Labelled,
    Sample,
    Score,
    difference,
    equal_lists,
    label_shares,
    measured,
)
from scoring.backtest.verdict import judged

DAY = date(2026, 1, 1)
both = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40).filter(
    lambda rows: len({truth for truth, _ in rows}) == 2
)


def sample(happened: Truths, **scores: Score) -> Sample:
    account = np.array([f"A{at}" for at in range(len(happened))], dtype=object)
    return Sample(DAY, DAY + timedelta(days=30), "all", account, happened, scores)


@given(st.integers(1, 200), st.floats(0, 1))
def test_wilson_holds_the_shares_from_which_the_measured_one_is_not_far(shown: int, part: float) -> None:
    right = round(shown * part)
    limits = wilson(right, shown)
    assert limits is not None
    low, high = limits
    assert 0 <= low <= right / shown <= high <= 1
    for edge in {low, high} - {right / shown}:
        far = abs(right / shown - edge) / np.sqrt(edge * (1 - edge) / shown)
        assert far == pytest.approx(Z, rel=1e-6)
    assert wilson(0, 0) is None


@given(st.floats(0, 1), st.integers(1, 500), st.integers(1, 500))
@settings(deadline=None)
def test_the_interval_of_an_area_holds_it_and_is_never_a_point(area: float, true: int, false: int) -> None:
    low, high = auc_interval(area, true, false)
    assert 0 <= low <= area + 1e-9
    assert area - 1e-9 <= high <= 1
    assert high > low
    wider = auc_interval(area, max(true // 2, 1), max(false // 2, 1))
    assert wider[0] <= low + 1e-9
    assert wider[1] >= high - 1e-9


@given(both)
@settings(deadline=None)
def test_influence_is_what_a_row_adds_to_the_area(rows: list[tuple[bool, int]]) -> None:
    truth, score = np.array([one[0] for one in rows]), np.array([float(one[1]) for one in rows])
    area, moved = auc(truth, score), influence(truth, score)
    for at, (mine, value) in enumerate(rows):
        others = score[~truth] if mine else score[truth]
        lower = float((others < value).mean() + (others == value).mean() / 2)
        own = lower if mine else 1 - lower
        assert moved[at] == pytest.approx((own - area) / int((truth == mine).sum()))


def test_a_perfect_predictor_has_perfect_measures() -> None:
    happened = np.arange(60) % 3 == 0
    window = measured(
        sample(happened, oracle=Score(happened.astype(np.float64), own=True, chance=True)), "left"
    )
    (ranking,) = window.rankings
    assert (ranking.auc, ranking.brier, ranking.calibration_error) == (1.0, 0.0, 0.0)
    assert ranking.interval is not None
    assert 0.8 < ranking.interval[0] < 0.99
    assert ranking.interval[1] == 1.0


def test_a_random_predictor_is_no_better_than_a_coin() -> None:
    random = np.random.default_rng(1)
    happened = random.random(4_000) < 0.3
    rules = {"coin": Score(random.random(4_000), own=True), "other coin": Score(random.random(4_000))}
    one = sample(happened, **rules)
    area = measured(one, "left").rankings[0]
    assert area.auc == pytest.approx(0.5, abs=0.03)
    assert area.interval is not None
    assert area.interval[0] < 0.5 < area.interval[1]
    assert judged([one], "coin", "accounts").better is None
    chance = np.full(4_000, happened.mean())
    assert brier(happened, chance) == pytest.approx(happened.mean() * (1 - happened.mean()))
    assert calibration_error(happened, chance) == pytest.approx(0)


@given(both, st.integers(0, 100))
@settings(deadline=None)
def test_lists_of_the_rules_are_as_long_and_right_as_on_average_of_all_ways_to_break_ties(
    rows: list[tuple[bool, int]], seed: int
) -> None:
    random = np.random.default_rng(seed)
    happened, score = np.array([one[0] for one in rows]), np.array([float(one[1]) for one in rows])
    chosen = random.random(len(rows)) < 0.5
    own, rule = equal_lists("label", chosen, happened, {"own": Score(score, own=True), "rule": Score(score)})
    assert (own.shown, own.right, own.wanted) == (chosen.sum(), (chosen & happened).sum(), happened.sum())
    assert rule.shown == own.shown
    shuffled = [random.permutation(len(rows)) for _ in range(200)]
    rights = [
        happened[order[np.argsort(-score[order], kind="stable")]][: own.shown].sum() for order in shuffled
    ]
    assert rule.right == pytest.approx(np.mean(rights), abs=0.5)
    assert (rule.precision is None) == (own.shown == 0)


def test_the_difference_has_the_interval_that_resampling_accounts_gives() -> None:
    random = np.random.default_rng(3)
    samples = []
    for back in range(2):
        left = random.random(600) < 0.4
        one = left + random.normal(0, 1.0, 600)
        scores = {"own": Score(one + random.normal(0, 0.4, 600), own=True), "rule": Score(one - left * 0.3)}
        samples.append(sample(left, **scores))
        assert samples[back].enough
    found = difference(samples, "own", "rule")
    drawn = []
    for _ in range(400):
        rows = random.integers(0, 600, 600)
        areas = [
            auc(one.happened[rows], one.scores["own"].values[rows])
            - auc(one.happened[rows], one.scores["rule"].values[rows])
            for one in samples
        ]
        drawn.append(np.mean(areas))
    assert found.low == pytest.approx(np.quantile(drawn, 0.025), abs=0.01)
    assert found.high == pytest.approx(np.quantile(drawn, 0.975), abs=0.01)


def test_a_verdict_says_who_is_better_and_by_how_much() -> None:
    random = np.random.default_rng(2)
    left = random.random(500) < 0.4
    good, bad = left + random.normal(0, 0.5, 500), left + random.normal(0, 3, 500)
    chosen = good > 0.8
    one = sample(left, risk=Score(good, own=True), recency=Score(bad))
    with_list = Sample(**{**vars(one), "lists": tuple(equal_lists("label X", chosen, left, one.scores))})
    better = judged([with_list], "risk", "accounts that left")
    assert better.better is True
    assert better.sentences[0].startswith(
        "On 1 past day, risk ranked accounts that left better than the best"
    )
    assert better.sentences[1].startswith(f"Of {chosen.sum()} named by label X, ")
    worse = judged(
        [sample(left, risk=Score(bad, own=True), recency=Score(good))], "risk", "accounts that left"
    )
    assert worse.better is False
    assert "recency is the better guide" in worse.sentences[0]


def test_too_few_outcomes_are_too_little_to_say() -> None:
    happened = np.arange(40) < FEWEST - 1
    one = sample(happened, risk=Score(happened.astype(np.float64), own=True), recency=Score(np.zeros(40)))
    window = measured(one, "left")
    assert [ranking.auc for ranking in window.rankings] == [None, None]
    assert window.note == "Too little to say: 9 of 40 left; it takes 10 that did and 10 that did not."
    verdict = judged([one], "risk", "accounts that left")
    assert verdict.better is None
    assert verdict.sentences[0].startswith("There is too little to say")


@given(st.lists(st.tuples(st.sampled_from(["A", "B", "gone", None]), st.booleans()), max_size=30))
def test_shares_of_labels_count_every_account_once(rows: list[tuple[str | None, bool]]) -> None:
    happened = np.array([one for _, one in rows], dtype=np.bool_)
    one = sample(happened)
    labelled = Sample(**{**vars(one), "labels": Labelled([label for label, _ in rows], happened)})
    for share in label_shares([labelled, labelled], ["A", "B"]):
        mine = [truth for label, truth in rows if label == share.label]
        assert (share.accounts, share.happened) == (2 * len(mine), 2 * sum(mine))
        assert share.share == (sum(mine) / len(mine) if mine else None)


def test_a_list_of_nothing_has_no_precision() -> None:
    empty = listed("nothing", 0, 0, 5)
    assert (empty.precision, empty.interval, empty.recall) == (None, None, 0.0)
    assert empty.after(np.zeros(0)).median_days is None
