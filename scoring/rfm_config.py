"""The part of the document for RFM: what counts, how it is scored, labels. Values only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scoring.purchases_config import Buying
from scoring.shape import Label, Part


class PeriodBand(Part):
    """A recency band: a last purchase in this period gives this score; the first band that holds wins."""

    within: str  # a period of the criteria language: "this quarter", "last 90 days"
    score: Annotated[int, Field(ge=1, le=5)]


class Percentiles(Part):
    """Scores by rank: every 100/N-th percentile, ties share a score."""

    method: Literal["percentile"] = "percentile"


class RecencyBands(Part):
    """Scores by when the last purchase was; an account that no band holds scores 1."""

    method: Literal["bands"]
    bands: tuple[PeriodBand, ...]


class ThresholdBands(Part):
    """Scores by thresholds: a value of at least the k-th scores k + 1; one less than the first scores 1.

    ``at_least`` is ascending and has N - 1 values; money in whole currency units.
    """

    method: Literal["bands"]
    at_least: tuple[float, ...]


class RfmSegmentation(Buying):
    """RFM over whatever counts as a purchase.

    ``labels`` are tried in order, and are listed from best to worst: that order decides whether a change is
    for better or for worse. An account that meets none has no label.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    technique: Literal["rfm"] = "rfm"
    accounts: str = ""  # criteria: which accounts take part
    scores: Annotated[int, Field(ge=2, le=5)] = 5  # N
    recency: Annotated[Percentiles | RecencyBands, Field(discriminator="method")] = Percentiles()
    frequency: Annotated[Percentiles | ThresholdBands, Field(discriminator="method")] = Percentiles()
    monetary: Annotated[Percentiles | ThresholdBands, Field(discriminator="method")] = Percentiles()
    labels: tuple[Label, ...]
