"""The configuration part of a leaving segmentation, with its starting labels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scoring.purchases_config import Buying
from scoring.shape import Label

# Half a year, the horizon in which the technique is measured (``benchmarks.truth.leaving``).
HORIZON_DAYS = 182
STARTING_LABELS = (
    Label(name="Secure", when="churn_risk < 30%"),
    Label(name="Watch", when="churn_risk < 60%"),
    Label(name="At risk", when="churn_risk < 85%"),
    Label(name="Leaving", when="churn_risk >= 85%"),
)


class LeavingSegmentation(Buying):
    """The chance that an account does not buy in the next days, learned from the organisation's own history.

    ``labels`` are tried in order, best to worst, by criteria over ``churn_risk`` (percent),
    ``value_at_risk``, ``expected_purchases`` and account fields. ``model`` is ``auto`` (a blend that is
    chosen on earlier days) or one of its parts. ``runs_to_agree``: an account that did nothing changes its
    label only when so many daily runs in a row say the same.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    technique: Literal["leaving"] = "leaving"
    accounts: str = ""  # criteria: which accounts take part
    horizon_days: Annotated[int, Field(ge=7, le=730)] = HORIZON_DAYS
    model: Literal["auto", "hazard", "mbg_nbd", "bg_nbd", "recency"] = "auto"
    runs_to_agree: Annotated[int, Field(ge=1, le=30)] = 2
    labels: Annotated[tuple[Label, ...], Field(min_length=1)] = STARTING_LABELS
