"""Order statistics from histograms: exact percentiles by counting, without sorting on any engine.

A histogram counts values by their quotient with a power of two. The bucket that holds a rank is counted
again, finer, until it is one value. Quotients are rounded towards zero, which is what engines do with whole
numbers, and finer buckets lie within coarser ones, so that a bucket never belongs to two.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BUCKETS = 4_096  # of one histogram, at most about so many
LEAST = 4  # of one bucket, so that it becomes finer
# When no more accounts than this are left, values are counted as they are.
FEW = 50_000

Integers = npt.NDArray[np.int64]
Counts = tuple[Integers, Integers]  # quotients, and how many accounts have each


@dataclass(frozen=True, slots=True)
class Histogram:
    """What is to be counted: quotients with ``2 ** bits`` of the values in spans, both ends included."""

    bits: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """Values among which a rank lies.

    Attributes:
        below: how many accounts lie below them.
        held: how many lie among them.
    """

    low: int
    high: int
    below: int
    held: int


def ranked(low: int, high: int, count: int, scores: int) -> Generator[Histogram, Counts, tuple[int, ...]]:
    """The values at rank ceil(k * n / N), for k = 1 … N - 1.

    Args:
        low: the smallest value.
        high: the largest value.
        count: n, how many values there are; at least one.
        scores: N.

    Yields:
        Histograms, each of which is answered with its counts.
    """
    ranks = [-(-k * count // scores) for k in range(1, scores)]
    spans = {rank: _Span(low, high, 0, count) for rank in ranks}
    while wide := sorted({one for one in spans.values() if one.low < one.high}, key=lambda one: one.low):
        wanted = Histogram(_bits(wide), tuple((one.low, one.high) for one in wide))
        quotients, counts = yield wanted
        order = np.argsort(quotients)
        found = _Found(wanted.bits, quotients[order], counts[order])
        spans = {rank: found.holding(rank, span) for rank, span in spans.items()}
    return tuple(spans[rank].low for rank in ranks)


@dataclass(frozen=True)
class _Found:
    bits: int
    quotients: Integers
    counts: Integers

    def holding(self, rank: int, span: _Span) -> _Span:
        """The bucket of a span that holds a rank."""
        if span.low == span.high:
            return span
        ends = [_quotient(span.low, self.bits), _quotient(span.high, self.bits)]
        first = int(np.searchsorted(self.quotients, ends[0], "left"))
        last = int(np.searchsorted(self.quotients, ends[1], "right"))
        reached = span.below + np.cumsum(self.counts[first:last])
        at = int(np.searchsorted(reached, rank, "left"))
        held = int(self.counts[first + at])
        low, high = _values(int(self.quotients[first + at]), self.bits)
        return _Span(max(low, span.low), min(high, span.high), int(reached[at]) - held, held)


def _bits(wide: Sequence[_Span]) -> int:
    if sum(one.held for one in wide) <= FEW:
        return 0
    buckets = max(LEAST, BUCKETS // len(wide))
    return max(_bits_of(one, buckets) for one in wide)


def _bits_of(span: _Span, buckets: int) -> int:
    bits = 0
    while _quotient(span.high, bits) - _quotient(span.low, bits) >= buckets:
        bits += 1
    return bits


def _quotient(value: int, bits: int) -> int:
    """Rounded towards zero."""
    return value >> bits if value >= 0 else -(-value >> bits)


def _values(quotient: int, bits: int) -> tuple[int, int]:
    """The smallest and the largest value with a quotient."""
    most = (abs(quotient) + 1 << bits) - 1
    least = abs(quotient) << bits
    if quotient > 0:
        return least, most
    return (-most, -least) if quotient < 0 else (-most, most)
