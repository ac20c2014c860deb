"""How truly the voice of customer is read: ``python -m benchmarks.truth.voice [--part …]``.

Protocols of the analytics notes, C5 and D4: train and test as published, few-shot draws by five seeds. With
the optional extra installed both rows are measured, with it and without. Every constant below was chosen by
``benchmarks.truth.voice_choice`` on validation parts of the training data; no test part was looked at for it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt

from benchmarks.truth.report import Goal, goals_table, table
from benchmarks.truth.texts import CORPORA, Labelled, banking, few_of_each, rated, requests_in_mail
from scoring.voice import lexicon
from scoring.voice.competitors import Matcher
from scoring.voice.embedding import Embedding, installed_embedding
from scoring.voice.head import Answers, Example, Head, Settings, learn, out_of_fold
from scoring.voice.kinds import UNSURE, Origin
from scoring.voice.reader import learned_reader
from tests.support.customer_sentences import (
    BLOCKED,
    COMPETITORS,
    competitor_sentences,
    intent_sentences,
)

# Chosen on validation parts: see above.
FULL = Settings(
    words=(1, 3),
    forms=0,
    least_texts=2,
    cues=0,
    lexicon=0,
    strength=60.0,
    meaning_strength=30.0,
    meaning_share=0.75,
)
FEW = Settings(forms=0, cues=0, lexicon=0, strength=10.0, meaning_strength=30.0, meaning_share=0.75)
REQUESTS = Settings(
    words=(1, 3), least_texts=2, lexicon=0, strength=1.0, meaning_strength=3.0, meaning_share=0.2
)
SEEDS = range(5)
HELD_OUT_INTENTS = 15

Vectors = npt.NDArray[np.float32]


class Meanings:
    """Sentence vectors of texts, made once; None without the extra."""

    def __init__(self, embedding: Embedding | None) -> None:
        self.embedding = embedding
        self._known: dict[str, Vectors] = {}

    def of(self, texts: Sequence[str]) -> Vectors | None:
        """Shape (texts, width)."""
        if self.embedding is None:
            return None
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known.update(zip(new, self.embedding.vectors(new), strict=True))
        return np.array([self._known[text] for text in texts])


def main() -> None:
    """Measure and print."""
    parts = {
        "competitors": competitor_goals,
        "intents": intent_goals,
        "sentiment": sentiment_goals,
        "requests": request_goals,
        "banking": banking_goals,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=list(parts), action="append")
    chosen = parser.parse_args().part or list(parts)
    meanings = Meanings(installed_embedding())
    goals = [goal for name in chosen for goal in parts[name](meanings)]
    print("\n## Goals\n")
    print(goals_table(goals))
    if meanings.embedding is None:
        print("\nThe optional extra is not installed: goals that need it were not measured.")


def head_for(given: Labelled, settings: Settings, vectors: Vectors | None) -> Head:
    """A head that answers always."""
    examples = [Example(text, given.labels[at]) for text, at in zip(given.texts, given.classes, strict=True)]
    return learn(examples, given.labels, settings, vectors, rejecting=False)


def accuracy(answers: Answers, truth: npt.NDArray[np.int64]) -> float:
    """Share of right answers."""
    return float((answers.best == truth).mean())


def banking_goals(meanings: Meanings) -> list[Goal]:
    """77 intents, with all training data and with ten examples of each."""
    print("\n## banking77: accuracy on the test part\n")
    train, test = banking()
    ways = ways_of(meanings)
    full = {way: accuracy(_answers(train, test, FULL, way, meanings), test.classes) for way in ways}
    few: dict[str, list[float]] = {way: [] for way in ways}
    for seed in SEEDS:
        shown = train.take(few_of_each(train, 10, seed))
        for way in ways:
            few[way].append(accuracy(_answers(shown, test, FEW, way, meanings), test.classes))
    rows = [(way, full[way], float(np.mean(few[way])), float(np.std(few[way]))) for way in ways]
    print(table(("", "full", "10 of each, mean of five seeds", "deviation"), rows))
    _rejecting(train, meanings)
    goals = [Goal("banking77 full, without the extra", 0.91, full["words"])]
    if "both" in full:
        goals.append(Goal("banking77 full, with the extra", 0.932, full["both"]))
        goals.append(Goal("banking77, 10 of each, with the extra", 0.855, float(np.mean(few["both"]))))
    return goals


def ways_of(meanings: Meanings) -> tuple[str, ...]:
    """What is compared: words only, and where the extra is installed vectors only and both."""
    return ("words",) if meanings.embedding is None else ("words", "vectors", "both")


def _answers(train: Labelled, test: Labelled, settings: Settings, way: str, meanings: Meanings) -> Answers:
    seen = None if way == "words" else meanings.of(train.texts)
    unseen = None if way == "words" else meanings.of(test.texts)
    head = head_for(train, replace(settings, meaning_share=1.0) if way == "vectors" else settings, seen)
    return head.answers_from(test.texts, unseen)


def _rejecting(train: Labelled, meanings: Meanings) -> None:
    """The reject option on intents that were never shown, within the training part alone."""
    print("\n### Reject option: 15 of the 77 intents never shown, 20 examples of each other one\n")
    draw = np.random.default_rng(0)
    strange = draw.choice(len(train.labels), HELD_OUT_INTENTS, replace=False)
    drawn = few_of_each(train, 20, 0)
    rest = draw.choice(np.setdiff1d(np.arange(len(train.texts)), drawn), 3_000, replace=False)
    shown = train.take(drawn[~np.isin(train.classes[drawn], strange)])
    inside = train.take(rest[~np.isin(train.classes[rest], strange)])
    outside = train.take(rest[np.isin(train.classes[rest], strange)])
    rows: list[tuple[object, ...]] = []
    for way in ways_of(meanings):
        own, others = (_answers(shown, some, FEW, way, meanings) for some in (inside, outside))
        right = accuracy(own, inside.classes)
        for name, nearest in (("probability", 0), ("probability + nearest", 1)):
            known, strangers = (
                one.probabilities.max(axis=1) + nearest * one.nearest for one in (own, others)
            )
            for kept in (0.98, 0.95):
                refused = float((strangers < np.quantile(known, 1 - kept)).mean())
                rows.append((way, name, kept, refused, right))
    print(table(("", "score", "known accepted", "unknown rejected", "accuracy of the known"), rows))


def request_goals(meanings: Meanings) -> list[Goal]:
    """Whether a sentence of business mail asks the reader for something."""
    print("\n## Requests in mail: the test part\n")
    train, test = requests_in_mail()
    rows: list[tuple[object, ...]] = []
    goals = []
    for way in ways_of(meanings):
        asked = _answers(train, test, REQUESTS, way, meanings).probabilities[:, 1]
        for name, line, scores in (
            ("fixed", request_line(train, REQUESTS, way, meanings), asked),
            ("moved", *moved_line(asked, float(train.classes.mean()))),
        ):
            found = f_measure(scores >= line, test.classes == 1)
            rows.append((way, name, line, *found, area(asked, test.classes)))
            if way != "vectors":
                extra = "with" if way == "both" else "without"
                note = "uses the test texts, not their labels" if name == "moved" else ""
                goals.append(Goal(f"requests, F1, {extra} the extra, line {name}", 0.76, found[2], note=note))
    everything = f_measure(np.ones(len(test.texts), dtype=bool), test.classes == 1)
    rows.append(("everything is a request", None, None, *everything, 0.5))
    print(table(("", "line", "at", "precision", "recall", "F1", "AUC"), rows))
    return goals


def request_line(train: Labelled, settings: Settings, way: str, meanings: Meanings) -> float:
    """The probability from which a sentence is a request: the best on examples that were not seen."""
    vectors = None if way == "words" else meanings.of(train.texts)
    used = replace(settings, meaning_share=1.0) if way == "vectors" else settings
    head = head_for(train, used, vectors)
    kept = None if way == "words" else meanings.of([one.text for one in head.examples])
    unseen = out_of_fold(head, kept).probabilities[:, 1]
    truth = np.array([one.label == train.labels[1] for one in head.examples])
    lines = np.linspace(0.1, 0.9, 81)
    return float(lines[int(np.argmax([f_measure(unseen >= one, truth)[2] for one in lines]))])


def moved_line(scores: npt.NDArray[np.float64], share: float) -> tuple[float, npt.NDArray[np.float64]]:
    """Probabilities for the share of requests that the texts themselves show, and the best line for them.

    Saerens, Latinne and Decaestecker (2002): the share is estimated by expectation and maximisation from
    texts without labels. The line is where the F1 that the probabilities promise is largest. Simulated in the
    training part: better by .005 to .02 where the share differs, worse by .004 where it does not.
    """
    now, moved = share, scores
    for _ in range(200):
        yes, no = scores * now / share, (1 - scores) * (1 - now) / (1 - share)
        moved = yes / (yes + no)
        now = float(moved.mean())
    ranked = np.sort(moved)[::-1]
    promised = 2 * np.cumsum(ranked) / (np.arange(1, len(ranked) + 1) + ranked.sum())
    return float(ranked[int(promised.argmax())]), moved


def f_measure(given: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    right = float((given & truth).sum())
    precision, recall = right / max(given.sum(), 1), right / max(truth.sum(), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def area(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    """Area under the curve: how often a positive one scores above a negative one; ties are halves."""
    order = np.unique(scores, return_inverse=True)[1]
    ranks = np.argsort(np.argsort(order, kind="stable"), kind="stable") + 1.0
    sums, counts = np.bincount(order, weights=ranks), np.bincount(order)
    mean = (sums / counts)[order]
    positive = truth == 1
    most = positive.sum() * (~positive).sum()
    return float((mean[positive].sum() - positive.sum() * (positive.sum() + 1) / 2) / most)


def sentiment_goals(meanings: Meanings) -> list[Goal]:
    """The cold start: shipped examples and word list, nothing learned, on texts that people rated."""
    print("\n## Sentiment at the cold start: shipped examples and word list\n")
    # Without the extra: the corpora are long, and what begins cold mostly begins without it.
    del meanings
    reader = learned_reader()
    # What the notes measured for the word list alone: a check that it is called rightly.
    known = dict(zip(CORPORA, (0.948, 0.626, 0.590, 0.550), strict=True))
    rows, goals = [], []
    for name, texts, truth in (*map(_rated_signs, CORPORA), _business_signs()):
        said = np.array([str(one) for one in lexicon.opinions(lexicon.scores(texts))])
        read = reader.read(texts)
        given = read["sentiment"].to_numpy(str)
        learned = read["sentiment_origin"].to_numpy(str) == str(Origin.LEARNED)
        alone, cold = float((said == truth).mean()), float((given == truth).mean())
        sure, same = (float((one == truth)[learned].mean()) for one in (given, said))
        rows.append((name, _weighted(said, truth), alone, cold, float(learned.mean()), sure, same))
        if name in known:
            goals.append(
                Goal(f"word list on {name}, weighted F1 as published", known[name] - 0.005, rows[-1][1])
            )
        goals.append(Goal(f"cold start on {name}, accuracy, at least the word list's", alone, cold))
    headings = (
        "",
        "word list F1",
        "accuracy",
        "cold start accuracy",
        "learned",
        "accuracy there",
        "word list's",
    )
    print(table(headings, rows))
    return goals


def _rated_signs(corpus: str) -> tuple[str, list[str], npt.NDArray[np.str_]]:
    """The sign of twenty people's mean; hardly any is nought, so that who says neutral is mostly wrong."""
    texts, ratings = rated(corpus)
    return corpus, texts, np.where(ratings > 0, "positive", np.where(ratings < 0, "negative", "neutral"))


def _business_signs() -> tuple[str, list[str], npt.NDArray[np.str_]]:
    """The hand-made sentences: complaints are negative, praise is positive; cancellations could be either."""
    signs = {"complaint": "negative", "praise": "positive"}
    rows = [(intent, text) for intent, text in intent_sentences() if intent != "cancellation"]
    truth = np.array([signs.get(intent, "neutral") for intent, _ in rows])
    return "hand-made business sentences", [text for _, text in rows], truth


def _weighted(given: npt.NDArray[np.str_], truth: npt.NDArray[np.str_]) -> float:
    return sum(
        f_measure(given == one, truth == one)[2] * float((truth == one).mean()) for one in np.unique(truth)
    )


def intent_goals(meanings: Meanings) -> list[Goal]:
    """The cold start on hand-made sentences in other styles than the shipped examples. No goal was set."""
    print("\n## Intent at the cold start: hand-made sentences, shipped examples alone\n")
    truth = np.array([intent for intent, _ in intent_sentences()])
    texts = [text for _, text in intent_sentences()]
    rows = []
    for embedding in dict.fromkeys((None, meanings.embedding)):
        reader = learned_reader(embedding=embedding)
        given = reader.read(texts)["intent"].to_numpy(str)
        answers = reader.intent.answers(texts, embedding)
        best = float((np.array(answers.labels)[answers.best] == truth).mean())
        sure = given != UNSURE
        right = float((given == truth)[sure].mean())
        rows.append(
            ("with the extra" if embedding else "without", len(texts), best, float(sure.mean()), right)
        )
    print(table(("", "sentences", "likeliest is right", "sure", "right of the sure"), rows))
    return []


def competitor_goals(_: Meanings) -> list[Goal]:
    """The hand-made set; of its two parts one was looked at while the matcher was made, the other not."""
    print("\n## Competitor mentions: the hand-made set\n")
    matcher = Matcher(COMPETITORS, BLOCKED)
    seen, unseen = (_mentions(matcher, part) for part in ("seen", "unseen"))
    rows = [("product", "seen", *seen), ("product", "unseen", *unseen)]
    rows += [("any text with a name in it", part, *_mentions(None, part)) for part in ("seen", "unseen")]
    print(table(("", "part", "sentences", "right", "wrong", "missed", "F1"), rows))
    right, wrong, missed = (seen[at] + unseen[at] for at in (1, 2, 3))
    return [
        Goal("competitor mentions, all sentences, F1", 0.95, 2 * right / (2 * right + wrong + missed)),
        Goal("competitor mentions, unseen part, F1", 0.95, unseen[4]),
    ]


def _mentions(matcher: Matcher | None, part: str) -> tuple[int, int, int, int, float]:
    sentences = right = wrong = missed = 0
    for own, named, text in competitor_sentences():
        if own != part:
            continue
        found = [one.competitor for one in matcher.mentions(text)] if matcher else _naive(text)
        wanted, given = Counter(named), Counter(found)
        sentences += 1
        right += (wanted & given).total()
        wrong += (given - wanted).total()
        missed += (wanted - given).total()
    return sentences, right, wrong, missed, 2 * right / max(2 * right + wrong + missed, 1)


@cache
def _names() -> tuple[tuple[str, str], ...]:
    return tuple((name, alias.casefold()) for name, more in COMPETITORS for alias in (name, *more))


def _naive(text: str) -> list[str]:
    """The baseline: a name counts wherever its letters stand."""
    return sorted({name for name, alias in _names() if alias in text.casefold()})


if __name__ == "__main__":
    main()
