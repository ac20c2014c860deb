"""The part of the document for firmographics: labels by criteria on account fields. Values and rules only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from scoring.problems import Problem, label_problems
from scoring.shape import Label, Part

FEWEST_LABELS = 2
UNCLASSIFIED = "Unclassified"
Name = Annotated[str, Field(min_length=1, max_length=100)]


# By size, as markets are commonly drawn: 100 and 1,000 people, 50 million and a billion of revenue. Who is
# above a line by either is above it, because one of the two is often unknown.
PREDEFINED_LABELS = (
    Label(name="Enterprise", when="employees >= 1000 or annual_revenue >= 1B"),
    Label(name="Mid-Market", when="employees >= 100 or annual_revenue >= 50M"),
    Label(name="Small Business", when="employees >= 1 or annual_revenue > 0"),
    Label(name="Unknown Size", when="employees is empty and annual_revenue is empty"),
)


class FirmographicSegmentation(Part):
    """Labels by what kind of company an account is.

    Attributes:
        accounts: criteria: which accounts take part.
        labels: from best to worst, tried in order; an account that meets none is ``Unclassified``.
    """

    name: Name
    technique: Literal["firmographics"] = "firmographics"
    accounts: str = ""
    labels: tuple[Label, ...] = PREDEFINED_LABELS


class FirmographicLimits(Part):
    """Zoho's own limit, as default."""

    firmographic_labels: Annotated[int, Field(ge=FEWEST_LABELS, le=50)] = 5


def problems(segmentation: FirmographicSegmentation, limits: FirmographicLimits) -> Iterator[Problem]:
    """What the shape cannot say. Whether criteria fit the organisation's fields is another question."""
    names = [label.name for label in segmentation.labels]
    most = limits.firmographic_labels
    yield from label_problems(segmentation.name, names, FEWEST_LABELS, most, "firmographic_labels")
    for at, label in enumerate(segmentation.labels):
        if label.name.casefold() == UNCLASSIFIED.casefold():
            yield Problem(
                ("labels", at, "name"),
                f"'{UNCLASSIFIED}' is what accounts are called that meet no label. Choose another name.",
            )
        if not label.when.strip():
            yield Problem(
                ("labels", at, "when"),
                f"The label '{label.name}' has no criteria; every account would get it. Write some.",
            )
