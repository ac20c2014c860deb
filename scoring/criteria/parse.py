"""Reading criteria."""

from __future__ import annotations

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.reading import read
from scoring.criteria.segments import resolved
from scoring.criteria.tree import Node


def parse(text: str, catalog: Catalog) -> Node:
    """Read criteria; an empty text is no condition.

    Field names and known values come out in the spelling of the catalog; segments stay names, whose own
    criteria have been looked at.

    Raises:
        CriteriaError: with the position in the text, as index, line and column, and the nearest names.
    """
    try:
        node = read(text, catalog)
        resolved(node, catalog)
    except CriteriaError as error:
        error.locate(text)
        raise
    return node
