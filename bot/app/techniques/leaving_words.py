"""What is said of an account that may leave: why its label changed, what would bring it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

from bot.app.config.criteria import label_catalog
from bot.app.techniques.leaving_model import stored
from bot.app.techniques.technique import Evidence, Situation
from bot.app.techniques.waiting import RUNS, WAITING
from scoring.explain import reasons as fact_reasons
from scoring.label_rules import account_fields, read_rules, related_conditions
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.explain import LeavingExplanation, Outlook, explain
from scoring.standing import MEASURE_PARTS, Standing
from scoring.wording import counted, written_day, written_money

MOST_REASONS = 3
_MODELS = {
    "hazard": "what was learned from your own history",
    "mbg_nbd": "a count of purchases (MBG/NBD)",
    "bg_nbd": "a count of purchases (BG/NBD)",
    "recency": "days since the last purchase alone",
}
_GROUPS = {
    "recency": "how long it has been silent",
    "frequency": "how often it buys",
    "age": "how long it has been a customer",
    "rhythm": "its own rhythm",
    "spend": "what it spends",
    "season": "the time of the year",
}
_SOME_EFFECT = 0.1  # of the logarithm of the rate: less than a tenth more or less is not worth a word
_MOST_GROUPS = 3


def reasons(old: Standing, new: Standing, situation: Situation[LeavingSegmentation]) -> tuple[str, ...]:
    """What the account did or did not do, its risk, and the money."""
    return tuple([*_facts(old, new, situation), *_risks(old, new, situation)][:MOST_REASONS])


def explained(
    evidence: Evidence, situation: Situation[LeavingSegmentation], account_id: str, standing: Standing
) -> tuple[str, ...]:
    """The facts behind the risk, what speaks for and against leaving, and what would bring it back."""
    learned = None if situation.learned is None else stored(situation.learned.body)
    if learned is None:
        return ("Nothing is learned yet; the next run will tell.",)
    if learned.model is None:
        return learned.warnings
    segmentation = situation.segmentation
    catalog = label_catalog(segmentation, evidence.catalog())
    rules = read_rules(segmentation.labels, catalog)
    fields, related = account_fields(rules, catalog), related_conditions(rules, catalog)
    part = evidence.accounts("", fields, related, only=[account_id])
    history = evidence.purchase_days(segmentation, only=[account_id]).history
    if not len(part.ids) or not len(history.accounts):
        return ("No purchase counts yet, so there is no risk to tell.",)
    columns = part.frame if len(part.frame.columns) else None
    found = explain(history, learned.model, segmentation, account_id, situation.today, columns, catalog)
    if found is None:
        return ("No purchase counts yet, so there is no risk to tell.",)
    return (
        *_present(found, situation.currency),
        *_why(found),
        *_label(segmentation, standing),
        *_outlooks(found, standing.label),
    )


def _facts(old: Standing, new: Standing, situation: Situation[LeavingSegmentation]) -> Iterator[str]:
    if old.facts != new.facts:
        yield from fact_reasons(old, new, situation.today.day, situation.currency)
    elif new.last_purchase is not None:
        silent = (situation.today.day - new.last_purchase).days
        yield f"No purchase for {counted(silent, 'day')}, since {written_day(new.last_purchase)}."


def _risks(old: Standing, new: Standing, situation: Situation[LeavingSegmentation]) -> Iterator[str]:
    if new.measure is None:
        return
    horizon = counted(situation.segmentation.horizon_days, "day")
    before = "" if old.measure is None else f"{_percent(old.measure)} → "
    yield f"Risk of no purchase in the next {horizon}: {before}{_percent(new.measure)}."
    if new.value_minor:
        worth = written_money(new.value_minor, situation.currency)
        yield f"At risk is {worth}: that share of what it bought in the last 365 days."


def _present(found: LeavingExplanation, currency: str) -> Iterator[str]:
    yield (
        f"Risk of no purchase in the next {counted(found.horizon_days, 'day')}: {_share(found.risk)}; "
        f"{found.expected_purchases:.1f} purchases are expected."
    )
    rhythm = (
        f"it usually buys every {found.usual_gap_days:.0f} days"
        if found.own_gaps > 1
        else f"accounts usually buy every {found.usual_gap_days:.0f} days"
    )
    last = f"{written_day(found.last_purchase)}, {counted(found.recency_days, 'day')} ago"
    yield f"Last of {counted(found.purchases, 'purchase day')}: {last}; {rhythm}."
    if found.overdue is not None:
        since, times = written_day(found.overdue.since), found.overdue.times
        yield f"A purchase is overdue since {since}: the silence is {times:.1f} times the usual one."
    if found.spend_365_minor > 0:
        spend = written_money(found.spend_365_minor, currency)
        worth = written_money(found.value_at_risk_minor, currency)
        yield f"Value at risk: {worth}, the risk's share of {spend} bought in the last 365 days."


def _why(found: LeavingExplanation) -> Iterator[str]:
    told = [one for one in found.contributions if abs(one.effect) >= _SOME_EFFECT][:_MOST_GROUPS]
    if told:
        parts = (
            f"{_GROUPS[one.group]} ({'for staying' if one.effect > 0 else 'for leaving'})" for one in told
        )
        yield f"Against an average account, what speaks most is {', '.join(parts)}."
    if len(found.models) > 1 or not found.contributions:
        said = (f"{_MODELS[name]} says {_share(chance)}" for name, chance, _ in found.models)
        yield f"Behind the risk: {'; '.join(said)}."


def _label(segmentation: LeavingSegmentation, standing: Standing) -> Iterator[str]:
    when = {label.name: label.when for label in segmentation.labels}
    if standing.label in when:
        yield f"{standing.label} is for {when[standing.label]}."
    details = json.loads(standing.details or "{}")
    if RUNS in details:
        left = counted(max(segmentation.runs_to_agree - details[RUNS], 1), "more daily run")
        yield f"It becomes {details[WAITING] or 'unlabelled'} when {left} in a row say so, too."


def _outlooks(found: LeavingExplanation, label: str | None) -> Iterator[str]:
    bought = found.bought_today
    if bought.risk < found.risk:
        made = "" if bought.label in {label, None} else f" and make it {bought.label}"
        yield f"A purchase today would bring the risk down to {_share(bought.risk)}{made}."
    steps = [Outlook(found.as_of, found.risk, label), *found.silent]
    worse = (later for sooner, later in pairwise(steps) if later.label != sooner.label)
    turn = next(worse, found.silent[-1])
    there = f", {turn.label}" if turn.label else ""
    yield f"Without a purchase it will be {_share(turn.risk)} on {written_day(turn.day)}{there}."


def _percent(measure: int) -> str:
    return f"{measure / MEASURE_PARTS:.0f} %"


def _share(chance: float) -> str:
    return f"{chance * 100:.0f} %"
