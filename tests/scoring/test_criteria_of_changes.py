"""Criteria over changes of label: the sugar and its fields, and what is left to ask of accounts."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.change_fields import change_catalog
from scoring.changes import left_to_ask
from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import Node, Not, conjunction, disjunction

ACCOUNTS = Catalog(
    (
        Field("industry", FieldType.TEXT, "account.industry"),
        Field("total_spend", FieldType.MONEY, "score.spend_minor"),
        Field("label", FieldType.TEXT, "score.label", values=("VIP", "Good", "At Risk")),
    ),
    segments={"Big ones": "total_spend > 50k"},
    rows="accounts",
)
CATALOG = change_catalog(ACCOUNTS, ("VIP", "Good", "At Risk", "VIP"), ("RFM", "Voice"))
TODAY = Today(date(2026, 11, 24))


@pytest.mark.parametrize(
    ("sugar", "canonical_text"),
    [
        ('label worsened to "At Risk"', 'change = worse and new_label = "At Risk"'),
        ("label improved to VIP", "change = better and new_label = VIP"),
        ("label worsened", "change = worse"),
        ("label left VIP", "old_label = VIP"),
        ("label became 'at risk'", 'new_label = "At Risk"'),
        ('label."RFM" worsened', "segmentation = RFM and change = worse"),
        (
            'label worsened to "At Risk" and total_spend > 50k',
            'change = worse and new_label = "At Risk" and total_spend > 50000',
        ),
        ("not label left VIP", "not old_label = VIP"),
    ],
)
def test_a_change_can_be_said_as_people_say_it(sugar: str, canonical_text: str) -> None:
    tree = parse(sugar, CATALOG)
    assert tree == parse(canonical_text, CATALOG)
    assert parse(canonical(tree, CATALOG), CATALOG) == tree


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        ('label worsened to "At Rsk"', "At Risk", 18),
        ("industry worsened", "Only a label is worsened", 0),
        ("at_stake > VIP", "money", 11),
        ("segmentation = RMF", "RFM", 15),
        ("old_lable = VIP", "old_label", 0),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(text: str, said: str, position: int) -> None:
    with pytest.raises(CriteriaError, match=said) as caught:
        parse(text, CATALOG)
    assert caught.value.position == position


def test_accounts_are_no_changes() -> None:
    with pytest.raises(CriteriaError, match="accounts are no changes") as caught:
        parse("label worsened", ACCOUNTS)
    assert caught.value.position == 6
    assert parse("industry = left", ACCOUNTS) == parse('industry = "left"', ACCOUNTS)


ATOMS = st.sampled_from(
    [
        "label worsened",
        "old_label = VIP",
        'new_label in ("At Risk", Good)',
        "at_stake >= 100",
        "segmentation = RFM",
        "old_label is empty",
        "industry = Retail",
        "total_spend > 50k",
        'in segment "Big ones"',
    ]
)
TREES: st.SearchStrategy[Node] = st.recursive(
    ATOMS.map(lambda one: parse(one, CATALOG)),
    lambda parts: st.one_of(
        parts.map(lambda part: part.part if isinstance(part, Not) else Not(part)),
        st.lists(parts, min_size=2, max_size=3).map(lambda found: conjunction(*found)),
        st.lists(parts, min_size=2, max_size=3).map(lambda found: disjunction(*found)),
    ),
    max_leaves=8,
)
LABEL = st.sampled_from([None, "VIP", "Good", "At Risk"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "old_label": LABEL,
            "new_label": LABEL,
            "change": st.sampled_from(["worse", "better", "entered"]),
            "at_stake": st.sampled_from([0, 9_999, 10_000, 7_000_000]),
            "segmentation": st.sampled_from(["RFM", "Voice"]),
            "industry": st.sampled_from([None, "Retail", "Media"]),
            "total_spend": st.sampled_from([0, 5_000_001]),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(TREES, ROWS)
def test_to_look_at_the_change_first_says_the_same(tree: Node, rows: list[dict[str, object]]) -> None:
    frame = pd.DataFrame(rows).astype({"at_stake": "int64", "total_spend": "int64"})
    for name in ("old_label", "new_label", "industry"):
        frame[name] = pd.Series([row[name] for row in rows], dtype=object)
    wanted = mask(tree, frame, CATALOG, TODAY).to_list()
    own = frame[["old_label", "new_label", "change", "at_stake", "segmentation"]]
    theirs = frame[["industry", "total_spend"]]
    found = [False] * len(rows)
    for rest, places in left_to_ask(tree, own, CATALOG, TODAY).items():
        truths = mask(rest, theirs, CATALOG, TODAY).to_list()
        for at in places:
            found[at] = truths[at]
    assert found == wanted
