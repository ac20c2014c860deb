"""From text to shapes: which fields, operators and values stand where. Knows no field and no type yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args
from lark.lark import PostLex

from scoring.criteria.errors import CriteriaError
from scoring.criteria.values import RESERVED

LONGEST_TEXT = 20_000
_ESCAPED = re.compile(r'\\(["\\])')
AND_OR = "`and` or `or`"
# Terminal -> what a person would call what could stand here; the first that is possible counts.
WANTED = {
    "OPERATOR": "an operator such as =, >=, in, contains or is empty",
    "_AND": "`and` with the higher end",
    "COMMA": "a comma or a closing bracket",
    "_NOT": "a condition",
}
FIELD_OF_SEVERAL_WORDS = 'A field\'s name of several words needs quotation marks: "…".'
QUOTATION_MARKS = "\"'\u201c\u201d\u2018\u2019"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A field's name or a value as it was written: the text without quotation marks, and where it begins."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class FactShape:
    """A fact of related records. ``name`` is such as ``deals.sum``, or the records alone with ``measure``."""

    name: Phrase
    measure: str | None
    field: Phrase | None
    where: Shape | None

    @property
    def position(self) -> int:
        """Where it begins."""
        return self.name.position


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. ``shape`` is the rule of the grammar that it met, such as ``comparison``."""

    shape: str
    field: Phrase | FactShape
    values: tuple[Phrase, ...] = ()
    operator: str = ""  # lower case, single spaces; only of a comparison
    operator_position: int = 0


@dataclass(frozen=True, slots=True)
class Quantified:
    """``any contact where …``; ``word`` in lower case."""

    word: str
    relation: Phrase
    where: Shape | None


@dataclass(frozen=True, slots=True)
class Bought:
    """``bought "GTX Pro" since 90 days ago``; ``moment`` is a condition without a field."""

    position: int
    product: Phrase | None
    moment: Condition | None
    where: Shape | None


@dataclass(frozen=True, slots=True)
class Membership:
    """``in segment "Berlin VIPs"``."""

    segment: Phrase


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts joined by ``and`` or ``or``, or one part after ``not``."""

    word: str
    parts: tuple[Shape, ...]


Shape = Condition | Quantified | Bought | Membership | Joined


def shape_of(text: str) -> Shape | None:
    """Read the shape of a text; None when it is empty.

    Raises:
        CriteriaError: it is no text of the language; says where, and what could stand there.
    """
    if len(text) > LONGEST_TEXT:
        raise CriteriaError(f"Criteria have at most {LONGEST_TEXT:,} characters; these have {len(text):,}.")
    try:
        shape: Shape | None = _language().parse(text)  # type: ignore[assignment]  # the transformer's result
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    return shape


class _Shapes(Transformer[Token, Any]):
    """Applied while parsing, so that a deeply nested text needs no deep stack here."""

    def start(self, parts: list[Any]) -> Any:
        return parts[0]

    def disjunction(self, parts: list[Shape]) -> Shape:
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def conjunction(self, parts: list[Shape]) -> Shape:
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def negation(self, parts: list[Shape]) -> Shape:
        return Joined("not", tuple(parts))

    def group(self, parts: list[Shape]) -> Shape:
        return parts[0]

    def listed(self, parts: list[Phrase | None]) -> tuple[Phrase, ...]:
        return tuple(part for part in parts if part is not None)

    @v_args(inline=True)
    def comparison(self, field: Phrase | FactShape, operator: Token, value: Phrase) -> Condition:
        return Condition("comparison", field, (value,), _spaced(operator), operator.start_pos or 0)

    def moved(self, parts: list[Any]) -> Condition:
        field, word, *value = parts
        return Condition("moved", field, tuple(value), _spaced(word).split()[0], word.start_pos or 0)

    def in_list(self, parts: list[Any]) -> Condition:
        return Condition("in_list", parts[0], _unambiguous(parts[1]))

    def not_in_list(self, parts: list[Any]) -> Condition:
        return Condition("not_in_list", parts[0], _unambiguous(parts[1]))

    def in_period(self, parts: list[Phrase]) -> Condition:
        return Condition("in_period", parts[0], (parts[1],))

    def not_in_period(self, parts: list[Phrase]) -> Condition:
        return Condition("not_in_period", parts[0], (parts[1],))

    def between(self, parts: list[Phrase]) -> Condition:
        return Condition("between", parts[0], (parts[1], parts[2]))

    def is_empty(self, parts: list[Phrase]) -> Condition:
        return Condition("is_empty", parts[0])

    def is_not_empty(self, parts: list[Phrase]) -> Condition:
        return Condition("is_not_empty", parts[0])

    @v_args(inline=True)
    def quantified(self, word: Token, relation: Phrase, where: Shape | None) -> Quantified:
        return Quantified(word.lower(), relation, where)

    @v_args(inline=True)
    def bought(
        self, word: Token, product: Phrase | None, moment: Condition | None, where: Shape | None
    ) -> Bought:
        return Bought(word.start_pos or 0, product, moment, where)

    def where(self, parts: list[Shape]) -> Shape:
        return parts[0]

    where_all = where

    def since(self, parts: list[Phrase]) -> Condition:
        return Condition("comparison", parts[0], (parts[0],), ">=", parts[0].position)

    def in_time(self, parts: list[Phrase]) -> Condition:
        return Condition("in_period", parts[0], (parts[0],))

    @v_args(inline=True)
    def at_time(self, operator: Token, value: Phrase) -> Condition:
        return Condition("comparison", value, (value,), _spaced(operator), operator.start_pos or 0)

    def between_times(self, parts: list[Phrase]) -> Condition:
        return Condition("between", parts[0], (parts[0], parts[1]))

    def in_segment(self, parts: list[Phrase]) -> Membership:
        return Membership(parts[0])

    def not_in_segment(self, parts: list[Phrase]) -> Joined:
        return Joined("not", (Membership(parts[0]),))

    @v_args(inline=True)
    def called(self, name: Token, field: Phrase, where: Shape | None) -> FactShape:
        return FactShape(_phrase([name]), None, field, where)

    @v_args(inline=True)
    def counted(self, name: Token, where: Shape) -> FactShape:
        return FactShape(_phrase([name]), None, None, where)

    @v_args(inline=True)
    def count_of(self, relation: Phrase, where: Shape | None) -> FactShape:
        return FactShape(relation, "count", None, where)

    @v_args(inline=True)
    def measure_of(self, words: Token, field: Phrase, relation: Phrase, where: Shape | None) -> FactShape:
        return FactShape(relation, words.split()[0].lower(), field, where)

    def related(self, parts: list[list[Token]]) -> Phrase:
        return _phrase(parts[0])

    def product(self, parts: list[list[Token]]) -> Phrase:
        return _phrase(parts[0])

    def related_words(self, parts: list[Any]) -> list[Token]:
        return [*parts[0], parts[1]] if isinstance(parts[0], list) else list(parts)

    product_words = related_words

    def plain_field(self, parts: list[Token]) -> Phrase:
        written = _phrase(parts)
        return Phrase(" ".join(written.text.split()), written.position)

    def quoted_field(self, parts: list[Token]) -> Phrase:
        return _unquoted(parts[0])

    def dotted_field(self, parts: list[Token]) -> Phrase:
        return Phrase(parts[0] + _unquoted(parts[1]).text, parts[0].start_pos or 0)

    def bare_value(self, parts: list[Token]) -> Phrase:
        return _phrase(parts)

    def future_value(self, parts: list[Token]) -> Phrase:
        following = _phrase(parts)
        return Phrase(f"in {following.text}", following.position)

    def quoted_value(self, parts: list[Token]) -> Phrase:
        return _unquoted(parts[0])


@cache
def _language() -> Lark:
    grammar = files("scoring.criteria").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        postlex=_Keywords(),
        transformer=_Shapes(),
        maybe_placeholders=True,
    )


class _Keywords(PostLex):
    """Which terminals are read wherever they stand; the others only where the grammar can use them."""

    always_accept = (
        *("OPERATOR", "_AND", "_OR", "_NOT_IN", "_NOT", "_IN", "_BETWEEN", "_IS_NOT_EMPTY", "_IS_EMPTY"),
        *("_WHERE", "_SINCE", "STRING", "PREFIX", "WORD", "LPAR", "RPAR", "COMMA"),
    )

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Every token as it is."""
        return stream


def _spaced(token: Token) -> str:
    return " ".join(token.lower().split())


def _phrase(tokens: Sequence[Token]) -> Phrase:
    return Phrase(" ".join(tokens), tokens[0].start_pos or 0)


def _unquoted(token: Token) -> Phrase:
    inner = token[1:-1]
    if token[0] == '"':
        inner = _ESCAPED.sub(r"\1", inner)
    return Phrase(inner, token.start_pos or 0)


def _unambiguous(values: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """In a list ``1,000`` is one value or two, and nobody can tell which."""
    for value in values:
        if "," in value.text and value.text.replace(",", "").isdecimal():
            raise CriteriaError(
                f"Is {value.text} one number or several? Write {value.text.replace(',', '')} "
                f"or {value.text.replace(',', ', ')}.",
                position=value.position,
            )
    return values


def _explained(error: UnexpectedInput, text: str) -> CriteriaError:
    if isinstance(error, UnexpectedCharacters):
        position = error.pos_in_stream or 0
        what = text[position]
        if what in QUOTATION_MARKS:
            return CriteriaError("This quotation mark has no partner.", position=position)
        return CriteriaError(f"{what} cannot stand here.", position=position)
    if not isinstance(error, UnexpectedToken):
        return CriteriaError("The criteria end too early.", position=len(text))
    return _unexpected(error, text)


def _unexpected(error: UnexpectedToken, text: str) -> CriteriaError:
    wanted = _wanted(error.accepts or error.expected)
    if error.token.type == "$END":
        return CriteriaError(f"The criteria end too early: {wanted} is missing.", position=len(text.rstrip()))
    position = error.token.start_pos or 0
    word = str(error.token)
    if word == ")" and wanted == AND_OR:
        return CriteriaError("There is no open bracket to close here.", position=position)
    return CriteriaError(
        f"{word} cannot stand here: {wanted} should.{_advice(word, wanted)}", position=position
    )


def _wanted(expected: set[str]) -> str:
    if expected == {"RPAR"}:
        return "a closing bracket"
    if "_OR" in expected or expected == {"$END"}:
        return AND_OR + (" or a closing bracket" if "RPAR" in expected else "")
    return next((what for terminal, what in WANTED.items() if terminal in expected), "a value")


def _advice(word: str, wanted: str) -> str:
    first = word.casefold().split()[0] if word.strip() else ""
    if wanted == WANTED["OPERATOR"]:
        before = "Write `not` before the field." if first == "not" else FIELD_OF_SEVERAL_WORDS
        return f" {before}"
    if first == "since":
        return " It stands right after bought and the product."
    if first in RESERVED and wanted.startswith(AND_OR):
        return f' A value that contains the word {first} needs quotation marks: "…".'
    return ""
