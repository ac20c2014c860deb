"""Figures over the deals of all accounts, from the sums by day (``bot.store.deal_days``)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Subquery, case, func, literal, select

from bot.language.question import Metric
from bot.store.account_reading import Reading
from bot.store.deal_days import summed_deals
from bot.store.figure_records import OPEN, PURCHASED, Records, Truth, purchases_of, won_deals
from bot.store.purchases import Purchases
from bot.store.stages import every_stage, in_stages, none_if_any, stages_over, stages_that_meet

# Their records are asked for more than their day, stage, owner and amount.
_MORE = {Metric.BUYERS, Metric.SALES_CYCLE, Metric.SHARE}
_SOURCES = ("transaction.occurred_on", "transaction.amount_minor")


def summed_records(reading: Reading, metric: Metric, *, owned: bool) -> Records | None:
    """What a figure over all accounts is made of; None where only the records themselves can tell.

    Raises:
        CriteriaError: criteria of purchases or won deals that do not fit the fields any more.
    """
    if metric in _MORE:
        return None
    of = _purchases(reading, owned=owned) if metric in PURCHASED else _deals(reading, metric, by_owner=owned)
    # Without deals of accounts that there are, a row of sums would be a group or period of nothing.
    return of if of is None else replace(of, chosen=(*of.chosen, of.amount > 0))


def summed_deal_remarks(reading: Reading, metric: Metric) -> tuple[int, int] | None:
    """How many deals of a figure have no account, how many no amount; None likewise."""
    if metric in _MORE:
        return None
    records = _deals(reading, metric, by_owner=False)
    if records is None:
        return None
    sums = (func.coalesce(func.sum(records.rows.c[name]), 0) for name in ("alone", "unpriced"))
    alone, unpriced = reading.connection.execute(
        select(*sums).select_from(records.rows).where(*records.chosen)
    ).one()
    return int(alone), int(unpriced)


def _deals(reading: Reading, metric: Metric, *, by_owner: bool) -> Records | None:
    node, catalog = won_deals(reading)
    stages = stages_that_meet(reading.connection, node, catalog, reading.today)
    found = None if stages is None else summed_deals(reading.connection, by_owner=by_owner)
    if found is None or stages is None:
        return None
    won: set[str | None] = set(stages)
    over: set[str | None] = set(stages_over(reading.connection))
    every = {*every_stage(reading.connection), *none_if_any(reading.connection)}
    wanted = {
        Metric.LOST: over - won,
        Metric.WIN_RATE: over | won,
        **dict.fromkeys(OPEN, every - over - won),
    }.get(metric, won)
    is_won = in_stages(found.c.stage, stages)
    part = func.sum(case((is_won, found.c.deals), else_=0)) if metric is Metric.WIN_RATE else literal(0)
    return _records(found, func.sum(found.c.deals), part, (in_stages(found.c.stage, list(wanted)),))


def _purchases(reading: Reading, *, owned: bool) -> Records | None:
    counted = purchases_of(reading)
    stages = stages_of_purchases(reading, counted)
    found = None if stages is None else summed_deals(reading.connection, by_owner=owned)
    if found is None or stages is None:
        return None
    came = (found.c.day.is_not(None), found.c.day <= counted.today.day)
    bought = func.sum(found.c.deals - found.c.given_back)
    return _records(found, bought, literal(0), (in_stages(found.c.stage, stages), *came))


def stages_of_purchases(reading: Reading, counted: Purchases) -> list[str | None] | None:
    """The stages whose deals count, where these alone do, by their own day and amount.

    Raises:
        CriteriaError: the criteria of purchases do not fit the fields any more.
    """
    first, *others = counted.parts
    if others or first.takes_away or first.relation.source != "transaction":
        return None
    if (first.day.source, first.amount.source) != _SOURCES:
        return None
    return stages_that_meet(reading.connection, first.where, first.relation.catalog, counted.today)


def _records(
    found: Subquery, one: ColumnElement[int], part: ColumnElement[int], chosen: tuple[Truth, ...]
) -> Records:
    of = found.c
    sums = (func.sum(of.upper), func.sum(of.lower))
    return Records(found, None, of.day, of.owner_id, one, part, of.deals, chosen, sums=sums)
