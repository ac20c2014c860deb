"""A word that carries meaning is never ignored: with another one, the reading is another one, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

import pytest

from bot.language.question import NotUnderstood
from bot.language.understand import understand
from tests.support.question_file import Outcome, Result, asked
from tests.support.said import said
from tests.support.sample_organisation import vocabulary_for

FILES = ("sealed", "doubtful")
SAMPLE = 130  # changed questions of each sort that are read; all of them were, by hand
# On the card of one account everything stands, whatever was asked of it.
OF_ONE = {"account", "why", "offers"}
ADDED = ("not", "without", "except", "never", "not only", "vs", "will be")
_PAIRS = (
    "over:under under:over more:fewer fewer:more less:more without:with top:bottom biggest:smallest "
    "largest:smallest highest:lowest lowest:highest most:fewest since:before before:since this:last "
    "last:this month:quarter quarter:year year:week week:month days:weeks average:total won:lost "
    "left:became became:left worse:better better:worse newest:oldest oldest:newest VIPs:champions "
    "champions:VIPs"
)
OTHERS = dict(pair.split(":") for pair in _PAIRS.split())
_DENIAL = re.compile(
    r"\b(not|non|no|without|w/o|except|excluding|outside|but|nor|neither|\w+n'?t)\b", re.IGNORECASE
)
_NUMBER = re.compile(r"(\$?)(\d+)([kKmM+]?)")


def _answered() -> list[Result]:
    """The questions that are read right, those about one account left out."""
    found = [one for file in FILES for one in asked(file) if one.outcome is Outcome.RIGHT]
    return [
        one for one in found if one.entry.kind.partition(":")[0] not in OF_ONE and '"' not in one.entry.ask
    ]


def _with_another(text: str) -> Iterator[str]:
    """The question with one number, direction or period replaced."""
    words = text.split()
    for at, word in enumerate(words):
        number = _NUMBER.fullmatch(word)
        other = f"{number[1]}{int(number[2]) + 3}{number[3]}" if number else OTHERS.get(word)
        if other is not None:
            yield " ".join([*words[:at], other, *words[at + 1 :]])


def _with_one_more(text: str) -> Iterator[str]:
    """The question with a word put in somewhere."""
    words = text.split()
    added = ADDED[-2:] if _DENIAL.search(text) else ADDED  # two denials may say what one does
    for at in range(len(words) + 1):
        yield from (" ".join([*words[:at], more, *words[at:]]) for more in added)


@pytest.mark.parametrize("changed", [_with_another, _with_one_more])
def test_a_word_that_carries_meaning_changes_the_reading(changed: Callable[[str], Iterator[str]]) -> None:
    every = [(one, text) for one in _answered() for text in changed(one.entry.ask)]
    ignored = []
    for one, text in Random(7).sample(every, SAMPLE):  # a choice that is always the same
        read = understand(text, vocabulary_for())
        if not isinstance(read, NotUnderstood) and one.read and said(read) == said(one.read):
            ignored.append(text)
    assert ignored == []
