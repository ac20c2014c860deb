"""Ids of many accounts by column: whole numbers where all of them are numbers, which meet in a moment.

Zoho's ids are numbers of up to nineteen digits. As texts a million of them take a tenth of a second to be
looked up in another million; as sorted numbers a hundredth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.intp]


def id_at(ids: pa.Array, row: int) -> str:
    """The id in a row, as the CRM writes it."""
    return str(ids[int(row)].as_py())


def compact(ids: Sequence[str]) -> pa.Array:
    """Ids as whole numbers if every one of them is written as a plain number; else as texts."""
    texts = pa.array(ids, pa.string())
    if not len(texts):
        return texts
    if not pc.all(pc.match_substring_regex(texts, "^[1-9][0-9]{0,18}$")).as_py():
        return texts
    try:
        return pc.cast(texts, pa.int64())
    except pa.ArrowInvalid:  # nineteen digits that 64 bits do not hold
        return texts


def alike(one: pa.Array, other: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Two columns of ids in one form: numbers only if both are."""
    if one.type == other.type:
        return one, other
    return _texts(one), _texts(other)


def places(wanted: pa.Array, among: pa.Array) -> Rows:
    """Where each of the wanted ids is among others, each of which is there once; -1 where it is not."""
    if not len(wanted):  # of no type: the others need not be made texts
        return np.empty(0, dtype=np.intp)
    wanted, among = alike(wanted, among)
    if wanted.equals(among):  # as it is from day to day
        return np.arange(len(wanted))
    if pa.types.is_integer(wanted.type):
        return _places_of_numbers(wanted.to_numpy(), among.to_numpy())
    found: Rows = pc.fill_null(pc.index_in(wanted, value_set=among), -1).to_numpy().astype(np.intp)
    return found


def in_order(ids: pa.Array) -> Rows | None:
    """The order in which ids ascend; None when they do already. Numbers and texts ascend differently."""
    if pa.types.is_integer(ids.type):
        numbers = ids.to_numpy()
        return None if bool((numbers[1:] > numbers[:-1]).all()) else np.argsort(numbers, kind="stable")
    order: Rows = pc.sort_indices(ids).to_numpy().astype(np.intp)
    return None if bool((order == np.arange(len(order))).all()) else order


def _places_of_numbers(wanted: npt.NDArray[np.int64], among: npt.NDArray[np.int64]) -> Rows:
    if not len(among):
        return np.full(len(wanted), -1, dtype=np.intp)
    order = None if bool((among[1:] > among[:-1]).all()) else np.argsort(among, kind="stable")
    at = np.searchsorted(among, wanted, sorter=order)
    at[at == len(among)] = 0
    row = at if order is None else order[at]
    return np.where(among[row] == wanted, row, -1)


def _texts(ids: pa.Array) -> pa.Array:
    return pc.cast(ids, pa.string())
