"""RFM in a run: the facts of one aggregate, scores by rank or band, labels by criteria."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bot.app.facts import AccountFacts
from bot.app.techniques.technique import Changes, Evidence, Scored, Situation, Technique
from scoring.account_ids import alike, compact, in_order
from scoring.account_ids import places as id_places
from scoring.criteria.fields import Catalog
from scoring.explain import account_sentences, reasons
from scoring.labels import account_fields, places, read_rules, related_conditions
from scoring.rfm import EPOCH_ORDINAL, Standing, ordinals, score, thresholds_from
from scoring.rfm_config import RfmSegmentation
from scoring.standings import NO_DAY, NO_SCORE, Standings

COLUMNS = ("last_purchase", "purchases", "spend_minor", "r", "f", "m")


def scored(evidence: Evidence, situation: Situation[RfmSegmentation]) -> Scored:
    """Every account that takes part."""
    facts = evidence.facts(situation.segmentation)
    return _scored(facts.ids, facts.frame, facts.catalog, situation, _left_out(facts))


def rescored(evidence: Evidence, situation: Situation[RfmSegmentation], changes: Changes) -> Scored | None:
    """The same from the facts of the last run, with those of some accounts read again.

    Scores and labels of all are made anew, so that it cannot differ from a look at everything.
    """
    catalog = evidence.catalog()
    rules = read_rules(situation.segmentation.labels, catalog)
    if account_fields(rules, catalog) or related_conditions(rules, catalog):
        return None  # the last run has not kept what the labels ask of the accounts
    moved = evidence.moved_since(situation.segmentation, changes.since)
    if moved is None:
        return None
    wanted = sorted(changes.marked | moved)
    facts = evidence.facts(situation.segmentation, wanted)
    ids, frame = _put_over(situation.before, facts, wanted)
    return _scored(ids, frame, catalog, situation, ())


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
    named = result.frame.assign(rfm=result.frame["total"], total_spend=result.frame["spend_minor"])
    labels = places(named, rules, catalog, situation.today)
    names = tuple(label.name for label in segmentation.labels)
    return Scored(
        _standings(ids, named, labels, names),
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


def _left_out(facts: AccountFacts) -> tuple[str, ...]:
    """What did not count, so that nothing is left out in silence."""
    if not facts.uncounted:
        return facts.remarks
    kinds = "Purchases without an account, without a date or with a later date"
    return (f"{kinds} do not count: {facts.uncounted:,}.", *facts.remarks)


RFM = Technique[RfmSegmentation](
    COLUMNS, scored, _reasons, explained, neighbours_move=True, score_changes=rescored
)
