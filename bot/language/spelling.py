"""Words as they are typed in haste, made the words that they stand for: shud, who r, top10, intexas.

Only words that mean nothing as they stand are changed, and only into words that mean something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.language.meanings import FieldWord, GrammarWord, Meaning, NumberWord, Role, ValueWord
from bot.language.shorthand import spelt_out
from bot.language.tokens import Token, tokens
from bot.language.vocabulary import Index

_MIXED = re.compile(r"[a-z]+|\d+", re.IGNORECASE)
_SHORTEST_GLUED = 5  # letters; the longer of two words that were written as one
_SHORTEST_SMALL = 2
_LONGEST_NAME = 5  # words
# A small word that is written together with the next one: in Texas, my accounts, all accounts.
_LEADING = {Role.PLACE, Role.ME, Role.BY, Role.OVER, Role.UNDER, Role.NOT, Role.WITHOUT, Role.PER}
_LEADS_A_NOUN = {*_LEADING, Role.FILLER, Role.SUPERLATIVE}
_NOUNS = {Role.NOUN}
_SAID_OF_A_FIELD = {
    *(Role.SHARE_VERB, Role.EXACTLY, Role.OVER, Role.UNDER, Role.AT_LEAST, Role.AT_MOST, Role.BETWEEN),
    *(Role.AND, Role.OR),
}
_BEFORE_A_VERB = {Role.NOUN, Role.COUNT, Role.WHICH_OF, Role.WHO, Role.LINK, Role.FILLER, Role.DEAL_NOUN}
_BEFORE_A_FIELD = {Role.BY, Role.SORT_BY, Role.PER, Role.AGGREGATE, Role.WITH, Role.WITHOUT, Role.SUPERLATIVE}
Known = Callable[[str], bool]


def respelt(parts: Sequence[Token], index: Index, known: Known) -> tuple[Token, ...]:
    """The tokens of a sentence with other spellings put right and words taken apart.

    Args:
        parts: the tokens as they were cut.
        index: what words mean.
        known: whether a word means something as it is written, an account's name perhaps.
    """
    found: list[Token] = []
    at = 0
    while at < len(parts):
        size, made = _next(parts, at, index, known)
        found += made
        at += size
    return tuple(found)


def _next(parts: Sequence[Token], at: int, index: Index, known: Known) -> tuple[int, tuple[Token, ...]]:
    """How many tokens are taken, and what becomes of them."""
    token, spellings = parts[at], index.lexicon.spellings
    short = () if _in_a_name(parts, at, known) else spelt_out(parts, at, index)
    if short or token.kind != "word":
        return 1, short or (token,)
    pair = spellings.get(f"{token.norm} {parts[at + 1].norm}") if _goes_on(parts, at + 2, index) else None
    if pair is not None and not (len(token.norm) == 1 and _is_scored(parts, at, index)):
        return 2, tuple(
            replace(one, norm=norm) for one, norm in zip(parts[at : at + 2], pair.split(), strict=True)
        )
    if len(token.norm) == 1 and spellings.get(token.norm) and _is_verb(parts, at, index):
        return 1, _as(token, spellings[token.norm])
    if known(token.norm) or (token.text.isupper() and token.norm in index.capitals):
        return 1, (token,)
    meant = spellings.get(token.norm)
    if meant is not None:
        return 1, _as(token, meant)
    glued = () if token.norm in index.ordinary else _glued(token, index)
    return 1, _mixed(token, index) or glued or (token,)


def _in_a_name(parts: Sequence[Token], at: int, known: Known) -> bool:
    """Plan 4 Retail, Call 2 Sell: a digit within several words that mean something as they stand."""
    words = [one.norm for one in parts]
    return (parts[at].kind == "number" or any(char.isdigit() for char in parts[at].norm)) and any(
        known(" ".join(words[first:last]))
        for first in range(max(0, at - _LONGEST_NAME + 1), at + 1)
        for last in range(at + 1, min(len(words), first + _LONGEST_NAME) + 1)
        if last - first > 1
    )


def _is_scored(parts: Sequence[Token], at: int, index: Index) -> bool:
    """Lowest r in Texas, top 5 r: there the letter is the score."""
    before = parts[at - 1] if at else None
    plays = before is not None and _plays(index.lexicon.words.get(before.norm, ()), _BEFORE_A_FIELD)
    return plays or (before is not None and before.kind == "number")


def _is_verb(parts: Sequence[Token], at: int, index: Index) -> bool:
    """How many r mine, custs r lost: a letter between what has no score and what is none."""
    words = index.lexicon.words
    behind = [one.norm for one in parts[max(0, at - 2) : at]]
    before = words.get(" ".join(behind)) or words.get(behind[-1] if behind else "", ())
    after = index.meanings(parts[at + 1].norm) if at + 1 < len(parts) else ()
    said = _plays(after, {Role.ME, Role.NOBODYS, Role.INACTIVE}) or any(
        isinstance(one, ValueWord) for one in after
    )
    return said and _plays(before, _BEFORE_A_VERB) and not _plays(before, _BEFORE_A_FIELD)


def _goes_on(parts: Sequence[Token], at: int, index: Index) -> bool:
    """Whether words follow that say nothing of a field: in "which r >= 4", "where r is 1" there is one."""
    if at >= len(parts) or parts[at].kind in {"sign", "number"}:
        return False
    # The word itself, that with the next one, and with the one before: "r at least".
    keys = (
        " ".join(one.norm for one in parts[first:last])
        for first, last in ((at, at + 1), (at, at + 2), (at - 1, at + 1))
    )
    return not any(_plays(index.lexicon.words.get(key, ()), _SAID_OF_A_FIELD) for key in keys)


def _as(token: Token, meant: str) -> tuple[Token, ...]:
    """One written word for one or two: "hows" is "how" and "'s", "outta" is "out of"."""
    words = meant.split()
    if len(words) == 1:
        return (replace(token, norm=meant),)
    cut = token.end - 1
    first = replace(token, text=token.text[:-1], norm=words[0], end=cut)
    kind = "possessive" if words[1] == "'s" else "word"
    return first, Token(token.text[-1:], words[1], cut, token.end, kind)


def _mixed(token: Token, index: Index) -> tuple[Token, ...]:
    """Top10, last30days, 90days: letters and digits without a space."""
    runs = list(_MIXED.finditer(token.text))
    whole = "".join(run[0] for run in runs) == token.text
    if len(runs) < 2 or not whole or not any(run[0].isdigit() for run in runs):  # noqa: PLR2004
        return ()
    made = [_cut(token, *run.span()) for run in runs]
    letters = [one for one in made if not one.norm.isdigit()]
    return tuple(made) if all(_is_grammar(one.norm, index) for one in letters) else ()


def _cut(token: Token, first: int, last: int) -> Token:
    one = tokens(token.text[first:last])[0]
    return replace(one, start=token.start + first, end=token.start + last)


def _is_grammar(word: str, index: Index) -> bool:
    found = index.lexicon.words.get(word, ())
    return any(isinstance(one, GrammarWord) for one in found) or bool(index.lexicon.multipliers.get(word))


def _glued(token: Token, index: Index) -> tuple[Token, ...]:
    """Intexas, myaccounts, retailaccounts: two words, of which one is long and means something by itself."""
    word = token.norm
    if not word.isalpha() or len(word) != len(token.text):
        return ()
    for at in range(_SHORTEST_SMALL, len(word) - _SHORTEST_SMALL + 1):
        if max(at, len(word) - at) >= _SHORTEST_GLUED and _fit(word[:at], word[at:], index):
            return _cut(token, 0, at), _cut(token, at, len(word))
    return ()


def _fit(first: str, second: str, index: Index) -> bool:
    left, right = index.meanings(first), index.meanings(second)
    if not left or not right:
        return False
    if len(second) >= _SHORTEST_GLUED and _is_value(right):
        return _plays(left, _LEADING)
    if not _plays(right, _NOUNS) or len(second) < _SHORTEST_GLUED:
        return False
    return _plays(left, _LEADS_A_NOUN) or (len(first) > _SHORTEST_SMALL and _is_value(left))


def _is_value(meanings: Sequence[Meaning]) -> bool:
    return bool(meanings) and all(isinstance(one, ValueWord) for one in meanings)


def _plays(meanings: Sequence[Meaning], roles: set[Role]) -> bool:
    plain = [one for one in meanings if not isinstance(one, FieldWord | NumberWord)]
    return any(isinstance(one, GrammarWord) and one.role in roles for one in plain)
