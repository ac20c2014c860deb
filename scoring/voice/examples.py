"""The example sentences that are shipped: enough to begin with, until people have corrected some answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from scoring.voice.kinds import Intent, Sentiment


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence with what it is for and how it sounds."""

    text: str
    intent: Intent
    sentiment: Sentiment


@cache
def shipped_examples() -> tuple[Labelled, ...]:
    """All of them, in the order of the file."""
    text = resources.files("scoring.voice").joinpath("examples.txt").read_text(encoding="utf-8")
    found: list[Labelled] = []
    intent, sentiment = Intent.STATEMENT, Sentiment.NEUTRAL
    for line in text.splitlines():
        if line.startswith("["):
            first, second = line.strip("[]").split()
            intent, sentiment = Intent(first), Sentiment(second)
        elif line and not line.startswith("#"):
            found.append(Labelled(line, intent, sentiment))
    return tuple(found)
