"""What was said on a past day beside what happened: measured, and compared with simple rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.backtest.measures import (
    Floats,
    Truths,
    Z,
    auc,
    auc_interval,
    brier,
    calibration_error,
    influence,
    precision_at,
    wilson,
)
from scoring.backtest.results import LabelShare, Listed, Ranking, Window, listed

# With fewer that it happened to, or did not happen to, one account more or less moves every figure.
FEWEST = 10
Names = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Score:
    """A number for each row, the higher the likelier. ``chance``: whether it is a probability."""

    values: Floats
    own: bool = False
    chance: bool = False


@dataclass(frozen=True)
class Sample:
    """A day and a group: rows, each of an account, with what each score said and what happened.

    ``lists`` were made of these rows already; ``labels`` has a label for each account or is None.
    """

    day: date
    until: date
    group: str
    account: Names
    happened: Truths
    scores: Mapping[str, Score]
    lists: tuple[Listed, ...] = ()
    labels: Labelled | None = None

    @property
    def enough(self) -> bool:
        """Whether it happened, and did not happen, often enough to say something."""
        true = int(self.happened.sum())
        return min(true, len(self.happened) - true) >= FEWEST

    def part(self, group: str, kept: Truths, lists: tuple[Listed, ...] = ()) -> Sample:
        """Some of the rows, without labels."""
        scores = {name: Score(one.values[kept], one.own, one.chance) for name, one in self.scores.items()}
        return Sample(self.day, self.until, group, self.account[kept], self.happened[kept], scores, lists)


@dataclass(frozen=True)
class Labelled:
    """The label of each account of a sample, and whether it happened to that account."""

    label: Sequence[str | None]
    happened: Truths


def measured(sample: Sample, what: str) -> Window:
    """A sample as figures; ``what`` happened is for the sentence that says that there are too few."""
    true = int(sample.happened.sum())
    note = "" if sample.enough or not len(sample.happened) else _too_few(true, len(sample.happened), what)
    return Window(
        day=sample.day,
        until=sample.until,
        group=sample.group,
        accounts=len(pd.unique(sample.account)),
        rows=len(sample.account),
        happened=true,
        rankings=tuple(_ranking(name, one, sample) for name, one in sample.scores.items()),
        lists=sample.lists,
        note=note,
    )


def equal_lists(name: str, chosen: Truths, happened: Truths, scores: Mapping[str, Score]) -> Iterator[Listed]:
    """The list of the technique, and one of as many by each simple rule: of its highest values."""
    count, wanted = int(chosen.sum()), int(happened.sum())
    yield listed(name, float((chosen & happened).sum()), count, wanted, own=True)
    for rule, one in scores.items():
        if not one.own:
            precision = precision_at(happened, one.values, count) if count else 0.0
            yield listed(rule, precision * count, count, wanted)


def label_shares(samples: Sequence[Sample], names: Sequence[str]) -> tuple[LabelShare, ...]:
    """To how many accounts of each label it happened, over all samples with labels; no label comes last."""
    counted: dict[str | None, list[int]] = {name: [0, 0] for name in (*names, None)}
    for one in (sample.labels for sample in samples if sample.labels is not None):
        for name, sums in counted.items():
            mine = np.array([each == name for each in one.label], dtype=np.bool_)
            sums[0] += int(mine.sum())
            sums[1] += int((mine & one.happened).sum())
    return tuple(
        LabelShare(name, many, some, some / many if many else None, wilson(some, many))
        for name, (many, some) in counted.items()
        if name is not None or many
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much one score's AUC is above another's, mean over days, with its 95 % interval."""

    own: float
    other: float
    low: float
    high: float

    @property
    def better(self) -> bool | None:
        """None where chance explains the difference."""
        if self.low <= 0 <= self.high:
            return None
        return self.low > 0


def difference(samples: Sequence[Sample], own: str, other: str) -> Difference:
    """Compare two scores over samples that all have enough.

    An account of several days, or with several rows, counts as one: its terms of DeLong's variance are added
    up before they are squared (Obuchowski 1997).
    """
    areas = [[auc(one.happened, one.scores[name].values) for name in (own, other)] for one in samples]
    moved = np.concatenate([_moved(one, own) - _moved(one, other) for one in samples])
    place, _ = pd.factorize(np.concatenate([one.account for one in samples]))
    together = np.bincount(place, moved / len(samples))
    half = Z * float(np.sqrt((together**2).sum()))
    first, second = (float(one) for one in np.mean(areas, axis=0))
    return Difference(first, second, first - second - half, first - second + half)


def _moved(sample: Sample, name: str) -> Floats:
    return influence(sample.happened, sample.scores[name].values)


def _ranking(name: str, score: Score, sample: Sample) -> Ranking:
    if not sample.enough:
        return Ranking(name, score.own, None, None)
    happened, true = sample.happened, int(sample.happened.sum())
    area = auc(happened, score.values)
    fits = (
        (brier(happened, score.values), calibration_error(happened, score.values))
        if score.chance
        else (None, None)
    )
    return Ranking(name, score.own, area, auc_interval(area, true, len(happened) - true), *fits)


def _too_few(true: int, many: int, what: str) -> str:
    found = f"{true:,} of {many:,} {what}"
    return f"Too little to say: {found}; it takes {FEWEST} that did and {FEWEST} that did not."
