"""Fields that only some organisations have: the risk of leaving, tags; and what is said without them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.language.question import NotUnderstood, Understanding
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_vocabulary
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog, Field, FieldType
from tests.support.sample_organisation import ANNA, CATALOG, CONFIGURATION, TODAY, sample, vocabulary_for

RISK = Field("churn_risk", FieldType.NUMBER, "score.churn_risk", label="Risk of leaving, %", in_percent=True)
TAG = Field("Tag", FieldType.LIST, "raw:Tag", ("tags",), label="Tag")
NEEDED = "churn_risk is known once there is a segmentation of the technique leaving."
READ = (
    ("accounts where risk of leaving is above 5%", "churn_risk > 5"),
    ("VIPs with churn risk above 60%", "label = VIP and churn_risk > 60"),
    ("risk of leaving over 5", "churn_risk > 5"),
    ("accounts tagged Renewal", "Tag has Renewal"),
    ("retail accounts not tagged Renewal", "industry = retail and not Tag has Renewal"),
    (
        'VIPs with the tag "Key account" or Partner',
        'label = VIP and (Tag has "Key account" or Tag has Partner)',
    ),
    (
        "retail accounts tagged Key Partner in Texas",
        'industry = retail and Tag has "Key Partner" and state = Texas',
    ),
)


def _with_them() -> Vocabulary:
    return _known(replace(CATALOG, fields=(*CATALOG.fields, RISK, TAG)))


def _known(catalog: Catalog) -> Vocabulary:
    return build_vocabulary(sample().words(), catalog, CONFIGURATION, ANNA, TODAY)


def _refused(found: Understanding) -> NotUnderstood:
    assert isinstance(found, NotUnderstood)
    return found


@pytest.mark.parametrize(("text", "criteria"), READ)
def test_what_is_there_is_read(text: str, criteria: str) -> None:
    found = understand(text, _with_them())
    assert not isinstance(found, NotUnderstood), found
    assert canonical(found.criteria) == criteria


def test_how_likely_is_asked_back_with_readings_that_are_whole() -> None:
    found = _refused(understand("retail accounts likely to churn", _with_them()))
    assert found.reason == "“likely to churn”: how likely? The risk of leaving is known in percent."
    assert [one.text for one in found.readings] == [
        "retail accounts with risk of leaving over 60%",
        "retail accounts with risk of leaving over 30%",
        "retail accounts sorted by risk of leaving",
    ]
    first, *_ = _refused(understand("who is likely to churn?", _with_them())).readings
    assert first.text == "accounts with risk of leaving over 60%"


def test_what_is_not_kept_in_percent_says_what_is() -> None:
    found = _refused(understand("accounts with employees over 5%", _with_them()))
    assert found.reason == "“Employees” is not kept in percent. In percent there is: risk of leaving."
    assert (
        "Nothing of an account is kept" in _refused(understand("accounts over 5%", vocabulary_for())).reason
    )


def test_what_is_missing_says_what_it_needs() -> None:
    known = _known(replace(CATALOG, absent={"churn_risk": NEEDED}))
    for text in ("accounts with risk of leaving above 5%", "retail accounts likely to churn"):
        assert NEEDED in _refused(understand(text, known)).reason
    reason = _refused(understand("accounts tagged Renewal", vocabulary_for())).reason
    assert reason == "Tags of accounts are not in the copy of the CRM."
