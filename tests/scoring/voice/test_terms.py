"""TF-IDF against a count by hand, and logistic regression against what defines it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from scoring.voice.logistic import fit_logistic
from scoring.voice.terms import Terms, character_grams, normalised, word_grams, words

TEXTS = st.lists(st.text(alphabet="abc ?", max_size=12), min_size=1, max_size=6)


def test_numbers_addresses_and_links_are_alike() -> None:
    one = normalised("Call 555 or write to A.B+c@x-y.example, see https://x.example/a?b=1")
    other = normalised("Call 123 or write to someone@else.example, see www.other.example")
    assert one == other


def test_words_keep_question_marks_and_apostrophes() -> None:
    assert words("Don\u2019t you know? It's 25%!") == ["don't", "you", "know", "?", "it's", "00", "!"]


def test_runs_know_where_a_text_begins_and_a_word_ends() -> None:
    assert list(word_grams("can you", 1, 2)) == ["can", "you", "^ can", "can you", "you $"]
    assert list(character_grams("ab", 2, 3)) == [" a", "ab", "b ", " ab", "ab "]


@given(TEXTS)
@settings(max_examples=80, deadline=None)
def test_rows_equal_a_count_by_hand(texts: list[str]) -> None:
    terms = Terms.of(texts, "words", 1, 2)
    rows = terms.rows(texts).toarray()
    for text, row in zip(texts, rows, strict=True):
        grams = list(word_grams(text, 1, 2))
        wanted = []
        for term in terms.terms:
            tally = grams.count(term)
            having = sum(term in set(word_grams(other, 1, 2)) for other in texts)
            rarity = math.log((1 + len(texts)) / (1 + having)) + 1
            wanted.append((1 + math.log(tally)) * rarity if tally else 0.0)
        length = math.sqrt(sum(one * one for one in wanted)) or 1
        np.testing.assert_allclose(row, np.array(wanted) / length, atol=1e-12)


def test_rare_terms_can_be_left_out_and_unknown_ones_are_nothing() -> None:
    terms = Terms.of(["red car", "red bike", "blue car"], "words", 1, 1, least_texts=2)
    assert terms.terms == ("car", "red")
    assert terms.rows(["green boat", ""]).nnz == 0


def _random_problem(seed: int, rows: int = 40) -> tuple[sparse.csr_matrix, np.ndarray]:
    draw = np.random.default_rng(seed)
    return sparse.csr_matrix(draw.normal(size=(rows, 5))), draw.integers(0, 3, rows)


def test_the_fit_is_where_the_gradient_is_nothing() -> None:
    features, classes = _random_problem(1)
    fit = fit_logistic(features, classes, 3, strength=2.0, tolerance=1e-8)

    def loss(weights: np.ndarray, intercepts: np.ndarray) -> float:
        scores = features.toarray() @ weights + intercepts
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return float(-2.0 * logs[np.arange(40), classes].sum() + (weights**2).sum() / 2)

    least = loss(fit.weights, fit.intercepts)
    draw = np.random.default_rng(2)
    for _ in range(50):
        assert loss(fit.weights + draw.normal(scale=0.05, size=fit.weights.shape), fit.intercepts) > least
        assert loss(fit.weights, fit.intercepts + draw.normal(scale=0.05, size=3)) > least - 1e-6


def test_probabilities_sum_to_one() -> None:
    features, classes = _random_problem(3)
    probabilities = fit_logistic(features, classes, 3, strength=1.0).probabilities(features)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities > 0).all()


def test_an_example_of_weight_two_counts_as_two() -> None:
    features, classes = _random_problem(4)
    twice = sparse.vstack([features, features[:10]], format="csr")
    weights = np.where(np.arange(40) < 10, 2.0, 1.0)
    one = fit_logistic(features, classes, 3, strength=1.0, weights=weights, tolerance=1e-8)
    other = fit_logistic(twice, np.append(classes, classes[:10]), 3, strength=1.0, tolerance=1e-8)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-4)


def test_dense_and_sparse_features_are_one() -> None:
    features, classes = _random_problem(5)
    one = fit_logistic(features, classes, 3, strength=1.0, tolerance=1e-8)
    other = fit_logistic(features.toarray(), classes, 3, strength=1.0, tolerance=1e-8)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-5)


def test_turning_few_examples_first_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(6)
    features, classes = sparse.csr_matrix(draw.normal(size=(20, 60))), draw.integers(0, 3, 20)
    turned = fit_logistic(features, classes, 3, strength=1.0, tolerance=1e-9)
    monkeypatch.setattr("scoring.voice.logistic.FEW_EXAMPLES", 0)
    plain = fit_logistic(features, classes, 3, strength=1.0, tolerance=1e-9)
    np.testing.assert_allclose(turned.weights, plain.weights, atol=1e-5)
    np.testing.assert_allclose(turned.intercepts, plain.intercepts, atol=1e-5)


def test_from_nothing_nothing_is_learned() -> None:
    with pytest.raises(ValueError, match="no examples"):
        fit_logistic(sparse.csr_matrix((0, 3)), np.array([], dtype=np.int64), 2, strength=1.0)
