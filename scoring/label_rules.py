"""Labels by criteria as rules: read, ordered best to worst, what they ask for. Giving them is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scoring.criteria.check import atoms
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.parse import parse
from scoring.criteria.segments import resolved
from scoring.criteria.tree import Leaf, Measured, Node, Related
from scoring.shape import Label

# Fields whose source begins so are made by scoring: they are not read with the accounts.
OWN_SOURCES = ("score.", "voice.")


class Direction(StrEnum):
    """Where a change of label leads."""

    WORSE = "worse"
    BETTER = "better"
    ENTERED = "entered"  # a first label, or from a label that is not listed any more


@dataclass(frozen=True, slots=True)
class LabelRule:
    """A label with its criteria as a tree."""

    name: str
    when: Node


def read_rules(labels: Sequence[Label], catalog: Catalog) -> tuple[LabelRule, ...]:
    """The labels' criteria as trees, in the order of the list.

    Raises:
        CriteriaError: criteria that cannot be read, or that do not fit the fields.
    """
    return tuple(LabelRule(label.name, parse(label.when, catalog)) for label in labels)


def direction(labels: Sequence[str], old: str | None, new: str | None, *, had_label: bool) -> Direction:
    """Where the change from one label to another leads.

    Args:
        labels: best first.
        old: None when the account had no label at the last run.
        new: None when no criteria hold any more.
        had_label: whether the account ever had a label; having none is then below every label.
    """
    if new is None:
        return Direction.WORSE
    if old is None:
        return Direction.BETTER if had_label else Direction.ENTERED
    if old not in labels:
        return Direction.ENTERED
    return Direction.BETTER if labels.index(new) < labels.index(old) else Direction.WORSE


def is_worse(labels: Sequence[str], one: str | None, other: str | None) -> bool:
    """Whether the first label is below the other; none, or one that is not listed, is below every label."""
    return _rank(labels, one) > _rank(labels, other)


def fields_used(node: Node, catalog: Catalog | None = None) -> set[str]:
    """The rows' fields that criteria speak of, as in the tree; with a catalog also through segments."""
    used = atoms(node if catalog is None else resolved(node, catalog), whole=False)
    return {one.field for one in used if isinstance(one, Leaf)}


def related_used(node: Node, catalog: Catalog) -> tuple[Measured | Related, ...]:
    """The conditions on related records, also through segments, each once."""
    used = atoms(resolved(node, catalog), whole=False)
    found = (one for one in used if isinstance(one, Measured | Related))
    return tuple(dict.fromkeys(found))


def account_fields(rules: Sequence[LabelRule], catalog: Catalog) -> list[Field]:
    """The account fields that rules ask for; what comes from scoring itself is not among them."""
    names = {name for rule in rules for name in fields_used(rule.when, catalog)}
    found = (catalog.find(name) for name in sorted(names))
    return [one for one in found if one is not None and not one.source.startswith(OWN_SOURCES)]


def related_conditions(rules: Sequence[LabelRule], catalog: Catalog) -> list[Measured | Related]:
    """The conditions on related records that rules ask for, each once."""
    return list(dict.fromkeys(one for rule in rules for one in related_used(rule.when, catalog)))


def _rank(labels: Sequence[str], label: str | None) -> int:
    return labels.index(label) if label in labels else len(labels)
