"""The organisation's phrases: values with their synonyms, owners, places, segments and field names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.app.ports import NamedUser, OrganisationWords
from bot.language.lexicon import Lexicon
from bot.language.meanings import (
    ConditionWord,
    FieldWord,
    GrammarWord,
    Meaning,
    ProductWord,
    Role,
    ValueWord,
)
from bot.language.tokens import fold, phrase
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, FieldType
from scoring.criteria.parse import parse
from scoring.voice.catalog import in_criteria

# Roles that hold a sentence together: an organisation's word of that spelling counts only in capitals.
_CORE = {
    *(Role.FILLER, Role.AND, Role.OR, Role.NOT, Role.WITHOUT, Role.PLACE, Role.LINK, Role.WITH, Role.ME),
    *(Role.NOUN, Role.NOUN_ONE, Role.BY, Role.PER, Role.COUNT, Role.TO, Role.THIS, Role.LAST),
}
_LONGEST_ABBREVIATION = 3
_NOT_VALUES = {"name", "owner", "owner_email", "website", "phone"}  # named in other ways


@dataclass
class Phrases:
    """What was collected so far."""

    lexicon: Lexicon
    words: dict[str, tuple[Meaning, ...]] = field(default_factory=dict)
    capitals: dict[str, tuple[Meaning, ...]] = field(default_factory=dict)
    users: dict[str, ValueWord] = field(default_factory=dict)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, text: str, meaning: Meaning, *, abbreviation: bool = False) -> None:
        """Note a meaning of a phrase."""
        key = phrase(text)
        if not key:
            return
        grammar = self.lexicon.words.get(key, ())
        core = any(isinstance(one, GrammarWord) and one.role in _CORE for one in grammar)
        book = self.capitals if core or abbreviation else self.words
        if meaning not in book.get(key, ()):
            book[key] = (*book.get(key, ()), meaning)

    def add_joined(self, text: str, meaning: Meaning) -> None:
        """Note a phrase, and the same phrase written as one word: health care, healthcare."""
        self.add(text, meaning)
        if " " in phrase(text):
            self.add(phrase(text).replace(" ", ""), meaning)


def organisation_phrases(
    words: OrganisationWords, catalog: Catalog, configuration: Configuration, lexicon: Lexicon
) -> Phrases:
    """Collect every phrase of the organisation but its accounts' names."""
    found = Phrases(lexicon)
    found.values.update(_values(words, catalog, configuration))
    _add_fields(found, catalog)
    _add_values(found)
    _add_segments(found, catalog, configuration)
    _add_synonyms(found, configuration)
    if catalog.find("owner"):
        _add_owners(found, words)
    _add_products(found, words)
    _add_places(found, catalog)
    return found


def teams(users: Sequence[NamedUser]) -> dict[str, tuple[str, ...]]:
    """Manager's name -> the names of those who report to them."""
    names = {user.id: user.name for user in users}
    found: dict[str, tuple[str, ...]] = {}
    for user in users:
        if user.manager_id in names:
            manager = names[user.manager_id]
            found[manager] = (*found.get(manager, ()), user.name)
    return found


def _values(
    words: OrganisationWords, catalog: Catalog, configuration: Configuration
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every field that has known values, by its canonical name."""
    taken: dict[str, dict[str, None]] = {}
    for name, values in words.values.items():
        one = catalog.find(name)
        if one is not None and one.type is FieldType.TEXT and one.name not in _NOT_VALUES:
            taken.setdefault(one.name, {}).update(dict.fromkeys(value for value in values if value))
    for one in catalog:
        if one.values and one.name not in _NOT_VALUES:
            taken.setdefault(one.name, {}).update(dict.fromkeys(one.values))
    if catalog.find("label"):
        labels = (label.name for label in configuration.primary.labels)
        taken.setdefault("label", {}).update(dict.fromkeys(labels))
    yield from ((name, tuple(values)) for name, values in taken.items())


def _add_fields(found: Phrases, catalog: Catalog) -> None:
    for one in catalog:
        for spoken in (one.name, one.label, *one.aliases, *found.lexicon.fields.get(one.name, ())):
            if len(phrase(spoken)) > 1 or spoken == one.name:
                _add_field(found, spoken, one.name)
    for name in catalog.absent:  # so that it is said what it needs
        for spoken in found.lexicon.fields.get(name, ()) if catalog.find(name) is None else ():
            _add_field(found, spoken, name)


def _add_field(found: Phrases, spoken: str, name: str) -> None:
    known = found.words.get(phrase(spoken), ())
    grammar = found.lexicon.words.get(phrase(spoken), ())
    if any(isinstance(meaning, GrammarWord) and meaning.role in _CORE for meaning in grammar):
        return  # a field that is called "Account" or "All"
    # Mapped fields come first in the catalog and win over CRM fields that are called alike.
    if not any(isinstance(meaning, FieldWord) for meaning in known):
        found.add(spoken, FieldWord(name))


def _add_values(found: Phrases) -> None:
    first = {fold(value) for value in found.values.get("label", ())}
    for name, values in found.values.items():
        for value in values:
            # A label of a second segmentation is meant only when the first has none of that name.
            if name == "label" or not name.startswith("label") or fold(value) not in first:
                found.add_joined(value, ValueWord(name, (value,)))


def _add_synonyms(found: Phrases, configuration: Configuration) -> None:
    for group in configuration.synonyms:
        present = _present(group.same, found.values.get(group.field, ()))
        for word in group.same if present else ():
            _set_synonym(found, word, ValueWord(group.field, present))


def _set_synonym(found: Phrases, word: str, meaning: ValueWord) -> None:
    """A synonym replaces the single value of its own field; a name of something else is stronger than it."""
    for key in {phrase(word), phrase(word).replace(" ", "")}:
        known = found.words.get(key, ())
        named = [one for one in known if isinstance(one, ValueWord | ConditionWord)]
        if any(isinstance(one, ConditionWord) or one.field != meaning.field for one in named):
            continue
        found.words[key] = tuple(one for one in known if one not in named)
        short = word.isupper() and len(word) <= _LONGEST_ABBREVIATION and key in found.lexicon.words
        found.add(key, meaning, abbreviation=short)


def _present(names: Iterable[str], values: Iterable[str]) -> tuple[str, ...]:
    wanted = {phrase(name) for name in names}
    return tuple(value for value in values if phrase(value) in wanted)


def _add_owners(found: Phrases, words: OrganisationWords) -> None:
    names = (*(user.name for user in words.users), *words.values.get("owner", ()))
    found.values["owner"] = tuple(dict.fromkeys(name for name in names if name))
    named: dict[str, list[NamedUser]] = {}
    for user in words.users:
        named.setdefault(fold(user.name), []).append(user)
    for user in words.users:
        alone = len(named[fold(user.name)]) == 1 or not user.email
        meaning = ValueWord("owner", (user.name,)) if alone else ValueWord("owner_email", (user.email or "",))
        found.users[user.id] = meaning
        _add_person(found, user.name, meaning)
    for name in words.values.get("owner", ()):
        if name and fold(name) not in named:
            _add_person(found, name, ValueWord("owner", (name,)))


def _add_products(found: Phrases, words: OrganisationWords) -> None:
    for identifier, name in words.products.items():
        if not phrase(name).isdigit():  # a product that is called "500" would take every number
            found.add_joined(name, ProductWord(identifier, name))


def _add_person(found: Phrases, name: str, meaning: ValueWord) -> None:
    parts = name.split()
    for spoken in dict.fromkeys((name, *((parts[0], parts[-1]) if len(parts) > 1 else ()))):
        found.add(spoken, meaning)


def _add_places(found: Phrases, catalog: Catalog) -> None:
    language = found.lexicon
    known = [("city", group) for group in language.cities if _present(group, found.values.get("city", ()))]
    known += [("country", group) for group in language.countries] if catalog.find("country") else []
    if catalog.find("state"):
        known += [("state", group) for group in _states(language)]
    # Where the organisation has accounts comes first: LA is Los Angeles to who sells nothing in Louisiana.
    known.sort(key=lambda place: not _present(place[1], found.values.get(place[0], ())))
    for name, group in known:
        _add_place(found, catalog, name, group)


def _states(language: Lexicon) -> Iterator[tuple[str, ...]]:
    """Every state with all its names: Texas, TX, Tex, State of Texas; of one state."""
    shorter: dict[str, list[str]] = {}
    for short, name in language.states.items():
        shorter.setdefault(name, []).append(short)
    yield from ((name, *shorts) for name, shorts in shorter.items())


def _add_place(found: Phrases, catalog: Catalog, name: str, group: Sequence[str]) -> None:
    """All names of a place mean those the organisation uses; a place where it has nobody is known too."""
    present = _present(group, found.values.get(name, ()))
    one = catalog.find(name)
    if not present and one is not None and one.values:
        return  # a closed set without it
    meaning = ValueWord(name, present or (group[0],))
    for spoken in group:
        short = spoken.isupper() and len(spoken.replace(".", "")) <= _LONGEST_ABBREVIATION
        if not present and _means_a_value(found, spoken, name):
            continue
        if not _joins(found, spoken, meaning):
            found.add(spoken, meaning, abbreviation=short)


def _joins(found: Phrases, spoken: str, meaning: ValueWord) -> bool:
    """Where records have a place by two names, TX and Texas, either name means both.

    A synonym of the organisation that says as much, or more, stays.
    """
    key = phrase(spoken)
    for book in (found.words, found.capitals):
        known = [
            one for one in book.get(key, ()) if isinstance(one, ValueWord) and one.field == meaning.field
        ]
        if any(set(meaning.values) <= set(one.values) for one in known):
            return True
        narrower = [one for one in known if set(one.values) < set(meaning.values)]
        if narrower:
            book[key] = (meaning, *(one for one in book[key] if one not in narrower))
            return True
    return False


def _means_a_value(found: Phrases, spoken: str, name: str) -> bool:
    """Whether a word already stands for something the organisation really has."""
    key = phrase(spoken)
    known = (*found.words.get(key, ()), *found.capitals.get(key, ()))
    return any(isinstance(one, ValueWord) and one.field != name for one in known)


def _add_segments(found: Phrases, catalog: Catalog, configuration: Configuration) -> None:
    for segment in configuration.segments:
        try:
            criteria = parse(in_criteria(segment.criteria), catalog)
            found.add_joined(segment.name, ConditionWord(segment.name, criteria))
        except CriteriaError:
            continue  # checking the configuration tells its author; here it is simply not a word
