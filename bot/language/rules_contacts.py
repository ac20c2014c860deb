"""Rules for contacts: accounts without any are read; who they are is not asked about here, but exported."""

from __future__ import annotations

from bot.language.draft import Draft
from bot.language.meanings import Role
from scoring.criteria.tree import Node, Not, Related

_RELATION = "contacts"
PROBLEM = "contacts"  # a reason that ``suggest`` tells by itself: what else is said is not asked about either
TOLD = (
    "Contacts are not asked about here; questions are about accounts. Contacts can be exported as a mailing "
    "list: ask for their accounts, and export those with their contacts."
)


def has_contacts(draft: Draft, at: int) -> int:
    """Accounts without contacts, with contacts."""
    if not draft.role(at, Role.CONTACTS) or draft.values(at):
        return at
    relation = draft.vocabulary.index.catalog.relation(_RELATION)
    behind = draft.behind(at)
    without = bool(draft.nots) and draft.nots[-1] == behind and bool(draft.role(behind, Role.WITHOUT))
    alone = draft.words(at, at + 1).lower() == _RELATION
    if relation is None or not alone or not (without or draft.role(behind, Role.WITH)):
        return at
    first = draft.nots.pop() if without else at
    there: Node = Related(relation.name)
    return draft.add(first, at + 1, "", Not(there) if without else there)


def contacts(draft: Draft, at: int) -> int:
    """Contacts at Acme; who is the CFO at Acme."""
    if not draft.role(at, Role.CONTACTS) or draft.values(at):
        return at
    return draft.problem(at, at + 1, PROBLEM)
