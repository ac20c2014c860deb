"""What is different of accounts because days have passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Sums:
    """Purchases added up by account.

    Attributes:
        ids: of the accounts, each of them once.
        last: the last day with a purchase, as an ordinal; of the first day of all where ``number`` is 0.
        number: how many; money that was given back is none.
        spend: minor units, with what was given back taken away.
    """

    ids: pa.Array
    last: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    spend: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Moved:
    """Whose facts are others than on an earlier day, because days have passed.

    Attributes:
        accounts: to be read again.
        since: what further accounts have bought since that day, which is all that is different of them.
    """

    accounts: frozenset[str]
    since: Sums | None = None
