"""The language's own words, read from its data file. Nothing of an organisation is here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

from ruamel.yaml import YAML

from bot.language.meanings import GrammarWord, Meaning, NumberWord, Role
from bot.language.tokens import phrase

_WITH_ARGUMENT = {"superlatives", "relative_days", "months", "weekdays", "later"}
_NOT_ROLES = {
    "numbers",
    "multipliers",
    "loose_multipliers",
    "currencies",
    "fields",
    "number_one",
    "number_joining",
    "number_half",
}


@dataclass(frozen=True)
class LaterFeature:
    """Something people ask for that is not there yet, and questions that come near.

    Attributes:
        says: a sentence that tells it, where "are not available yet" does not.
    """

    name: str
    near: tuple[str, ...]
    says: str = ""


@dataclass(frozen=True)
class Lexicon:
    """One language.

    Attributes:
        words: phrase -> its grammatical meanings.
        fields: canonical field name -> how it is spoken of.
        countries, cities: groups of names of one place, the usual name first.
        states: abbreviation, or another short name -> name; ``spoken``: abbreviations that are words as well.
        number_fractions: what a million is multiplied by: a quarter, half a.
        spellings: words as they are typed in haste -> as they are meant; one or two words each.
        digit_to, digit_for: a digit that is typed for the word, and the word.
        before_a_number: what is typed for a word before a number -> the word.
        infinitives: verbs that stand behind "to".
        unit_letters: a letter that is typed for a unit of time -> the unit.
    """

    words: Mapping[str, tuple[Meaning, ...]]
    fields: Mapping[str, tuple[str, ...]]
    multipliers: Mapping[str, Decimal]
    loose_multipliers: frozenset[str]
    number_one: frozenset[str]
    number_joining: frozenset[str]
    number_half: tuple[str, ...]
    number_fractions: Mapping[str, Decimal]
    number_pairs: Mapping[str, Decimal]
    spellings: Mapping[str, str]
    digit_to: tuple[str, str]
    digit_for: tuple[str, str]
    before_a_number: Mapping[str, str]
    infinitives: frozenset[str]
    unit_letters: Mapping[str, str]
    currencies: Mapping[str, str]
    later: Mapping[str, LaterFeature]
    countries: tuple[tuple[str, ...], ...]
    cities: tuple[tuple[str, ...], ...]
    states: Mapping[str, str]
    spoken: frozenset[str]
    legal_forms: frozenset[str]

    @property
    def shorthand(self) -> frozenset[str]:
        """Every digit and letter that may stand for a word."""
        return frozenset({self.digit_to[0], self.digit_for[0], *self.unit_letters})


@lru_cache(maxsize=4)
def lexicon(language: str = "en") -> Lexicon:
    """The words of a language; read once."""
    document, places = _read(f"{language}.yaml"), _read("places.yaml")
    words: dict[str, tuple[Meaning, ...]] = {}
    for text, meaning in [*_grammar(document), *_numbers(document)]:
        known = words.get(phrase(text), ())
        if phrase(text) and meaning not in known:
            words[phrase(text)] = (*known, meaning)
    return Lexicon(
        words=words,
        fields={name: tuple(spoken) for name, spoken in document["fields"].items()},
        multipliers={word: Decimal(value) for word, value in document["multipliers"].items()},
        loose_multipliers=frozenset(document["loose_multipliers"]),
        number_one=frozenset(document["number_one"]),
        number_joining=frozenset(document["number_joining"]),
        number_half=tuple(document["number_half"]),
        number_fractions=_numbered_words(document["number_fractions"]),
        number_pairs=_numbered_words(document["number_pairs"]),
        spellings={phrase(word): phrase(meant) for word, meant in document["spellings"].items()},
        digit_to=_pair(document["digit_to"]),
        digit_for=_pair(document["digit_for"]),
        before_a_number=dict(document["before_a_number"]),
        infinitives=frozenset(document["infinitives"]),
        unit_letters=dict(document["unit_letters"]),
        currencies={word: code for code, spoken in document["currencies"].items() for word in spoken},
        later={
            one["name"]: LaterFeature(one["name"], tuple(one["near"]), one.get("says", ""))
            for one in document["later"]
        },
        countries=tuple(tuple(group) for group in places["countries"]),
        cities=tuple(tuple(group) for group in places["cities"]),
        states=dict(places["states"]),
        spoken=frozenset(places["spoken"]),
        legal_forms=frozenset(phrase(form) for form in places["legal_forms"]),
    )


def _read(name: str) -> Any:
    text = resources.files("bot.language").joinpath("words", name).read_text(encoding="utf-8")
    return YAML(typ="safe", pure=True).load(text)


def _pair(part: Mapping[Any, str]) -> tuple[str, str]:
    (digit, word), *_ = part.items()
    return str(digit), word


def _numbered_words(part: Mapping[str, float]) -> dict[str, Decimal]:
    return {phrase(text): Decimal(str(value)) for text, value in part.items()}


def _numbers(document: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for text, value in document["numbers"].items():
        yield text, NumberWord(Decimal(value))


def _grammar(document: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for role in Role:
        if role.value not in document:
            continue
        part = document[role.value]
        if role.value in _WITH_ARGUMENT:
            yield from _with_argument(role, part)
        elif isinstance(part, dict):
            yield from (
                (text, GrammarWord(role, str(argument)))
                for argument, spoken in part.items()
                for text in spoken
            )
        else:
            yield from ((text, GrammarWord(role)) for text in part)


def _with_argument(role: Role, part: Any) -> Iterator[tuple[str, Meaning]]:
    if role is Role.TODAY:
        yield from ((text, GrammarWord(role, str(days))) for text, days in part.items())
    elif role in {Role.MONTH, Role.WEEKDAY}:
        yield from _numbered(role, part)
    elif role is Role.LATER:
        yield from ((text, GrammarWord(role, one["name"])) for one in part for text in one["words"])
    else:
        yield from (
            (text, GrammarWord(role, one["field"], one["descending"]))
            for one in part
            for text in one["words"]
        )


def _numbered(role: Role, part: Sequence[Sequence[str]]) -> Iterator[tuple[str, Meaning]]:
    for number, spoken in enumerate(part, start=1):
        yield from ((text, GrammarWord(role, str(number))) for text in spoken)
