"""Typing errors in the words that say how a sentence goes on: onyl in Chicago, how mny, exprot this."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz.distance import OSA

from bot.language.follow_ups import follow_up_words
from bot.language.nearest import EXACT_LETTERS, forgiven
from bot.language.question import Action, NotUnderstood, Question, Request, UnknownWord, WordUse
from bot.language.tokens import Token, tokens
from bot.language.vocabulary import Vocabulary

_SHORTEST = 4
Outcome = Question | Request | NotUnderstood


@dataclass(frozen=True)
class PutRight:
    """A sentence with words put right.

    Attributes:
        changed: the words as they are meant -> as they were typed.
        moved: where each change begins in ``text``, and how many characters longer it is there.
    """

    text: str
    changed: Mapping[str, str]
    moved: tuple[tuple[int, int], ...] = ()

    def as_typed(self, outcome: Outcome) -> Outcome:
        """What was read, with the words as they were typed."""
        if not self.changed:
            return outcome
        if isinstance(outcome, NotUnderstood):
            words = tuple(replace(one, position=self._at(one)) for one in outcome.words)
            return replace(outcome, words=words)
        return replace(outcome, words=tuple(self._use(one) for one in outcome.words))

    def _at(self, word: UnknownWord) -> int:
        return word.position - sum(longer for start, longer in self.moved if start < word.position)

    def _use(self, use: WordUse) -> WordUse:
        words, meant = use.words, []
        for right, typed in self.changed.items():
            found = re.search(rf"\b{re.escape(right)}\b", words)
            if found is not None:
                words = words[: found.start()] + typed + words[found.end() :]
                meant.append(right)
        told = f" (read as “{' '.join(meant)}”)" if meant else ""
        return WordUse(words, use.meaning + told)


def put_right(text: str, vocabulary: Vocabulary) -> PutRight:
    """The sentence with words of follow-ups that were mistyped put right; others are left as they are."""
    out, changed, moved, at = "", dict[str, str](), list[tuple[int, int]](), 0
    for token in tokens(text):
        if token.norm in _saving() or _saving() & set(changed):
            break  # what follows is a name
        meant = _meant(token, vocabulary)
        if meant is None:
            continue
        out += text[at : token.start]
        moved.append((len(out), len(meant) - len(token.text)))
        out, at = out + meant, token.end
        changed[meant] = token.text
    return PutRight(out + text[at:], changed, tuple(moved))


def reads(text: str, vocabulary: Vocabulary, read: Callable[[str], Outcome]) -> Outcome:
    """What a sentence is read as once its words are put right."""
    right = put_right(text, vocabulary)
    return right.as_typed(read(right.text))


def _meant(token: Token, vocabulary: Vocabulary) -> str | None:
    """The word of a follow-up that was probably meant; None for one that is known or near to another one."""
    index, word = vocabulary.index, token.norm
    if token.kind != "word" or word in _words() or index.meanings(word) or index.capitals.get(word):
        return None
    spelt = index.lexicon.spellings.get(word)
    if spelt is not None:
        return spelt if spelt in _words() else None
    if len(word) < _SHORTEST or word in index.ordinary or index.accounts.named(word):
        return None
    errors = max(1, forgiven(word))
    near = [one for one in _words() if _near(word, one, errors)]
    closest = min((OSA.distance(word, one) for one in near), default=errors + 1)
    found = [one for one in near if OSA.distance(word, one) == closest]
    others = index.near.misspelt(word, min(closest, forgiven(word)))
    rival = [one for one in others if one not in found and OSA.distance(word, one) <= closest]
    return found[0] if len(found) == 1 and not rival else None


def _near(word: str, meant: str, errors: int) -> bool:
    """Whether a word is another one mistyped; a short one only with a letter missing, doubled or swapped."""
    if word[0] != meant[0] or OSA.distance(word, meant, score_cutoff=errors) > errors:
        return False
    if max(len(word), len(meant)) > EXACT_LETTERS + 1:
        return True
    if any(meant[: at + 1] + meant[at:] == word for at in range(len(meant))):
        return True  # a letter doubled
    return len(word) == len(meant) and sorted(word) == sorted(meant)


@lru_cache(maxsize=1)
def _saving() -> frozenset[str]:
    return frozenset(one[0] for one in follow_up_words().verbs[Action.SAVE] if one)


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    """Every longer word of the phrases of follow-ups."""
    words = follow_up_words()
    phrases: list[Sequence[str]] = [
        *(words.polite + words.pronouns + words.whole + words.count + words.list + words.why + words.top),
        *(words.by_period + words.next + words.number_after + words.number_before + words.undo),
        *(words.objects + words.named + words.rows),
        *(one for some in (words.before, words.after) for said in some.values() for one in said),
        *(one for some in (words.verbs, words.ends) for said in some.values() for one in said),
        *(one for said in words.formats.values() for one in said),
    ]
    return frozenset(word for one in phrases for word in one if len(word) >= _SHORTEST - 1 and word.isalpha())
