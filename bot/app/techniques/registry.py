"""Every technique by its name in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.app.techniques.rfm import RFM
from bot.app.techniques.technique import Technique
from scoring.config import Segmentation

TECHNIQUES: Mapping[str, Technique[Any]] = {"rfm": RFM}


def technique_of(segmentation: Segmentation) -> Technique[Any]:
    """The technique of a segmentation."""
    return TECHNIQUES[segmentation.technique]
