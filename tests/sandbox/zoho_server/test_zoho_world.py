"""What the world does to the organisation: accounts are lost and won."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.zoho_client import ZohoHttp

FIELDS = "Deal_Name,Stage,Amount,Closing_Date,Account_Name,Owner,Modified_Time"


def accounts(zoho: ZohoHttp) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = zoho.get("/_sandbox/accounts", by="won").json()
    return found


def deals_of(zoho: ZohoHttp, account: str) -> dict[str, dict[str, Any]]:
    query = f"select Stage, Amount, Closing_Date, Modified_Time from Deals where Account_Name = {account}"
    return {deal["id"]: deal for deal in zoho.coql(f"{query} limit 2000").json()["data"]}


def today(days_ago: int = 0) -> str:
    return (datetime.now(ZoneInfo("America/New_York")).date() - timedelta(days=days_ago)).isoformat()


def test_health(zoho: ZohoHttp) -> None:
    health = zoho.get("/_sandbox/health").json()
    assert health["ok"] is True
    assert health["records"]["Accounts"] == 85


@pytest.mark.parametrize("days", [None, 30])
def test_losing_an_account(zoho: ZohoHttp, days: int | None) -> None:
    account = accounts(zoho)[0 if days is None else 1]
    before = deals_of(zoho, account["id"])
    body = {} if days is None else {"days": days}
    changed = zoho.post(f"/_sandbox/accounts/{account['id']}/lose", body).json()["changed"]
    after = deals_of(zoho, account["id"])
    first = today(days or 120)
    lost = {
        identity
        for identity, deal in before.items()
        if deal["Stage"] not in {"Closed Won", "Closed Lost"}
        or (deal["Stage"] == "Closed Won" and deal["Closing_Date"] >= first)
    }
    assert changed == len(lost) > 0
    for identity, deal in after.items():
        if identity in lost:
            assert deal["Stage"] == "Closed Lost"
            assert deal["Modified_Time"] > before[identity]["Modified_Time"]
        else:
            assert deal == before[identity]
    now = next(one for one in accounts(zoho) if one["id"] == account["id"])
    assert now["open_count"] == 0
    assert now["won_count"] == account["won_count"] - len(
        [one for one in lost if before[one]["Stage"] == "Closed Won"]
    )
    assert zoho.post(f"/_sandbox/accounts/{account['id']}/lose", body).json() == {"changed": 0}


def test_a_lost_account_shows_up_in_a_conditional_list(zoho: ZohoHttp) -> None:
    account = accounts(zoho)[5]
    since = (datetime.now(ZoneInfo("America/New_York")) - timedelta(seconds=3)).replace(microsecond=0)
    changed = zoho.post(f"/_sandbox/accounts/{account['id']}/lose", {"days": 60}).json()["changed"]
    rows = zoho.every("Deals", FIELDS, headers={"If-Modified-Since": since.isoformat()})
    mine = [row for row in rows if (row["Account_Name"] or {}).get("id") == account["id"]]
    assert len(mine) == changed
    assert {row["Stage"] for row in mine} == {"Closed Lost"}


def test_winning_an_account(zoho: ZohoHttp) -> None:
    account = accounts(zoho)[-1]
    ids = [
        zoho.post(f"/_sandbox/accounts/{account['id']}/win", body).json()["id"]
        for body in ({"amount": 70_000}, {})
    ]
    won = [zoho.get(f"/crm/v8/Deals/{identity}").json()["data"][0] for identity in ids]
    owner = zoho.get(f"/crm/v8/Accounts/{account['id']}").json()["data"][0]["Owner"]
    assert [deal["Amount"] for deal in won] == [70_000, 50_000]
    for deal in won:
        assert (deal["Stage"], deal["Probability"], deal["Closing_Date"]) == ("Closed Won", 100, today())
        assert deal["Owner"] == owner
        assert deal["Account_Name"] == {"name": account["name"], "id": account["id"]}
    assert won[0]["Deal_Name"] != won[1]["Deal_Name"]


def test_orders_that_make_no_sense(zoho: ZohoHttp) -> None:
    assert zoho.post("/_sandbox/accounts/1/win").status_code == 404
    assert zoho.post("/_sandbox/accounts/x/lose").status_code == 404
    account = accounts(zoho)[0]["id"]
    for body in ({"days": "many"}, {"days": -1}, {"days": True}, {"days": 10**12}):
        assert zoho.post(f"/_sandbox/accounts/{account}/lose", body).status_code == 400
    assert zoho.post(f"/_sandbox/accounts/{account}/win", {"amount": "much"}).status_code == 400
    assert zoho.get("/_sandbox/accounts", by="name").status_code == 400
    assert zoho.get("/_sandbox/nothing").status_code == 404
