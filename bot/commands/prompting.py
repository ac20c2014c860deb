"""A prompt in the terminal, with earlier questions at hand and the organisation's words to complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from bot.language.tokens import fold
from bot.language.vocabulary import Vocabulary

MOST_OFFERED: Final = 20
_LONGEST_PHRASE: Final = 4  # words of a value that are typed before it is completed
_NOT_SPOKEN: Final = {"name", "website", "phone", "owner_email"}


def prompt(vocabulary: Vocabulary, sign: str) -> Callable[[], str]:
    """What reads a line; raises EOFError at the end of input, KeyboardInterrupt when a line is given up."""
    session: PromptSession[str] = PromptSession(
        history=history(state_file(os.environ)),
        completer=Words(vocabulary_words(vocabulary)),
        complete_while_typing=False,
    )
    return lambda: session.prompt(sign)


def state_file(environment: Mapping[str, str]) -> Path:
    """Where earlier questions are kept: in the user's directory for state."""
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        if environment.get(name):
            return Path(environment[name]) / "bellwether" / "questions"
    return Path.home() / ".local" / "state" / "bellwether" / "questions"


def history(file: Path) -> History:
    """Earlier questions, in a file that its owner alone can read; in memory where none can be written."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        file.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))


def vocabulary_words(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Labels, industries, places, owners, segments and fields, as they are spelt; each once."""
    index = vocabulary.index
    values = (value for name, known in index.values.items() if name not in _NOT_SPOKEN for value in known)
    fields = (one.name for one in index.catalog)
    segments = tuple(index.catalog.segments or ())
    return tuple(sorted({*values, *fields, *segments}, key=fold))


class Words(Completer):
    """Completes the last words of a line to words of the organisation."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [(fold(one), one) for one in words]

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        """What the last words can become; the longest run of words that begins something wins."""
        typed = document.text_before_cursor
        for begun in _runs(typed):
            found = [one for folded, one in self._words if folded.startswith(fold(begun))][:MOST_OFFERED]
            if found:
                yield from (Completion(one, start_position=-len(begun)) for one in found)
                return


def _runs(typed: str) -> Iterator[str]:
    """The last four words, the last three …; nothing after a space, where a new word begins."""
    starts = [
        at for at in range(len(typed)) if not typed[at].isspace() and (at == 0 or typed[at - 1].isspace())
    ]
    yield from (typed[at:] for at in starts[-_LONGEST_PHRASE:])
