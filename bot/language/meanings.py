"""What a word or phrase can mean: grammar, a field, a value of the organisation, an account."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from scoring.criteria.tree import Node


class Role(StrEnum):
    """The part a grammar word plays; the names are the keys of ``words/en.yaml``."""

    FILLER = "filler"
    BOTH = "both"
    EVERY_ONE = "every_one"
    WE = "we"
    WITH = "with"
    THEIR = "their"
    LINK = "link"
    PLACE = "place"
    NOUN = "noun"
    NOUN_ONE = "noun_one"
    GROUP_NOUN = "group_noun"
    AND = "and"
    OR = "or"
    NOR = "nor"
    COMMA = "comma"
    NOT = "not"
    NOT_ONLY = "not_only"  # nothing that can be asked for; it denies something else than the next word
    WITHOUT = "without"
    EMPTY = "empty"
    ME = "me"
    NOBODYS = "nobodys"
    SPEAKER = "speaker"
    SOLD_TO = "sold_to"
    OWNED = "owned"
    OWNS = "owns"
    POSSESSIVE = "possessive"
    OVER = "over"
    AT_LEAST = "at_least"
    UNDER = "under"
    AT_MOST = "at_most"
    EXACTLY = "exactly"
    ROUGHLY = "roughly"
    UNLIKE = "unlike"
    OR_MORE = "or_more"
    OR_LESS = "or_less"
    BETWEEN = "between"
    TO = "to"
    SUPERLATIVE = "superlatives"
    MOST = "most"
    FEWEST = "fewest"
    BY = "by"
    SORT_BY = "sort_by"
    ASCENDING = "ascending"
    DESCENDING = "descending"
    LIMIT = "limit"
    COUNT = "count"
    PER = "per"
    WHICH_OF = "which_of"
    WHERE_ARE = "where_are"
    WHERE = "where"
    BOUGHT = "bought"
    ACTIVE = "active"
    LAST_BOUGHT = "last_bought"
    NEVER_BOUGHT = "never_bought"
    INACTIVE = "inactive"
    SINCE = "since"
    BEFORE = "before"
    AFTER = "after"
    DURING = "during"
    AGO = "ago"
    LAST = "last"
    PAST = "past"
    THIS = "this"
    NEXT = "next"
    TODAY = "relative_days"
    UNIT = "units"
    HOUR = "hours"
    MONTH = "months"
    CARD = "card"
    WHY = "why"
    BEFELL = "befell"
    FLOCK = "flock"
    OVERVIEW = "overview"
    DOING = "doing"
    METRIC = "metrics"
    HAVE_GOT = "have_got"
    LOOSE_METRIC = "loose_metrics"
    AGGREGATE = "aggregates"
    HOW_MUCH = "how_much"
    EARNING = "earning"
    WORTH = "worth"
    CLOSING = "closing"
    FIGURE_VERB = "figure_verbs"
    DEAL_NOUN = "deal_nouns"
    DEAL_NOUN_ONE = "deal_nouns_one"
    DEAL_OWNER = "deal_owners"
    BY_PRODUCT = "product_groups"
    BEST_PRODUCTS = "best_products"
    PRODUCTS = "products_noun"
    DEAL_VERB = "deal_verbs"
    GAINED = "gained"
    ALL_TIME = "all_time"
    SHARE = "share"
    SHARE_VERB = "share_verb"
    AMONG = "among"
    SINGULAR_VERB = "singular_verb"
    EVERY = "every"
    TREND = "trend"
    VERSUS = "versus"
    COMPARE = "compare"
    MOVED = "moved"
    GROWN = "grown"
    USES = "uses"
    FROM_LABEL = "from_label"
    TO_LABEL = "to_label"
    LABEL_NOUN = "label_noun"
    WERE = "were"
    EVER = "ever"
    FORMER = "former"
    NEWLY = "newly"
    FIRST_BOUGHT = "first_bought"
    CUSTOMERS = "customers"
    TIMES = "times"
    MORE = "more"
    THAN = "than"
    ORDERS = "orders"
    WHO = "who"
    STILL = "still"
    MODAL = "modal"
    OFFER = "offer"
    RENEWAL = "renewal"
    WEEKDAY = "weekdays"
    START_OF = "start_of"
    END_OF = "end_of"
    QUARTER = "quarters"
    HALF = "halves"
    SAME_PERIOD = "same_period"
    TO_DATE = "to_date"
    CONTAINING = "containing"
    STARTING = "starting"
    ENDING = "ending"
    IN_NAME = "in_name"
    CALLED = "called"
    CURRENCY = "currencies"
    TRAVEL = "travel"
    TRAVEL_DAY = "travel_day"
    NEARBY = "nearby"
    OCCASION = "occasion"
    FOR_OCCASION = "for_occasion"
    AUDIENCE = "audience"
    SO_THAT = "so_that"
    PREPARING = "preparing"
    BRIEFLY = "briefly"
    HELP = "help"
    CONTACTS = "contacts"
    LEAVING = "leaving"
    TAGGED = "tagged"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class GrammarWord:
    """A word of the language itself.

    Attributes:
        argument: a field for a superlative, a unit's or month's name, a later feature's name, a metric, what
            is made of a field's values, how a label changed; else empty.
        descending: the direction of a superlative.
    """

    role: Role
    argument: str = ""
    descending: bool = True


@dataclass(frozen=True, slots=True)
class NumberWord:
    """A number, perhaps with a currency, perhaps open-ended (``50k+``)."""

    value: Decimal
    currency: str | None = None
    and_more: bool = False
    percent: bool = False


@dataclass(frozen=True, slots=True)
class DateWord:
    """A day, written in digits; a word may be one of two: 11/12/2026."""

    iso: str


@dataclass(frozen=True, slots=True)
class FieldWord:
    """The spoken name of a field."""

    field: str


@dataclass(frozen=True, slots=True)
class ValueWord:
    """A value of a field of the organisation, ``industry = medical``; several where synonyms share a word."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConditionWord:
    """A name for a whole condition: a saved segment, a team."""

    name: str
    node: Node


@dataclass(frozen=True, slots=True)
class AccountWord:
    """An account, by its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ProductWord:
    """Something that is sold, by its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that means nothing here."""


Meaning = (
    GrammarWord
    | NumberWord
    | DateWord
    | FieldWord
    | ValueWord
    | ConditionWord
    | AccountWord
    | ProductWord
    | Unknown
)


@dataclass(frozen=True, slots=True)
class Item:
    """A run of words with what it means.

    Attributes:
        options: every meaning that is left when the neighbours have been looked at; best first.
        start: index of the first character in the sentence; ``end`` is one past the last.
        correction: how it would have been spelt, when it was not written like that.
    """

    text: str
    start: int
    end: int
    options: tuple[Meaning, ...]
    correction: str | None = None

    @property
    def meaning(self) -> Meaning:
        """The best meaning."""
        return self.options[0]

    def role(self) -> Role | None:
        """The grammatical role; None for everything that is not grammar."""
        return self.meaning.role if isinstance(self.meaning, GrammarWord) else None
