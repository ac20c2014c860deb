"""A sentence as items with meanings: longest match first, then numbers, then what was probably misspelt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.language.calendar_days import written_days
from bot.language.correcting import Corrector, is_one_word
from bot.language.meanings import (
    AccountWord,
    DateWord,
    FieldWord,
    GrammarWord,
    Item,
    Meaning,
    NumberWord,
    Role,
    Unknown,
    ValueWord,
)
from bot.language.spelling import respelt
from bot.language.tokens import Token, fold, tokens
from bot.language.vocabulary import Index, Vocabulary

_SHORTEST_JOINED = 3
_CONNECTIVES = {Role.AND, Role.OR, Role.NOT, Role.PLACE, Role.ME}
_BEFORE_A_PLACE = {Role.PLACE, Role.WITHOUT, Role.NOT}


_BETWEEN_FIELD_AND_VALUE = {Role.EXACTLY, Role.NOT, Role.UNLIKE, Role.SHARE_VERB}
_COMPARING = {Role.OVER, Role.AT_LEAST, Role.UNDER, Role.AT_MOST, Role.EXACTLY, Role.UNLIKE, Role.SHARE_VERB}


def _roles(item: Item) -> set[Role]:
    return {one.role for one in item.options if isinstance(one, GrammarWord)}


def _is_field(meanings: Sequence[Meaning]) -> bool:
    return any(isinstance(one, FieldWord) for one in meanings)


def _follows_its_field(options: Sequence[Meaning], before: Sequence[Item]) -> bool:
    """Account type is Customer: a word that is small elsewhere is a value behind the name of its field."""
    behind = next((item for item in reversed(before) if not _roles(item) & _BETWEEN_FIELD_AND_VALUE), None)
    fields = {one.field for one in behind.options if isinstance(one, FieldWord)} if behind else set()
    return any(isinstance(one, ValueWord) and one.field in fields for one in options)


def _part(token: Token) -> str:
    """How a part of a written word was written: in last 3m the m, which is a month."""
    return fold(token.text) if token.kind == "word" else token.norm


@dataclass(frozen=True)
class Lexer:
    """Reads one sentence.

    Attributes:
        accounts: whether accounts' names are looked up too.
        card: whether the sentence has words that speak of one account; then names win over other values.
    """

    vocabulary: Vocabulary
    text: str
    accounts: bool = False
    card: bool = False

    def items(self) -> tuple[Item, ...]:
        """The items of the sentence, in order; together they cover every token."""
        typed = tokens(self.text)
        parts = respelt(typed, self._index, self._known)
        whole = {(one.start, one.end): one.norm for one in typed}
        spelt = {
            one.start: one.norm for one in parts if one.norm != whole.get((one.start, one.end), _part(one))
        }
        items = self._corrector.corrected(self._matched(parts, spelt))
        fixed = {
            one.start: one.correction
            for one in items
            if one.correction and is_one_word(one) and one.start not in spelt
        }
        if not fixed:
            return items
        # A word that was put right may belong to a phrase with its neighbours: "shwo me".
        right = [replace(one, norm=fixed.get(one.start, one.norm)) for one in parts]
        return self._corrector.corrected(self._matched(right, {**spelt, **fixed}))

    def _known(self, word: str) -> bool:
        """Whether a word means something as it is written."""
        if self._index.meanings(word):
            return True
        if self._index.capitals.get(word):
            return (
                word not in self._index.lexicon.spellings
            )  # nd is "and"; ND, in capitals, is looked up before
        return self.accounts and bool(self._index.accounts.named(word))

    @property
    def _index(self) -> Index:
        return self.vocabulary.index

    @property
    def _corrector(self) -> Corrector:
        return Corrector(self._index, self.text, self.accounts, self.card)

    def _matched(self, parts: Sequence[Token], fixed: Mapping[int, str] | None = None) -> list[Item]:
        found: list[Item] = []
        at = 0
        while at < len(parts):
            size, options = self._longest(parts, at, found)
            run = parts[at : at + size]
            changed = fixed and any(one.start in fixed for one in run)
            found.append(self._item(run, options, " ".join(one.norm for one in run) if changed else None))
            at += size
        return found

    def _longest(
        self, parts: Sequence[Token], at: int, before: Sequence[Item]
    ) -> tuple[int, tuple[Meaning, ...]]:
        joined = 2  # two words may be one: health care
        reach = self._index.reach.get(parts[at].norm, 1)
        longest = max(reach, joined, self._index.accounts.longest if self.accounts else 0)
        spoken = self._spoken(parts, at)
        for size in range(min(longest, len(parts) - at), 0, -1):
            if spoken is not None and size <= spoken[0]:
                return spoken
            options = self._options(parts[at : at + size], before)
            if options and not self._splits(options, parts[at : at + size + 1], size):
                return size, options
        return self._by_itself(parts, at, before)

    def _splits(self, options: tuple[Meaning, ...], parts: Sequence[Token], size: int) -> bool:
        """In "under 10k or over 100k" the "or over" is two words, not the end of "10k or over".

        In "bought last month" the "last" belongs to the month; of "our sales cycle" the "sales" to the cycle.
        """
        run, following = parts[:size], parts[size:]
        if not following:
            return False
        if any(isinstance(one, GrammarWord) and one.role is Role.LAST_BOUGHT for one in options):
            return self._is_unit(following[0])
        if any(isinstance(one, GrammarWord) and one.role is Role.METRIC for one in options):
            return self._measures(run, following[0])
        ends = any(
            isinstance(one, GrammarWord) and one.role in {Role.OR_MORE, Role.OR_LESS} for one in options
        )
        return ends and (following[0].kind == "number" or self._compares(run, following[0]))

    def _compares(self, run: Sequence[Token], following: Token) -> bool:
        """In "5 deals and more than 100k" the "and more" is no end: "more than" follows."""
        found = self._index.lexicon.words.get(f"{run[-1].norm} {following.norm}", ())
        return any(isinstance(one, GrammarWord) and one.role in _COMPARING for one in found)

    def _measures(self, run: Sequence[Token], following: Token) -> bool:
        """Whether the last of several words begins another figure's name."""
        found = self._index.lexicon.words.get(f"{run[-1].norm} {following.norm}", ())
        return len(run) > 1 and any(isinstance(one, GrammarWord) and one.role is Role.METRIC for one in found)

    def _is_unit(self, token: Token) -> bool:
        found = self._index.lexicon.words.get(token.norm, ())
        return token.kind == "number" or any(
            isinstance(one, GrammarWord) and one.role is Role.UNIT for one in found
        )

    def _options(self, run: Sequence[Token], before: Sequence[Item]) -> tuple[Meaning, ...]:
        if len(run) > 1 and any(token.kind == "quoted" for token in run):
            return ()
        key = " ".join(token.norm for token in run)
        options = self._in_capitals(key, run, before) or self._index.meanings(key)
        if not options and len(run) == 2 and all(len(one.norm) >= _SHORTEST_JOINED for one in run):  # noqa: PLR2004
            options = self._index.words.get("".join(token.norm for token in run), ())
        if run[0].kind == "quoted":
            options = tuple(one for one in options if not isinstance(one, GrammarWord))
        return self._with_accounts(key, len(run), options)

    def _with_accounts(self, key: str, size: int, options: tuple[Meaning, ...]) -> tuple[Meaning, ...]:
        if not self.accounts:
            return options
        named: tuple[Meaning, ...] = self._index.accounts.named(key)
        grammar = any(isinstance(one, GrammarWord) for one in options)
        if named and (not options or (not grammar and (self.card or size > 1))):
            return named
        return options

    def _in_capitals(self, key: str, run: Sequence[Token], before: Sequence[Item]) -> tuple[Meaning, ...]:
        options = self._index.capitals.get(key, ())
        if not options:
            return ()
        if self._stands_alone(key):
            return options
        written = "".join(token.text for token in run)
        grammar = self._index.lexicon.words.get(key, ())
        capitals = written.isupper() and (not grammar or not self.text.isupper())
        behind = next((item for item in reversed(before) if item.role() is not Role.FILLER), None)
        placed = behind is not None and behind.role() in _BEFORE_A_PLACE
        holds = any(isinstance(one, GrammarWord) and one.role in _CONNECTIVES for one in grammar)
        if not holds and _follows_its_field(options, before):
            return options
        return options if (capitals and placed if holds else capitals or placed) else ()

    def _stands_alone(self, key: str) -> bool:
        """Whether an abbreviation is no word besides, so that nobody has to write it in capitals: tx, nyc."""
        language = self._index.lexicon
        other = language.words.get(key) or language.spellings.get(key) or self._index.words.get(key)
        return not other and key not in language.legal_forms and key not in language.spoken

    def _by_itself(
        self, parts: Sequence[Token], at: int, before: Sequence[Item]
    ) -> tuple[int, tuple[Meaning, ...]]:
        token = parts[at]
        if token.kind == "number":
            return self._number(parts, at)
        if token.kind == "iso":
            return 1, (DateWord(token.norm.replace("/", "-")),)
        if token.kind == "dmy":
            return 1, written_days(token.text) or (Unknown(),)
        if token.kind == "possessive":
            owner = bool(before) and isinstance(before[-1].meaning, ValueWord | AccountWord)
            return 1, (GrammarWord(Role.POSSESSIVE if owner else Role.FILLER),)
        if token.kind == "sign" and token.norm in {",", ";", "-"}:
            return 1, (GrammarWord(Role.TO if token.norm == "-" else Role.COMMA),)
        return 1, (Unknown(),)

    def _spoken(self, parts: Sequence[Token], at: int) -> tuple[int, tuple[Meaning, ...]] | None:
        """A number of several words: two and a half million dollars."""
        found = self._index.number_words.read([token.norm for token in parts[at : at + 10]])
        if found is None:
            return None
        size, value = found
        after = parts[at + size].norm if at + size < len(parts) else ""
        currency = self._index.lexicon.currencies.get(after)
        return size + (currency is not None), (NumberWord(value, currency),)

    def _number(self, parts: Sequence[Token], at: int) -> tuple[int, tuple[Meaning, ...]]:
        language, token = self._index.lexicon, parts[at]
        digits = "".join(char for char in token.norm if char.isdigit() or char == ".")
        letters = "".join(char for char in token.suffix if char.isalpha())
        try:
            value = Decimal(
                digits[: -len(letters) or None] if letters and digits.endswith(letters) else digits
            )
        except ArithmeticError:
            return 1, (Unknown(),)
        currency = language.currencies.get(token.norm[0]) or language.currencies.get(token.suffix[-1:])
        size, factor = 1, language.multipliers.get(letters, Decimal(1))
        if at + 1 < len(parts) and self._multiplies(parts, at + 1):
            size, factor = 2, factor * language.multipliers[parts[at + 1].norm]
        if at + size < len(parts) and parts[at + size].norm in language.currencies:
            currency, size = language.currencies[parts[at + size].norm], size + 1
        more, percent = token.suffix.endswith("+"), token.suffix.endswith("%")
        return size, (NumberWord(value * factor, currency, more, percent),)

    def _multiplies(self, parts: Sequence[Token], at: int) -> bool:
        """Whether a word behind a number makes it larger; in "f = 5 m = 5" the letter is the next field."""
        language, word = self._index.lexicon, parts[at].norm
        if word not in language.loose_multipliers:
            return False
        if at + 1 == len(parts) or not _is_field(self._index.words.get(word, ())):
            return True
        after = parts[at + 1]
        compares = any(
            isinstance(one, GrammarWord) and one.role in _COMPARING
            for size in (3, 2, 1)
            for one in language.words.get(" ".join(token.norm for token in parts[at + 1 : at + 1 + size]), ())
        )
        return after.kind != "number" and not compares

    def _item(
        self, run: Sequence[Token], options: tuple[Meaning, ...], correction: str | None = None
    ) -> Item:
        start, end = run[0].start, run[-1].end
        return Item(self.text[start:end], start, end, tuple(dict.fromkeys(options)), correction)
