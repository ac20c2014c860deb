"""What an administrator does: fields, formulas, undeleting; no record's time of modification moves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import zoho_bulk as bulk
from tests.support.zoho_client import ZohoHttp


def change(zoho: ZohoHttp, module: str = "Products", **wish: Any) -> dict[str, Any]:
    answer = zoho.post("/_sandbox/fields", {"module": module, **wish})
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


def names(zoho: ZohoHttp, module: str = "Products") -> set[str]:
    return {one["api_name"] for one in zoho.get("/crm/v8/settings/fields", module=module).json()["fields"]}


def listed(zoho: ZohoHttp, field: str, module: str = "Products") -> dict[str, Any]:
    return {one["id"]: one.get(field) for one in zoho.every(module, f"{field},Modified_Time")}


def times(zoho: ZohoHttp, module: str = "Products") -> dict[str, Any]:
    return listed(zoho, "Modified_Time", module)


def test_a_filled_field_reads_the_same_everywhere(zoho: ZohoHttp) -> None:
    before = times(zoho)
    kinds = ("text", "integer", "currency", "double", "boolean", "date", "datetime", "email", "percent")
    wanted = [{"api_name": f"Filled_{kind}", "data_type": kind, "fill": True} for kind in kinds]
    wanted.append({"api_name": "Filled_several", "data_type": "multiselectpicklist", "options": ["A", "B"],
                   "fill": True})  # fmt: skip
    assert change(zoho, add=wanted)["added"].keys() == {one["api_name"] for one in wanted}
    fields = [str(one["api_name"]) for one in wanted]
    rows = {one["id"]: one for one in zoho.every("Products", ",".join(fields))}
    queried = zoho.coql(f"select {', '.join(fields)} from Products where id is not null").json()["data"]
    assert {one["id"]: one for one in queried} == rows
    header, *lines = bulk.read(zoho, bulk.wanted("Products", *fields))
    for line in lines:
        record = dict(zip(header, line, strict=True))
        row = rows[record.pop("Id")]
        several = row["Filled_several"]
        assert record["Filled_several"] == ";".join(several or [])
        assert record["Filled_boolean"] == ("true" if row["Filled_boolean"] else "false")
        assert float(record["Filled_currency"]) == row["Filled_currency"]
        assert record["Filled_datetime"] == row["Filled_datetime"]
    assert times(zoho) == before


def test_renamed_retyped_removed(zoho: ZohoHttp) -> None:
    before = times(zoho)
    change(zoho, add={"api_name": "Old_Name", "data_type": "text", "fill": True})
    values = listed(zoho, "Old_Name")
    change(zoho, rename={"from": "Old_Name", "to": "New_Name"})
    assert "Old_Name" not in names(zoho)
    assert listed(zoho, "New_Name") == values
    identity = next(iter(values))
    zoho.put(f"/crm/v8/Products/{identity}", {"data": [{"New_Name": "17"}]})
    change(zoho, retype={"name": "New_Name", "data_type": "integer"})
    assert listed(zoho, "New_Name") == dict.fromkeys(values) | {identity: 17}
    change(zoho, remove="New_Name")
    assert "New_Name" not in names(zoho)
    assert listed(zoho, "New_Name") == dict.fromkeys(values)
    after = times(zoho)
    assert {one for one in after if after[one] != before[one]} <= {identity}


def test_new_records_have_new_fields(zoho: ZohoHttp) -> None:
    change(
        zoho,
        add=[{"api_name": "Yes_or_no", "data_type": "boolean"}, {"api_name": "Said", "data_type": "text"}],
    )
    assert set(listed(zoho, "Yes_or_no").values()) == {False}
    made = zoho.post("/crm/v8/Products", {"data": [{"Product_Name": "New", "Said": "yes"}]}).json()["data"][0]
    shown = zoho.get(f"/crm/v8/Products/{made['details']['id']}").json()["data"][0]
    assert (shown["Yes_or_no"], shown["Said"]) == (False, "yes")
    zoho.delete(f"/crm/v8/Products/{made['details']['id']}")


@pytest.mark.parametrize("count", [51, 201, 501])
def test_wide_modules(zoho: ZohoHttp, count: int) -> None:
    width = len(names(zoho, "Site_Visits"))
    added = [{"api_name": f"W{count}_{number}", "data_type": "text"} for number in range(count - width)]
    assert change(zoho, "Site_Visits", add=added)["fields"] == count
    assert len(names(zoho, "Site_Visits")) == count
    last = added[-1]["api_name"]
    made = zoho.post("/crm/v8/Site_Visits", {"data": [{"Name": "Wide", last: "far right"}]}).json()["data"][0]
    identity = made["details"]["id"]
    assert zoho.get(f"/crm/v8/Site_Visits/{identity}").json()["data"][0][last] == "far right"
    for one in added:
        change(zoho, "Site_Visits", remove=one["api_name"])
    assert len(names(zoho, "Site_Visits")) == width


def test_a_formula_changes_alone(zoho: ZohoHttp) -> None:
    change(zoho, add={"api_name": "Margin", "data_type": "formula", "returns": "currency", "fill": True})
    described = zoho.get("/crm/v8/settings/fields", module="Products").json()["fields"]
    margin = next(one for one in described if one["api_name"] == "Margin")
    assert (margin["json_type"], margin["read_only"]) == ("double", True)
    assert margin["formula"]["return_type"] == "currency"
    before, values = times(zoho), listed(zoho, "Margin")
    one = next(iter(values))
    body = {"module": "Products", "field": "Margin", "delta": 2.5}
    assert zoho.post("/_sandbox/formula", body).json() == {"changed": len(values)}
    body = {"module": "Products", "field": "Margin", "value": 1, "ids": [one]}
    assert zoho.post("/_sandbox/formula", body).json() == {"changed": 1}
    assert listed(zoho, "Margin") == {key: value + 2.5 for key, value in values.items()} | {one: 1}
    assert times(zoho) == before
    zoho.put(f"/crm/v8/Products/{one}", {"data": [{"Margin": 99}]})
    assert listed(zoho, "Margin")[one] == 1, "a formula cannot be written"
    found = zoho.coql("select Margin from Products where Margin <= 1").json()["data"]
    assert [row["id"] for row in found] == [one]
    refused = zoho.post("/_sandbox/formula", {"module": "Products", "field": "Product_Name", "value": 1})
    assert refused.status_code == 400


def test_only_so_many_formulas_in_a_query(zoho: ZohoHttp) -> None:
    added = [{"api_name": f"F{number}", "data_type": "formula"} for number in range(6)]
    change(zoho, "Site_Visits", add=added)
    zoho.post("/crm/v8/Site_Visits", {"data": [{"Name": "Formulas"}]})
    assert zoho.coql("select F0, F1, F2, F3, F4 from Site_Visits where id is not null").status_code == 200
    answer = zoho.coql("select F0, F1, F2, F3, F4, F5 from Site_Visits where id is not null")
    assert answer.json()["code"] == "LIMIT_EXCEEDED"


def test_what_was_deleted_comes_back_as_it_was(zoho: ZohoHttp) -> None:
    contact = next(zoho.every("Contacts", "Last_Name,Modified_Time"))
    whole = zoho.get(f"/crm/v8/Contacts/{contact['id']}").json()
    zoho.delete(f"/crm/v8/Contacts/{contact['id']}")
    assert contact["id"] in {one["id"] for one in zoho.get("/crm/v8/Contacts/deleted").json()["data"]}
    body = {"module": "Contacts", "ids": [contact["id"], "5"]}
    assert zoho.post("/_sandbox/undelete", body).json() == {"restored": [contact["id"]]}
    assert zoho.get(f"/crm/v8/Contacts/{contact['id']}").json() == whole
    gone = zoho.get("/crm/v8/Contacts/deleted")
    assert gone.status_code == 204
    assert zoho.post("/_sandbox/undelete", body).json() == {"restored": []}


def test_a_subform_and_links_are_added_with_their_modules(zoho: ZohoHttp) -> None:
    columns = [{"api_name": "What", "data_type": "text"}, {"api_name": "Much", "data_type": "integer"}]
    change(zoho, "Deals", add={"api_name": "Lines", "data_type": "subform", "fields": columns})
    change(
        zoho, "Deals", add={"api_name": "Partners", "data_type": "multiselectlookup", "target": "Accounts"}
    )
    modules = {one["api_name"]: one for one in zoho.get("/crm/v8/settings/modules").json()["modules"]}
    assert modules["Lines"]["generated_type"] == "subform"
    assert modules["Deals_X_Accounts"]["generated_type"] == "linking"
    account = next(zoho.every("Accounts", "Phone"))["id"]
    item = {"Deal_Name": "D", "Stage": "Qualification", "Lines": [{"What": "a", "Much": 2}, {"What": "b"}],
            "Partners": [{"Accounts": {"id": account}}]}  # fmt: skip
    made = zoho.post("/crm/v8/Deals", {"data": [item]}).json()["data"][0]["details"]["id"]
    rows = zoho.coql(f"select What, Much, Parent_Id from Lines where Parent_Id = '{made}'").json()["data"]
    assert [(row["What"], row["Much"], row["Parent_Id"]) for row in rows] == [
        ("a", 2, {"name": "D", "id": made}), ("b", None, {"name": "D", "id": made}),
    ]  # fmt: skip
    links = zoho.coql("select Deals, Accounts from Deals_X_Accounts where id is not null").json()["data"]
    assert [(link["Deals"]["id"], link["Accounts"]["id"]) for link in links] == [(made, account)]


def test_what_an_administrator_cannot_do(zoho: ZohoHttp) -> None:
    def refused(**wish: Any) -> str:
        answer = zoho.post("/_sandbox/fields", wish)
        assert answer.status_code == 400
        return str(answer.json()["code"])

    assert refused(module="Nope", remove="x") == "INVALID_MODULE"
    assert refused(module="Deals", remove="Nope") == "INVALID_DATA"
    assert refused(module="Deals", add={"api_name": "Stage", "data_type": "text"}) == "DUPLICATE_DATA"
    assert refused(module="Deals", add={"api_name": "No_Type"}) == "MANDATORY_NOT_FOUND"
    assert refused(module="Deals", rename={"from": "Amount", "to": "Stage"}) == "DUPLICATE_DATA"
    lookup = {"api_name": "To", "data_type": "lookup", "target": "Nope"}
    assert refused(module="Deals", add=lookup) == "INVALID_MODULE"
