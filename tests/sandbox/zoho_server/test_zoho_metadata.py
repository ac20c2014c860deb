"""What the organisation says about itself: organisation, users, modules, fields."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.zoho_client import ZohoHttp

FIELD_KEYS = """
    id api_name field_label display_label data_type json_type ui_type length decimal_place
    custom_field system_mandatory read_only field_read_only visible virtual_field filterable
    searchable sortable mass_update webhook businesscard_supported separator display_field
    display_type quick_sequence_number created_source type tooltip unique external crypt private
    hipaa_compliance currency formula rollup_summary auto_number lookup multiselectlookup
    multi_module_lookup pick_list_values pick_list_values_sorted_lexically global_picklist
    enable_colour_code colour_code_enabled_by_system history_tracking operation_type view_type
    profiles layout_associations customizable_properties association_details associated_module
    additional_column convert_mapping email_parser created_time modified_time
"""


JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "double": (int, float),
    "boolean": (bool,),
    "jsonobject": (dict,),
    "jsonarray": (list,),
}


def fields(zoho: ZohoHttp, module: str) -> dict[str, dict[str, object]]:
    found = zoho.get("/crm/v8/settings/fields", module=module).json()["fields"]
    return {field["api_name"]: field for field in found}


def test_the_organisation(zoho: ZohoHttp) -> None:
    org = zoho.get("/crm/v8/org").json()["org"][0]
    assert (org["company_name"], org["time_zone"], org["iso_code"]) == (
        "Maven Hardware",
        "America/New_York",
        "USD",
    )
    assert org["license_details"]["paid_type"] == "enterprise"
    assert not org["mc_status"]
    currencies = zoho.get("/crm/v8/org/currencies")
    assert (currencies.status_code, currencies.json()["code"]) == (403, "CURRENCIES_NOT_ENABLED")


def test_modules(zoho: ZohoHttp) -> None:
    modules = {one["api_name"]: one for one in zoho.get("/crm/v8/settings/modules").json()["modules"]}
    assert {"Accounts", "Contacts", "Deals", "Products", "Leads"} <= modules.keys()
    assert modules["Deals"]["api_supported"]
    assert not modules["Users"]["api_supported"]
    for name in ("Deals", modules["Deals"]["id"]):
        assert zoho.get(f"/crm/v8/settings/modules/{name}").json() == {"modules": [modules["Deals"]]}
    assert zoho.get("/crm/v8/settings/modules/Nope").json()["code"] == "INVALID_MODULE"
    now = {"If-Modified-Since": datetime.now(UTC).isoformat()}
    assert zoho.get("/crm/v8/settings/modules", headers=now).status_code == 304


@pytest.mark.parametrize("module", ["Accounts", "Contacts", "Deals", "Products", "Leads"])
def test_every_field_has_the_full_key_set_and_every_record_every_field(zoho: ZohoHttp, module: str) -> None:
    described = fields(zoho, module)
    assert all(field.keys() >= set(FIELD_KEYS.split()) for field in described.values())
    assert len({field["id"] for field in described.values()}) == len(described)
    page = zoho.get(f"/crm/v8/{module}", fields=",".join(described), per_page=1)
    if page.status_code == 200:
        record = page.json()["data"][0]
        assert record.keys() == described.keys()
        for name, value in record.items():
            expected = JSON_TYPES[str(described[name]["json_type"])]
            assert value is None or isinstance(value, expected), name


def test_picklists_and_lookups(zoho: ZohoHttp) -> None:
    accounts, deals = fields(zoho, "Accounts"), fields(zoho, "Deals")

    def options(field: dict[str, object]) -> list[str]:
        values = field["pick_list_values"]
        assert isinstance(values, list)
        return [value["actual_value"] for value in values]

    assert "technolgy" in options(accounts["Industry"])
    assert "Customer" in options(accounts["Account_Type"])
    assert {"Closed Won", "Closed Lost", "Qualification", "Negotiation/Review"} <= set(
        options(deals["Stage"])
    )
    used = {account["Industry"] for account in zoho.every("Accounts", "Industry")}
    assert used == set(options(accounts["Industry"]))
    lookup = deals["Account_Name"]["lookup"]
    assert isinstance(lookup, dict)
    assert lookup["module"]["api_name"] == "Accounts"
    assert deals["Product"]["custom_field"]


def test_fields_by_id_and_what_is_refused(zoho: ZohoHttp) -> None:
    stage = fields(zoho, "Deals")["Stage"]
    assert zoho.get(f"/crm/v8/settings/fields/{stage['id']}", module="Deals").json() == {"fields": [stage]}
    assert zoho.get("/crm/v8/settings/fields/5", module="Deals").json()["code"] == "INVALID_DATA"
    assert zoho.get("/crm/v8/settings/fields").json()["code"] == "REQUIRED_PARAM_MISSING"
    assert zoho.get("/crm/v8/settings/fields", module="Nope").json()["code"] == "INVALID_MODULE"
    assert zoho.get("/crm/v8/settings/fields", module="Deals", type="unused").status_code == 204
    now = {"If-Modified-Since": datetime.now(UTC).isoformat()}
    assert zoho.get("/crm/v8/settings/fields", module="Deals", headers=now).status_code == 304


@pytest.mark.parametrize(
    ("kind", "count"),
    [("AllUsers", 42), ("ActiveUsers", 42), ("CurrentUser", 1), ("AdminUsers", 1), ("DeactiveUsers", 0)],
)
def test_users_by_type(zoho: ZohoHttp, kind: str, count: int) -> None:
    answer = zoho.get("/crm/v8/users", type=kind)
    assert answer.status_code == (200 if count else 204)
    assert zoho.get("/crm/v8/users/actions/count", type=kind).json() == {"count": count}
    if count:
        assert len(answer.json()["users"]) == count


def test_users_by_page_and_by_id(zoho: ZohoHttp) -> None:
    pages = [zoho.get("/crm/v8/users", type="AllUsers", page=page, per_page=20).json() for page in (1, 2, 3)]
    assert [page["info"]["more_records"] for page in pages] == [True, True, False]
    assert [page["info"]["count"] for page in pages] == [20, 20, 2]
    user = pages[1]["users"][3]
    assert zoho.get(f"/crm/v8/users/{user['id']}").json() == {"users": [user]}
    assert zoho.get("/crm/v8/users", ids=user["id"]).json()["users"] == [user]
    assert zoho.get("/crm/v8/users/1").status_code == 204
    assert zoho.get("/crm/v8/users/x").json()["code"] == "INVALID_DATA"
    assert zoho.get("/crm/v8/users", type="Everyone").json()["code"] == "INVALID_DATA"
    now = {"If-Modified-Since": datetime.now(UTC).isoformat()}
    assert zoho.get("/crm/v8/users", headers=now).status_code == 304


def test_headers_of_the_real_one(zoho: ZohoHttp) -> None:
    headers = zoho.get("/crm/v8/org").headers
    assert headers["Server"] == "ZGS"
    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert "X-API-CREDITS-REMAINING" not in headers
    assert "Set-Cookie" not in headers
