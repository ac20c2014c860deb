"""What labels' criteria ask of accounts besides scores, and which labels stand at the ends of the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.fields import Catalog
from scoring.label_rules import account_fields, read_rules, related_conditions
from scoring.offline import SCORES
from scoring.shape import Label

SCORES_ALONE = Catalog(SCORES)


@dataclass(frozen=True)
class AccountFields:
    """Today's values of fields, since they have no past.

    Attributes:
        catalog: every field that criteria may use, scores too.
        frame: a row for each account, index of ids; a column for each field that criteria use, and one for
            each condition on related records, named by its canonical text.
    """

    catalog: Catalog = SCORES_ALONE
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)

    def of(self, account_ids: Sequence[Any] | npt.NDArray[np.object_]) -> pd.DataFrame:
        """The columns for these accounts, row by row."""
        if not len(self.frame.columns):
            return pd.DataFrame(index=range(len(account_ids)))
        return self.frame.reindex(pd.Index(account_ids)).reset_index(drop=True)

    def warnings(self, labels: Sequence[Label]) -> tuple[str, ...]:
        """A sentence when labels depend on what has no past."""
        rules = read_rules(labels, self.catalog)
        names = [one.name for one in account_fields(rules, self.catalog)]
        if related_conditions(rules, self.catalog):
            names.append("related records")
        if not names:
            return ()
        asked = ", ".join(names)
        known = f"Labels also ask for {asked}, of which only today's values are known"
        return (f"{known}: the labels may look better here than they were.",)


def lower_half(labels: Sequence[str]) -> range:
    """Places of the worst labels of a list from best to worst: half of them, rounded down; one at least."""
    return range(len(labels) - max(len(labels) // 2, 1), len(labels))


def upper_half(labels: Sequence[str]) -> range:
    """Places of the best labels, likewise."""
    return range(max(len(labels) // 2, 1))


def named(labels: Sequence[str], places: Sequence[int]) -> str:
    """These labels as the name of a list."""
    return "label " + " or ".join(labels[place] for place in places)
