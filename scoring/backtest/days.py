"""The past days on which the product is tried: pure. A day whose horizon is not over is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scoring.criteria.periods import Today

QUARTER_DAYS = 91
USUAL_DAYS, MOST_DAYS = 4, 40
# Before the first day something has to be known: as long as is looked ahead, and a quarter at least.
FEWEST_KNOWN_DAYS = 90
SHORTEST_HORIZON, LONGEST_HORIZON = 7, 730


class NotMeasurableError(ValueError):
    """The past does not allow what was asked. The sentence says why, and what would be possible."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The past days, oldest first, and how far is looked ahead from each."""

    days: tuple[date, ...]
    horizon_days: int
    today: Today

    def on(self, day: date) -> Today:
        """That day as the run of then knew it."""
        return Today(day, self.today.fiscal_year_starts, self.today.zone)

    def until(self, day: date) -> date:
        """The last day that is looked at after a day."""
        return day + timedelta(days=self.horizon_days)


def chosen_days(
    first: date | None, today: Today, horizon_days: int, wanted: int | Sequence[date] | None = None
) -> Trial:
    """The days to try.

    Args:
        first: the day of the first purchase of all; None without any.
        today: its records are not complete yet: a horizon has to end before it.
        horizon_days: how far is looked ahead.
        wanted: so many, a quarter apart and as late as possible; or these; None: as many as there are, up to
            four.

    Raises:
        NotMeasurableError: a day cannot be tried, or none can.
    """
    if not SHORTEST_HORIZON <= horizon_days <= LONGEST_HORIZON:
        raise NotMeasurableError(
            f"A horizon of {horizon_days} days cannot be tried; take {SHORTEST_HORIZON} to {LONGEST_HORIZON}."
        )
    if first is None or first > today.day:
        raise NotMeasurableError("There is no purchase that counts yet, so there is nothing to try.")
    latest = today.day - timedelta(days=horizon_days + 1)
    earliest = first + timedelta(days=max(FEWEST_KNOWN_DAYS, horizon_days))
    if earliest > latest:
        raise NotMeasurableError(_too_little(first, today.day, horizon_days))
    if wanted is None or isinstance(wanted, int):
        return Trial(_quarterly(earliest, latest, wanted), horizon_days, today)
    for day in wanted:
        _check(day, earliest, latest, today.day, horizon_days)
    if not 0 < len(set(wanted)) <= MOST_DAYS:
        raise NotMeasurableError(f"Name 1 to {MOST_DAYS} days to try.")
    return Trial(tuple(sorted(set(wanted))), horizon_days, today)


def _quarterly(earliest: date, latest: date, wanted: int | None) -> tuple[date, ...]:
    possible = (latest - earliest).days // QUARTER_DAYS + 1
    if wanted is not None and not 0 < wanted <= MOST_DAYS:
        raise NotMeasurableError(f"{wanted} days cannot be tried; take 1 to {MOST_DAYS}.")
    if wanted is not None and wanted > possible:
        days = "1 day can" if possible == 1 else f"{possible} days can"
        raise NotMeasurableError(
            f"The purchases do not go back far enough for {wanted} days a quarter apart; {days} be tried."
        )
    count = min(wanted or USUAL_DAYS, possible)
    return tuple(latest - timedelta(days=QUARTER_DAYS * back) for back in range(count - 1, -1, -1))


def _check(day: date, earliest: date, latest: date, today: date, horizon_days: int) -> None:
    if day >= today:
        raise NotMeasurableError(f"{day} is not over yet; days up to {latest} can be tried.")
    if day > latest:
        ends = day + timedelta(days=horizon_days)
        raise NotMeasurableError(
            f"What follows {day} is not known yet: its {horizon_days} days end on {ends}. "
            f"Days up to {latest} can be tried, or take a shorter horizon."
        )
    if day < earliest:
        raise NotMeasurableError(
            f"Too little was known on {day} to look {horizon_days} days ahead; days from {earliest} on can "
            "be tried."
        )


def _too_little(first: date, today: date, horizon_days: int) -> str:
    needed = max(FEWEST_KNOWN_DAYS, horizon_days) + horizon_days + 1
    return (
        f"The purchases go back {(today - first).days} days, to {first}; looking {horizon_days} days ahead "
        f"takes {needed}. Wait, or take a shorter horizon."
    )
