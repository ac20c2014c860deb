"""Labelled texts: banking77, requests in mail, the four corpora of the sentiment word list."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.truth.report import data_directory

CORPORA = ("tweets", "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets")


@dataclass(frozen=True)
class Labelled:
    """Texts with the place of each one's label."""

    texts: tuple[str, ...]
    classes: npt.NDArray[np.int64]
    labels: tuple[str, ...]

    def take(self, places: npt.NDArray[np.int64]) -> Labelled:
        """Some of them."""
        return Labelled(tuple(self.texts[at] for at in places), self.classes[places], self.labels)


def banking() -> tuple[Labelled, Labelled]:
    """The 77 intents of banking77: train and test as published."""
    folder = data_directory("banking77")
    train, test = (_banking_file(folder / f"{name}.csv") for name in ("train", "test"))
    labels = tuple(sorted({label for _, label in train}))
    return _labelled(train, labels), _labelled(test, labels)


def requests_in_mail() -> tuple[Labelled, Labelled]:
    """Sentences of Enron mail, whether they ask the reader for something: train and test as published."""
    folder = data_directory("email_intent")
    names = ("Ask0729-fixed.txt", "testSet-qualifiedBatch-fixed.txt")
    train, test = (_mail_file(folder / name) for name in names)
    return _labelled(train, ("No", "Yes")), _labelled(test, ("No", "Yes"))


def rated(corpus: str) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Texts of one of ``CORPORA`` with the mean of twenty people's ratings, −4 to 4."""
    path = data_directory("vader_groundtruth") / f"{corpus}_GroundTruth.txt"
    rows = [line.split("\t", 2) for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return [row[2] for row in rows], np.array([float(row[1]) for row in rows])


def few_of_each(given: Labelled, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Places of ``count`` texts of each label, drawn by a seed."""
    draw = np.random.default_rng(seed)
    chosen = [draw.choice(np.flatnonzero(given.classes == one), count, replace=False) for one in _all(given)]
    return np.sort(np.concatenate(chosen))


def _all(given: Labelled) -> range:
    return range(len(given.labels))


def _labelled(rows: Sequence[tuple[str, str]], labels: tuple[str, ...]) -> Labelled:
    classes = np.array([labels.index(label) for _, label in rows], dtype=np.int64)
    return Labelled(tuple(text for text, _ in rows), classes, labels)


def _banking_file(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def _mail_file(path: Path) -> list[tuple[str, str]]:
    rows = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        label, tab, text = line.partition("\t")
        if tab and label in {"Yes", "No"}:
            rows.append((text, label))
    return rows
