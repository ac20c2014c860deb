"""A question that was not understood: which words, and what they may have meant. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bot.language.question import NotUnderstood, Reading
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.blocks import Json, Message, actions, button, context, run, sentence
from bot.slack.views.drawing import Drawing
from bot.slack.views.keep_word import Learnt, in_place_of
from bot.slack.views.text import mrkdwn, plain

WORDS: Final = 5
READINGS: Final = 4


def not_understood_message(question: str, problem: NotUnderstood, drawing: Drawing) -> Message:
    """Every unknown word in bold, with the nearest readings as buttons that ask the whole question."""
    blocks: list[Json] = [sentence(run(plain(problem.reason, 500))), *_words(question, problem, drawing)]
    left = len(problem.words) - WORDS
    if left > 0:
        blocks.append(context(f"… and {left} more words that mean nothing to me."))
    blocks += _buttons("readings", problem.readings, drawing)
    if not problem.readings and not any(word.readings for word in problem.words):
        blocks.append(_help_button(drawing))
    blocks.append(
        context(f"You asked: {mrkdwn(question, 300)} · nothing was guessed, so nothing is answered.")
    )
    if drawing.note:
        blocks.append(context(drawing.note))
    return Message(f"Not understood: {mrkdwn(problem.reason, 500)}", tuple(blocks))


def _words(question: str, problem: NotUnderstood, drawing: Drawing) -> Iterator[Json]:
    for number, unknown in enumerate(problem.words[:WORDS]):
        said = ": did you mean …" if unknown.readings else ": nothing here is called anything like it."
        yield sentence(run(plain(unknown.word, 100), "bold"), run(said))
        yield from _buttons(f"readings{number}", unknown.readings, drawing, (unknown.word, question))


def _buttons(
    block: str, readings: Iterable[Reading], drawing: Drawing, unknown: tuple[str, str] = ("", "")
) -> Iterator[Json]:
    """A row of buttons; a question too long for one is left out, because a clipped one would be another."""
    fits = [reading for reading in readings if 0 < len(reading.text) <= limits.BUTTON_VALUE][:READINGS]
    if fits:
        buttons = [_button(reading, number, *unknown) for number, reading in enumerate(fits)]
        yield actions(ids.owned(block, drawing.asker), *buttons)


def _button(reading: Reading, number: int, word: str, question: str) -> Json:
    """Asks the reading; says also for which word it stands, where it does, so that the word can be kept."""
    instead = in_place_of(word, question, reading.text)
    value = Learnt(word, instead, reading.text).carried() if instead else ""
    if not 0 < len(value) <= limits.BUTTON_VALUE:
        return button(plain(reading.shown), ids.numbered(ids.ASK, number), reading.text)
    return button(plain(reading.shown), ids.numbered(ids.READING, number), value)


def _help_button(drawing: Drawing) -> Json:
    return actions(ids.owned("help", drawing.asker), button("Show what I understand", ids.ASK, "help"))
