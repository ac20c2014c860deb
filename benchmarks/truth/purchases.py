"""Public purchase histories as transactions: CDNOW, AdventureWorks resellers, Online Retail if at hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

RETAIL_NAMES = {
    "invoice": ("Invoice", "InvoiceNo"),
    "description": ("Description",),
    "quantity": ("Quantity",),
    "day": ("InvoiceDate",),
    "price": ("Price", "UnitPrice"),
    "customer": ("Customer ID", "CustomerID", "Customer_ID"),
}


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


def online_retail_files(directory: Path) -> list[Path]:
    """The tables of Online Retail, whatever they are called: CSV (packed or not) and Parquet."""
    return sorted(one for one in directory.rglob("*") if one.name.endswith((".csv", ".csv.gz", ".parquet")))


def online_retail_lines(directory: Path) -> pd.DataFrame:
    """Invoice lines of Online Retail and II, each table's rows in its own order, under one set of names.

    Raises:
        ValueError: no table has the columns of an invoice line.
    """
    found = [lines for path in online_retail_files(directory) if (lines := _retail_lines(path)) is not None]
    if not found:
        raise ValueError(f"No table in {directory} has the columns of Online Retail.")
    return pd.concat(found, ignore_index=True)


def _retail_lines(path: Path) -> pd.DataFrame | None:
    if path.suffix == ".parquet":
        rows = pd.read_parquet(path)
    else:
        rows = pd.read_csv(path, encoding="utf-8", encoding_errors="replace", low_memory=False)
    columns = {}
    for name, spellings in RETAIL_NAMES.items():
        known = next((one for one in spellings if one in rows.columns), None)
        if known is None:
            return None
        columns[name] = rows[known]
    lines = pd.DataFrame(columns)
    lines["day"] = pd.to_datetime(lines["day"])
    lines["invoice"] = lines["invoice"].astype(str)
    return lines


def _transactions(account: pd.Series, day: pd.Series, amount: pd.Series) -> pd.DataFrame:
    minor = (amount * 100).round().astype("int64")
    return pd.DataFrame({"account_id": account, "day": day, "amount_minor": minor})
