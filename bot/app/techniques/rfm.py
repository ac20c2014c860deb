"""RFM in a run: the facts of one aggregate, scores by rank or band, labels by criteria."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bot.app.facts import AccountFacts, EnginePass
from bot.app.techniques.asked import Asked
from bot.app.techniques.left_out import left_out
from bot.app.techniques.technique import Changes, Evidence, Scored, Situation, Technique
from scoring.account_ids import alike, compact, in_order
from scoring.account_ids import places as id_places
from scoring.criteria.fields import Catalog
from scoring.explain import account_sentences, reasons
from scoring.label_rules import account_fields, read_rules, related_conditions
from scoring.labels import places
from scoring.rfm import RfmResult, ordinals, score, thresholds_from
from scoring.rfm_config import RfmSegmentation
from scoring.standing import EPOCH_ORDINAL, Standing
from scoring.standings import NO_DAY, NO_LABEL, NO_SCORE, Standings

COLUMNS = ("last_purchase", "purchases", "spend_minor", "r", "f", "m")


def scored(evidence: Evidence, situation: Situation[RfmSegmentation]) -> Scored:
    """Every account that takes part."""
    engine = evidence.passed(situation.segmentation)
    if engine is not None:
        return _by_engine(engine, tuple(label.name for label in situation.segmentation.labels))
    facts = evidence.facts(situation.segmentation)
    return _scored(facts.ids, facts.frame, facts.catalog, situation, left_out(facts.left_out))


def _by_engine(engine: EnginePass, names: tuple[str, ...]) -> Scored:
    passed = engine.passed
    columns = {name: passed.columns[name] for name in COLUMNS}
    return Scored(
        Standings(passed.ids, passed.columns["label"], names, columns),
        (*passed.warnings, *left_out(engine.left_out)),
        None if passed.thresholds is None else passed.thresholds.as_json(),
    )


def rescored(evidence: Evidence, situation: Situation[RfmSegmentation], changes: Changes) -> Scored | None:
    """The same from the facts of the last run, with those of some accounts read again.

    Scores and labels of all are made anew, so that it cannot differ from a look at everything.
    """
    segmentation, catalog = situation.segmentation, evidence.catalog()
    asked = Asked.by(read_rules(segmentation.labels, catalog), catalog)
    moved = evidence.moved_since(segmentation, changes.since)
    if moved is None or asked.related:
        return None
    if asked.fields and (changes.since != situation.today.day or not evidence.own("", fields=asked.fields)):
        return None  # the last run has not kept what the labels ask of the accounts
    wanted = sorted(changes.marked | moved)
    facts = evidence.facts(segmentation, wanted)
    ids, frame = _put_over(situation.before, facts, wanted)
    if not asked.fields:
        return _scored(ids, frame, catalog, situation, ())
    result = score(frame, segmentation, situation.today)
    labels = _labels_again(evidence, situation, asked, wanted, ids, result.frame)
    return None if labels is None else _said(ids, result, labels, situation, ())


def _labels_again(
    evidence: Evidence,
    situation: Situation[RfmSegmentation],
    asked: Asked,
    wanted: Sequence[str],
    ids: pa.Array,
    frame: pd.DataFrame,
) -> npt.NDArray[np.int64] | None:
    """Labels anew of those accounts that differ in anything; the others have the one that they had.

    None when one of them is gone without a mark, so that everybody is to be looked at.
    """
    names = tuple(label.name for label in situation.segmentation.labels)
    now = _standings(ids, frame, np.full(len(ids), NO_LABEL, dtype=np.int64), names)
    before = situation.before
    old = id_places(ids, before.ids)
    differs = old < 0
    for name in COLUMNS:
        differs[~differs] = before.column(name)[old[~differs]] != now.column(name)[~differs]
    read = id_places(*alike(compact(wanted), ids))
    differs[read[read >= 0]] = True
    rows = np.flatnonzero(differs)
    part = evidence.accounts("", asked.fields, only=now.ids_at(rows))
    at = id_places(ids.take(pa.array(rows)), compact(part.ids.to_pylist()))
    if (at < 0).any():
        return None
    found = part.frame.iloc[at].reset_index(drop=True)
    some = _named(frame.iloc[rows].reset_index(drop=True)).join(found)
    # Among the names before may be some of an earlier document, that nobody has any more.
    numbers = {name: number for number, name in enumerate(names)}
    place = np.array([*(numbers.get(one, NO_LABEL) for one in before.names), NO_LABEL], dtype=np.int64)
    labels = now.label.copy()
    labels[~differs] = place[before.label[old[~differs]]]
    labels[rows] = places(some, asked.rules, asked.catalog, situation.today)
    return labels


def _scored(
    ids: pa.Array,
    frame: pd.DataFrame,
    catalog: Catalog,
    situation: Situation[RfmSegmentation],
    left_out: tuple[str, ...],
) -> Scored:
    segmentation = situation.segmentation
    result = score(frame, segmentation, situation.today)
    rules = read_rules(segmentation.labels, catalog)
    labels = places(_named(result.frame), rules, catalog, situation.today)
    return _said(ids, result, labels, situation, left_out)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """With the columns that criteria name otherwise."""
    return frame.assign(rfm=frame["total"], total_spend=frame["spend_minor"])


def _said(
    ids: pa.Array,
    result: RfmResult,
    labels: npt.NDArray[np.int64],
    situation: Situation[RfmSegmentation],
    left_out: tuple[str, ...],
) -> Scored:
    names = tuple(label.name for label in situation.segmentation.labels)
    return Scored(
        _standings(ids, result.frame, labels, names),
        (*result.warnings, *left_out),
        None if result.thresholds is None else result.thresholds.as_json(),
    )


def _put_over(before: Standings, facts: AccountFacts, wanted: Sequence[str]) -> tuple[pa.Array, pd.DataFrame]:
    """The facts of the last run without the wanted accounts, and those that they have now; by id."""
    theirs, mine = alike(before.ids, compact(wanted))
    stays = np.ones(len(before), dtype=bool)
    at = id_places(mine, theirs)
    stays[at[at >= 0]] = False
    kept, new = alike(theirs.filter(pa.array(stays)), facts.ids)
    ids = pa.concat_arrays([kept, new])
    days = before.column("last_purchase")[stays] - EPOCH_ORDINAL
    bought = before.column("last_purchase")[stays] != NO_DAY
    last = days.astype("datetime64[D]").astype("datetime64[s]")
    last[~bought] = np.datetime64("NaT")
    columns = {
        "last_purchase": np.concatenate([last, facts.frame["last_purchase"].to_numpy()]),
        **{
            name: np.concatenate([before.column(name)[stays], facts.frame[name].to_numpy()])
            for name in ("purchases", "spend_minor")
        },
    }
    order = in_order(ids)
    if order is None:
        return ids, pd.DataFrame(columns, copy=False)
    return ids.take(pa.array(order)), pd.DataFrame({k: v[order] for k, v in columns.items()}, copy=False)


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


RFM = Technique[RfmSegmentation](
    COLUMNS, scored, _reasons, explained, neighbours_move=True, score_changes=rescored
)
