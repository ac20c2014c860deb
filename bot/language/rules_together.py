"""Rules for fields that share what is said: f and m both at least 4, without website and phone."""

from __future__ import annotations

from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.rules_amounts import OPERATORS, bound
from bot.language.rules_values import existence_of
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import IsEmpty, Node, conjunction, disjunction

_JOINING = (Role.AND, Role.OR, Role.COMMA, Role.NOR)
_AMOUNTS = {FieldType.NUMBER, FieldType.MONEY}


def together(draft: Draft, at: int) -> int:
    """A condition that several fields share; returns the index after it, or ``at`` when there is none."""
    return _existing(draft, at) or _compared(draft, at) or at


def _existing(draft: Draft, at: int) -> int:
    """Without website or phone, with both website and phone, empty city and state: none, or all, of them."""
    empty = draft.role(at, Role.EMPTY)
    start = draft.skip(at + 1) if empty else at
    found = fields_in_a_row(draft, start)
    if found is None:
        return 0
    named, end, either = found
    behind = draft.behind(at)
    negated = bool(draft.nots) and draft.nots[-1] == behind
    # "With" and "missing" are said of what follows; a bare "empty" is only before its field.
    if not empty and not negated and not draft.role(behind, Role.WITH):
        return 0
    if draft.role(draft.skip(end), Role.BY, Role.EMPTY, *OPERATORS) or (len(named) == 1 and not empty):
        return 0
    if empty:
        return _add(draft, at, end, [IsEmpty(one.name) for one in named], either=either)
    if negated:
        draft.nots.pop()
    nodes = [existence_of(one, empty=negated) for one in named]
    # Who is without a website or phone has neither.
    return _add(draft, behind if negated else at, end, nodes, either=either and not negated)


def _compared(draft: Draft, at: int) -> int:
    """F and m both at least 4; website and phone are empty."""
    found = fields_in_a_row(draft, at)
    if found is None or len(found[0]) == 1:
        return 0
    named, end, either = found
    start = draft.skip(end, Role.PER, Role.EXACTLY)
    denied = draft.role(start, Role.NOT) is not None
    start = draft.skip(start + 1) if denied else start
    if draft.role(start, Role.EMPTY):
        nodes: list[Node] = [IsEmpty(one.name) for one in named]
    else:
        alike = len({one.type for one in named}) == 1 and named[0].type in _AMOUNTS
        said = bound(draft, start, named[0]) if alike else None
        if said is None:
            return 0
        start = said[0] - 1
        nodes = [said[1].node(one.name) for one in named]
    if denied:
        draft.nots.append(end)
    return _add(draft, at, start + 1, nodes, either=either)


def fields_in_a_row(draft: Draft, at: int) -> tuple[list[Field], int, bool] | None:
    """Fields that are joined, with the index after the last and whether an "or" was said."""
    first = draft.field(at)
    if first is None or draft.values(at):
        return None
    named, end, either = [first], at + 1, False
    while draft.role(draft.skip(end), *_JOINING):
        after = draft.skip(end)
        while draft.role(after, *_JOINING, Role.FILLER):
            either = either or draft.role(after, Role.OR) is not None
            after += 1
        further = draft.field(after)
        if further is None or draft.values(after):
            break
        named.append(further)
        end = after + 1
    return named, end, either and len(named) > 1


def _add(draft: Draft, first: int, last: int, nodes: list[Node], *, either: bool) -> int:
    if len(nodes) == 1 and isinstance(nodes[0], IsEmpty):
        return draft.add(first, last, nodes[0].field, nodes[0])
    return draft.add(first, last, "", disjunction(*nodes) if either else conjunction(*nodes))
