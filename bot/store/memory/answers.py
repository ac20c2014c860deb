"""What the books ask of the memory. Each gives None where it does not say it, and the database is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, final

from sqlalchemy import select

from bot.app.answering.flock import LabelSum
from bot.app.answering.held import HeldAsked
from bot.app.answering.moves import ChangesAsked
from bot.language.question import Days, Figure, Metric, Sort
from bot.store.account_reading import Reading
from bot.store.figure_values import Key, Scale, Tally
from bot.store.memory import of_accounts, of_deals, of_each, of_labels
from bot.store.memory.conditions import Look, NotHeldError
from bot.store.memory.held import Truths
from bot.store.ordering import in_order
from bot.store.places import ACCOUNT
from scoring.account_ids import compact
from scoring.criteria.check import field_named
from scoring.criteria.tree import Node

Found = TypeVar("Found")


@dataclass(frozen=True)
class HeldHolders:
    """The accounts of a page, and how many there are in all."""

    ids: Sequence[str]
    number: int


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


@final
@dataclass(frozen=True)
class HeldAnswers:
    """What is held, asked within one look.

    All methods raise CriteriaError: a field or value that is not known.
    """

    look: Look

    def _of(self, asked: Callable[[Look], Found]) -> Found | None:
        try:
            return asked(self.look)
        except NotHeldError:
            return None

    def count(self, criteria: Node) -> int | None:
        """How many accounts meet criteria."""
        return self._of(lambda look: int(look.meets(criteria).sum()))

    def breakdown(self, criteria: Node, by: str) -> dict[Key, Tally] | None:
        """How many there are in each group."""
        return self._of(lambda look: of_accounts.breakdown(look, criteria, by))

    def shares(self, criteria: Node, figure: Figure) -> dict[Key, Tally] | None:
        """Of how many accounts, and how many of them meet the criteria."""
        return self._of(lambda look: of_accounts.shares(look, criteria, figure))

    def values(self, criteria: Node, figure: Figure) -> tuple[dict[Key, Tally], Scale] | None:
        """What is made of a field of accounts."""
        return self._of(lambda look: of_accounts.values(look, criteria, figure))

    def over_deals(
        self, criteria: Node, figure: Figure, metric: Metric, days: Days
    ) -> dict[Key, Tally] | None:
        """What is counted of purchases or deals."""
        return self._of(lambda look: of_deals.over_deals(look, criteria, figure, metric, days))

    def of_each(
        self, criteria: Node, figure: Figure, metric: Metric, days: Days
    ) -> of_each.EachAccount | None:
        """The same of each account for itself."""
        return self._of(lambda look: of_each.of_each(look, criteria, figure, metric, days))

    def first(self, criteria: Node, sort: Sequence[Sort], needed: int) -> list[str] | None:
        """Some accounts that meet criteria, among them the first ones by some order."""
        return self._of(lambda look: of_accounts.first_ones(look, look.meets(criteria), sort, needed))

    def holders(
        self, criteria: Node, asked: HeldAsked, sort: Sequence[Sort], limit: int, offset: int
    ) -> HeldHolders | None:
        """Who had a label."""

        def found(look: Look) -> HeldHolders | None:
            chosen = of_labels.holders(look, criteria, asked)
            some = of_accounts.first_ones(look, chosen, sort, limit + offset)
            if some is None:
                return None
            return HeldHolders(_page(look.reading, some, sort, limit, offset), int(chosen.sum()))

        return self._of(found)

    def changes(self, criteria: Node, asked: ChangesAsked) -> of_labels.Moved | None:
        """The changes of label of accounts that meet criteria."""
        return self._of(lambda look: of_labels.Moved(look, criteria, asked))

    def flock(self, criteria: Node, asked: ChangesAsked) -> HeldFlock | None:
        """How the accounts that meet criteria are together."""

        def found(look: Look) -> HeldFlock:
            moved = of_labels.Moved(look, criteria, asked)
            labels, without = of_labels.label_sums(look, criteria), of_labels.ownerless(look, criteria)
            return HeldFlock(labels, moved.counts(), without, look, look.meets(criteria))

        return self._of(found)


def _page(reading: Reading, some: Sequence[str], sort: Sequence[Sort], limit: int, offset: int) -> list[str]:
    """The database puts a few accounts in order, so that there is one order only."""
    keys = [field_named(one.field, reading.catalog) for one in sort]
    order = in_order(sort, reading.catalog, reading.columns)
    query = select(ACCOUNT.c.id).select_from(reading.columns.rows(keys)).where(ACCOUNT.c.id.in_(some))
    return list(reading.connection.execute(query.order_by(*order).limit(limit).offset(offset)).scalars())
