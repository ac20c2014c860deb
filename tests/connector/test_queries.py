from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses

from connector.access_ports import ApiCall
from connector.errors import (
    ConnectorError,
    Fatal,
    NeedsPerson,
    NotGranted,
    NotOffered,
    OutOfBudget,
    StartOver,
)
from connector.mapping import STANDARD_FIELDS, Role
from connector.ports import Page, Selection
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from sandbox.zoho.serve import running
from tests.connector.test_client import API, CountedTokens, Patience, envelope
from tests.support.strict_zoho import OneToken
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_records import described, selection

COQL = f"{API}/crm/v8/coql"
SMALL = selection({"A": "text", "Modified_Time": "datetime"})
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture
def zoho() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def crm() -> CrmClient:
    return CrmClient(ZohoClient(CountedTokens(), sleep=Patience()))


def answer(*rows: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"data": list(rows), "info": {"count": len(rows), "more_records": more}}


def queries(zoho: responses.RequestsMock) -> list[str]:
    return [
        json.loads(call.request.body or "")["select_query"]
        for call in zoho.calls
        if call.request.method == "POST"
    ]


def test_ranges_of_ids(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.post(COQL, json=answer({"id": "7"}, {"id": "8"}, more=True))
    zoho.post(COQL, status=204)
    pages = list(crm.queried(SMALL, "5", until="99", since=START))
    assert [([one.id for one in page.records], page.after) for page in pages] == [
        (["7", "8"], "8"),
        ([], None),
    ]
    since = "Modified_Time >= '2026-01-05T08:00:00+00:00'"
    assert queries(zoho) == [
        f"select A, Modified_Time from Deals where ((id > '{after}' and id <= '99') and {since}) "
        "order by id asc limit 2000"
        for after in ("5", "8")
    ]


def test_changes_go_on_inside_a_second_and_look_twice_at_nothing(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    moment = "2026-01-05T09:00:00+01:00"
    zoho.post(COQL, json=answer({"id": "8", "Modified_Time": moment}, more=True))
    zoho.post(COQL, json=answer({"id": "9", "Modified_Time": moment}))
    first, second = crm.queried_changes(SMALL, START)
    assert (first.after, second.after) == ("2026-01-05T08:00:00+00:00|8", None)
    order = "order by Modified_Time asc, id asc limit"
    at = "'2026-01-05T08:00:00+00:00'"
    behind = (
        "select A, Modified_Time from Deals where "
        f"(Modified_Time > {at} or (Modified_Time = {at} and id > '8')) {order} 2000"
    )
    assert queries(zoho) == [
        f"select A, Modified_Time from Deals where Modified_Time >= {at} {order} 200",
        behind,
    ]
    (_,) = crm.queried_changes(SMALL, START, first.after)
    assert queries(zoho)[-1] == behind, "another process goes on at the same place"


def test_nothing_new_costs_one_credit(zoho: responses.RequestsMock) -> None:
    booked: list[ApiCall] = []

    class Ledger:
        def before(self, call: ApiCall) -> None:
            booked.append(call)

        def after(self, call: ApiCall, remaining: int | None) -> None:
            """Not of interest here."""

    zoho.post(COQL, status=204)
    (page,) = CrmClient(ZohoClient(CountedTokens(), book=Ledger())).queried_changes(SMALL, START)
    assert page == Page((), read_at=page.read_at)
    assert booked == [ApiCall("crm", "COQL 200", 1)]


def test_without_budget_nothing_else_is_tried() -> None:
    class Empty:
        def before(self, call: ApiCall) -> None:
            raise OutOfBudget

        def after(self, call: ApiCall, remaining: int | None) -> None:
            """Never."""

    crm = CrmClient(ZohoClient(CountedTokens(), book=Empty()))
    with pytest.raises(OutOfBudget):
        crm.count("Deals")
    with pytest.raises(OutOfBudget):
        next(crm.queried(SMALL))


REFUSALS = [
    (401, envelope("OAUTH_SCOPE_MISMATCH"), "ZohoCRM.coql.READ"),
    (400, envelope("INVALID_QUERY", "column given seems to be invalid", column_name="A"), "column_name A"),
    (400, envelope("INVALID_MODULE", module="Deals"), "Deals"),
    (400, envelope("SYNTAX_ERROR", near="External"), "External"),
    (403, envelope("NO_PERMISSION"), "NO_PERMISSION"),
]
READINGS: list[Callable[[CrmClient], Iterator[object]]] = [
    lambda crm: crm.queried(SMALL),
    lambda crm: crm.queried_changes(SMALL, START),
    lambda crm: crm.identifiers("Deals"),
]


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(("status", "body", "said"), REFUSALS)
def test_what_zoho_does_not_answer_is_not_offered(
    crm: CrmClient, zoho: responses.RequestsMock, status: int, body: Any, said: str, reading: Any
) -> None:
    zoho.post(COQL, status=status, json=body)
    with pytest.raises(NotOffered, match=said):
        next(reading(crm))
    zoho.replace(
        responses.POST, COQL, json=answer({"id": "8", "Modified_Time": "2026-01-05T09:00:00Z"}, more=True)
    )
    zoho.post(COQL, status=status, json=body)
    another = CrmClient(ZohoClient(CountedTokens(), sleep=Patience()))  # a missing scope is remembered
    with pytest.raises(StartOver, match=said):
        list(reading(another))


def test_a_missing_scope_is_asked_for_once_for_each_module(
    crm: CrmClient, zoho: responses.RequestsMock
) -> None:
    zoho.post(COQL, status=401, json=envelope("OAUTH_SCOPE_MISMATCH"))
    for _ in range(3):
        with pytest.raises(NotGranted, match="scopes include ZohoCRM"):
            next(crm.identifiers("Deals"))
    assert len(queries(zoho)) == 1
    with pytest.raises(NotGranted, match="queries of Contacts"):
        next(crm.identifiers("Contacts"))
    assert len(queries(zoho)) == 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (answer(more=True), Fatal),
        (answer({"id": "5", "Modified_Time": None}, more=True), Fatal),
        ({"rows": []}, Fatal),
    ],
)
def test_answers_that_lead_nowhere(
    crm: CrmClient, zoho: responses.RequestsMock, body: Any, kind: type[ConnectorError]
) -> None:
    zoho.post(COQL, json=body)
    with pytest.raises(kind):
        list(crm.queried_changes(SMALL, START))
    with pytest.raises(kind):
        list(crm.queried(SMALL, "5"))


def test_a_refused_token_needs_a_person_in_every_way(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.post(COQL, status=401, json=envelope("INVALID_TOKEN"))
    with pytest.raises(NeedsPerson):
        next(crm.queried(SMALL))


def test_places_and_modules_that_cannot_be(crm: CrmClient) -> None:
    with pytest.raises(StartOver):
        next(crm.queried_changes(SMALL, START, "yesterday|1; drop"))
    with pytest.raises(NotOffered, match="does not say"):
        next(crm.queried_changes(selection({"A": "text"}), START))
    with pytest.raises(Fatal, match="not an API name"):
        next(crm.queried(selection({"A": "text"}, module="Deals where 1", role=Role.OTHER)))


def test_converted_leads_are_asked_about(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.post(COQL, status=204)
    assert list(crm.identifiers("Leads")) == []
    assert queries(zoho) == [
        "select id from Leads where (Converted__s = true or Converted__s = false) order by id asc limit 2000"
    ]


class WideQueries:
    """Answers queries of many fields, and notes the groups; one record changes after the first group."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []

    def query(self, request: Any) -> tuple[int, dict[str, str], str]:
        text = json.loads(request.body)["select_query"]
        found = re.match(r"select (.+) from Deals where (.+) order by", text)
        assert found
        self.groups.append(found[1].split(", "))
        rows = [self.row(one, self.groups[-1], later=len(self.groups) > 1) for one in "123"]
        if len(self.groups) > 1:
            del rows[2]  # it was deleted meanwhile
            assert "id <= '3'" in found[2], "the same range"
        return 200, {}, json.dumps(answer(*rows))

    def named(self, request: Any) -> tuple[int, dict[str, str], str]:
        wanted = re.search(r"fields=([^&]+)", request.url)
        assert wanted
        assert "ids=2%2C3" in request.url or "ids=2&" in request.url
        row = self.row("2", wanted[1].split("%2C"), later=True)
        return 200, {}, json.dumps({"data": [row], "info": {"more_records": False}})

    def row(self, identity: str, names: list[str], *, later: bool) -> dict[str, Any]:
        version = 2 if later and identity == "2" else 1
        moment = f"2026-01-05T08:00:0{version}Z"
        return {"id": identity} | {one: moment if one == "Modified_Time" else f"v{version}" for one in names}


@pytest.mark.parametrize("way", ["ids", "changes"])
def test_many_columns_are_asked_for_in_groups_of_one_piece(
    crm: CrmClient, zoho: responses.RequestsMock, way: str
) -> None:
    wide = selection(
        (*(described(f"F{one:03}", "text") for one in range(120)), described("Modified_Time", "datetime"))
    )
    server = WideQueries()
    zoho.add_callback(responses.POST, COQL, callback=server.query)
    zoho.add_callback(responses.GET, f"{API}/crm/v8/Deals", callback=server.named)
    (page,) = crm.queried(wide) if way == "ids" else crm.queried_changes(wide, START)
    assert [len(group) for group in server.groups] == [50, 50, 23]
    assert all(group[0] == "Modified_Time" for group in server.groups)
    kept = {one.id: json.loads(one.raw) for one in page.records}
    assert kept.keys() == {"1", "2"}, "the deleted one is left out, and the deletions say so"
    for identity, version in (("1", "v1"), ("2", "v2")):
        assert {one for name, one in kept[identity].items() if name[0] == "F"} == {version}


def test_few_formulas_in_a_query(crm: CrmClient, zoho: responses.RequestsMock) -> None:
    zoho.get(f"{API}/crm/v8/settings/fields", status=204)
    zoho.post(COQL, json=answer({"id": "1", "Modified_Time": "2026-01-05T08:00:00Z"}))
    formulas = tuple(described(f"F{one}", "formula") for one in range(12))
    list(crm.queried(selection((*formulas, described("Modified_Time", "datetime")))))
    assert [len(re.findall(r"F\d+", text)) for text in queries(zoho)] == [5, 5, 2]


@pytest.fixture(scope="module")
def organisation() -> Iterator[ZohoHttp]:
    with running() as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        yield http
        http.close()


def deals_of(crm: CrmClient) -> Selection:
    fields = tuple(sorted(crm.fields("Deals"), key=lambda one: one.api_name))
    names = {one.api_name for one in fields}
    columns = {one: name for one, name in STANDARD_FIELDS[Role.TRANSACTIONS].items() if name in names}
    return Selection(
        "Deals", Role.TRANSACTIONS, tuple(one for one in fields if one.api_name != "id"), columns
    )


class StaticToken(OneToken):
    """The sandbox's token."""

    def __init__(self, http: ZohoHttp) -> None:
        super().__init__(http.base_url)
        self._token = type(self._token)(http.token, http.base_url, self._token.expires_at)


@pytest.fixture
def live(organisation: ZohoHttp) -> CrmClient:
    client = ZohoClient(StaticToken(organisation))
    return CrmClient(client, lambda: {one.id: one for one in CrmClient(client).users()})


def test_lists_and_queries_of_an_organisation_give_the_same(live: CrmClient) -> None:
    deals = deals_of(live)
    assert live.count("Deals") == 8_800
    listed = {one.id: one for page in live.listed(deals) for one in page.records}
    queried = {one.id: one for page in live.queried(deals) for one in page.records}
    assert len(listed) == 8_800
    assert listed == queried
    identifiers = [one for some in live.identifiers("Deals") for one in some]
    assert identifiers == sorted(listed, key=int)
    changed = [
        one.id
        for page in live.queried_changes(deals, datetime(2000, 1, 1, tzinfo=UTC))
        for one in page.records
    ]
    assert sorted(changed) == sorted(listed)
    middle = identifiers[4_000]
    low = [one.id for page in live.queried(deals, until=middle) for one in page.records]
    high = [one.id for page in live.queried(deals, middle) for one in page.records]
    assert low + high == identifiers


def test_changes_of_one_second_across_pages_are_all_found(organisation: ZohoHttp, live: CrmClient) -> None:
    deals = deals_of(live)
    ids = [one for some in live.identifiers("Deals") for one in some][:250]
    before = next(live.deleted("Deals", None)).read_at
    assert before is not None
    for start in range(0, 250, 100):
        rows = [{"id": one, "Next_Step": "x"} for one in ids[start : start + 100]]
        organisation.put("/crm/v8/Deals", {"data": rows}).raise_for_status()
    pages = list(live.queried_changes(deals, before - timedelta(seconds=1)))
    assert [len(page.records) for page in pages[:1]] == [200]
    assert {one.id for page in pages for one in page.records} >= set(ids)
    assert live.count("Deals", before - timedelta(seconds=1)) == len(
        {one.id for page in pages for one in page.records}
    )
    again = live.queried_changes(deals, before, pages[0].after)
    assert [page.records for page in again] == [page.records for page in pages[1:]]
