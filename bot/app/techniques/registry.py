"""Every technique by its name in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.app.techniques.engagement import ENGAGEMENT
from bot.app.techniques.firmographics import FIRMOGRAPHICS
from bot.app.techniques.leaving import LEAVING
from bot.app.techniques.recommendations import RECOMMENDATIONS
from bot.app.techniques.rfm import RFM
from bot.app.techniques.technique import Technique
from bot.app.techniques.voice import VOICE
from scoring.config import Segmentation

TECHNIQUES: Mapping[str, Technique[Any]] = {
    "rfm": RFM,
    "leaving": LEAVING,
    "engagement": ENGAGEMENT,
    "firmographics": FIRMOGRAPHICS,
    "voice": VOICE,
    "recommendations": RECOMMENDATIONS,
}


def technique_of(segmentation: Segmentation) -> Technique[Any]:
    """The technique of a segmentation."""
    return TECHNIQUES[segmentation.technique]
