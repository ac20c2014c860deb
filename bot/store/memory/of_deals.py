"""Figures over deals and purchases from what is held: a deal has an account, an owner, a day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select

from bot.language.question import DEAL_OWNER, EACH_PRODUCT, Days, Figure, Metric
from bot.store.figure_periods import in_bounds
from bot.store.figure_records import OPEN, PURCHASED, purchases_of, won_deals
from bot.store.figure_sums import stages_of_purchases
from bot.store.figure_values import NOTHING, Key, Tally
from bot.store.groups import OWNER_FIELD, group_name
from bot.store.memory.adding_up import Asked, tallied
from bot.store.memory.conditions import Groups, Look, NotHeldError
from bot.store.memory.held import Truths
from bot.store.memory.of_accounts import by_name, grouped_by
from bot.store.places import OWNER
from bot.store.stages import stages_over, stages_that_meet
from scoring.criteria.tree import Node
from scoring.days import day_number

_NOT_HELD = {Metric.SALES_CYCLE, Metric.SHARE}


def over_deals(look: Look, criteria: Node, figure: Figure, metric: Metric, days: Days) -> dict[Key, Tally]:
    """What is counted of the records of accounts that meet the criteria, by group or period.

    Raises:
        CriteriaError: a field or value that is not known; more groups or periods than anybody reads.
        NotHeldError: what is held does not say it.
    """
    asked = asked_of(look, figure, metric, days)
    owned = figure.by == DEAL_OWNER
    if figure.by == EACH_PRODUCT or (owned and metric is Metric.BUYERS):
        raise NotHeldError  # who bought of two owners with one name is counted once
    field, groups = (OWNER_FIELD, _owners(look)) if owned else grouped_by(look, figure.by)
    chosen = look.meets(criteria)
    tallies: dict[int, Tally] = {}
    for part in look.held.parts:
        allowed = chosen if part.without is None else chosen & ~part.without
        for key, tally in tallied(part.deals, allowed, asked, groups, owned=owned):
            tallies[key] = tallies.get(key, NOTHING) + tally
    if asked.unit is not None:
        in_bounds(tallies, asked.unit)
        return dict(tallies.items())
    return by_name(iter(sorted(tallies.items())), groups, field)


def asked_of(look: Look, figure: Figure, metric: Metric, days: Days) -> Asked:
    """What is to be added up.

    Raises:
        NotHeldError: what is held does not say it.
    """
    reading, stages = look.reading, look.held.stages
    first, last = (None if one is None else day_number(one) for one in (days.first, days.last))
    unit, starts = figure.every, reading.today.fiscal_year_starts
    dated = unit is not None or first is not None or last is not None
    if metric in _NOT_HELD:
        raise NotHeldError
    if metric in PURCHASED:
        counted = stages_of_purchases(reading, purchases_of(reading))
        if counted is None:
            raise NotHeldError
        today = day_number(reading.today.day)
        last = today if last is None else min(last, today)
        is_one = _among(stages, counted)
        return Asked(metric, is_one, is_one, first, last, dated=True, unit=unit, fiscal_year_starts=starts)
    node, catalog = won_deals(reading)
    wanted = stages_that_meet(reading.connection, node, catalog, reading.today)
    if wanted is None:
        raise NotHeldError
    won, over = _among(stages, wanted), _among(stages, stages_over(reading.connection))
    chosen = {Metric.LOST: over & ~won, Metric.WIN_RATE: over | won, **dict.fromkeys(OPEN, ~over & ~won)}
    is_one = chosen.get(metric, won)
    return Asked(metric, is_one, won, first, last, dated=dated, unit=unit, fiscal_year_starts=starts)


def _among(stages: Sequence[str | None], wanted: Sequence[str | None]) -> Truths:
    return np.array([one in set(wanted) for one in stages], dtype=np.bool_)


def _owners(look: Look) -> Groups:
    """The owners of deals as groups, by what they are called now."""
    rows = look.reading.connection.execute(select(OWNER.c.id, OWNER.c.name))
    told = {row.id: row.name for row in rows}
    names = tuple(group_name(told.get(one), OWNER_FIELD) for one in look.held.owners)
    return Groups(np.arange(len(names), dtype=np.int32), names)
