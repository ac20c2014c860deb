"""Conditions on what was bought, from what is held: spent over 10k this year, bought in June."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

from bot.language.question import Days, Figure, Metric
from bot.store.memory.conditions import Look, NotHeldError
from bot.store.memory.held import Truths, Whole
from bot.store.memory.of_accounts import LOW_BITS
from bot.store.memory.of_deals import asked_of
from bot.store.memory.of_each import EachAccount, each_of
from scoring.criteria.check import fact_field, relation_named
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.mask import mask
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

_ONE_DAY: Final = timedelta(days=1)
_MOST_UPPER_BITS: Final = 62 - LOW_BITS
_VALUE: Final = "value"
_METRICS: Final = {(Measure.COUNT, None): Metric.PURCHASES, (Measure.SUM, "amount"): Metric.REVENUE}


def bought(look: Look, node: Measured | Related) -> Truths:
    """The accounts of which a condition on their purchases holds.

    Raises:
        CriteriaError: a field that is not known.
        NotHeldError: it asks for more than their number, or what was spent, within a period.
    """
    if isinstance(node, Measured) and node.fact.measure is Measure.FIRST:
        return _first_bought(look, node)
    fact = Fact(node.relation, Measure.COUNT, None, node.where) if isinstance(node, Related) else node.fact
    metric = _METRICS.get((fact.measure, fact.field))
    if fact.relation != PURCHASES or metric is None or (isinstance(node, Related) and node.every):
        raise NotHeldError
    relation = relation_named(fact.relation, look.reading.catalog)
    field = fact_field(fact, relation)
    each = _each(look, metric, _days(look, fact.where))
    if isinstance(node, Related):
        found: Truths = each.records > 0
        return found
    values = each.records if metric is Metric.PURCHASES else _sums(each)
    return _met(node.condition, values, field, look.reading.today)


def _first_bought(look: Look, node: Measured) -> Truths:
    """Whose first purchase was then: they have one of those days, and none before.

    Raises:
        NotHeldError: it is the first one of some purchases, or no single period.
    """
    if node.fact != Fact(PURCHASES, Measure.FIRST, DAY):
        raise NotHeldError
    days = _days(look, replace(node.condition, field=DAY))
    found: Truths = _each(look, Metric.PURCHASES, days).records > 0
    if days.first is None:
        return found
    earlier = _each(look, Metric.PURCHASES, Days(None, days.first - _ONE_DAY))
    found &= earlier.records == 0
    return found


def _each(look: Look, metric: Metric, days: Days) -> EachAccount:
    everybody = np.ones(len(look.held.alive), dtype=np.bool_)
    return each_of(look, everybody, asked_of(look, Figure(metric), metric, days))


def _sums(each: EachAccount) -> Whole:
    """What each account spent.

    Raises:
        NotHeldError: something was given back, which is no purchase, but is in the sums; one leaves 64 bits.
    """
    upper, lower = each.halves
    if each.gave_back:
        raise NotHeldError
    if len(upper) and int(np.abs(upper).max()) >= 1 << _MOST_UPPER_BITS:
        raise NotHeldError
    found: Whole = (upper << LOW_BITS) + lower
    return found


def _met(condition: Leaf, values: Whole, field: Field, today: Today) -> Truths:
    """A condition of numbers, in the one meaning that conditions have."""
    named = replace(field, name=_VALUE)
    frame = pd.DataFrame({_VALUE: values})
    found: Truths = mask(replace(condition, field=_VALUE), frame, Catalog((named,)), today).to_numpy()
    return found


def _days(look: Look, where: Node) -> Days:
    """The days that purchases are to fall on.

    Raises:
        NotHeldError: more is asked of them.
    """
    if isinstance(where, Always):
        return Days(None, None)
    if not isinstance(where, Leaf) or where.field != DAY:
        raise NotHeldError
    if isinstance(where, IsEmpty) or (isinstance(where, Compare) and where.operator is Operator.NE):
        raise NotHeldError
    found = spans(where, look.reading.today)
    if len(found) != 1:
        raise NotHeldError
    [span] = found
    return Days(span.first, None if span.before is None else span.before - _ONE_DAY)
