"""Public order lines, lists of recommended products, and how much of a basket a list holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from scoring.recommendations.features import Pairs
from scoring.recommendations.purchases import Flags, Integers, Numbers, Purchases, read_lines
from scoring.recommendations.signals import (
    Cells,
    Signals,
    blocks,
    companion_scores,
    neighbour_scores,
    similar_baskets,
)

LONGEST = 20
# TIFU-KNN's share of the account's own habit on Ta-Feng (Hu et al. 2020).
TIFU_OWN = 0.7
# A basket of Ta-Feng has no date; the last one before the held-out one is put on this day.
ORDINAL_DAY = date(2020, 1, 1)
RETAIL_COLUMNS = {
    "account_id": ("Customer ID", "CustomerID", "Customer_ID", "customer_id"),
    "product_id": ("StockCode", "Stock Code", "stock_code"),
    "day": ("InvoiceDate", "Invoice Date", "invoice_date"),
    "quantity": ("Quantity", "quantity"),
    "price": ("Price", "UnitPrice", "Unit Price", "price", "unit_price"),
    "order_id": ("Invoice", "InvoiceNo", "Invoice No", "invoice", "invoice_no"),
}

Method = Callable[[Integers], Numbers | Cells]


def adventureworks_lines(directory: Path) -> pd.DataFrame:
    """The resellers' order lines."""
    rows = pd.read_csv(directory / "FactResellerSales.csv")
    return pd.DataFrame(
        {
            "account_id": rows["ResellerKey"].astype(str),
            "product_id": rows["ProductKey"].astype(str),
            "day": pd.to_datetime(rows["OrderDate"]),
            "quantity": rows["OrderQuantity"],
            "amount_minor": (rows["SalesAmount"] * 100).round().astype("int64"),
            "order_id": rows["SalesOrderNumber"],
        }
    )


def adventureworks_accounts(directory: Path) -> pd.DataFrame:
    """The resellers with what is known of each."""
    rows = pd.read_csv(directory / "Resellers.csv")
    return pd.DataFrame(
        {
            "account_id": rows["ResellerKey"].astype(str),
            "business_type": rows["BusinessType"],
            "country": rows["Country_Region"],
        }
    )


def online_retail_lines(directory: Path) -> pd.DataFrame:
    """Invoice lines of Online Retail, table by table; an invoice of two tables counts once.

    Lines without a customer and cancelled invoices are left out, as in the reference.

    Raises:
        ValueError: no table has the columns of an invoice line.
    """
    tables: list[pd.DataFrame] = []
    for path in sorted(one for one in directory.rglob("*") if one.suffix in {".csv", ".gz", ".parquet"}):
        lines = _retail_table(path)
        if lines is not None:
            seen = {order for one in tables for order in one["order_id"].unique()}
            tables.append(lines[~lines["order_id"].isin(seen)])
    if not tables:
        raise ValueError(f"No table in {directory} has the columns of an Online Retail invoice line.")
    return pd.concat(tables, ignore_index=True)


def ta_feng(directory: Path) -> tuple[Purchases, sparse.csr_array, Integers]:
    """Histories; the held-out baskets as accounts × products; their sizes, unknown products counted."""
    history = json.loads((directory / "tafeng_history.json").read_text())
    future = json.loads((directory / "tafeng_future.json").read_text())
    rows = [
        (user, f"{item:05d}", ORDINAL_DAY - timedelta(days=len(baskets) - 3 - at))
        for user, baskets in history.items()
        for at, basket in enumerate(baskets[1:-1])
        for item in sorted(set(basket))
    ]
    lines = pd.DataFrame(rows, columns=["account_id", "product_id", "day"])
    purchases, _ = read_lines(lines.assign(quantity=1, amount_minor=0, order_id=""), ORDINAL_DAY)
    place = {name: at for at, name in enumerate(purchases.product_ids)}
    held = [sorted(set(future[user][1])) for user in purchases.account_ids]
    pairs = [
        (at, place[name])
        for at, items in enumerate(held)
        for name in (f"{item:05d}" for item in items)
        if name in place
    ]
    account, product = np.array(pairs).T
    shape = (len(purchases.account_ids), len(purchases.product_ids))
    truth = sparse.csr_array((np.ones(len(pairs)), (account, product)), shape=shape)
    return purchases, truth, np.array([len(items) for items in held])


def best_of(scores: Numbers | Cells, most: int = LONGEST) -> Integers:
    """The places of the highest scores of each row, the highest first; -1 where the score is -inf."""
    most = min(most, scores.shape[1])
    among = np.sort(np.argpartition(-scores, most - 1, axis=1)[:, :most], axis=1)
    best = np.asarray(np.take_along_axis(scores, among, axis=1), dtype=np.float64)
    inner = np.argsort(-best, axis=1, kind="stable")
    order = np.take_along_axis(among, inner, axis=1)
    return np.where(np.isfinite(np.take_along_axis(scores, order, axis=1)), order, -1)


def pair_lists(pairs: Pairs, score: Numbers, accounts: int, most: int = LONGEST) -> Integers:
    """Lists from scored pairs; accounts × most, -1 where there are no more."""
    order = np.lexsort((pairs.product, -score, pairs.account))
    account = pairs.account[order]
    starts = np.flatnonzero(np.diff(account, prepend=-1))
    place = np.arange(len(account)) - np.repeat(starts, np.diff(np.append(starts, len(account))))
    found = np.full((accounts, most), -1)
    kept = place < most
    found[account[kept], place[kept]] = pairs.product[order][kept]
    return found


@dataclass(frozen=True)
class Baselines:
    """Simple and published methods as scores of every product, accounts × products, a block at a time."""

    signals: Signals

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "popularity (G-Top)": self._popular,
            "own frequency (P-Top)": lambda at: self._dense(self.signals.counts, at),
            "own, then popular (GP-Top)": lambda at: self._filled(self.signals.counts, at),
            "GP-Top, ties by recency": self._recent_first,
            "decayed frequency": lambda at: self._filled(self.signals.decayed, at),
            "TIFU-KNN": self._tifu,
            "UP-CF": self._up_cf,
            "products that go together": lambda at: companion_scores(self.signals, at),
        }

    def lists(self, method: Method, accounts: Integers, allowed: Flags | None = None) -> Integers:
        """Lists of some accounts, one row each; of the products that are allowed to each, if given."""
        width = len(self.signals.purchases.product_ids)
        found = np.full((len(accounts), min(LONGEST, width)), -1)
        start = 0
        for block in blocks(accounts, width, len(self.signals.references)):
            scores = np.asarray(method(block), dtype=np.float64)
            part = slice(start, start + len(block))
            if allowed is not None:
                scores = np.where(allowed[part], scores, -np.inf)
            found[part] = best_of(scores)
            start += len(block)
        return found

    def _dense(self, matrix: sparse.csr_array, accounts: Integers) -> Numbers:
        return np.asarray(matrix[accounts].toarray(), dtype=np.float64)

    def _popular(self, accounts: Integers) -> Numbers:
        return np.tile(self._popularity(), (len(accounts), 1))

    def _popularity(self) -> Numbers:
        return np.asarray(self.signals.counts.sum(axis=0), dtype=np.float64).ravel()

    def _filled(self, matrix: sparse.csr_array, accounts: Integers) -> Numbers:
        popular = self._popularity()
        return np.asarray(self._dense(matrix, accounts) + popular / (popular.max() * 1e9))

    def _recent_first(self, accounts: Integers) -> Numbers:
        since = self._dense(self.signals.rhythm.basket, accounts)
        return self._filled(self.signals.counts, accounts) + np.where(
            since > 0, 1e-3 / np.maximum(since, 1), 0
        )

    def _up_cf(self, accounts: Integers) -> Numbers:
        # The paper counts an account among its own neighbours; the product looks at its habits by themselves.
        return similar_baskets(self.signals, accounts) + self._dense(self.signals.recent, accounts)

    def _tifu(self, accounts: Integers) -> Numbers:
        own = self._dense(self.signals.habits, accounts)
        return TIFU_OWN * own + (1 - TIFU_OWN) * neighbour_scores(self.signals, accounts)


@dataclass(frozen=True)
class Found:
    """How much of the baskets the lists hold, means over accounts; repeat and new over those that had any."""

    recall: float
    ndcg: float
    hit: float
    repeat: float
    new: float
    recall_20: float


def found_in(
    lists: Integers, truth: npt.NDArray[np.bool_], owned: npt.NDArray[np.bool_], size: Integers
) -> Found:
    """Measure lists of the best 20 against baskets, with the definitions of the Reality Check repository.

    Args:
        lists: accounts × 20, products; -1 for none.
        truth: accounts × products, what the basket held.
        owned: accounts × products, what the account had before.
        size: of each basket, also products that nobody had before.
    """
    hit = np.take_along_axis(truth, np.maximum(lists, 0), axis=1) & (lists >= 0)
    had = np.take_along_axis(owned, np.maximum(lists, 0), axis=1)
    ten = hit[:, :10]
    discount = 1 / np.log2(np.arange(2, 12))
    ideal = np.cumsum(discount)[np.minimum(size, 10) - 1]
    gained = (ten * discount[: ten.shape[1]]).sum(axis=1) / ideal
    return Found(
        float((ten.sum(axis=1) / size).mean()),
        float(gained.mean()),
        float(ten.any(axis=1).mean()),
        _share(ten & had[:, :10], truth & owned),
        _share(ten & ~had[:, :10], truth & ~owned),
        float((hit.sum(axis=1) / size).mean()),
    )


def recall(lists: Integers, truth: npt.NDArray[np.bool_]) -> float:
    """Mean share of an account's true products among its first ten; without a true one it does not count."""
    hit = np.take_along_axis(truth, np.maximum(lists[:, :10], 0), axis=1) & (lists[:, :10] >= 0)
    return _share(hit, truth)


def _share(hit: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    wanted = truth.sum(axis=1)
    some = wanted > 0
    return float((hit.sum(axis=1)[some] / wanted[some]).mean()) if some.any() else float("nan")


def _retail_table(path: Path) -> pd.DataFrame | None:
    if path.suffix == ".parquet":
        rows = pd.read_parquet(path)
    else:
        rows = pd.read_csv(path, encoding="utf-8", encoding_errors="replace", low_memory=False)
    names = {
        name: next((one for one in known if one in rows), None) for name, known in RETAIL_COLUMNS.items()
    }
    if None in names.values():
        return None
    lines = pd.DataFrame({name: rows[column] for name, column in names.items()})
    lines = lines[lines["account_id"].notna() & ~lines["order_id"].astype(str).str.contains("C")]
    return lines.assign(
        account_id=pd.to_numeric(lines["account_id"]).astype("int64").astype(str),
        product_id=lines["product_id"].astype(str),
        order_id=lines["order_id"].astype(str),
        day=pd.to_datetime(lines["day"]),
        amount_minor=(pd.to_numeric(lines["price"]) * lines["quantity"] * 100).round().astype("int64"),
    )
