"""Whether a tree fits the fields: names, types, values. While text is read, and for hand-made trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import assert_never

from rapidfuzz import fuzz, process, utils

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType, Relation, singular
from scoring.criteria.limits import check_day, check_distance, check_letters, check_number
from scoring.criteria.tree import (
    Ago,
    Always,
    And,
    Atom,
    Between,
    Calendar,
    Compare,
    Fact,
    In,
    InPeriod,
    InSegment,
    IsEmpty,
    Leaf,
    Measure,
    Measured,
    Node,
    Not,
    Operator,
    Or,
    Related,
    Rolling,
    Value,
)
from scoring.criteria.values import quoted, type_of, written_field

LONGEST_LIST = 500
MOST_CONDITIONS = 300  # with the longest list among them still within SQLite's expressions, 1,000 deep
DEEPEST = 20  # SQLite's parser has a stack of 100, of which a bracket takes up to three places
DEPTH_OF_RELATED = 5  # of an average; SQLite's parser has to hold all of its queries at once
NEAREST_SHOWN = 3
SHORT = 3
NEAREST_SCORE = 60  # of 100; below it a suggestion looks like a guess

_EQUALITY = {Operator.EQ, Operator.NE}
_ORDER = _EQUALITY | {Operator.LT, Operator.LE, Operator.GT, Operator.GE}
OPERATORS: dict[FieldType, set[Operator]] = {
    FieldType.TEXT: _EQUALITY | {Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH},
    FieldType.NUMBER: _ORDER,
    FieldType.MONEY: _ORDER,
    FieldType.DATE: _ORDER | {Operator.BEFORE, Operator.AFTER},
    FieldType.BOOLEAN: _EQUALITY,
    FieldType.LIST: {Operator.HAS},
}
_NUMBERS = (FieldType.NUMBER, FieldType.MONEY)
# What can be made of which related fields; a count is of no field.
MEASURED: dict[Measure, tuple[FieldType, ...]] = {
    Measure.COUNT: (),
    **dict.fromkeys((Measure.SUM, Measure.AVERAGE, Measure.SMALLEST, Measure.LARGEST), _NUMBERS),
    **dict.fromkeys((Measure.FIRST, Measure.LAST), (FieldType.DATE,)),
}
_WHOLE_VALUES = {*_EQUALITY, Operator.HAS}  # those whose value is one of a closed set


def check(node: Node, catalog: Catalog) -> None:
    """Check a whole tree.

    Raises:
        CriteriaError: an unknown field, an operator or value that does not fit its field's type, an unknown
            value of a closed set, related records or a segment where there are none, or a tree that no text
            could have given.
    """
    for atom in atoms(node):
        if isinstance(atom, Measured):
            relation = relation_named(atom.fact.relation, catalog)
            field = fact_field(atom.fact, relation)
            if atom.fact == Fact(relation.name, Measure.COUNT) and catalog.find(field.name):
                raise CriteriaError(f"{field.name} is a field.")
            if atom.condition.field:
                raise CriteriaError(f"{field.name} is compared, not {written_field(atom.condition.field)}.")
            check_leaf(atom.condition, field)
            check(atom.fact.where, relation.catalog)
        elif isinstance(atom, Related):
            check_quantity(atom)
            check(atom.where, relation_named(atom.relation, catalog).catalog)
        elif isinstance(atom, InSegment):
            segment_named(atom.name, catalog)
        else:
            check_leaf(atom, field_named(atom.field, catalog))


def leaves(node: Node) -> Iterator[Leaf]:
    """Every condition on a field of the rows themselves, in order.

    Raises:
        CriteriaError: too many, too deep, or joined in a way that no text gives.
    """
    return (atom for atom in atoms(node) if isinstance(atom, Leaf))


def atoms(node: Node, *, whole: bool = True) -> Iterator[Atom]:
    """Every condition of the rows, in order: on fields, on facts, on related records, on segments.

    Args:
        node: the tree.
        whole: false where segments have been put in place, one of which may be without conditions.

    Raises:
        CriteriaError: as ``leaves``; the conditions on related records count too.
    """
    for count, (atom, own) in enumerate(_walk(node, 0, whole=whole, own=True), start=1):
        if count > MOST_CONDITIONS:
            raise CriteriaError(f"Criteria have at most {MOST_CONDITIONS} conditions.")
        if own:
            yield atom


def _walk(
    node: Node, depth: int, *, whole: bool, own: bool, inside: bool = False
) -> Iterator[tuple[Atom, bool]]:
    if depth > DEEPEST:
        raise CriteriaError(f"Brackets and `not` are at most {DEEPEST} deep.")
    if isinstance(node, Always):
        if inside and whole:
            raise CriteriaError("A part of the criteria is empty.")
    elif isinstance(node, Not):
        yield from _walk(node.part, depth + 1, whole=whole, own=own, inside=True)
    elif isinstance(node, And | Or):
        if len(node.parts) < 2 or any(isinstance(part, type(node)) for part in node.parts):  # noqa: PLR2004
            raise CriteriaError("`and` and `or` join at least two parts, none of them of the same kind.")
        for part in node.parts:
            yield from _walk(part, depth + 1, whole=whole, own=own, inside=True)
    else:
        yield node, own
        if isinstance(node, Related | Measured):
            where = node.where if isinstance(node, Related) else node.fact.where
            yield from _walk(where, depth + DEPTH_OF_RELATED, whole=whole, own=False)


def field_named(name: str, catalog: Catalog) -> Field:
    """The field of that name.

    Raises:
        CriteriaError: there is none; names the nearest.
    """
    if found := catalog.find(name):
        return found
    if name.casefold() in catalog.absent:
        raise CriteriaError(catalog.absent[name.casefold()])
    owner = next((one for one in catalog.relations if one.catalog.find(name)), None)
    if owner is not None:
        one = singular(owner.name)
        raise CriteriaError(
            f"There is no field {written_field(name)} here; {owner.name.replace('_', ' ')} have one. "
            f"What is asked of them stands in brackets: any {one} where (…)."
        )
    every = (*catalog.fields, *catalog.further)
    named = {one.casefold(): field.name for field in every for one in (field.name, *field.aliases)}
    close = (written_field(named[folded]) for folded in nearest(name.casefold(), named))
    raise CriteriaError(f"There is no field {written_field(name)}.", nearest=tuple(dict.fromkeys(close)))


def relation_named(name: str, catalog: Catalog) -> Relation:
    """The related records of that name.

    Raises:
        CriteriaError: there are none; names the nearest, or says that there are none at all here.
    """
    if found := catalog.relation(name):
        return found
    if name.casefold() in catalog.absent:
        raise CriteriaError(catalog.absent[name.casefold()])
    if not catalog.relations:
        raise CriteriaError(
            f"Conditions on {catalog.rows} cannot ask for other records, such as {name}: "
            f"they compare fields of the {catalog.rows} themselves."
        )
    named = {
        one.casefold(): relation.name
        for relation in catalog.relations
        for one in (relation.name, singular(relation.name), *relation.aliases)
    }
    close = tuple(dict.fromkeys(named[one] for one in nearest(name.casefold(), named)))
    raise CriteriaError(f"There are no related records {quoted(name)}.", nearest=close)


def segment_named(name: str, catalog: Catalog) -> tuple[str, str]:
    """A segment's name as it is spelled, and its criteria.

    Raises:
        CriteriaError: there is none; names the nearest, or says that there are none at all here.
    """
    if found := catalog.segment(name):
        return found
    if catalog.segments is None:
        raise CriteriaError(
            f"Conditions on {catalog.rows} cannot ask for a segment: segments are of accounts."
        )
    close = (quoted(one) for one in nearest(name, catalog.segments))
    raise CriteriaError(f"There is no segment {quoted(name)}.", nearest=tuple(close))


def fact_field(fact: Fact, relation: Relation) -> Field:
    """A fact as if it were a field: its name and type.

    Raises:
        CriteriaError: a field that the related records do not have, or one that cannot be measured so.
    """
    wanted, name = MEASURED[fact.measure], f"{relation.name}.{fact.measure.value}"
    if not wanted:
        if fact.field is not None:
            raise CriteriaError(
                f"{name} takes no field: write {name} where ({written_field(fact.field)} is not empty)."
            )
        return Field(name, FieldType.NUMBER, "")
    if fact.field is None:
        raise CriteriaError(f"{name} needs the field that it is of: {name}(amount).")
    field = field_named(fact.field, relation.catalog)
    if field.type not in wanted:
        fitting = " or ".join(kind.value for kind in wanted)
        raise CriteriaError(
            f"{fact.measure.value} is of {fitting} fields, but {written_field(field.name)} "
            f"is a {field.type.value} field."
        )
    return Field(f"{name}({field.name})", field.type, "", in_days=field.in_days)


def check_quantity(related: Related) -> None:
    """Whether a quantifier has what it needs.

    Raises:
        CriteriaError: ``all`` without conditions would always be true.
    """
    if related.every and isinstance(related.where, Always):
        name = related.relation.replace("_", " ")
        raise CriteriaError(f"all {name} needs a condition: write all {name} where (…).")


def nearest(word: str, candidates: Iterable[str], limit: int = NEAREST_SHOWN) -> tuple[str, ...]:
    """The candidates that look most like a word, best first."""
    # Of very short names, such as r, some letter is in every word.
    comparable = [
        one for one in candidates if len(one) >= SHORT <= len(word) or len(one) <= SHORT >= len(word)
    ]
    found = process.extract(
        word,
        comparable,
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        limit=limit,
        score_cutoff=NEAREST_SCORE,
    )
    return tuple(one for one, _score, _index in found)


def check_operator(operator: Operator, field: Field) -> None:
    """Whether that type of field can be compared so.

    Raises:
        CriteriaError: it cannot; names the types that can.
    """
    if operator not in OPERATORS[field.type]:
        fitting = " or ".join(kind.value for kind in FieldType if operator in OPERATORS[kind])
        raise CriteriaError(
            f"`{operator.value}` compares {fitting}, but {written_field(field.name)} "
            f"is a {field.type.value} field."
        )


def check_leaf(leaf: Leaf, field: Field) -> None:
    """Whether one condition fits its field.

    Raises:
        CriteriaError: as ``check``.
    """
    if isinstance(leaf, Compare):
        check_operator(leaf.operator, field)
        check_value(leaf.value, field, closed=leaf.operator in _WHOLE_VALUES)
    elif isinstance(leaf, In):
        _check_list(leaf, field)
    elif isinstance(leaf, Between):
        _check_between(leaf, field)
    elif isinstance(leaf, InPeriod):
        _check_period(leaf, field)
    elif not isinstance(leaf, IsEmpty):
        assert_never(leaf)


def check_in(field: Field) -> None:
    """Whether ``in`` a list suits the field.

    Raises:
        CriteriaError: it is a list itself.
    """
    if field.type is FieldType.LIST:
        raise CriteriaError(f"{written_field(field.name)} is a list field: use `has`, once for each value.")


def check_between(field: Field) -> None:
    """Whether ``between`` suits the field.

    Raises:
        CriteriaError: its type has no order.
    """
    if Operator.GE not in OPERATORS[field.type]:
        raise CriteriaError(
            f"`between` compares number or money or date, but {written_field(field.name)} "
            f"is a {field.type.value} field."
        )


def check_value(value: Value, field: Field, *, closed: bool = True) -> None:
    """Whether a value suits its field; ``closed``: it has to be one of the field's known values.

    Raises:
        CriteriaError: another type, an unknown value, or one that no record can hold.
    """
    wanted = FieldType.NUMBER if field.type is FieldType.MONEY else field.type
    wanted = FieldType.TEXT if wanted is FieldType.LIST else wanted
    if type_of(value) is not wanted:
        raise mismatch(field, type_of(value), str(value))
    if isinstance(value, str):
        _check_text(value, field, closed=closed)
    elif isinstance(value, Decimal):
        check_number(value)
    elif isinstance(value, date | Ago):
        check_day(value)


def mismatch(field: Field, found: FieldType, value: str) -> CriteriaError:
    """The error that names both types."""
    return CriteriaError(
        f"{written_field(field.name)} is a {field.type.value} field, but {value} is a {found.value}."
    )


def _check_list(leaf: In, field: Field) -> None:
    check_in(field)
    if not leaf.values:
        raise CriteriaError(f"The list after {written_field(field.name)} in is empty.")
    if len(leaf.values) > LONGEST_LIST:
        raise CriteriaError(f"A list has at most {LONGEST_LIST:,} values.")
    for value in leaf.values:
        check_value(value, field)


def _check_between(leaf: Between, field: Field) -> None:
    check_between(field)
    check_value(leaf.low, field)
    check_value(leaf.high, field)
    low, high = leaf.low, leaf.high
    both_days = isinstance(low, date) and isinstance(high, date)
    if (both_days or isinstance(low, Decimal)) and low > high:  # type: ignore[operator]  # of one type
        raise CriteriaError(f"Nothing is between {low} and {high}: the lower end comes first.")


def _check_period(leaf: InPeriod, field: Field) -> None:
    if field.type is not FieldType.DATE:
        raise mismatch(field, FieldType.DATE, "a period")
    period = leaf.period
    if isinstance(period, Calendar) and period.offset not in {-1, 0, 1}:
        raise CriteriaError("A period is this, last or next.")
    if isinstance(period, Rolling):
        if period.count == 0:
            raise CriteriaError("A period has at least one day.")
        check_distance(period.count, period.unit)


def _check_text(text: str, field: Field, *, closed: bool) -> None:
    if not text:
        raise CriteriaError(f"To find what has no value, write `{written_field(field.name)} is empty`.")
    check_letters(text)
    if closed and field.values and text.casefold() not in {one.casefold() for one in field.values}:
        raise CriteriaError(
            f"{written_field(field.name)} has no value {text}.", nearest=nearest(text, field.values)
        )
