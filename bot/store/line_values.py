"""Values of any field of accounts as cells of a list: what the database gives, made plain."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.app.tables import Cell
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.periods import Today


def cells(values: Sequence[Any], fields: Sequence[Field], today: Today) -> tuple[Cell, ...]:
    """The values of some fields; money stays in minor units, instants become days of the organisation."""
    return tuple(_cell(value, field, today) for value, field in zip(values, fields, strict=True))


def _cell(value: Any, field: Field, today: Today) -> Cell:
    if value is None:
        return None
    if field.type is FieldType.LIST:
        return _listed(value)
    if field.type is FieldType.BOOLEAN:
        return "yes" if value else "no"
    if field.type is FieldType.DATE:
        return _day(value, today)
    if field.type is FieldType.NUMBER:
        return _number(value, field.parts)
    return int(value) if field.type is FieldType.MONEY else str(value)


def _listed(value: Any) -> Cell:
    """A JSON array, as text or as it was read, as one text."""
    items = json.loads(value) if isinstance(value, str) else value
    names = (one.get("name") if isinstance(one, dict) else one for one in items)
    return ", ".join(sorted(str(one) for one in names if one not in {None, ""})) or None


def _day(value: Any, today: Today) -> Cell:
    if isinstance(value, datetime):
        return value.astimezone(today.zone).date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return str(value)  # a day that no calendar has, as the CRM gave it


def _number(value: Any, parts: int) -> Cell:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    exact = Decimal(str(value)) / parts
    return int(exact) if exact == exact.to_integral_value() else exact
