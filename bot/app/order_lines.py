"""What was bought line by line, as recommendations read it. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class OrderLines:
    """The order lines of every account, and everything that is sold.

    Attributes:
        frame: the columns of ``scoring.recommendations.purchases.LINE_COLUMNS``.
        products: names by id.
        withdrawn: ids of products that are not sold any more.
        left_out: a sentence about each kind of line that does not count, or counts without its amount.
    """

    frame: pd.DataFrame
    products: Mapping[str, str]
    withdrawn: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
