"""Random rows with related rows, and criteria over both: every execution has to agree on them too."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from scoring.criteria.check import MEASURED
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.tree import (
    Always,
    Compare,
    Fact,
    InSegment,
    IsEmpty,
    Measure,
    Measured,
    Node,
    Not,
    Operator,
    Related,
    conjunction,
    disjunction,
)
from tests.support.criteria_cases import CATALOG, leaves_of, numbers, rows, trees

BOUGHT = Catalog(
    (
        *CATALOG,
        Field("product", FieldType.TEXT, "row.name"),
        Field("occurred_on", FieldType.DATE, "row.day"),
    )
)
GIVEN = Not(Compare("grade", Operator.EQ, "VIP"))
# Things and parts share a table: parts are the things that are not VIP.
OUTER = Catalog(
    (Field("title", FieldType.TEXT, "row.title"), Field("size", FieldType.NUMBER, "row.size")),
    relations=(
        Relation("things", "thing", CATALOG, ("Objects",)),
        Relation("spare_parts", "thing", CATALOG, given=GIVEN),
        Relation("purchases", "thing", BOUGHT),
    ),
    segments={
        "Small ones": "size < 2 and title is not empty",
        "With things": 'any thing where (Active = yes) or in segment "Small ones"',
        "All": "",
    },
    rows="owners",
)

_RELATIONS = st.sampled_from([one.name for one in OUTER.relations])
_WHERE = st.just(Always()) | trees
_MEASURABLE = [
    (measure, field)
    for measure, kinds in MEASURED.items()
    for field in (*CATALOG, None)
    if (field.type in kinds if field is not None else not kinds)
]
# Few values, so that sums meet them; the field is the empty text, because the fact stands there.
_TESTS = {kind: leaves_of(Field("", kind, "")) for kind in FieldType}


def _measured(measure: Measure, field: Field | None) -> st.SearchStrategy[Node]:
    fact = st.builds(Fact, _RELATIONS, st.just(measure), st.just(field.name if field else None), _WHERE)
    return st.builds(Measured, fact, _TESTS[field.type if field else FieldType.NUMBER])


def _related(relation: str, where: Node, every: bool) -> Node:
    return Related(relation, where, every=every and not isinstance(where, Always))


_PRODUCT = Field("product", FieldType.TEXT, "")
_purchases = st.builds(
    lambda parts: Related("purchases", conjunction(*parts)),
    st.tuples(st.just(Always()) | leaves_of(_PRODUCT), leaves_of(Field("occurred_on", FieldType.DATE, ""))),
)
_atoms: st.SearchStrategy[Node] = (
    _purchases
    | st.builds(_related, _RELATIONS, _WHERE, st.booleans())
    | st.one_of([_measured(*one) for one in _MEASURABLE])
    | st.builds(InSegment, st.sampled_from(sorted(OUTER.segments or ())))
    | st.builds(Compare, st.just("size"), st.sampled_from([Operator.GT, Operator.NE]), numbers)
    | st.just(IsEmpty("title"))
)
related_trees: st.SearchStrategy[Node] = st.recursive(
    _atoms,
    lambda parts: (
        st.builds(Not, parts)
        | st.lists(parts, min_size=2, max_size=3).map(lambda some: conjunction(*some))
        | st.lists(parts, min_size=2, max_size=3).map(lambda some: disjunction(*some))
    ),
    max_leaves=3,
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Owners, and things of theirs; some belong to nobody."""
    owner = st.fixed_dictionaries(
        {"title": st.sampled_from([None, "", "x"]), "size": st.none() | st.integers(-3, 3)}
    )
    owners = draw(st.lists(owner, min_size=1, max_size=4))
    things = draw(st.just([]) | rows)
    return owners, [{**one, "owner": draw(st.integers(-1, len(owners) - 1))} for one in things]
