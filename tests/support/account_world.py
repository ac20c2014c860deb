"""A small organisation in the database: four accounts, their people, deals, scores and changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert
from sqlmodel import SQLModel

from connector.cache.engine import Database
from scoring.config import Configuration
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label

NOW = datetime(2026, 3, 31, 2, tzinfo=UTC)  # still 30 March in New York
CONFIGURATION = Configuration(
    segmentations=(
        RfmSegmentation(
            name="RFM",
            labels=(Label(name="VIP", when="r >= 4"), Label(name="At Risk", when="r <= 2")),
        ),
        RfmSegmentation(name="Purchase behaviour", labels=(Label(name="Loyal", when="f >= 3"),)),
    )
)


@dataclass(frozen=True)
class StoppedClock:
    """Always the same instant."""

    instant: datetime = NOW

    def now(self) -> datetime:
        return self.instant


def add(database: Database, table: str, *rows: dict[str, Any]) -> None:
    """Insert rows; missing columns take their defaults."""
    with database.writes.begin() as connection:
        _insert(connection, table, *rows)


def _insert(connection: Connection, table: str, *rows: dict[str, Any]) -> None:
    for row in rows:
        connection.execute(insert(SQLModel.metadata.tables[table]).values(**row))


def account(number: int, name: str | None, **more: Any) -> dict[str, Any]:
    raw = more.pop("raw", {})
    return {"id": f"a{number}", "name": name, "raw": json.dumps(raw), **more}


def deal(number: int, account_id: str, stage: str | None, amount: int, day: date | None) -> dict[str, Any]:
    return {
        "id": f"d{number}",
        "account_id": account_id,
        "name": f"Deal {number}",
        "stage": stage,
        "amount_minor": amount,
        "occurred_on": day,
        "raw": "{}",
    }


def score(
    account_id: str, label: str | None, r: int, spend: int, segmentation: str = "RFM"
) -> dict[str, Any]:
    return {
        "segmentation": segmentation,
        "account_id": account_id,
        "r": r,
        "f": 3,
        "m": 2,
        "total": r + 5,
        "label": label,
        "last_purchase": date(2026, 3, r),
        "purchases": r,
        "spend_minor": spend,
        "run_id": 1,
        "scored_at": NOW,
    }


def change(account_id: str, old: str | None, new: str, day: int, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 3, day, tzinfo=UTC)
    return {
        "segmentation": "RFM",
        "account_id": account_id,
        "old_label": old,
        "new_label": new,
        "direction": "worse",
        "baseline": False,
        "as_of": at.date(),
        "changed_at": at,
        "run_id": 1,
        "facts": "{}",
        **more,
    }


def settle(database: Database) -> None:
    """Put the organisation into the database."""
    with database.writes.begin() as connection:
        _settle(connection)


def _settle(connection: Connection) -> None:
    _insert(
        connection,
        "crm_organisation",
        {"id": "1", "name": "Maven", "time_zone": "America/New_York", "currency": "EUR"},
    )
    _insert(
        connection,
        "crm_user",
        {"id": "u1", "name": "Darcel Schlecht", "email": "darcel@x.example", "active": True, "raw": "{}"},
        {"id": "u2", "name": "Melvin Marxen", "email": None, "manager_id": "u1", "active": True, "raw": "{}"},
    )
    medical = {"industry": "medical", "owner_id": "u1", "country": "Germany"}
    _insert(
        connection,
        "crm_account",
        account(1, "Konex", **medical, city="Berlin", annual_revenue_minor=150_000_00, employees=40, raw=RAW),
        account(2, "acme", industry="Medical", owner_id="u2", website="https://acme.example", phone="555-1"),
        account(3, "Bluth", industry="retail", annual_revenue_minor=10**12, kind="Customer"),
        account(4, "Ämil", owner_id="gone", industry=""),
    )
    _insert(
        connection,
        "crm_transaction",
        deal(1, "a1", "Closed Won", 100_00, date(2026, 3, 1)),
        deal(2, "a1", "Closed Won", 200_00, date(2026, 3, 4)),
        deal(3, "a1", "Closed Lost", 900_00, date(2026, 3, 20)),
        deal(4, "a1", "Negotiation/Review", 50_00, None),
        deal(5, "a1", None, 7_00, None),
        deal(6, "a1", "Closed Won", 1_00, date(2026, 3, 31)),  # tomorrow
        deal(7, "a2", "closed-lost to competition", 5_00, date(2026, 1, 1)),
    )
    _insert(
        connection,
        "score",
        score("a1", "VIP", 4, 300_00),
        score("a2", "At Risk", 2, 900_00),
        score("a3", None, 3, 900_00),
        score("a1", "Loyal", 4, 300_00, "Purchase behaviour"),
    )
    _insert(connection, "crm_field", *FIELDS)


RAW = {"Customer_Tier": "Gold", "Seats": 12, "Tag": [{"name": "Renewal", "id": "1"}], "Label": "sticky"}


def _crm_field(name: str, label: str, kind: str, picklist: list[str] | None = None) -> dict[str, Any]:
    return {
        "module": "Accounts",
        "api_name": name,
        "label": label,
        "data_type": kind,
        "custom": False,
        "read_only": False,
        "picklist": json.dumps(picklist) if picklist else None,
    }


FIELDS = (
    _crm_field("Account_Name", "Account Name", "text"),
    _crm_field("Industry", "Sector", "picklist", ["-None-", "medical", "banking"]),
    _crm_field("Customer_Tier", "Customer Tier", "picklist", ["-None-", "Gold", "Silver"]),
    _crm_field("Seats", "Seats", "integer"),
    _crm_field("Tag", "Tag", "text"),
    _crm_field("Label", "Label", "text"),
    _crm_field("Logo", "Logo", "imageupload"),
)
