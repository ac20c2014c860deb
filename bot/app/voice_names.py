"""What an account's voice is counted by, and under which names that is kept."""

from __future__ import annotations

import hashlib

from scoring.voice import catalog as names
from scoring.voice.catalog import count_of
from scoring.voice.kinds import COUNTED_INTENTS, Sentiment

KINDS = (*Sentiment, *COUNTED_INTENTS)
COUNTS = (names.MESSAGES, *(count_of(kind) for kind in KINDS), names.MENTIONS)


def key_of(competitor: str) -> str:
    """What mentions of a competitor are kept under: its name is the document's and may be anything."""
    return f"mentions_{hashlib.sha256(competitor.encode()).hexdigest()[:16]}"
