"""From text to a tree that fits the fields, with segments by their names. ``parse`` is the way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from scoring.criteria.check import (
    DEEPEST,
    DEPTH_OF_RELATED,
    MOST_CONDITIONS,
    check_between,
    check_in,
    check_leaf,
    check_operator,
    check_quantity,
    check_value,
    fact_field,
    field_named,
    mismatch,
    relation_named,
    segment_named,
)
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.purchases import bought
from scoring.criteria.syntax import Bought, Condition, FactShape, Joined, Phrase, Quantified, Shape, shape_of
from scoring.criteria.tree import (
    Always,
    Between,
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
    Related,
    Value,
    conjunction,
    disjunction,
)
from scoring.criteria.values import (
    read_days,
    read_duration,
    read_period,
    read_value,
    type_of_text,
    written_field,
)

_Result = TypeVar("_Result")
_SPELLINGS = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}
_AGED = {"older than": Operator.BEFORE, "newer than": Operator.AFTER}
_DIRECTIONS = {"worsened": "worse", "improved": "better"}
_MEASURES = {one.value for one in Measure}


def read(text: str, catalog: Catalog) -> Node:
    """Read criteria; an empty text is no condition.

    Raises:
        CriteriaError: with the position in the text and the nearest names.
    """
    shape = shape_of(text)
    if shape is None:
        return Always()
    if sum(1 for _ in _conditions(shape)) > MOST_CONDITIONS:
        raise CriteriaError(f"Criteria have at most {MOST_CONDITIONS} conditions.")
    return _node(shape, catalog, 0)


def _conditions(shape: Shape) -> Iterator[Shape]:
    waiting: list[Shape | None] = [shape]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Joined):
            waiting.extend(one.parts)
        elif one is not None:
            yield one
            if isinstance(one, Quantified | Bought):
                waiting.append(one.where)
            elif isinstance(one, Condition) and isinstance(one.field, FactShape):
                waiting.append(one.field.where)


def _node(shape: Shape, catalog: Catalog, depth: int) -> Node:
    if depth > DEEPEST:
        raise CriteriaError(f"Brackets and `not` are at most {DEEPEST} deep.")
    if isinstance(shape, Joined):
        return _joined(shape, [_node(part, catalog, depth + 1) for part in shape.parts])
    if isinstance(shape, Condition):
        return _condition(shape, catalog, depth)
    if isinstance(shape, Quantified):
        return _quantified(shape, catalog, depth)
    if isinstance(shape, Bought):
        return _bought(shape, catalog, depth)
    name = shape.segment
    return InSegment(_at(name.position, lambda: segment_named(name.text, catalog))[0])


def _joined(shape: Joined, parts: list[Node]) -> Node:
    if shape.word == "not":
        return Not(parts[0])
    return conjunction(*parts) if shape.word == "and" else disjunction(*parts)


def _condition(condition: Condition, catalog: Catalog, depth: int) -> Node:
    if condition.shape == "moved":
        return _moved(condition, catalog)
    subject = condition.field
    if isinstance(subject, Phrase):
        if catalog.find(subject.text) is not None or not _names_a_fact(subject, catalog):
            return _leaf(condition, _field(subject, catalog))
        subject = FactShape(subject, None, None, None)
    elif subject.field is None and subject.where is None:
        # `count of deals` is the field deals.count where there is one.
        counted = catalog.find(f"{_relation(subject.name, catalog).name}.{Measure.COUNT.value}")
        if counted is not None:
            return _leaf(condition, counted)
    fact, field = _fact(subject, catalog, depth)
    return _measured(fact, _leaf(condition, field))


def _moved(condition: Condition, catalog: Catalog) -> Node:
    """``label worsened to "At Risk"``: what the fields of a change of label say in other words."""
    place, word = condition.field.position, condition.operator
    if catalog.find("new_label") is None:
        raise CriteriaError(
            f"{word} is said of a change of label, in the criteria of alert routes; "
            f"{catalog.rows} are no changes.",
            position=condition.operator_position,
        )
    written = condition.field.text if isinstance(condition.field, Phrase) else ""
    label, _, segmentation = written.partition(".")
    if label.casefold() != "label":
        raise CriteriaError(f"Only a label is {word}: write label {word}.", position=place)
    said = [("segmentation", Phrase(segmentation, place))] if segmentation else []
    if word in _DIRECTIONS:
        said.append(("change", Phrase(_DIRECTIONS[word], place)))
    said += (("old_label" if word == "left" else "new_label", value) for value in condition.values)
    equal = ((_field(Phrase(name, place), catalog), value) for name, value in said)
    return conjunction(*(Compare(field.name, Operator.EQ, _value(value, field)) for field, value in equal))


def _field(name: Phrase, catalog: Catalog) -> Field:
    return _at(name.position, lambda: field_named(name.text, catalog))


def _names_a_fact(subject: Phrase, catalog: Catalog) -> bool:
    relation, dot, _ = subject.text.rpartition(".")
    return bool(dot) and catalog.relation(relation) is not None


def _fact(shape: FactShape, catalog: Catalog, depth: int) -> tuple[Fact, Field]:
    """A fact, and the field that stands for it."""
    name, measure = shape.name, shape.measure
    if measure is None:
        before, _, measure = name.text.rpartition(".")
        if measure.casefold() not in _MEASURES:
            raise CriteriaError(
                f"{name.text} is no fact. Facts are such as deals.count, deals.sum(amount), "
                "deals.last(closing_date).",
                position=name.position,
            )
        name = Phrase(before, name.position)
    relation = _relation(name, catalog)
    own = None if shape.field is None else _field(shape.field, relation.catalog)
    fact = Fact(relation.name, Measure(measure.casefold()), None if own is None else own.name)
    field = _at((shape.field or name).position, lambda: fact_field(fact, relation))
    return replace(fact, where=_where(shape.where, relation, depth)), field


def _measured(fact: Fact, node: Node) -> Node:
    if isinstance(node, Not):
        return Not(_measured(fact, node.part))
    if not isinstance(node, Leaf):
        raise TypeError(f"{node!r} is no condition on a fact")
    return Measured(fact, replace(node, field=""))


def _quantified(shape: Quantified, catalog: Catalog, depth: int) -> Node:
    relation = _relation(shape.relation, catalog)
    none = shape.word == "no"
    where = _where(shape.where, relation, depth + none)
    related = Related(relation.name, where, every=shape.word in {"all", "every"})
    _at(shape.relation.position, lambda: check_quantity(related))
    return Not(related) if none else related


def _bought(shape: Bought, catalog: Catalog, depth: int) -> Node:
    relation, parts = bought(shape, catalog)
    inner = depth + DEPTH_OF_RELATED
    return Related(relation.name, conjunction(*(_node(one, fields, inner) for one, fields in parts)))


def _where(shape: Shape | None, relation: Relation, depth: int) -> Node:
    return Always() if shape is None else _node(shape, relation.catalog, depth + DEPTH_OF_RELATED)


def _relation(name: Phrase, catalog: Catalog) -> Relation:
    return _at(name.position, lambda: relation_named(name.text, catalog))


def _leaf(condition: Condition, field: Field) -> Node:
    return _READERS[condition.shape](condition, field)


def _comparison(condition: Condition, field: Field) -> Node:
    if condition.operator in _AGED:
        return _aged(condition, field)
    operator = Operator(_SPELLINGS.get(condition.operator, condition.operator))
    _at(condition.operator_position, lambda: check_operator(operator, field))
    closed = operator in {Operator.EQ, Operator.NE, Operator.HAS}
    value = _value(condition.values[0], field, closed=closed)
    return Compare(field.name, operator, value)


def _aged(condition: Condition, field: Field) -> Node:
    """``older than 90 days``."""
    operator, phrase = _AGED[condition.operator], condition.values[0]
    _at(condition.operator_position, lambda: check_operator(operator, field))
    duration = read_duration(phrase.text)
    if duration is None:
        raise CriteriaError(
            f"{phrase.text} is no length of time: write {condition.operator} 90 days.",
            position=phrase.position,
        )
    _at(phrase.position, lambda: check_value(duration, field))
    return Compare(field.name, operator, duration)


def _in_list(condition: Condition, field: Field) -> Node:
    _at(condition.field.position, lambda: check_in(field))
    leaf = In(field.name, tuple(_value(one, field) for one in condition.values))
    _at(condition.field.position, lambda: check_leaf(leaf, field))
    return leaf


def _between(condition: Condition, field: Field) -> Node:
    _at(condition.field.position, lambda: check_between(field))
    leaf = Between(field.name, _value(condition.values[0], field), _value(condition.values[1], field))
    _at(condition.values[0].position, lambda: check_leaf(leaf, field))
    return leaf


def _in_period(condition: Condition, field: Field) -> Node:
    phrase = condition.values[0]
    if field.type is not FieldType.DATE:
        raise CriteriaError(
            f"Values after `in` stand in brackets: {written_field(field.name)} in ({phrase.text}).",
            position=phrase.position,
        )
    period = read_period(phrase.text)
    if period is None:
        raise CriteriaError(
            f"{phrase.text} is no period. Periods are this, last or next week, month, quarter or year, "
            "and such as last 30 days or next 3 months.",
            position=phrase.position,
        )
    leaf = InPeriod(field.name, period)
    _at(phrase.position, lambda: check_leaf(leaf, field))
    return leaf


_READERS: dict[str, Callable[[Condition, Field], Node]] = {
    "comparison": _comparison,
    "in_list": _in_list,
    "not_in_list": lambda condition, field: Not(_in_list(condition, field)),
    "in_period": _in_period,
    "not_in_period": lambda condition, field: Not(_in_period(condition, field)),
    "between": _between,
    "is_empty": lambda _condition, field: IsEmpty(field.name),
    "is_not_empty": lambda _condition, field: Not(IsEmpty(field.name)),
}


def _value(phrase: Phrase, field: Field, *, closed: bool = True) -> Value:
    value = _at(phrase.position, lambda: read_value(phrase.text, field.type))
    if value is None and field.in_days:
        value = read_days(phrase.text)
    if value is None:
        raise _not_of_type(phrase, field)
    if isinstance(value, str) and closed:
        value = next((one for one in field.values if one.casefold() == phrase.text.casefold()), value)
    _at(phrase.position, lambda: check_value(value, field, closed=closed))
    return value


def _not_of_type(phrase: Phrase, field: Field) -> CriteriaError:
    if field.type is FieldType.DATE and read_period(phrase.text):
        message = f"{phrase.text} is a period: write {written_field(field.name)} in {phrase.text}."
        return CriteriaError(message, position=phrase.position)
    error = mismatch(field, type_of_text(phrase.text), phrase.text)
    hint = " Days are written 2026-06-30, today, 90 days ago." if field.type is FieldType.DATE else ""
    return CriteriaError(error.message + hint, position=phrase.position)


def _at(position: int, act: Callable[[], _Result]) -> _Result:
    """Say where in the text it is that something does not fit."""
    try:
        return act()
    except CriteriaError as error:
        raise CriteriaError(error.message, position=position, nearest=error.nearest) from None
