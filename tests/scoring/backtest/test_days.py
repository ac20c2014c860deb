"""Which past days can be tried, and the sentence for each that cannot."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.backtest.days import FEWEST_KNOWN_DAYS, NotMeasurableError, chosen_days
from scoring.criteria.periods import Today

NOW = Today(date(2026, 6, 30), fiscal_year_starts=4)
FIRST = date(2023, 1, 1)


@given(st.integers(7, 730), st.integers(0, 3_000))
def test_every_day_has_something_before_it_and_everything_after_it(horizon: int, known: int) -> None:
    first = NOW.day - timedelta(days=known)
    needed = max(FEWEST_KNOWN_DAYS, horizon) + horizon + 1
    if known < needed:
        with pytest.raises(NotMeasurableError, match=f"go back {known} days, to {first}.*takes {needed}"):
            chosen_days(first, NOW, horizon)
        return
    trial = chosen_days(first, NOW, horizon)
    assert 1 <= len(trial.days) <= 4
    assert list(trial.days) == sorted(set(trial.days))
    assert trial.until(trial.days[-1]) == NOW.day - timedelta(days=1)
    assert (trial.days[0] - first).days >= max(FEWEST_KNOWN_DAYS, horizon)
    assert {(b - a).days for a, b in zip(trial.days, trial.days[1:], strict=False)} <= {91}
    assert trial.on(trial.days[0]) == Today(trial.days[0], 4, NOW.zone)


def test_wanted_days_are_taken_in_order_and_once() -> None:
    wanted = [date(2025, 4, 1), date(2025, 1, 1), date(2025, 4, 1)]
    assert chosen_days(FIRST, NOW, 90, wanted).days == (date(2025, 1, 1), date(2025, 4, 1))
    assert len(chosen_days(FIRST, NOW, 90, 6).days) == 6


@pytest.mark.parametrize(
    ("horizon", "wanted", "sentence"),
    [
        (90, [date(2026, 7, 1)], "2026-07-01 is not over yet; days up to 2026-03-31 can be tried"),
        (90, [date(2026, 6, 30)], "2026-06-30 is not over yet"),
        (90, [date(2026, 4, 2)], "What follows 2026-04-02 is not known yet: its 90 days end on 2026-07-01"),
        (90, [date(2023, 1, 9)], "Too little was known on 2023-01-09.*days from 2023-04-01 on"),
        (90, [], "Name 1 to 40 days"),
        (90, 0, "0 days cannot be tried; take 1 to 40"),
        (90, 41, "41 days cannot be tried"),
        (400, 5, "do not go back far enough for 5 days a quarter apart; "),
        (3, None, "A horizon of 3 days cannot be tried; take 7 to 730"),
        (731, None, "A horizon of 731 days"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    horizon: int, wanted: int | list[date] | None, sentence: str
) -> None:
    with pytest.raises(NotMeasurableError, match=sentence):
        chosen_days(FIRST if horizon != 400 else date(2024, 1, 1), NOW, horizon, wanted)


@pytest.mark.parametrize("first", [None, date(2027, 1, 1)])
def test_without_a_purchase_there_is_nothing_to_try(first: date | None) -> None:
    with pytest.raises(NotMeasurableError, match="no purchase that counts yet"):
        chosen_days(first, NOW, 90)
