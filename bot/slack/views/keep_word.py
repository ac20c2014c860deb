"""The button by which an administrator keeps a word, and what the buttons of readings carry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bot.app.errors import UserError
from bot.language.tokens import phrase
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.blocks import Json, actions, button
from bot.slack.views.text import plain

_SEVERAL = 60  # characters of a word or of its meaning on a button


@dataclass(frozen=True, slots=True)
class Learnt:
    """A word that was not understood, and what was chosen in its place.

    Attributes:
        question: the whole question that was chosen; empty on the button that keeps the word.
    """

    word: str
    reading: str
    question: str = ""

    def carried(self) -> str:
        """As a button carries it."""
        values = {"q": self.question, "word": self.word, "as": self.reading}
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def learnt(value: str) -> Learnt:
    """What a button carries.

    Raises:
        UserError: it is not what we write into one.
    """
    try:
        carried: Any = json.loads(value)
        found = Learnt(carried["word"], carried["as"], carried["q"])
    except (ValueError, KeyError, TypeError):
        found = None
    if found is None or not all(isinstance(one, str) for one in (found.word, found.reading, found.question)):
        raise UserError("This button is of another version.", "Ask the question again.")
    return found


def in_place_of(word: str, question: str, reading: str) -> str | None:
    """What stands in a reading where the question has a word; None when more differs than that."""
    old, new = question.split(), reading.split()
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    same = bool(new) and phrase(" ".join(old)) == phrase(word)
    return " ".join(new).rstrip("?!.,") or None if same else None


def keep_button(found: Learnt, meaning: str, asker: str) -> tuple[Json, ...]:
    """Keep “whales” as a word for VIP."""
    value = Learnt(found.word, found.reading).carried()
    if len(value) > limits.BUTTON_VALUE:
        return ()
    text = f"Keep “{plain(found.word, _SEVERAL)}” as a word for {plain(meaning, _SEVERAL)}"
    return (actions(ids.owned("keep", asker), button(text, ids.KEEP_WORD, value)),)
