"""Labels by criteria, the first that holds wins; their order, best to worst, judges a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from scoring.config import Label
from scoring.criteria.check import leaves
from scoring.criteria.fields import Catalog
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import Node


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


def assign(
    frame: pd.DataFrame, rules: Sequence[LabelRule], catalog: Catalog, today: Today
) -> list[str | None]:
    """The label of every row, None where no criteria hold.

    Args:
        frame: scores and whatever account fields the criteria use, columns named by ``Field.name``.
        rules: best first.
        catalog: the fields that the criteria were read with.
        today: the day of the run, for criteria such as ``last_purchase before 90 days ago``.
    """
    labels = np.full(len(frame), None, dtype=object)
    free = np.ones(len(frame), dtype=bool)
    for rule in rules:
        holds = free & mask(rule.when, frame, catalog, today).to_numpy(dtype=bool)
        labels[holds] = rule.name
        free &= ~holds
    return list(labels)


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


def fields_used(node: Node) -> set[str]:
    """The field names that criteria speak of, as they are written in the tree."""
    return {leaf.field for leaf in leaves(node)}


def _rank(labels: Sequence[str], label: str | None) -> int:
    return labels.index(label) if label in labels else len(labels)
