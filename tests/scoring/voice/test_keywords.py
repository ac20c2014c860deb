"""Keywords against the formula by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.voice.keywords import Background, background_of, keywords


def named(texts: list[tuple[int, str]], count: int, most: int = 10) -> list[tuple[str, ...]]:
    return keywords(
        [text for _, text in texts], np.array([at for at, _ in texts], dtype=np.int64), count, most
    )


def test_what_sets_an_account_apart_comes_first() -> None:
    texts = [
        *[
            (0, "The import of invoices fails"),
            (0, "invoices are late"),
            (0, "invoices again, the report too"),
        ],
        *[(1, "The report is late"), (1, "report about machines"), (1, "machines and machines")],
    ]
    first, second, third = named(texts, 3)
    assert first[0] == "invoices"
    assert second[0] == "machines"
    assert third == ()


def test_a_pair_that_belongs_together_is_one_keyword() -> None:
    texts = [
        (0, "customs declaration missing"),
        (0, "the customs declaration"),
        (1, "declaration of love"),
        (1, "love"),
    ]
    assert "customs declaration" in named(texts, 2)[0] or "customs" in named(texts, 2)[0]
    parts = [part for term in named(texts, 2)[0] for part in term.split()]
    assert len(parts) == len(set(parts))


def test_stop_words_numbers_and_what_is_said_once_are_no_keywords() -> None:
    assert named([(0, "The the the 2024 2024 with with pump")], 1) == [()]


WORDS = st.lists(st.sampled_from(["pump", "valve", "motor", "cable"]), min_size=1, max_size=6)


@given(st.lists(st.tuples(st.integers(0, 2), WORDS), max_size=8))
@settings(max_examples=60, deadline=None)
def test_single_words_are_ranked_as_the_formula_says(rows: list[tuple[int, list[str]]]) -> None:
    # A stop word between them keeps pairs out.
    found = named([(at, " and ".join(some)) for at, some in rows], 3)
    all_words = [word for _, some in rows for word in some]
    sizes = [sum(len(some) for at, some in rows if at == account) for account in range(3)]
    average = sum(sizes) / max(sum(size > 0 for size in sizes), 1)
    for account in range(3):
        own = [word for at, some in rows if at == account for word in some]
        scores = {
            word: own.count(word) / len(own) * math.log1p(average / all_words.count(word))
            for word in set(own)
            if own.count(word) >= 2
        }
        assert sorted(found[account]) == sorted(scores)
        ranked = [scores[word] for word in found[account]]
        assert ranked == pytest.approx(sorted(ranked, reverse=True))


def test_the_order_of_texts_makes_no_difference() -> None:
    texts = [
        (at % 3, f"{word} {word} pump")
        for at, word in enumerate(["valve", "motor", "cable", "valve", "motor"])
    ]
    assert named(texts, 3) == named(texts[::-1], 3)
    assert named(texts, 3, most=0) == [(), (), ()]


@given(st.lists(st.tuples(st.integers(0, 2), WORDS), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_with_a_kept_background_an_account_alone_has_the_keywords_that_it_has_among_all(
    rows: list[tuple[int, list[str]]],
) -> None:
    texts, classes = [" ".join(some) for _, some in rows], np.array([at for at, _ in rows], dtype=np.int64)
    kept = Background.from_json(json.loads(json.dumps(background_of(texts, classes, 3).as_json())))
    together = keywords(texts, classes, 3, background=kept)
    assert together == keywords(texts, classes, 3), "what is kept is all that they say"
    for one in range(3):
        own = [text for text, at in zip(texts, classes, strict=True) if at == one]
        assert keywords(own, np.zeros(len(own), dtype=np.int64), 1, background=kept) == [together[one]]


def test_a_background_keeps_what_is_said_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.voice.keywords.MOST_TERMS", 1)
    texts = ["pump and pump and pump", "valve and valve"]
    assert background_of(texts, np.array([0, 1]), 2).often == {"pump": 3}
    assert background_of([], np.array([], dtype=np.int64), 2).often == {}
