"""Every technique by its name in the document. Each is imported when it is first used: some bring scipy."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bot.app.techniques.technique import Technique
from scoring.config import Segmentation

# Technique -> its module here, and what it is called there.
TECHNIQUES: Mapping[str, str] = {
    "rfm": "RFM",
    "leaving": "LEAVING",
    "engagement": "ENGAGEMENT",
    "firmographics": "FIRMOGRAPHICS",
    "voice": "VOICE",
    "recommendations": "RECOMMENDATIONS",
}


def technique_of(segmentation: Segmentation) -> Technique[Any]:
    """The technique of a segmentation."""
    name = segmentation.technique
    found: Technique[Any] = getattr(import_module(f"bot.app.techniques.{name}"), TECHNIQUES[name])
    return found
