"""A question in the making: what the rules have found so far, and which words they used for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.language.asked import Asked, Mode
from bot.language.meanings import (
    AccountWord,
    ConditionWord,
    DateWord,
    FieldWord,
    GrammarWord,
    Item,
    NumberWord,
    ProductWord,
    Role,
    Unknown,
    ValueWord,
)
from bot.language.question import Reading, Sort, WordUse
from bot.language.tokens import phrase
from bot.language.vocabulary import Vocabulary
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Compare, In, Node, Not, Operator, Value, disjunction

SORTABLE = {FieldType.NUMBER, FieldType.MONEY, FieldType.DATE}
_NOT_GROUPS = {"name", "website", "phone", "owner_email"}


@dataclass(frozen=True)
class Term:
    """One condition, as it was said.

    Attributes:
        values: the values of ``field = value``; empty for every other condition.
        joined: the connective before it.
        placed: whether a word like "in" or "with" stands before it, so that it begins a new part.
        strong: negated by a word like "except", which likes to hold for what follows as well.
    """

    field: str
    node: Node
    values: tuple[Value, ...] = ()
    negative: bool = False
    strong: bool = False
    joined: Role | None = None
    placed: bool = False


@dataclass(frozen=True)
class Problem:
    """What stands in the way: words that mean nothing here, or more than one thing.

    Attributes:
        first, last: indexes of the items; ``last`` is one past the end.
    """

    first: int
    last: int
    reason: str = ""
    readings: tuple[Reading, ...] = ()
    known: bool = False  # the words are known; they do not fit, or are not available


@dataclass
class Draft:
    """What has been found so far."""

    vocabulary: Vocabulary
    text: str
    items: Sequence[Item]
    terms: list[Term] = field(default_factory=list)
    uses: list[tuple[int, int, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    accounts: list[tuple[int, AccountWord]] = field(default_factory=list)
    sorts: list[Sort] = field(default_factory=list)
    default_sorts: list[Sort] = field(default_factory=list)
    by: list[tuple[int, str]] = field(default_factory=list)
    direction: bool | None = None
    limit: int | None = None
    group: str | None = None
    which_group: bool = False
    where_at: int | None = None
    order_at: int | None = None
    one_noun: int | None = None
    counted: bool = False
    helped: bool = False
    nouns: bool = False
    card_at: list[int] = field(default_factory=list)
    leftover_fields: list[int] = field(default_factory=list)
    nots: list[int] = field(default_factory=list)
    joined: Role | None = None
    placed: bool = False
    either_at: int | None = None  # an "or" that waits for what it joins
    versus_at: int | None = None  # a "vs" that does
    contrasts: list[tuple[int, str]] = field(default_factory=list)  # a "vs", and the field of both sides
    mode: Mode = Mode.LIST
    asked: Asked = field(default_factory=Asked)

    def __post_init__(self) -> None:
        # Every rule asks every word for its role.
        self._grammar = [
            tuple(one for one in item.options if isinstance(one, GrammarWord)) for item in self.items
        ]

    def role(self, at: int, *roles: Role) -> GrammarWord | None:
        """The grammar word at an index, when it plays one of the roles."""
        if 0 <= at < len(self.items):
            for one in self._grammar[at]:
                if one.role in roles:
                    return one
        return None

    def gained(self, at: int, *, lost: bool) -> GrammarWord | None:
        """The verb of gaining or losing at an index; with ``lost`` the one that names a label itself."""
        found = [one for one in self._grammar[at] if one.role is Role.GAINED]
        return next((one for one in found if (one.argument not in {"from", "to"}) is lost), None)

    def number(self, at: int) -> NumberWord | None:
        """The number at an index."""
        options = self.items[at].options if at < len(self.items) else ()
        return next((one for one in options if isinstance(one, NumberWord)), None)

    def day(self, at: int) -> DateWord | None:
        """The written day at an index; the first one where there may be two (``doubts`` asks which)."""
        return next(iter(self.days(at)), None)

    def days(self, at: int) -> tuple[DateWord, ...]:
        """Every day that the word at an index may be."""
        options = self.items[at].options if 0 <= at < len(self.items) else ()
        return tuple(one for one in options if isinstance(one, DateWord))

    def field(self, at: int, *types: FieldType) -> Field | None:
        """The field named at an index, of one of the types when some are given."""
        options = self.items[at].options if 0 <= at < len(self.items) else ()
        for one in options:
            known = self.vocabulary.index.catalog.find(one.field) if isinstance(one, FieldWord) else None
            if known is not None and (not types or known.type in types):
                return known
        return None

    def said(self, *roles: Role) -> bool:
        """Whether any word of the sentence plays one of the roles."""
        return any(self.role(at, *roles) for at in range(len(self.items)))

    def asks_who(self) -> bool:
        """Whether the first word asks for people; it may stand in a phrase, "who has"."""
        first = phrase(self.items[0].text).split()[:1]
        return self.means(" ".join(first), Role.WHO)

    def means(self, word: str, *roles: Role) -> bool:
        """Whether a word, by itself, plays one of the roles in the language."""
        meanings = self.vocabulary.index.lexicon.words.get(phrase(word), ())
        return any(isinstance(one, GrammarWord) and one.role in roles for one in meanings)

    def values(self, at: int) -> tuple[ValueWord | ConditionWord, ...]:
        """The values that the word at an index may stand for."""
        options = self.items[at].options if 0 <= at < len(self.items) else ()
        return tuple(one for one in options if isinstance(one, ValueWord | ConditionWord))

    def named(self, at: int) -> tuple[AccountWord, ...]:
        """The accounts that the word at an index may stand for."""
        options = self.items[at].options if at < len(self.items) else ()
        return tuple(one for one in options if isinstance(one, AccountWord))

    def products(self, at: int) -> tuple[ProductWord, ...]:
        """The products that the word at an index may stand for."""
        options = self.items[at].options if 0 <= at < len(self.items) else ()
        return tuple(one for one in options if isinstance(one, ProductWord))

    def unknown(self, at: int) -> bool:
        """Whether the word at an index means nothing."""
        return isinstance(self.items[at].meaning, Unknown)

    def words_are_range(self, at: int) -> bool:
        """Whether the sign or word at an index makes a range of two numbers by itself: 10k-50k, 10 to 50."""
        return bool(self.role(at, Role.TO)) and not self.role(at, Role.AND)

    def skip(self, at: int, *more: Role) -> int:
        """The first index from there on that is not a filler, or one of the other roles."""
        while at < len(self.items) and self.role(at, Role.FILLER, *more) and not self.values(at):
            at += 1
        return at

    def behind(self, at: int) -> int:
        """The last index before that is not a filler; -1 when there is none."""
        at -= 1
        while at >= 0 and self.role(at, Role.FILLER):
            at -= 1
        return at

    def use(self, first: int, last: int, meaning: str) -> int:
        """Note what words ``first`` to ``last`` (one past the end) produced; returns ``last``."""
        self.uses.append((first, last, meaning))
        return last

    def problem(
        self, first: int, last: int, reason: str = "", *, readings: Sequence[Reading] = (), known: bool = True
    ) -> int:
        """Note what stands in the way; returns ``last``."""
        self.problems.append(Problem(first, last, reason, tuple(readings), known))
        self.nots, self.joined = [], None  # they belonged to what could not be read
        self.either_at = self.versus_at = None
        return last

    def words(self, first: int, last: int) -> str:
        """The words as they were written."""
        return self.text[self.items[first].start : self.items[last - 1].end]

    def rewritten(self, first: int, last: int, new: str) -> str:
        """The sentence with some words replaced."""
        start, end = self.items[first].start, self.items[last - 1].end
        text = " ".join((self.text[:start] + new + self.text[end:]).split())
        return text.replace(" ?", "?").strip(" ,")

    def add(self, first: int, last: int, term_field: str, node: Node, values: tuple[Value, ...] = ()) -> int:
        """Add a condition with the negation and the connective that wait for it; returns ``last``."""
        negative, strong = self._negation(term_field, values)
        term = Term(term_field, node, values, negative, strong, self.joined, self.placed)
        if self.versus_at is not None:
            self.contrasts.append((self.versus_at, self._side_by_side(term)))
        self.either_at = self.versus_at = None
        self.terms.append(term)
        start = min([first, *self.nots])
        self.uses.append((start, last, canonical(meaning_of(term))))
        self.nots, self.joined, self.placed = [], None, False
        return last

    def replace_last(self, term: Term) -> None:
        """Another condition in place of the last one, also in what its words are said to mean."""
        meant = canonical(meaning_of(self.terms[-1]))
        at = max(at for at, use in enumerate(self.uses) if use[2] == meant)
        self.uses[at] = (*self.uses[at][:2], canonical(meaning_of(term)))
        self.terms[-1] = term

    def _side_by_side(self, term: Term) -> str:
        """The field of which a value stands on either side; empty when there is none."""
        before = self.terms[-1] if self.terms else None
        alike = before is not None and before.field == term.field and before.values and not before.negative
        return term.field if alike and term.values and not term.negative else ""

    def add_values(self, first: int, last: int, term_field: str, values: tuple[str, ...]) -> int:
        """Add ``field = value``; of a list, that it has one of the values."""
        field = self.vocabulary.index.catalog.find(term_field)
        if field is not None and field.type is FieldType.LIST:
            has = disjunction(*(Compare(term_field, Operator.HAS, one) for one in values))
            return self.add(first, last, term_field, has)
        node = Compare(term_field, Operator.EQ, values[0]) if len(values) == 1 else In(term_field, values)
        return self.add(first, last, term_field, node, values)

    def _negation(self, term_field: str, values: tuple[Value, ...]) -> tuple[bool, bool]:
        negative = len(self.nots) % 2 == 1
        strong = any(self.role(at, Role.WITHOUT) for at in self.nots)
        before = self.terms[-1] if self.terms else None
        carries = (
            before is not None
            and before.negative
            and bool(values)
            and bool(before.values)
            and before.field == term_field
            and self.joined in {Role.AND, Role.OR, Role.COMMA}
        )
        if carries and before is not None and not self.nots:
            return True, before.strong
        return negative, strong

    def word_uses(self) -> tuple[WordUse, ...]:
        """The uses in the order of the sentence, with what was read instead of what was written."""
        used = {at for first, last, _ in self.uses for at in range(first, last)}
        corrected = [
            (at, at + 1, "") for at, item in enumerate(self.items) if item.correction and at not in used
        ]
        return tuple(
            WordUse(self._whole_words(first, last), (meaning + self._corrections(first, last)).strip())
            for first, last, meaning in sorted([*self.uses, *corrected])
        )

    def _whole_words(self, first: int, last: int) -> str:
        """The words as they were written; of one that was taken apart, all of it: top10."""
        while first > 0 and self._glued(first):
            first -= 1
        while last < len(self.items) and self._glued(last):
            last += 1
        return self.words(first, last)

    def _glued(self, at: int) -> bool:
        """Whether a word was written together with the one before it."""
        here = self.items[at].start
        return self.items[at - 1].end == here and self.text[here - 1].isalnum() and self.text[here].isalnum()

    def _corrections(self, first: int, last: int) -> str:
        changed = [item.correction for item in self.items[first:last] if item.correction]
        return f" (read as “{' '.join(changed)}”)" if changed else ""


def groupable(one: Field) -> bool:
    """Whether accounts can be counted by the values of a field."""
    return one.type in {FieldType.TEXT, FieldType.BOOLEAN} and one.name not in _NOT_GROUPS


def whole(number: NumberWord) -> int | None:
    """The number as a limit: a whole one of at least one."""
    value = number.value
    plain = number.currency is None and not number.percent and not number.and_more
    return int(value) if plain and value == int(value) and Decimal(1) <= value <= Decimal(10_000) else None


def meaning_of(term: Term) -> Node:
    """The condition with its negation."""
    return opposite(term.node) if term.negative else term.node


_FLIPPED = {
    Operator.GT: Operator.LE,
    Operator.GE: Operator.LT,
    Operator.LT: Operator.GE,
    Operator.LE: Operator.GT,
}


def opposite(node: Node) -> Node:
    """The negation, as a person means it: "not over 50k" is "at most 50k"."""
    if isinstance(node, Compare):
        if node.operator is Operator.EQ and not isinstance(node.value, bool):
            return replace(node, operator=Operator.NE)
        if isinstance(node.value, Decimal) and node.operator in _FLIPPED:
            return replace(node, operator=_FLIPPED[node.operator])
    return node.part if isinstance(node, Not) else Not(node)
