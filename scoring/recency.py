"""The periods of recency bands, as they are written."""

from __future__ import annotations

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.tree import InPeriod, Period

_RECENCY_CATALOG = Catalog((Field("last_purchase", FieldType.DATE, "score.last_purchase"),))


def period_of(text: str) -> Period:
    """The period that a recency band names ("this quarter", "last 90 days").

    Raises:
        CriteriaError: it is not a period.
    """
    node = parse(f"last_purchase in {text}", _RECENCY_CATALOG)
    if not isinstance(node, InPeriod):
        raise CriteriaError(f"'{text}' is not a period.")
    return node.period
