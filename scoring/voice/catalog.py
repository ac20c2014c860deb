"""The fields that the voice of customer gives to criteria: names, types, and other ways to write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scoring.criteria.fields import Field, FieldType
from scoring.criteria.values import quoted
from scoring.voice.kinds import COUNTED_INTENTS, Intent, Sentiment, Trend

MESSAGES, LAST_MESSAGE = "messages", "last_message"
UNSURE_SHARE, LOW_CONFIDENCE_SHARE = "unsure_share", "low_confidence_share"
NET_SENTIMENT = "net_sentiment"
MENTIONS, TREND, KEYWORDS = "competitor_mentions", "voice_trend", "voice_keywords"

# Only what is asked for has a name of its own in the plural; a share is a share in any case.
_PLURALS = {
    Intent.REQUEST: "requests",
    Intent.QUERY: "queries",
    Intent.COMPLAINT: "complaints",
    Intent.CANCELLATION: "cancellations",
}
# Text outside of quotation marks, so that a competitor's name is never rewritten.
_PIECE = re.compile(r'("(?:[^"\\]|\\.)*"|\u201c[^\u201d]*\u201d)', re.DOTALL)
_KINDS = "|".join([*(str(one) for one in COUNTED_INTENTS), *(str(one) for one in Sentiment), "unsure"])
_SHARE = re.compile(rf"\b({_KINDS}) (share|count)\b", re.IGNORECASE)
_MENTIONED = re.compile(
    r'\bcompetitor\s+("(?:[^"\\]|\\.)+"|\u201c[^\u201d]+\u201d|[^\W\d_][\w-]*)\s+mentioned\s*'
    r"(?:(>=|<=|!=|=|<|>|\u2265|\u2264)\s*)?(?:(\d+)\s*times?)?",
    re.IGNORECASE,
)


def count_of(kind: Intent | Sentiment) -> str:
    """The field that counts messages of a kind: ``complaint_count``."""
    return f"{kind}_count"


def share_of(kind: Intent | Sentiment) -> str:
    """The field with their share of an account's messages, 0 to 100: ``complaint_share``."""
    return f"{kind}_share"


def mentions_of(competitor: str) -> str:
    """The field that counts mentions of a competitor: ``competitor."Acme CRM"``."""
    return f"competitor.{competitor}"


def voice_fields(competitors: Iterable[str] = ()) -> tuple[Field, ...]:
    """All of them, for a catalogue of account fields.

    Args:
        competitors: names as the segmentation has them.
    """
    plain = (
        _number(MESSAGES, "Messages", "voice messages"),
        Field(LAST_MESSAGE, FieldType.DATE, _source(LAST_MESSAGE), ("last message",), label="Last message"),
        *(field for kind in (*Sentiment, *COUNTED_INTENTS) for field in _counted(kind)),
        _number(NET_SENTIMENT, "Net sentiment", "net sentiment"),
        _number(UNSURE_SHARE, "Unsure share", "unsure share"),
        _number(LOW_CONFIDENCE_SHARE, "Low confidence share", "low confidence share"),
        _number(MENTIONS, "Competitor mentions", "competitor mentions"),
        Field(
            TREND,
            FieldType.TEXT,
            _source(TREND),
            ("voice trend",),
            tuple(str(one) for one in Trend),
            "Voice trend",
        ),
        Field(KEYWORDS, FieldType.LIST, _source(KEYWORDS), ("voice keywords",), label="Keywords"),
    )
    named = (_number(mentions_of(name), f"Mentions of {name}") for name in competitors)
    return (*plain, *named)


def in_criteria(text: str) -> str:
    """Criteria as people say them, in the criteria language; everything else is left as it is.

    ``negative share > 40%`` becomes ``negative_share > 40%``, and ``competitor "Acme CRM" mentioned > 50
    times`` becomes ``competitor."Acme CRM" > 50``; without a number, mentioned at all.
    """
    text = _MENTIONED.sub(_mention_count, text)
    pieces = _PIECE.split(text)
    return "".join(
        piece if at % 2 else _SHARE.sub(lambda found: f"{found[1]}_{found[2]}".lower(), piece)
        for at, piece in enumerate(pieces)
    )


def _mention_count(found: re.Match[str]) -> str:
    name = found[1]
    if name[0] in '"\u201c':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    number = found[3] or "1"
    operator = found[2] or ">="
    trailing = "" if found[3] or not found[0].endswith(" ") else " "
    if found[2] and not found[3]:
        return f"competitor.{quoted(name)} {operator} "
    return f"competitor.{quoted(name)} {operator} {number}{trailing}"


def _counted(kind: Intent | Sentiment) -> tuple[Field, Field]:
    word = str(kind)
    plural = _PLURALS.get(kind) if isinstance(kind, Intent) else None
    aliases = (f"{word} count", *((plural,) if plural else ()))
    return (
        _number(count_of(kind), f"{word.capitalize()} messages", *aliases),
        _number(share_of(kind), f"{word.capitalize()} share", f"{word} share"),
    )


def _number(name: str, label: str, *aliases: str) -> Field:
    return Field(name, FieldType.NUMBER, _source(name), aliases, label=label)


def _source(name: str) -> str:
    return f"voice.{name}"
