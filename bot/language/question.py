"""What a sentence turned into: a Question, or what stands in the way of one. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from scoring.criteria.tree import Always, Node


class Kind(StrEnum):
    """What is asked for."""

    LIST = "list"  # accounts that meet the criteria
    COUNT = "count"  # how many
    COUNT_BY = "count_by"  # how many per value of a field
    ACCOUNT = "account"  # the card of one account
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key: a field's canonical name and its direction."""

    field: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class WordUse:
    """Which words of the sentence produced which part: ``("healthcare",) -> industry = medical``."""

    words: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question that was understood, every word of it."""

    kind: Kind
    criteria: Node = field(default_factory=Always)
    sort: tuple[Sort, ...] = ()
    limit: int | None = None
    group_by: str | None = None
    account_id: str | None = None
    words: tuple[WordUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what was said: a whole question to ask instead, and how a button shows it."""

    text: str
    shown: str


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A word, or run of words, that produced nothing, with the nearest readings."""

    word: str
    position: int
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The sentence was not understood; nothing was guessed.

    Attributes:
        words: every word that produced nothing; empty when the words are known but do not fit together.
        reason: one sentence for the person.
        readings: whole questions to offer instead; for an ambiguity, the readings to choose from.
    """

    words: tuple[UnknownWord, ...]
    reason: str
    readings: tuple[Reading, ...] = ()


Understanding = Question | NotUnderstood
