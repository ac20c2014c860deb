"""Conditions as they were said become one criterion, with the meaning people intend; or the two it may have.

Values of one field are alternatives, however they are joined: nobody is in healthcare and in retail.
Different fields all hold. "or" between different fields, and a field that comes back after an "and", can
often be read in two ways; then both are returned and the person is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.language.draft import Term, opposite
from bot.language.meanings import Role
from scoring.criteria.tree import (
    Always,
    Compare,
    In,
    IsEmpty,
    Node,
    Operator,
    Value,
    conjunction,
    disjunction,
)

_PEOPLE = {"owner", "owner_email"}  # who is nowhere: somebody other than me, in Texas


@dataclass(frozen=True)
class Group:
    """Neighbouring conditions on one field that belong together."""

    field: str
    terms: tuple[Term, ...]

    @property
    def joined(self) -> Role | None:
        """The connective before the group."""
        return self.terms[0].joined

    @property
    def are_values(self) -> bool:
        """Whether these are values of the field, all affirmed."""
        return all(term.values for term in self.terms) and not self.terms[0].negative

    def node(self) -> Node:
        """The group as one condition."""
        if all(term.values for term in self.terms):
            node = one_of(self.field, [value for term in self.terms for value in term.values])
            return opposite(node) if self.terms[0].negative else node
        parts = [opposite(term.node) if term.negative else term.node for term in self.terms]
        return (
            disjunction(*parts) if any(t.joined is Role.OR for t in self.terms[1:]) else conjunction(*parts)
        )


def one_of(field: str, values: Sequence[Value]) -> Node:
    """``field = value`` or ``field in (…)``."""
    distinct = tuple(dict.fromkeys(values))
    return Compare(field, Operator.EQ, distinct[0]) if len(distinct) == 1 else In(field, distinct)


def readings(terms: Sequence[Term]) -> tuple[Node, ...]:
    """What the conditions can mean together; one node when there is no doubt."""
    groups = _groups(terms)
    if not groups:
        return (Always(),)
    side_by_side = _side_by_side(terms)
    if side_by_side:
        return side_by_side
    doubtful = _doubtful_negation(groups) or _reaching_negation(groups)
    if doubtful:
        return doubtful
    clauses = _clauses(groups)
    if len(clauses) == 1:
        return _repeated(clauses[0])
    if all(len(clause) == 1 for clause in clauses) or _parallel(clauses):
        return (disjunction(*(_both(clause) for clause in clauses)),)
    return _distinct(disjunction(*(_both(clause) for clause in clauses)), _or_at_the_seams(clauses))


def _side_by_side(terms: Sequence[Term]) -> tuple[Node, ...]:
    """Two values of one field without a word between: "lost VIPs" may be either, or one of the two."""
    for at, term in enumerate(terms):
        twin = _twin(terms, at)
        if twin is None:
            continue
        rest = [one for one in terms if one is not term and one is not twin]
        chosen = (one_of(term.field, [*twin.values, *term.values]), twin.node, term.node)
        return _distinct(*(conjunction(one, *(other for other in readings(rest)[:1])) for one in chosen))
    return ()


def _twin(terms: Sequence[Term], at: int) -> Term | None:
    """An earlier value of the same field with no connective anywhere between the two."""
    term = terms[at]
    if not term.values or term.negative or term.joined is not None:
        return None
    for other in reversed(terms[:at]):
        if other.field == term.field and other.values and not other.negative:
            return other if other.values != term.values else None
        if other.joined is not None:
            return None
    return None


def _groups(terms: Sequence[Term]) -> list[Group]:
    groups: list[Group] = []
    for term in terms:
        last = groups[-1] if groups else None
        if last is not None and _belongs(last, term):
            groups[-1] = Group(last.field, (*last.terms, term))
        else:
            groups.append(Group(term.field, (term,)))
    return groups


def _belongs(group: Group, term: Term) -> bool:
    before = group.terms[-1]
    if before.field != term.field or before.field == "":
        return False
    if before.values and term.values:
        return before.negative == term.negative
    # Two bounds of one field: "over 10k and under 50k", "under 10k or over 50k".
    return not before.values and not term.values and not _is_empty(before) and not _is_empty(term)


def _is_empty(term: Term) -> bool:
    return isinstance(term.node, IsEmpty)


def _clauses(groups: Sequence[Group]) -> list[list[Group]]:
    clauses: list[list[Group]] = [[]]
    for group in groups:
        if group.joined is Role.OR and clauses[-1]:
            clauses.append([])
        clauses[-1].append(group)
    return clauses


def _both(groups: Sequence[Group]) -> Node:
    return conjunction(*(group.node() for group in groups))


def _parallel(clauses: Sequence[Sequence[Group]]) -> bool:
    """VIPs in Texas or champions in Ohio: each part speaks of the same fields."""
    first = {group.field for group in clauses[0]}
    return all({group.field for group in clause} == first for clause in clauses)


def _repeated(groups: Sequence[Group]) -> tuple[Node, ...]:
    """One clause in which a field may come back: VIPs in Texas and champions in Ohio."""
    for at in range(1, len(groups)):
        earlier = {group.field for group in groups[:at] if group.are_values}
        joined = groups[at].joined in {Role.AND, Role.COMMA}
        if joined and groups[at].are_values and groups[at].field in earlier:
            parts = (groups[:at], groups[at:])
            separate = disjunction(*(_both(part) for part in parts))
            return (separate,) if _parallel(parts) else _distinct(_merged(groups), separate)
    return (_merged(groups),)


def _merged(groups: Sequence[Group]) -> Node:
    """Values of one field that stand apart become alternatives, where the field was first named."""
    merged: dict[tuple[str, bool] | int, list[Term]] = {}
    for at, group in enumerate(groups):
        key = (group.field, group.terms[0].negative) if all(t.values for t in group.terms) else at
        merged.setdefault(key, []).extend(group.terms)
    return conjunction(*(Group(terms[0].field, tuple(terms)).node() for terms in merged.values()))


def _or_at_the_seams(clauses: Sequence[Sequence[Group]]) -> Node:
    """VIPs in retail or Texas: only the neighbours of each "or" are alternatives."""
    parts: list[list[Node]] = [[group.node()] for group in clauses[0]]
    for clause in clauses[1:]:
        parts[-1].append(clause[0].node())
        parts.extend([group.node()] for group in clause[1:])
    return conjunction(*(disjunction(*part) for part in parts))


def _doubtful_negation(groups: Sequence[Group]) -> tuple[Node, ...]:
    """Whether a negation reaches over a connective to another field: "not VIP or retail"."""
    for at in range(1, len(groups)):
        before, group = groups[at - 1], groups[at]
        reaches = before.terms[0].negative and group.are_values and not group.terms[0].placed
        if before.field == group.field or not reaches:
            continue
        if group.joined is Role.OR or (before.terms[0].strong and group.joined in {Role.AND, Role.COMMA}):
            further = [Group(group.field, tuple(replace(term, negative=True) for term in group.terms))]
            rest_before, rest_after = list(groups[: at - 1]), list(groups[at + 1 :])
            both = [*rest_before, before, *further, *rest_after]
            if group.joined is Role.OR:
                plain = disjunction(before.node(), group.node())
            else:
                plain = conjunction(before.node(), group.node())
            return _distinct(_both(both), conjunction(_both(rest_before), plain, _both(rest_after)))
    return ()


def _reaching_negation(groups: Sequence[Group]) -> tuple[Node, ...]:
    """All except VIPs in tech: the others in tech, or everybody but those VIPs; both are meant at times.

    Where what is left out has parts of its own, "VIPs in tech and champions in retail", only the second is.
    """
    if any(group.joined is Role.OR for group in groups):
        return ()
    for at in range(1, len(groups)):
        before, group = groups[at - 1], groups[at]
        left_out = all(term.values and term.negative and term.strong for term in before.terms)
        placed = group.are_values and group.terms[0].placed and group.joined is None
        if not left_out or not placed or before.field in {group.field, *_PEOPLE}:
            continue
        affirmed = Group(before.field, tuple(replace(term, negative=False) for term in before.terms))
        inside = _repeated([affirmed, *groups[at:]])[0]
        others = conjunction(_both(groups[: at - 1]), opposite(inside))
        again = any(one.field == before.field for one in groups[at + 1 :])
        return (others,) if again else _distinct(_merged(groups), others)
    return ()


def _distinct(*nodes: Node) -> tuple[Node, ...]:
    return tuple(dict.fromkeys(nodes))
