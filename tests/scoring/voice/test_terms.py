"""TF-IDF against a count by hand."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.voice.terms import Terms, character_grams, form_grams, normalised, word_grams, words

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


def test_sentences_that_are_built_alike_have_the_same_forms() -> None:
    one = list(form_grams("Could you send the Halifax figures by 12?", 1, 4))
    assert one == list(form_grams("Could you check the Lyon numbers by 7?", 1, 4))
    assert {"could you ~V the", "by 0", "? $"} <= set(one)
    assert "could you ~V the" not in set(form_grams("He could send the figures", 1, 4))


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
