"""How the constants of ``benchmarks.truth.voice`` were chosen: ``python -m benchmarks.truth.voice_choice``.

Only training parts are looked at: a fifth of banking77's for the full task, what was not drawn of it for ten
examples, and cross-validation for requests in mail and for the shipped examples. For
requests also tried and not taken, as F1 and AUC beside .8219 and .9025: terms weighted by their log-count
ratios (Wang and Manning 2012) .8177 and .9063, first and last words as terms of their own .8236 and .9032,
these with forms .8238 and .9068; runs of forms to 4 alone reach .8282 and .9082.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from benchmarks.truth.report import table
from benchmarks.truth.texts import Labelled, banking, few_of_each, requests_in_mail
from benchmarks.truth.voice import FEW, FULL, REQUESTS, Meanings, accuracy, area, f_measure, head_for
from scoring.voice.embedding import installed_embedding
from scoring.voice.examples import shipped_examples
from scoring.voice.head import Example, Settings, learn, out_of_fold
from scoring.voice.kinds import Intent, Sentiment

SHARES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)


def main() -> None:
    """Try and print."""
    parts = {"full": full, "few": few, "requests": requests, "shipped": shipped}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=list(parts), action="append")
    meanings = Meanings(installed_embedding())
    for name in parser.parse_args().part or list(parts):
        print(f"\n## {name}\n")
        parts[name](meanings)


def _shares(train: Labelled, test: Labelled, settings: Settings, meanings: Meanings) -> list[object]:
    """Accuracy for each share of the sentence vectors."""
    head = head_for(train, settings, meanings.of(train.texts))
    vectors = meanings.of(test.texts)
    found: list[object] = []
    for share in SHARES if vectors is not None else SHARES[:1]:
        part = replace(head, settings=replace(settings, meaning_share=share))
        found.append(accuracy(part.answers_from(test.texts, vectors), test.classes))
    return found


def full(meanings: Meanings) -> None:
    """Four fifths of banking77's training part shown, one fifth read."""
    train, _ = banking()
    order = np.random.default_rng(1).permutation(len(train.texts))
    unseen, seen = train.take(order[: len(order) // 5]), train.take(order[len(order) // 5 :])
    rows = []
    for strength, meaning_strength in ((3.0, 3.0), (10.0, 10.0), (30.0, 30.0), (100.0, 100.0)):
        settings = replace(FULL, strength=strength, meaning_strength=meaning_strength)
        rows.append((strength, meaning_strength, *_shares(seen, unseen, settings, meanings)))
        print(rows[-1], flush=True)
    print(table(("strength", "of vectors", *map(str, SHARES)), rows))


def few(meanings: Meanings) -> None:
    """Ten examples of each drawn from the training part, 2,000 of the rest read; three draws."""
    train, _ = banking()
    rows = []
    tried = [replace(FEW, strength=one, meaning_strength=one) for one in (3.0, 10.0, 30.0, 100.0)]
    tried += [
        replace(tried[1], characters=(2, 4)),
        replace(tried[1], characters=(3, 5)),
        replace(tried[1], words=(1, 1)),
        replace(tried[1], vote=0.0),
        replace(tried[1], vote=0.5),
    ]
    for settings in tried:
        sums = []
        for seed in (100, 101, 102):
            shown = few_of_each(train, 10, seed)
            rest = np.setdiff1d(np.arange(len(train.texts)), shown)
            unseen = train.take(np.random.default_rng(seed).choice(rest, 2_000, replace=False))
            sums.append(_shares(train.take(shown), unseen, settings, meanings))
        means = np.mean(np.array(sums, dtype=float), axis=0)
        given = (settings.strength, settings.words, settings.characters, settings.vote)
        rows.append((*given, *(float(one) for one in means)))
        print(rows[-1], flush=True)
    print(table(("strength", "words", "characters", "vote", *map(str, SHARES)), rows))


def requests(meanings: Meanings) -> None:
    """Cross-validation in the training part."""
    train, _ = requests_in_mail()
    tried = {
        "chosen": REQUESTS,
        "no forms": replace(REQUESTS, forms=0),
        "forms to 3": replace(REQUESTS, forms=3),
        "no cues": replace(REQUESTS, cues=0),
        "cues 1": replace(REQUESTS, cues=1.0),
        "cues 6": replace(REQUESTS, cues=6.0),
        "word list": replace(REQUESTS, lexicon=1.0),
        "words to 2": replace(REQUESTS, words=(1, 2)),
        "characters 3 to 5": replace(REQUESTS, characters=(3, 5)),
        "strength 1": replace(REQUESTS, strength=1.0),
        "strength 10": replace(REQUESTS, strength=10.0),
    }
    vectors = meanings.of(train.texts)
    rows = []
    for name, settings in tried.items():
        head = head_for(train, settings, vectors)
        kept = meanings.of([one.text for one in head.examples])
        truth = np.array([one.label == "Yes" for one in head.examples])
        ends = [
            out_of_fold(replace(head, settings=replace(settings, meaning_share=end)), kept).probabilities[
                :, 1
            ]
            for end in ((0.0, 1.0) if vectors is not None else (0.0,))
        ]
        for share in (0.0, 0.3, 0.5, 0.7) if vectors is not None else (0.0,):
            asked = (1 - share) * ends[0] + share * ends[-1]
            best = max(f_measure(asked >= line, truth)[2] for line in np.linspace(0.1, 0.9, 81))
            rows.append((name, share, best, area(asked, truth.astype(np.int64))))
            print(rows[-1], flush=True)
    print(table(("", "share of vectors", "F1", "AUC"), rows))


def shipped(meanings: Meanings) -> None:
    """Cross-validation in the shipped examples: right answers, and how many are sure."""
    examples = sorted(shipped_examples(), key=lambda one: one.text)
    vectors = meanings.of([one.text for one in examples])
    rows = []
    for kind, labels in (("intent", tuple(map(str, Intent))), ("sentiment", tuple(map(str, Sentiment)))):
        own = [Example(one.text, str(getattr(one, kind))) for one in examples]
        for cues, words in ((0.0, 0.0), (1.0, 1.0), (3.0, 2.0), (4.0, 4.0)):
            for strength in (3.0, 10.0, 30.0):
                settings = Settings(cues=cues, lexicon=words, strength=strength)
                head = learn(own, labels, settings, vectors)
                answers = out_of_fold(head, vectors)
                truth = np.array([labels.index(one.label) for one in head.examples])
                reached = answers.probabilities.max(axis=1) + answers.nearest >= head.threshold
                rows.append((kind, cues, words, strength, accuracy(answers, truth), float(reached.mean())))
    print(table(("", "cues", "word list", "strength", "right", "sure"), rows))


if __name__ == "__main__":
    main()
