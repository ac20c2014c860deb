"""A message as sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.voice.sentences import LONGEST_SENTENCE, sentences


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It works. Thank you!", ("It works.", "Thank you!")),
        ("Does it work? I doubt it...", ("Does it work?", "I doubt it...")),
        ("Dr. Smith and Mr. Jones agree.", ("Dr. Smith and Mr. Jones agree.",)),
        ("Version 2.5 costs 3.50 euros. Fine.", ("Version 2.5 costs 3.50 euros.", "Fine.")),
        ("Use e.g. the export, i.e. the CSV.", ("Use e.g. the export, i.e. the CSV.",)),
        ("See www.example.com/a.b for it. Thanks.", ("See www.example.com/a.b for it.", "Thanks.")),
        ('He said "no." Then he left.', ('He said "no."', "Then he left.")),
        (
            "See fig. 3 in order no. 12. He sat. Then he left.",
            ("See fig. 3 in order no. 12.", "He sat.", "Then he left."),
        ),
        ("Ask J. Doe. Or ask me. So do I. Bye.", ("Ask J. Doe.", "Or ask me.", "So do I.", "Bye.")),
        ("- first point\n- second point\n3) third", ("first point", "second point", "third")),
        (
            "This line was wrapped by the mail program of the sender and\ngoes on here. Next.",
            ("This line was wrapped by the mail program of the sender and goes on here.", "Next."),
        ),
        ("Short heading\nAnother line", ("Short heading", "Another line")),
        ("One paragraph\n\nanother one", ("One paragraph", "another one")),
        ("!!! ... ---", ()),
        ("", ()),
    ],
)
def test_sentences(text: str, wanted: tuple[str, ...]) -> None:
    assert sentences(text) == wanted


def test_a_sentence_without_an_end_is_cut_at_a_space() -> None:
    found = sentences("word " * 1_000)
    assert all(len(one) <= LONGEST_SENTENCE for one in found)
    assert " ".join(found).split() == ["word"] * 1_000


@given(st.text(alphabet=st.sampled_from("ab. !?\n\t-)1\u2026\"'"), max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_letter_is_lost_but_those_of_list_marks(text: str) -> None:
    letters = [one for sentence in sentences(text) for one in sentence if one.isalpha()]
    assert letters == [one for one in text if one.isalpha()]
