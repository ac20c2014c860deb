"""What reading a module costs in API credits: arithmetic on Zoho's price list, not a measurement.

Prices: a record list or any other call 1 for each 50 fields; a query 1, 2 or 3 by its LIMIT (200, 1,000,
2,000); a bulk read job 50, and 1 for each look at it and for its file (Zoho, "API limits", v8).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

ROWS_PER_LIST, ROWS_PER_QUERY, ROWS_PER_JOB = 200, 2_000, 200_000
FIELDS_PER_LIST = 50
QUERY, JOB, LOOKS = 3, 50, 3


@dataclass(frozen=True)
class Cost:
    """Credits for a first read and for a look at a module in which nothing changed; None: cannot do it."""

    who: str
    first: int | None
    no_change: int | None


def costs(rows: int, fields: int) -> tuple[Cost, ...]:
    """Of reading one module of this size: ours by each way, and others' as their code calls the API."""
    lists = ceil(rows / ROWS_PER_LIST) * ceil(fields / FIELDS_PER_LIST)
    jobs = ceil(rows / ROWS_PER_JOB)
    return (
        Cost("Bellwether, bulk jobs", jobs * (JOB + LOOKS + 1), 1),
        Cost("Bellwether, queries", ceil(rows / ROWS_PER_QUERY) * QUERY, 1),
        Cost("naive pager of 200 rows, everything every time", lists, lists),
        Cost("dlt, rest_api source, merge", lists, lists),
        Cost("official SDK, loop over getRecords", lists, lists),
        Cost("singer tap, reads all and filters afterwards", lists, lists),
    )
