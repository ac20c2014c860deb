"""Custom fields made, changed and deleted by API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from tests.support.zoho_client import ZohoHttp

FIELDS = "/crm/v8/settings/fields"


def make(zoho: ZohoHttp, *fields: dict[str, Any], module: str = "Accounts") -> requests.Response:
    return zoho.call("POST", FIELDS, params={"module": module}, json={"fields": list(fields)})


def described(zoho: ZohoHttp, module: str = "Accounts") -> dict[str, dict[str, Any]]:
    found = zoho.get(FIELDS, module=module).json()["fields"]
    return {one["api_name"]: one for one in found}


def picklist(label: str, *names: str) -> dict[str, Any]:
    options = [{"display_value": name, "actual_value": name} for name in names]
    return {"field_label": label, "data_type": "picklist", "pick_list_values": options}


def test_fields_are_made_and_written(zoho: ZohoHttp) -> None:
    tooltip = {"name": "info_icon", "value": "Set by the machine"}
    answer = make(
        zoho,
        picklist("RFM Segment", "Champions", "Lost"),
        {"field_label": "RFM Score", "data_type": "integer", "length": 3, "tooltip": tooltip},
        {"field_label": "Life-time value (net)", "data_type": "currency", "decimal_place": 2},
    )
    assert answer.status_code == 201
    items = answer.json()["fields"]
    assert [item["code"] for item in items] == ["SUCCESS"] * 3
    assert all(item["details"].keys() == {"id"} for item in items)
    fields = described(zoho)
    by_id = {field["id"]: field for field in fields.values()}
    segment, score, value = (by_id[item["details"]["id"]] for item in items)
    assert [one["api_name"] for one in (segment, score, value)] == [
        "RFM_Segment", "RFM_Score", "Life_time_value_net",
    ]  # fmt: skip
    assert [option["actual_value"] for option in segment["pick_list_values"]] == ["Champions", "Lost"]
    assert (score["length"], score["tooltip"], score["custom_field"]) == (3, tooltip, True)
    account = next(zoho.every("Accounts", "RFM_Segment,RFM_Score"))
    assert (account["RFM_Segment"], account["RFM_Score"]) == (None, None)
    written = {"RFM_Segment": "Lost", "RFM_Score": 111}
    assert zoho.put(f"/crm/v8/Accounts/{account['id']}", {"data": [written]}).status_code == 200
    query = "select RFM_Segment, RFM_Score from Accounts where RFM_Segment = 'Lost'"
    assert zoho.coql(query).json()["data"] == [{**written, "id": account["id"]}]
    too_long = zoho.put(f"/crm/v8/Accounts/{account['id']}", {"data": [{"RFM_Score": 1111}]})
    assert too_long.json()["data"][0]["details"]["maximum_length"] == 3


def test_a_taken_api_name_gets_a_number(zoho: ZohoHttp) -> None:
    for label in ("Churn Risk", "Churn-Risk", "Churn.Risk"):
        assert make(zoho, {"field_label": label, "data_type": "text"}).status_code == 201
    assert {"Churn_Risk", "Churn_Risk1", "Churn_Risk2"} <= described(zoho).keys()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"data_type": "text"}, "MANDATORY_NOT_FOUND"),
        ({"field_label": "A new one"}, "MANDATORY_NOT_FOUND"),
        ({"field_label": "A new one", "data_type": "colour"}, "INVALID_DATA"),
        ({"field_label": "x" * 51, "data_type": "text"}, "INVALID_DATA"),
        ({"field_label": "Industry", "data_type": "text"}, "DUPLICATE_DATA"),
        ({"field_label": "Select", "data_type": "text"}, "RESERVED_KEYWORD_NOT_ALLOWED"),
        ({"field_label": "A new one", "data_type": "integer", "length": 10}, "INVALID_DATA"),
        ({"field_label": "A new one", "data_type": "picklist"}, "MANDATORY_NOT_FOUND"),
        (picklist("A new one", "A", "A"), "DUPLICATE_DATA"),
        ({"field_label": "A new one", "data_type": "lookup", "lookup": {"module": {"api_name": "Nope"}}},
         "INVALID_DATA"),
        ({"field_label": "A new one", "data_type": "text", "tooltip": {"value": "x" * 256}}, "INVALID_DATA"),
    ],
)  # fmt: skip
def test_what_is_refused(zoho: ZohoHttp, wish: dict[str, Any], code: str) -> None:
    before = described(zoho)
    answer = make(zoho, wish)
    assert (answer.status_code, answer.json()["fields"][0]["code"]) == (400, code)
    assert described(zoho) == before


def test_whole_calls_are_refused(zoho: ZohoHttp) -> None:
    six = [{"field_label": f"Too many {number}", "data_type": "text"} for number in range(6)]
    assert make(zoho, *six).json()["code"] == "LIMIT_EXCEEDED"
    assert make(zoho).json()["code"] == "MANDATORY_NOT_FOUND"
    assert make(zoho, six[0], module="Nope").json()["code"] == "INVALID_MODULE"
    assert zoho.post(FIELDS, {"fields": six[:1]}).json()["code"] == "REQUIRED_PARAM_MISSING"
    mixed = make(zoho, {"field_label": "Half right", "data_type": "text"}, {"field_label": "Half wrong"})
    assert (mixed.status_code, [one["status"] for one in mixed.json()["fields"]]) == (
        207,
        ["success", "error"],
    )


def test_a_unique_field_is_held_and_upsert_finds_by_it(zoho: ZohoHttp) -> None:
    wish = {"field_label": "Ext ID", "data_type": "text", "length": 100, "unique": {"case_sensitive": False}}
    assert make(zoho, wish, module="Contacts").status_code == 201
    assert described(zoho, "Contacts")["Ext_ID"]["unique"] == {"case_sensitive": False}
    first = {"Last_Name": "Unique", "Ext_ID": "k-1"}
    made = zoho.post("/crm/v8/Contacts", {"data": [first, {**first, "Ext_ID": "K-1"}]})
    assert made.status_code == 207
    one, other = made.json()["data"]
    assert other["code"] == "DUPLICATE_DATA"
    assert other["details"]["duplicate_record"]["id"] == one["details"]["id"]
    body = {"data": [{"Last_Name": "Changed", "Ext_ID": "k-1"}], "duplicate_check_fields": ["Ext_ID"]}
    item = zoho.post("/crm/v8/Contacts/upsert", body).json()["data"][0]
    assert (item["action"], item["duplicate_field"], item["details"]["id"]) == (
        "update", "Ext_ID", one["details"]["id"],
    )  # fmt: skip


def test_options_are_appended_and_labels_changed(zoho: ZohoHttp) -> None:
    made = make(zoho, picklist("Mood", "Good", "Bad")).json()["fields"][0]["details"]["id"]
    before = described(zoho)["Mood"]["pick_list_values"]
    change = {"id": made, "pick_list_values": [{"display_value": "Odd", "actual_value": "Odd"}]}
    body = {"fields": [change]}
    assert zoho.call("PATCH", FIELDS, params={"module": "Accounts"}, json=body).status_code == 200
    mood = described(zoho)["Mood"]
    assert mood["pick_list_values"][:2] == before
    assert [one["actual_value"] for one in mood["pick_list_values"]] == ["Good", "Bad", "Odd"]
    by_id = f"{FIELDS}/{made}"
    label = {"fields": [{"field_label": "Humour"}]}
    assert zoho.call("PATCH", by_id, params={"module": "Accounts"}, json=label).status_code == 200
    assert described(zoho)["Mood"]["field_label"] == "Humour"
    other = {"fields": [{"data_type": "text"}]}
    refused = zoho.call("PATCH", by_id, params={"module": "Accounts"}, json=other)
    assert refused.json()["fields"][0]["code"] == "NOT_ALLOWED"


def test_a_custom_field_can_be_deleted(zoho: ZohoHttp) -> None:
    made = make(zoho, {"field_label": "Short lived", "data_type": "text"}).json()["fields"][0]["details"][
        "id"
    ]
    account = next(zoho.every("Accounts", "Short_lived"))
    zoho.put(f"/crm/v8/Accounts/{account['id']}", {"data": [{"Short_lived": "x"}]})
    assert zoho.delete(f"{FIELDS}/{made}", module="Accounts").json()["fields"][0]["code"] == "SUCCESS"
    assert "Short_lived" not in described(zoho)
    assert "Short_lived" not in zoho.get(f"/crm/v8/Accounts/{account['id']}").json()["data"][0]
    assert zoho.delete(f"{FIELDS}/{made}", module="Accounts").json()["code"] == "INVALID_DATA"
    industry = described(zoho)["Industry"]["id"]
    assert zoho.delete(f"{FIELDS}/{industry}", module="Accounts").json()["code"] == "NOT_ALLOWED"


def test_conditional_requests_follow_the_schema(zoho: ZohoHttp) -> None:
    assert make(zoho, {"field_label": "Noticed", "data_type": "text"}, module="Products").status_code == 201
    told = zoho.get("/crm/v8/settings/modules/Products").json()["modules"][0]["modified_time"]
    since = {"If-Modified-Since": told}
    later = {"If-Modified-Since": (datetime.fromisoformat(told) + timedelta(seconds=1)).isoformat()}
    assert "Noticed" in {
        one["api_name"] for one in zoho.get(FIELDS, since, module="Products").json()["fields"]
    }
    assert zoho.get(FIELDS, later, module="Products").status_code == 304
    assert zoho.get(FIELDS, since, module="Users").status_code == 304
    changed = zoho.get("/crm/v8/settings/modules", since).json()["modules"]
    assert "Products" in {one["api_name"] for one in changed}
    assert "Users" not in {one["api_name"] for one in changed}


def test_reading_does_not_allow_making(zoho: ZohoHttp) -> None:
    code = zoho.post("/_sandbox/tokens/code", {"scope": "ZohoCRM.settings.fields.READ"}).json()["code"]
    token = zoho.ask_token(grant_type="authorization_code", code=code).json()["access_token"]
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}
    body = {"fields": [{"field_label": "No", "data_type": "text"}]}
    answer = zoho.call("POST", FIELDS, params={"module": "Accounts"}, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")
