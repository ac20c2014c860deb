"""What a sentence comes to in a conversation: a decision over values. ``Ask`` loads and keeps them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.app.ports import Conversation
from bot.language.commands_said import how_to_export
from bot.language.question import Action, Kind, NotUnderstood, Question, Request
from bot.language.refine import begin, goes_on, refine
from bot.language.restate import restate
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary

MOST_QUESTIONS: Final = 20
KEEP_CONVERSATIONS: Final = timedelta(days=30)
KEEP_DIRECT: Final = timedelta(minutes=30)
_DIRECT: Final = "direct:"
_PAGED: Final = frozenset({Kind.LIST, Kind.MOVED, Kind.HISTORY, Kind.PROSPECTS})
_NO_PAGES: Final = "There is no next page: the answer before is no list."
_NO_UNDO: Final = "There is nothing to undo: no question came before this one."
_NOTHING: Final = Conversation(())


def direct_key(channel: str) -> str:
    """The key of a direct message outside of its threads: what is asked there is soon another matter."""
    return f"{_DIRECT}{channel}"


def kept_for(key: str) -> timedelta:
    """How long after the last question somebody may go on with it."""
    return KEEP_DIRECT if key.startswith(_DIRECT) else KEEP_CONVERSATIONS


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be answered, and what is kept then.

    Attributes:
        question: what is asked now; None when it was not understood.
        problem: what was not understood.
        request: what else is to be done.
        offset: how many accounts of a list are passed over; ``lines``: how many are wanted, when it was said.
        after: the conversation after it, but for how many are shown; None: it stays as it is.
    """

    question: Question | None = None
    problem: NotUnderstood | None = None
    request: Request | None = None
    offset: int = 0
    lines: int | None = None
    after: Conversation | None = None


def decide(
    text: str,
    vocabulary: Vocabulary,
    known: Conversation | None,
    offset: int = 0,
    *,
    direct: bool = False,
    pressed: bool = False,
) -> Turn:
    """Read a sentence in its conversation.

    Args:
        text: the sentence.
        vocabulary: the words of whoever asks.
        known: what was asked there before; None: nothing.
        offset: how many accounts to pass over, when a button turns the page of a whole question.
        pressed: a button asks it, and buttons carry whole questions.
        direct: only what says itself that it goes on does so; another sentence begins anew.
    """
    before = known or _NOTHING
    earlier = before.questions[-1] if before.questions else None
    if earlier is None or pressed or offset or (direct and not goes_on(text, vocabulary)):
        found = begin(text, vocabulary)
    else:
        found = refine(text, vocabulary, earlier)
    if isinstance(found, NotUnderstood):
        return Turn(problem=how_to_export(text, lambda one: begin(one, vocabulary)) or found)
    if isinstance(found, Question):
        return Turn(found, offset=offset, after=_asked(before, found, offset))
    if found.action is Action.NEXT:
        return _next(before, found)
    if found.action is Action.UNDO:
        return _undone(before)
    same = found.question == earlier
    place = before.offset if same else 0
    after = None if same else _asked(before, found.question, 0)
    return Turn(found.question, request=found, offset=place, after=after)


def direct(key: str) -> bool:
    """Whether a key is one of ``direct_key``."""
    return key.startswith(_DIRECT)


def whole_sentence(text: str, question: Question, vocabulary: Vocabulary) -> str:
    """A sentence that asks this question without its conversation, for buttons; as typed where none does."""
    for sentence in (text, restate(question)):
        read = understand(sentence, vocabulary)
        if isinstance(read, Question) and replace(read, words=()) == replace(question, words=()):
            return sentence
    return text


def _asked(before: Conversation, question: Question, offset: int) -> Conversation:
    """The question after those before it; the same one again takes its own place."""
    questions = before.questions
    if questions and replace(questions[-1], words=()) == replace(question, words=()):
        questions = questions[:-1]
    return Conversation((*questions, question)[-MOST_QUESTIONS:], offset)


def _next(before: Conversation, request: Request) -> Turn:
    question = request.question
    if question.kind not in _PAGED:
        return Turn(problem=NotUnderstood((), _NO_PAGES))
    lines = int(request.argument) if request.argument else None
    offset = before.offset + before.shown
    after = replace(before, offset=offset)
    return Turn(question, request=request, offset=offset, lines=lines, after=after)


def _undone(before: Conversation) -> Turn:
    if len(before.questions) <= 1:
        return Turn(problem=NotUnderstood((), _NO_UNDO))
    questions = before.questions[:-1]
    return Turn(questions[-1], after=Conversation(questions))
