"""How a sentence goes on with a question: the words around its condition, and what it asks to be done.

Nothing is understood here but the phrases of ``words/follow_ups_en.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from ruamel.yaml import YAML

from bot.language.lexicon import lexicon
from bot.language.meanings import NumberWord
from bot.language.merging import Manner
from bot.language.question import Action
from bot.language.tokens import Token, tokens

Phrases = tuple[tuple[str, ...], ...]  # of words; longest first
MOST_ROWS = 1000


@dataclass(frozen=True)
class Words:
    """The phrases of one language, by what they do."""

    polite: Phrases
    before: Mapping[Manner, Phrases]
    after: Mapping[Manner, Phrases]
    pronouns: Phrases
    whole: Phrases
    count: Phrases
    list: Phrases
    why: Phrases
    top: Phrases
    by_period: Phrases
    next: Phrases
    number_after: Phrases
    number_before: Phrases
    undo: Phrases
    verbs: Mapping[Action, Phrases]
    ends: Mapping[Action, Phrases]
    formats: Mapping[str, Phrases]
    objects: Phrases
    named: Phrases
    rows: Phrases
    figures: Mapping[str, Any]


@lru_cache(maxsize=4)
def follow_up_words(language: str = "en") -> Words:
    """The phrases of a language; read once."""
    file = resources.files("bot.language").joinpath("words", f"follow_ups_{language}.yaml")
    document = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    requests = document["requests"]
    plain = (
        "polite",
        "pronouns",
        "whole",
        "count",
        "list",
        "why",
        "top",
        "by_period",
        "objects",
        "named",
        "rows",
    )
    manners = {Manner.ONLY: "only", Manner.AND: "and", Manner.OR: "or", Manner.REPLACE: "replace"}
    acts = (Action.CHART, Action.EXPORT, Action.SHARE, Action.SAVE)
    return Words(
        before={manner: _phrases(document[key]) for manner, key in manners.items()},
        after={one: _phrases(document.get(f"after_{key}", ())) for one, key in manners.items()},
        next=_phrases(requests["next"]["say"]),
        number_after=_phrases(requests["next"]["number_after"]),
        number_before=_phrases(requests["next"]["number_before"]),
        undo=_phrases(requests["undo"]["say"]),
        verbs={act: _phrases(requests[act.value]["verbs"]) for act in acts},
        ends={act: _phrases(requests[act.value].get("ends", ())) for act in acts},
        formats={name: _phrases(spoken) for name, spoken in document["formats"].items()},
        figures=document["figures"],
        **{name: _phrases(document[name]) for name in plain},
    )


def _phrases(spoken: Iterable[str]) -> Phrases:
    found = {tuple(token.norm for token in tokens(one)) for one in spoken}
    return tuple(sorted(found, key=len, reverse=True))


@dataclass(frozen=True)
class Fragment:
    """A run of a sentence's words.

    Attributes:
        text: the whole sentence.
        words: its words; nothing that only ends a sentence.
    """

    text: str
    words: tuple[Token, ...]
    asked: bool = False  # it ends with a question mark

    @staticmethod
    def of(text: str) -> Fragment:
        """The sentence, without what ends it and without politeness around it."""
        found = list(tokens(text))
        asked = text.rstrip().endswith("?")
        while found and found[-1].norm in {"?", ",", ";"}:
            found.pop()
        whole = Fragment(text, tuple(found), asked)
        polite = follow_up_words().polite
        while whole.words and (rest := whole.behind(polite)) is not None and rest.words:
            whole = rest.without_comma()
        while whole.words and (rest := whole.before(polite)) is not None and rest.words:
            whole = rest.without_comma()
        return whole

    @property
    def norms(self) -> tuple[str, ...]:
        """The words as they are compared."""
        return tuple(one.norm for one in self.words)

    def said(self) -> str:
        """The words as they were typed."""
        return self.text[self.words[0].start : self.words[-1].end] if self.words else ""

    def behind(self, phrases: Phrases) -> Fragment | None:
        """What comes after the longest of the phrases that it begins with; None when with none."""
        norms = self.norms
        found = next((one for one in phrases if norms[: len(one)] == one), None)
        return None if found is None else Fragment(self.text, self.words[len(found) :], self.asked)

    def before(self, phrases: Phrases) -> Fragment | None:
        """What comes before the longest of the phrases that it ends with; None when with none."""
        norms = self.norms
        found = next((one for one in phrases if one and norms[-len(one) :] == one), None)
        return None if found is None else Fragment(self.text, self.words[: -len(found)], self.asked)

    def without(self, phrases: Phrases) -> Fragment | None:
        """The words with one of the phrases cut out of them; None when it holds none."""
        norms = self.norms
        for one in phrases:
            for at in range(len(norms) - len(one) + 1):
                if norms[at : at + len(one)] == one:
                    left, right = self.words[:at], self.words[at + len(one) :]
                    return _joined(self, left, right)
        return None

    def without_comma(self) -> Fragment:
        """Without commas that it begins or ends with."""
        said = [at for at, one in enumerate(self.words) if one.norm not in {",", ";"}]
        return Fragment(self.text, self.words[said[0] : said[-1] + 1] if said else (), self.asked)

    def is_one_of(self, phrases: Phrases) -> bool:
        """Whether it is just one of the phrases."""
        return self.norms in phrases


def _joined(whole: Fragment, left: Sequence[Token], right: Sequence[Token]) -> Fragment:
    text = " ".join(Fragment(whole.text, tuple(part)).said() for part in (left, right)).strip()
    found = tuple(tokens(text))
    return Fragment(text, found, whole.asked)


@dataclass(frozen=True)
class Wanted:
    """Something to be done.

    Attributes:
        argument: how many, which name, which format.
        rest: what is said of the question besides.
    """

    action: Action
    argument: str = ""
    rest: Fragment | None = None


def wanted(fragment: Fragment) -> Wanted | None:
    """What a sentence asks to be done with a question; None when it does not."""
    words = follow_up_words()
    if fragment.is_one_of(words.next):
        return Wanted(Action.NEXT)
    if fragment.is_one_of(words.undo):
        return Wanted(Action.UNDO)
    rows = _rows(fragment, words)
    if rows is not None:
        return Wanted(Action.NEXT, str(rows))
    return _saved(fragment, words) or _shared(fragment, words) or _drawn(fragment, words)


def number_of(fragment: Fragment) -> int | None:
    """A whole number that the fragment consists of, in digits or in words."""
    if len(fragment.words) == 1 and fragment.words[0].kind == "number":
        digits = fragment.words[0].norm
        return (
            int(digits) if digits.isdecimal() and digits.isascii() and 1 <= int(digits) <= MOST_ROWS else None
        )
    for one in lexicon().words.get(" ".join(fragment.norms), ()):
        if isinstance(one, NumberWord) and one.value == int(one.value) and 1 <= one.value <= MOST_ROWS:
            return int(one.value)
    return None


def _rows(fragment: Fragment, words: Words) -> int | None:
    """Next 10; 10 more."""
    named = fragment.before(words.rows) or fragment
    after, before = named.behind(words.number_after), named.before(words.number_before)
    return next((found for one in (after, before) if one and (found := number_of(one))), None)


def _saved(fragment: Fragment, words: Words) -> Wanted | None:
    """Save this as "Berlin VIPs"."""
    rest = fragment.behind(words.verbs[Action.SAVE])
    if rest is None:
        return None
    named = _over(rest, words.objects).behind(words.named)
    if named is None:
        plain = _over(rest, words.objects)
        quoted = len(plain.words) == 1 and plain.words[0].kind == "quoted"
        return Wanted(Action.SAVE, _name(plain)) if quoted or not plain.words else None
    return Wanted(Action.SAVE, _name(_over(named, words.named)))


def _over(fragment: Fragment, phrases: Phrases) -> Fragment:
    return fragment.behind(phrases) or fragment


def _name(fragment: Fragment) -> str:
    return " ".join(fragment.said().strip("\"'“”„«»` ").split())


def _shared(fragment: Fragment, words: Words) -> Wanted | None:
    """Share this with the channel."""
    rest = fragment.behind(words.verbs[Action.SHARE])
    if rest is None:
        return None
    rest = _over(rest, words.objects)
    rest = rest.behind(words.ends[Action.SHARE]) or rest
    return None if rest.words else Wanted(Action.SHARE)


def _drawn(fragment: Fragment, words: Words) -> Wanted | None:
    """Chart it; by industry as a chart; export only VIPs as CSV: with what else is said of the question."""
    for action in (Action.CHART, Action.EXPORT):
        ends = words.ends[action]
        rest, argument = _format(fragment, words) if action is Action.EXPORT else (fragment, "")
        begun = rest.behind(words.verbs[action])
        cut = begun if begun is not None else rest
        ended = cut.before(ends)
        if begun is None and ended is None and not argument:
            continue
        cut = ended if ended is not None else cut
        cut = _over(cut, words.objects) if begun is not None else cut
        return Wanted(action, argument, cut.without_comma() if cut.words else None)
    return None


def _format(fragment: Fragment, words: Words) -> tuple[Fragment, str]:
    for name, phrases in words.formats.items():
        rest = fragment.before(phrases)
        if rest is not None:
            return rest, name
    return fragment, ""


@dataclass(frozen=True)
class Cut:
    """A sentence without what only says how it goes on.

    Attributes:
        manner: what its condition does with those before it.
        marked: whether it says so itself; otherwise it may be a question of its own.
        about_them: whether it speaks of the accounts of the question before.
    """

    rest: Fragment
    manner: Manner
    marked: bool = False
    about_them: bool = False


def cut(fragment: Fragment) -> Cut:
    """Take the words away that say how a sentence goes on."""
    words = follow_up_words()
    about = fragment.without(words.pronouns)
    rest = about if about is not None else fragment
    found = next(_marks(rest, words), None)
    if found is None:
        manner = Manner.ONLY if about is not None else Manner.BARE
        return Cut(rest, manner, about_them=about is not None)
    manner, left = found
    if manner is Manner.AND and fragment.asked:
        manner = Manner.REPLACE  # and in Chicago?
    return Cut(left.without_comma(), manner, marked=True, about_them=about is not None)


def _marks(fragment: Fragment, words: Words) -> Iterator[tuple[Manner, Fragment]]:
    """The manners that its first words or its last ones say."""
    order = (Manner.REPLACE, Manner.ONLY, Manner.AND, Manner.OR)
    for manner in order:
        rest = fragment.behind(words.before[manner])
        if rest is not None and rest.words:
            second = next(_marks(rest, words), None)  # and what about Chicago? · actually only VIPs
            yield second if second is not None else (manner, rest)
    for manner in order:
        rest = fragment.before(words.after[manner])
        if rest is not None and rest.words:
            yield manner, rest
