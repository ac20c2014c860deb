from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from connector.errors import Fatal, NotOffered
from connector.mapping import Role
from connector.ports import ModuleDescription
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from tests.connector.test_client import API, CountedTokens, Patience, envelope
from tests.support.zoho_records import described, selection

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
DEALS = f"{API}/crm/v8/Deals"
COQL = f"{API}/crm/v8/coql"
AB = selection({"A": "text", "B": "double", "Modified_Time": "datetime"})


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


def page(*rows: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    return {"data": list(rows), "info": {"more_records": token is not None, "next_page_token": token}}


def test_pages_follow_the_token_and_keep_the_other_parameters(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    zoho.get(DEALS, json=page({"id": "1"}, token="t"), headers={"Date": "Mon, 05 Jan 2026 08:00:00 GMT"})
    zoho.get(DEALS, json=page({"id": "2"}))
    pages = list(crm.listed(AB))
    assert [([one.id for one in some.records], some.after) for some in pages] == [(["1"], "t"), (["2"], None)]
    assert pages[0].read_at == START
    first, second = asked(zoho)
    assert first == {
        "fields": "A,B,Modified_Time",
        "per_page": "200",
        "sort_by": "id",
        "sort_order": "asc",
    }
    assert second == first | {"page_token": "t"}


def test_a_list_goes_on_from_a_place(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.get(DEALS, json=page({"id": "2"}))
    list(crm.listed(AB, "t"))
    assert asked(zoho)[0]["page_token"] == "t"


def test_changes_are_asked_for_by_header_and_the_latest_come_first(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    zoho.get(DEALS, status=304)
    assert [some.records for some in crm.listed_changes(AB, START)] == [()]
    assert zoho.calls[0].request.headers["If-Modified-Since"] == "2026-01-05T08:00:00+00:00"
    (sent,) = asked(zoho)
    assert sent == {
        "fields": "A,B,Modified_Time",
        "per_page": "200",
        "sort_by": "Modified_Time",
        "sort_order": "desc",
    }, "nothing that Zoho's lists do not know"


def test_converted_leads_are_asked_for(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    leads = selection({"A": "text"}, module="Leads", role=Role.OTHER)
    zoho.get(f"{API}/crm/v8/Leads", json=page({"id": "1"}))
    list(crm.listed(leads))
    crm.records(leads, ["1"])
    assert [one["converted"] for one in asked(zoho)] == ["both", "both"]


@pytest.mark.parametrize("info", [{"more_records": True}, {"more_records": True, "next_page_token": "t"}])
def test_a_list_that_goes_in_circles_is_left(
    crm: CrmClient, zoho: responses.RequestsMock, info: dict[str, Any]
) -> None:
    zoho.get(DEALS, json={"data": [{"id": "1"}], "info": info})
    with pytest.raises(Fatal, match="does not go on"):
        list(crm.listed(AB, "t"))


def test_where_lists_end_another_way_is_taken_or_the_module_stops(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    ends = envelope("PAGINATION_LIMIT_EXCEEDED", param_name="page_token")
    zoho.get(DEALS, status=400, json=ends)
    with pytest.raises(NotOffered, match="100,000"):
        list(crm.listed(AB, "t"))
    zoho.replace(responses.GET, DEALS, json=page({"id": "1"}, token="t"))
    zoho.get(DEALS, status=400, json=ends)
    with pytest.raises(Fatal, match=r"100,000.*queries or bulk jobs"):
        list(crm.listed(AB))  # to begin anew would come to the same end


class Wide:
    """A module of many fields that keeps to the limits; some records change while they are read."""

    def __init__(self, rows: int, restless: dict[str, int]) -> None:
        self.rows = rows
        self.restless = dict(restless)  # id -> how many more times it changes when it is read
        self.versions = dict.fromkeys(map(str, range(rows)), 0)

    def __call__(self, request: Any) -> tuple[int, dict[str, str], str]:
        query = parse_qs(urlsplit(request.url).query)
        wanted = query["fields"][0].split(",")
        assert len(wanted) <= 50
        ids = query["ids"][0].split(",") if "ids" in query else list(self.versions)
        assert len(ids) <= 100 or "ids" not in query
        rows = [self.row(one, wanted) for one in ids if one in self.versions]
        return 200, {}, json.dumps(page(*rows))

    def row(self, identity: str, wanted: list[str]) -> dict[str, Any]:
        if self.restless.get(identity, 0) > 0:
            self.restless[identity] -= 1
            self.versions[identity] += 1
        version = self.versions[identity]
        moment = f"2026-01-05T08:00:{version:02}+00:00"
        return {"id": identity} | {
            name: moment if name == "Modified_Time" else f"{identity}{name}v{version}" for name in wanted
        }


WIDE = selection(
    (*(described(f"F{one:03}", "text") for one in range(120)), described("Modified_Time", "datetime"))
)


def test_more_than_fifty_fields_are_fetched_in_groups_and_are_of_one_piece(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    zoho.add_callback(responses.GET, DEALS, callback=Wide(150, {"7": 3}))
    (found,) = crm.listed(WIDE)
    assert [one.id for one in found.records] == [str(one) for one in range(150)]
    for one in found.records:
        kept = json.loads(one.raw)
        assert list(kept) == ["id", *WIDE.names]
        version = 3 if one.id == "7" else 0
        assert kept == {"id": one.id, "Modified_Time": f"2026-01-05T08:00:{version:02}+00:00"} | {
            name: f"{one.id}{name}v{version}" for name in WIDE.names if name != "Modified_Time"
        }
    assert len(zoho.calls) == 1 + 2 * 2 + 3, "further groups for a hundred ids at a time; one record again"


def test_a_record_that_never_rests_is_reported(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.add_callback(responses.GET, DEALS, callback=Wide(3, {"1": 1000}))
    found = crm.records(WIDE, ["0", "1", "2", "404"])
    assert [one.id for one in found.records] == ["0", "2"]
    assert [one.id for one in found.unreadable] == ["1"]


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
        json={
            "org": [
                {
                    "id": "9",
                    "company_name": "Maven",
                    "time_zone": "Europe/Paris",
                    "iso_code": "EUR",
                    "mc_status": True,
                    "license_details": {"paid_type": "enterprise", "users_license_purchased": 10},
                }
            ]
        },
    )
    found = crm.organisation()
    assert (found.edition, found.user_licences, found.several_currencies) == ("enterprise", 10, True)
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


def test_a_count_is_asked_for_by_a_query_then_of_the_statistics(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    zoho.post(COQL, json={"data": [{"COUNT(id)": 12}], "info": {"count": 1, "more_records": False}})
    assert crm.count("Deals") == 12
    assert crm.count("Deals", START) == 12
    assert [json.loads(call.request.body or "")["select_query"] for call in zoho.calls] == [
        "select COUNT(id) from Deals where id is not null",
        "select COUNT(id) from Deals where Modified_Time >= '2026-01-05T08:00:00+00:00'",
    ]
    zoho.replace(responses.POST, COQL, status=401, json=envelope("OAUTH_SCOPE_MISMATCH"))
    statistics = f"{DEALS}/actions/count"
    zoho.get(statistics, json={"count": 13})
    zoho.get(statistics, status=401, json=envelope("OAUTH_SCOPE_MISMATCH"))
    zoho.get(statistics, status=500)
    assert [crm.count("Deals") for _ in range(3)] == [13, None, None]
    assert crm.count("Deals", START) is None
    assert len(zoho.calls) == 2 + 1 + 3, "the query is refused once; nobody insists on the statistics"


def test_modules_with_what_they_are(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    described_modules = [
        {"api_name": "Deals", "plural_label": "Deals!", "generated_type": "default", "api_supported": True},
        {"api_name": "Home", "api_supported": False, "viewable": True},
        {"module_name": "without a name"},
    ]
    zoho.get(f"{API}/crm/v8/settings/modules", json={"modules": described_modules})
    assert crm.modules() == (
        ModuleDescription("Deals", "Deals!", "default", readable=True),
        ModuleDescription("Home", "Home", "default", readable=False),
    )


@pytest.mark.parametrize(
    ("field", "target"),
    [
        ({"data_type": "lookup", "lookup": {"module": {"api_name": "Accounts", "id": "1"}}}, "Accounts"),
        ({"data_type": "lookup", "lookup": {"module": "Accounts"}}, "Accounts"),
        ({"data_type": "ownerlookup", "lookup": {}}, "Users"),
        ({"data_type": "userlookup"}, "Users"),
        ({"data_type": "multiselectlookup", "multiselectlookup": {"connected_module": "Deals"}}, "Deals"),
        (
            {
                "data_type": "multiselectlookup",
                "multiselectlookup": {"connected_details": {"module": {"api_name": "Deals"}}},
            },
            "Deals",
        ),
        ({"data_type": "text", "lookup": {}}, None),
        ({"data_type": "lookup", "lookup": None}, None),
    ],
)
def test_where_lookups_point(
    crm: CrmClient, zoho: responses.RequestsMock, field: dict[str, Any], target: str | None
) -> None:
    zoho.get(f"{API}/crm/v8/settings/fields", json={"fields": [{"api_name": "X", **field}]})
    (found,) = crm.fields("Deals")
    assert found.target == target


def test_a_module_that_does_not_exist_has_no_fields(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.get(f"{API}/crm/v8/settings/fields", status=400, json=envelope("INVALID_MODULE"))
    assert crm.fields("Nowhere") == ()


def test_what_a_computed_field_gives_is_asked_for_once(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    formula = {"api_name": "F", "data_type": "formula", "formula": {"return_type": "String"}}
    zoho.get(f"{API}/crm/v8/settings/fields", json={"fields": [formula]})
    zoho.get(DEALS, json=page({"id": "1", "F": "007"}))
    for _ in range(2):
        (found,) = crm.listed(selection({"F": "formula"}))
        assert found.records[0].raw == '{"id":"1","F":"007"}'
    assert len(zoho.calls) == 3


def test_a_name_does_not_leave_its_place_in_the_path(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.get(f"{API}/crm/v8/..%2Forg%3Fx", status=204)
    nowhere = selection({"A": "text"}, module="../org?x", role=Role.OTHER)
    assert [some.records for some in crm.listed(nowhere)] == [()]


def test_a_page_of_deletions_without_a_time(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    rows = [
        {"id": "1", "deleted_time": "2026-01-05T09:00:00+01:00"},
        {"id": "2", "deleted_time": None},
        {"id": None},
    ]
    zoho.get(f"{API}/crm/v8/Deals/deleted", json={"data": rows, "info": {"more_records": False}})
    (some,) = crm.deleted("Deals", START)
    assert [(one.id, one.at) for one in some.deletions] == [("1", START), ("2", None)]
