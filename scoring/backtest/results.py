"""What a back-test found, as values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.backtest.measures import Interval, wilson


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well a number puts those it happened to before the others.

    Attributes:
        name: of the number.
        own: whether it is the technique's; the others are simple rules to compare with.
        auc: with its 95 % interval; None when too few are there.
        brier, calibration_error: None of what is no chance.
    """

    name: str
    own: bool
    auc: float | None
    interval: Interval | None
    brier: float | None = None
    calibration_error: float | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of so many that were named: how many of them it happened to, of all that it happened to.

    ``right`` is a fraction where the list ends within a tie. ``median_days`` until it happened, of the right
    ones.
    """

    name: str
    own: bool
    shown: int
    right: float
    wanted: int
    precision: float | None
    interval: Interval | None
    recall: float | None
    median_days: float | None = None

    def after(self, days: npt.NDArray[np.float64]) -> Listed:
        """The same list with the days until each of the right ones happened."""
        return replace(self, median_days=float(np.median(days)) if len(days) else None)


@dataclass(frozen=True, slots=True)
class Window:
    """One past day and the time after it.

    Attributes:
        day: what was known by its end was scored.
        until: the last day that was looked at afterwards.
        group: of whom or of what.
        accounts: how many accounts, with how many ``rows`` (pairs with a product; otherwise the same).
        happened: to how many of the rows.
        note: why nothing can be said; empty otherwise.
    """

    day: date
    until: date
    group: str
    accounts: int
    rows: int
    happened: int
    rankings: tuple[Ranking, ...]
    lists: tuple[Listed, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class LabelShare:
    """To how many of a label's accounts it happened, all days together."""

    label: str | None
    accounts: int
    happened: int
    share: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How early a rule alerted inside the silences of accounts with a known rhythm; see ``silences``.

    Attributes:
        rule: what alerted.
        own: whether it is the technique's.
        silences, lapses: how many there were, and how many of them went on for the horizon.
        alerts, right: of silences, and of lapses among them.
        median_day: of the silence on which the right alerts came.
        median_ahead: days from the right alerts to the day on which the account's usual gap has passed
            twice; negative when that day was over.
        median_notice: days from the right alerts to the end of the horizon, when the account counts as lost.
    """

    rule: str
    own: bool
    silences: int
    lapses: int
    alerts: int
    right: int
    precision: float | None
    recall: float | None
    median_day: float | None
    median_ahead: float | None
    median_notice: float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """Everything about one segmentation.

    Attributes:
        happened: the outcome as the end of a sentence: "accounts that …".
        better: whether the technique ranks better than the best simple rule; None: no telling.
        verdict: sentences.
        warnings: sentences about what makes the figures say little.
    """

    technique: str
    segmentation: str
    horizon_days: int
    happened: str
    windows: tuple[Window, ...]
    labels: tuple[LabelShare, ...]
    lead_times: tuple[LeadTime, ...]
    better: bool | None
    verdict: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """JSON values."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def backtest_from(stored: Mapping[str, Any]) -> Backtest:
    """Read a back-test back from its JSON form."""
    windows = (_window_from(one) for one in stored["windows"])
    parts = {
        "windows": tuple(windows),
        "labels": tuple(LabelShare(**_with_interval(one)) for one in stored["labels"]),
        "lead_times": tuple(LeadTime(**one) for one in stored["lead_times"]),
        "verdict": tuple(stored["verdict"]),
        "warnings": tuple(stored["warnings"]),
    }
    return Backtest(**{**stored, **parts})


def listed(name: str, right: float, shown: int, wanted: int, *, own: bool = False) -> Listed:
    """A list with its shares."""
    return Listed(
        name,
        own,
        shown,
        right,
        wanted,
        right / shown if shown else None,
        wilson(right, shown),
        right / wanted if wanted else None,
    )


def _window_from(stored: Mapping[str, Any]) -> Window:
    parts = {
        "day": date.fromisoformat(stored["day"]),
        "until": date.fromisoformat(stored["until"]),
        "rankings": tuple(Ranking(**_with_interval(one)) for one in stored["rankings"]),
        "lists": tuple(Listed(**_with_interval(one)) for one in stored["lists"]),
    }
    return Window(**{**stored, **parts})


def _with_interval(stored: Mapping[str, Any]) -> dict[str, Any]:
    limits = stored["interval"]
    return {**stored, "interval": None if limits is None else (limits[0], limits[1])}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
