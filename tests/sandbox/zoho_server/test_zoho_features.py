"""Several currencies and territories, which an organisation may switch on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import zoho_bulk as bulk
from tests.support.zoho_client import ZohoHttp

RATES = [{"iso": "EUR", "rate": 0.9}, {"iso": "JPY", "rate": 150}]


@pytest.fixture
def several(zoho: ZohoHttp) -> Iterator[ZohoHttp]:
    zoho.post("/_sandbox/currencies", {"enable": True, "currencies": RATES})
    yield zoho
    zoho.post("/_sandbox/currencies", {"enable": False})


def test_the_organisation_tells_its_currencies(several: ZohoHttp) -> None:
    assert several.get("/crm/v8/org").json()["org"][0]["mc_status"] is True
    told = several.get("/crm/v8/org/currencies").json()["currencies"]
    assert [(one["iso_code"], one["exchange_rate"], one["is_base"]) for one in told] == [
        ("USD", "1.000000000", True), ("EUR", "0.900000000", False), ("JPY", "150.000000000", False),
    ]  # fmt: skip
    fields = {
        one["api_name"]: one
        for one in several.get("/crm/v8/settings/fields", module="Deals").json()["fields"]
    }
    assert [one["actual_value"] for one in fields["Currency"]["pick_list_values"]] == ["USD", "EUR", "JPY"]
    assert fields["Exchange_Rate"]["data_type"] == "double"
    contacts = several.get("/crm/v8/settings/fields", module="Contacts").json()["fields"]
    assert "Currency" not in {one["api_name"] for one in contacts}


def test_records_keep_the_rate_of_their_save(several: ZohoHttp) -> None:
    deal = {"Deal_Name": "Foreign", "Stage": "Qualification", "Amount": 1500, "Currency": "JPY"}
    made = several.post("/crm/v8/Deals", {"data": [deal]}).json()["data"][0]["details"]["id"]
    several.post(
        "/_sandbox/currencies", {"currencies": [{"iso": "EUR", "rate": 0.8}, {"iso": "JPY", "rate": 160}]}
    )
    record = several.get(f"/crm/v8/Deals/{made}").json()["data"][0]
    assert (record["Currency"], record["Exchange_Rate"], record["Amount"]) == ("JPY", 150, 1500)
    assert record["$currency_symbol"] == "¥"
    criteria = {"field": {"api_name": "Amount"}, "comparator": "equal", "value": 10}
    lines = bulk.read(several, bulk.wanted("Deals", "Currency", criteria=criteria))
    assert [made, "JPY"] in lines, "bulk reads compare in the home currency"
    several.put(f"/crm/v8/Deals/{made}", {"data": [{"Currency": "EUR"}]})
    assert several.get(f"/crm/v8/Deals/{made}").json()["data"][0]["Exchange_Rate"] == 0.8
    row = several.coql(f"select Currency, Exchange_Rate from Deals where id = '{made}'").json()["data"][0]
    assert (row["Currency"], row["Exchange_Rate"]) == ("EUR", 0.8)
    several.delete(f"/crm/v8/Deals/{made}")


def test_existing_records_are_at_home_or_spread(several: ZohoHttp) -> None:
    modified = {one["id"]: one["Modified_Time"] for one in several.every("Products", "Modified_Time")}
    assert {one["Currency"] for one in several.every("Products", "Currency")} == {"USD"}
    several.post("/_sandbox/currencies", {"currencies": RATES, "spread": True})
    rates = {"USD": 1, "EUR": 0.9, "JPY": 150}
    deals = list(several.every("Deals", "Currency,Exchange_Rate"))
    assert {one["Currency"] for one in deals} == rates.keys()
    assert all(one["Exchange_Rate"] == rates[one["Currency"]] for one in deals)
    assert {one["id"]: one["Modified_Time"] for one in several.every("Products", "Modified_Time")} == modified


def test_off_again_nothing_is_left(several: ZohoHttp) -> None:
    several.post("/_sandbox/currencies", {"enable": False})
    assert several.get("/crm/v8/org/currencies").json()["code"] == "CURRENCIES_NOT_ENABLED"
    deals = several.get("/crm/v8/settings/fields", module="Deals").json()["fields"]
    assert not {"Currency", "Exchange_Rate"} & {one["api_name"] for one in deals}
    wrong = {"currencies": [{"iso": "EUR", "rate": 0}]}
    assert several.post("/_sandbox/currencies", wrong).json()["code"] == "INVALID_DATA"


def test_territories(zoho: ZohoHttp) -> None:
    refused = zoho.get("/crm/v8/settings/territories")
    assert (refused.status_code, refused.json()["code"]) == (403, "FEATURE_NOT_ENABLED")
    zoho.post("/_sandbox/territories", {"enable": True})
    territories = {
        one["name"]: one["id"] for one in zoho.get("/crm/v8/settings/territories").json()["territories"]
    }
    assert territories.keys() == {"Central", "East", "West"}
    accounts = list(zoho.every("Accounts", "Territories"))
    assert {one["Territories"][0]["id"] for one in accounts} == set(territories.values())
    users = zoho.get("/crm/v8/users", type="AllUsers").json()["users"]
    for user in users:
        area = user["role"]["name"].split()[0]
        assert [one["name"] for one in user["territories"]] == ([area] if area in territories else [])
    row = zoho.coql("select Territories from Accounts where id is not null limit 1").json()["data"][0]
    assert row["Territories"][0].keys() == {"name", "id"}
    query = "select id from Accounts where Territories is not null"
    assert zoho.coql(query).json()["code"] == "INVALID_QUERY"
    zoho.post("/_sandbox/territories", {"enable": False})
    assert zoho.get("/crm/v8/users", type="CurrentUser").json()["users"][0]["territories"] == []
