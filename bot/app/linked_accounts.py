"""Accounts as people name them outside of questions: by a part of the name, or by a link to the CRM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from bot.app.answers import AccountCard, AccountLine
from bot.app.people import Person
from bot.app.ports import NamedAccount
from bot.app.scope import seen_by
from bot.language.question import Sort
from scoring.criteria.tree import Compare, Node, Operator

LISTED: Final = 20  # as many as somebody looks through while typing
LONGEST_TYPED: Final = 100
LONGEST_LINK: Final = 2_000
LONGEST_ID: Final = 32  # as the local copy keeps them


class SeenAccounts(Protocol):
    """The accounts that one person may see: the part of ``AccountBook`` that is needed here."""

    def page(
        self, criteria: Node, sort: Sequence[Sort], limit: int, offset: int = 0, further: Sequence[str] = ()
    ) -> list[AccountLine]:
        """Accounts that meet the criteria, sorted."""
        ...

    def card(self, account_id: str) -> AccountCard | None:
        """Everything that is told of one account; None when there is no such account."""
        ...


@dataclass(frozen=True)
class LinkedAccounts:
    """The use case.

    Attributes:
        seen_by: the accounts, as a person finds them. One that they may not see is not there at all.
        crm_url: where an account is shown in the CRM; None before the organisation is known.
    """

    seen_by: Callable[[Person], SeenAccounts]
    crm_url: Callable[[str], str | None]

    def like(self, text: str, person: Person) -> tuple[NamedAccount, ...]:
        """At most twenty accounts whose name has this text in it, by name; none for an empty text."""
        typed = " ".join(text.split())[:LONGEST_TYPED]
        if not typed:
            return ()
        wanted = Compare("name", Operator.CONTAINS, typed)
        with seen_by(person.scope):
            lines = self.seen_by(person).page(wanted, (Sort("name", descending=False),), LISTED)
        return tuple(NamedAccount(one.id, one.name) for one in lines)

    def line(self, account_id: str, person: Person) -> AccountLine | None:
        """One account; None when there is none that the person may see."""
        if not (account_id.isascii() and account_id.isalnum() and len(account_id) <= LONGEST_ID):
            return None
        with seen_by(person.scope):
            card = self.seen_by(person).card(account_id)
        return None if card is None else card.line

    def behind(self, link: str, person: Person) -> AccountLine | None:
        """The account that a link leads to; None when it is no link to an account of this organisation."""
        found = linked_id(link, self.crm_url)
        return None if found is None else self.line(found, person)


def linked_id(link: str, crm_url: Callable[[str], str | None]) -> str | None:
    """The id of the account that a link shows; None unless it is, to the character, where we show it.

    Another organisation's record has another address, even when its id happens to be one of ours.
    """
    if len(link) > LONGEST_LINK:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    account_id = unquote(parts.path.rstrip("/").rpartition("/")[2])
    ours = crm_url(account_id) if account_id else None
    if ours is None:
        return None
    wanted = urlsplit(ours)
    same_place = (parts.scheme, parts.netloc.lower()) == (wanted.scheme, wanted.netloc.lower())
    return account_id if same_place and parts.path.rstrip("/") == wanted.path else None
