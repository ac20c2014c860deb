"""The words that the voice of customer answers with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Intent(StrEnum):
    """What a sentence is for. ``STATEMENT`` is everything that wants, blames and praises nothing."""

    REQUEST = "request"
    QUERY = "query"
    COMPLAINT = "complaint"
    PURCHASE = "purchase"
    CANCELLATION = "cancellation"
    PRAISE = "praise"
    STATEMENT = "statement"


class Sentiment(StrEnum):
    """How a sentence or message sounds."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Origin(StrEnum):
    """Where a sentiment comes from, most trusted first."""

    STATED = "stated"  # by the source itself: a survey's score, a ticket's happiness rating
    CORRECTED = "corrected"  # a person said so of this very sentence
    LEARNED = "learned"  # the head trained on examples
    LEXICON = "lexicon"  # the head was unsure; a word list's opinion, of low confidence


class Trend(StrEnum):
    """Zoho's six groups: how an account sounds in the last three months against the three before."""

    NEW_PROMOTER = "new promoter"
    NEW_DETRACTOR = "new detractor"
    PROMOTER_TO_DETRACTOR = "promoter to detractor"
    DETRACTOR_TO_PROMOTER = "detractor to promoter"
    CONTINUED_PROMOTER = "continued promoter"
    CONTINUED_DETRACTOR = "continued detractor"


UNSURE = "unsure"  # an answer like the others: nothing is near enough to be called anything
COUNTED_INTENTS = tuple(one for one in Intent if one is not Intent.STATEMENT)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said of a sentence; None where nothing. Of two about one sentence the later holds."""

    sentence: str
    intent: Intent | None = None
    sentiment: Sentiment | None = None
