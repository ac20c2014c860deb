"""Saved segments put in the place of their names."""

from __future__ import annotations

from scoring.criteria.check import atoms, segment_named
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.reading import read
from scoring.criteria.tree import And, InSegment, Node, Not, Or, conjunction, disjunction


def resolved(node: Node, catalog: Catalog) -> Node:
    """A tree that speaks of no segment any more.

    Raises:
        CriteriaError: a segment that there is not, that cannot be read, that is made of itself, or that makes
            the whole too large.
    """
    return _resolved(node, catalog, ())


def _resolved(node: Node, catalog: Catalog, path: tuple[str, ...]) -> Node:
    if isinstance(node, Not):
        return Not(_resolved(node.part, catalog, path))
    if isinstance(node, And | Or):
        parts = [_resolved(part, catalog, path) for part in node.parts]
        return conjunction(*parts) if isinstance(node, And) else disjunction(*parts)
    if not isinstance(node, InSegment):
        return node
    name, text = segment_named(node.name, catalog)
    if name in path:
        circle = " is made of ".join((*path[path.index(name) :], name))
        raise CriteriaError(f"A segment cannot be made of itself: {circle}.")
    try:
        whole = _resolved(read(text, catalog), catalog, (*path, name))
        # After each one, because segments made of segments double quickly.
        for _ in atoms(whole, whole=False):
            pass
    except CriteriaError as error:
        if path:
            raise
        raise CriteriaError(f"The segment {name} cannot be used. {error}") from None
    return whole
