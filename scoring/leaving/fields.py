"""The fields that leaving gives to criteria: ``churn_risk > 60%``, ``value_at_risk > 20k``."""

from __future__ import annotations

from scoring.criteria.fields import Field, FieldType

FIELDS = (
    Field("churn_risk", FieldType.NUMBER, "score.churn_risk", label="Risk of leaving, %"),
    Field("value_at_risk", FieldType.MONEY, "score.value_at_risk", label="Value at risk"),
    Field("expected_purchases", FieldType.NUMBER, "score.expected_purchases", label="Expected purchases"),
)
