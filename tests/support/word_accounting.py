"""Which words of a sentence an understanding leaves unexplained: there must be none."""

from __future__ import annotations

from bot.language.lexicon import lexicon
from bot.language.meanings import GrammarWord, Role
from bot.language.question import Kind, NotUnderstood, Question, Understanding
from bot.language.tokens import Token, tokens

# Words that may say nothing by themselves: listed in the data file.
SMALL = {
    Role.FILLER,
    Role.LINK,
    Role.WITH,
    Role.PLACE,
    Role.NOUN,
    Role.NOUN_ONE,
    Role.AND,
    Role.OR,
    Role.NOR,
    Role.OWNS,
    Role.EXACTLY,
    Role.WHERE,
    Role.CARD,
    Role.NOT,
}


def small_words() -> set[str]:
    """Every word of every phrase that may say nothing by itself."""
    return {
        word
        for key, meanings in lexicon().words.items()
        if any(isinstance(one, GrammarWord) and one.role in SMALL for one in meanings)
        for word in key.split()
    } | {",", ";", "'s", "-"}


def unaccounted(text: str, understood: Understanding) -> list[str]:
    """Tokens that are in no WordUse, among no named words and not small; empty for a question of help.

    A sentence that is not understood names its unknown words; the known ones need no mention.
    """
    left = [token for token in tokens(text) if token.norm not in small_words()]
    if isinstance(understood, Question):
        if understood.kind is Kind.HELP:
            return []
        used = [token.norm for use in understood.words for token in tokens(use.words)]
        return [token.text for token in left if not _take(token, used)]
    return _not_named(left, understood)


def _take(token: Token, used: list[str]) -> bool:
    if token.norm in used:
        used.remove(token.norm)
        return True
    # A quoted run is cut again when it is used as a part of a longer one.
    return token.kind == "quoted" and all(word in used for word in token.norm.split())


def _not_named(left: list[Token], understood: NotUnderstood) -> list[str]:
    """When nothing was understood at all, there must be a reason in words."""
    return [] if understood.reason or not left else [token.text for token in left]
