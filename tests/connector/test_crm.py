from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from connector.errors import Fatal
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from tests.connector.test_client import API, CountedTokens, Patience, envelope
from tests.support.fake_crm import START


@pytest.fixture
def zoho() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def crm() -> CrmClient:
    return CrmClient(ZohoClient(CountedTokens(), sleep=Patience()))


def asked(zoho: responses.RequestsMock) -> list[dict[str, str]]:
    return [
        {name: values[0] for name, values in parse_qs(urlsplit(str(call.request.url)).query).items()}
        for call in zoho.calls
    ]


def test_pages_follow_the_token_and_keep_the_other_parameters(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    zoho.get(
        f"{API}/crm/v8/Deals",
        json={"data": [{"id": "1"}], "info": {"more_records": True, "next_page_token": "t"}},
    )
    zoho.get(f"{API}/crm/v8/Deals", json={"data": [{"id": "2"}], "info": {"more_records": False}})
    pages = list(crm.pages("Deals", ["A", "B"]))
    assert [(page.records, page.next_token) for page in pages] == [
        (({"id": "1"},), "t"),
        (({"id": "2"},), None),
    ]
    first, second = asked(zoho)
    assert first == {"fields": "A,B", "per_page": "200", "sort_by": "id", "sort_order": "asc"}
    assert second == first | {"page_token": "t"}


def test_changes_are_asked_for_by_header_and_the_latest_come_first(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    zoho.get(f"{API}/crm/v8/Deals", status=304)
    assert [page.records for page in crm.pages("Deals", ["A"], modified_since=START)] == [()]
    assert zoho.calls[0].request.headers["If-Modified-Since"] == "2026-01-05T08:00:00+00:00"
    assert asked(zoho)[0]["sort_by"] == "Modified_Time"
    assert asked(zoho)[0]["sort_order"] == "desc"


@pytest.mark.parametrize("info", [{"more_records": True}, {"more_records": True, "next_page_token": "t"}])
def test_a_list_that_goes_in_circles_is_left(
    crm: CrmClient, zoho: responses.RequestsMock, info: dict[str, Any]
) -> None:
    zoho.get(f"{API}/crm/v8/Deals", json={"data": [{"id": "1"}], "info": info})
    with pytest.raises(Fatal, match="does not go on"):
        list(crm.pages("Deals", ["A"], page_token="t"))


def test_more_than_fifty_fields_are_fetched_in_groups_and_merged(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    names = [f"F{number}" for number in range(120)]

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        query = parse_qs(urlsplit(request.url).query)
        wanted = query["fields"][0].split(",")
        assert len(wanted) <= 50
        ids = query["ids"][0].split(",") if "ids" in query else [str(number) for number in range(150)]
        assert len(ids) <= 100 or "ids" not in query
        rows = [{"id": one, **{name: f"{one}{name}" for name in wanted}} for one in ids]
        return 200, {}, json.dumps({"data": rows, "info": {"more_records": False}})

    zoho.add_callback(responses.GET, f"{API}/crm/v8/Deals", callback=answer)
    (page,) = crm.pages("Deals", names)
    assert len(page.records) == 150
    assert all(record[name] == f"{record['id']}{name}" for record in page.records for name in names)
    assert len(zoho.calls) == 1 + 2 * 2, "two further groups of fields, for a hundred ids at a time"
    assert len(crm.records("Deals", names, ["7", "8"])) == 2


def test_a_record_that_does_not_exist_is_none_however_zoho_says_it(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    address = f"{API}/crm/v8/Deals/1"
    zoho.get(address, status=204)
    zoho.get(address, status=400, json=envelope("INVALID_DATA", "the id given seems to be invalid"))
    zoho.get(address, status=404, json=envelope("INVALID_DATA"))
    assert [crm.record("Deals", "1") for _ in range(3)] == [None] * 3


def test_the_organisation_users_and_fields(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.get(
        f"{API}/crm/v8/org",
        json={"org": [{"id": "9", "company_name": "Maven", "time_zone": "Europe/Paris", "iso_code": "EUR"}]},
    )
    found = crm.organisation()
    assert (found.id, found.name, found.time_zone, found.currency) == ("9", "Maven", "Europe/Paris", "EUR")
    manager = {"id": "1", "full_name": "M", "status": "disabled", "role": {"name": "CEO", "id": "5"}}
    agent = {"id": "2", "full_name": "A", "status": "active", "Reporting_To": {"id": "1", "name": "M"}}
    zoho.get(f"{API}/crm/v8/users", json={"users": [manager], "info": {"more_records": True}})
    zoho.get(f"{API}/crm/v8/users", json={"users": [agent], "info": {"more_records": False}})
    assert [(one.id, one.role, one.manager_id, one.active) for one in crm.users()] == [
        ("1", "CEO", None, False),
        ("2", None, "1", True),
    ]
    options = [{"actual_value": "-None-"}, {"actual_value": "Won"}, {"actual_value": None}]
    described = {
        "api_name": "Stage",
        "field_label": "Stage",
        "data_type": "picklist",
        "pick_list_values": options,
    }
    zoho.get(f"{API}/crm/v8/settings/fields", json={"fields": [described, {"field_label": "no name"}]})
    (stage,) = crm.fields("Deals")
    assert (stage.api_name, stage.data_type, stage.picklist) == ("Stage", "picklist", ("Won",))
    zoho.replace(responses.GET, f"{API}/crm/v8/settings/fields", status=204)
    assert crm.fields("Deals") == ()


@pytest.mark.parametrize("body", [[], {"data": 5}, {"data": [5]}, "text"])
def test_an_answer_of_another_shape_is_fatal(crm: CrmClient, zoho: responses.RequestsMock, body: Any) -> None:
    zoho.get(f"{API}/crm/v8/org", json=body)
    with pytest.raises(Fatal):
        crm.organisation()


def test_a_count_that_is_not_given_is_not_needed(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    address = f"{API}/crm/v8/Deals/actions/count"
    zoho.get(address, json={"count": 12})
    zoho.get(address, status=401, json=envelope("OAUTH_SCOPE_MISMATCH"))
    zoho.get(address, status=500)
    assert [crm.count("Deals") for _ in range(3)] == [12, None, None]
    assert len(zoho.calls) == 3, "nobody insists on it"


def test_a_name_does_not_leave_its_place_in_the_path(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.get(f"{API}/crm/v8/..%2Forg%3Fx", status=204)
    assert [page.records for page in crm.pages("../org?x", ["A"])] == [()]


def test_a_page_of_deletions_without_a_time(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    rows = [
        {"id": "1", "deleted_time": "2026-01-05T09:00:00+01:00"},
        {"id": "2", "deleted_time": None},
        {"id": None},
    ]
    zoho.get(f"{API}/crm/v8/Deals/deleted", json={"data": rows, "info": {"more_records": False}})
    (page,) = crm.deleted("Deals", START)
    assert [(one.id, one.at) for one in page.deletions] == [("1", START), ("2", None)]
