"""RFM in a run: the facts of one aggregate, scores by rank or band, labels by criteria."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bot.app.facts import EnginePass
from bot.app.techniques.technique import Evidence, Scored, Situation, Technique
from scoring.explain import reasons
from scoring.labels import places, read_rules
from scoring.rfm import Standing, ordinals, score
from scoring.rfm_config import RfmSegmentation
from scoring.standings import NO_SCORE, Standings

COLUMNS = ("last_purchase", "purchases", "spend_minor", "r", "f", "m")


def scored(evidence: Evidence, situation: Situation[RfmSegmentation]) -> Scored:
    """Every account that takes part."""
    segmentation = situation.segmentation
    names = tuple(label.name for label in segmentation.labels)
    engine = evidence.passed(segmentation)
    if engine is not None:
        return _by_engine(engine, names)
    facts = evidence.facts(segmentation)
    result = score(facts.frame, segmentation, situation.today)
    rules = read_rules(segmentation.labels, facts.catalog)
    named = result.frame.assign(rfm=result.frame["total"], total_spend=result.frame["spend_minor"])
    labels = places(named, rules, facts.catalog, situation.today)
    return Scored(
        _standings(facts.ids, named, labels, names),
        (*result.warnings, *_left_out(facts.uncounted)),
        None if result.thresholds is None else result.thresholds.as_json(),
    )


def _by_engine(engine: EnginePass, names: tuple[str, ...]) -> Scored:
    passed = engine.passed
    columns = {name: passed.columns[name] for name in COLUMNS}
    return Scored(
        Standings(passed.ids, passed.columns["label"], names, columns),
        (*passed.warnings, *_left_out(engine.uncounted)),
        None if passed.thresholds is None else passed.thresholds.as_json(),
    )


def _reasons(old: Standing, new: Standing, situation: Situation[RfmSegmentation]) -> tuple[str, ...]:
    return reasons(old, new, situation.today.day, situation.currency)


def _standings(
    ids: pa.Array, frame: pd.DataFrame, label: npt.NDArray[np.int64], names: tuple[str, ...]
) -> Standings:
    columns = {
        "last_purchase": ordinals(frame["last_purchase"]),
        "purchases": frame["purchases"].to_numpy(dtype=np.int64),
        "spend_minor": frame["spend_minor"].to_numpy(dtype=np.int64),
        **{name: frame[name].to_numpy(dtype=np.int64, na_value=NO_SCORE) for name in "rfm"},
    }
    return Standings(ids, label, names, columns)


def _left_out(uncounted: int) -> tuple[str, ...]:
    """What did not count, so that nothing is left out in silence."""
    if not uncounted:
        return ()
    kinds = "Purchases without an account, without a date or with a later date"
    return (f"{kinds} do not count: {uncounted:,}.",)


RFM = Technique[RfmSegmentation](COLUMNS, scored, _reasons, neighbours_move=True)
