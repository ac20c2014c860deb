"""How early: silences and first alerts against a plain walk through every account's days."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.backtest.silences import SCAN_EVERY, lead_times, silences_of
from scoring.days import day_of
from scoring.leaving.history import History, Integers, States, read_history, states_at

HORIZON, BEGIN, LAST = 60, 150, 400
accounts = st.dictionaries(
    st.sampled_from("ABCDE"), st.sets(st.integers(0, LAST), min_size=1, max_size=12), max_size=5
)


def history_of(days: dict[str, set[int]]) -> History:
    rows = [(name, day_of(day), 100) for name, own in days.items() for day in own]
    frame = pd.DataFrame(
        {
            "account_id": pd.Series([row[0] for row in rows], dtype=object),
            "day": pd.Series([row[1] for row in rows], dtype=object),
            "amount_minor": pd.Series([row[2] for row in rows], dtype="int64"),
        }
    )
    return read_history(frame, day_of(LAST))


def plainly(days: dict[str, set[int]]) -> list[tuple[str, int, int, float]]:
    """Account, first day, length, usual gap of each silence."""
    found = []
    for name, own in sorted(days.items()):
        bought = sorted(own)
        for at in range(2, len(bought)):
            length = (bought[at + 1] if at + 1 < len(bought) else LAST) - bought[at]
            if BEGIN <= bought[at] <= LAST - HORIZON and length > SCAN_EVERY:
                found.append((name, bought[at], length, (bought[at] - bought[0]) / at))
    return found


@given(accounts)
@settings(deadline=None)
def test_silences_are_those_of_a_plain_walk(days: dict[str, set[int]]) -> None:
    history = history_of(days)
    found = silences_of(history, BEGIN, LAST, HORIZON)
    columns = (history.accounts[found.account], found.began, found.length, found.usual_gap)
    assert list(zip(*(one.tolist() for one in columns), strict=True)) == plainly(days)
    assert found.lapsed.tolist() == [length >= HORIZON for _, _, length, _ in plainly(days)]


@given(accounts)
@settings(deadline=None, max_examples=60)
def test_the_first_turn_for_the_worse_alerts(days: dict[str, set[int]]) -> None:
    """Labels: 0 while the silence is shorter than 20 days, 1 until 40, then 2; the last two alert."""
    history = history_of(days)
    silences = silences_of(history, BEGIN, LAST, HORIZON)
    scanned = range(BEGIN, LAST + 1, SCAN_EVERY)

    def labels(day: int) -> tuple[States, Integers]:
        states = states_at(history, day)
        return states, np.searchsorted([20, 40], states.recency, side="right").astype(np.int64)

    own, plain, twice = lead_times(silences, labels, (1, 2), scanned, HORIZON)
    alerts = []
    for _, began, length, gap in plainly(days):
        looked = [day - began for day in scanned if 0 < day - began < min(length, HORIZON)]
        bad = [day for day in looked if day >= 20]
        # One that is bad when it is first looked at turned nowhere yet, but may turn from 1 to 2.
        if looked and looked[0] >= 20:
            bad = [day for day in bad if day >= 40 > looked[0]]
        if bad:
            alerts.append((bad[0], length >= HORIZON, 2 * gap))
    right = [one for one in alerts if one[1]]
    assert (own.alerts, own.right, own.silences) == (len(alerts), len(right), len(plainly(days)))
    assert (plain.own, twice.own) == (False, False)
    if right:
        median = float(np.median([day for day, _, _ in right]))
        assert own.median_day == median
        assert own.median_ahead == pytest.approx(np.median([due - day for day, _, due in right]))
        assert own.median_notice == np.median([HORIZON - day for day, _, _ in right])
        assert plain.rule == f"{round(median)} days of silence"


def test_rules_that_never_alert_say_nothing() -> None:
    history = history_of({"A": {100, 130, 160}})
    silences = silences_of(history, BEGIN, LAST, HORIZON)

    def fine(day: int) -> tuple[States, Integers]:
        states = states_at(history, day)
        return states, np.zeros(len(states), dtype=np.int64)

    own, plain, twice = lead_times(silences, fine, (1,), range(BEGIN, LAST, SCAN_EVERY), HORIZON)
    assert (own.alerts, own.precision, own.recall, own.median_day) == (0, None, 0.0, None)
    assert (plain.rule, plain.alerts, plain.right) == ("30 days of silence", 1, 1)
    # Its gap of 30 days has passed twice only when the horizon is over.
    assert twice.alerts == 0
