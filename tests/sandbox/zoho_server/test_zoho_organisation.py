"""The organisation equals the CSV files, computed here independently of the sandbox's own reading."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.zoho.serve import running
from tests.support.zoho_client import ZohoHttp

DATA = Path(__file__).resolve().parents[3] / "sandbox" / "data" / "maven_crm"
STAGES = {
    "Won": "Closed Won",
    "Lost": "Closed Lost",
    "Engaging": "Negotiation/Review",
    "Prospecting": "Qualification",
}
DEAL_FIELDS = (
    "Deal_Name,Stage,Amount,Closing_Date,Account_Name,Contact_Name,Product,Product_Name_As_Written,Owner,"
    "Created_Time,Modified_Time,Probability,Expected_Revenue"
)


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


PIPELINE = rows("sales_pipeline")
BY_CODE = {row["opportunity_id"]: row for row in PIPELINE}
SHIFT = (
    datetime.now(ZoneInfo("America/New_York")).date()
    - timedelta(days=1)
    - max(date.fromisoformat(row["close_date"]) for row in PIPELINE if row["close_date"])
)


def shifted(day: str, more_days: int = 0) -> str:
    return (date.fromisoformat(day) + SHIFT + timedelta(days=more_days)).isoformat()


@pytest.fixture(scope="module")
def deals(connected: ZohoHttp) -> dict[str, dict[str, Any]]:
    """All deals, read by page token, by the code at the end of their name."""
    connected.refresh()
    found = {deal["Deal_Name"].rpartition(" ")[2]: deal for deal in connected.every("Deals", DEAL_FIELDS)}
    assert len(found) == 8800
    return found


def test_every_opportunity_is_a_deal(deals: dict[str, dict[str, Any]]) -> None:
    assert deals.keys() == BY_CODE.keys()
    assert len({deal["id"] for deal in deals.values()}) == 8800
    for code, deal in deals.items():
        row = BY_CODE[code]
        assert deal["Stage"] == STAGES[row["deal_stage"]]
        assert deal["Owner"]["name"] == row["sales_agent"]
        assert (deal["Account_Name"] or {}).get("name", "") == row["account"]
        assert deal["Product_Name_As_Written"] == row["product"]
        assert deal["Deal_Name"] == " · ".join(filter(None, (row["account"], row["product"], code)))


def test_money_and_dates(deals: dict[str, dict[str, Any]]) -> None:
    prices = {row["product"]: int(row["sales_price"]) for row in rows("products")}
    for code, deal in deals.items():
        row = BY_CODE[code]
        product = row["product"].replace("GTXPro", "GTX Pro")
        assert deal["Product"]["name"] == product
        assert deal["Amount"] == (int(row["close_value"]) if row["deal_stage"] == "Won" else prices[product])
        if row["close_date"]:
            assert deal["Closing_Date"] == shifted(row["close_date"])
            assert deal["Modified_Time"][:10] >= deal["Closing_Date"]
        else:
            engaged = row["engage_date"]
            assert deal["Closing_Date"] == (shifted(engaged, 90) if engaged else None)
        if row["engage_date"]:
            assert deal["Created_Time"][:10] == shifted(row["engage_date"])
        assert deal["Expected_Revenue"] == pytest.approx(deal["Amount"] * deal["Probability"] / 100)


def test_the_last_closing_day_is_yesterday_and_nothing_is_in_the_future(
    deals: dict[str, dict[str, Any]],
) -> None:
    closed = [deal for deal in deals.values() if deal["Stage"].startswith("Closed")]
    yesterday = datetime.now(ZoneInfo("America/New_York")).date() - timedelta(days=1)
    assert max(deal["Closing_Date"] for deal in closed) == yesterday.isoformat()
    times = [
        datetime.fromisoformat(deal[name])
        for deal in deals.values()
        for name in ("Created_Time", "Modified_Time")
    ]
    assert max(times) < datetime.now(UTC)
    assert all(time.utcoffset() in {timedelta(hours=-4), timedelta(hours=-5)} for time in times)
    assert {time.utcoffset() for time in times} == {timedelta(hours=-4), timedelta(hours=-5)}


def test_sums_by_account(zoho: ZohoHttp) -> None:
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in PIPELINE:
        if row["deal_stage"] == "Won":
            expected[row["account"]][0] += 1
            expected[row["account"]][1] += int(row["close_value"])
        elif row["deal_stage"] != "Lost" and row["account"]:
            expected[row["account"]][2] += 1
    seen = zoho.get("/_sandbox/accounts", by="won").json()
    assert {one["name"]: [one["won_count"], one["won_amount"], one["open_count"]] for one in seen} == expected
    amounts = [one["won_amount"] for one in seen]
    assert amounts == sorted(amounts, reverse=True)
    assert sum(amounts) == 10_005_534


def test_accounts(zoho: ZohoHttp) -> None:
    fields = (
        "Account_Name,Industry,Annual_Revenue,Employees,Owner,Parent_Account,Billing_City,Billing_State,"
        "Billing_Country,Website,Phone,Account_Type,Tag,Created_Time,Modified_Time"
    )
    accounts = {one["Account_Name"]: one for one in zoho.every("Accounts", fields)}
    won = Counter((row["account"], row["sales_agent"]) for row in PIPELINE if row["deal_stage"] == "Won")
    source = rows("accounts")
    assert accounts.keys() == {row["account"] for row in source}
    for row in source:
        account = accounts[row["account"]]
        assert account["Industry"] == row["sector"]
        assert account["Annual_Revenue"] == pytest.approx(float(row["revenue"]) * 1_000_000)
        assert account["Employees"] == int(row["employees"])
        assert account["Billing_Country"] == row["office_location"]
        assert bool(account["Billing_City"]) == (row["office_location"] == "United States")
        assert (account["Parent_Account"] or {}).get("name", "") == row["subsidiary_of"]
        sold = {agent: count for (name, agent), count in won.items() if name == row["account"]}
        best = min(agent for agent, count in sold.items() if count == max(sold.values()))
        assert account["Owner"]["name"] == best
        assert re.fullmatch(r"https://[a-z0-9-]+\.example", account["Website"])
        assert account["Created_Time"] <= account["Modified_Time"]
    assert sum(1 for one in accounts.values() if one["Industry"] == "technolgy") == 12, (
        "spelt as in the source"
    )


def test_contacts_belong_to_accounts_and_deals_to_their_contacts(
    zoho: ZohoHttp, deals: dict[str, dict[str, Any]]
) -> None:
    contacts = list(zoho.every("Contacts", "Full_Name,Email,Account_Name,Owner"))
    per_account = Counter(contact["Account_Name"]["id"] for contact in contacts)
    assert len(per_account) == 85
    assert set(per_account.values()) <= {1, 2, 3}
    assert len({contact["Email"] for contact in contacts}) == len(contacts)
    assert all(contact["Email"].endswith(".example") for contact in contacts)
    home = {contact["id"]: contact["Account_Name"]["id"] for contact in contacts}
    for deal in deals.values():
        if deal["Account_Name"]:
            assert home[deal["Contact_Name"]["id"]] == deal["Account_Name"]["id"]
        else:
            assert deal["Contact_Name"] is None


def test_users_and_their_managers(zoho: ZohoHttp) -> None:
    users = {user["full_name"]: user for user in zoho.get("/crm/v8/users", type="AllUsers").json()["users"]}
    assert len(users) == 35 + 6 + 1
    for row in rows("sales_teams"):
        agent = users[row["sales_agent"]]
        assert agent["Reporting_To"] == {"name": row["manager"], "id": users[row["manager"]]["id"]}
        assert agent["profile"]["name"] == "Standard"
        assert users[row["manager"]]["profile"]["name"] == "Manager"
    assert users["Darcel Schlecht"]["email"] == "darcel.schlecht@bellwether.example"
    assert users["Ada Lindqvist"]["profile"]["name"] == "Administrator"
    assert len({user["email"] for user in users.values()}) == 42


def test_ids_are_the_same_in_another_run(deals: dict[str, dict[str, Any]]) -> None:
    with running() as other:
        http = ZohoHttp(other.base_url)
        http.refresh()
        again = http.get("/crm/v8/Deals", fields="Deal_Name,Contact_Name,Owner,Created_Time").json()["data"]
        http.close()
    assert len(again) == 200
    for deal in again:
        first = deals[deal["Deal_Name"].rpartition(" ")[2]]
        assert all(first[name] == value for name, value in deal.items())
        assert re.fullmatch(r"\d{19}", deal["id"])


def test_the_moved_clock_moves_the_organisation(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text(str(40 * 86400))
    with running(clock_file=clock) as later:
        http = ZohoHttp(later.base_url)
        http.refresh()
        newest = http.coql("select MAX(Closing_Date) from Deals where Stage in ('Closed Won', 'Closed Lost')")
        said = newest.headers["Date"]
        http.close()
    day = (datetime.now(UTC) + timedelta(days=40)).astimezone(ZoneInfo("America/New_York")).date()
    assert newest.json()["data"] == [{"MAX(Closing_Date)": (day - timedelta(days=1)).isoformat()}]
    announced = datetime.strptime(said, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert abs(announced - datetime.now(UTC) - timedelta(days=40)) < timedelta(minutes=5)
