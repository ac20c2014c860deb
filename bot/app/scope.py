"""Whose accounts somebody sees: a value, and whose are seen by whatever is read now in this thread.

Every query over accounts asks ``seeing()`` (``bot.store.account_reading``). Whoever acts for a person reads
within ``seen_by(person.scope)``; the terminal and the jobs, which act for nobody, see every account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
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
    """

    whose: Whose
    users: frozenset[str] = frozenset()
    territories: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        """Whether every account is seen."""
        return self.whose is Whose.ALL


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
