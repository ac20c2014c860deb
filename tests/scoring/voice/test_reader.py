"""The reader as it is shipped: what it makes of sentences it has never seen, and of what people correct."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from scoring.voice import lexicon
from scoring.voice.examples import shipped_examples
from scoring.voice.head import ModelError
from scoring.voice.kinds import UNSURE, Intent, Origin, Sentiment
from scoring.voice.reader import Reader
from tests.support.customer_sentences import intent_sentences

# Written after the examples, never among them.
UNSEEN = {
    Intent.REQUEST: (
        "Could you send the certificate to our quality department?",
        "Please move the training to the afternoon.",
        "Can someone call me about the renewal papers?",
        "Let me know which documents you still need from us.",
        "Please correct the address on the delivery note.",
    ),
    Intent.QUERY: (
        "What is the maximum size of an attachment?",
        "How do I change my password?",
        "Do you support Firefox?",
        "When does the summer school begin?",
        "Which of the two reports is the newer one?",
    ),
    Intent.COMPLAINT: (
        "The app crashes whenever I open a report.",
        "Nobody has answered our ticket for ten days.",
        "The last delivery was late and two boxes were damaged.",
        "Your hotline is a disgrace, I was on hold for an hour.",
        "The invoice is wrong for the third time.",
    ),
    Intent.PURCHASE: (
        "We would like to order ten more seats.",
        "Please send us a quote for the premium plan.",
        "We want to buy two additional scanners.",
        "Here is our purchase order for the annual plan.",
        "How much would it cost to upgrade to the professional plan?",
    ),
    Intent.CANCELLATION: (
        "We want to cancel our plan at the end of the month.",
        "Please terminate the contract.",
        "We will not renew our subscription.",
        "I would like to close our account.",
        "We are switching to another provider.",
    ),
    Intent.PRAISE: (
        "Thank you so much for the fast help!",
        "The new interface is excellent.",
        "We are very happy with your service.",
        "Your colleague did a great job.",
        "I love the new dashboard, well done!",
    ),
}


def test_the_examples_are_enough_for_every_intent_and_sentiment() -> None:
    examples = shipped_examples()
    assert len({one.text for one in examples}) == len(examples)
    for intent in Intent:
        assert sum(one.intent is intent for one in examples) >= 30
    for sentiment in Sentiment:
        assert sum(one.sentiment is sentiment for one in examples) >= 50


def test_unseen_sentences_are_mostly_read_rightly_and_seldom_wrongly(reader: Reader) -> None:
    texts = [text for some in UNSEEN.values() for text in some]
    assert not {one.text for one in shipped_examples()} & set(texts)
    truth = np.array([str(intent) for intent, some in UNSEEN.items() for _ in some])
    given = reader.read(texts)["intent"].to_numpy(object)
    sure = given != UNSURE
    assert sure.mean() >= 0.7
    assert (given == truth)[sure].mean() >= 0.85


def test_sentences_in_other_styles_are_read_or_left(reader: Reader) -> None:
    truth = np.array([intent for intent, _ in intent_sentences()])
    given = reader.read([text for _, text in intent_sentences()])["intent"].to_numpy(str)
    sure = given != UNSURE
    assert set(truth) == {str(one) for one in Intent}
    assert sure.mean() >= 0.6
    assert (given == truth)[sure].mean() >= 0.75


def test_what_is_not_a_sentence_is_unsure(reader: Reader) -> None:
    assert set(reader.read(["qzx vbn", "0x1f 77", "\u4f60\u597d\u4e16\u754c"])["intent"]) <= {
        UNSURE,
        "statement",
    }


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("I am very disappointed with the late delivery.", Sentiment.NEGATIVE),
        ("The new version is fantastic, thank you!", Sentiment.POSITIVE),
        ("The meeting takes place on Tuesday.", Sentiment.NEUTRAL),
    ],
)
def test_plain_sentiments(reader: Reader, text: str, sentiment: Sentiment) -> None:
    assert reader.read([text])["sentiment"].iloc[0] == sentiment


def test_where_the_head_is_unsure_the_word_list_speaks_with_low_confidence(reader: Reader) -> None:
    unsure = replace(reader, sentiment=replace(reader.sentiment, threshold=np.inf))
    read = unsure.read(["This is a wonderful disaster of great joy.", "Table."])
    said = lexicon.opinions(lexicon.scores(["This is a wonderful disaster of great joy.", "Table."]))
    assert read["sentiment"].tolist() == [str(one) for one in said]
    assert set(read["sentiment_origin"]) == {str(Origin.LEXICON)}
    assert (read["sentiment_probability"] <= 0.5).all()


def test_a_corrected_sentence_is_read_as_the_person_said_and_its_like_follow(corrected: Reader) -> None:
    read = corrected.read(["Ping me re the bollard thingy", "PING ME RE THE BOLLARD THINGY"])
    assert read["intent"].tolist() == ["purchase", "purchase"]
    assert read["intent_probability"].tolist() == [1.0, 1.0]
    assert read["sentiment"].tolist() == ["positive", "positive"]
    assert set(read["sentiment_origin"]) == {str(Origin.CORRECTED)}
    assert corrected.read(["Ping me re the bollard model"])["intent"].iloc[0] == "purchase"


def test_the_last_correction_of_a_sentence_holds_and_an_open_part_is_kept(corrected: Reader) -> None:
    row = corrected.read(["The blue one again."]).iloc[0]
    assert (row["intent"], row["sentiment"]) == ("complaint", "negative")


def test_a_shipped_example_can_be_corrected(corrected: Reader) -> None:
    text = shipped_examples()[0].text
    assert corrected.read([text])["intent"].iloc[0] == "praise"
    assert [one.label for one in corrected.intent.examples if one.text == text] == ["praise"]


def test_the_version_changes_with_what_was_learned(reader: Reader, corrected: Reader) -> None:
    assert corrected.version != reader.version


def test_a_kept_reader_is_the_same(reader: Reader) -> None:
    texts = [text for some in UNSEEN.values() for text in some]
    again = Reader.from_json(json.loads(json.dumps(reader.as_json())))
    assert again.version == reader.version
    assert again.read(texts).equals(reader.read(texts))


def test_a_kept_reader_that_was_changed_is_refused(reader: Reader) -> None:
    kept = json.loads(json.dumps(reader.as_json()))
    damages: tuple[dict[str, object], ...] = (
        {"format": 0},
        {"embedding": "another model"},
        {"version": "0" * 16},
        {"corrections": [["a", "no intent", None]]},
        {"intent": {}},
    )
    for damage in damages:
        with pytest.raises(ModelError, match="learn it anew"):
            Reader.from_json({**kept, **damage})


def test_each_sentence_is_read_by_itself(reader: Reader) -> None:
    texts = [text for some in UNSEEN.values() for text in some]
    together = reader.read(texts)
    for at in (0, 7, 19):
        alone = reader.read([texts[at]]).iloc[0]
        assert alone["intent"] == together.iloc[at]["intent"]
        assert alone["intent_probability"] == pytest.approx(together.iloc[at]["intent_probability"])
    assert reader.read(texts[::-1])["intent"].tolist() == together["intent"].tolist()[::-1]


def test_no_sentences_are_no_rows(reader: Reader) -> None:
    assert reader.read([]).empty
