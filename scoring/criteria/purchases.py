"""``bought "GTX Pro" since 90 days ago``: a way to ask for any purchase, in the words of those who sell.

It is made of the related records ``purchases`` with their fields ``product`` and ``occurred_on``, and gives
the same tree as ``any purchase where (…)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.syntax import Bought, Condition, Phrase, Shape
from scoring.criteria.tree import (
    Always,
    And,
    Between,
    Compare,
    InPeriod,
    Node,
    Operator,
    Related,
)
from scoring.criteria.values import written, written_period

PURCHASES, PRODUCT, DAY = "purchases", "product", "occurred_on"
A_PRODUCT = {"product", "products", "a product", "any product"}
_SAID = {">=": "since", "before": "before", "after": "after"}
_IS = {Operator.EQ, Operator.HAS}
_MOMENTS = {Operator.GE: "since", Operator.BEFORE: "before", Operator.AFTER: "after"}


def bought(shape: Bought, catalog: Catalog) -> tuple[Relation, list[tuple[Shape, Catalog]]]:
    """The purchases, and what has to hold of them, each part with the fields that it is read with.

    Raises:
        CriteriaError: there are no purchases here, or what stands behind the word is no product or time.
    """
    relation = catalog.relation(PURCHASES)
    if relation is None and PURCHASES in catalog.absent:
        raise CriteriaError(catalog.absent[PURCHASES], position=shape.position)
    if relation is None:
        raise CriteriaError(
            f"Conditions on {catalog.rows} cannot ask what was bought: that is asked of accounts.",
            position=shape.position,
        )
    parts: list[tuple[Shape, Catalog]] = []
    if shape.where is not None:
        if shape.product is None or shape.product.text.casefold() not in A_PRODUCT:
            raise CriteriaError(
                "Before `where` stands the word product: bought product where category = Software.",
                position=shape.position,
            )
        parts.append((shape.where, _of_products(relation.catalog)))
    elif shape.product is not None:
        # A document has the products of all of its lines.
        of_one = relation.catalog.find(PRODUCT)
        operator = "has" if of_one is not None and of_one.type is FieldType.LIST else "="
        named = Condition("comparison", Phrase(PRODUCT, shape.product.position), (shape.product,), operator)
        parts.append((named, relation.catalog))
    if shape.moment is not None:
        parts.append((_moment(shape.moment), relation.catalog))
    return relation, parts


def as_bought(related: Related) -> str | None:
    """How a condition on purchases is written with ``bought``; None when it is another one."""
    if related.relation != PURCHASES or related.every:
        return None
    where = related.where
    parts = list(where.parts if isinstance(where, And) else () if isinstance(where, Always) else (where,))
    words = ["bought"]
    first = parts[0] if parts else None
    if isinstance(first, Compare) and first.field == PRODUCT and first.operator in _IS:
        words.append(written(first.value))
        del parts[0]
    if parts:
        moment = _written_moment(parts.pop(0))
        words.append(moment or "")
    return None if parts or "" in words else " ".join(words)


def _moment(moment: Condition) -> Condition:
    if moment.shape == "comparison" and moment.operator not in _SAID:
        raise CriteriaError(
            "After bought stands a product, and then since, before, after, between or in a period.",
            position=moment.operator_position,
        )
    return replace(moment, field=Phrase(DAY, moment.field.position))


def _written_moment(node: Node) -> str | None:
    if isinstance(node, Compare) and node.field == DAY and node.operator in _MOMENTS:
        return f"{_MOMENTS[node.operator]} {written(node.value)}"
    if isinstance(node, InPeriod) and node.field == DAY:
        return f"in {written_period(node.period)}"
    if isinstance(node, Between) and node.field == DAY:
        return f"between {written(node.low)} and {written(node.high)}"
    return None


def _of_products(catalog: Catalog) -> Catalog:
    """The fields of what was bought as if they were a product's own: ``product.category`` is category."""
    return Catalog(tuple(_as_products(catalog)), rows="products")


def _as_products(catalog: Catalog) -> Iterator[Field]:
    prefix = f"{PRODUCT}."
    for field in (*catalog.fields, *catalog.further):
        if field.name == PRODUCT:
            yield replace(field, aliases=("name",))
        elif field.name.startswith(prefix):
            yield replace(
                field, aliases=tuple(one.removeprefix(prefix) for one in (field.name, *field.aliases))
            )
