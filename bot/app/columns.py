"""Which columns a list has, what the question speaks of first, and how it can be sorted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from bot.app.answers import AccountLine, Answer, FurtherColumn
from bot.app.fact_columns import head_of
from bot.app.tables import Cell, CellType, TableColumn
from bot.language.question import Question, Sort
from scoring.criteria.check import atoms, fact_field, leaves, relation_named
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.tree import Fact, Measured, Node

MOST_COLUMNS: Final = 7  # beside the name; more of them are not read on a screen
_HEAD: Final = 60


@dataclass(frozen=True, slots=True)
class LineColumn:
    """An attribute of AccountLine as a column, and the field that it shows."""

    field: str
    head: str
    type: CellType = CellType.TEXT


# Attribute of AccountLine -> its column.
LINE_COLUMNS: Final[Mapping[str, LineColumn]] = {
    "label": LineColumn("label", "Label", CellType.LABEL),
    "r": LineColumn("r", "R", CellType.NUMBER),
    "f": LineColumn("f", "F", CellType.NUMBER),
    "m": LineColumn("m", "M", CellType.NUMBER),
    "total": LineColumn("rfm", "RFM", CellType.NUMBER),
    "industry": LineColumn("industry", "Industry"),
    "city": LineColumn("city", "City"),
    "state": LineColumn("state", "State"),
    "country": LineColumn("country", "Country"),
    "owner": LineColumn("owner", "Owner"),
    "last_purchase": LineColumn("last_purchase", "Last purchase", CellType.DAY),
    "purchases": LineColumn("purchases", "Purchases", CellType.NUMBER),
    "spend_minor": LineColumn("total_spend", "Spend", CellType.MONEY),
    "annual_revenue_minor": LineColumn("annual_revenue", "Revenue", CellType.MONEY),
    "employees": LineColumn("employees", "Employees", CellType.NUMBER),
}
DEFAULT_FIELDS: Final = ("label", "total_spend", "last_purchase", "owner")
_ATTRIBUTES: Final = {one.field: name for name, one in LINE_COLUMNS.items()} | {"owner_email": "owner"}
_TAKEN: Final = frozenset(one.name for one in fields(AccountLine))
_TYPES: Final = {
    FieldType.NUMBER: CellType.NUMBER,
    FieldType.MONEY: CellType.MONEY,
    FieldType.DATE: CellType.DAY,
}
_QUANTITIES: Final = {CellType.NUMBER, CellType.MONEY, CellType.PERCENT, CellType.DAYS}


@dataclass(frozen=True, slots=True)
class Relevant:
    """The columns of a list.

    Attributes:
        names: as ``Answer.columns``.
        further: as ``Answer.further``.
    """

    names: tuple[str, ...]
    further: tuple[FurtherColumn, ...]

    @property
    def wanted(self) -> tuple[str | Fact, ...]:
        """The fields and facts that the account book is asked for beside the lines."""
        return tuple(one.field for one in self.further)


def relevant(question: Question, catalog: Catalog) -> Relevant:
    """What a question sorts by and speaks of, then the usual columns; at most seven."""
    spoken = [one.field for one in question.sort] + [leaf.field for leaf in leaves(question.criteria)]
    found = (catalog.find(name) for name in (*spoken, *DEFAULT_FIELDS))
    known = {one.name: one for one in found if one is not None and one.name != "name"}
    further = _facts(question.criteria, catalog)
    names = [one.column.key for one in further]
    for field in known.values():
        attribute = _ATTRIBUTES.get(field.name)
        if attribute is None:
            column = _further(field, {*names, *_TAKEN})
            further.append(FurtherColumn(field.name, column))
            attribute = column.key
        if attribute not in names:
            names.append(attribute)
    chosen = tuple(names[:MOST_COLUMNS])
    return Relevant(chosen, tuple(one for one in further if one.column.key in chosen))


def _facts(criteria: Node, catalog: Catalog) -> list[FurtherColumn]:
    """Of related records what is asked of them: what was spent this year."""
    facts = dict.fromkeys(one.fact for one in atoms(criteria) if isinstance(one, Measured))
    found: list[FurtherColumn] = []
    for fact in facts:
        field = fact_field(fact, relation_named(fact.relation, catalog))
        shown = replace(field, label=head_of(fact, catalog))
        column = _further(shown, {*_TAKEN, *(one.column.key for one in found)})
        found.append(FurtherColumn(fact, column))
    return found


def _further(field: Field, taken: set[str]) -> TableColumn:
    slug = re.sub(r"\W+", "_", field.name.casefold()).strip("_") or "field"
    key = next(one for one in _numbered(slug) if one not in taken)
    return TableColumn(key, (field.label or field.name)[:_HEAD], _type(field))


def _numbered(slug: str) -> Iterator[str]:
    yield slug
    number = 2
    while True:
        yield f"{slug}_{number}"
        number += 1


def _type(field: Field) -> CellType:
    if field.source.startswith("label:"):
        return CellType.LABEL
    if field.in_days:
        return CellType.DAYS
    return _TYPES.get(field.type, CellType.TEXT)


def columns_of(answer: Answer) -> tuple[TableColumn, ...]:
    """The columns of a list, after the name; a name that nobody knows is left out."""
    further = {one.column.key: one.column for one in answer.further}
    found: list[TableColumn] = []
    for name in answer.columns:
        if name in further:
            found.append(further[name])
        elif name in LINE_COLUMNS:
            found.append(TableColumn(name, LINE_COLUMNS[name].head, LINE_COLUMNS[name].type))
    return tuple(found)


def cells_of(line: AccountLine, answer: Answer) -> tuple[Cell, ...]:
    """The values of a line in the columns of its list."""
    keys = [one.column.key for one in answer.further]
    values = dict(zip(keys, line.further, strict=False))
    return tuple(
        values.get(one.key) if one.key in keys else getattr(line, one.key) for one in columns_of(answer)
    )


@dataclass(frozen=True, slots=True)
class Sorting:
    """One way to sort a list, and how it is said."""

    said: str
    sort: Sort


def sortings(answer: Answer) -> tuple[Sorting, ...]:
    """Both directions of every column that has an order, the name last."""
    fields_of = {name: one.field for name, one in LINE_COLUMNS.items()}
    fields_of |= {one.column.key: one.field for one in answer.further if isinstance(one.field, str)}
    found: list[Sorting] = []
    for column in columns_of(answer):
        if column.key not in fields_of:
            continue  # a fact has no order
        found += _both(column.head, fields_of[column.key], column.type)
    return (*found, *_both("Name", "name", CellType.ACCOUNT))


def _both(head: str, field: str, kind: CellType) -> Sequence[Sorting]:
    down, up = _ends(kind)
    first = Sorting(f"{head}: {down}", Sort(field))
    second = Sorting(f"{head}: {up}", Sort(field, descending=False))
    return (second, first) if kind in {CellType.TEXT, CellType.ACCOUNT} else (first, second)


def _ends(kind: CellType) -> tuple[str, str]:
    """How the descending and the ascending order are said."""
    if kind in _QUANTITIES:
        return "highest first", "lowest first"
    if kind is CellType.DAY:
        return "newest first", "oldest first"
    return ("best first", "worst first") if kind is CellType.LABEL else ("Z to A", "A to Z")
