"""How many accounts have each value of a field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, func, select

from bot.app.answers import Group
from bot.store.account_reading import Reading
from bot.store.columns import ACCOUNT, SCORE
from bot.store.figure_values import Key, Tally, merged
from bot.store.groups import check_grouped, group_name
from scoring.criteria.check import field_named
from scoring.criteria.fields import Field
from scoring.criteria.tree import Always, Node


def breakdown(reading: Reading, criteria: Node, field_name: str) -> list[Group]:
    """Groups of the accounts that meet the criteria, largest first; those without a value last, as None.

    Raises:
        CriteriaError: a field or value that is not known, or a field whose values are not grouped.
    """
    field = field_named(field_name, reading.catalog)
    check_grouped(field)
    counted = reading.held and reading.held.breakdown(criteria, field_name)
    if counted is None:
        counted = _counted(reading, criteria, field)
    found = [Group(name if name is None else str(name), tally.records) for name, tally in counted.items()]
    return sorted(found, key=lambda one: (one.value is None, -one.count, one.value or ""))


def _counted(reading: Reading, criteria: Node, field: Field) -> dict[Key, Tally]:
    if field.source == "score.label" and isinstance(criteria, Always) and reading.scope.everything:
        return _named(_labelled(reading), field)
    value = reading.columns(field).label("value")
    query = select(value, func.count()).select_from(reading.rows(criteria, field))
    query = query.where(reading.meets(criteria)).group_by(value)
    return _named(((row[0], row[1]) for row in reading.connection.execute(query)), field)


def _named(rows: Iterable[tuple[Any, int]], field: Field) -> dict[Key, Tally]:
    return merged([(group_name(value, field), Tally(number)) for value, number in rows])


def _labelled(reading: Reading) -> list[tuple[str | None, int]]:
    """How many of all accounts have each label: by the index on labels, and without one who is left."""
    mine = and_(SCORE.c.segmentation == reading.segmentation.name, SCORE.c.label.is_not(None))
    scored = SCORE.join(ACCOUNT, ACCOUNT.c.id == SCORE.c.account_id)
    query = select(SCORE.c.label, func.count()).select_from(scored).where(mine).group_by(SCORE.c.label)
    found: list[tuple[str | None, int]] = [(name, many) for name, many in reading.connection.execute(query)]
    every = reading.connection.execute(select(func.count()).select_from(ACCOUNT)).scalar_one()
    without = every - sum(many for _, many in found)
    return [*found, (None, without)] if without else found
