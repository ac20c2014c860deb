"""A head: sentences to one of a few labels, learned from examples, with the right to be unsure.

Two views are averaged: what the words look like (TF-IDF of words, characters and forms, signs of form, word
list) and, with the optional extra, what they mean (sentence vectors, and a vote of the examples near them).
An answer is sure when its probability and its likeness to the nearest example together reach a threshold that
is taken from the examples themselves: each is read by a head that has not seen it, and of those that pass,
enough have to be right.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scoring.logistic import Multinomial, fit_classes
from scoring.voice import lexicon
from scoring.voice.cues import cue_rows
from scoring.voice.embedding import Embedding
from scoring.voice.terms import Terms, normalised, unit_rows

Floats = npt.NDArray[np.float64]

FOLDS = 5
_SHARPNESS = 20.0  # of the vote: an example of cosine 0.1 more counts seven times as much
# How texts are built is learned from many. Cross-validated, forms raise the F1 of 3,657 requests in mail from
# .822 to .828, and cost the some 500 shipped examples two right answers of a hundred (voice_choice.py).
FEWEST_FOR_FORMS = 1_000
_CHUNK = 512  # sentences that are compared with the examples at a time


class ModelError(Exception):
    """A kept model cannot be used."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of which the label is known; a heavier one counts for several."""

    text: str
    label: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How a head learns. Values were chosen on validation parts only: ``benchmarks.truth.voice``.

    Attributes:
        words: lengths of runs of words, shortest and longest.
        characters: lengths of runs of characters.
        forms: length of the longest run of forms; 0 leaves them out, and so do fewer than 1,000 examples.
        least_texts: terms in fewer examples are left out.
        cues: how much signs of form weigh beside the words; 0 leaves them out.
        lexicon: the same for the word list.
        strength: how closely the words' view follows the examples.
        meaning_strength: the same for the sentence vectors.
        meaning_share: of the answer, how much is the sentence vectors' when there are some.
        vote: how much of their part is a vote of all examples, the nearer the weightier.
        precision: share of the sure answers that has to be right, on examples that were not seen.
    """

    words: tuple[int, int] = (1, 2)
    characters: tuple[int, int] = (2, 5)
    forms: int = 4
    least_texts: int = 1
    cues: float = 3.0
    lexicon: float = 2.0
    strength: float = 10.0
    meaning_strength: float = 30.0
    meaning_share: float = 0.5
    vote: float = 0.25
    precision: float = 0.85


@dataclass(frozen=True, slots=True)
class Answers:
    """What a head says of some sentences.

    Attributes:
        labels: what the columns of ``probabilities`` are.
        probabilities: shape (sentences, labels).
        nearest: cosine to the nearest example, 0 to 1.
        sure: whether to rely on it.
    """

    labels: tuple[str, ...]
    probabilities: Floats
    nearest: Floats
    sure: npt.NDArray[np.bool_]

    @property
    def best(self) -> npt.NDArray[np.int64]:
        """The place of the likeliest label of each."""
        return np.asarray(np.argmax(self.probabilities, axis=1), dtype=np.int64)


@dataclass(frozen=True)
class Head:
    """A fitted head; ``meaning`` and ``vectors`` are None without sentence vectors."""

    settings: Settings
    labels: tuple[str, ...]
    examples: tuple[Example, ...]
    words: Terms
    characters: Terms
    forms: Terms
    text: Multinomial
    meaning: Multinomial | None
    vectors: npt.NDArray[np.float32] | None
    threshold: float

    def answers(self, texts: Sequence[str], embedding: Embedding | None = None) -> Answers:
        """Read some sentences.

        Raises:
            ModelError: the head was learned with sentence vectors and there are none now.
        """
        if self.meaning is not None and embedding is None:
            raise ModelError(
                "This model needs sentence embeddings; install the extra `voice`, or learn anew."
            )
        use = embedding if self.meaning is not None else None
        return self.answers_from(texts, use.vectors(texts) if use else None)

    def answers_from(self, texts: Sequence[str], vectors: npt.NDArray[np.float32] | None) -> Answers:
        """Read some sentences whose vectors are at hand, shape (texts, width)."""
        grams = self._grams(texts)
        probabilities = self.text.probabilities(_features(texts, grams, self.forms, self.settings))
        if self.meaning is not None and vectors is not None and self.vectors is not None:
            share = self.settings.meaning_share
            centre = self.vectors.mean(axis=0)
            centred = _centred(vectors, centre)
            nearest, vote = self._vote(centred, _centred(self.vectors, centre))
            meant = self.meaning.probabilities(centred)
            meant = (1 - self.settings.vote) * meant + self.settings.vote * vote
            probabilities = (1 - share) * probabilities + share * meant
        else:
            nearest = _nearest(unit_rows(grams), self._example_grams)
        sure = probabilities.max(axis=1, initial=0) + nearest >= self.threshold
        return Answers(self.labels, probabilities, nearest, sure)

    def _vote(
        self, vectors: npt.NDArray[np.float32], examples: npt.NDArray[np.float32]
    ) -> tuple[Floats, Floats]:
        """Cosine to the nearest example, and the labels' shares among all, weighted by e^(20 · cosine)."""
        given = np.zeros((len(self.examples), len(self.labels)))
        place = {label: at for at, label in enumerate(self.labels)}
        for at, one in enumerate(self.examples):
            given[at, place[one.label]] = one.weight
        nearest, shares = np.zeros(len(vectors)), np.zeros((len(vectors), len(self.labels)))
        for begins in range(0, len(vectors), _CHUNK):
            part = slice(begins, begins + _CHUNK)
            likeness = np.asarray(vectors[part] @ examples.T, dtype=np.float64)
            largest = likeness.max(axis=1, keepdims=True)
            votes = np.exp(_SHARPNESS * (likeness - largest)) @ given
            nearest[part], shares[part] = largest.ravel(), votes / votes.sum(axis=1, keepdims=True)
        return np.clip(nearest, 0, 1), shares

    def _grams(self, texts: Sequence[str]) -> sparse.csr_matrix:
        return sparse.hstack([self.words.rows(texts), self.characters.rows(texts)], format="csr")

    @cached_property
    def _example_grams(self) -> sparse.csr_matrix:
        return unit_rows(self._grams([one.text for one in self.examples]))

    def as_json(self) -> dict[str, Any]:
        """JSON values; weights as base64 of little-endian 32-bit floats."""
        return {
            "settings": asdict(self.settings),
            "labels": list(self.labels),
            "examples": [[one.text, one.label, one.weight] for one in self.examples],
            "text": _packed_weights(self.text),
            "meaning": None if self.meaning is None else _packed_weights(self.meaning),
            "vectors": None if self.vectors is None else _packed(self.vectors),
            "threshold": self.threshold,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Head:
        """A head that was kept.

        Raises:
            ModelError: it is damaged, or of another version of this code.
        """
        try:
            settings = Settings(**{name: _tupled(value) for name, value in kept["settings"].items()})
            examples = tuple(Example(*one) for one in kept["examples"])
            words, characters, forms = _vocabularies(examples, settings)
            extra = 0
            extra += len(cue_rows([""]).toarray()[0]) if settings.cues else 0
            extra += len(lexicon.NAMES) if settings.lexicon else 0
            labels = tuple(kept["labels"])
            width = len(words.terms) + len(characters.terms) + len(forms.terms) + extra
            vectors = (
                None if kept["vectors"] is None else _unpacked(kept["vectors"]).reshape(len(examples), -1)
            )
            meaning = kept["meaning"]
            return cls(
                settings,
                labels,
                examples,
                words,
                characters,
                forms,
                _unpacked_weights(kept["text"], width, len(labels)),
                None if vectors is None else _unpacked_weights(meaning, vectors.shape[1], len(labels)),
                vectors,
                float(kept["threshold"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The kept model cannot be read ({error}); learn it anew.") from error


def learn(
    examples: Sequence[Example],
    labels: Sequence[str],
    settings: Settings,
    vectors: npt.NDArray[np.float32] | None = None,
    *,
    rejecting: bool = True,
) -> Head:
    """Learn a head.

    Args:
        examples: in any order; the order makes no difference.
        labels: all that can be answered.
        settings: how.
        vectors: of the examples, same order, or None.
        rejecting: without it every answer is sure, and learning is six times faster.

    Raises:
        ValueError: no examples, or one with a label that is not among ``labels``.
    """
    places = sorted(
        range(len(examples)), key=lambda at: (examples[at].text, examples[at].label, examples[at].weight)
    )
    ordered = tuple(examples[at] for at in places)
    if unknown := {one.label for one in ordered} - set(labels):
        raise ValueError(f"Examples have labels that are not known: {', '.join(sorted(unknown))}.")
    turned = None if vectors is None else vectors[places]
    head = _fitted(ordered, tuple(labels), settings, turned)
    return replace(head, threshold=_threshold(head, turned)) if rejecting else head


def out_of_fold(head: Head, vectors: npt.NDArray[np.float32] | None = None, folds: int = FOLDS) -> Answers:
    """What heads that have not seen them say of the head's own examples, in their order."""
    fold = _folds(head.examples, folds)
    probabilities = np.zeros((len(head.examples), len(head.labels)))
    nearest = np.zeros(len(head.examples))
    for one in range(folds):
        seen, unseen = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        if not len(seen) or not len(unseen):
            continue
        examples = tuple(head.examples[at] for at in seen)
        part = _fitted(examples, head.labels, head.settings, None if vectors is None else vectors[seen])
        texts = [head.examples[at].text for at in unseen]
        answers = part.answers_from(texts, None if vectors is None else vectors[unseen])
        probabilities[unseen], nearest[unseen] = answers.probabilities, answers.nearest
    return Answers(head.labels, probabilities, nearest, np.ones(len(nearest), dtype=np.bool_))


def _fitted(
    examples: tuple[Example, ...],
    labels: tuple[str, ...],
    settings: Settings,
    vectors: npt.NDArray[np.float32] | None,
) -> Head:
    words, characters, forms = _vocabularies(examples, settings)
    texts = [one.text for one in examples]
    grams = sparse.hstack([words.rows(texts), characters.rows(texts)], format="csr")
    place = {label: at for at, label in enumerate(labels)}
    classes = np.array([place[one.label] for one in examples], dtype=np.int64)
    weights = np.array([one.weight for one in examples], dtype=np.float64)
    text = fit_classes(
        _features(texts, grams, forms, settings),
        classes,
        len(labels),
        strength=settings.strength,
        weights=weights,
    )
    meaning = None
    if vectors is not None:
        strength = settings.meaning_strength
        centred = _centred(vectors, vectors.mean(axis=0))
        meaning = _rounded(fit_classes(centred, classes, len(labels), strength=strength, weights=weights))
    return Head(settings, labels, examples, words, characters, forms, _rounded(text), meaning, vectors, 0.0)


def _vocabularies(examples: Sequence[Example], settings: Settings) -> tuple[Terms, Terms, Terms]:
    texts = [one.text for one in examples]
    words = Terms.of(texts, "words", *settings.words, least_texts=settings.least_texts)
    characters = Terms.of(texts, "characters", *settings.characters, least_texts=settings.least_texts)
    longest = settings.forms if len(texts) >= FEWEST_FOR_FORMS else 0
    forms = Terms.of(texts, "forms", 1, longest, least_texts=max(settings.least_texts, 2))
    return words, characters, forms


def _features(
    texts: Sequence[str], grams: sparse.csr_matrix, forms: Terms, settings: Settings
) -> sparse.csr_matrix:
    blocks = [grams]
    if forms.terms:
        blocks.append(forms.rows(texts))
    if settings.cues:
        blocks.append(settings.cues * cue_rows(texts))
    if settings.lexicon:
        blocks.append(settings.lexicon * lexicon.lexicon_rows(lexicon.scores(texts)))
    return sparse.hstack(blocks, format="csr")


def _threshold(head: Head, vectors: npt.NDArray[np.float32] | None) -> float:
    """The smallest at which enough of the answers that reach it are right; infinite when there is none."""
    answers = out_of_fold(head, vectors)
    truth = np.array([head.labels.index(one.label) for one in head.examples])
    reached = answers.probabilities.max(axis=1) + answers.nearest
    order = np.argsort(-reached, kind="stable")
    tested = answers.probabilities.sum(axis=1) > 0
    right = np.cumsum(((answers.best == truth) & tested)[order]) / np.arange(1, len(order) + 1)
    # Equal values pass together, so only the last of them can be where the line is drawn.
    last = np.append(np.diff(reached[order]) != 0, True)
    enough = np.flatnonzero((right >= head.settings.precision) & last)
    return float(reached[order[enough[-1]]]) if len(enough) else np.inf


def _folds(examples: Sequence[Example], folds: int) -> npt.NDArray[np.int64]:
    """Equal shares of each label to each fold, by the text's hash; the same text always in one fold."""
    fold = np.zeros(len(examples), dtype=np.int64)
    for label in {one.label for one in examples}:
        places = [at for at, one in enumerate(examples) if one.label == label]
        places.sort(key=lambda at: hashlib.sha256(normalised(examples[at].text).encode()).digest())
        for rank, at in enumerate(places):
            fold[at] = rank % folds
    return fold


def _centred(vectors: npt.NDArray[np.float32], centre: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Without what all examples have in common, of unit length again; as Mu and Viswanath (2018)."""
    moved = vectors - centre
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _nearest(rows: Any, examples: Any) -> Floats:
    """The largest cosine of each row with an example; both have rows of unit length, dense or sparse."""
    found = np.zeros(rows.shape[0])
    for begins in range(0, rows.shape[0], _CHUNK):
        likeness = rows[begins : begins + _CHUNK] @ examples.T
        largest = likeness.max(axis=1)
        dense = largest.toarray() if sparse.issparse(largest) else np.asarray(largest)
        found[begins : begins + _CHUNK] = np.clip(dense.ravel(), 0, 1)
    return found


def _rounded(model: Multinomial) -> Multinomial:
    """As it will be after being kept, so that a kept model answers exactly alike."""
    return Multinomial(
        model.weights.astype(np.float32).astype(np.float64),
        model.intercepts.astype(np.float32).astype(np.float64),
    )


def _packed(array: npt.NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def _unpacked(text: str) -> npt.NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float32)


def _packed_weights(model: Multinomial) -> list[str]:
    return [_packed(model.weights), _packed(model.intercepts)]


def _unpacked_weights(kept: Sequence[str], width: int, count: int) -> Multinomial:
    weights, intercepts = (_unpacked(one).astype(np.float64) for one in kept)
    if len(intercepts) != count:
        raise ValueError("a weight is missing")
    return Multinomial(weights.reshape(width, count), intercepts)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
