"""What differs between two documents, in words: every change once, and nothing that only looks different."""

from __future__ import annotations

import copy
import io
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.app.config.criteria import Catalogs
from bot.app.config.diff import Difference, differences
from bot.app.config.document import read_text
from bot.app.config.published import json_schema, read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.errors import ConfigurationError
from scoring.config import Configuration
from scoring.criteria.fields import Catalog
from tests.bot.test_config_reading import catalogs

WHOLE = STARTING_DOCUMENT.replace("finance: []", "finance: [{product: books}]").replace(
    "limits:", "markets: {groups: [{name: Size, segments: [Small, Big]}]}\nlimits:"
)
TECHNIQUES = ("leaving", "firmographics", "engagement", "voice", "recommendations")


def read(text: str) -> Configuration:
    return read_configuration(text, "b.yaml")


def fields(_: Configuration) -> Catalogs:
    return catalogs()


def sentences(old: str, new: str, text: str = WHOLE) -> list[str]:
    assert old in text
    found = differences(read(text), read(text.replace(old, new, 1)), fields)
    assert all(one.as_json()["sentence"] == one.sentence() for one in found)
    return [one.sentence() for one in found]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scores: 5", "scores: 4", ["Segmentation 'Purchase behaviour', scores: 5 → 4"]),
        (
            "recency: {method: percentile}",
            "recency: {method: bands, bands: [{within: this year, score: 5}]}",
            [
                "Segmentation 'Purchase behaviour', recency.method: percentile → bands",
                "Segmentation 'Purchase behaviour', recency.bands: nothing → (within this year, score 5)",
            ],
        ),
        (
            "- name: Lost ",
            "- name: Gone ",
            ["Segmentation 'Purchase behaviour', label 'Lost' is called 'Gone' now."],
        ),
        ("flood: 20", "flood: 21", ["Route 'Slipping accounts', flood: 20 → 21"]),
        ('admin_channel: "#ops"', "admin_channel: null", ["Alerts.admin_channel: #ops → nothing"]),
        ("also: []", "also: [Leads]", ["Sync.also: Leads is added."]),
        ("[{product: books}]", "[]", ["Finance product 'books' is removed."]),
        (
            "[{product: books}]",
            "[{product: books, lines: true}]",
            ["Finance product 'books', lines: no → yes"],
        ),
        (
            "same: [software, saas]",
            "same: [software, saas, apps]",
            ["Synonyms 'industry: software', same: apps is added."],
        ),
        (
            "segments: [Small, Big]",
            "segments: [Big, Small]",
            ["Group of market segments 'Size', segments: another order, Big, Small."],
        ),
        (
            "transactions: {module: Deals}",
            "transactions: {module: Orders}",
            ["Mapping.transactions.module: Deals → Orders"],
        ),
        ("rfm_labels: 8 ", "rfm_labels: 9 ", ["Limits.rfm_labels: 8 → 9"]),
        (
            '  - name: Win back\n    criteria: label in ("At Risk", Hibernating, Lost)\n',
            "",
            ["Segment 'Win back' (label in (\"At Risk\", Hibernating, Lost)) is removed."],
        ),
    ],
)
def test_each_change_is_said_once(old: str, new: str, said: list[str]) -> None:
    assert sentences(old, new) == said


def test_labels_in_another_order_are_said_in_their_order() -> None:
    lines = WHOLE.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "name: VIP" in line)
    lines[at : at + 4] = lines[at + 2 : at + 4] + lines[at : at + 2]
    [said] = differences(read(WHOLE), read("".join(lines)), fields)
    assert said.change == "reordered"
    assert said.sentence().startswith(
        "Segmentation 'Purchase behaviour', labels: another order, Champion, VIP, Loyal"
    )


def test_criteria_that_cannot_be_read_are_compared_by_their_words() -> None:
    nothing = Catalogs(Catalog(()), Catalog(()))
    before, after = read(WHOLE), read(WHOLE.replace("purchases >= 1", "purchases   >=  1"))
    assert differences(before, after, lambda _: nothing) == ()
    after = read(WHOLE.replace("purchases >= 1", "purchases >= 2"))
    [found] = differences(before, after, lambda _: nothing)
    assert (found.before, found.after) == ("purchases >= 1", "purchases >= 2")


def leaves(values: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in a document that is no list or mapping."""
    if isinstance(values, dict):
        return [one for key, value in values.items() for one in leaves(value, (*path, key))]
    if isinstance(values, list):
        return [one for at, value in enumerate(values) for one in leaves(value, (*path, at))]
    return [path]


PLAIN = read_text(WHOLE, "s").values
OTHERS = st.sampled_from(
    ["r >= 2", "Something", "worse", "better", 2, 3, 9, True, False, "books", "06:30", None]
)


def edited(path: tuple[Any, ...], value: object) -> str:
    values = copy.deepcopy(PLAIN)
    here: Any = values
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    text = io.StringIO()
    YAML().dump(values, text)
    return text.getvalue()


@given(path=st.sampled_from(leaves(PLAIN)), value=OTHERS)
@settings(max_examples=30, deadline=None)
def test_two_documents_differ_exactly_if_their_values_do(path: tuple[Any, ...], value: object) -> None:
    try:
        after = read(edited(path, value))
    except ConfigurationError:
        return
    before = read(WHOLE)
    found = differences(before, after, lambda _: Catalogs(Catalog(()), Catalog(())))
    assert bool(found) == (before != after)
    assert differences(after, after, fields) == ()
    back = differences(after, before, lambda _: Catalogs(Catalog(()), Catalog(())))
    assert len(back) == len(found), "taking it back differs in as many places"
    assert all(isinstance(one, Difference) and one.sentence() for one in (*found, *back))


@given(path=st.sampled_from(leaves(PLAIN)), value=OTHERS)
@settings(max_examples=30, deadline=None)
def test_the_schema_takes_what_the_reader_takes(path: tuple[Any, ...], value: object) -> None:
    text = edited(path, value)
    try:
        read(text)
    except ConfigurationError:
        return
    found = [one.message for one in VALIDATOR.iter_errors(read_text(text, "s").values)]
    # The reader takes a whole number for a text of digits, and yes for "true"; an editor need not.
    assert found == [] or isinstance(value, bool | int)


VALIDATOR = jsonschema.Draft202012Validator(json_schema())


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_the_schema_knows_every_technique_and_its_keys(technique: str) -> None:
    good = {"segmentations": [{"name": "S", "technique": technique}]}
    assert list(VALIDATOR.iter_errors(good)) == []
    wrong = {"segmentations": [{"name": "S", "technique": technique, "scroes": 5}]}
    assert list(VALIDATOR.iter_errors(wrong))
    assert list(VALIDATOR.iter_errors({"segmentations": [{"name": "S", "technique": "rmf"}]}))


def test_the_schema_takes_a_segmentation_without_a_technique_for_rfm() -> None:
    labels = [{"name": "Good", "when": "r >= 2"}]
    assert (
        list(VALIDATOR.iter_errors({"segmentations": [{"name": "S", "labels": labels, "scores": 3}]})) == []
    )
    assert list(
        VALIDATOR.iter_errors({"segmentations": [{"name": "S", "labels": labels, "horizon_days": 9}]})
    )
