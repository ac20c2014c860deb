"""An account's voice as it is kept with its score, and as criteria, reasons and explanations see it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.app.voice_names import COUNTS, KINDS, key_of
from scoring.standing import MEASURE_PARTS
from scoring.standings import NO_NUMBER
from scoring.voice import catalog as names
from scoring.voice.catalog import mentions_of, share_of
from scoring.voice.config import VoiceSegmentation

DECIMALS = 4  # of a share: as many as a measure has parts
SHARES = (
    *(share_of(kind) for kind in KINDS),
    *(names.NET_SENTIMENT, names.UNSURE_SHARE, names.LOW_CONFIDENCE_SHARE),
)
_NOTHING_SAID = f'{{"{names.MESSAGES}":0}}'


def with_decimals(facts: pd.DataFrame) -> pd.DataFrame:
    """The facts of ``score_voice`` with shares as they are kept, so that labels and questions agree."""
    return facts.assign(**{name: facts[name].round(DECIMALS) for name in SHARES})


def measures(facts: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Net sentiment, in ten-thousandths of a percent."""
    net = facts[names.NET_SENTIMENT].to_numpy(np.float64)
    known = ~np.isnan(net)
    found = np.full(len(net), NO_NUMBER, dtype=np.int64)
    found[known] = np.rint(net[known] * MEASURE_PARTS).astype(np.int64)
    return found


def details(facts: pd.DataFrame, segmentation: VoiceSegmentation) -> list[str]:
    """The facts of every account as canonical JSON; counts of nothing are left out."""
    found = [_NOTHING_SAID] * len(facts)
    said = (facts[names.MESSAGES] > 0) | facts[names.TREND].notna()
    rows = np.flatnonzero(said.to_numpy(bool))
    keys = {mentions_of(one.name): key_of(one.name) for one in segmentation.competitors}
    for row, values in zip(rows, facts.iloc[rows].to_dict("records"), strict=True):
        kept = {keys.get(name, name): value for name, value in _kept(values)}
        found[row] = json.dumps(
            kept, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
    return found


def _kept(values: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        found = _plain(str(name), value)
        if found is not None:
            yield str(name), found


def _plain(name: str, value: Any) -> Any:
    """A fact as JSON has it; None where there is nothing to be kept."""
    if name in SHARES:
        return None if np.isnan(value) else float(value)
    if name == names.LAST_MESSAGE:
        return None if pd.isna(value) else value.date().isoformat()
    if name == names.KEYWORDS:
        return list(value) or None
    if name == names.TREND:
        return value if isinstance(value, str) else None
    return int(value) if value or name == names.MESSAGES else None


def facts_of(kept: str | None, segmentation: VoiceSegmentation) -> dict[str, Any]:
    """The facts of kept details by field name; missing is None, counts of nothing are 0."""
    held: Mapping[str, Any] = json.loads(kept) if kept else {}
    facts: dict[str, Any] = {name: held.get(name, 0) for name in COUNTS}
    facts |= {name: held.get(name) for name in (*SHARES, names.LAST_MESSAGE, names.TREND)}
    facts[names.KEYWORDS] = tuple(held.get(names.KEYWORDS, ()))
    return facts | {mentions_of(one.name): held.get(key_of(one.name), 0) for one in segmentation.competitors}


def frame_of(facts: Sequence[Mapping[str, Any]], accounts: Sequence[str]) -> pd.DataFrame:
    """Facts as the frame of ``score_voice``."""
    frame = pd.DataFrame(list(facts), index=pd.Index(accounts, name="account"))
    for name in SHARES:
        frame[name] = frame[name].astype("float64")
    frame[names.LAST_MESSAGE] = pd.to_datetime(frame[names.LAST_MESSAGE])
    return frame
