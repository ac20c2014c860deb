"""Which competitors a sentence names. A dictionary of names with what people really write for them.

Found: the names in any case, with ``'s`` or a plural ending, with a dot and a top-level domain, joined or
split where the name has a capital inside (HubSpot, Hub Spot, hub-spot), and with one typing error in names of
six letters and more. Not found: a part of another word, an e-mail address, a generic word (Monday, Close)
outside of a sentence that is plainly about a product, a blocked word by itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from scoring.voice.config import VoiceSegmentation
from scoring.voice.ordinary import AFTER, BEFORE, GENERIC, LOOK_ALIKE

FORMAT = 1  # of the rules below; a higher number has everything read anew
FUZZY_FROM = 6  # letters
SHORTEST_NAME = 3  # letters, of which an ending may be taken off
LONG_NAME = 9  # letters, from which one error is not an ordinary word, whatever its case
NEAR = 3  # words on either side that say what a generic word is

_TOKEN = re.compile(r"[^\W_]+(?:[&+'\u2019][^\W_]+)*")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_DOMAIN = re.compile(r"\.(?:com|io|ai|co|net|org|app|de|eu|so|cloud)\b", re.IGNORECASE)
_ENDINGS = ("'s", "s'", "'", "s", "es")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Mention:
    """A competitor's name in a sentence: characters ``begins`` to ``ends``, as it was written.

    ``exact``: without a typing error.
    """

    competitor: str
    written: str
    begins: int
    ends: int
    exact: bool


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    folded: str
    begins: int
    ends: int
    opens: bool  # the first word of a sentence, where a capital says nothing
    site: bool  # a top-level domain follows: monday.com

    @property
    def capital(self) -> bool:
        return any(letter.isupper() for letter in self.text)


@dataclass(frozen=True, slots=True)
class _Alias:
    competitor: str
    words: tuple[str, ...]  # folded
    generic: bool  # one ordinary word: needs a capital and a product nearby

    @property
    def joined(self) -> str:
        return "".join(self.words)


class Matcher:
    """Finds the names of some competitors.

    Args:
        competitors: name and further aliases of each; the name itself is an alias.
        blocked: words that never count by themselves, whatever stands around them.

    Attributes:
        version: changes whenever an answer could; what was read is kept under it.

    Raises:
        ValueError: an alias without a letter, or the same one of two competitors.
    """

    def __init__(self, competitors: Iterable[tuple[str, Sequence[str]]], blocked: Iterable[str] = ()) -> None:
        banned = {_folded(word) for word in blocked}
        self._first: dict[str, list[_Alias]] = {}
        self._fuzzy: dict[str, list[_Alias]] = {}
        self._owner: dict[tuple[str, ...], str] = {}
        for name, aliases in competitors:
            for alias in dict.fromkeys((name, *aliases)):
                for variant in _variants(alias):
                    if len(variant) > 1 or variant[0] not in banned:
                        self._know(name, variant)
        self._exact_words = frozenset(word for words in self._owner for word in words)
        known = json.dumps([sorted((" ".join(words), name) for words, name in self._owner.items()), FORMAT])
        self.version = hashlib.sha256(known.encode()).hexdigest()[:16]

    def _know(self, name: str, words: tuple[str, ...]) -> None:
        owner = self._owner.setdefault(words, name)
        if owner != name:
            raise ValueError(
                f"{' '.join(words)} is an alias of both {owner} and {name}; give it to one of them."
            )
        alias = _Alias(name, words, generic=len(words) == 1 and words[0] in GENERIC)
        known = self._first.setdefault(words[0], [])
        if alias not in known:
            known.append(alias)
            known.sort(key=lambda one: -len(one.words))
            if len(alias.joined) >= FUZZY_FROM and not alias.generic:
                self._fuzzy.setdefault(words[0][0], []).append(alias)

    def mentions(self, sentence: str) -> tuple[Mention, ...]:
        """The mentions in a sentence, in order; they do not overlap, and the longest name wins."""
        if not self._owner:
            return ()
        tokens = _tokens(sentence)
        found: list[Mention] = []
        at = 0
        while at < len(tokens):
            match = self._exact(tokens, at) or self._near(tokens, at)
            if match is None:
                at += 1
                continue
            alias, length, exact = match
            begins, ends = tokens[at].begins, tokens[at + length - 1].ends
            found.append(Mention(alias.competitor, sentence[begins:ends], begins, ends, exact))
            at += length
        return tuple(found)

    def _exact(self, tokens: Sequence[_Token], at: int) -> tuple[_Alias, int, bool] | None:
        token = tokens[at]
        for stem in _stems(token.folded):
            if stem != token.folded in LOOK_ALIKE:
                continue
            for alias in self._first.get(stem, ()):
                if _matches(alias, tokens, at) and (not alias.generic or _is_product(tokens, at)):
                    return alias, len(alias.words), True
        return None

    def _near(self, tokens: Sequence[_Token], at: int) -> tuple[_Alias, int, bool] | None:
        first = tokens[at].folded
        for alias in self._fuzzy.get(first[:1], ()):
            part = tokens[at : at + len(alias.words)]
            if len(part) == len(alias.words) and self._is_slip(alias, part):
                return alias, len(part), False
        return None

    def _is_slip(self, alias: _Alias, part: Sequence[_Token]) -> bool:
        """One edit away, and not another word that is spelled so."""
        written = [
            _stems(one.folded)[-1] if at == len(part) - 1 else one.folded for at, one in enumerate(part)
        ]
        wrong = [at for at, word in enumerate(written) if word != alias.words[at]]
        # The plural's s is taken off to compare, unless the name itself ends in one.
        if wrong == [len(part) - 1] and part[-1].folded == alias.words[-1]:
            return False
        if len(wrong) != 1:
            return False
        at = wrong[0]
        name, word, token = alias.words[at], part[at].folded, part[at]
        forms = {word, written[at]}
        if min(OSA.distance(name, form, score_cutoff=1) for form in forms) != 1:
            return False
        if len(part) == 1:
            return self._is_slip_of_one(name, token, forms)
        return len(name) > 3 and not forms & LOOK_ALIKE  # noqa: PLR2004  # of CRM, every letter counts

    def _is_slip_of_one(self, name: str, token: _Token, forms: set[str]) -> bool:
        if forms & LOOK_ALIKE or forms & GENERIC or forms & self._exact_words:
            return False
        if any(form.startswith(name) or name.startswith(form) for form in forms) and token.opens:
            return False  # "Market …" opening a sentence is not Marketo
        inside = any(form.startswith(name[:-1]) for form in forms)
        return token.capital if inside or len(name) < LONG_NAME else True


def _variants(alias: str) -> Iterable[tuple[str, ...]]:
    """The ways in which a name is written: as it is, and apart or together at its inner capitals."""
    whole = tuple(token.folded for token in _tokens(_DOMAIN.sub("", alias)))
    if not whole:
        raise ValueError(f"The alias {alias!r} has no letter; a competitor needs a name that can be read.")
    yield whole
    apart = tuple(token.folded for token in _tokens(" ".join(_CAMEL.split(_DOMAIN.sub("", alias)))))
    if len(apart) > len(whole):
        yield apart
    if len(whole) > 1 and len("".join(whole)) >= FUZZY_FROM:
        yield ("".join(whole),)


def _matches(alias: _Alias, tokens: Sequence[_Token], at: int) -> bool:
    part = tokens[at : at + len(alias.words)]
    if len(part) < len(alias.words):
        return False
    *before, last = zip(alias.words, part, strict=True)
    return all(word == token.folded for word, token in before) and last[0] in _stems(last[1].folded)


def _is_product(tokens: Sequence[_Token], at: int) -> bool:
    """Whether a generic word is written as a name, next to something that is said of products."""
    if tokens[at].site or not tokens[at].capital:
        return tokens[at].site
    before = [token.folded for token in tokens[max(at - NEAR, 0) : at]]
    after = [token.folded for token in tokens[at + 1 : at + 1 + 1]]
    return bool(BEFORE.intersection(before)) or bool(AFTER.intersection(after))


def _stems(word: str) -> tuple[str, ...]:
    """The word, and what is left when an ending is taken off."""
    bare = [word[: -len(ending)] for ending in _ENDINGS if word.endswith(ending)]
    return tuple(dict.fromkeys([word, *(one for one in bare if len(one) >= SHORTEST_NAME)]))


def _tokens(sentence: str) -> list[_Token]:
    hidden = _ADDRESS.sub(lambda found: " " * len(found[0]), sentence)
    tokens: list[_Token] = []
    for found in _TOKEN.finditer(hidden):
        between = hidden[tokens[-1].ends : found.start()] if tokens else ""
        opens = not tokens or any(mark in between for mark in ".!?:\n")
        site = _DOMAIN.match(hidden, found.end()) is not None
        tokens.append(_Token(found[0], _folded(found[0]), found.start(), found.end(), opens, site))
    return tokens


def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.replace("\u2019", "'"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def matcher_of(segmentation: VoiceSegmentation) -> Matcher:
    """What finds the segmentation's competitors.

    Raises:
        ValueError: an alias that cannot be read, or is given to two competitors.
    """
    return Matcher(((one.name, one.aliases) for one in segmentation.competitors), segmentation.blocked)
