"""The fields that segmentations of the further techniques give to accounts, and where they are kept.

Without a segmentation's name a field is that of the first segmentation of its technique.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.app.voice_names import COUNTS, key_of
from scoring.config import Configuration, Segmentation
from scoring.criteria.fields import Field, FieldType
from scoring.standing import MEASURE_PARTS
from scoring.voice.catalog import KEYWORDS, LAST_MESSAGE, NET_SENTIMENT, TREND, voice_fields
from scoring.voice.config import VoiceSegmentation

_NUMBER, _MONEY = FieldType.NUMBER, FieldType.MONEY
_VOICE_FORMS = {LAST_MESSAGE: "day", TREND: "text", KEYWORDS: "list"}

# Of each technique; the source is a column of the score, or ``detail:form:name`` for one in its JSON.
_OF_TECHNIQUE: Mapping[str, tuple[Field, ...]] = {
    "leaving": (
        Field(
            "churn_risk",
            _NUMBER,
            "score:measure",
            label="Risk of leaving, %",
            parts=MEASURE_PARTS,
            in_percent=True,
        ),
        Field("value_at_risk", _MONEY, "score:value_minor", label="Value at risk"),
        Field(
            "expected_purchases",
            _NUMBER,
            "detail:number:expected_purchases",
            label="Expected purchases",
        ),
    ),
    "engagement": (
        Field(
            "engagement",
            _NUMBER,
            "score:measure",
            ("engagement_score",),
            label="Engagement",
            parts=MEASURE_PARTS,
        ),
        Field("engagement_points", _NUMBER, "detail:number:points", label="Points of engagement"),
        Field("engaged_people", _NUMBER, "detail:number:people", label="People engaged lately"),
        Field("last_engagement", FieldType.DATE, "detail:day:last_event", label="Last engagement"),
    ),
    "firmographics": (
        Field("classified_by", FieldType.TEXT, "detail:text:criterion", label="Criterion that classified it"),
    ),
    "recommendations": (
        Field(
            "best_probability",
            _NUMBER,
            "score:measure",
            label="Chance of the best repeat buy, %",
            parts=MEASURE_PARTS,
            in_percent=True,
        ),
        Field("best_lift", _NUMBER, "detail:number:best_lift", label="Lift of the best new product"),
        Field("recommended_value", _MONEY, "score:value_minor", label="Value of recommendations"),
    ),
}


def _fields_of(segmentation: Segmentation) -> Iterator[Field]:
    yield from _OF_TECHNIQUE.get(segmentation.technique, ())
    if isinstance(segmentation, VoiceSegmentation):
        for field in voice_fields(one.name for one in segmentation.competitors):
            yield replace(field, **_voice_place(field.name))


def _voice_place(name: str) -> dict[str, Any]:
    """Where a field of the voice of customer is kept."""
    if name == NET_SENTIMENT:
        return {"source": "score:measure", "parts": MEASURE_PARTS}
    competitor = name.partition(".")[2]
    if competitor:
        return {"source": f"detail:count:{key_of(competitor)}"}
    form = "count" if name in COUNTS else _VOICE_FORMS.get(name, "number")
    return {"source": f"detail:{form}:{name}"}


def technique_fields(configuration: Configuration) -> Iterator[Field]:
    """Every field of every segmentation, those without a name first."""
    qualified: list[Field] = []
    seen: set[str] = set()
    for one in configuration.segmentations:
        for field in _fields_of(one):
            mine = replace(field, source=f"{field.source}:{one.name}")
            if field.name not in seen:
                seen.add(field.name)
                yield mine
            label = f"{field.label} ({one.name})"
            qualified.append(replace(mine, name=f"{field.name}.{one.name}", aliases=(), label=label))
    yield from qualified
