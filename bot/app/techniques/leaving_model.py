"""What leaving scores with: the model that was learned earlier, or one learned now, if there is enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bot.app.facts import PurchaseDays
from bot.app.techniques.technique import Evidence, Situation
from scoring.days import day_number
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.history import History, states_at
from scoring.leaving.model import MOST_ACCOUNTS, LeavingModel, fit, model_from

# Ten for each of the two parameters of how long accounts stay silent, the least that is ever learned.
FEWEST_REPEATS = 20
FORM = 1  # of what is stored: another release that stores something else learns anew


@dataclass(frozen=True)
class Learnt:
    """What to score with.

    Attributes:
        model: None while there is too little history: then nobody gets a risk or a label.
        warnings: sentences about what makes the risk say little, or why there is none.
        body: to be kept, when it was learned in this run.
    """

    model: LeavingModel | None
    warnings: tuple[str, ...]
    body: Mapping[str, Any] | None = None


def stored(body: Mapping[str, Any]) -> Learnt | None:
    """What was kept; None when an earlier release kept it in another form."""
    if body.get("form") != FORM:
        return None
    model = None if body["model"] is None else model_from(body["model"])
    return Learnt(model, tuple(body["warnings"]))


def learnt(evidence: Evidence, situation: Situation[LeavingSegmentation], ids: pa.Array) -> Learnt:
    """What was learned earlier, or else what the purchases of these accounts teach.

    Where there was too little to learn from, it is looked again at every run.
    """
    earlier = None if situation.learned is None else stored(situation.learned.body)
    return earlier if earlier is not None and earlier.model is not None else _learn(evidence, situation, ids)


def purchase_days_of(
    evidence: Evidence, segmentation: LeavingSegmentation, neighbours: pa.Array
) -> PurchaseDays:
    """The purchases of accounts that stand side by side, and of others that lie between their ids.

    Of ids of digits alone, which are in one order in every database, a range is asked for.
    """
    if len(neighbours) and pc.all(pc.match_substring_regex(neighbours, "^[0-9]+$")).as_py():
        ends = pc.min_max(neighbours).as_py()
        return evidence.purchase_days(segmentation, between=(ends["min"], ends["max"]))
    return evidence.purchase_days(segmentation, only=neighbours.to_pylist())


def _learn(evidence: Evidence, situation: Situation[LeavingSegmentation], ids: pa.Array) -> Learnt:
    segmentation, today = situation.segmentation, situation.today.day
    history = _to_learn_from(evidence, segmentation, ids)
    lacking = _lacking(history, segmentation, day_number(today))
    model = None if lacking else fit(history, segmentation, today)
    warnings = model.warnings if model is not None else (lacking,)
    body = {"form": FORM, "model": None if model is None else model.as_json(), "warnings": list(warnings)}
    return Learnt(model, warnings, body)


def _lacking(history: History, segmentation: LeavingSegmentation, today: int) -> str:
    """What is missing for a risk that is more than a guess; empty when nothing is."""
    horizon, states = segmentation.horizon_days, states_at(history, today)
    if not len(states):
        return "No account has bought yet, so there is no risk to tell and nobody gets a label."
    known = today - history.first_day
    if known < horizon:
        return (
            f"The purchases go back {known:,} days, less than the {horizon:,} that are looked ahead: nobody "
            "gets a risk or a label. Wait, or choose a smaller horizon_days."
        )
    repeats = int(states.repeats.sum())
    if repeats < FEWEST_REPEATS:
        return (
            f"Accounts bought again {repeats:,} times in all; {FEWEST_REPEATS} are needed to know how long "
            "they stay silent: nobody gets a risk or a label."
        )
    return ""


def _to_learn_from(evidence: Evidence, segmentation: LeavingSegmentation, ids: pa.Array) -> History:
    """The purchases of everybody; of very many accounts those of enough buyers, drawn by chance."""
    if len(ids) <= MOST_ACCOUNTS:
        found = purchase_days_of(evidence, segmentation, ids).history
        return found.of(np.isin(found.accounts, ids.to_numpy(zero_copy_only=False)))
    histories: list[History] = []
    for some in _draws(ids):
        histories.append(evidence.purchase_days(segmentation, only=some).history)
        if sum(len(one.accounts) for one in histories) >= MOST_ACCOUNTS:
            break
    return _joined(histories)


def _draws(ids: pa.Array) -> Iterator[list[str]]:
    order = np.random.default_rng(0).permutation(len(ids))
    for start in range(0, len(ids), MOST_ACCOUNTS):
        yield ids.take(pa.array(np.sort(order[start : start + MOST_ACCOUNTS]))).to_pylist()


def _joined(histories: Sequence[History]) -> History:
    """Histories of different accounts as one, in the order of the ids' text."""
    accounts = np.concatenate([one.accounts for one in histories])
    rank = np.empty(len(accounts), dtype=np.int64)
    order = np.argsort(accounts.astype(str), kind="stable")
    rank[order] = np.arange(len(accounts))
    begins = np.cumsum([0, *(len(one.accounts) for one in histories[:-1])])
    place = rank[np.concatenate([one.account + at for one, at in zip(histories, begins, strict=True)])]
    day = np.concatenate([one.day for one in histories])
    rows = np.lexsort((day, place))
    minor, bought = (
        np.concatenate(one) for one in zip(*((h.minor, h.bought) for h in histories), strict=True)
    )
    return History(accounts[order], place[rows], day[rows], minor[rows], bought[rows])
