"""Labels from account fields: exactly one per account, which criterion gave it, how much is known.

A field without a value is a value of its own: it is counted, criteria can ask for it (``employees is
empty``), and an explanation says where a condition fails only because nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.canonical import canonical
from scoring.criteria.check import field_named
from scoring.criteria.fields import Catalog
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import IsEmpty, Node, Or
from scoring.firmographics.config import UNCLASSIFIED, FirmographicSegmentation
from scoring.label_rules import LabelRule, fields_used

Objects = npt.NDArray[np.object_]

LITTLE_KNOWN = 0.5  # below this share a field decides by chance who gets a label
NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Coverage:
    """For how many accounts a field has a value."""

    field: str
    known: int
    accounts: int

    @property
    def share(self) -> float:
        """Of all accounts; 0 when there are none."""
        return self.known / self.accounts if self.accounts else 0.0


@dataclass(frozen=True)
class FirmographicResult:
    """Labels of one run.

    Attributes:
        frame: a row per account, in the order they were given: ``account_id``, ``label``, ``criterion``: the
            alternative of the label's criteria that held first, in canonical text; None when unclassified.
        counts: accounts by label, in the order of the labels, the unclassified last.
        coverage: of every field that the criteria use, the least known first.
        warnings: sentences about labels that say little.
    """

    frame: pd.DataFrame
    counts: dict[str, int]
    coverage: tuple[Coverage, ...]
    warnings: tuple[str, ...]


def rules_of(segmentation: FirmographicSegmentation, catalog: Catalog) -> tuple[LabelRule, ...]:
    """The labels' criteria as trees, in order.

    Raises:
        CriteriaError: criteria that cannot be read, or that do not fit the fields.
    """
    return tuple(LabelRule(label.name, parse(label.when, catalog)) for label in segmentation.labels)


def classify(
    accounts: pd.DataFrame, segmentation: FirmographicSegmentation, catalog: Catalog, today: Today
) -> FirmographicResult:
    """Label accounts.

    Args:
        accounts: a row per account: ``account_id`` and every field that the criteria use, by ``Field.name``,
            as ``scoring.criteria.mask`` wants them.
        segmentation: the labels.
        catalog: the account fields.
        today: the day, for criteria such as ``created after 90 days ago``.

    Raises:
        CriteriaError: criteria that cannot be read, or that do not fit the fields.
        KeyError: a column is missing.
    """
    rules = rules_of(segmentation, catalog)
    labels, criteria = labelled(accounts, rules, catalog, today)
    frame = pd.DataFrame(
        {
            "account_id": accounts["account_id"].to_numpy(),
            "label": labels,
            "criterion": pd.Series(criteria, dtype=object),
        }
    )
    counts = {name: int((labels == name).sum()) for name in (*(rule.name for rule in rules), UNCLASSIFIED)}
    known = coverage(accounts, used_in(rules, catalog), catalog, today)
    return FirmographicResult(frame, counts, known, tuple(_warnings(counts, known, len(accounts))))


def labelled(
    accounts: pd.DataFrame, rules: Sequence[LabelRule], catalog: Catalog, today: Today
) -> tuple[Objects, Objects]:
    """The label of every account and the text of the criterion that gave it (None when unclassified)."""
    labels = np.full(len(accounts), UNCLASSIFIED, dtype=object)
    criteria = np.full(len(accounts), None, dtype=object)
    free = np.ones(len(accounts), dtype=np.bool_)
    for rule in rules:
        for alternative in alternatives(rule.when):
            holds = free & mask(alternative, accounts, catalog, today).to_numpy(dtype=np.bool_)
            if holds.any():
                labels[holds], criteria[holds] = rule.name, canonical(alternative, catalog)
                free &= ~holds
    return labels, criteria


def alternatives(node: Node) -> tuple[Node, ...]:
    """The parts of an ``or``, any of which is enough; otherwise the whole."""
    return node.parts if isinstance(node, Or) else (node,)


def used_in(rules: Sequence[LabelRule], catalog: Catalog) -> tuple[str, ...]:
    """The canonical names of the fields that rules speak of, sorted."""
    names = {name for rule in rules for name in fields_used(rule.when)}
    return tuple(sorted({field_named(name, catalog).name for name in names}))


def coverage(
    accounts: pd.DataFrame, fields: Sequence[str], catalog: Catalog, today: Today
) -> tuple[Coverage, ...]:
    """For how many accounts each field has a value, the least known first.

    Raises:
        CriteriaError: a field that the catalog does not know.
        KeyError: a column is missing.
    """
    found = [
        Coverage(
            name, len(accounts) - int(mask(IsEmpty(name), accounts, catalog, today).sum()), len(accounts)
        )
        for name in fields
    ]
    return tuple(sorted(found, key=lambda one: (one.known, one.field)))


def _warnings(counts: dict[str, int], known: Sequence[Coverage], accounts: int) -> Iterator[str]:
    if not accounts:
        yield "There are no accounts."
        return
    for one in known:
        if one.share < LITTLE_KNOWN:
            yield (
                f"'{one.field}' is known of {one.known:,} of {accounts:,} accounts ({one.share:.0%}): where "
                "it is not, its conditions do not hold."
            )
    for label, count in counts.items():
        if not count and label != UNCLASSIFIED:
            yield f"No account is '{label}'."
        elif count >= NEARLY_ALL * accounts and len(counts) > 1:
            yield f"{count:,} of {accounts:,} accounts are '{label}': it does not tell them apart."
