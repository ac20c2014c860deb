"""Leaving in a run: a learned model scores each account by its own purchases; labels wait to be confirmed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bot.app.config.criteria import label_catalog
from bot.app.facts import Accounts, PurchaseDays
from bot.app.techniques.asked import Asked
from bot.app.techniques.leaving_model import Learnt, learnt, purchase_days_of, stored
from bot.app.techniques.leaving_words import explained, reasons
from bot.app.techniques.left_out import left_out
from bot.app.techniques.technique import Evidence, Scored, Situation, Technique
from bot.app.techniques.waiting import Waiting, settled
from scoring.days import day_number
from scoring.label_rules import read_rules
from scoring.labels import places
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.history import History, Integers, states_at
from scoring.leaving.score import risk_millionths, value_at_risk
from scoring.standing import EPOCH_ORDINAL, MEASURE_PARTS
from scoring.standings import NO_LABEL, NO_NUMBER, NOTHING, Standings, digests

COLUMNS = ("last_purchase", "purchases", "spend_minor", "measure", "value_minor", "digest")
ACCOUNTS_AT_ONCE = 50_000  # of a million accounts the purchases are held a portion at a time
# A tenth of a percent, in millionths, and a hundredth of a purchase. Chances are known to some percent; told
# more finely, every account's row would be written anew every day.
RISK_STEP = 1_000
EXPECTED_DECIMALS = 2


@dataclass(frozen=True)
class _Numbers:
    """What is known of the accounts that take part, row by row.

    Attributes:
        columns: those of ``COLUMNS`` but the digest.
        expected: purchases in the horizon; NaN where there is no risk to tell.
        too_large: how many accounts have amounts that do not add up within 64 bits.
    """

    columns: Mapping[str, Integers]
    expected: npt.NDArray[np.float64]
    too_large: int

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Of which accounts there is a risk to tell."""
        found: npt.NDArray[np.bool_] = self.columns["measure"] != NO_NUMBER
        return found


def scored(evidence: Evidence, situation: Situation[LeavingSegmentation]) -> Scored:
    """Every account that takes part."""
    segmentation = situation.segmentation
    asked = _asked(evidence, segmentation)
    part = evidence.accounts(segmentation.accounts, asked.fields, asked.related)
    model = learnt(evidence, situation, part.ids)
    numbers = _numbers(partial(purchase_days_of, evidence, segmentation), situation, part.ids, model)
    return Scored(
        _standings(part, numbers, model, asked, situation),
        (*model.warnings, *_left_out(evidence, segmentation, numbers)),
        learned=model.body,
    )


def scored_some(
    evidence: Evidence, situation: Situation[LeavingSegmentation], only: Sequence[str]
) -> Scored | None:
    """Some accounts alone, with the model that was learned."""
    segmentation = situation.segmentation
    asked = _asked(evidence, segmentation)
    model = None if situation.learned is None else stored(situation.learned.body)
    if model is None or model.model is None:
        return None
    if not asked.of_marked_alone(evidence, segmentation, segmentation.contributions):
        return None
    part = evidence.accounts(segmentation.accounts, asked.fields, only=only)
    found = evidence.purchase_days(segmentation, only=part.ids.to_pylist())
    numbers = _numbers(lambda _: found, situation, part.ids, model)
    return Scored(
        _standings(part, numbers, model, asked, situation), (*model.warnings, *_beyond_counting(numbers))
    )


def _asked(evidence: Evidence, segmentation: LeavingSegmentation) -> Asked:
    catalog = label_catalog(segmentation, evidence.catalog())
    return Asked.by(read_rules(segmentation.labels, catalog), catalog)


def _standings(
    part: Accounts,
    numbers: _Numbers,
    model: Learnt,
    asked: Asked,
    situation: Situation[LeavingSegmentation],
) -> Standings:
    segmentation = situation.segmentation
    names = tuple(label.name for label in segmentation.labels)
    proposed = np.full(len(part.ids), NO_LABEL, dtype=np.int64)
    if model.model is not None:  # a label without a risk would be a guess
        frame = pd.concat([_criteria_columns(numbers), part.frame.reset_index(drop=True)], axis=1)
        proposed = places(frame, asked.rules, asked.catalog, situation.today)
    standings = Standings(part.ids, proposed, names, numbers.columns)
    waiting = settled(standings, situation, segmentation.runs_to_agree)
    return _with_details(standings, waiting, numbers)


def _numbers(
    purchases_of: Callable[[pa.Array], PurchaseDays],
    situation: Situation[LeavingSegmentation],
    ids: pa.Array,
    model: Learnt,
) -> _Numbers:
    columns = {name: np.full(len(ids), NOTHING[name], np.int64) for name in COLUMNS if name != "digest"}
    expected, too_large = np.full(len(ids), np.nan), 0
    for start in range(0, len(ids), ACCOUNTS_AT_ONCE):
        some = ids.slice(start, ACCOUNTS_AT_ONCE)
        found = purchases_of(some)
        history, rows = _taking_part(found.history, some)
        states = states_at(history, day_number(situation.today.day))
        at = start + rows[states.account]
        columns["last_purchase"][at] = states.first + states.spread + EPOCH_ORDINAL
        columns["purchases"][at] = states.repeats + 1
        columns["spend_minor"][at] = states.spend_minor
        too_large += found.too_large
        if model.model is not None:
            none = model.model.none_within(states, day_number(situation.today.day))
            risk = (risk_millionths(none) + RISK_STEP // 2) // RISK_STEP * RISK_STEP
            columns["measure"][at] = risk
            columns["value_minor"][at] = value_at_risk(risk, states.recent_minor)
            expected[at] = np.round(model.model.expected(states, none), EXPECTED_DECIMALS)
    return _Numbers(columns, expected, too_large)


def _taking_part(history: History, ids: pa.Array) -> tuple[History, Integers]:
    """The history of those among ids, and where each of its accounts is among them."""
    among = pa.array(history.accounts, pa.string())
    place = pc.fill_null(pc.index_in(among, value_set=ids), -1).to_numpy().astype(np.int64)
    return history.of(place >= 0), place[place >= 0]


def _criteria_columns(numbers: _Numbers) -> pd.DataFrame:
    """As the criteria name and measure them: risk in percent, money in minor units."""
    measure, missing = numbers.columns["measure"], ~numbers.known
    worth = np.where(missing, 0, numbers.columns["value_minor"])
    return pd.DataFrame(
        {
            "churn_risk": np.where(missing, np.nan, measure / MEASURE_PARTS),
            "value_at_risk": pd.arrays.IntegerArray(worth, missing),
            "expected_purchases": numbers.expected,
        }
    )


def _with_details(standings: Standings, waiting: Waiting, numbers: _Numbers) -> Standings:
    details = list(_details(waiting, numbers))
    columns = {**standings.columns, "digest": digests(details)}
    return Standings(standings.ids, waiting.label, standings.names, columns, pa.array(details, pa.string()))


def _details(waiting: Waiting, numbers: _Numbers) -> Iterator[str | None]:
    known = numbers.known.tolist()
    for row, expected in enumerate(numbers.expected.tolist()):
        values: dict[str, Any] = {"expected_purchases": expected} if known[row] else {}
        values |= waiting.details.get(row, {})
        yield json.dumps(values, sort_keys=True, allow_nan=False, ensure_ascii=False) if values else None


def _left_out(evidence: Evidence, segmentation: LeavingSegmentation, numbers: _Numbers) -> Iterator[str]:
    yield from left_out(evidence.left_out_purchases(segmentation))
    yield from _beyond_counting(numbers)


def _beyond_counting(numbers: _Numbers) -> Iterator[str]:
    if numbers.too_large:
        yield (
            f"Accounts whose amounts are too large to be added up get no risk: {numbers.too_large:,}. "
            "Look at the amounts of their purchases."
        )


LEAVING = Technique[LeavingSegmentation](
    COLUMNS, scored, reasons, explained, learns=True, details=True, score_some=scored_some
)
