"""Questions a line in a text, and how each is read. Nothing is looked up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.language.question import NotUnderstood, Request
from bot.language.refine import Outcome, begin
from bot.language.restate import read_as
from bot.language.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class ReadLine:
    """How a line was read.

    Attributes:
        said: how it was read, or what was not understood, in a sentence.
        unknown: the words that mean nothing.
        readings: questions that would be offered instead.
    """

    line: int
    text: str
    understood: bool
    kind: str | None
    said: str
    unknown: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()


def questions_in(text: str) -> list[tuple[int, str]]:
    """The questions of a text with their lines, from 1: one a line, without empty ones and ``#`` comments."""
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [(number, line) for number, line in lines if line and not line.startswith("#")]


def read_lines(questions: Iterable[tuple[int, str]], vocabulary: Vocabulary) -> list[ReadLine]:
    """How each question is read by itself."""
    return [_read(number, text, begin(text, vocabulary), vocabulary) for number, text in questions]


def summary(found: Sequence[ReadLine]) -> dict[str, int]:
    """How many there are, how many were understood, and how many were not."""
    understood = sum(one.understood for one in found)
    return {"questions": len(found), "understood": understood, "not_understood": len(found) - understood}


def _read(number: int, text: str, outcome: Outcome, vocabulary: Vocabulary) -> ReadLine:
    if isinstance(outcome, NotUnderstood):
        unknown = tuple(one.word for one in outcome.words)
        offered = (*outcome.readings, *(one for word in outcome.words for one in word.readings))
        readings = tuple(dict.fromkeys(one.text for one in offered))
        return ReadLine(
            number, text, understood=False, kind=None, said=outcome.reason, unknown=unknown, readings=readings
        )
    question = outcome.question if isinstance(outcome, Request) else outcome
    told = [question.kind.value, read_as(question, vocabulary.index.catalog)]
    if question.account_id is not None:
        account = vocabulary.index.accounts.by_id.get(question.account_id)
        told[1] = account.name if account else question.account_id
    if isinstance(outcome, Request):
        told.insert(0, f"{outcome.action.value} {outcome.argument}".strip())
    return ReadLine(number, text, understood=True, kind=question.kind.value, said=": ".join(told))
