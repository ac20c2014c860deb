"""Labels by type, product, bundle and probability; the limits of the document."""

from __future__ import annotations

import pandas as pd
import pytest
from pydantic import ValidationError

from scoring.recommendations.config import (
    STARTING_LABELS,
    Kind,
    RecommendationLabel,
    RecommendationLimits,
    RecommendationSegmentation,
    Recommended,
    broken_limits,
)
from scoring.recommendations.labels import account_labels, labels_of

ROWS = (
    ("A", "x", None, Kind.REPEAT_BUY, 0.6, 1.2, 600),
    ("A", "y", None, Kind.CROSS_SELL, 0.05, 2.0, 50),
    ("B", "x", None, Kind.REPEAT_BUY, 0.4, 9.0, 400),
    ("B", "z", None, Kind.CROSS_SELL, 0.1, 5.0, 10),
    ("C", "x", None, Kind.REPEAT_BUY, 0.1, 0.5, 100),
    ("C", "y", "x", Kind.BUNDLE, 0.05, 4.0, 900),
    ("D", "z", None, Kind.FIRST_BUY, 0.01, 4.9, 5),
)
FRAME = pd.DataFrame(
    ROWS,
    columns=["account_id", "product_id", "with_product_id", "kind", "probability", "lift", "value_minor"],
)
IDS = pd.Series(["D", "E", "C", "B", "A"])


def label(name: str, **asked: object) -> RecommendationLabel:
    return RecommendationLabel(name=name, any_of=(Recommended(**asked),))  # type: ignore[arg-type]


def labels(*given: RecommendationLabel) -> dict[str, str | None]:
    return dict(zip(IDS, labels_of(FRAME, IDS, given), strict=True))


def test_a_repeat_buy_is_hot_by_probability_and_a_new_product_by_lift() -> None:
    assert labels(*STARTING_LABELS) == {
        "A": "Hot Prospect",
        "B": "Hot Prospect",
        "C": "Cold Prospect",
        "D": "Cold Prospect",
        "E": None,
    }


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({"kinds": ("next_buy",)}, "ABC"),
        ({"kinds": ("first_buy",)}, "D"),
        ({"kinds": ("bundle",)}, "C"),
        ({"products": ("z",)}, "BD"),
        ({"products": ("y",), "kinds": ("cross_sell",)}, "A"),
        ({"products": ("y",)}, "AC"),
        ({"bundles": (("x", "y"),)}, "C"),
        ({"bundles": (("x", "z"),)}, ""),
        ({"probability": 0.4}, "AB"),
        ({"probability": 0.4, "lift": 2}, "B"),
        ({"lift": 5}, "B"),
        ({}, "ABCD"),
    ],
)
def test_everything_that_is_asked_must_hold_for_one_recommendation(
    asked: dict[str, object], who: str
) -> None:
    found = labels(label("Yes", **asked))
    assert {one for one, name in found.items() if name == "Yes"} == set(who)


def test_the_first_label_that_holds_wins_and_a_label_may_have_several_ways() -> None:
    either = RecommendationLabel(
        name="Either", any_of=(Recommended(products=("z",)), Recommended(probability=0.5))
    )
    assert labels(either, label("Rest")) == {
        "A": "Either",
        "B": "Either",
        "C": "Rest",
        "D": "Either",
        "E": None,
    }


def test_an_account_is_summed_up() -> None:
    found = account_labels(FRAME, IDS, STARTING_LABELS).set_index("account_id")
    assert found.index.tolist() == IDS.tolist()
    assert found["best_probability"].to_dict() == {"A": 0.6, "B": 0.4, "C": 0.1, "D": 0, "E": 0}
    assert found["best_lift"].to_dict() == {"A": 2, "B": 5, "C": 0, "D": 4.9, "E": 0}
    assert found["value_minor"].to_dict() == {"A": 650, "B": 410, "C": 100, "D": 5, "E": 0}


def test_the_starting_document_keeps_the_limits_and_survives_json() -> None:
    segmentation = RecommendationSegmentation(name="Offers")
    assert broken_limits(segmentation, RecommendationLimits()) == ()
    assert RecommendationSegmentation.model_validate_json(segmentation.model_dump_json()) == segmentation


def test_every_limit_that_is_broken_is_told() -> None:
    many = tuple(f"P{number}" for number in range(11))
    bad = RecommendationSegmentation(
        name="Offers",
        labels=(
            label("One", products=many, bundles=(("a", "b"), ("b", "a"), ("a", "c"), ("d", "d"))),
            *(label("Same") for _ in range(5)),
        ),
    )
    assert broken_limits(bad, RecommendationLimits()) == (
        "Segmentation 'Offers' has 6 labels; it needs 2 to 5.",
        "Segmentation 'Offers' has the label 'Same' more than once; rename one of them.",
        "Label 'One' names 11 products; at most 10 can be.",
        "Label 'One' names 3 bundles; at most 2 can be.",
        "Label 'One' has a bundle of 'd' with itself; name two products.",
    )
    raised = RecommendationLimits(labels=6, products=11, bundles=3)
    assert len(broken_limits(bad, raised)) == 2
    alone = RecommendationSegmentation(name="Offers", labels=(label("One"),))
    assert broken_limits(alone, RecommendationLimits()) == (
        "Segmentation 'Offers' has 1 label; it needs 2 to 5.",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon_days": 3},
        {"labels": ({"name": "x", "any_of": ()},)},
        {"labels": ({"name": "x", "any_of": ({"probability": 1.5},)},)},
        {"labels": ({"name": "x", "any_of": ({"kinds": ("gift",)},)},)},
        {"unknown": 1},
    ],
)
def test_what_does_not_fit_the_document_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RecommendationSegmentation.model_validate({"name": "Offers", **wrong})
