"""The labels' criteria that an engine can decide, as SQL; the others are named before a run meets them.

An engine has an account's facts and scores: r, f, m, rfm, purchases, total_spend, last_purchase, and saved
segments that speak of nothing else. Account fields, related records and market segments stay in the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scoring.criteria.bounds import WholeSpan, parts_of, whole_spans
from scoring.criteria.check import field_named
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.periods import Span, Today, spans
from scoring.criteria.segments import resolved
from scoring.criteria.tree import (
    Always,
    And,
    Between,
    Compare,
    In,
    InPeriod,
    IsEmpty,
    Leaf,
    Node,
    Not,
    Operator,
    Or,
)
from scoring.engines.statements import Values, joined
from scoring.label_rules import LabelRule
from scoring.problems import Problem
from scoring.rfm_config import RfmSegmentation

# ``source`` is the expression, over an account's row of facts and scores.
_FIELDS = (
    Field("r", FieldType.NUMBER, "k.r", aliases=("recency",)),
    Field("f", FieldType.NUMBER, "k.f", aliases=("frequency",)),
    Field("m", FieldType.NUMBER, "k.m", aliases=("monetary",)),
    Field("rfm", FieldType.NUMBER, "(k.r + k.f + k.m)", aliases=("total",)),
    Field("last_purchase", FieldType.DATE, "k.day"),
    Field("purchases", FieldType.NUMBER, "k.purchases"),
    Field("total_spend", FieldType.MONEY, "k.spend_minor", aliases=("spend",)),
)
NEVER, EVER = "1 = 0", "1 = 1"


def engine_catalog(segments: Mapping[str, str]) -> Catalog:
    """What labels may speak of where an engine gives them.

    Args:
        segments: criteria of saved segments by name.
    """
    return Catalog(_FIELDS, segments=segments, rows="accounts")


def engine_rules(segmentation: RfmSegmentation, catalog: Catalog) -> tuple[LabelRule, ...]:
    """The labels' criteria without segments.

    Raises:
        CriteriaError: criteria that no engine can decide.
    """
    return tuple(
        LabelRule(label.name, resolved(parse(label.when, catalog), catalog)) for label in segmentation.labels
    )


def engine_problems(
    segmentation: RfmSegmentation, engine: str, segments: Mapping[str, str]
) -> Iterator[Problem]:
    """The labels that this engine cannot give, each with what to do; paths within the segmentation."""
    catalog = engine_catalog(segments)
    for at, label in enumerate(segmentation.labels):
        try:
            resolved(parse(label.when, catalog), catalog)
        except CriteriaError as error:
            yield Problem(
                ("labels", at, "when"),
                f"the label '{label.name}' cannot be given by the engine '{engine}', which knows only "
                f"{', '.join(one.name for one in _FIELDS)}: {error.message} "
                "Say it with these, or set scoring.engine to process.",
            )


@dataclass(frozen=True)
class Conditions:
    """Criteria over one account's row ``k`` as SQL that is true or false, never NULL."""

    catalog: Catalog
    today: Today
    values: Values

    def of(self, node: Node) -> str:
        """The condition of a tree without segments."""
        if isinstance(node, Always):
            return EVER
        if isinstance(node, Not):
            return f"NOT ({self.of(node.part)})"
        if isinstance(node, And | Or):
            return joined("AND" if isinstance(node, And) else "OR", [self.of(part) for part in node.parts])
        if not isinstance(node, Leaf):
            raise TypeError(f"{node} is beyond what an engine knows")
        field = field_named(node.field, self.catalog)
        if isinstance(node, IsEmpty):
            return f"{field.source} IS NULL"
        found = f"({field.source} IS NOT NULL AND {self._found(node, field)})"
        return f"NOT {found}" if isinstance(node, Compare) and node.operator is Operator.NE else found

    def _found(self, leaf: Compare | In | Between | InPeriod, field: Field) -> str:
        if field.type is FieldType.DATE:
            held = [_days(span) for span in spans(leaf, self.today)]
        elif isinstance(leaf, InPeriod):
            raise TypeError(f"{field.name} has no periods")
        else:
            held = list(whole_spans(leaf, parts_of(field)))
        return self._within(field.source, held)

    def _within(self, source: str, held: list[WholeSpan]) -> str:
        if not held:
            return NEVER
        if all(one.low is not None and one.low == one.high for one in held):
            values = (self.values.put(one.low) for one in held if one.low is not None)
            return f"{source} IN ({', '.join(values)})"
        return joined("OR", [self._between(source, one) for one in held])

    def _between(self, source: str, span: WholeSpan) -> str:
        ends: tuple[tuple[str, int | None], ...] = ((">=", span.low), ("<=", span.high))
        parts = [f"{source} {sign} {self.values.put(end)}" for sign, end in ends if end is not None]
        return joined("AND", parts) if parts else EVER


def _days(span: Span) -> WholeSpan:
    """The same days as ordinals."""
    return WholeSpan(
        None if span.first is None else span.first.toordinal(),
        None if span.before is None else span.before.toordinal() - 1,
    )
