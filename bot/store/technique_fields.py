"""The fields that segmentations of the further techniques give to accounts, and where they are kept.

Without a segmentation's name a field is that of the first segmentation of its technique.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from scoring.config import Configuration
from scoring.criteria.fields import Field, FieldType
from scoring.standings import MEASURE_PARTS

_NUMBER, _MONEY = FieldType.NUMBER, FieldType.MONEY

# Of each technique; the source is a column of the score, or ``detail:form:name`` for one in its JSON.
_OF_TECHNIQUE: Mapping[str, tuple[Field, ...]] = {
    "leaving": (
        Field("churn_risk", _NUMBER, "score:measure", label="Risk of leaving, %", parts=MEASURE_PARTS),
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
    ),
}


def technique_fields(configuration: Configuration) -> Iterator[Field]:
    """Every field of every segmentation, those without a name first."""
    qualified: list[Field] = []
    seen: set[str] = set()
    for one in configuration.segmentations:
        for field in _OF_TECHNIQUE.get(one.technique, ()):
            mine = replace(field, source=f"{field.source}:{one.name}")
            if field.name not in seen:
                seen.add(field.name)
                yield mine
            label = f"{field.label} ({one.name})"
            qualified.append(replace(mine, name=f"{field.name}.{one.name}", aliases=(), label=label))
    yield from qualified
