"""Why a label is what it is, why it changed, and what would bring an account back: plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.label_rules import read_rules
from scoring.labels import label_standings
from scoring.rfm import Cuts, DayBands, Thresholds, score_one
from scoring.rfm_config import RfmSegmentation
from scoring.standing import Standing
from scoring.wording import counted, written_day, written_money

MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class WayBack:
    """The least that would give an account a better label today.

    Attributes:
        label: the label it would have.
        purchases: how many more purchases, at least one.
        spend_minor: what they would be worth together, at least.
    """

    label: str
    purchases: int
    spend_minor: int


def reasons(old: Standing, new: Standing, today: date, currency: str) -> tuple[str, ...]:
    """The two or three facts that moved an account from one standing to another, the account's own first."""
    own = [*_day_reasons(old, new), *_money_reasons(old, new, currency)]
    if not own and old.purchases:
        own = ["Its own purchases did not change; time passed or other accounts moved."]
    scores = sorted(_score_reasons(old, new, today, currency), key=lambda one: -one[0])
    return tuple([*own, *(sentence for _, sentence in scores)][:MOST_REASONS])


def why(
    standing: Standing, thresholds: Thresholds | None, scores: int, today: date, currency: str
) -> tuple[str, ...]:
    """The arithmetic behind an account's scores, one sentence per measure."""
    day = standing.last_purchase
    if day is None or thresholds is None or standing.r is None:
        return ("No purchase counts yet, so there are no scores.",)
    money: Callable[[int], str] = lambda minor: written_money(minor, currency)  # noqa: E731
    bought = f"{written_day(day)}, {_ago((today - day).days)}"
    recency = f"Recency {standing.r} of {scores}: last purchase {bought}"
    frequency = f"Frequency {standing.f} of {scores}: {counted(standing.purchases, 'purchase')}"
    monetary = f"Monetary {standing.m} of {scores}: {money(standing.spend_minor)} in all"
    return (
        f"{recency}{_day_step(thresholds.recency, standing.r, today)}.",
        f"{frequency}{_step(thresholds.frequency, standing.f or 1, str)}.",
        f"{monetary}{_step(thresholds.monetary, standing.m or 1, money)}.",
    )


def account_sentences(
    standing: Standing,
    segmentation: RfmSegmentation,
    thresholds: Thresholds | None,
    catalog: Catalog,
    today: Today,
    currency: str,
    account: Mapping[str, Any],
    target: str | None = None,
) -> tuple[str, ...]:
    """Everything that is told of one account's label: its scores, the label's criteria, what would raise it.

    Args:
        standing: the account now.
        segmentation: how it was scored.
        thresholds: of the run that scored it; None before there was one.
        catalog: the account fields.
        today: the day of the explanation.
        currency: ISO code.
        account: values of the account's fields that the labels' criteria use, by ``Field.name``; scores are
            taken from the standing.
        target: a label to come back to, such as the one before the last change.

    Raises:
        CriteriaError: criteria that do not fit the fields.
        KeyError: the criteria use a field that is not among ``account``.
    """
    sentences = list(why(standing, thresholds, segmentation.scores, today.day, currency))
    when = {label.name: label.when for label in segmentation.labels}
    if standing.label in when:
        sentences.append(f"{standing.label} is for {when[standing.label]}.")
    elif standing.label is None and standing.purchases:
        sentences.append("No label's criteria hold.")
    if thresholds is not None:
        rules = read_rules(segmentation.labels, catalog)
        label_of = partial(label_standings, rules=rules, catalog=catalog, today=today, account=account)
        way = way_back(standing, thresholds, tuple(when), label_of, today.day, target)
        sentences += [written_way_back(way, currency)] if way is not None else []
    return tuple(sentences)


def way_back(
    standing: Standing,
    thresholds: Thresholds,
    labels: Sequence[str],
    label_of: Callable[[Sequence[Standing]], Sequence[str | None]],
    today: date,
    target: str | None = None,
) -> WayBack | None:
    """The least that would give a better label if it were bought today, with everybody else as they are.

    Args:
        standing: the account now.
        thresholds: of the last run.
        labels: best first.
        label_of: the labels that standings of this account would have.
        today: the day of the purchases.
        target: a label to come back to; that or a better one is looked for. None: any better one.

    Returns:
        The cheapest, then the one with the fewest purchases; None when no purchase gives a better label.
    """
    place = {label: rank for rank, label in enumerate(labels)}
    worst = place.get(standing.label or "", len(labels))
    wanted = min(place[target], worst - 1) if target in place and target is not None else worst - 1
    tries = [replace(one, label=None) for one in _purchases_today(standing, thresholds, today)]
    found = [
        (one.spend_minor - standing.spend_minor, one.purchases - standing.purchases, label)
        for one, label in zip(tries, label_of(tries), strict=True)
        if label is not None and place.get(label, len(labels)) <= wanted
    ]
    if not found:
        return None
    spend, purchases, label = min(found, key=lambda one: (one[0], one[1], place[one[2]]))
    return WayBack(label, purchases, spend)


def written_way_back(way: WayBack, currency: str) -> str:
    """One sentence: ``2 more purchases worth at least $12,300 would make it Loyal``."""
    worth = f" worth at least {written_money(way.spend_minor, currency)}" if way.spend_minor else ""
    return f"{counted(way.purchases, 'more purchase')}{worth} would make it {way.label}."


def _purchases_today(standing: Standing, thresholds: Thresholds, today: date) -> Iterator[Standing]:
    """Each way to just reach a higher frequency and monetary score, beginning with one small purchase."""
    more = {standing.purchases + 1, *_within_reach(thresholds.frequency, standing.purchases + 1)}
    worth = {standing.spend_minor, *_within_reach(thresholds.monetary, standing.spend_minor)}
    for purchases in sorted(more):
        for spend in sorted(worth):
            bought = replace(standing, last_purchase=today, purchases=purchases, spend_minor=spend)
            yield score_one(bought, thresholds)


def _within_reach(cuts: Cuts, least: int) -> Iterator[int]:
    for score in range(2, len(cuts.values) + 2):
        value = cuts.least_for(score)
        if value is not None and value >= least:
            yield value


def _day_reasons(old: Standing, new: Standing) -> Iterator[str]:
    before, after = old.last_purchase, new.last_purchase
    if before == after:
        return
    if after is None and before is not None:
        yield f"No purchase counts any more; the last one was on {written_day(before)}."
    elif before is None and after is not None:
        yield f"First purchase that counts: {written_day(after)}."
    elif before is not None and after is not None:
        moved = "moved back" if after < before else "moved on"
        yield f"Last purchase {moved} from {written_day(before)} to {written_day(after)}."


def _money_reasons(old: Standing, new: Standing, currency: str) -> Iterator[str]:
    purchases, spend = new.purchases - old.purchases, new.spend_minor - old.spend_minor
    if purchases < 0 and spend <= 0:
        verb = "no longer counts" if purchases == -1 else "no longer count"
        yield f"{counted(-purchases, 'purchase')} worth {written_money(-spend, currency)} {verb}."
    elif purchases > 0 and spend >= 0:
        yield f"{counted(purchases, 'new purchase')} worth {written_money(spend, currency)}."
    elif purchases or spend:
        parts = []
        if purchases:
            parts.append(f"purchases went from {old.purchases:,} to {new.purchases:,}")
        if spend:
            before, after = written_money(old.spend_minor, currency), written_money(new.spend_minor, currency)
            parts.append(f"spend went from {before} to {after}")
        sentence = " and ".join(parts)
        yield f"{sentence[0].upper()}{sentence[1:]}."


def _score_reasons(old: Standing, new: Standing, today: date, currency: str) -> Iterator[tuple[int, str]]:
    if new.last_purchase is None:
        return
    facts = (
        ("Recency", old.r, new.r, f"last purchase {_ago((today - new.last_purchase).days)}"),
        ("Frequency", old.f, new.f, counted(new.purchases, "purchase")),
        ("Monetary", old.m, new.m, f"{written_money(new.spend_minor, currency)} in all"),
    )
    for name, before, after, fact in facts:
        if before is not None and after is not None and before != after:
            yield abs(after - before), f"{name} score {before} → {after} ({fact})."


def _ago(days: int) -> str:
    return "today" if days <= 0 else "yesterday" if days == 1 else f"{days:,} days ago"


def _step(cuts: Cuts, score: int, write: Callable[[int], str], most: int | None = None) -> str:
    """Where the next score begins, when there is one; cuts that are equal are passed together."""
    if score > len(cuts.values):
        return ""
    least = cuts.least_for(score + 1)
    if least is None or (most is not None and least > most):
        return ""
    return f" ({cuts.score_of(least)} begins at {write(least)})"


def _day_step(recency: Cuts | DayBands, score: int, today: date) -> str:
    if isinstance(recency, Cuts):
        # A day after today cannot be reached: everybody who scores best bought today.
        return _step(recency, score, _written_ordinal, most=today.toordinal())
    better = [(points, -first) for first, _, points in recency.bands if points > score]
    if not better:
        return ""
    points, first = min(better)
    return f" ({points} begins at {_written_ordinal(-first)})"


def _written_ordinal(ordinal: int) -> str:
    return written_day(date.fromordinal(ordinal))
