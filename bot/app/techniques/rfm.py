"""RFM in a run: the facts of one aggregate, scores by rank or band, labels by criteria."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bot.app.facts import AccountFacts, EnginePass
from bot.app.techniques import came_due
from bot.app.techniques.asked import Asked
from bot.app.techniques.left_out import left_out
from bot.app.techniques.technique import Changes, Evidence, Scored, Situation, Technique
from scoring.account_ids import alike, compact, in_order
from scoring.account_ids import places as id_places
from scoring.criteria.fields import Catalog
from scoring.explain import account_sentences, reasons
from scoring.label_rules import account_fields, read_rules, related_conditions
from scoring.labels import places
from scoring.rfm import Scores, ordinals, score, score_columns, thresholds_from
from scoring.rfm_config import RfmSegmentation
from scoring.standing import EPOCH_ORDINAL, Standing
from scoring.standings import NO_DAY, NO_LABEL, NO_SCORE, Standings

COLUMNS = ("last_purchase", "purchases", "spend_minor", "r", "f", "m")


def scored(evidence: Evidence, situation: Situation[RfmSegmentation]) -> Scored:
    """Every account that takes part."""
    engine = evidence.passed(situation.segmentation)
    if engine is not None:
        return _by_engine(engine, _names(situation))
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

    Where the scores change is found among all, and all are scored anew, so that it cannot differ from a look
    at everything. A label is made of these numbers and the day: who has the same ones keeps it.
    """
    segmentation, catalog = situation.segmentation, evidence.catalog()
    asked = Asked.by(read_rules(segmentation.labels, catalog), catalog)
    moved = evidence.moved_since(segmentation, changes.since)
    if moved is None or asked.related:
        return None
    if asked.fields and (changes.since != situation.today.day or not evidence.own("", fields=asked.fields)):
        return None  # the last run has not kept what the labels ask of the accounts
    since = moved.since
    unsure = frozenset[str]() if since is None else came_due.unsure(since, situation.before)
    wanted = sorted(changes.marked | moved.accounts | unsure)
    ids, facts = _put_over(situation.before, evidence.facts(segmentation, wanted), wanted)
    if since is not None:
        came_due.add(since, ids, facts, wanted)
    found = score_columns(facts, segmentation, situation.today)
    nothing_said = np.full(len(ids), NO_LABEL, dtype=np.int64)
    now = Standings(ids, nothing_said, _names(situation), {**facts, **found.columns})
    by_day = changes.since != situation.today.day and asked.by_day
    labels = _labels_again(evidence, situation, asked, now, found, wanted, everybody=by_day)
    if labels is None:
        return None
    thresholds = None if found.thresholds is None else found.thresholds.as_json()
    return Scored(replace(now, label=labels), found.warnings, thresholds)


def _labels_again(
    evidence: Evidence,
    situation: Situation[RfmSegmentation],
    asked: Asked,
    now: Standings,
    found: Scores,
    wanted: Sequence[str],
    *,
    everybody: bool,
) -> npt.NDArray[np.int64] | None:
    """Labels anew of those accounts that differ in anything; the others have the one that they had.

    None when one of them is gone without a mark, so that everybody is to be looked at.

    Args:
        evidence: what the labels' criteria ask of accounts.
        situation: with what the last run said.
        asked: the criteria.
        now: the standings, without labels yet.
        found: their scores.
        wanted: the accounts that were read again.
        everybody: whether everybody's label is made anew: the criteria ask for a day, and it is another one.
    """
    before = situation.before
    old, differs = _differing(before, now)
    read = id_places(*alike(compact(wanted), now.ids))
    differs[read[read >= 0]] = True
    rows = np.arange(len(now)) if everybody else np.flatnonzero(differs)
    some = _frame_of(now, found, rows)
    if asked.fields:
        part = evidence.accounts("", asked.fields, only=now.ids_at(rows))
        at = id_places(now.ids.take(pa.array(rows)), compact(part.ids.to_pylist()))
        if (at < 0).any():
            return None
        some = some.join(part.frame.iloc[at].reset_index(drop=True))
    labels = before.label.copy() if old is None else before.label[old]
    if now.names != before.names:
        # Among the names before may be some of an earlier document, that nobody has any more.
        numbers = {name: number for number, name in enumerate(now.names)}
        names = [*(numbers.get(one, NO_LABEL) for one in before.names), NO_LABEL]
        labels = np.array(names, dtype=np.int64)[labels]
    labels[rows] = places(some, asked.rules, asked.catalog, situation.today)
    return labels


def _differing(
    before: Standings, now: Standings
) -> tuple[npt.NDArray[np.intp] | None, npt.NDArray[np.bool_]]:
    """The row that each account had before, and whether it is new or its numbers differ.

    None for the rows: each had the same one, as from day to day. A new account has any: it is one that
    differs.
    """
    old: npt.NDArray[np.intp] | None = None
    known: slice | npt.NDArray[np.intp] = slice(None)
    of: slice | npt.NDArray[np.intp] = slice(None)
    if now.ids.equals(before.ids):  # nothing need be put into another order, which takes longest
        differs = np.zeros(len(now), dtype=np.bool_)
    else:
        old = id_places(now.ids, before.ids)
        differs = old < 0
        known = np.flatnonzero(~differs)
        of = old[known]
    for name in COLUMNS:
        differs[known] |= before.column(name)[of] != now.column(name)[known]
    return old, differs


def _frame_of(now: Standings, found: Scores, rows: npt.NDArray[np.intp]) -> pd.DataFrame:
    """What labels' criteria ask for of some rows."""
    facts = {name: now.column(name)[rows] for name in ("purchases", "spend_minor")}
    days = _instants(now.column("last_purchase")[rows])
    return _named(pd.DataFrame({"last_purchase": days, **facts, **found.framed(rows)}, copy=False))


def _instants(ordinals: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
    """Days as a frame has them."""
    found: npt.NDArray[np.datetime64] = (
        (ordinals - EPOCH_ORDINAL).astype("datetime64[D]").astype("datetime64[s]")
    )
    found[ordinals == NO_DAY] = np.datetime64("NaT")
    return found


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
    return Scored(
        _standings(ids, result.frame, labels, _names(situation)),
        (*result.warnings, *left_out),
        None if result.thresholds is None else result.thresholds.as_json(),
    )


def _names(situation: Situation[RfmSegmentation]) -> tuple[str, ...]:
    return tuple(label.name for label in situation.segmentation.labels)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """With the columns that criteria name otherwise."""
    return frame.assign(rfm=frame["total"], total_spend=frame["spend_minor"])


def _put_over(
    before: Standings, facts: AccountFacts, wanted: Sequence[str]
) -> tuple[pa.Array, dict[str, npt.NDArray[np.int64]]]:
    """The facts of the last run, with those that the wanted accounts have now in their place; by id."""
    read = {"last_purchase": ordinals(facts.frame["last_purchase"])}
    read |= {name: facts.frame[name].to_numpy(dtype=np.int64) for name in ("purchases", "spend_minor")}
    theirs, mine = alike(before.ids, compact(wanted))
    at = id_places(mine, theirs)
    at = at[at >= 0]
    place = id_places(*alike(facts.ids, theirs))
    if len(at) == len(place) and (place >= 0).all():  # nobody came, and nobody went
        columns = {name: before.column(name).copy() for name in read}
        for name, values in read.items():
            columns[name][place] = values
        return theirs, columns
    stays = np.ones(len(before), dtype=bool)
    stays[at] = False
    kept, new = alike(theirs.filter(pa.array(stays)), facts.ids)
    ids = pa.concat_arrays([kept, new])
    columns = {name: np.concatenate([before.column(name)[stays], values]) for name, values in read.items()}
    order = in_order(ids)
    if order is None:
        return ids, columns
    return ids.take(pa.array(order)), {name: values[order] for name, values in columns.items()}


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
