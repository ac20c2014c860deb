"""The public data set behind the organisation, as its files have it: nothing is corrected here."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parents[1] / "data" / "maven_crm"


@dataclass(frozen=True)
class SourceAccount:
    """A line of accounts.csv; ``revenue_millions`` keeps the file's digits."""

    name: str
    sector: str
    year_established: int
    revenue_millions: str
    employees: int
    office_location: str
    parent: str | None


@dataclass(frozen=True)
class SourceProduct:
    """A line of products.csv."""

    name: str
    series: str
    price: int


@dataclass(frozen=True)
class SourceAgent:
    """A line of sales_teams.csv."""

    name: str
    manager: str
    office: str


@dataclass(frozen=True)
class SourceDeal:
    """A line of sales_pipeline.csv; ``product`` as written there, 'GTXPro' included."""

    code: str
    agent: str
    product: str
    account: str | None
    stage: str
    engaged: date | None
    closed: date | None
    value: int | None


@dataclass(frozen=True)
class Source:
    """The four files."""

    accounts: tuple[SourceAccount, ...]
    products: tuple[SourceProduct, ...]
    agents: tuple[SourceAgent, ...]
    deals: tuple[SourceDeal, ...]


@lru_cache(maxsize=1)
def read_source(directory: Path = DIRECTORY) -> Source:
    """Read the four files."""
    accounts = (
        SourceAccount(
            row["account"],
            row["sector"],
            int(row["year_established"]),
            row["revenue"],
            int(row["employees"]),
            row["office_location"],
            row["subsidiary_of"] or None,
        )
        for row in _rows(directory / "accounts.csv")
    )
    products = (
        SourceProduct(row["product"], row["series"], int(row["sales_price"]))
        for row in _rows(directory / "products.csv")
    )
    agents = (
        SourceAgent(row["sales_agent"], row["manager"], row["regional_office"])
        for row in _rows(directory / "sales_teams.csv")
    )
    deals = (_deal(row) for row in _rows(directory / "sales_pipeline.csv"))
    return Source(tuple(accounts), tuple(products), tuple(agents), tuple(deals))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _deal(row: dict[str, str]) -> SourceDeal:
    return SourceDeal(
        row["opportunity_id"],
        row["sales_agent"],
        row["product"],
        row["account"] or None,
        row["deal_stage"],
        _day(row["engage_date"]),
        _day(row["close_date"]),
        int(row["close_value"]) if row["close_value"] else None,
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
