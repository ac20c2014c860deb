"""Rules for amounts within a period: spent more than 10k this year, over 5 purchases in the last 90 days.

What is kept of an account is its spend and its purchases of all time. Within a period they are made of its
purchases: ``purchases.sum(amount) where (occurred_on in this year) > 10k``.
"""

from __future__ import annotations

from dataclasses import replace

from bot.language.asked import Mode
from bot.language.draft import Draft, Term
from bot.language.meanings import Role
from bot.language.question import Metric
from bot.language.rules_dates import Dated, begins_with_subject, clearly_a_date, dated
from bot.language.rules_new import new_at
from bot.language.when import condition
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.periods import Today, spans
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import (
    Ago,
    Between,
    Compare,
    Fact,
    IsEmpty,
    Leaf,
    Measure,
    Measured,
    Node,
    Operator,
    Related,
    Rolling,
    Unit,
)

AMOUNT = "amount"
_MODES = {Mode.LIST, Mode.FIGURE}
_LAST_PURCHASE = "last_purchase"
_SPEND, _PURCHASES, _OWN_REVENUE = "total_spend", "purchases", "annual_revenue"
# What is kept of an account of all time, and what of its purchases that is.
KEPT: dict[str, tuple[Measure, str | None]] = {
    _SPEND: (Measure.SUM, AMOUNT),
    _PURCHASES: (Measure.COUNT, None),
}
_MEASURES = {**KEPT, _OWN_REVENUE: KEPT[_SPEND]}


def within(draft: Draft, first: int, last: int, named: Field, tested: Leaf) -> tuple[Measured, int] | None:
    """A comparison, of words ``first`` to ``last``, with the period behind it; and the index after that.

    None where no period stands there, or one of which something else is said: over 50k, created this year.

    Args:
        draft: a list, or a question for a figure, whose period that is as well.
        first: index of its first word.
        last: index after its last word.
        named: what is compared.
        tested: the comparison, without a field.
    """
    start = draft.skip(last, Role.COMMA)
    found = dated(draft, start) if draft.mode in _MODES else None
    if found is None or begins_with_subject(draft, draft.skip(found[1])):
        return None
    if not is_free(draft, start, found):
        return None
    if new_at(draft) is not None and not draft.asked.new_since:
        return None  # new customers over 10k this year: who is new since then has no earlier purchases
    node = compared_within(draft, first, last, named, tested, found)
    return None if node is None else (node, found[1])


def compared_within(
    draft: Draft, first: int, last: int, named: Field, tested: Leaf, found: Dated
) -> Measured | None:
    """A comparison of what was bought within a period, wherever that stands; None where it is not known."""
    relation = draft.vocabulary.index.catalog.relation(PURCHASES)
    if draft.mode not in _MODES or relation is None or not _is_of_purchases(draft, first, last, named):
        return None
    measure, field = _MEASURES[named.name]
    known = relation.catalog.find(DAY) and (field is None or relation.catalog.find(field))
    day = day_of(draft, found) if known else None
    if day is None or any(draft.role(at, Role.OR) for at in range(last, found[1])):
        return None  # in 2024 or 2025: each by itself is meant
    return Measured(Fact(relation.name, measure, field, day), tested)


def day_of(draft: Draft, found: Dated) -> Node | None:
    """A condition on the day of purchases.

    None of a rate (10k a year), of one day long ago (two years ago), and of what is to come.
    """
    (role, over, when), _ = found
    if when.is_to_come(draft.vocabulary) or over is False or (over and when.is_duration):
        return None
    if isinstance(when.what, Rolling) and when.is_duration and when.what.count == 1:
        return None
    if not isinstance(when.what, Ago):
        over = None  # over the last 90 days is in them
    elif when.what.unit is not Unit.DAY and role is None and over is None:
        return None
    return condition(DAY, role, when, draft.vocabulary, over=over, negated=False)


def day_at(draft: Draft, at: int) -> tuple[Node, int] | None:
    """A condition on the day of purchases, where a date stands of which nothing else is said; and its end."""
    found = dated(draft, at)
    if found is None or not is_free(draft, at, found) or begins_with_subject(draft, draft.skip(found[1])):
        return None
    day = day_of(draft, found)
    return None if day is None else (day, found[1])


def is_of_days(node: Fact | Related) -> bool:
    """Whether it is of purchases of some days, and of nothing else of them."""
    of, where = node.relation, node.where
    return of == PURCHASES and isinstance(where, Leaf) and where.field == DAY


def of_the_same_time(draft: Draft, first: int, then: Measured) -> None:
    """Over 10k but under 50k *this year*: a bound before, that is joined to this one, is of the same time."""
    before = draft.terms[-1] if draft.terms else None
    behind = draft.behind(first)
    but = draft.role(behind, Role.LINK) and draft.uses and draft.uses[-1][1] == behind
    joined = bool(but) or (draft.joined is Role.AND and not draft.role(behind, Role.WITH))
    if before is None or before.negative or not joined or before.field not in KEPT:
        return
    if isinstance(before.node, Compare | Between):
        fact = Fact(PURCHASES, *KEPT[before.field], then.fact.where)
        draft.replace_last(replace(before, field="", node=Measured(fact, replace(before.node, field=""))))


def is_free(draft: Draft, at: int, found: Dated) -> bool:
    """Whether a date is one for certain: not with 2000 employees, nor of April, who is an owner."""
    return not draft.role(at, Role.WITH) and clearly_a_date(draft, at, found[1])


def again(draft: Draft, at: int) -> int:
    """Bought last year but not *this year*: the same of another period; in March but not *since*."""
    before = draft.terms[-1] if draft.terms and draft.mode is Mode.LIST else None
    if before is None or not (draft.nots or draft.joined) or not _of_a_period(draft, before):
        return at
    since = draft.role(at, Role.SINCE) and draft.skip(at + 1) == len(draft.items)
    found = _after(draft, at, before.node) if since else day_at(draft, at)
    if found is None:
        return at
    day, end = found
    if isinstance(before.node, Measured):
        return draft.add(at, end, "", replace(before.node, fact=replace(before.node.fact, where=day)))
    return draft.add(at, end, "", Related(PURCHASES, day))


def _after(draft: Draft, at: int, node: Node) -> tuple[Node, int] | None:
    """After the last day of a period."""
    where = node.where if isinstance(node, Related) else None
    if not draft.nots or not isinstance(where, Leaf) or isinstance(where, IsEmpty):
        return None
    vocabulary = draft.vocabulary
    ends = spans(where, Today(vocabulary.today, vocabulary.index.fiscal_year_starts))[-1].before
    return None if ends is None else (Compare(DAY, Operator.GE, ends), at + 1)


def _of_a_period(draft: Draft, before: Term) -> bool:
    """Whether a condition is one on purchases of some days, and nothing else."""
    node = before.node
    if isinstance(node, Measured):
        return is_of_days(node.fact)
    if isinstance(node, Related):
        return is_of_days(node)
    if before.field != _LAST_PURCHASE or isinstance(node, IsEmpty):
        return False
    # Bought this year, which the last purchase tells; but not "last purchase this year".
    places = range(len(draft.items))
    last = any(draft.role(at, Role.LAST_BOUGHT) or draft.field(at, FieldType.DATE) for at in places)
    return not last and draft.vocabulary.index.catalog.relation(PURCHASES) is not None


def _is_of_purchases(draft: Draft, first: int, last: int, named: Field) -> bool:
    """Spend and purchases; revenue as well, if that is not called the account's own, its annual one."""
    if named.name != _OWN_REVENUE:
        return named.name in _MEASURES
    said = [draft.role(at, Role.METRIC, Role.LOOSE_METRIC) for at in range(first, last) if draft.field(at)]
    return any(one is not None and one.argument == Metric.REVENUE for one in said)
