"""Whether a technique beats the simple rules, in sentences that say no more than the numbers do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scoring.backtest.results import Listed
from scoring.backtest.samples import Difference, Sample, difference


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentences, and whether the technique ranks better than the best simple rule; None: no telling."""

    better: bool | None
    sentences: tuple[str, ...]


def judged(samples: Sequence[Sample], own: str, happened: str) -> Verdict:
    """Compare the technique's own score with each simple rule, and its list with lists of equal length.

    Args:
        samples: of one group, day by day.
        own: the name of the technique's score.
        happened: who or what is ranked: "accounts that …".
    """
    enough = [one for one in samples if one.enough]
    if not enough:
        sentence = "There is too little to say whether the technique beats the simple rules."
        return Verdict(None, (sentence, *_of_lists(samples)))
    rules = [name for name, one in enough[0].scores.items() if not one.own]
    compared = {name: difference(enough, own, name) for name in rules}
    best = max(compared, key=lambda name: compared[name].other)
    found = compared[best]
    sentence = f"{_days(len(enough))}, {_compared(own, best, happened, found)}"
    return Verdict(found.better, (sentence, *_of_lists(samples)))


def _compared(own: str, best: str, happened: str, found: Difference) -> str:
    apart = found.own - found.other
    figures = (
        f"AUC {found.own:.3f} against {found.other:.3f}, difference {apart:+.3f} "
        f"({found.low:+.3f} to {found.high:+.3f})"
    )
    ranked = f"{own} ranked {happened}"
    if found.better is None:
        return f"{ranked} neither better nor worse, as far as one can tell, than {best}: {figures}."
    if found.better:
        return f"{ranked} better than the best simple rule, {best}: {figures}."
    return f"{ranked} worse than {best}: {figures}. Until that changes, {best} is the better guide."


def _of_lists(samples: Sequence[Sample]) -> Iterator[str]:
    """One sentence about each list of the technique beside the best one of equal length, days together."""
    totals: dict[str, list[Listed]] = {}
    for one in (listed for sample in samples for listed in sample.lists):
        totals.setdefault(one.name, []).append(one)
    rules = {name: _precision(lists) for name, lists in totals.items() if not lists[0].own}
    shown = next((lists for lists in totals.values() if lists[0].own), [])
    count = sum(one.shown for one in shown)
    if not count or not rules:
        return
    best = max(rules, key=lambda name: rules[name])
    found = f"Of {count:,} named by {shown[0].name}, {_precision(shown):.1%} were right"
    yield f"{found}; as many named by {best}: {rules[best]:.1%}."


def _precision(lists: Sequence[Listed]) -> float:
    return sum(one.right for one in lists) / max(sum(one.shown for one in lists), 1)


def _days(count: int) -> str:
    return "On 1 past day" if count == 1 else f"On {count} past days"
