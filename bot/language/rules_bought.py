"""Rules for how often, or for how much, something was bought: in June more than 5 times, an order over 5k.

An amount behind the word for orders is that of a single one; behind a period it is what was bought in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.language.asked import Mode
from bot.language.draft import Draft
from bot.language.meanings import NumberWord, Role
from bot.language.rules_amounts import OPERATORS, Build, comparison, emit
from bot.language.rules_dates import dated
from bot.language.rules_within import AMOUNT, KEPT, day_at
from bot.language.tokens import phrase
from scoring.criteria.fields import Field, FieldType, Relation
from scoring.criteria.purchases import DAY, PRODUCT, PURCHASES
from scoring.criteria.tree import (
    Compare,
    Fact,
    Measured,
    Operator,
    Related,
    conjunction,
)

_SPEND, _COUNT = "total_spend", "purchases"
_MONEY = Decimal(1_000)  # so much is an amount, and no number of orders
_BETWEEN = (Role.WORTH, Role.PLACE, Role.LINK, Role.WITH)


@dataclass(frozen=True)
class _Often:
    """More than 5 times, over 10k: what is compared, and the index after it."""

    named: Field
    build: Build
    end: int


def of_an_order(draft: Draft, at: int) -> int:
    """Orders over 5k, made a purchase of more than 10k last month: any such one."""
    relation = _purchases(draft, AMOUNT)
    if relation is None or not _is_of_orders(draft, at):
        return at
    found = comparison(draft, draft.skip(at + 1, *_BETWEEN))
    if found is None or not _is_money(found[1]) or _amount_behind(draft, found[0]) is not None:
        return at
    end, build = found
    node, day = build.node(AMOUNT), day_at(draft, draft.skip(end))
    if day is None:
        return draft.add(at, end, "", Related(relation.name, node))
    return draft.add(at, day[1], "", Related(relation.name, conjunction(day[0], node)))


def then(draft: Draft, at: int) -> int:
    """Bought this year more than 5 times; in Q2 bought for over 10k: the period stands before the number."""
    verb, period = at, dated(draft, draft.skip(at + 1)) if draft.role(at, Role.BOUGHT) else None
    start = draft.skip(period[1], *_BETWEEN) if period else at
    if period is None:
        period = dated(draft, at)
        verb = draft.skip(period[1]) if period else at
        start = draft.skip(verb + 1, *_BETWEEN)
    often = _often(draft, start) if draft.mode is Mode.LIST and period else None
    if often is None or period is None or not draft.role(verb, Role.BOUGHT):
        return at
    return emit(draft, at, often.end, often.named, often.build, period)


def times(draft: Draft, at: int) -> int:
    """Bought twice, at least twice this year."""
    found = _times_at(draft, draft.skip(at + 1)) if draft.role(at, Role.BOUGHT) else None
    purchases = draft.vocabulary.index.catalog.find(_COUNT)
    if found is None or purchases is None:
        return at
    return emit(draft, at, found[1], purchases, found[0])


def product_often(draft: Draft, at: int) -> int:
    """Bought GTX Pro more than 3 times this year: as often of this product."""
    relation = _purchases(draft, AMOUNT, PRODUCT)
    start = draft.skip(at + 1, Role.NOUN)
    products = draft.products(start) if draft.role(at, Role.BOUGHT) else ()
    if relation is None or not products:
        return at
    day = day_at(draft, draft.skip(start + 1))
    often = _often(draft, draft.skip(day[1] if day else start + 1, *_BETWEEN))
    if often is None:
        return at
    end = often.end
    if day is None and (day := day_at(draft, draft.skip(end))) is not None:
        end = day[1]
    product = relation.catalog.find(PRODUCT)
    has = Operator.HAS if product is not None and product.type is FieldType.LIST else Operator.EQ
    where = conjunction(Compare(PRODUCT, has, products[0].name), *(() if day is None else (day[0],)))
    fact = Fact(PURCHASES, *KEPT[often.named.name], where)
    return draft.add(at, end, "", Measured(fact, often.build.node("")))


def _purchases(draft: Draft, *fields: str) -> Relation | None:
    """Purchases, in a list, if so much is known of them."""
    relation = draft.vocabulary.index.catalog.relation(PURCHASES) if draft.mode is Mode.LIST else None
    known = relation is not None and all(relation.catalog.find(one) for one in (DAY, *fields))
    return relation if known else None


def _is_of_orders(draft: Draft, at: int) -> bool:
    words = phrase(draft.items[at].text).split()
    return bool(words) and draft.means(words[-1], Role.ORDERS) and not draft.values(at)


def _often(draft: Draft, at: int) -> _Often | None:
    """What is compared at an index: purchases or what was spent; None of another field, or of neither."""
    catalog = draft.vocabulary.index.catalog
    spend, purchases = catalog.find(_SPEND), catalog.find(_COUNT)
    if spend is None or purchases is None:
        return None
    counted = _times_at(draft, at)
    if counted is not None:
        return _Often(purchases, *counted)
    found = comparison(draft, at) or _exactly(draft, at)
    if found is None:
        return None
    end, build = found
    behind = _amount_behind(draft, end)
    if behind is not None:
        return _Often(behind, build, draft.skip(end, Role.PLACE) + 1) if behind == purchases else None
    return _Often(spend, build, end) if _is_money(build) else None


def _times_at(draft: Draft, at: int) -> tuple[Build, int] | None:
    """Twice, at least twice, once or more; with the index after it."""
    word = draft.role(at, *OPERATORS)
    number = draft.skip(at + 1) if word else at
    said = draft.role(number, Role.TIMES)
    if said is None:
        return None
    after = draft.role(number + 1, Role.OR_MORE, Role.OR_LESS)
    operator = OPERATORS[word.role] if word else Operator.EQ
    if after is not None:
        operator = Operator.GE if after.role is Role.OR_MORE else Operator.LE
    return Build(operator, NumberWord(Decimal(said.argument))), number + (2 if after else 1)


def _exactly(draft: Draft, at: int) -> tuple[int, Build] | None:
    number = draft.number(at)
    counts = number is not None and draft.field(at + 1, FieldType.NUMBER) is not None
    return (at + 1, Build(Operator.EQ, number)) if number is not None and counts else None


def _amount_behind(draft: Draft, at: int) -> Field | None:
    return draft.field(draft.skip(at, Role.PLACE), FieldType.NUMBER, FieldType.MONEY)


def _is_money(build: Build) -> bool:
    """Whether numbers can be no count of orders."""
    return any(one.currency or one.value >= _MONEY for one in build.numbers)
