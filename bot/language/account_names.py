"""Recognising an account by its name: whole, without its legal form, by one of its words, or misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.app.ports import NamedAccount
from bot.language.meanings import AccountWord
from bot.language.nearest import NearestOfMany, forgiven
from bot.language.tokens import phrase

_LEADING = ("the ",)
_MOST_PER_WORD = 6  # a word that more names share says nothing
_SHORTEST_PART = 4
LONGEST_WORDS = 8
# Most keys belong to one account, which is kept as it is: a million tuples of one would be as large again.
_Kept = NamedAccount | tuple[NamedAccount, ...]


class AccountNames:
    """The names of all accounts.

    Attributes:
        by_id: every account by its id.
        longest: how many words a name has at most, as far as names are recognised.
    """

    def __init__(self, accounts: Sequence[NamedAccount], legal_forms: frozenset[str]) -> None:
        self.by_id: Mapping[str, NamedAccount] = {account.id: account for account in accounts}
        self._names: dict[str, _Kept] = {}
        self._parts: dict[str, _Kept] = {}
        self._legal_forms = legal_forms
        for account in accounts:
            self._add(account)
        self._near = NearestOfMany(self._names)
        self.longest = min(LONGEST_WORDS, max((key.count(" ") + 1 for key in self._names), default=1))

    def _add(self, account: NamedAccount) -> None:
        whole = phrase(account.name)
        if not whole:
            return
        short = self._short(whole)
        joined = short.replace(" ", "") if short.count(" ") == 1 else short
        for key in (whole, short, joined) if short != whole or joined != short else (whole,):
            self._keep(key, account)
        for part in {*whole.split()} - {short} - self._legal_forms if " " in whole else ():
            if len(part) >= _SHORTEST_PART or whole.startswith(f"{part} "):
                self._keep_part(part, account)

    def _keep(self, key: str, account: NamedAccount) -> None:
        known = self._names.setdefault(key, account)
        if known is not account and account not in _each(known):
            self._names[key] = (*_each(known), account)

    def _keep_part(self, part: str, account: NamedAccount) -> None:
        known = self._parts.setdefault(part, account)
        if known is not account and known != ():
            more = (*_each(known), account)
            self._parts[part] = more if len(more) <= _MOST_PER_WORD else ()

    def _short(self, name: str) -> str:
        """The name without a leading article and trailing legal forms."""
        for article in _LEADING:
            name = name.removeprefix(article)
        if " " not in name:
            return name
        words = name.split()
        while len(words) > 1 and words[-1] in self._legal_forms:
            words.pop()
            if len(words) > 1 and words[-1] in {"&", "and"}:
                words.pop()
        return " ".join(words)

    def named(self, key: str) -> tuple[AccountWord, ...]:
        """The accounts of exactly this name, its legal form left out or not."""
        found = _words(self._names.get(key) or self._names.get(self._short(key), ()))
        if len(found) == 1 and " " not in key and phrase(found[0].name) not in {key, f"the {key}"}:
            # Xx is Xx Holding without its legal form, and may be Xx Labs as well.
            begun = _words(self._parts.get(key, ()))
            others = [one for one in begun if phrase(one.name).startswith(f"{key} ")]
            return tuple(dict.fromkeys((*found, *others)))
        return found

    def with_word(self, key: str) -> tuple[AccountWord, ...]:
        """The accounts that have this word in their name, when only a few do."""
        if len(key) < _SHORTEST_PART or self._parts.get(key) == ():
            return ()
        found = (*_words(self._names.get(key, ())), *_words(self._parts.get(key, ())))
        return tuple(dict.fromkeys(found)) if len(found) <= _MOST_PER_WORD else ()

    def misspelt(self, key: str) -> tuple[AccountWord, ...]:
        """The accounts whose name is nearest; one error is forgiven already from four letters on."""
        errors = max(forgiven(key), 1) if len(key) >= _SHORTEST_PART else 0
        return tuple(self._of(self._near.misspelt(key, errors) if errors else ()))

    def similar(self, key: str, count: int = 3) -> tuple[AccountWord, ...]:
        """Accounts whose name looks alike."""
        return tuple(self._of(self._near.similar(key, count)))[:count]

    def _of(self, names: Sequence[str]) -> Iterator[AccountWord]:
        yield from dict.fromkeys(one for name in names for one in _words(self._names[name]))


def _each(kept: _Kept) -> tuple[NamedAccount, ...]:
    return kept if isinstance(kept, tuple) else (kept,)


def _words(kept: _Kept) -> tuple[AccountWord, ...]:
    return tuple(AccountWord(one.id, one.name) for one in _each(kept))
