"""Modules beside the trading ones: activities, notes, quotes with lines, links, converted leads."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import zoho_bulk as bulk
from tests.support.zoho_client import ZohoHttp


def make(zoho: ZohoHttp, module: str, **values: Any) -> str:
    answer = zoho.post(f"/crm/v8/{module}", {"data": [values]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"][0]["details"]["id"])


def one(zoho: ZohoHttp, module: str, identity: str) -> dict[str, Any]:
    record: dict[str, Any] = zoho.get(f"/crm/v8/{module}/{identity}").json()["data"][0]
    return record


def first(zoho: ZohoHttp, module: str, name: str) -> dict[str, Any]:
    return next(zoho.every(module, name))


def test_kinds_of_modules(zoho: ZohoHttp) -> None:
    modules = {one["api_name"]: one for one in zoho.get("/crm/v8/settings/modules").json()["modules"]}
    kinds = {name: module["generated_type"] for name, module in modules.items()}
    assert kinds["Quoted_Items"] == "subform"
    assert kinds["Projects_X_Contacts"] == "linking"
    assert kinds["Projects"] == kinds["Site_Visits"] == "custom"
    assert kinds["Tasks"] == kinds["Deals"] == "default"
    assert modules["Events"]["module_name"] == "Meetings"
    assert len({module["id"] for module in modules.values()}) == len(modules)


def test_quotes_have_lines_only_when_read_alone(zoho: ZohoHttp) -> None:
    product = first(zoho, "Products", "Product_Name")
    lines = [{"Product_Name": {"id": product["id"]}, "Quantity": 2, "List_Price": 10.5}, {"Quantity": 1}]
    quote = make(zoho, "Quotes", Subject="Offer", Quoted_Items=lines)
    record = one(zoho, "Quotes", quote)
    assert record["$has_more"] == {"Quoted_Items": False}
    shown = record["Quoted_Items"]
    assert [line["Quantity"] for line in shown] == [2, 1]
    assert shown[0]["Product_Name"]["id"] == product["id"]
    assert shown[0]["Parent_Id"] == {"name": "Offer", "id": quote}
    listed = {one["id"]: one for one in zoho.every("Quotes", "Subject,Quoted_Items")}
    assert listed[quote] == {"Subject": "Offer", "id": quote}
    where = f"Parent_Id = '{quote}' and Quantity > 1"
    queried = zoho.coql(f"select Quantity, Parent_Id.Subject from Quoted_Items where {where}").json()["data"]
    assert queried == [{"Quantity": 2, "Parent_Id.Subject": "Offer", "id": shown[0]["id"]}]
    exported = bulk.read(zoho, bulk.wanted("Quoted_Items", "Parent_Id", "Quantity"))
    own = [line for line in exported[1:] if line[1] == quote]
    assert own == [[line["id"], quote, str(line["Quantity"])] for line in shown]
    assert zoho.get("/crm/v8/Quoted_Items", fields="Quantity").json()["code"] == "INVALID_MODULE"
    assert zoho.coql("select Quoted_Items from Quotes where id is not null").json()["code"] == "INVALID_QUERY"


def test_lines_are_changed_removed_and_go_with_their_quote(zoho: ZohoHttp) -> None:
    quote = make(zoho, "Quotes", Subject="Going", Quoted_Items=[{"Quantity": 1}, {"Quantity": 2}])
    kept, dropped = (line["id"] for line in one(zoho, "Quotes", quote)["Quoted_Items"])
    change = [{"id": kept, "Quantity": 5}, {"id": dropped, "_delete": None}, {"Quantity": 7}]
    assert zoho.put(f"/crm/v8/Quotes/{quote}", {"data": [{"Quoted_Items": change}]}).status_code == 200
    assert [line["Quantity"] for line in one(zoho, "Quotes", quote)["Quoted_Items"]] == [5, 7]
    wrong = {"data": [{"Quoted_Items": [{"Quantity": "many"}]}]}
    refused = zoho.put(f"/crm/v8/Quotes/{quote}", wrong).json()["data"][0]
    assert refused["details"]["json_path"] == "$.data[0].Quoted_Items[0].Quantity"
    count = f"select id from Quoted_Items where Parent_Id = '{quote}'"
    zoho.delete(f"/crm/v8/Quotes/{quote}")
    assert zoho.coql(count).status_code == 204
    zoho.post("/_sandbox/undelete", {"module": "Quotes", "ids": [quote]})
    assert [line["Quantity"] for line in one(zoho, "Quotes", quote)["Quoted_Items"]] == [5, 7]


def test_numbers_count_up(zoho: ZohoHttp) -> None:
    numbers = [one(zoho, "Projects", make(zoho, "Projects", Name="N"))["Project_Number"] for _ in range(2)]
    low, high = (int(number.removeprefix("P-")) for number in numbers)
    assert high == low + 1


def test_links_of_a_multi_select_lookup(zoho: ZohoHttp) -> None:
    people = [record["id"] for _, record in zip(range(2), zoho.every("Contacts", "Email"), strict=False)]
    team = [{"Contacts": {"id": person}} for person in people]
    project = make(zoho, "Projects", Name="Linked", Team=[*team, team[0]], Services=["Delivery", "Training"])
    shown = one(zoho, "Projects", project)
    assert [link["Contacts"]["id"] for link in shown["Team"]] == people, "a link is made once"
    assert shown["Services"] == ["Delivery", "Training"]
    queried = zoho.coql(f"select Contacts from Projects_X_Contacts where Projects = '{project}'").json()[
        "data"
    ]
    assert [link["Contacts"]["id"] for link in queried] == people
    listed = list(zoho.every("Projects_X_Contacts", "Projects,Contacts"))
    assert {link["id"] for link in listed} >= {link["id"] for link in shown["Team"]}
    removed = {"data": [{"Team": [{"id": shown["Team"][0]["id"], "_delete": None}]}]}
    zoho.put(f"/crm/v8/Projects/{project}", removed)
    assert [link["Contacts"]["id"] for link in one(zoho, "Projects", project)["Team"]] == people[1:]
    found = zoho.coql("select Name from Projects where Services = 'Delivery;Training'").json()["data"]
    assert [row["id"] for row in found] == [project]
    field = next(
        one
        for one in zoho.get("/crm/v8/settings/fields", module="Projects").json()["fields"]
        if one["api_name"] == "Team"
    )
    assert field["multiselectlookup"]["linking_module"] == "Projects_X_Contacts"
    assert field["multiselectlookup"]["connectedlookup_apiname"] == "Contacts"


def test_rich_text_is_cut_until_it_is_fetched(zoho: ZohoHttp) -> None:
    text = "<p>" + "long " * 200 + "</p>"
    project = make(zoho, "Projects", Name="Rich", Brief=text)
    assert one(zoho, "Projects", project)["Brief"] == text[:500]
    listed = {record["id"]: record["Brief"] for record in zoho.every("Projects", "Brief")}
    assert listed[project] == text[:500]
    full = f"/crm/v8/Projects/{project}/actions/fetch_full_data"
    assert zoho.get(full, fields="Brief").json() == {"data": [{"Brief": text, "id": project}]}
    assert zoho.get(full, fields="Name").json()["code"] == "INVALID_DATA"
    assert zoho.get(full).json()["code"] == "REQUIRED_PARAM_MISSING"


def test_a_module_without_a_time_of_modification(zoho: ZohoHttp) -> None:
    make(zoho, "Site_Visits", Name="Seen", Visited_On="2026-01-05")
    names = {
        one["api_name"] for one in zoho.get("/crm/v8/settings/fields", module="Site_Visits").json()["fields"]
    }
    assert "Created_Time" in names
    assert "Modified_Time" not in names
    answer = zoho.get("/crm/v8/Site_Visits", fields="Name", sort_by="Modified_Time")
    assert answer.json()["code"] == "INVALID_DATA"
    query = "select Name from Site_Visits where Modified_Time > '2020-01-01T00:00:00Z'"
    assert zoho.coql(query).json()["code"] == "INVALID_QUERY"


def test_tasks_begin_as_recorded_and_point_anywhere(zoho: ZohoHttp) -> None:
    deal, person = first(zoho, "Deals", "Deal_Name"), first(zoho, "Contacts", "Full_Name")
    task = make(zoho, "Tasks", Subject="Ring", What_Id={"id": deal["id"]}, Who_Id={"id": person["id"]},
                **{"$se_module": "Deals"})  # fmt: skip
    record = one(zoho, "Tasks", task)
    assert (record["Status"], record["Priority"]) == ("Not Started", "Normal")
    assert record["Owner"]["email"] == "ada.lindqvist@bellwether.example"
    assert record["What_Id"] == {"name": deal["Deal_Name"], "id": deal["id"]}
    assert record["Who_Id"] == {"name": person["Full_Name"], "id": person["id"]}
    assert record["$se_module"] == "Deals"
    lookup = next(
        one for one in zoho.get("/crm/v8/settings/fields", module="Tasks").json()["fields"]
        if one["api_name"] == "What_Id"
    )["lookup"]  # fmt: skip
    assert lookup["module"]["api_name"] == "se_module"
    row = zoho.coql(f"select What_Id, Who_Id from Tasks where What_Id = '{deal['id']}'").json()["data"][0]
    assert (row["What_Id"], row["id"]) == ({"id": deal["id"]}, task)
    assert zoho.coql("select What_Id.Stage from Tasks where id is not null").json()["code"] == "INVALID_QUERY"
    exported = bulk.read(zoho, bulk.wanted("Tasks", "What_Id", "Who_Id"))
    assert [task, deal["id"], person["id"]] in exported
    assert zoho.post("/crm/v8/Tasks/upsert", {"data": [{"Subject": "x"}]}).json()["code"] == "NOT_SUPPORTED"


def test_a_meeting_and_a_call(zoho: ZohoHttp) -> None:
    account = first(zoho, "Accounts", "Account_Name")
    when = {"Start_DateTime": "2026-03-01T09:00:00-05:00", "End_DateTime": "2026-03-01T10:00:00-05:00"}
    event = one(zoho, "Events", make(zoho, "Events", Event_Title="Review", What_Id=account["id"], **when))
    assert event["What_Id"]["id"] == account["id"]
    assert event["$se_module"] == "Accounts"
    call = make(
        zoho, "Calls", Subject="Ring", Call_Type="Outbound", Call_Start_Time=when["Start_DateTime"],
        Call_Duration="10:05",
    )  # fmt: skip
    assert one(zoho, "Calls", call)["Call_Duration_in_seconds"] == 605
    missing = zoho.post("/crm/v8/Events", {"data": [{"Event_Title": "No time"}]}).json()["data"][0]
    assert missing["details"]["api_name"] == "Start_DateTime"


def test_a_note_says_whose_it_is(zoho: ZohoHttp) -> None:
    account = first(zoho, "Accounts", "Account_Name")
    parent = {"module": {"api_name": "Accounts"}, "id": account["id"]}
    note = make(zoho, "Notes", Note_Title="T", Note_Content="C", Parent_Id=parent)
    shown = next(zoho.every("Notes", "Note_Title,Parent_Id"))["Parent_Id"]
    assert (shown["name"], shown["id"]) == (account["Account_Name"], account["id"])
    assert shown["module"]["api_name"] == "Accounts"
    assert one(zoho, "Notes", note)["Parent_Id"] == shown
    wrong = {
        "data": [{"Note_Content": "C", "Parent_Id": {"module": {"api_name": "Deals"}, "id": account["id"]}}]
    }
    assert zoho.post("/crm/v8/Notes", wrong).json()["data"][0]["code"] == "INVALID_DATA"


@pytest.mark.parametrize("with_deal", [True, False])
def test_a_converted_lead_leaves_the_lists(zoho: ZohoHttp, with_deal: bool) -> None:
    lead = make(zoho, "Leads", Last_Name="Nova", Company="Nova Ltd", Email="n@nova.example")
    deal = {"Deal_Name": "First", "Stage": "Qualification", "Amount": 5}
    body = {"data": [{"Deals": deal} if with_deal else {}]}
    answer = zoho.post(f"/crm/v8/Leads/{lead}/actions/convert", body)
    assert zoho.get("/_sandbox/calls").json()["credits_used"] >= 6
    made = answer.json()["data"][0]["details"]
    assert one(zoho, "Contacts", made["Contacts"]["id"])["Account_Name"]["id"] == made["Accounts"]["id"]
    assert (made["Deals"] is not None) == with_deal
    ids = {
        wish: {row["id"] for row in zoho.every("Leads", "Last_Name", converted=wish)}
        for wish in ("false", "true", "both")
    }
    assert lead not in ids["false"]
    assert lead in ids["true"]
    assert ids["both"] == ids["true"] | ids["false"]
    assert lead not in {row["id"] for row in zoho.every("Leads", "Last_Name")}
    assert zoho.get("/crm/v8/Leads/actions/count").json()["count"] == len(ids["false"])
    record = one(zoho, "Leads", lead)
    assert (record["Converted__s"], record["$converted"]) == (True, True)
    assert record["$converted_detail"]["contact"] == made["Contacts"]["id"]
    plain = zoho.coql(f"select Last_Name from Leads where id = '{lead}'")
    asked = zoho.coql(f"select Last_Name from Leads where id = '{lead}' and Converted__s = true")
    assert (plain.status_code, asked.status_code) == (204, 200)
    change = zoho.put(f"/crm/v8/Leads/{lead}", {"data": [{"Last_Name": "Other"}]}).json()["data"][0]
    assert change["code"] == "CONVERTED_RECORD"
    again = zoho.post(f"/crm/v8/Leads/{lead}/actions/convert", body)
    assert (again.status_code, again.json()["code"]) == (400, "ID_ALREADY_CONVERTED")


def test_a_conversion_that_does_not_fit_does_nothing(zoho: ZohoHttp) -> None:
    lead = make(zoho, "Leads", Last_Name="Stay", Company="Stay Ltd")
    answer = zoho.post(f"/crm/v8/Leads/{lead}/actions/convert", {"data": [{"Deals": {"Amount": 1}}]})
    assert (answer.status_code, answer.json()["data"][0]["code"]) == (400, "MANDATORY_NOT_FOUND")
    assert not one(zoho, "Leads", lead)["Converted__s"]
    known = first(zoho, "Accounts", "Account_Name")["id"]
    body = {"data": [{"Accounts": {"id": known}}]}
    made = zoho.post(f"/crm/v8/Leads/{lead}/actions/convert", body).json()["data"][0]["details"]
    assert made["Accounts"]["id"] == known
    assert zoho.post("/crm/v8/Leads/5/actions/convert", body).json()["code"] == "INVALID_DATA"


def test_layouts_and_related_lists(zoho: ZohoHttp) -> None:
    layout = zoho.get("/crm/v8/settings/layouts", module="Deals").json()["layouts"][0]
    required = {one["api_name"] for one in layout["sections"][0]["fields"] if one["required"]}
    assert required == {"Deal_Name", "Stage"}
    lists = zoho.get("/crm/v8/settings/related_lists", module="Accounts").json()["related_lists"]
    found = {(one["api_name"], (one["module"] or {})["api_name"]) for one in lists}
    assert {("Notes", "Notes"), ("Deals", "Deals"), ("Contacts", "Contacts")} <= found
