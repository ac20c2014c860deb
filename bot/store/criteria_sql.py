"""Criteria compiled to SQL expressions, for SQLite and PostgreSQL. The same meaning as the mask, row by row.

Every condition is true or false, never NULL, so that ``not`` means what it says. Values are bound, never
written into the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Double,
    FromClause,
    LargeBinary,
    Select,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy import column as named_column
from sqlalchemy import types as sql_types
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import ColumnClause, Grouping
from sqlalchemy.sql.functions import coalesce

from bot.store.measured_sql import measured
from connector.cache.folding import fold
from connector.cache.types import UtcDateTime
from scoring.criteria.bounds import WholeSpan, parts_of, whole_spans
from scoring.criteria.check import atoms, fact_field, field_named, relation_named
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.periods import Span, Today, spans
from scoring.criteria.segments import resolved
from scoring.criteria.tree import (
    Always,
    And,
    Between,
    Compare,
    Fact,
    In,
    InPeriod,
    InSegment,
    IsEmpty,
    Leaf,
    Measured,
    Node,
    Not,
    Operator,
    Or,
    Related,
    conjunction,
)

ABREAST = 25  # conditions side by side, and groups of them
Truth = ColumnElement[bool]
_EQUAL = {Operator.EQ, Operator.NE}
Columns = Callable[[Field], ColumnElement[Any]]


@dataclass(frozen=True)
class RelatedRows:
    """Where related records are, as a part of a query for the rows that they belong to.

    Attributes:
        rows: what to select from when some fields are needed; it shares no table with the outer query but
            through aliases.
        belong: that a record belongs to the outer query's row.
        columns: where each of their fields is.
        outer: the outer query's table that ``belong`` speaks of.
    """

    rows: Callable[[Collection[Field]], FromClause]
    belong: Truth
    columns: Columns
    outer: FromClause


@runtime_checkable
class Reaching(Protocol):
    """Columns of a place from which related records can be reached."""

    def related(self, relation: Relation, today: Today) -> RelatedRows:
        """Where the records of a relation are."""
        ...


@runtime_checkable
class Spelling(Protocol):
    """Columns of which it is known how their values are spelled."""

    def occurring(self, field: Field) -> tuple[str, ...] | None:
        """Every value that occurs; None where they are not known."""
        ...


@dataclass(frozen=True)
class _Place:
    """What conditions are compiled with."""

    catalog: Catalog
    columns: Columns
    today: Today
    dialect: str


def where(node: Node, catalog: Catalog, columns: Columns, today: Today, dialect: str) -> Truth:
    """The condition for a WHERE clause.

    Args:
        node: a checked tree.
        catalog: the fields.
        columns: where each field is. Its SQL type decides how it compares: integers exactly (money in minor
            units), others as doubles; days as Date or as ISO text; instants as UtcDateTime, which fall on the
            day that it is in ``today.zone``; lists as JSON arrays of texts or of objects with a
            ``name`` (jsonb on PostgreSQL). For conditions on related records it is ``Reaching`` too.
        today: for relative days and periods.
        dialect: ``sqlite`` or ``postgresql``; both have the function ``bw_fold`` (see ``connector.cache``).

    Raises:
        CriteriaError: a field that the catalog does not know, or a segment that cannot be used.
    """
    return _where(resolved(node, catalog), _Place(catalog, columns, today, dialect))


def fields_of(node: Node, catalog: Catalog) -> list[Field]:
    """The fields that conditions speak of."""
    used = atoms(resolved(node, catalog), whole=False)
    return [field_named(one.field, catalog) for one in used if isinstance(one, Leaf)]


def _where(node: Node, place: _Place) -> Truth:
    if isinstance(node, Always):
        return true()
    if isinstance(node, Not):
        return not_(_where(node.part, place))
    if isinstance(node, And | Or):
        parts = [_where(part, place) for part in node.parts]
        return _joined(and_ if isinstance(node, And) else or_, parts)
    if isinstance(node, Related):
        return _any_related(node, place)
    if isinstance(node, Measured):
        return _fact_holds(node, place)
    if isinstance(node, InSegment):
        raise TypeError(f"{node.name} is a segment, which stands for its criteria")
    field = field_named(node.field, place.catalog)
    listed = _one_of(node, field, place)
    return _compared(node, place.columns(field), field, place) if listed is None else listed


def _one_of(leaf: Leaf, field: Field, place: _Place) -> Truth | None:
    """A text that equals something, as the list of its spellings that occur: so an index finds it."""
    columns: object = place.columns
    occurring = columns.occurring(field) if isinstance(columns, Spelling) else None
    equal = isinstance(leaf, In) or (isinstance(leaf, Compare) and leaf.operator in _EQUAL)
    if occurring is None or field.type is not FieldType.TEXT or not equal:
        return None
    wanted = {fold(str(one)) for one in (leaf.values if isinstance(leaf, In) else (leaf.value,))}  # type: ignore[union-attr]
    column = place.columns(field)
    listed = column.in_([one for one in occurring if fold(one) in wanted])
    holds = and_(column.is_not(None), listed)
    return not_(holds) if isinstance(leaf, Compare) and leaf.operator is Operator.NE else holds


def _joined(join: Callable[..., Truth], parts: Sequence[Truth]) -> Truth:
    """Many conditions in groups: SQLite takes ``a or b or c`` as a tree, which may be 1,000 deep.

    It counts a query's tree once more for each query around it.
    """
    if len(parts) <= ABREAST:
        return join(*parts)
    groups = [parts[start : start + ABREAST] for start in range(0, len(parts), ABREAST)]
    # Coerced, because SQLAlchemy takes mere brackets away again.
    return join(*(type_coerce(Grouping(join(*group)), Boolean) for group in groups))


def _compared(leaf: Leaf, column: ColumnElement[Any], field: Field, place: _Place) -> Truth:
    holds = _leaf(leaf, column, field, place.today, place.dialect)
    return not_(holds) if isinstance(leaf, Compare) and leaf.operator is Operator.NE else holds


def _theirs(name: str, place: _Place) -> tuple[RelatedRows, _Place, Relation]:
    """Related records, and what conditions on them are compiled with."""
    relation = relation_named(name, place.catalog)
    reaching: object = place.columns
    if not isinstance(reaching, Reaching):
        raise TypeError(f"{relation.name} cannot be reached from here")
    found = reaching.related(relation, place.today)
    return found, replace(place, catalog=relation.catalog, columns=found.columns), relation


def _any_related(node: Related, place: _Place) -> Truth:
    found, theirs, relation = _theirs(node.relation, place)
    meets = _where(node.where, theirs)
    rows = found.rows(fields_of(conjunction(relation.given, node.where), relation.catalog))
    query = select(literal(1)).select_from(rows).where(found.belong, _where(relation.given, theirs))
    if node.every:
        return not_(query.where(not_(meets)).correlate(found.outer).exists())
    return query.where(meets).correlate(found.outer).exists()


def fact_value(
    fact: Fact, catalog: Catalog, columns: Columns, today: Today, dialect: str
) -> tuple[ColumnElement[Any], Field]:
    """The value of a fact for each row of a query, and the field as which it is shown; else as ``where``."""
    made, field = _fact(fact, _Place(catalog, columns, today, dialect))
    return select(made).scalar_subquery(), field


def _fact_holds(node: Measured, place: _Place) -> Truth:
    """One look at the related records, whatever the condition is: it is evaluated where the fact is made."""
    made, field = _fact(node.fact, place)
    holds = select(_compared(node.condition, made, field, place)).scalar_subquery()
    return type_coerce(holds, Boolean).is_(true())


def _fact(fact: Fact, place: _Place) -> tuple[ColumnElement[Any], Field]:
    """A fact as a column of a query of its own."""
    found, theirs, relation = _theirs(fact.relation, place)
    belong = (found.belong, _where(relation.given, theirs), _where(fact.where, theirs))
    needed = fields_of(conjunction(relation.given, fact.where), relation.catalog)

    def chosen(column: ColumnElement[Any]) -> Select[Any]:
        return select(column).select_from(found.rows(needed)).where(*belong).correlate(found.outer)

    field = fact_field(fact, relation)
    if fact.field is None:
        made: ColumnElement[Any] = chosen(func.count(type_=BigInteger).label("value")).subquery().c.value
    else:
        own = field_named(fact.field, relation.catalog)
        needed.append(own)
        made, field = measured(fact.measure, found.columns(own), chosen, own, place.dialect)
    return made, field


def _leaf(leaf: Leaf, column: ColumnElement[Any], field: Field, today: Today, dialect: str) -> Truth:
    """A condition; of ``!=`` that of ``=``."""
    if isinstance(leaf, IsEmpty):
        return _empty(column, field, dialect)
    if field.type is FieldType.DATE:
        return _two_valued(column, _within_spans(column, spans(leaf, today), today))
    if isinstance(leaf, InPeriod):
        raise TypeError(f"{field.name} has no periods")
    if field.type is FieldType.LIST:
        return _holds_value(leaf, column, dialect)
    if field.type is FieldType.TEXT:
        return _two_valued(column, _text(leaf, _folded(column, dialect)))
    if field.type is FieldType.BOOLEAN:
        return _two_valued(column, _boolean(leaf, column))
    return _two_valued(column, _number(leaf, column, field))


def _two_valued(column: ColumnElement[Any], condition: Truth) -> Truth:
    """False instead of NULL; for a plain column in a way that leaves its index usable."""
    if isinstance(column, ColumnClause):
        return and_(column.is_not(None), condition)
    return coalesce(condition, false())


def _empty(column: ColumnElement[Any], field: Field, dialect: str) -> Truth:
    if field.type is FieldType.LIST:
        length = func.json_array_length if dialect == "sqlite" else func.jsonb_array_length
        return coalesce(length(column), literal(0)) == 0
    missing = column.is_(None)
    return or_(missing, column == "") if field.type is FieldType.TEXT else missing


def _folded(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    folded = func.bw_fold(text, type_=String)
    if dialect != "sqlite" or not isinstance(text, ColumnClause):
        return folded
    # SQLite's own lower() folds ASCII, and calling Python for every row takes several times as long.
    ascii_only = func.length(text) == func.length(cast(text, LargeBinary))
    return case((ascii_only, func.lower(text)), else_=folded)


def _text(leaf: Compare | In | Between, folded: ColumnElement[Any]) -> Truth:
    if isinstance(leaf, In):
        return folded.in_([fold(str(value)) for value in leaf.values])
    if isinstance(leaf, Between):
        raise TypeError("texts have no order")
    value = fold(str(leaf.value))
    if leaf.operator is Operator.CONTAINS:
        return folded.contains(value, autoescape=True)
    if leaf.operator is Operator.STARTS_WITH:
        return folded.startswith(value, autoescape=True)
    if leaf.operator is Operator.ENDS_WITH:
        return folded.endswith(value, autoescape=True)
    return folded == value


def _boolean(leaf: Compare | In | Between, column: ColumnElement[Any]) -> Truth:
    wanted = leaf.values if isinstance(leaf, In) else (leaf.value,) if isinstance(leaf, Compare) else ()
    return or_(*(column.is_(true() if value else false()) for value in wanted))


def _number(leaf: Compare | In | Between, column: ColumnElement[Any], field: Field) -> Truth:
    scale = parts_of(field)
    if isinstance(column.type, sql_types.Integer):
        return _whole(column, whole_spans(leaf, scale))
    if scale != 1:
        raise TypeError(f"{field.name} has to be in whole parts, {scale} of one")
    return _real(leaf, column)


def _whole(column: ColumnElement[Any], found: Sequence[WholeSpan]) -> Truth:
    single = [span.low for span in found if span.low is not None and span.low == span.high]
    if len(single) == len(found):
        # One IN, because SQLite's expressions are at most 1,000 deep; as BIGINT, whatever the column is.
        return type_coerce(column, BigInteger).in_(single)
    return _joined(or_, [_within(column, span) for span in found] or [false()])


def _within(column: ColumnElement[Any], span: WholeSpan) -> Truth:
    ends = []
    if span.low is not None:
        ends.append(column >= literal(span.low, BigInteger))
    if span.high is not None:
        ends.append(column <= literal(span.high, BigInteger))
    return and_(true(), *ends)


def _real(leaf: Compare | In | Between, column: ColumnElement[Any]) -> Truth:
    if isinstance(leaf, In):
        return type_coerce(column, Double).in_([float(str(value)) for value in leaf.values])
    if isinstance(leaf, Between):
        return and_(column >= _double(leaf.low), column <= _double(leaf.high))
    value = _double(leaf.value)
    comparisons = {
        Operator.LT: column < value,
        Operator.LE: column <= value,
        Operator.GT: column > value,
        Operator.GE: column >= value,
    }
    return comparisons.get(leaf.operator, column == value)


def _double(value: object) -> ColumnElement[float]:
    return literal(float(str(value)), Double)


def _within_spans(column: ColumnElement[Any], found: Sequence[Span], today: Today) -> Truth:
    return _joined(or_, [_within_days(column, span, today) for span in found])


def _within_days(column: ColumnElement[Any], span: Span, today: Today) -> Truth:
    ends = []
    if span.first is not None:
        ends.append(column >= _day(span.first, column, today))
    if span.before is not None:
        ends.append(column < _day(span.before, column, today))
    return and_(*ends)


def _day(day: date, column: ColumnElement[Any], today: Today) -> ColumnElement[Any]:
    """The beginning of a day, as the column stores days."""
    if isinstance(column.type, UtcDateTime):
        return literal(datetime.combine(day, time(), today.zone), UtcDateTime)
    return literal(day.isoformat(), String) if isinstance(column.type, String) else literal(day, Date)


def _holds_value(leaf: Compare | In | Between, column: ColumnElement[Any], dialect: str) -> Truth:
    if not isinstance(leaf, Compare):
        raise TypeError("lists only have values")
    item = _item_text_sqlite(column) if dialect == "sqlite" else _item_text_postgresql(column)
    return select(true()).where(func.bw_fold(item, type_=String) == fold(str(leaf.value))).exists()


def _item_text_sqlite(array: ColumnElement[Any]) -> ColumnElement[Any]:
    items = func.json_each(array).table_valued("value", "type")
    return case((items.c.type == "object", func.json_extract(items.c.value, "$.name")), else_=items.c.value)


def _item_text_postgresql(array: ColumnElement[Any]) -> ColumnElement[Any]:
    items = func.jsonb_array_elements(array).table_valued(named_column("value", JSONB)).render_derived()
    item = items.c.value
    # As text whatever it is; the empty path stands in the statement, because COPY's values are not adapted.
    whole = item.op("#>>", return_type=String())(literal_column("'{}'"))
    return func.coalesce(item["name"].astext, whole)
