"""Queries as a connector reads with them: by key through everything, many columns, people, tags."""

from __future__ import annotations

from typing import Any

from tests.support.zoho_client import ZohoHttp


def test_changes_by_time_and_id_miss_nothing_and_repeat_nothing(zoho: ZohoHttp) -> None:
    """The pattern of production connectors, with many records of the same second."""
    for start in range(0, 30, 10):
        people = [{"Last_Name": f"Same second {start + number}"} for number in range(10)]
        assert zoho.post("/crm/v8/Contacts", {"data": people}).status_code == 201
    seen: list[tuple[str, int]] = []
    where = "Modified_Time >= '2000-01-01T00:00:00Z'"
    while True:
        query = f"select Modified_Time from Contacts where {where} order by Modified_Time asc, id asc limit 7"
        answer = zoho.coql(query)
        if answer.status_code == 204:
            break
        rows = answer.json()["data"]
        seen += [(row["Modified_Time"], int(row["id"])) for row in rows]
        moment, last = rows[-1]["Modified_Time"], rows[-1]["id"]
        where = f"(Modified_Time >= '{moment}' and (Modified_Time > '{moment}' or id > {last}))"
    everyone = zoho.get("/crm/v8/Contacts/actions/count").json()["count"]
    assert len({identity for _, identity in seen}) == len(seen) == everyone
    counted = zoho.coql("select COUNT(id) from Contacts where id is not null").json()["data"]
    assert counted == [{"COUNT(id)": everyone}]


def test_by_id_and_in_sets_of_ids(zoho: ZohoHttp) -> None:
    first = zoho.coql("select id from Deals where id > 0 order by id asc limit 100").json()["data"]
    ids = [row["id"] for row in first]
    listed = ", ".join(f"'{one}'" for one in ids)
    again = zoho.coql(f"select id from Deals where id in ({listed})").json()["data"]
    assert again == first
    assert ids == sorted(ids)
    too_many = f"select id from Deals where id in ({listed}, '1')"
    assert zoho.coql(too_many).json()["code"] == "LIMIT_EXCEEDED"


def test_people_are_shown_by_their_last_names(zoho: ZohoHttp) -> None:
    owners = {one["id"]: one for one in zoho.get("/crm/v8/users", type="AllUsers").json()["users"]}
    row = zoho.coql("select Owner, Modified_By from Deals where id is not null limit 1").json()["data"][0]
    for person in (row["Owner"], row["Modified_By"]):
        assert person == {"name": owners[person["id"]]["last_name"], "id": person["id"]}


def test_tags_are_a_list(zoho: ZohoHttp) -> None:
    tagged = {one["id"]: one["Tag"] for one in zoho.every("Accounts", "Tag")}
    rows = zoho.coql("select Tag from Accounts where id is not null").json()["data"]
    assert {row["id"]: row["Tag"] for row in rows} == tagged
    assert any(tagged.values())


def test_five_hundred_columns(zoho: ZohoHttp) -> None:
    names = [f"C{number}" for number in range(501)]
    fields: list[dict[str, Any]] = [{"api_name": one, "data_type": "text"} for one in names]
    assert zoho.post("/_sandbox/fields", {"module": "Site_Visits", "add": fields}).status_code == 200
    zoho.post("/crm/v8/Site_Visits", {"data": [{"Name": "Wide", "C499": "last"}]})
    answer = zoho.coql(f"select {', '.join(names[:500])} from Site_Visits where id is not null")
    assert answer.json()["data"][0]["C499"] == "last"
    answer = zoho.coql(f"select {', '.join(names)} from Site_Visits where id is not null")
    assert answer.json()["code"] == "LIMIT_EXCEEDED"
