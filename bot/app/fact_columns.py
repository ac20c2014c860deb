"""Columns of what related records give: ``Spend this year``, of ``purchases.sum(amount) where (…)``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from bot.language.question import Days, Span
from bot.language.spans import spoken_span
from scoring.criteria.canonical import fact_text
from scoring.criteria.fields import Catalog
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import Always, Between, Compare, Fact, InPeriod, Measure, Node, Operator

_SPOKEN: Final[Mapping[tuple[str, Measure, str | None], str]] = {
    (PURCHASES, Measure.SUM, "amount"): "Spend",
    (PURCHASES, Measure.COUNT, None): "Purchases",
    (PURCHASES, Measure.FIRST, DAY): "First purchase",
}


def head_of(fact: Fact, catalog: Catalog) -> str:
    """What a person calls a fact; its text in the criteria language where that has no shorter name."""
    spoken, span = _SPOKEN.get((fact.relation, fact.measure, fact.field)), _span(fact.where)
    if spoken is None or (span is None and fact.where != Always()):
        return fact_text(fact, catalog)
    return spoken if span is None else f"{spoken} {spoken_span(span)}"


def _span(where: Node) -> Span | None:
    """The days of purchases that are meant; None where it is more than a period, or none."""
    if isinstance(where, InPeriod) and where.field == DAY:
        return where.period
    if isinstance(where, Between) and where.field == DAY:
        low, high = where.low, where.high
        return Days(low, high) if isinstance(low, date) and isinstance(high, date) else None
    if isinstance(where, Compare) and where.field == DAY and isinstance(where.value, date):
        day = where.value
        return {Operator.EQ: Days(day, day), Operator.GE: Days(day, None)}.get(where.operator)
    return None
