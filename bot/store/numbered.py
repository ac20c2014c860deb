"""Texts of a query as numbers: the place of each among those that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, case

from bot.store.memory.marks import StillChanging

NONE, UNKNOWN = 0, -1


def place_among(column: ColumnElement[Any], values: Sequence[str | None]) -> ColumnElement[int]:
    """The place of a text among values, the first of which is none; ``UNKNOWN`` of one that came later."""
    whens = [(column == one, place) for place, one in enumerate(values) if one is not None]
    return case((column.is_(None), NONE), *whens, else_=UNKNOWN)


def check_known(numbers: pa.ChunkedArray | pa.Array) -> None:
    """See that no text came later.

    Raises:
        StillChanging: one did: everything is to be read again.
    """
    if len(numbers) and pc.min(numbers).as_py() == UNKNOWN:
        raise StillChanging
