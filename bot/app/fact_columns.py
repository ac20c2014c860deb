"""Columns of what related records give: ``Spend this year``, of ``purchases.sum(amount) where (…)``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from bot.language.question import Days
from bot.language.spans import spoken_day, spoken_span
from scoring.criteria.canonical import fact_text
from scoring.criteria.fields import Catalog
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import Ago, Always, Between, Compare, Fact, InPeriod, Measure, Node, Operator
from scoring.criteria.values import written

_WORDS: Final[Mapping[Operator, str]] = {
    Operator.EQ: "",
    Operator.GE: "since",
    Operator.LE: "until",
    **dict.fromkeys((Operator.LT, Operator.BEFORE), "before"),
    **dict.fromkeys((Operator.GT, Operator.AFTER), "after"),
}
_SPOKEN: Final[Mapping[tuple[str, Measure, str | None], str]] = {
    (PURCHASES, Measure.SUM, "amount"): "Spend",
    (PURCHASES, Measure.COUNT, None): "Purchases",
    (PURCHASES, Measure.FIRST, DAY): "First purchase",
}


def head_of(fact: Fact, catalog: Catalog) -> str:
    """What a person calls a fact; its text in the criteria language where that has no shorter name."""
    spoken, when = _SPOKEN.get((fact.relation, fact.measure, fact.field)), _when(fact.where)
    if spoken is None or when is None:
        return fact_text(fact, catalog)
    return f"{spoken} {when}".strip()


def _when(where: Node) -> str | None:
    """The days of purchases that are meant, as a person says them; None where it is more than a period."""
    if isinstance(where, Always):
        return ""
    if not isinstance(where, InPeriod | Between | Compare) or where.field != DAY:
        return None
    if isinstance(where, InPeriod):
        return spoken_span(where.period)
    if isinstance(where, Between):
        low, high = where.low, where.high
        return spoken_span(Days(low, high)) if isinstance(low, date) and isinstance(high, date) else None
    word, value = _WORDS.get(where.operator), where.value
    if word is None or not isinstance(value, date | Ago):
        return None
    return f"{word} {spoken_day(value) if isinstance(value, date) else written(value)}".strip()
