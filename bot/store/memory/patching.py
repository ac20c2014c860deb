"""What is held with some of it changed: new arrays, because others may be reading the old ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bot.store.memory.held import Changes, Coded, Column, Part, Truths, Wholes
from bot.store.memory.loading import deals_by_day

Places = npt.NDArray[np.intp]


def longer(values: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """A copy of a size, with zeros behind what there is."""
    found = np.zeros(size, dtype=values.dtype)
    found[: len(values)] = values
    return found


def patched(column: Column, new: Column | None, numbers: Places, size: int) -> Column | None:
    """A column with other values for some accounts; None where it is not held any more."""
    if isinstance(column, Wholes) and isinstance(new, Wholes):
        values, present = longer(column.values, size), longer(column.present, size)
        values[numbers], present[numbers] = new.values, new.present
        return Wholes(values, present)
    if isinstance(column, Coded) and isinstance(new, Coded):
        known = {value: code for code, value in enumerate(column.values)}
        again = np.array([known.setdefault(one, len(known)) for one in new.values], dtype=np.int32)
        codes = longer(column.codes, size)
        codes[numbers] = again[new.codes]
        return Coded(codes, tuple(known))
    return None


def together(part: Part, kept: Truths, other: Part) -> Part:
    """The records of the kept accounts, and all of another part."""
    one, two = part.deals, other.deals
    mine = kept[one.account]
    deals = deals_by_day(
        np.concatenate([one.account[mine], two.account]),
        np.concatenate([one.stage[mine], two.stage]),
        np.concatenate([one.owner[mine], two.owner]),
        np.concatenate([days_of(one)[mine], days_of(two)]).astype(np.int32),
        np.concatenate([one.amount[mine], two.amount]),
    )
    still = kept[part.changes.account]
    joined = (
        np.concatenate([getattr(part.changes, name)[still], getattr(other.changes, name)])
        for name in Changes.__dataclass_fields__
    )
    return Part(deals, Changes(*joined))


def days_of(deals: Any) -> npt.NDArray[np.int64]:
    """The day of each deal."""
    found: npt.NDArray[np.int64] = np.repeat(deals.days, np.diff(deals.starts))
    return found
