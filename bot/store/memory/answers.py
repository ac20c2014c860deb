"""What the books ask of the memory. Each gives None where it does not say it, and the database is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from bot.app.answering.flock import LabelSum
from bot.app.answering.held import HeldAsked
from bot.app.answering.moves import ChangesAsked
from bot.language.question import Days, Figure, Metric, Sort
from bot.store.account_reading import Reading
from bot.store.figure_values import Key, Scale, Tally
from bot.store.memory import of_accounts, of_deals, of_labels
from bot.store.memory.conditions import Look, NotHeldError
from bot.store.memory.held import Truths
from bot.store.ordering import in_order
from bot.store.places import ACCOUNT
from scoring.account_ids import compact
from scoring.criteria.check import field_named
from scoring.criteria.tree import Node

Found = TypeVar("Found")


def _of(reading: Reading, asked: Callable[[Look], Found]) -> Found | None:
    held = reading.held
    if held is None:
        return None
    try:
        return asked(Look(held, reading))
    except NotHeldError:
        return None


def held_count(reading: Reading, criteria: Node) -> int | None:
    """How many accounts meet criteria.

    Raises:
        CriteriaError: a field or value that is not known; so does everything here.
    """
    return _of(reading, lambda look: int(look.meets(criteria).sum()))


def held_breakdown(reading: Reading, criteria: Node, by: str) -> dict[Key, Tally] | None:
    """How many there are in each group."""
    return _of(reading, lambda look: of_accounts.breakdown(look, criteria, by))


def held_shares(reading: Reading, criteria: Node, figure: Figure) -> dict[Key, Tally] | None:
    """Of how many accounts, and how many of them meet the criteria."""
    return _of(reading, lambda look: of_accounts.shares(look, criteria, figure))


def held_values(reading: Reading, criteria: Node, figure: Figure) -> tuple[dict[Key, Tally], Scale] | None:
    """What is made of a field of accounts."""
    return _of(reading, lambda look: of_accounts.values(look, criteria, figure))


def held_over_deals(
    reading: Reading, criteria: Node, figure: Figure, metric: Metric, days: Days
) -> dict[Key, Tally] | None:
    """What is counted of purchases or deals."""
    return _of(reading, lambda look: of_deals.over_deals(look, criteria, figure, metric, days))


def held_first(reading: Reading, criteria: Node, sort: Sequence[Sort], needed: int) -> list[str] | None:
    """Some accounts that meet criteria, among them the first ones by some order."""
    return _of(reading, lambda look: of_accounts.first_ones(look, look.meets(criteria), sort, needed))


@dataclass(frozen=True)
class HeldHolders:
    """The accounts of a page, and how many there are in all."""

    ids: Sequence[str]
    number: int


def held_holders(
    reading: Reading, criteria: Node, asked: HeldAsked, sort: Sequence[Sort], limit: int, offset: int
) -> HeldHolders | None:
    """Who had a label."""

    def found(look: Look) -> HeldHolders | None:
        chosen = of_labels.holders(look, criteria, asked)
        some = of_accounts.first_ones(look, chosen, sort, limit + offset)
        if some is None:
            return None
        return HeldHolders(_page(reading, some, sort, limit, offset), int(chosen.sum()))

    return _of(reading, found)


def _page(reading: Reading, some: Sequence[str], sort: Sequence[Sort], limit: int, offset: int) -> list[str]:
    """The database puts a few accounts in order, so that there is one order only."""
    keys = [field_named(one.field, reading.catalog) for one in sort]
    order = in_order(sort, reading.catalog, reading.columns)
    query = select(ACCOUNT.c.id).select_from(reading.columns.rows(keys)).where(ACCOUNT.c.id.in_(some))
    return list(reading.connection.execute(query.order_by(*order).limit(limit).offset(offset)).scalars())


def held_changes(reading: Reading, criteria: Node, asked: ChangesAsked) -> of_labels.Moved | None:
    """The changes of label of accounts that meet criteria."""
    return _of(reading, lambda look: of_labels.Moved(look, criteria, asked))


@dataclass(frozen=True)
class HeldFlock:
    """How accounts are together."""

    labels: tuple[LabelSum, ...]
    went: Counter[tuple[str | None, str | None]]
    ownerless: int
    look: Look
    chosen: Truths

    def among(self, ids: Iterable[str]) -> int:
        """How many of these ids, which may repeat themselves, are of these accounts."""
        numbers = self.look.held.numbers_of(compact(list(ids)))
        return int(self.chosen[numbers[numbers >= 0]].sum())


def held_flock(reading: Reading, criteria: Node, asked: ChangesAsked) -> HeldFlock | None:
    """Of the accounts that meet criteria."""

    def found(look: Look) -> HeldFlock:
        moved = of_labels.Moved(look, criteria, asked)
        labels, without = of_labels.label_sums(look, criteria), of_labels.ownerless(look, criteria)
        return HeldFlock(labels, moved.counts(), without, look, look.meets(criteria))

    return _of(reading, found)
