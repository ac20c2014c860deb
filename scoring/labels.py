"""Labels by criteria, the first that holds wins; their order, best to worst, judges a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.fields import Catalog
from scoring.criteria.mask import mask
from scoring.criteria.periods import Today
from scoring.label_rules import LabelRule
from scoring.standing import Standing

# Column in a frame, as the criteria name it -> attribute of a standing.
_SCORE_COLUMNS = {
    "r": "r",
    "f": "f",
    "m": "m",
    "rfm": "total",
    "purchases": "purchases",
    "total_spend": "spend_minor",
}


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
