"""Rules for who is new: new customers this year, first bought in June, new accounts since March.

A customer is new when the first purchase falls into the period, an account when it was created then.
"""

from __future__ import annotations

from bot.language.asked import Mode
from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Reading
from bot.language.rules_dates import Dated, begins_with_subject, clearly_a_date, dated
from bot.language.rules_labels import label_at
from bot.language.when import condition
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import Fact, Leaf, Measure, Measured, Node

_CREATED = "created"
_SHOWN = ("this month", "this quarter", "in the last 90 days")


def first_bought(draft: Draft, at: int) -> int:
    """First bought this year, made their first purchase in June."""
    if not draft.role(at, Role.FIRST_BOUGHT) or draft.values(at):
        return at
    found = dated(draft, draft.skip(at + 1))
    if not _knows_purchases(draft):
        return draft.problem(
            at, found[1] if found else at + 1, "When accounts bought first is not known here."
        )
    if found is None:
        return draft.problem(at, at + 1, "In which period?", readings=_periods(draft))
    return _begun(draft, at, found, customers=True)


def new(draft: Draft, at: int) -> int:
    """*New* customers: the period is said elsewhere, or asked for at the end."""
    if new_at(draft) != at:
        return at
    return draft.use(at, at + 1, "new")


def since(draft: Draft, at: int) -> int:
    """New customers *this year*: a period that nothing else is said of."""
    said = new_at(draft)
    if said is None or draft.asked.new_since:
        return at
    found = dated(draft, at)
    if found is None or not clearly_a_date(draft, at, found[1]):
        return at
    noun = _noun(draft, said)
    if draft.behind(at) != noun and begins_with_subject(draft, draft.skip(found[1])):
        return at
    draft.asked.new_since = True
    if any(draft.role(one, Role.OR) for one in range(said, at)):
        return draft.problem(at, found[1], "Who is to be new then: all of them, or those of one kind?")
    return _begun(draft, at, found, customers=draft.role(noun, Role.CUSTOMERS) is not None)


def settle(draft: Draft) -> None:
    """New, without a word since when."""
    at = new_at(draft)
    begun = (one.node.fact.measure for one in draft.terms if isinstance(one.node, Measured))
    told = draft.asked.new_since or any(term.field == _CREATED for term in draft.terms)
    told = told or Measure.FIRST in begun
    if at is not None and not told:
        draft.problem(at, at + 1, "New since when?", readings=_periods(draft))


def new_at(draft: Draft) -> int | None:
    """Where accounts or customers are called new; None where they are not, and where New is a label."""
    if draft.mode is not Mode.LIST:
        return None
    for at in range(len(draft.items) - 1):
        if draft.role(at, Role.NEWLY) and not (draft.values(at) or draft.field(at)):
            return at if draft.role(_noun(draft, at), Role.NOUN, Role.NOUN_ONE) else None
    return None


def _noun(draft: Draft, at: int) -> int:
    """Behind "new" the word for accounts, or the one behind a value of theirs: new retail customers.

    A label is none: new VIPs have become so.
    """
    after = at + 1
    while after < len(draft.items) and draft.values(after) and label_at(draft, after) is None:
        after += 1
    return after


def _periods(draft: Draft) -> tuple[Reading, ...]:
    return tuple(Reading(f"{draft.text} {one}", one) for one in _SHOWN)


def _begun(draft: Draft, at: int, found: Dated, *, customers: bool) -> int:
    (role, over, when), end = found
    field = "" if customers and _knows_purchases(draft) else _CREATED
    day = condition(field, role, when, draft.vocabulary, over=over, negated=bool(draft.nots))
    if not isinstance(day, Leaf):
        return draft.problem(at, end, "That period cannot be read here.")
    if field and draft.vocabulary.index.catalog.find(field) is None:
        return draft.problem(at, end, "When accounts were created is not known here.")
    if when.is_to_come(draft.vocabulary):
        return draft.problem(at, end, f"“{draft.words(at, end)}” is still to come.")
    node: Node = day if field else Measured(Fact(PURCHASES, Measure.FIRST, DAY), day)
    return draft.add(at, end, field, node)


def _knows_purchases(draft: Draft) -> bool:
    relation = draft.vocabulary.index.catalog.relation(PURCHASES)
    return relation is not None and relation.catalog.find(DAY) is not None
