"""Whose accounts somebody sees: a value, and whose are seen by whatever is read now in this thread.

Every query over accounts asks ``seeing()`` (``bot.store.account_reading``). Whoever acts for a person reads
within ``seen_by(person.scope)``; the terminal and the jobs, which act for nobody, see every account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum


class Whose(StrEnum):
    """Which accounts a role sees; the words of ``access: scopes:`` in the configuration."""

    ALL = "all"
    TEAM = "team"  # one's own, and those of everybody whose managers lead to one
    OWN = "own"
    TERRITORY = "territory"  # those in one's territories, and one's own


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose accounts are seen.

    Attributes:
        users: ids of the CRM users whose accounts are seen; nothing to ``Whose.ALL``.
        territories: ids of the territories likewise.
        also: what has to let an account be seen besides: of several people, what all of them see.
    """

    whose: Whose
    users: frozenset[str] = frozenset()
    territories: frozenset[str] = frozenset()
    also: tuple[Scope, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether every account is seen."""
        return self.whose is Whose.ALL

    @property
    def nothing(self) -> bool:
        """Whether no account can be seen."""
        return not (self.everything or self.users or self.territories)

    def sees_all_of(self, other: Scope) -> bool:
        """Whether everything that another one sees is seen too, as far as the scopes alone say so."""
        if self.everything or self == other:
            return True
        wider = other.users <= self.users and other.territories <= self.territories
        return wider and not self.also and not other.everything


EVERYTHING = Scope(Whose.ALL)
NOTHING = Scope(Whose.OWN)

_seeing: ContextVar[Scope] = ContextVar("seeing", default=EVERYTHING)


def seeing() -> Scope:
    """Whose accounts are seen by what is read now."""
    return _seeing.get()


@contextmanager
def seen_by(scope: Scope) -> Iterator[None]:
    """What is read meanwhile, in this thread, sees no other accounts."""
    before = _seeing.set(scope)
    try:
        yield
    finally:
        _seeing.reset(before)


def in_common(scopes: Iterable[Scope]) -> Scope:
    """What is seen in each of some scopes; everything where there are none."""
    narrow = {one for one in scopes if not one.everything}
    if not narrow:
        return EVERYTHING
    each = {part for one in narrow for part in (replace(one, also=()), *one.also)}
    by_territory = sorted(
        (one for one in each if one.territories), key=lambda one: (sorted(one.users), sorted(one.territories))
    )
    if len(by_territory) == len(each):
        return replace(by_territory[0], also=tuple(by_territory[1:]))
    users = frozenset.intersection(*(one.users for one in each if not one.territories))
    # Who owns what all of these own is seen by whoever sees a territory besides, if it is their own anyway.
    return Scope(Whose.OWN, users, also=tuple(one for one in by_territory if not users <= one.users))


def team_of(user_id: str, managers: Mapping[str, str | None]) -> frozenset[str]:
    """A user and everybody whose managers lead to them.

    Args:
        user_id: whose team.
        managers: user id -> the id of their manager; a circle is no reason not to end.
    """
    under: dict[str, list[str]] = {}
    for user, manager in managers.items():
        if manager is not None:
            under.setdefault(manager, []).append(user)
    found, waiting = {user_id}, [user_id]
    while waiting:
        further = [one for one in under.get(waiting.pop(), ()) if one not in found]
        found.update(further)
        waiting += further
    return frozenset(found)
