"""Reading a text as customers' messages are read, and correcting what was read: labels to learn from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from bot.app.config.shape import nearest
from bot.app.errors import UserError
from bot.app.people import Person, Role
from bot.app.ports import Audit, Clock
from scoring.voice.cleaning import cleaned
from scoring.voice.kinds import Correction, Intent, Origin, Sentiment
from scoring.voice.sentences import sentences
from scoring.wording import counted

if TYPE_CHECKING:  # not at run time: it brings scipy
    from scoring.voice.reader import Reader

LONGEST_SENTENCE: Final = 500  # characters
ACTION: Final = "correct"
HOW: Final = 'Type: voice correct "the sentence" complaint negative'
_COMMAND: Final = re.compile(
    r"^voice\s+correct\b\s*(?:[\"\u201c\u201e](?P<sentence>.+)[\"\u201d\u201c])?(?P<words>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_FILLING: Final = {"intent", "sentiment", "is", "as", "and", "a"}
_INTENTS, _SENTIMENTS = tuple(map(str, Intent)), tuple(map(str, Sentiment))


class Corrections(Protocol):
    """Where corrections are kept."""

    def add(self, correction: Correction, by: str, at: datetime) -> int:
        """Keep one, and mark the accounts that said the sentence; how many those are."""
        ...


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence as it is read; chances in percent."""

    sentence: str
    intent: str
    intent_chance: int
    sentiment: str
    sentiment_chance: int
    low_confidence: bool


class CustomerVoice:
    """The use case.

    Args:
        reader: the one in force; it may have to be learned, some seconds.
    """

    def __init__(
        self, corrections: Corrections, reader: Callable[[], Reader], audit: Audit, clock: Clock
    ) -> None:
        self._corrections = corrections
        self._reader = reader
        self._audit = audit
        self._clock = clock

    def read(self, text: str) -> tuple[ReadSentence, ...]:
        """What is read of a text, sentence by sentence."""
        found = sentences(cleaned(text))
        rows = self._reader().read(found).to_dict("records") if found else []
        return tuple(
            ReadSentence(
                sentence=sentence,
                intent=str(row["intent"]),
                intent_chance=round(100 * row["intent_probability"]),
                sentiment=str(row["sentiment"]),
                sentiment_chance=round(100 * row["sentiment_probability"]),
                low_confidence=row["sentiment_origin"] == str(Origin.LEXICON),
            )
            for sentence, row in zip(found, rows, strict=True)
        )

    def correct(
        self,
        sentence: str,
        intent: str | None,
        sentiment: str | None,
        person: Person,
        place: str,
        *,
        keep: bool = True,
    ) -> str:
        """Keep what a person says that a sentence means; a sentence that says what comes of it.

        Without ``keep`` it is only said how it would be kept.

        Raises:
            UserError: the person may not, it is not one sentence, or nothing is said of it.
        """
        actor = person.slack_id or person.name
        if not person.may(Role.MEMBER):
            self._audit.record(actor, ACTION, "customer voice", "refused", place)
            raise UserError(person.refusal or "You may not correct what was read.", "Ask an administrator.")
        correction = Correction(
            _one_sentence(sentence),
            None if intent is None else Intent(_known(intent, _INTENTS, "intent")),
            None if sentiment is None else Sentiment(_known(sentiment, _SENTIMENTS, "sentiment")),
        )
        meant = " and ".join(str(one) for one in (correction.intent, correction.sentiment) if one is not None)
        if not meant:
            raise UserError("Neither an intent nor a sentiment is said of the sentence.", HOW)
        if not keep:
            return f"\u201c{correction.sentence}\u201d would be {meant}. Nothing has been kept."
        accounts = self._corrections.add(correction, person.name, self._clock.now())
        self._audit.record(actor, ACTION, correction.sentence, meant, place)
        said = f"{counted(accounts, 'account')} said it." if accounts else "No account has said just this."
        return (
            f"\u201c{correction.sentence}\u201d is {meant} from the next run on, which learns from it. {said}"
        )


def correction_wanted(text: str) -> tuple[str, str | None, str | None] | None:
    """Sentence, intent and sentiment of ``voice correct "…" complaint negative``; None for other texts.

    Raises:
        UserError: it is such a command and cannot be read.
    """
    found = _COMMAND.match(text.strip())
    if found is None:
        return None
    if found["sentence"] is None:
        raise UserError("The sentence has to stand in quotation marks.", HOW)
    intent: str | None = None
    sentiment: str | None = None
    for word in re.findall(r"[^\s=:,-]+", found["words"].casefold()):
        if word in _FILLING:
            continue
        if _known(word, (*_INTENTS, *_SENTIMENTS), "intent or sentiment") in _INTENTS:
            intent = word
        else:
            sentiment = word
    return found["sentence"], intent, sentiment


def _one_sentence(text: str) -> str:
    if len(text) > LONGEST_SENTENCE:
        raise UserError(
            f"The sentence is longer than {LONGEST_SENTENCE} characters.", "Correct a part of it."
        )
    found = sentences(cleaned(text))
    if len(found) != 1:
        many = "There is no sentence in it" if not found else f"There are {len(found)} sentences in it"
        raise UserError(f"{many} as customers' messages are read.", "Correct one sentence at a time.")
    return found[0]


def _known(word: str, words: tuple[str, ...], what: str) -> str:
    folded = word.strip().casefold()
    if folded not in words:
        raise UserError(
            f"'{word}' is no {what}.{nearest(folded, list(words))}", f"There are: {', '.join(words)}."
        )
    return folded
