"""Purchases of public sets as activity: who did what on which day."""

from __future__ import annotations

import pandas as pd

from benchmarks.truth.report import data_directory

PURCHASE = "purchase"


def cdnow() -> pd.DataFrame:
    """Every purchase of CDNOW's master file: account, day, how many CDs."""
    frame = pd.read_csv(
        data_directory("cdnow") / "CDNOW_master.txt",
        sep=r"\s+",
        names=["account_id", "day", "count", "value"],
        skiprows=1,
        dtype={"account_id": str, "day": str},
    )
    return _events(frame["account_id"], pd.to_datetime(frame["day"], format="%Y%m%d"), frame["count"])


def adventureworks() -> pd.DataFrame:
    """Every order of AdventureWorks' resellers: account, day, how many lines."""
    lines = pd.read_csv(data_directory("adventureworks_resellers") / "FactResellerSales.csv", dtype=str)
    orders = lines.groupby(["ResellerKey", "OrderDate", "SalesOrderNumber"]).size().reset_index(name="lines")
    return _events(orders["ResellerKey"], pd.to_datetime(orders["OrderDate"]), orders["lines"])


def _events(account: pd.Series[str], day: pd.Series[pd.Timestamp], size: pd.Series[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": account.astype("category"),
            "contact": pd.Series([None] * len(account), dtype=object),
            "event_type": PURCHASE,
            "occurred_at": day.astype("datetime64[s]"),
            "size": size.astype("int64"),
        }
    )
