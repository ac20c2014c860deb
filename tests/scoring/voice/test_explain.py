"""Why an account has its label: facts, conditions, evidence, what would change it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.shape import Label
from scoring.voice.catalog import voice_fields
from scoring.voice.config import Competitor, VoiceSegmentation
from scoring.voice.explain import MOST_EVIDENCE, VoiceExplanation, Way, explain_voice
from scoring.voice.kinds import Sentiment
from scoring.voice.score import label_voice, score_voice
from tests.scoring.voice.test_score import AS_OF, mail, readings

SEGMENTATION = VoiceSegmentation(
    name="Voice",
    fewest_messages=1,
    competitors=(Competitor(name="Acme CRM"),),
    labels=(
        Label(name="Happy", when="positive_share >= 50%"),
        Label(name="Fine", when="negative_share <= 40% and competitor_mentions = 0"),
        Label(name="Angry", when='negative share > 40% or competitor "Acme CRM" mentioned > 2 times'),
    ),
)
CATALOG = Catalog(voice_fields(["Acme CRM"]))
TODAY = Today(AS_OF)


def explained(rows: list[dict[str, Any]], account: str = "a") -> VoiceExplanation:
    return explain_voice(readings(rows), account, SEGMENTATION, CATALOG, TODAY)


def test_conditions_say_what_holds_and_what_the_value_is() -> None:
    why = explained([mail("negative", days=2), mail(days=9)])
    assert why.label == "Angry"
    assert [(one.text, one.value, one.holds) for one in why.conditions] == [
        ("negative_share > 40", 50.0, True),
        ('competitor."Acme CRM" > 2', 0, False),
    ]
    assert {name: [one.text for one in some] for name, some in why.passed_over.items()} == {
        "Happy": ["positive_share >= 50"],
        "Fine": ["negative_share <= 40"],
    }
    assert why.facts["messages"] == 2
    assert why.facts["last_message"] == AS_OF - timedelta(days=2)


def test_evidence_is_the_surest_sentences_behind_the_conditions() -> None:
    rows = [
        mail("negative", sentence="It broke.", sentiment_probability=0.8),
        mail("negative", sentence="It broke again.", sentiment_probability=0.95, days=3),
        mail("negative", sentence="Hmm.", sentiment_probability=0.5, sentiment_origin="lexicon"),
        mail(sentence="Acme CRM is cheaper.", competitors=("Acme CRM",), source="ticket"),
        mail("negative", sentence="Too old.", days=400),
        mail("negative", sentence="Somebody else's.", account="b"),
        mail("negative", sentence="", sentiment_origin="stated"),
    ]
    why = explained(rows)
    behind = [one for one in why.evidence if one.field == "negative_share"]
    assert [one.sentence for one in behind] == ["It broke again.", "It broke.", "Hmm."]
    assert [one.low_confidence for one in behind] == [False, False, True]
    assert (behind[0].day, behind[0].probability) == (AS_OF - timedelta(days=3), 0.95)
    (named,) = (one for one in why.evidence if one.field == "competitor.Acme CRM")
    assert (named.sentence, named.mentioned, named.source) == (
        "Acme CRM is cheaper.",
        ("Acme CRM",),
        "ticket",
    )


def test_evidence_is_not_a_mailbox() -> None:
    why = explained([mail("negative", sentence=f"It broke {at} times.") for at in range(40)])
    assert len([one for one in why.evidence if one.field == "negative_share"]) == MOST_EVIDENCE


@pytest.mark.parametrize(
    "rows",
    [
        [mail("negative")] * 3,
        [mail("negative")] * 5 + [mail("positive")] * 2 + [mail()],
        [mail("positive")] * 9 + [mail("negative")],
        [mail()] * 3,
    ],
)
def test_what_would_change_the_label_does_and_one_less_does_not(rows: list[dict[str, Any]]) -> None:
    why = explained(rows)
    assert why.ways
    for way in why.ways:
        for count, wanted in ((way.messages, way.label), (way.messages - 1, why.label)):
            more = readings([*rows, *[mail(str(way.sentiment))] * count])
            facts = score_voice(more, ["a"], SEGMENTATION, AS_OF).facts
            assert label_voice(facts, SEGMENTATION, CATALOG, TODAY) == [wanted]


def test_the_ways_back() -> None:
    assert Way(Sentiment.POSITIVE, 3, "Happy") in explained([mail("negative")] * 3).ways


def test_without_a_label_every_condition_is_shown() -> None:
    why = explained([])
    assert why.label is None
    assert len(why.conditions) == 5
    assert not any(one.holds for one in why.conditions if one.field != "competitor_mentions")
    assert set(why.passed_over) == {"Happy", "Fine", "Angry"}
    assert why.evidence == ()
    assert why.facts["negative_share"] is None


def test_facts_of_the_run_are_taken_when_given() -> None:
    frame = readings(
        [mail("negative", sentence="The pump leaks. The pump!"), mail("negative"), mail(account="b")]
    )
    facts = score_voice(frame, ["a", "b"], SEGMENTATION, AS_OF).facts
    own = frame[frame["account"] == "a"]
    why = explain_voice(own, "a", SEGMENTATION, CATALOG, TODAY, facts)
    assert why.facts["voice_keywords"] == facts.loc["a", "voice_keywords"]
    with pytest.raises(KeyError):
        explain_voice(own, "zzz", SEGMENTATION, CATALOG, TODAY, facts)


def test_values_are_plain() -> None:
    why = explained([mail("negative"), mail("positive")])
    for value in why.facts.values():
        assert value is None or type(value).__module__ in {"builtins", "datetime"}
    assert not isinstance(why.facts["last_message"], pd.Timestamp)
