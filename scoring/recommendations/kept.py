"""A learned model as JSON values and back, exactly: what is read scores as what was learned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from scoring.recommendations.features import FEATURES
from scoring.recommendations.model import Model, Rates
from scoring.recommendations.odds import Odds
from scoring.recommendations.purchases import Flags, Numbers

_ARRAYS = ("mean", "scale", "weights", "levels", "knots", "values")


def model_as_json(model: Model) -> dict[str, Any]:
    """The model as values that JSON has; floats keep every digit."""
    return {
        "features": list(FEATURES),
        "horizon_days": model.horizon_days,
        "again": _odds_as_json(model.again),
        "new": _odds_as_json(model.new),
        "products": [str(one) for one in model.product_ids],
        "rates_new": model.rates.new.tolist(),
        "rates_again": model.rates.again.tolist(),
        "cutoffs": [day.isoformat() for day in model.cutoffs],
        "positives": model.positives,
        "warnings": list(model.warnings),
    }


def model_from_json(body: Mapping[str, Any]) -> Model | None:
    """The model that was kept; None when it is about other features than this release has."""
    if body.get("features") != list(FEATURES):
        return None
    return Model(
        np.array(body["products"], dtype=object),
        int(body["horizon_days"]),
        _odds_from_json(body["again"]),
        _odds_from_json(body["new"]),
        Rates(_floats(body["rates_new"]), _floats(body["rates_again"])),
        tuple(date.fromisoformat(day) for day in body["cutoffs"]),
        int(body["positives"]),
        tuple(body["warnings"]),
    )


def _odds_as_json(model: Odds | None) -> dict[str, Any] | None:
    if model is None:
        return None
    kept = _corners(model.values)
    found = {name: getattr(model, name) for name in _ARRAYS}
    found |= {"knots": model.knots[kept], "values": model.values[kept]}
    return {name: values.tolist() for name, values in found.items()} | {"level": list(model.level)}


def _odds_from_json(body: Mapping[str, Any] | None) -> Odds | None:
    if body is None:
        return None
    arrays = {name: _floats(body[name]) for name in _ARRAYS}
    return Odds(level=tuple(int(day) for day in body["level"]), **arrays)


def _corners(values: Numbers) -> Flags:
    """Where steps begin and end: what is between two equal values, interpolation gives back exactly."""
    kept = np.ones(len(values), dtype=bool)
    kept[1:-1] = (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:])
    return kept


def _floats(values: Any) -> Numbers:
    return np.array(values, dtype=np.float64)
