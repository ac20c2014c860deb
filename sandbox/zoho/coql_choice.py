"""The rows that fulfil a condition, found through the order that leaves the fewest to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sandbox.zoho.coql_bounds import Bounds
from sandbox.zoho.coql_filter import Test
from sandbox.zoho.ordering import Chosen, Window
from sandbox.zoho.store import Table

STRETCH = 2_001  # a full page and the row that says there are more
BY_ID, BY_TIME = "id", "Modified_Time"


@dataclass(frozen=True)
class Choice:
    """Rows within bounds that pass a test."""

    table: Table
    bounds: Bounds
    test: Test
    tested: frozenset[str]  # the fields that the test reads

    def count(self) -> int:
        """How many there are; without looking at each where one order alone answers."""
        bounds = self.bounds
        if bounds.exact and bounds.ids is None:
            if bounds.any_time:
                return len(self._by_id())
            if bounds.any_id:
                return len(self._by_time())
        return sum(1 for _ in self.ids())

    def ids(self) -> Iterator[int]:
        """The ids in whatever order is fastest."""
        best, candidates = self._best()
        return self._filtered(_ids(candidates), best)

    def in_order(self, order: str, *, descending: bool, count: int) -> list[int]:
        """The first ids in the order of ids or of modification."""
        best, candidates = self._best()
        window = self._by_id() if order == BY_ID else self._by_time()
        # Walking the wanted order looks at so many rows until enough are found, if they lie evenly.
        walked = count * len(window) // max(len(candidates), 1)
        if best == order or (best is not None and walked <= len(candidates)):
            stretch = Window(window.order, window.first, window.last, descending)
            return list(islice(self._filtered(_ids(stretch), order), count))
        found = list(self._filtered(_ids(candidates), best))
        if order == BY_ID:
            return sorted(found, reverse=descending)[:count]
        by_time = sorted(zip(self.table.times(found), found, strict=True), reverse=descending)
        return [one for _, one in by_time[:count]]

    def _best(self) -> tuple[str | None, Window | Chosen]:
        """The order with the fewest candidates, and these; no order where the ids are named."""
        if self.bounds.ids is not None:
            known = (one for one in sorted(self.bounds.ids) if one in self.table.records)
            return None, Chosen([(one,) for one in known])
        by_id, by_time = self._by_id(), self._by_time()
        return (BY_TIME, by_time) if len(by_time) < len(by_id) else (BY_ID, by_id)

    def _by_id(self) -> Window:
        low, high = (self.bounds.first_id - 1,), (self.bounds.last_id + 1,)
        return self.table.orders[BY_ID].window(low, high)

    def _by_time(self) -> Window:
        return self.table.orders[BY_TIME].window(self.bounds.low, self.bounds.high)

    def _filtered(self, ids: Iterator[int], order: str | None) -> Iterator[int]:
        """Those that lie within the bounds, apart from the order they come from, and pass the test."""
        bounds, table = self.bounds, self.table
        while stretch := list(islice(ids, STRETCH)):
            if order != BY_ID and not bounds.any_id:
                stretch = [one for one in stretch if bounds.first_id <= one <= bounds.last_id]
            if order != BY_TIME and not bounds.any_time:
                keys = zip(table.times(stretch), stretch, strict=True)
                stretch = [key[1] for key in keys if bounds.low < key < bounds.high]
            if bounds.exact:
                yield from stretch
            else:
                yield from (one.id for one in table.fetch(stretch, self.tested) if self.test(one))


def _ids(window: Window | Chosen) -> Iterator[int]:
    for start in range(0, len(window), STRETCH):
        yield from window.ids(start, start + STRETCH)
