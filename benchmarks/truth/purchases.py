"""Public purchase histories as transactions: CDNOW, AdventureWorks resellers, Online Retail if at hand."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

NAMES = (
    ("invoice", ("invoice", "invoiceno")),
    ("description", ("description",)),
    ("quantity", ("quantity",)),
    ("day", ("invoicedate", "date")),
    ("price", ("price", "unitprice")),
    ("customer", ("customerid", "customer")),
)
RETAIL_ENDINGS = (".csv", ".csv.gz", ".parquet")
DAY = pd.Timedelta(days=1)
JUMP = pd.Timedelta(days=5)


def cdnow(directory: Path) -> pd.DataFrame:
    """Every purchase of the 23,570 customers: ``account_id day amount_minor``."""
    names = ["account_id", "day", "discs", "amount"]
    rows = pd.read_csv(
        directory / "CDNOW_master.txt", sep=r"\s+", skiprows=1, names=names, dtype={"account_id": str}
    )
    return _transactions(rows["account_id"], pd.to_datetime(rows["day"].astype(str)), rows["amount"])


def cdnow_summary(directory: Path) -> pd.DataFrame:
    """The tenth that is published as a summary in weeks: ``x t_x T zbar``."""
    return pd.read_csv(directory / "cdnow_customers_summary_with_transactions.csv")


def adventureworks(directory: Path) -> pd.DataFrame:
    """Order lines of resellers: ``account_id day amount_minor``."""
    rows = pd.read_csv(directory / "FactResellerSales.csv")
    return _transactions(
        rows["ResellerKey"].astype(str), pd.to_datetime(rows["OrderDate"]), rows["SalesAmount"]
    )


def online_retail(directory: Path, first: str, before: str) -> pd.DataFrame:
    """Invoice lines of Online Retail (or II) of some days, under the names of ``NAMES``, in file order.

    The two years overlap by nine days, as two tables or one after the other in one: lines are taken from the
    part that covers the days by itself.

    Raises:
        ValueError: no part has the columns of an invoice line and covers the days.
    """
    paths = sorted(one for one in directory.rglob("*") if one.name.endswith(RETAIL_ENDINGS))
    for lines in (part for path in paths for part in _parts(path)):
        if (
            lines["day"].min() < pd.Timestamp(first) + DAY
            and lines["day"].max() >= pd.Timestamp(before) - DAY
        ):
            return lines[(lines["day"] >= first) & (lines["day"] < before)]
    raise ValueError(f"No table in {directory} has the invoice lines from {first} to before {before}.")


def _parts(path: Path) -> list[pd.DataFrame]:
    """A table cut where its days jump back; nothing when it is no table of invoice lines."""
    if path.suffix == ".parquet":
        rows = pd.read_parquet(path)
    else:
        rows = pd.read_csv(path, encoding="utf-8", encoding_errors="replace", low_memory=False)
    spelled = {re.sub(r"[^a-z]", "", str(name).lower()): name for name in rows.columns}
    columns = {name: spelled.get(next((one for one in known if one in spelled), "")) for name, known in NAMES}
    if None in columns.values():
        return []
    lines = pd.DataFrame({name: rows[column] for name, column in columns.items()})
    lines["day"] = pd.to_datetime(lines["day"])
    lines["invoice"] = lines["invoice"].astype(str)
    part = (lines["day"].diff() < -JUMP).cumsum()
    return [lines[part == one] for one in part.unique()]


def _transactions(account: pd.Series, day: pd.Series, amount: pd.Series) -> pd.DataFrame:
    minor = (amount * 100).round().astype("int64")
    return pd.DataFrame({"account_id": account, "day": day, "amount_minor": minor})
