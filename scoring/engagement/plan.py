"""The points table as arrays, made once for a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.engagement.config import Channel, EngagementSegmentation

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

MICRO = 1_000_000  # of a point
OLDEST = 3_650  # days; after ten years an event is worth nothing, however slowly it fades


@dataclass(frozen=True)
class Plan:
    """The kinds of events that have points, channel by channel.

    Attributes:
        segmentation: what it was made of.
        events: the kinds' names, for looking them up.
        points: of each kind.
        channel: of each kind, its place among the channels.
        rated: which kinds carry a rating that multiplies their points.
        caps: of each channel, in millionths of a point.
    """

    segmentation: EngagementSegmentation
    events: pd.Index[Any]
    points: Floats
    channel: Integers
    rated: Truths
    caps: Integers


def plan_of(segmentation: EngagementSegmentation) -> Plan:
    """The segmentation's points table."""
    rows = [
        (event, points, at, event in channel.rated)
        for at, channel in enumerate(segmentation.channels)
        for event, points in channel.points.items()
    ]
    return Plan(
        segmentation,
        pd.Index([row[0] for row in rows], dtype=object),
        np.array([row[1] for row in rows], dtype=np.float64),
        np.array([row[2] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.bool_),
        np.array([round(one.cap * MICRO) for one in segmentation.channels], dtype=np.int64),
    )


def fading(channels: Sequence[Channel], oldest: int = OLDEST) -> Floats:
    """What is left of a point, by channel and age in days: shape (channels, oldest + 1)."""
    ages = np.arange(oldest + 1, dtype=np.float64)
    rows = [
        np.exp2(-ages / one.half_life_days)
        if one.decay == "half_life"
        else np.maximum(0.0, 1.0 - ages / (2 * one.half_life_days))
        for one in channels
    ]
    return np.array(rows, dtype=np.float64).reshape(len(channels), oldest + 1)
