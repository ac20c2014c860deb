"""A head: what it learns, when it is unsure, how it is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from scoring.voice import head as heads
from scoring.voice.embedding import Embedding
from scoring.voice.head import Example, Head, ModelError, Settings, learn, out_of_fold

PLACES = ("harbour", "station", "airport", "market", "school", "office", "factory", "museum")
EXAMPLES = [
    *(Example(f"the train to the {place} leaves at noon", "travel") for place in PLACES),
    *(Example(f"soup and bread near the {place} taste good", "food") for place in PLACES),
    *(Example(f"rain and wind over the {place} tonight", "weather") for place in PLACES),
]
LABELS = ("food", "travel", "weather")
SETTINGS = Settings(lexicon=0, cues=0)


def vectors(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """A toy for sentence vectors: which of three words is there."""
    found = np.array(
        [[word in text for word in ("train", "soup", "rain ")] for text in texts], dtype=np.float32
    )
    return found + np.float32(0.1)


def test_what_was_shown_is_known_and_near() -> None:
    answers = learn(EXAMPLES, LABELS, SETTINGS).answers(
        ["rain and wind over the museum", "soup and bread taste good"]
    )
    assert [answers.labels[at] for at in answers.best] == ["weather", "food"]
    assert answers.sure.all()
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1)


def test_what_is_like_nothing_is_unsure() -> None:
    answers = learn(EXAMPLES, LABELS, SETTINGS).answers(["quarterly xylophone", "", "\u4f60\u597d"])
    assert not answers.sure.any()
    assert (answers.nearest < 0.3).all()


def test_the_order_of_examples_makes_no_difference() -> None:
    one = learn(EXAMPLES, LABELS, SETTINGS)
    assert learn(EXAMPLES[::-1], LABELS, SETTINGS).as_json() == one.as_json()


def test_a_kept_head_answers_exactly_alike() -> None:
    head = learn(EXAMPLES, LABELS, Settings(), vectors([one.text for one in EXAMPLES]))
    again = Head.from_json(json.loads(json.dumps(head.as_json())))
    texts = ["rain over the train", "soup!", "please call me"]
    embedding = Embedding("toy", vectors, 3)
    before, after = head.answers(texts, embedding), again.answers(texts, embedding)
    np.testing.assert_array_equal(before.probabilities, after.probabilities)
    np.testing.assert_array_equal(before.nearest, after.nearest)
    np.testing.assert_array_equal(before.sure, after.sure)


def test_a_head_with_sentence_vectors_says_when_they_are_missing() -> None:
    head = learn(EXAMPLES, LABELS, SETTINGS, vectors([one.text for one in EXAMPLES]))
    with pytest.raises(ModelError, match="install the extra"):
        head.answers(["rain"])


def test_the_sentence_vectors_have_their_share() -> None:
    head = learn(
        EXAMPLES, LABELS, replace(SETTINGS, meaning_share=1.0), vectors([one.text for one in EXAMPLES])
    )
    answers = head.answers_from(["soup and bread"], vectors(["train"]))
    assert answers.labels[answers.best[0]] == "travel"


def test_the_vote_of_the_examples_is_that_of_the_formula() -> None:
    own = [*EXAMPLES[:-1], replace(EXAMPLES[-1], weight=3.0)]
    shown = vectors([one.text for one in own])
    head = learn(own, LABELS, replace(SETTINGS, meaning_share=1.0, vote=1.0), shown)
    asked = np.array([[1.0, 0.2, 0.1], [0.1, 0.1, 0.9]], dtype=np.float32)
    answers = head.answers_from(["soup", "rain"], asked)
    centre = shown.mean(axis=0)
    for at, one in enumerate(asked - centre):
        votes = dict.fromkeys(LABELS, 0.0)
        for example, vector in zip(own, shown - centre, strict=True):
            cosine = float(one @ vector / np.linalg.norm(one) / np.linalg.norm(vector))
            votes[example.label] += example.weight * np.exp(20 * cosine)
        wanted = np.array([votes[label] for label in LABELS]) / sum(votes.values())
        np.testing.assert_allclose(answers.probabilities[at], wanted, atol=1e-4)


@pytest.mark.parametrize(
    "damage",
    [
        {"labels": ["food"]},
        {"text": ["AAAA", "AAAA"]},
        {"text": ["not base64", ""]},
        {"settings": {"unknown": 1}},
        {"examples": [["only a text"]]},
        {"threshold": "high"},
        {"vectors": "AAAA"},
    ],
)
def test_a_damaged_head_is_refused(damage: dict[str, object]) -> None:
    kept = learn(EXAMPLES, LABELS, SETTINGS, rejecting=False).as_json()
    with pytest.raises(ModelError, match="learn it anew"):
        Head.from_json({**kept, **damage})


def test_a_label_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="sports"):
        learn([Example("they won", "sports")], LABELS, SETTINGS)


def test_of_the_sure_answers_on_unseen_examples_enough_are_right() -> None:
    head = learn(EXAMPLES, LABELS, replace(SETTINGS, precision=0.9))
    answers = out_of_fold(head)
    truth = np.array([head.labels.index(one.label) for one in head.examples])
    sure = answers.probabilities.max(axis=1) + answers.nearest >= head.threshold
    assert sure.any()
    assert (answers.best == truth)[sure].mean() >= 0.9


def test_where_nothing_can_be_learned_nothing_is_sure() -> None:
    same = [Example(f"words {at} alike", label) for at, label in enumerate(("food", "travel") * 6)]
    head = learn(same, LABELS, replace(SETTINGS, precision=1.0))
    assert not head.answers(["words alike", "words 3 alike"]).sure.all()


def test_one_example_is_enough_to_begin() -> None:
    head = learn([Example("soup", "food")], LABELS, SETTINGS)
    answers = head.answers(["soup"])
    assert answers.labels[answers.best[0]] == "food"
    assert not answers.sure.any()


def test_many_examples_teach_how_a_sentence_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    few = learn(EXAMPLES, LABELS, SETTINGS)
    assert not few.forms.terms
    monkeypatch.setattr(heads, "FEWEST_FOR_FORMS", len(EXAMPLES))
    many = learn(EXAMPLES, LABELS, SETTINGS)
    assert "to the ~ ~s" in many.forms.terms
    assert not learn(EXAMPLES, LABELS, replace(SETTINGS, forms=0)).forms.terms
    asked = ["a plane to the village leaves at midnight"]
    place = LABELS.index("travel")
    assert many.answers(asked).probabilities[0, place] > few.answers(asked).probabilities[0, place]
    again = Head.from_json(json.loads(json.dumps(many.as_json())))
    np.testing.assert_array_equal(again.answers(asked).probabilities, many.answers(asked).probabilities)
