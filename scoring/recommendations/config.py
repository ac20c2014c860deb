"""Recommendations in the configuration document: shapes, starting labels, Zoho's limits."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from scoring.shape import Part

# What is not to be offered to whom.
DISMISSAL_COLUMNS = ("account_id", "product_id", "day")


class Kind(StrEnum):
    """Why something is recommended.

    ``NEXT_BUY`` stands for repeat buys and cross-sells together, ranked by probability; no row bears it.
    """

    REPEAT_BUY = "repeat_buy"
    CROSS_SELL = "cross_sell"
    FIRST_BUY = "first_buy"
    BUNDLE = "bundle"
    NEXT_BUY = "next_buy"


class Recommended(Part):
    """One way to deserve a label: a recommendation that meets all of this.

    Attributes:
        kinds: of one of these kinds; empty: of any.
        products: of one of these products, or a bundle with one of them; empty: of any.
        bundles: one of these pairs of products; empty: any.
        probability: at least so likely, 0–1.
        lift: at least so many times as likely as for accounts in general.
    """

    kinds: tuple[Kind, ...] = ()
    products: tuple[str, ...] = ()
    bundles: tuple[tuple[str, str], ...] = ()
    probability: Annotated[float, Field(ge=0, le=1)] = 0
    lift: Annotated[float, Field(ge=0)] = 0


class RecommendationLabel(Part):
    """A label, and the recommendations of which an account must have one."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    any_of: Annotated[tuple[Recommended, ...], Field(min_length=1)] = (Recommended(),)


# A repeat buy is hot by its probability. Hardly any new product is ever likely (on wholesale invoices none
# reached one half), so that one is hot by how many times likelier it is than elsewhere.
HOT_PROBABILITY, HOT_LIFT = 0.5, 5.0
STARTING_LABELS = (
    RecommendationLabel(
        name="Hot Prospect",
        any_of=(
            Recommended(kinds=(Kind.REPEAT_BUY,), probability=HOT_PROBABILITY),
            Recommended(kinds=(Kind.CROSS_SELL, Kind.FIRST_BUY), lift=HOT_LIFT),
        ),
    ),
    RecommendationLabel(name="Cold Prospect"),
)


class RecommendationSegmentation(Part):
    """What to offer to whom, from the lines of past orders.

    ``labels`` are tried in order, best first. An account without any recommendation has no label.

    Attributes:
        accounts: criteria: which accounts take part.
        transactions: criteria: whose lines count as purchases.
        horizon_days: the time that a probability is about, and how long a recommendation lives.
        repeat_buy: so many of them at most for one account; 0 for none. Likewise the other kinds.
        firmographics: account fields by which accounts without a purchase are compared with buyers.
        seed: chooses the accounts to compare with where there are too many to compare with all.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    technique: Literal["recommendations"] = "recommendations"
    accounts: str = ""
    transactions: str = 'stage = "Closed Won"'
    horizon_days: Annotated[int, Field(ge=7, le=730)] = 90
    repeat_buy: Annotated[int, Field(ge=0, le=50)] = 5
    cross_sell: Annotated[int, Field(ge=0, le=50)] = 3
    first_buy: Annotated[int, Field(ge=0, le=50)] = 5
    bundle: Annotated[int, Field(ge=0, le=50)] = 2
    firmographics: tuple[str, ...] = ("industry", "billing_country", "annual_revenue", "employees")
    seed: Annotated[int, Field(ge=0, le=999_999)] = 1
    labels: tuple[RecommendationLabel, ...] = STARTING_LABELS


class RecommendationLimits(Part):
    """Zoho's own limits of its recommendation labels, as defaults."""

    fewest_labels: Annotated[int, Field(ge=1, le=50)] = 2
    labels: Annotated[int, Field(ge=1, le=50)] = 5
    products: Annotated[int, Field(ge=0, le=1_000)] = 10
    bundles: Annotated[int, Field(ge=0, le=1_000)] = 2


def broken_limits(segmentation: RecommendationSegmentation, limits: RecommendationLimits) -> tuple[str, ...]:
    """A sentence for every limit that a segmentation goes beyond; none when it keeps them all."""
    return tuple(_broken(segmentation, limits))


def _broken(segmentation: RecommendationSegmentation, limits: RecommendationLimits) -> Iterator[str]:
    where = f"Segmentation {segmentation.name!r}"
    names = [label.name for label in segmentation.labels]
    if not limits.fewest_labels <= len(names) <= limits.labels:
        labels = f"{len(names)} label{'' if len(names) == 1 else 's'}"
        yield f"{where} has {labels}; it needs {limits.fewest_labels} to {limits.labels}."
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"{where} has the label {name!r} more than once; rename one of them."
    for label in segmentation.labels:
        products = {product for one in label.any_of for product in one.products}
        bundles = {tuple(sorted(pair)) for one in label.any_of for pair in one.bundles}
        if len(products) > limits.products:
            yield f"Label {label.name!r} names {len(products)} products; at most {limits.products} can be."
        if len(bundles) > limits.bundles:
            yield f"Label {label.name!r} names {len(bundles)} bundles; at most {limits.bundles} can be."
        for first, second in sorted(bundles):
            if first == second:
                yield f"Label {label.name!r} has a bundle of {first!r} with itself; name two products."


def named_products(segmentation: RecommendationSegmentation) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every product that the labels name, and where it stands in the segmentation."""
    for at, label in enumerate(segmentation.labels):
        for way, one in enumerate(label.any_of):
            here = ("labels", at, "any_of", way)
            for number, name in enumerate(one.products):
                yield (*here, "products", number), name
            for number, pair in enumerate(one.bundles):
                for side, name in enumerate(pair):
                    yield (*here, "bundles", number, side), name
