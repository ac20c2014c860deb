"""Recognising an account by its name: whole, without its legal form, by one of its words, or misspelt."""

from __future__ import annotations

from collections.abc import Sequence

from bot.app.ports import NamedAccount
from bot.language.meanings import AccountWord
from bot.language.nearest import Nearest, forgiven
from bot.language.tokens import phrase

_LEADING = ("the ",)
_MOST_PER_WORD = 6  # a word that more names share says nothing
_SHORTEST_PART = 4
LONGEST_WORDS = 8


class AccountNames:
    """The names of all accounts."""

    def __init__(self, accounts: Sequence[NamedAccount], legal_forms: frozenset[str]) -> None:
        self.by_name: dict[str, tuple[AccountWord, ...]] = {}
        self.by_id: dict[str, AccountWord] = {}
        self._parts: dict[str, tuple[AccountWord, ...]] = {}
        self._legal_forms = legal_forms
        for account in accounts:
            self._add(AccountWord(account.id, account.name))
        self._near = Nearest(self.by_name)
        self.longest = min(LONGEST_WORDS, max((key.count(" ") + 1 for key in self.by_name), default=1))

    def _add(self, account: AccountWord) -> None:
        self.by_id[account.id] = account
        whole = phrase(account.name)
        if not whole:
            return
        for key in dict.fromkeys((whole, self._short(whole), whole.replace(" ", ""))):
            self.by_name[key] = (*self.by_name.get(key, ()), account)
        for part in set(whole.split()) - self._legal_forms:
            known = self._parts.get(part, ())
            if (len(part) >= _SHORTEST_PART or whole.startswith(f"{part} ")) and len(known) <= _MOST_PER_WORD:
                self._parts[part] = (*known, account)

    def _short(self, name: str) -> str:
        """The name without a leading article and trailing legal forms."""
        for article in _LEADING:
            name = name.removeprefix(article)
        words = name.split()
        while len(words) > 1 and words[-1] in self._legal_forms:
            words.pop()
            if len(words) > 1 and words[-1] in {"&", "and"}:
                words.pop()
        return " ".join(words)

    def named(self, key: str) -> tuple[AccountWord, ...]:
        """The accounts of exactly this name, its legal form left out or not."""
        found = self.by_name.get(key) or self.by_name.get(self._short(key), ())
        if len(found) == 1 and " " not in key and phrase(found[0].name) not in {key, f"the {key}"}:
            # Xx is Xx Holding without its legal form, and may be Xx Labs as well.
            others = [one for one in self._parts.get(key, ()) if phrase(one.name).startswith(f"{key} ")]
            return tuple(dict.fromkeys((*found, *others)))
        return found

    def with_word(self, key: str) -> tuple[AccountWord, ...]:
        """The accounts that have this word in their name, when only a few do."""
        found = self._parts.get(key, ()) if len(key) >= _SHORTEST_PART else ()
        return found if len(found) <= _MOST_PER_WORD else ()

    def misspelt(self, key: str) -> tuple[AccountWord, ...]:
        """The accounts whose name is nearest; one error is forgiven already from four letters on."""
        errors = max(forgiven(key), 1) if len(key) >= _SHORTEST_PART else 0
        names = self._near.misspelt(key, errors) if errors else ()
        return tuple(dict.fromkeys(account for name in names for account in self.by_name[name]))

    def similar(self, key: str, count: int = 3) -> tuple[AccountWord, ...]:
        """Accounts whose name looks alike."""
        names = self._near.similar(key, count)
        return tuple(dict.fromkeys(account for name in names for account in self.by_name[name]))[:count]
