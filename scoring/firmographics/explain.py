"""Which criterion gave an account its label, and what would give it another. Values only, no sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scoring.criteria.canonical import canonical
from scoring.criteria.check import field_named, leaves
from scoring.criteria.fields import Catalog
from scoring.criteria.mask import mask
from scoring.criteria.periods import Today
from scoring.criteria.tree import Always, And, IsEmpty, Leaf, Node, Not, Or
from scoring.firmographics.classify import alternatives, rules_of, used_in
from scoring.firmographics.config import UNCLASSIFIED, FirmographicSegmentation


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition and the account's value.

    Attributes:
        text: in canonical text.
        value: None where nothing is known; ``unknown`` says so, also of empty texts and lists.
    """

    text: str
    field: str
    holds: bool
    value: Any
    unknown: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A label's criteria for this account.

    Attributes:
        criteria: the whole, in canonical text.
        criterion: the alternative that holds first; None when none does.
        conditions: every condition, in order.
        in_the_way: the fewest conditions that would have to turn out otherwise for the criteria to hold, or,
            where they hold, for them not to.
    """

    label: str
    holds: bool
    criteria: str
    criterion: str | None
    conditions: tuple[Condition, ...]
    in_the_way: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an account has its label.

    Attributes:
        judged: every label in order; the first that holds gave the label, and what comes after it was not
            needed.
        unknown: fields of the criteria of which nothing is known.
    """

    label: str
    judged: tuple[Judged, ...]
    unknown: tuple[str, ...]


def explain(
    account: Mapping[str, Any], segmentation: FirmographicSegmentation, catalog: Catalog, today: Today
) -> Explanation:
    """Explain one account's label.

    Args:
        account: values by ``Field.name`` of every field that the criteria use.
        segmentation: the labels.
        catalog: the account fields.
        today: the day.

    Raises:
        CriteriaError: criteria that cannot be read, or that do not fit the fields.
        KeyError: a value is missing.
    """
    rules = rules_of(segmentation, catalog)
    frame = pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in account.items()})
    told = _Told(frame, account, catalog, today)
    judged = tuple(_judged(rule.name, rule.when, told) for rule in rules)
    label = next((one.label for one in judged if one.holds), UNCLASSIFIED)
    unknown = tuple(name for name in used_in(rules, catalog) if told.holds(IsEmpty(name)))
    return Explanation(label, judged, unknown)


@dataclass(frozen=True)
class _Told:
    """What is known of the account."""

    frame: pd.DataFrame
    account: Mapping[str, Any]
    catalog: Catalog
    today: Today

    def holds(self, node: Node) -> bool:
        """Whether criteria hold for the account."""
        return bool(mask(node, self.frame, self.catalog, self.today).iloc[0])

    def condition(self, leaf: Leaf) -> Condition:
        """A condition with the account's value."""
        name = field_named(leaf.field, self.catalog).name
        unknown = self.holds(IsEmpty(name))
        value = None if unknown else self.account[name]
        return Condition(canonical(leaf, self.catalog), name, self.holds(leaf), value, unknown)


def _judged(label: str, node: Node, told: _Told) -> Judged:
    first = next((part for part in alternatives(node) if told.holds(part)), None)
    holds = first is not None
    return Judged(
        label=label,
        holds=holds,
        criteria=canonical(node, told.catalog),
        criterion=canonical(first, told.catalog) if first is not None else None,
        conditions=tuple(told.condition(leaf) for leaf in leaves(node)),
        in_the_way=tuple(told.condition(leaf) for leaf in _to_turn(node, told, wanted=not holds) or ()),
    )


def _to_turn(node: Node, told: _Told, *, wanted: bool) -> list[Leaf] | None:
    """The fewest conditions that have to turn out otherwise; None when no turning gives what is wanted."""
    if isinstance(node, Always):
        return [] if wanted else None
    if isinstance(node, Not):
        return _to_turn(node.part, told, wanted=not wanted)
    if isinstance(node, And | Or):
        parts = [_to_turn(part, told, wanted=wanted) for part in node.parts]
        possible = [one for one in parts if one is not None]
        if isinstance(node, And) is wanted:  # all of them are needed
            return [leaf for one in possible for leaf in one] if len(possible) == len(parts) else None
        return min(possible, key=len) if possible else None
    if told.holds(node) is wanted:
        return []
    return [node] if isinstance(node, Leaf) else None  # an account's own fields alone are told
