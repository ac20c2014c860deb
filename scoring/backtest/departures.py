"""Who did not buy within the horizon: what a technique said of each account, its labels, and how early."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.backtest.accounts import lower_half, named
from scoring.backtest.baselines import leaving_rules
from scoring.backtest.days import Trial
from scoring.backtest.results import Backtest, LeadTime
from scoring.backtest.samples import Labelled, Sample, Score, equal_lists, label_shares, measured
from scoring.backtest.silences import SCAN_EVERY, lead_times, silences_of
from scoring.backtest.verdict import judged
from scoring.days import day_number, day_of
from scoring.leaving.hazard import sampled
from scoring.leaving.history import History, Integers, States, bought_within

EVERYBODY, REPEATED = "all", "bought more than once"
# Labels are looked at week by week: those of so many accounts at most.
MOST_WATCHED = 20_000


@dataclass(frozen=True)
class Said:
    """What a technique said at the end of a day.

    Attributes:
        states: of the accounts that had bought.
        label: places of their labels, 0 the best; -1 for none.
        scores: the technique's own.
    """

    states: States
    label: Integers
    scores: Mapping[str, Score]


# Scores the accounts of a history as they were at the end of a day.
Sayer = Callable[[int], Said]


@dataclass(frozen=True)
class Technique:
    """A technique that is tried.

    Attributes:
        name, segmentation: of it.
        own: the score that is compared with the rules.
        labels: best first.
        sayer: makes one that knows some accounts only.
        warnings: sentences.
    """

    name: str
    segmentation: str
    own: str
    labels: Sequence[str]
    sayer: Callable[[History], Sayer]
    warnings: tuple[str, ...] = ()


def tried(technique: Technique, history: History, trial: Trial) -> Backtest:
    """Try a technique on every day."""
    happened = f"did not buy within {trial.horizon_days} days"
    say = technique.sayer(history)
    pairs = [_samples(technique, say, history, day_number(day), trial) for day in trial.days]
    everybody = [one for one, _ in pairs]
    verdict = judged(everybody, technique.own, f"accounts that {happened}")
    return Backtest(
        technique=technique.name,
        segmentation=technique.segmentation,
        horizon_days=trial.horizon_days,
        happened=happened,
        windows=tuple(measured(one, happened) for pair in pairs for one in _differing(*pair)),
        labels=label_shares(everybody, technique.labels),
        lead_times=_lead_times(technique, history, trial),
        better=verdict.better,
        verdict=verdict.sentences,
        warnings=(*history.warnings, *technique.warnings),
    )


def _differing(everybody: Sample, repeated: Sample) -> tuple[Sample, ...]:
    """Those who bought more than once are told of where they are not everybody."""
    same = len(everybody.account) == len(repeated.account)
    return (everybody,) if same else (everybody, repeated)


def _samples(
    technique: Technique, say: Sayer, history: History, end: int, trial: Trial
) -> tuple[Sample, Sample]:
    """Everybody, and those who had bought more than once: one purchase alone tells little of a rhythm."""
    said, day = say(end), day_of(end)
    left = ~bought_within(history, said.states, end, trial.horizon_days)
    scores = {**said.scores, **leaving_rules(said.states)}
    alerting = lower_half(technique.labels)
    alerts = np.isin(said.label, alerting)
    name = named(technique.labels, alerting)
    named_labels = [None if place < 0 else technique.labels[place] for place in said.label]
    everybody = Sample(
        day=day,
        until=trial.until(day),
        group=EVERYBODY,
        account=history.accounts[said.states.account],
        happened=left,
        scores=scores,
        lists=tuple(equal_lists(name, alerts, left, scores)),
        labels=Labelled(named_labels, left),
    )
    again = said.states.repeats > 0
    repeated = everybody.part(REPEATED, again)
    lists = tuple(equal_lists(name, alerts[again], repeated.happened, repeated.scores))
    return everybody, everybody.part(REPEATED, again, lists)


def _lead_times(technique: Technique, history: History, trial: Trial) -> tuple[LeadTime, ...]:
    """Of the silences that began between the first and the last day."""
    watched = sampled(history, MOST_WATCHED, seed=0)
    begin, end = day_number(trial.days[0]), day_number(trial.days[-1])
    found = silences_of(watched, begin, end + trial.horizon_days, trial.horizon_days)
    if not len(found.account):
        return ()
    say = technique.sayer(watched)

    def labels_on(day: int) -> tuple[States, Integers]:
        said = say(day)
        return said.states, said.label

    days = range(begin, end + trial.horizon_days + 1, SCAN_EVERY)
    return lead_times(found, labels_on, lower_half(technique.labels), days, trial.horizon_days)
