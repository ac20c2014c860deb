"""What the engines say differently: two expressions. Everything else of the pass is one text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's way to say it.

    Attributes:
        name: of the engine.
        ordinal: of a day, as ``date.toordinal`` gives it; ``{0}`` is the day.
        quotient: of whole numbers, rounded towards zero; ``{0}`` by ``{1}``.
    """

    name: str
    ordinal: str
    quotient: str = "{0} / {1}"


# Days are ISO texts there; julianday counts from noon.
SQLITE = Dialect("sqlite", "CAST(julianday({0}) - 1721424.5 AS BIGINT)")
# A distributed PostgreSQL takes the same.
POSTGRESQL = Dialect("postgresql", "({0} - DATE '0001-01-01') + 1")
DUCKDB = Dialect("duckdb", "date_diff('day', DATE '0001-01-01', {0}) + 1", "{0} // {1}")
SPARK = Dialect("spark", "datediff({0}, DATE '0001-01-01') + 1", "{0} div {1}")
DIALECTS = {one.name: one for one in (SQLITE, POSTGRESQL, DUCKDB, SPARK)}
