"""The fields that criteria name, and the ways in which people name them."""

from __future__ import annotations

import pytest

from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.voice.catalog import in_criteria, voice_fields
from scoring.voice.config import STARTING_LABELS, Competitor, VoiceSegmentation

CATALOG = Catalog(voice_fields(["Acme CRM", "HubSpot", 'The "Big" share 3']))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("negative share > 40%", "negative_share > 40"),
        ("Negative Share > 40% or complaint count >= 3", "negative_share > 40 or complaint_count >= 3"),
        ('competitor "Acme CRM" mentioned > 50 times', 'competitor."Acme CRM" > 50'),
        ('competitor "Acme CRM" mentioned', 'competitor."Acme CRM" >= 1'),
        ('competitor "Acme CRM" mentioned 3 times', 'competitor."Acme CRM" >= 3'),
        (
            "competitor HubSpot mentioned >= 1 time and requests > 2",
            "competitor.HubSpot >= 1 and request_count > 2",
        ),
        ("competitor HubSpot mentioned and queries = 0", "competitor.HubSpot >= 1 and query_count = 0"),
        ('competitor "The \\"Big\\" share 3" mentioned > 1 times', 'competitor."The \\"Big\\" share 3" > 1'),
        ('voice_trend = "new detractor"', 'voice_trend = "new detractor"'),
        ("voice_keywords has invoice", "voice_keywords has invoice"),
        ("last_message before 30 days ago", "last_message before 30 days ago"),
    ],
)
def test_criteria_as_people_say_them(said: str, meant: str) -> None:
    assert canonical(parse(in_criteria(said), CATALOG), CATALOG) == meant


def test_quoted_text_is_left_alone() -> None:
    said = 'name = "negative share" and "negative share" > 3'
    assert in_criteria(said) == said


def test_the_value_of_a_trend_is_one_of_six() -> None:
    with pytest.raises(CriteriaError):
        parse("voice_trend = worse", CATALOG)


def test_an_unknown_competitor_is_named() -> None:
    with pytest.raises(CriteriaError, match="Acme"):
        parse(in_criteria('competitor "Acme ERP" mentioned > 3 times'), CATALOG)


def test_the_starting_labels_can_be_read() -> None:
    for label in STARTING_LABELS:
        parse(in_criteria(label.when), CATALOG)


def test_names_are_not_taken_twice() -> None:
    names = [name.casefold() for one in CATALOG for name in (one.name, *one.aliases)]
    assert len(names) == len(set(names))


def test_a_segmentation_can_be_written_and_read() -> None:
    one = VoiceSegmentation(name="Voice", competitors=(Competitor(name="Acme CRM", aliases=("Acme",)),))
    assert VoiceSegmentation.model_validate(one.model_dump(mode="json")) == one
    assert (one.window_days, one.trend_days, len(one.labels)) == (183, 91, 5)
