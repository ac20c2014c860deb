"""RFM in a run: the facts of one aggregate, scores by rank or band, labels by criteria."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bot.app.facts import EnginePass
from bot.app.techniques.technique import Evidence, Scored, Situation, Technique
from scoring.explain import account_sentences, reasons
from scoring.labels import account_fields, places, read_rules, related_conditions
from scoring.rfm import Standing, ordinals, score, thresholds_from
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


def explained(
    evidence: Evidence, situation: Situation[RfmSegmentation], account_id: str, standing: Standing
) -> tuple[str, ...]:
    """The arithmetic behind each score, the label's criteria, and the least that would give a better one."""
    segmentation, catalog = situation.segmentation, evidence.catalog()
    rules = read_rules(segmentation.labels, catalog)
    fields, related = account_fields(rules, catalog), related_conditions(rules, catalog)
    part = evidence.accounts("", fields, related, only=[account_id])
    thresholds = None if situation.thresholds is None else thresholds_from(dict(situation.thresholds))
    return account_sentences(
        standing,
        segmentation,
        thresholds,
        catalog,
        situation.today,
        situation.currency,
        {str(name): column.iloc[0] for name, column in part.frame.items()} if len(part.ids) else {},
    )


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


RFM = Technique[RfmSegmentation](COLUMNS, scored, _reasons, explained, neighbours_move=True)
