"""From a sentence to a question. What means nothing is named, and what is unclear is asked back."""

from __future__ import annotations

from dataclasses import replace

from bot.language.contradictions import contradiction, either, told
from bot.language.correcting import MOST_CORRECTED
from bot.language.draft import Draft
from bot.language.lexing import Lexer
from bot.language.literal import literal, looks_literal
from bot.language.meanings import Role
from bot.language.question import Kind, NotUnderstood, Question, Reading, Understanding
from bot.language.reading import choices, draft_of, question_of, unknown_problems
from bot.language.repairs import begins_as_criteria, is_broken
from bot.language.suggest import general, not_understood
from bot.language.tokens import LONGEST_CHARACTERS, phrase, tokens
from bot.language.vocabulary import Vocabulary
from bot.language.written import read_written
from scoring.criteria.check import check
from scoring.criteria.errors import CriteriaError


def understand(text: str, vocabulary: Vocabulary) -> Understanding:
    """Read a sentence. Never raises, whatever was typed.

    Returns:
        A question of which every word is accounted for, or the words and doubts that stand in the way, with
        readings that are themselves understood.
    """
    text = " ".join(text.split())
    if len(text) > LONGEST_CHARACTERS:
        reason = (
            f"That is too long to be a question: {len(text)} characters; {LONGEST_CHARACTERS} may be read."
        )
        return general(reason, lambda one: _read(one, vocabulary))
    return _read(text, vocabulary, suggest=True)


def _read(text: str, vocabulary: Vocabulary, *, suggest: bool = False) -> Understanding:
    if not tokens(text):
        return general("Nothing was asked.", lambda one: _read(one, vocabulary)) if suggest else _NOTHING
    written = read_written(text, vocabulary.index)
    if written is not None:
        return written
    found: Question | None = None
    said: NotUnderstood | None = None
    if looks_literal(text):
        found, said = literal(text, vocabulary.index, lambda one: _naturally(one, vocabulary))
    if found is not None:
        return found
    if said is not None and is_broken(text) and begins_as_criteria(text, vocabulary.index):
        return said
    understood = _naturally(text, vocabulary, suggest=suggest)
    if isinstance(understood, Question) or said is None:
        return understood
    return _clearer(text, said, understood, vocabulary)


def _clearer(
    text: str, said: NotUnderstood, understood: NotUnderstood, vocabulary: Vocabulary
) -> NotUnderstood:
    """What tells more: that the criteria are wrong, or which words were not understood."""
    if begins_as_criteria(text, vocabulary.index):
        one = len(understood.words) == 1 and not (said.words and said.words[0].readings)
        plainer = _stumbled_over_grammar(said, vocabulary) or (
            one and "_" not in text and not is_broken(text)
        )
        return understood if plainer and understood.words else said
    if not _meant_literally(text):
        return understood
    offers = bool(said.words) and bool(said.words[0].readings)
    return said if offers or not understood.words else understood


def _stumbled_over_grammar(said: NotUnderstood, vocabulary: Vocabulary) -> bool:
    """Criteria that go on in plain words, "label = VIP accounts in Texas": those tell more of it."""
    return bool(said.words) and bool(vocabulary.index.lexicon.words.get(phrase(said.words[0].word)))


_NOTHING = NotUnderstood((), "")


def _meant_literally(text: str) -> bool:
    return any(sign in text for sign in "=<>()") or "_" in text


def _naturally(text: str, vocabulary: Vocabulary, *, suggest: bool = False) -> Understanding:
    """First without accounts' names; with them when that fails, or when the words ask about one account."""
    plain = draft_of(vocabulary, text, Lexer(vocabulary, text).items())
    asks = bool(plain.card_at or plain.asked.offered) or _nothing_else(plain)
    whole = _whole_name(plain, vocabulary)
    if not plain.problems and not asks and not whole:
        return _settled(plain, vocabulary, suggest=suggest)
    if not (asks or whole) and _is_nonsense(plain):
        return _settled(plain, vocabulary, suggest=suggest)
    named = draft_of(vocabulary, text, Lexer(vocabulary, text, accounts=True, card=asks or whole).items())
    if whole and not plain.problems and not named.problems and plain.terms:
        return _name_or_list(plain, named, text)
    best = named if _fewer(named, plain) else plain
    return _settled(best, vocabulary, suggest=suggest)


def _is_nonsense(draft: Draft) -> bool:
    """So many words mean nothing that an account's name would not mend it."""
    return sum(draft.unknown(at) for at in range(len(draft.items))) > 2 * MOST_CORRECTED


def _nothing_else(draft: Draft) -> bool:
    """Whether nothing was said but words that are not known: an account's name, perhaps."""
    said = draft.terms or draft.sorts or draft.default_sorts or draft.group or draft.counted or draft.nouns
    return bool(draft.problems) and not said


def _fewer(named: Draft, plain: Draft) -> bool:
    """Whether knowing accounts' names explains more of the sentence."""
    return bool(named.accounts or len(named.problems) <= len(plain.problems)) and len(named.problems) <= max(
        len(plain.problems), 1
    )


def _whole_name(draft: Draft, vocabulary: Vocabulary) -> bool:
    """Whether the sentence is nothing but an account's name, small words before it left aside."""
    items = draft.items
    start = 0
    while True:
        rest = draft.text[items[start].start :] if start < len(items) else ""
        key = " ".join(token.norm for token in tokens(rest))
        if rest and vocabulary.index.accounts.named(key):
            return True
        if start >= len(items) or not draft.role(start, Role.FILLER, Role.CARD):
            return False
        start += 1


def _name_or_list(plain: Draft, named: Draft, text: str) -> Understanding:
    """The name of an account that is also a list: both are offered."""
    listed, card = question_of(plain), question_of(named)
    if not isinstance(listed, Question) or not isinstance(card, Question) or card.kind is not Kind.ACCOUNT:
        return listed if isinstance(listed, Question) else _NOTHING
    account = named.accounts[0][1]
    readings = (
        Reading(f"how is {account.name} doing?", f"the account {account.name}"),
        *choices((listed,)),
    )
    return NotUnderstood((), f"“{text}” is an account's name, and can also be read as a list.", readings)


def _settled(draft: Draft, vocabulary: Vocabulary, *, suggest: bool) -> Understanding:
    def read(one: str) -> Understanding:
        return _read(one, vocabulary)

    problems = unknown_problems(draft)
    if problems:
        return not_understood(draft, problems, read) if suggest else _NOTHING
    question = question_of(draft)
    if question is None:
        return general("Nothing was asked.", read) if suggest else _NOTHING
    try:
        for one in question if isinstance(question, tuple) else (question,):
            check(one.criteria, vocabulary.index.catalog)
    except CriteriaError as error:
        return NotUnderstood((), str(error))
    if isinstance(question, Question):
        pair = contradiction(question.criteria, vocabulary.index.catalog)
        if pair is not None:
            loose = replace(question, criteria=either(question.criteria, pair))
            return NotUnderstood((), told(pair), choices((loose,)))
    if isinstance(question, tuple):
        reason = "This can be read in more than one way."
        if len({one.figure or one.moved for one in question}) == 1:
            reason = "These conditions can be put together in more than one way."
        return NotUnderstood((), reason, choices(question))
    return question
