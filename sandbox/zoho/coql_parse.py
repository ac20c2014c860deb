"""COQL text to a tree.

Zoho's grammar: WHERE is mandatory, aggregate names are upper-case, a doubled quote in a text is one quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar, cast

from sandbox.zoho.answers import Refused
from sandbox.zoho.coql_tree import (
    AggregateName,
    Both,
    Comparison,
    Condition,
    Either,
    Item,
    Literal,
    Query,
    Sorting,
)

T = TypeVar("T")

DEFAULT_ROWS = 200
MOST_CRITERIA = 25  # COQL limits page
MOST_BRACKETS = 50  # within each other; more than 25 criteria need
AGGREGATES = ("SUM", "MIN", "MAX", "AVG", "COUNT")
KEYWORDS = {
    "select", "from", "where", "and", "or", "not", "in", "like", "between", "is", "null", "group", "order",
    "by", "asc", "desc", "limit", "offset", "as", "true", "false",
}  # fmt: skip
TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<number>-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?![\w.]))
      | (?P<name>!?[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)
      | (?P<sign><=|>=|!=|=|<|>|\(|\)|,|\#)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A word of the query and where it stands, counted from one."""

    kind: str
    text: str
    line: int
    column: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, in whatever case."""
        return self.kind == "name" and self.text.lower() in words


def parse_query(text: str) -> Query:
    """Parse a query.

    Raises:
        Refused: SYNTAX_ERROR with line, column and the text near it, or with the clause that is missing.
    """
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[Token]:
    found, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        line = text.count("\n", 0, place) + 1
        column = place - text.rfind("\n", 0, place)
        if match is None:
            raise _syntax_error({"line": line, "column": column, "near": text[place : place + 10]})
        if match.lastgroup != "blank":
            found.append(Token(str(match.lastgroup), match.group(), line, column))
        place = match.end()
    return [*found, Token("end", "", text.count("\n") + 1, len(text) + 1)]


def _syntax_error(details: dict[str, object], message: str | None = None) -> Refused:
    return Refused(400, "SYNTAX_ERROR", details, message)


class _Parser:
    """Recursive descent over the tokens; one method for each rule."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._criteria = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def query(self) -> Query:
        self._clause("select")
        items = self._list(self._item)
        self._clause("from")
        module = self._name()
        if self._take_sign("#"):
            raise Refused(400, "INVALID_QUERY", {"cvid": self._next.text})  # there are no custom views
        self._clause("where")
        where = self._either()
        group_by = self._list(self._field) if self._take_words("group", "by") else ()
        order_by = self._list(self._sorting) if self._take_words("order", "by") else ()
        limit, offset = self._window()
        if self._next.kind != "end":
            self._fail()
        return Query(items, module, where, group_by, order_by, limit, offset)

    def _item(self) -> Item:
        item = self._column()
        if not self._take_words("as"):
            return item
        alias = _unquoted(self._advance().text)
        if not re.fullmatch(r"[A-Za-z]\w*", alias):
            raise Refused(400, "INVALID_ALIAS", {"alias": alias})
        return Item(item.path, item.aggregate, alias)

    def _column(self) -> Item:
        name = self._field()
        if not self._take_sign("("):
            return Item(name, None, None)
        if name not in AGGREGATES:
            self._fail(1)
        path = self._field()
        self._sign(")")
        return Item(path, cast("AggregateName", name), None)

    def _sorting(self) -> Sorting:
        column = self._column().written
        descending = self._take_words("desc")
        if not descending:
            self._take_words("asc")
        return Sorting(column, descending)

    def _either(self) -> Condition:
        left = self._both()
        while self._take_words("or"):
            left = Either(left, self._both())
        return left

    def _both(self) -> Condition:
        left = self._condition()
        while self._take_words("and"):
            left = Both(left, self._condition())
        return left

    def _condition(self) -> Condition:
        if not self._take_sign("("):
            self._criteria += 1
            if self._criteria > MOST_CRITERIA:
                raise Refused(400, "LIMIT_EXCEEDED", {"limit": MOST_CRITERIA, "clause": "where"})
            return self._comparison(self._field())
        self._depth += 1
        if self._depth > MOST_BRACKETS:
            self._fail(1)
        inner = self._either()
        self._sign(")")
        self._depth -= 1
        return inner

    def _comparison(self, path: str) -> Comparison:
        if self._take_words("is"):
            operator = "is not null" if self._take_words("not") else "is null"
            if not self._take_words("null"):
                self._fail()
            return Comparison(path, operator, ())
        inverse = "not " if self._take_words("not") else ""
        token = self._advance()
        word = token.text.lower()
        if word == "in":
            self._sign("(")
            values = self._list(self._literal)
            self._sign(")")
        elif word == "between":
            lower = self._literal()
            if not self._take_words("and"):
                self._fail()
            values = (lower, self._literal())
        elif word == "like" or (not inverse and word in {"=", "!=", "<", "<=", ">", ">="}):
            values = (self._literal(),)
        else:
            raise _syntax_error({"operator": token.text}, "operator not supported")
        return Comparison(path, inverse + word, values)

    def _literal(self) -> Literal:
        token = self._advance()
        if token.kind == "text":
            return Literal(_unquoted(token.text), quoted=True)
        if token.kind == "number":
            return Literal(float(token.text) if "." in token.text else int(token.text), quoted=False)
        if not token.is_word("true", "false"):
            self._fail(1)
        return Literal(token.text.lower() == "true", quoted=False)

    def _window(self) -> tuple[int, int]:
        """LIMIT n [OFFSET m] or LIMIT m, n; as (rows, rows to skip)."""
        if not self._take_words("limit"):
            return DEFAULT_ROWS, 0
        first = self._whole_number()
        if self._take_sign(","):
            return self._whole_number(), first
        return first, self._whole_number() if self._take_words("offset") else 0

    def _whole_number(self) -> int:
        token = self._advance()
        if token.kind != "number" or not token.text.isdigit():
            self._fail(1)
        return int(token.text)

    def _field(self) -> str:
        if self._next.kind == "text":
            return _unquoted(self._advance().text)
        return self._name()

    def _name(self) -> str:
        if self._next.kind != "name" or self._next.is_word(*KEYWORDS):
            self._fail()
        return self._advance().text

    def _list(self, read: Callable[[], T]) -> tuple[T, ...]:
        found = [read()]
        while self._take_sign(","):
            found.append(read())
        return tuple(found)

    def _clause(self, word: str) -> None:
        if not self._take_words(word):
            if self._next.kind == "end" or self._next.is_word(*KEYWORDS):
                raise _syntax_error({"clause": word}, "missing clause")
            self._fail()

    def _take_words(self, *words: str) -> bool:
        ahead = self._tokens[self._place : self._place + len(words)]
        if len(ahead) < len(words) or not all(map(Token.is_word, ahead, words)):
            return False
        self._place += len(words)
        return True

    def _take_sign(self, sign: str) -> bool:
        if self._next.kind != "sign" or self._next.text != sign:
            return False
        self._place += 1
        return True

    def _sign(self, sign: str) -> None:
        if not self._take_sign(sign):
            self._fail()

    def _advance(self) -> Token:
        token = self._next
        if token.kind == "end":
            self._fail()
        self._place += 1
        return token

    def _fail(self, back: int = 0) -> NoReturn:
        token = self._tokens[self._place - back]
        raise _syntax_error({"line": token.line, "column": token.column, "near": token.text})


def _unquoted(text: str) -> str:
    quote = text[0]
    if quote not in "'\"":
        return text
    return text[1:-1].replace(quote * 2, quote)
