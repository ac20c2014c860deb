"""Labels that wait: an account that did nothing changes its label when so many daily runs in a row agree.

What waits stands in the details of the score, and only while it waits: the label that was proposed, how many
runs proposed it, and the day of the last of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bot.app.techniques.technique import Situation
from scoring.account_ids import places
from scoring.hysteresis import settle_all
from scoring.standings import NO_LABEL, NO_NUMBER, Integers, Rows, Standings

WAITING, RUNS, DAY = "waiting", "waiting_runs", "waiting_day"
_FACTS = ("last_purchase", "purchases", "spend_minor")


@dataclass(frozen=True)
class Waiting:
    """Labels after waiting was thought of.

    Attributes:
        label: of each account, places in the standings' names.
        details: of the rows that wait, what is kept of it.
    """

    label: Integers
    details: Mapping[int, Mapping[str, Any]]


def settled(now: Standings, situation: Situation[Any], runs_to_agree: int) -> Waiting:
    """The label that each account has after a run, from the one that was proposed.

    Args:
        now: with the proposed labels.
        situation: the day, and what the last run said, with details.
        runs_to_agree: how many daily runs in a row must propose the same label.
    """
    if situation.baseline or runs_to_agree <= 1:
        return Waiting(now.label, {})
    rows, old = _idle(now, situation.before)
    if not len(rows):
        return Waiting(now.label, {})
    day = situation.today.day
    held = settle_all(_held(situation.before, old, day), _proposed(now, rows), day, runs_to_agree)
    label = now.label.copy()
    label[rows] = [_place(now, name) for name in held["label"]]
    waits = held["waiting_runs"].to_numpy() > 0
    kept = zip(rows[waits].tolist(), held["waiting"][waits], held["waiting_runs"][waits], strict=True)
    return Waiting(
        label, {row: {WAITING: to, RUNS: int(runs), DAY: day.isoformat()} for row, to, runs in kept}
    )


def _idle(now: Standings, before: Standings) -> tuple[Rows, Rows]:
    """The accounts that did nothing and would get another label: their rows now, and before.

    Where there was nothing to tell before, or is nothing now, no score has crept over a limit.
    """
    place = places(now.ids, before.ids)
    rows = np.flatnonzero(place >= 0)
    old = place[rows]
    idle = (
        np.array([_place(now, name) for name in (*before.names, None)])[before.label[old]] != now.label[rows]
    )
    idle &= (before.column("measure")[old] != NO_NUMBER) & (now.column("measure")[rows] != NO_NUMBER)
    for name in _FACTS:
        idle &= before.column(name)[old] == now.column(name)[rows]
    return rows[idle], old[idle]


def _place(standings: Standings, name: str | None) -> int:
    return standings.names.index(name) if name in standings.names else NO_LABEL


def _held(before: Standings, rows: Rows, today: date) -> pd.DataFrame:
    details = (
        pa.nulls(len(rows), pa.string()) if before.details is None else before.details.take(pa.array(rows))
    )
    waited = [_waited(text, today) for text in details.to_pylist()]
    return pd.DataFrame(
        {
            "label": pd.Series([before.name_of(int(one)) for one in before.label[rows]], dtype=object),
            "facts": 0,  # the same before and now
            "waiting": pd.Series([one.get(WAITING) for one in waited], dtype=object),
            "waiting_runs": [one.get(RUNS, 0) for one in waited],
            "day": pd.Series([_day(one, today) for one in waited], dtype=object),
        }
    )


def _proposed(now: Standings, rows: Rows) -> pd.DataFrame:
    names = [now.name_of(int(one)) for one in now.label[rows]]
    return pd.DataFrame({"label": pd.Series(names, dtype=object), "facts": 0})


def _waited(details: str | None, today: date) -> Mapping[str, Any]:
    """What is kept of the waiting; nothing when a run of a later day began it, so that it begins anew."""
    found: dict[str, Any] = {} if details is None or WAITING not in details else json.loads(details)
    return found if RUNS in found and date.fromisoformat(found[DAY]) <= today else {}


def _day(waited: Mapping[str, Any], today: date) -> date:
    return date.fromisoformat(waited[DAY]) if waited else today - timedelta(days=1)
