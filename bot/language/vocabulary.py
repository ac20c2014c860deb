"""The organisation's own words: what its labels, industries, owners, places and accounts are called.

The index is large (every account's name) and is built once per version of the data; a vocabulary is the
index together with who asks and on which day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.app.people import Person
from bot.app.ports import OrganisationWords
from bot.language.account_names import AccountNames
from bot.language.lexicon import Lexicon, lexicon
from bot.language.meanings import FieldWord, Meaning, ValueWord
from bot.language.nearest import Nearest
from bot.language.number_words import NumberWords
from bot.language.ordinary import ordinary_words
from bot.language.organisation import organisation_phrases, teams
from bot.language.tokens import phrase
from scoring.config import Configuration
from scoring.criteria.fields import Catalog

# Only the words of a question's own kind are inflected; two letters are never an ending's stem.
_SHORTEST_STEM = 3


@dataclass(frozen=True)
class Index:
    """Everything of the organisation that a sentence may name.

    Attributes:
        words: folded phrase -> meanings; ``capitals``: those that count only in capitals or after "in".
        users: user id -> the value of a condition on the owner.
        teams: owner's name -> the names of those who report to them.
        products: what is sold: id -> name.
        number_words: numbers of several words.
        reach: first word -> how many words the longest phrase has that begins with it.
        technologies: folded phrase -> name of what a company may use.
        technology_field: where that is kept; None where it is not.
        ordinary: words that are spelt rightly, whatever they mean; they are not taken for others.
        near: spelling of the language's and the organisation's words, without accounts.
    """

    lexicon: Lexicon
    catalog: Catalog
    words: Mapping[str, tuple[Meaning, ...]]
    capitals: Mapping[str, tuple[Meaning, ...]]
    accounts: AccountNames
    users: Mapping[str, ValueWord]
    teams: Mapping[str, tuple[str, ...]]
    values: Mapping[str, tuple[str, ...]]
    products: Mapping[str, str]
    number_words: NumberWords
    near: Nearest
    ordinary: frozenset[str]
    reach: Mapping[str, int]
    fiscal_year_starts: int
    technologies: Mapping[str, str]
    technology_field: str | None

    def meanings(self, key: str) -> tuple[Meaning, ...]:
        """What a phrase means, in singular or plural; the organisation's meanings first."""
        for variant in _variants(key):
            found = (*self.words.get(variant, ()), *(self.lexicon.words.get(variant, ())))
            if found and (variant == key or not isinstance(found[0], FieldWord)):
                return found
        return self.lexicon.words.get(key, ())


@dataclass(frozen=True)
class Vocabulary:
    """What a sentence of one person on one day can mean.

    Attributes:
        currency: ISO code of the organisation's currency.
    """

    index: Index
    me: Person
    today: date
    currency: str = "USD"


def build_index(words: OrganisationWords, catalog: Catalog, configuration: Configuration) -> Index:
    """Build the index; takes about two seconds for 100,000 accounts."""
    language = lexicon()
    found = organisation_phrases(words, catalog, configuration, language)
    kept = configuration.enrichment.fields.get("technologies")
    known = {*found.words, *(key for key in language.words if len(key) > 2)}  # noqa: PLR2004
    return Index(
        lexicon=language,
        catalog=catalog,
        words=found.words,
        capitals=found.capitals,
        accounts=AccountNames(words.accounts, language.legal_forms),
        users=found.users,
        teams=teams(words.users),
        values=found.values,
        products=words.products,
        number_words=NumberWords(language),
        near=Nearest(known),
        ordinary=ordinary_words(),
        reach=_reach((*found.words, *found.capitals, *language.words)),
        fiscal_year_starts=configuration.organisation.fiscal_year_starts,
        technologies={phrase(one): one for one in words.technologies},
        technology_field=kept.field if kept is not None else None,
    )


def _reach(phrases: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in phrases:
        first, _, rest = one.partition(" ")
        if rest:
            found[first] = max(found.get(first, 1), one.count(" ") + 1)
    return found


def build_vocabulary(
    words: OrganisationWords, catalog: Catalog, configuration: Configuration, me: Person, today: date
) -> Vocabulary:
    """Build index and vocabulary at once; ``Ask`` keeps the index."""
    return Vocabulary(build_index(words, catalog, configuration), me, today)


def _variants(key: str) -> tuple[str, ...]:
    """The phrase, and its last word without and with the endings of the plural."""
    variants = [key]
    if len(key) > _SHORTEST_STEM:
        if key.endswith("ies"):
            variants.append(key[:-3] + "y")
        if key.endswith("es"):
            variants.append(key[:-2])
        if key.endswith("s"):
            variants.append(key[:-1])
        else:
            variants += [key + "s", key + "es"]
        if key.endswith("y"):
            variants.append(key[:-1] + "ies")
    return tuple(variants)
