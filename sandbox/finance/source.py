"""The public data set behind the Finance organisation, as its files have it: nothing is corrected here."""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

DIRECTORY = Path(__file__).resolve().parents[1] / "data" / "adventureworks_resellers"


@dataclass(frozen=True)
class SourceReseller:
    """A line of Resellers.csv."""

    key: int
    business: str
    name: str
    city: str
    state: str
    country: str


@dataclass(frozen=True)
class SourceProduct:
    """A line of Product.csv; ``cost`` in cents, 0 where the file has none."""

    key: int
    name: str
    cost: int
    colour: str
    subcategory: str
    category: str


class SourceLine(NamedTuple):
    """A line of FactResellerSales.csv; ``price`` of one piece in cents."""

    product: int
    quantity: int
    price: int


@dataclass(frozen=True)
class SourceOrder:
    """The lines that share a SalesOrderNumber."""

    number: str
    day: date
    reseller: int
    employee: int
    lines: list[SourceLine] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """The three files; orders in the files' order."""

    resellers: tuple[SourceReseller, ...]
    products: tuple[SourceProduct, ...]
    orders: tuple[SourceOrder, ...]


@lru_cache(maxsize=1)
def read_source(directory: Path = DIRECTORY) -> Source:
    """Read the three files."""
    resellers = (
        SourceReseller(int(key), business, name, city, state, country)
        for key, business, name, city, state, country in _rows(directory / "Resellers.csv.xz")
    )
    products = (
        SourceProduct(int(key), name, cents(cost), colour, subcategory, category)
        for key, name, cost, colour, subcategory, category in _rows(directory / "Product.csv.xz")
    )
    return Source(tuple(resellers), tuple(products), tuple(_orders(directory).values()))


def cents(text: str) -> int:
    """An amount with two decimals as cents; NULL is 0."""
    if text in {"", "NULL"}:
        return 0
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int(f"{rest:0<2}"[:2])


def _orders(directory: Path) -> dict[str, SourceOrder]:
    orders: dict[str, SourceOrder] = {}
    for row in _rows(directory / "FactResellerSales.csv.xz"):
        number = row[0]
        order = orders.get(number)
        if order is None:
            day = date.fromisoformat(row[1])
            order = orders[number] = SourceOrder(number, day, int(row[3]), int(row[4]))
        order.lines.append(SourceLine(int(row[2]), int(row[6]), cents(row[7])))
    return orders


def _rows(path: Path) -> Iterator[list[str]]:
    with lzma.open(path) as packed, TextIOWrapper(packed, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows
