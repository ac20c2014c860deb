"""Labels by criteria, the first that holds wins; their order, best to worst, judges a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.check import atoms
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.segments import resolved
from scoring.criteria.tree import Leaf, Measured, Node, Related
from scoring.rfm import Standing
from scoring.shape import Label

# Column in a frame, as the criteria name it -> attribute of a standing.
_SCORE_COLUMNS = {
    "r": "r",
    "f": "f",
    "m": "m",
    "rfm": "total",
    "purchases": "purchases",
    "total_spend": "spend_minor",
}


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


def assign(
    frame: pd.DataFrame,
    rules: Sequence[LabelRule],
    catalog: Catalog,
    today: Today,
    related: Mapping[str, pd.DataFrame] | None = None,
) -> list[str | None]:
    """The label of every row, None where no criteria hold.

    Args:
        frame: scores and whatever account fields the criteria use, columns named by ``Field.name``.
        rules: best first.
        catalog: the fields that the criteria were read with.
        today: the day of the run, for criteria such as ``last_purchase before 90 days ago``.
        related: related rows, as for ``scoring.criteria.mask.mask``.
    """
    names = [rule.name for rule in rules]
    return [None if place < 0 else names[place] for place in places(frame, rules, catalog, today, related)]


def places(
    frame: pd.DataFrame,
    rules: Sequence[LabelRule],
    catalog: Catalog,
    today: Today,
    related: Mapping[str, pd.DataFrame] | None = None,
) -> npt.NDArray[np.int64]:
    """The same as places in the list of rules; -1 where no criteria hold."""
    found = np.full(len(frame), -1, dtype=np.int64)
    for place, rule in enumerate(rules):
        holds = mask(rule.when, frame, catalog, today, related).to_numpy(dtype=bool)
        found[(found < 0) & holds] = place
    return found


def label_standings(
    standings: Sequence[Standing],
    rules: Sequence[LabelRule],
    catalog: Catalog,
    today: Today,
    account: Mapping[str, Any],
) -> list[str | None]:
    """The labels that one account would have with these standings.

    Args:
        standings: facts and scores; their own labels are not looked at.
        rules: best first.
        catalog: the fields that the criteria were read with.
        today: the day.
        account: values of the account's other fields that the criteria use, by ``Field.name``.

    Raises:
        KeyError: the criteria use a field that is not among them.
    """
    columns: dict[str, Any] = {
        name: pd.array([getattr(one, source) for one in standings], dtype="Int64")
        for name, source in _SCORE_COLUMNS.items()
    }
    columns["last_purchase"] = pd.Series([one.last_purchase for one in standings], dtype=object)
    # One row of a list field is a list, so every value is repeated by hand.
    columns |= {name: pd.Series([value] * len(standings), dtype=object) for name, value in account.items()}
    return assign(pd.DataFrame(columns), rules, catalog, today)


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
