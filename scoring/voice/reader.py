"""Sentences to intent and sentiment: two heads, people's corrections, and a word list for what is left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from scoring.voice import lexicon
from scoring.voice.embedding import Embedding
from scoring.voice.examples import shipped_examples
from scoring.voice.head import Answers, Example, Head, ModelError, Settings, learn
from scoring.voice.kinds import UNSURE, Correction, Intent, Origin, Sentiment
from scoring.voice.terms import normalised

FORMAT = 1
CORRECTION_WEIGHT = (
    3.0  # of a person's word about a sentence of this very organisation; a shipped example is 1
)
LEXICON_CERTAINTY = 0.5  # C5 of the analytics notes: the word list is right about half of the time
INTENT_SETTINGS = Settings()
SENTIMENT_SETTINGS = Settings(precision=0.9)


@dataclass(frozen=True)
class Reader:
    """What reads sentences. Made by ``learned_reader`` or from what was kept.

    Attributes:
        corrections: by the sentence's normalised form.
        embedding: the optional extra's model; None without.
        version: changes whenever an answer could: a hash of everything that was learned.
    """

    intent: Head
    sentiment: Head
    corrections: Mapping[str, Correction]
    embedding: Embedding | None
    version: str

    def read(self, sentences: Sequence[str]) -> pd.DataFrame:
        """Read some sentences, each by itself.

        Returns:
            One row a sentence, index 0 up: ``intent`` (an ``Intent``, or ``unsure``), ``intent_probability``
            and ``intent_nearest`` (0 to 1), ``sentiment`` (a ``Sentiment``), ``sentiment_probability`` and
            ``sentiment_origin`` (an ``Origin``; ``lexicon`` means low confidence). Words are plain texts.
        """
        distinct = list(dict.fromkeys(sentences))
        vectors = self.embedding.vectors(distinct) if self.embedding else None
        intent = self.intent.answers_from(distinct, vectors)
        sentiment = self.sentiment.answers_from(distinct, vectors)
        frame = pd.DataFrame(
            {
                "intent": np.where(intent.sure, _named(intent), UNSURE).astype(object),
                "intent_probability": intent.probabilities.max(axis=1, initial=0),
                "intent_nearest": intent.nearest,
                **self._sentiments(distinct, sentiment),
            }
        )
        self._correct(frame, distinct)
        place = {sentence: at for at, sentence in enumerate(distinct)}
        return frame.iloc[[place[one] for one in sentences]].reset_index(drop=True)

    def _sentiments(self, sentences: Sequence[str], answers: Answers) -> dict[str, Any]:
        said = [str(one) for one in lexicon.opinions(lexicon.scores(sentences))]
        learned = answers.probabilities.max(axis=1, initial=0)
        return {
            "sentiment": np.where(answers.sure, _named(answers), np.array(said, dtype=object)),
            "sentiment_probability": np.where(answers.sure, learned, LEXICON_CERTAINTY),
            "sentiment_origin": np.where(answers.sure, str(Origin.LEARNED), str(Origin.LEXICON)).astype(
                object
            ),
        }

    def _correct(self, frame: pd.DataFrame, sentences: Sequence[str]) -> None:
        """A sentence that was corrected is read as the person said, whatever the heads make of it."""
        for at, sentence in enumerate(sentences):
            correction = self.corrections.get(normalised(sentence)) if self.corrections else None
            if correction is None:
                continue
            if correction.intent is not None:
                frame.loc[at, "intent"] = str(correction.intent)
                frame.loc[at, "intent_probability"] = 1.0
            if correction.sentiment is not None:
                frame.loc[at, "sentiment"] = str(correction.sentiment)
                frame.loc[at, "sentiment_probability"] = 1.0
                frame.loc[at, "sentiment_origin"] = str(Origin.CORRECTED)

    def as_json(self) -> dict[str, Any]:
        """JSON values, for keeping."""
        return {"version": self.version, **_content(self)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], embedding: Embedding | None = None) -> Reader:
        """A reader that was kept.

        Args:
            kept: what ``as_json`` gave.
            embedding: the extra's model, for a reader that was learned with one.

        Raises:
            ModelError: it is damaged, of another format, or was learned with another embedding than this.
        """
        name = embedding.name if embedding else None
        if kept.get("format") != FORMAT:
            raise ModelError("The kept model is of another version of this program; learn it anew.")
        if kept.get("embedding") != name:
            raise ModelError(
                f"The kept model was learned with {kept.get('embedding') or 'no embedding'}, and now there "
                f"is {name or 'none'}; learn it anew."
            )
        try:
            corrections = [_read_correction(*one) for one in kept["corrections"]]
            intent, sentiment = Head.from_json(kept["intent"]), Head.from_json(kept["sentiment"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The kept model cannot be read ({error}); learn it anew.") from error
        reader = cls(intent, sentiment, by_sentence(corrections), embedding, "")
        if _version(reader) != kept.get("version"):
            raise ModelError("The kept model is not what its version says; learn it anew.")
        return replace(reader, version=str(kept["version"]))


def learned_reader(corrections: Iterable[Correction] = (), embedding: Embedding | None = None) -> Reader:
    """Learn a reader from the shipped examples and people's corrections; a second or two for hundreds.

    Args:
        corrections: oldest first.
        embedding: the optional extra's model.
    """
    known = by_sentence(corrections)
    shipped = [one for one in shipped_examples() if normalised(one.text) not in known]
    intents = [Example(one.text, one.intent) for one in shipped]
    intents += [Example(one.sentence, one.intent, CORRECTION_WEIGHT) for one in known.values() if one.intent]
    sentiments = [Example(one.text, one.sentiment) for one in shipped]
    sentiments += [
        Example(one.sentence, one.sentiment, CORRECTION_WEIGHT) for one in known.values() if one.sentiment
    ]
    reader = Reader(
        _learned(intents, tuple(Intent), INTENT_SETTINGS, embedding),
        _learned(sentiments, tuple(Sentiment), SENTIMENT_SETTINGS, embedding),
        known,
        embedding,
        "",
    )
    return replace(reader, version=_version(reader))


def _learned(
    examples: list[Example], labels: Sequence[str], settings: Settings, embedding: Embedding | None
) -> Head:
    examples = [replace(one, label=str(one.label)) for one in examples]
    vectors = embedding.vectors([one.text for one in examples]) if embedding else None
    return learn(examples, [str(one) for one in labels], settings, vectors)


def _named(answers: Answers) -> Any:
    return np.array(answers.labels, dtype=object)[answers.best]


def by_sentence(corrections: Iterable[Correction]) -> dict[str, Correction]:
    """The last word on each sentence; what a later correction leaves open an earlier one may have said."""
    known: dict[str, Correction] = {}
    for one in corrections:
        name = normalised(one.sentence)
        before = known.get(name, one)
        known[name] = Correction(one.sentence, one.intent or before.intent, one.sentiment or before.sentiment)
    return known


def _content(reader: Reader) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "embedding": reader.embedding.name if reader.embedding else None,
        "corrections": [
            [one.sentence, one.intent, one.sentiment] for _, one in sorted(reader.corrections.items())
        ],
        "intent": reader.intent.as_json(),
        "sentiment": reader.sentiment.as_json(),
    }


def _version(reader: Reader) -> str:
    text = json.dumps(_content(reader), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read_correction(sentence: str, intent: str | None, sentiment: str | None) -> Correction:
    return Correction(
        sentence, Intent(intent) if intent else None, Sentiment(sentiment) if sentiment else None
    )
