"""Rules for single deals: with a deal over 20k, open deals worth more than 10k. Of figures that is refused.

An amount that stands behind deals is that of a deal: never what an account has spent, nor how many deals
there are.
"""

from __future__ import annotations

from decimal import Decimal

from bot.language.asked import Mode, SaidMetric
from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Metric, Reading
from bot.language.rules_amounts import Build, comparison
from bot.language.tokens import phrase
from bot.language.when import moment
from scoring.criteria.fields import Relation
from scoring.criteria.tree import Related

AMOUNT = "amount"
_SMALLEST = Decimal(100)  # so few open deals may be counted; more are money
_FEW_WORDS = 3  # deals we won; number of open deals counts them
_RELATIONS = {Metric.OPEN_DEALS: "open_deals", Metric.WON: "purchases"}
_SPOKEN = {Metric.OPEN_DEALS: "open deals", Metric.WON: "won deals", None: "a deal"}
_ABOUT_NUMBERS = (Role.COUNT, Role.HOW_MUCH, Role.AGGREGATE, Role.METRIC, Role.LOOSE_METRIC)
_BETWEEN = (Role.WORTH, Role.PLACE, Role.LINK, Role.WITH)
_AGES = (Role.BEFORE, Role.SINCE, Role.AFTER)


def worth(draft: Draft, at: int) -> int:
    """Open deals over 10k: accounts that have one. Of which figures and lost deals cannot be asked."""
    if not is_of_deals(draft, at):
        return at
    start = draft.skip(at + 1, *_BETWEEN)
    found = comparison(draft, start)
    if found is None or not _is_money(found[1]) or _is_of_a_field(draft, found[0]):
        return at
    end, build = found
    kind = _kind(draft, at)
    relation = _relation(draft, kind)
    if relation is None or _asks_for_numbers(draft, at):
        said = draft.words(start, end)
        readings = tuple(
            Reading(text, text)
            for one in (kind, None)
            if one in _SPOKEN and _relation(draft, one)
            for text in (f"accounts with {_SPOKEN[one]} {said}",)
        )
        others = [one for one in range(len(draft.items)) if one != at and draft.role(one, Role.METRIC)]
        if draft.mode is Mode.FIGURE and not others:
            draft.asked.metrics.append(SaidMetric(at, kind or Metric.WON))  # which number it was is known
        reason = "Deals of an amount are not counted or added up; accounts that have one can be asked for."
        return draft.problem(at, end, reason, readings=readings[:1])
    return draft.add(at, end, "", Related(relation.name, build.node(AMOUNT)))


def age(draft: Draft, at: int) -> int:
    """Open deals older than 60 days, created since June: how old a deal is, is not asked of anything."""
    if not is_of_deals(draft, at):
        return at
    start = draft.skip(at + 1)
    entered = draft.field(start) is not None and draft.field(start) == draft.vocabulary.index.catalog.find(
        "created"
    )
    older = draft.role(start, Role.BEFORE, Role.AFTER) and "than" in phrase(draft.items[start].text).split()
    if not entered and not older:
        return at
    end = draft.skip(start + 1)
    end = draft.skip(end + 1) if draft.role(end, *_AGES, Role.OVER, Role.UNDER) else end
    found = moment(draft, end)
    reason = "Deals are not asked for by their age, only by the day on which they close."
    return draft.problem(at, found[1] if found else start + 1, reason)


def largest(draft: Draft, at: int) -> int:
    """The largest open deals, the biggest deal: single deals are not listed."""
    word = draft.role(at, Role.SUPERLATIVE)
    start = draft.skip(at + 1)
    if word is None or word.argument != "total_spend" or not is_of_deals(draft, start):
        return at
    if draft.role(start + 1, Role.BY) or _names_a_size(draft, start) or _counts_them(draft, start):
        return at
    reason = "Single deals are not listed, only what accounts have: the pipeline of each, for instance."
    text = "top 10 accounts by pipeline"
    return draft.problem(at, start + 1, reason, readings=(Reading(text, text),))


def is_of_deals(draft: Draft, at: int) -> bool:
    """Whether a word is that for deals: deals, open deals, deals we won."""
    if at >= len(draft.items):
        return False
    words = phrase(draft.items[at].text).split()
    nouns = any(draft.means(word, Role.DEAL_NOUN, Role.DEAL_NOUN_ONE) for word in words)
    metric = draft.role(at, Role.METRIC, Role.LOOSE_METRIC)
    other = metric is not None and metric.argument not in {Metric.WON, Metric.LOST, Metric.OPEN_DEALS}
    return nouns and not other and not draft.values(at)


def _counts_them(draft: Draft, at: int) -> bool:
    return len(phrase(draft.items[at].text).split()) > _FEW_WORDS


def _kind(draft: Draft, at: int) -> Metric | None:
    """Won, lost or open deals; None for any."""
    word = draft.role(at, Role.METRIC, Role.LOOSE_METRIC)
    if word is not None:
        return Metric(word.argument)
    named = draft.field(at)
    if named is not None and named.name == "open_deals":
        return Metric.OPEN_DEALS
    return Metric.WON if named is not None and named.name == "purchases" else None


def _relation(draft: Draft, kind: Metric | None) -> Relation | None:
    if kind is Metric.LOST:
        return None
    found = draft.vocabulary.index.catalog.relation(_RELATIONS.get(kind, "deals") if kind else "deals")
    return found if found is not None and found.catalog.find(AMOUNT) else None


def _is_money(build: Build) -> bool:
    return any(one.currency or one.value >= _SMALLEST for one in build.numbers)


def _is_of_a_field(draft: Draft, at: int) -> bool:
    """A deal over 100 employees: what is compared stands behind."""
    named = draft.field(draft.skip(at))
    return named is not None and not draft.values(draft.skip(at)) and named.name != AMOUNT


def _asks_for_numbers(draft: Draft, at: int) -> bool:
    """Whether deals are counted or added up, and no accounts."""
    if draft.mode is not Mode.LIST:
        return True
    if draft.said(Role.NOUN, Role.NOUN_ONE) or _counts_them(draft, at):
        return _counts_them(draft, at)
    return any(draft.role(one, *_ABOUT_NUMBERS) for one in range(len(draft.items)) if one != at)


def _names_a_size(draft: Draft, at: int) -> bool:
    """The largest average deal size: that is a figure."""
    return bool(draft.role(at, Role.METRIC)) and "size" in phrase(draft.items[at].text)
