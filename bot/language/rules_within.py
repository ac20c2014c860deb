"""Rules for amounts within a period: spent more than 10k this year, over 5 purchases in the last 90 days.

What is kept of an account is its spend and its purchases of all time. Within a period they are made of its
purchases: ``purchases.sum(amount) where (occurred_on in this year) > 10k``.
"""

from __future__ import annotations

from bot.language.asked import Mode
from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Metric
from bot.language.rules_dates import begins_with_subject, dated
from bot.language.rules_new import new_at
from bot.language.when import condition
from scoring.criteria.fields import Field
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import Fact, Leaf, Measure, Measured

AMOUNT = "amount"
_SPEND, _PURCHASES, _OWN_REVENUE = "total_spend", "purchases", "annual_revenue"
_MEASURES: dict[str, tuple[Measure, str | None]] = {
    _SPEND: (Measure.SUM, AMOUNT),
    _OWN_REVENUE: (Measure.SUM, AMOUNT),
    _PURCHASES: (Measure.COUNT, None),
}


def within(draft: Draft, first: int, last: int, named: Field, tested: Leaf) -> tuple[Measured, int] | None:
    """A comparison, of words ``first`` to ``last``, with the period behind it; and the index after that.

    None where no period stands there, or one of which something else is said: over 50k, created this year.
    In a question for a figure a period is that of the figure.

    Args:
        draft: a list.
        first: index of its first word.
        last: index after its last word.
        named: what is compared.
        tested: the comparison, without a field.
    """
    if draft.mode is not Mode.LIST or not _is_of_purchases(draft, first, last, named):
        return None
    if new_at(draft) is not None and not draft.asked.new_since:
        return None  # new customers over 10k this year: who is new since then has no earlier purchases
    relation = draft.vocabulary.index.catalog.relation(PURCHASES)
    found = dated(draft, draft.skip(last))
    if relation is None or found is None or begins_with_subject(draft, draft.skip(found[1])):
        return None
    (role, over, when), end = found
    measure, field = _MEASURES[named.name]
    known = relation.catalog.find(DAY) and (field is None or relation.catalog.find(field))
    if not known or (over is not None and when.is_duration) or over is False:
        return None
    day = condition(DAY, role, when, draft.vocabulary, over=None, negated=False)
    if day is None or when.begins(draft.vocabulary) > draft.vocabulary.today:
        return None
    return Measured(Fact(relation.name, measure, field, day), tested), end


def _is_of_purchases(draft: Draft, first: int, last: int, named: Field) -> bool:
    """Spend and purchases; revenue as well, if that is not called the account's own, its annual one."""
    if named.name != _OWN_REVENUE:
        return named.name in _MEASURES
    said = [draft.role(at, Role.METRIC, Role.LOOSE_METRIC) for at in range(first, last) if draft.field(at)]
    return any(one is not None and one.argument == Metric.REVENUE for one in said)
