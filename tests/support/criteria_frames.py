"""Rows of ``criteria_cases`` as a data frame, as scoring would have them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from scoring.criteria.fields import FieldType
from tests.support.criteria_cases import CATALOG

INSTANT = re.compile(r"[0-9-]{10}T[0-9:]{8}(\.[0-9]{6})?[+-](0[0-9]|1[0-4]):[0-5][0-9]")


def as_typed(value: Any, form: str) -> Any:
    """What a raw value is as a value of the field; None when it does not fit."""
    if form == "named":
        return as_typed(value.get("name"), "text") if isinstance(value, dict) else None
    if form == "list":
        names = [one["name"] if isinstance(one, dict) else one for one in value or ()]
        return names if isinstance(value, list) else None
    fits = {
        "text": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "truth": isinstance(value, bool),
        "day": isinstance(value, str) and value[:4].isdecimal(),
        "instant": isinstance(value, str) and INSTANT.fullmatch(value) is not None,
    }
    if not fits[form]:
        return None
    if form == "instant":
        try:
            return datetime.fromisoformat(value) if "1000" <= value < "9999" else None
        except ValueError:  # no day of the calendar, or no time of the clock
            return None
    return pd.Timestamp(value[:10]).date() if form == "day" else value


def frame_of(given_rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    columns = {}
    for field in CATALOG:
        place, _, rest = field.source.partition(":")
        if place == "raw":
            form, _, name = rest.partition(":")
            values = [as_typed(row["raw"].get(name), form) for row in given_rows]
        else:
            values = [row[field.name] for row in given_rows]
        dtype = "float64" if place == "raw" and field.type is FieldType.NUMBER else "object"
        columns[field.name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(columns)
