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
from scoring.criteria.fields import Field
from scoring.criteria.periods import Today, spans
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import (
    Always,
    Compare,
    Fact,
    IsEmpty,
    Leaf,
    Measure,
    Measured,
    Node,
    Operator,
    Related,
)

AMOUNT = "amount"
_LAST_PURCHASE = "last_purchase"
_SPEND, _PURCHASES, _OWN_REVENUE = "total_spend", "purchases", "annual_revenue"
_MEASURES: dict[str, tuple[Measure, str | None]] = {
    _SPEND: (Measure.SUM, AMOUNT),
    _OWN_REVENUE: (Measure.SUM, AMOUNT),
    _PURCHASES: (Measure.COUNT, None),
}


def within(draft: Draft, first: int, last: int, named: Field, tested: Leaf) -> tuple[Measured, int] | None:
    """A comparison, of words ``first`` to ``last``, with the period behind it; and the index after that.

    None where no period stands there, or one of which something else is said: over 50k, created this year.

    Args:
        draft: a list.
        first: index of its first word.
        last: index after its last word.
        named: what is compared.
        tested: the comparison, without a field.
    """
    found = dated(draft, draft.skip(last)) if draft.mode is Mode.LIST else None
    if found is None or begins_with_subject(draft, draft.skip(found[1])):
        return None
    if new_at(draft) is not None and not draft.asked.new_since:
        return None  # new customers over 10k this year: who is new since then has no earlier purchases
    node = compared_within(draft, first, last, named, tested, found)
    return None if node is None else (node, found[1])


def compared_within(
    draft: Draft, first: int, last: int, named: Field, tested: Leaf, found: Dated
) -> Measured | None:
    """A comparison of what was bought within a period, which stands anywhere; None where that is not known.

    In a question for a figure a period is that of the figure.
    """
    relation = draft.vocabulary.index.catalog.relation(PURCHASES)
    if draft.mode is not Mode.LIST or relation is None or not _is_of_purchases(draft, first, last, named):
        return None
    (role, over, when), _ = found
    measure, field = _MEASURES[named.name]
    known = relation.catalog.find(DAY) and (field is None or relation.catalog.find(field))
    if not known or (over is not None and when.is_duration) or over is False:
        return None
    day = condition(DAY, role, when, draft.vocabulary, over=None, negated=False)
    if day is None or when.begins(draft.vocabulary) > draft.vocabulary.today:
        return None
    return Measured(Fact(relation.name, measure, field, day), tested)


def again(draft: Draft, at: int) -> int:
    """Bought last year but not *this year*: the same of another period; in March but not *since*."""
    before = draft.terms[-1] if draft.terms and draft.mode is Mode.LIST else None
    if before is None or not (draft.nots or draft.joined) or not _of_a_period(draft, before):
        return at
    since = draft.role(at, Role.SINCE) and draft.skip(at + 1) == len(draft.items)
    found = _after(draft, at, before.node) if since else _day(draft, at)
    if found is None:
        return at
    day, end = found
    if isinstance(before.node, Measured):
        return draft.add(at, end, "", replace(before.node, fact=replace(before.node.fact, where=day)))
    return draft.add(at, end, "", Related(PURCHASES, day))


def _day(draft: Draft, at: int) -> tuple[Node, int] | None:
    """A condition on the day of purchases, where a date stands of which nothing else is said."""
    found = dated(draft, at)
    if found is None or not clearly_a_date(draft, at, found[1]):
        return None
    (role, over, when), end = found
    if over is not None or begins_with_subject(draft, draft.skip(end)):
        return None
    day = condition(DAY, role, when, draft.vocabulary, over=None, negated=False)
    return None if day is None or when.begins(draft.vocabulary) > draft.vocabulary.today else (day, end)


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
        return node.fact.relation == PURCHASES and node.fact.where != Always()
    if isinstance(node, Related):
        return node.relation == PURCHASES and isinstance(node.where, Leaf) and node.where.field == DAY
    known = draft.vocabulary.index.catalog.relation(PURCHASES) is not None
    bought = not draft.said(Role.LAST_BOUGHT) and not isinstance(node, IsEmpty)
    return known and bought and before.field == _LAST_PURCHASE


def _is_of_purchases(draft: Draft, first: int, last: int, named: Field) -> bool:
    """Spend and purchases; revenue as well, if that is not called the account's own, its annual one."""
    if named.name != _OWN_REVENUE:
        return named.name in _MEASURES
    said = [draft.role(at, Role.METRIC, Role.LOOSE_METRIC) for at in range(first, last) if draft.field(at)]
    return any(one is not None and one.argument == Metric.REVENUE for one in said)
