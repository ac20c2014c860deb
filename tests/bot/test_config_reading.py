"""Reading the configuration document: every problem says file, line, key and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.config.criteria import Catalogs, check_against
from bot.app.config.document import read_text
from bot.app.config.published import json_schema, read_configuration, read_document
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.errors import ConfigurationError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.rfm_config import RfmSegmentation

SMALL = """\
version: 1
segmentations:
  - name: Purchases
    scores: 3
    labels:
      - name: Good
        when: r >= 2
      - name: Bad
        when: r >= 1
alerts:
  routes:
    - name: Slipping
      channel: "#cs"
      labels: [Bad]
"""
LABEL_NAMES = ("VIP", "Champion", "Loyal", "Promising", "Needs Attention", "At Risk", "Hibernating", "Lost")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(text, "bellwether.yaml")
    return str(caught.value).splitlines()


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new)


def catalogs() -> Catalogs:
    numbers = [Field(name, FieldType.NUMBER, f"score.{name}") for name in ("r", "f", "m", "purchases")]
    scores = (
        *numbers,
        Field("total_spend", FieldType.MONEY, "score.spend_minor"),
        Field("last_purchase", FieldType.DATE, "score.last_purchase"),
        Field("label", FieldType.TEXT, "score.label", values=LABEL_NAMES),
    )
    return Catalogs(
        accounts=Catalog((*scores, Field("industry", FieldType.TEXT, "account.industry"))),
        transactions=Catalog((Field("stage", FieldType.TEXT, "transaction.stage"),)),
    )


def complaint_about(read: Callable[[], object]) -> str:
    """What is wrong by the reader's own account; any other exception fails the test."""
    try:
        read()
    except ConfigurationError as error:
        return str(error)
    return "nothing"


def criteria_problems(text: str) -> list[str]:
    document = read_document(text, "bellwether.yaml")
    with pytest.raises(ConfigurationError) as caught:
        document.refuse(check_against(document.configuration, catalogs()))
    return str(caught.value).splitlines()


def test_the_starting_document_is_a_configuration() -> None:
    configuration = read_configuration(STARTING_DOCUMENT, "starting.yaml")
    segmentation = configuration.of(RfmSegmentation)[0]
    assert segmentation.name == "Purchase behaviour"
    assert segmentation.transactions == 'stage = "Closed Won"'
    assert tuple(label.name for label in segmentation.labels) == LABEL_NAMES
    assert [(one.channel, one.when) for one in configuration.alerts.routes] == [("#cs-alerts", "worse")]
    assert configuration.alerts.admin_channel == "#ops"
    assert configuration.access.public_channels == ("#sales", "#cs-alerts")
    assert len(configuration.segments) == 2


def test_the_starting_documents_criteria_fit_the_standard_fields() -> None:
    configuration = read_configuration(STARTING_DOCUMENT, "starting.yaml")
    assert check_against(configuration, catalogs()) == []


def test_the_starting_synonyms_know_the_words_people_use() -> None:
    groups = read_configuration(STARTING_DOCUMENT, "starting.yaml").synonyms
    same = [({one.casefold() for one in group.same}, group.field) for group in groups]
    for field, first, second in (
        ("industry", "healthcare", "medical"),
        ("industry", "tech", "technolgy"),
        ("industry", "telecom", "telecommunications"),
        ("industry", "banking", "finance"),
        ("label", "whales", "vip"),
        ("label", "about to leave", "at risk"),
        ("label", "gone", "lost"),
        ("country", "usa", "united states"),
    ):
        assert any(where == field and {first, second} <= words for words, where in same), (first, second)
    for field in ("industry", "label", "country"):
        words = [word for group, where in same if where == field for word in group]
        assert len(words) == len(set(words)), "a word in two groups would mean two things"


def test_an_unknown_key_is_named_with_file_line_and_the_nearest_key() -> None:
    assert problems(changed("segmentations:", "segmentatons:")) == [
        "bellwether.yaml:2: key 'segmentatons' is not known here. Did you mean 'segmentations'?",
    ]


def test_unknown_keys_deep_inside_are_found_on_their_line() -> None:
    assert problems(changed("        when: r >= 1", "        whn: r >= 1")) == [
        "bellwether.yaml:9: key 'whn' is not known here. Did you mean 'when'?",
    ]
    assert problems(changed("channel:", "chanel:"))[-1] == (
        "bellwether.yaml:13: key 'chanel' is not known here. Did you mean 'channel'?"
    )
    assert problems(SMALL.replace("        when: r >= 1\n", "")) == [
        "bellwether.yaml:8: key 'when' is missing here."
    ]
    assert problems(SMALL + "whatever: 1\n") == ["bellwether.yaml:15: key 'whatever' is not known here."]


def test_the_method_of_a_measure_decides_its_keys() -> None:
    with_bands = changed("scores: 3", "scores: 3\n    monetary: {method: bands, at_last: [1, 2]}")
    assert problems(with_bands) == [
        "bellwether.yaml:5: key 'at_last' is not known here. Did you mean 'at_least'?",
    ]
    hint = " Did you mean 'percentile'?"
    assert problems(changed("scores: 3", "recency: {method: percentiles}")) == [
        f"bellwether.yaml:4: 'method' has to be percentile or bands, not 'percentiles'.{hint}"
    ]
    assert problems(changed("scores: 3", "recency: {}")) == [
        "bellwether.yaml:4: key 'method' is missing under 'recency': percentile or bands."
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scores: 3", "scores: many", ":4: 'scores' has to be a whole number, not 'many'."),
        ("name: Bad", "name: 12", ":8: 'name' has to be a text, not '12'."),
        (
            "labels: [Bad]",
            "labels: Bad",
            ":14: 'labels' has to be a list (lines that begin with '- '), not 'Bad'.",
        ),
        (
            "labels: [Bad]",
            "when: wors",
            ":14: 'when' has to be worse or better or any, not 'wors'. Did you mean 'worse'?",
        ),
        ("scores: 3", "scores: 9", ":4: 'scores' has to be at most 5, not '9'."),
        ("version: 1", "version: 2", ":1: 'version' has to be 1, not '2'."),
        (
            "version: 1",
            "schedule: {daily_at: 2}",
            ":1: 'daily_at' has to be a time of day such as 06:15, not '2'.",
        ),
        (
            "version: 1",
            "schedule: {daily_at: '06:15+02:00'}",
            ":1: 'daily_at' has to be a time of day such as 06:15, not '06:15+02:00'.",
        ),
        (
            "version: 1",
            "schedule: {daily_at: noon}",
            ":1: 'daily_at' has to be a time of day such as 06:15, not 'noon'.",
        ),
        ("version: 1", "access: nobody", ":1: 'access' has to be keys with values below it, not 'nobody'."),
    ],
)
def test_a_wrong_value_says_what_it_has_to_be(old: str, new: str, said: str) -> None:
    assert problems(changed(old, new)) == [f"bellwether.yaml{said}"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: Good", "name: bad", ":8: the label 'bad' stands twice; names have to differ."),
        ("when: r >= 1", "when: ' '", ":9: the label 'Bad' has no criteria;"),
        ("labels: [Bad]", "labels: [Bed]", ":14: there is no label 'Bed'. Did you mean 'Bad'?"),
        ("labels: [Bad]", "segmentation: Purchase", ":14: there is no segmentation 'Purchase'. Did you mean"),
        ('"#cs"', '"#"', ":13: the route 'Slipping' needs a channel, such as #sales."),
        ("version: 1", "organisation: {time_zone: Europe/Berlim}", ":1: 'Europe/Berlim' is no time zone;"),
        ("version: 1", "schedule: {daily_at: '02:30'}", ":1: the daily run cannot start at 02:30:"),
        ("version: 1", "limits: {rfm_labels: 1}", ":8: 'Purchases' has 2 labels; the limit is 1."),
        (
            "scores: 3",
            "frequency: {method: bands, at_least: [1, 2]}",
            ":4: 5 scores need 4 thresholds in at_least;",
        ),
        (
            "scores: 3",
            "monetary: {method: bands, at_least: [1, 3, 3, 4]}",
            ":4: the thresholds in at_least have to rise",
        ),
        ("scores: 3", "recency: {method: bands, bands: []}", ":4: bands needs at least one period."),
        ("scores: 3", "recency: {method: bands, bands: [{within: last moon, score: 1}]}", ":4: within:"),
        (
            "scores: 3",
            "scores: 3\n    recency: {method: bands, bands: [{within: this year, score: 4}]}",
            ":5: score 4 is higher than the 3 scores",
        ),
    ],
)
def test_what_the_shape_cannot_say_is_checked_too(old: str, new: str, said: str) -> None:
    found = problems(changed(old, new))
    assert len(found) == 1
    assert found[0].startswith(f"bellwether.yaml{said}")


def test_segmentations_routes_and_segments_have_names_of_their_own() -> None:
    twice = SMALL.replace(
        "alerts:", "segments:\n  - {name: A, criteria: r = 1}\n  - {name: a, criteria: r = 2}\nalerts:"
    )
    twice += '    - name: Slipping\n      channel: "#other"\n'
    assert problems(twice) == [
        "bellwether.yaml:12: the segment 'A' stands twice; names have to differ.",
        "bellwether.yaml:18: the route 'Slipping' stands twice; names have to differ.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nsegments: [a, b\n", ":3: this is not YAML: "),
        ("version: 1\n\tsegments: []\n", ":2: this is not YAML: "),
        ("version: 1\nversion: 1\n", ':2: found duplicate key "version": it stands twice in the same place'),
        ("- a\n- b\n", ":1: the document has to be a list of keys with values."),
        ("", ":1: the document has to be a list of keys with values."),
    ],
)
def test_what_is_not_a_document_is_refused_with_the_line(text: str, said: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(f"bellwether.yaml{said}")


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_text_makes_the_reader_fall_over(text: str) -> None:
    assert complaint_about(lambda: read_text(text, "x.yaml")).startswith(("x.yaml:", "nothing"))


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_document_with_a_line_cut_out_or_doubled_is_read_or_refused_with_a_place(
    data: st.DataObject,
) -> None:
    lines = STARTING_DOCUMENT.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at : at + 1] = data.draw(st.sampled_from([[], [lines[at]] * 2, [lines[at].lstrip()]]))
    said = complaint_about(lambda: read_configuration("".join(lines), "x.yaml"))
    assert all(one.startswith(("x.yaml:", "nothing")) for one in said.splitlines())


def test_criteria_with_an_unknown_field_name_the_line_and_the_nearest_field() -> None:
    found = criteria_problems(changed("when: r >= 1", "when: purchaes >= 1"))
    assert len(found) == 1
    assert found[0].startswith("bellwether.yaml:9: when: ")
    assert "purchases" in found[0]
    assert "(at 'purchaes >= 1')" in found[0]


def test_every_place_with_criteria_is_checked() -> None:
    text = changed("scores: 3", "accounts: indstry = x\n    transactions: stge = Won")
    text = text.replace("alerts:", "segments:\n  - name: S\n    criteria: r >\nalerts:")
    found = criteria_problems(text)
    assert [one.partition(": ")[0] for one in found] == [f"bellwether.yaml:{line}" for line in (4, 5, 13)]


def test_criteria_over_several_lines_point_at_the_right_one() -> None:
    found = criteria_problems(
        changed("when: r >= 1", "when: |\n          r >= 1\n          and purchaes >= 1")
    )
    assert found[0].startswith("bellwether.yaml:11: when: ")


def test_labels_cannot_be_decided_by_labels_nor_participation_by_scores() -> None:
    assert criteria_problems(changed("when: r >= 1", "when: label = VIP"))[0].startswith(
        "bellwether.yaml:9: when: 'label' is what these criteria decide;"
    )
    assert criteria_problems(changed("scores: 3", "accounts: r >= 3"))[0].startswith(
        "bellwether.yaml:4: accounts: 'r' comes from the scores,"
    )


def test_the_schema_accepts_the_starting_document_and_refuses_what_the_reader_refuses() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    good = read_text(STARTING_DOCUMENT, "s").values
    assert list(validator.iter_errors(good)) == []
    assert list(validator.iter_errors({**good, "segmentatons": []}))


def test_no_crm_field_is_enriched_from_two_things_and_the_crawler_explains_itself_on_a_page() -> None:
    both = "enrichment:\n  fields:\n    city: {field: Town}\n    state: {field: town%s}\n"
    (said,) = problems(SMALL + both % "")
    assert "city and state both go into the CRM field 'town'" in said
    assert said.startswith("bellwether.yaml:18: ")
    read_configuration(SMALL + both % ", rule: never", "bellwether.yaml")
    read_configuration(f"{SMALL}enrichment: {{user_agent_url: 'https://x.example/us?a#b'}}\n", "x")
    for url in (
        *(
            "http://münchen.example",
            "https://x.example/über",
            "https://x.example/(us)",
            "https://me:pw@x.example",
            "https://",
        ),
        *("x.example", "javascript:alert(1)", "https://[::1", "https://x.example/a b"),
    ):
        (said,) = problems(f"{SMALL}enrichment: {{user_agent_url: '{url}'}}\n")
        assert "it is no address of a page" in said
