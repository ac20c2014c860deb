"""COQL against a plain reading of the same records in Python, its limits and its refusals."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.zoho.answers import Refused
from sandbox.zoho.coql_parse import parse_query
from tests.support.zoho_client import ZohoHttp

Deal = dict[str, Any]
Case = tuple[str, Callable[[Deal], bool]]
FIELDS = "Deal_Name,Stage,Amount,Closing_Date,Account_Name,Owner,Modified_Time,Product_Name_As_Written"
SIGNS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
INDUSTRIES: dict[str, str] = {}


@pytest.fixture(scope="module")
def deals(connected: ZohoHttp) -> list[Deal]:
    """All deals, by ascending id."""
    connected.refresh()
    INDUSTRIES.update({one["id"]: one["Industry"] for one in connected.every("Accounts", "Industry")})
    return sorted(connected.every("Deals", FIELDS), key=lambda deal: int(deal["id"]))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def industry(deal: Deal) -> str | None:
    return INDUSTRIES[deal["Account_Name"]["id"]] if deal["Account_Name"] else None


def text_cases() -> st.SearchStrategy[Case]:
    stages = st.sampled_from(["Closed Won", "closed won", "Qualification", "It's", "Negotiation/Review"])
    words = st.sampled_from(["GTX", "mg", "Special · ", "o", "100% '"])

    def equal(stage: str, sign: str) -> Case:
        compare = SIGNS[sign]
        return f"Stage {sign} {quoted(stage)}", lambda deal: compare(
            deal["Stage"].casefold(), stage.casefold()
        )

    def contains(word: str, inverse: bool) -> Case:
        text = f"Deal_Name {'not ' if inverse else ''}like {quoted(f'%{word}%')}"
        return text, lambda deal: (word.casefold() in deal["Deal_Name"].casefold()) != inverse

    def begins(word: str) -> Case:
        text = f"Product_Name_As_Written like {quoted(word + '%')}"
        return text, lambda deal: deal["Product_Name_As_Written"].casefold().startswith(word.casefold())

    def within(stages: list[str], inverse: bool) -> Case:
        folded = {stage.casefold() for stage in stages}
        text = f"Stage {'not ' if inverse else ''}in ({', '.join(map(quoted, stages))})"
        return text, lambda deal: (deal["Stage"].casefold() in folded) != inverse

    return st.one_of(
        st.builds(equal, stages, st.sampled_from(["=", "!="])),
        st.builds(contains, words, st.booleans()),
        st.builds(begins, words),
        st.builds(within, st.lists(stages, min_size=1, max_size=3), st.booleans()),
    )


def number_cases() -> st.SearchStrategy[Case]:
    amounts = st.integers(0, 31_000)

    def compared(sign: str, amount: int) -> Case:
        return f"Amount {sign} {amount}", lambda deal: SIGNS[sign](deal["Amount"], amount)

    def between(one: int, other: int, inverse: bool) -> Case:
        text = f"Amount {'not ' if inverse else ''}between {one} and {other}"
        return text, lambda deal: (one <= deal["Amount"] <= other) != inverse

    return st.one_of(
        st.builds(compared, st.sampled_from(sorted(SIGNS)), amounts),
        st.builds(between, amounts, amounts, st.booleans()),
    )


def time_cases(deals: list[Deal]) -> st.SearchStrategy[Case]:
    days = st.sampled_from(sorted({deal["Closing_Date"] for deal in deals if deal["Closing_Date"]}))
    moments = st.sampled_from([deal["Modified_Time"] for deal in deals[::40]])
    signs = st.sampled_from(sorted(SIGNS))

    def day(sign: str, wanted: str) -> Case:
        return (
            f"Closing_Date {sign} '{wanted}'",
            lambda deal: deal["Closing_Date"] is not None and SIGNS[sign](deal["Closing_Date"], wanted),
        )

    def moment(sign: str, wanted: str) -> Case:
        instant = datetime.fromisoformat(wanted)
        return f"Modified_Time {sign} '{wanted}'", lambda deal: SIGNS[sign](
            datetime.fromisoformat(deal["Modified_Time"]), instant
        )

    def empty(inverse: bool) -> Case:
        text = f"Closing_Date is {'not ' if inverse else ''}null"
        return text, lambda deal: (deal["Closing_Date"] is None) != inverse

    return st.one_of(
        st.builds(day, signs, days), st.builds(moment, signs, moments), st.builds(empty, st.booleans())
    )


def lookup_cases(deals: list[Deal]) -> st.SearchStrategy[Case]:
    accounts = st.sampled_from(sorted({deal["Account_Name"]["id"] for deal in deals if deal["Account_Name"]}))
    owners = st.sampled_from(sorted({deal["Owner"]["email"] for deal in deals}))

    def account(identity: str, path: str) -> Case:
        return f"{path} = {identity}", lambda deal: (deal["Account_Name"] or {}).get("id") == identity

    def sector(name: str) -> Case:
        return f"Account_Name.Industry != {quoted(name)}", lambda deal: industry(deal) not in {None, name}

    def owner(email: str) -> Case:
        return f"Owner.email = {quoted(email)}", lambda deal: deal["Owner"]["email"] == email

    return st.one_of(
        st.builds(account, accounts, st.sampled_from(["Account_Name", "Account_Name.id"])),
        st.builds(sector, st.sampled_from(["retail", "medical"])),
        st.builds(owner, owners),
        st.just(("Account_Name is null", lambda deal: deal["Account_Name"] is None)),
    )


def conditions(deals: list[Deal]) -> st.SearchStrategy[Case]:
    simple = st.one_of(text_cases(), number_cases(), time_cases(deals), lookup_cases(deals))

    def both(left: Case, right: Case) -> Case:
        return f"({left[0]} and {right[0]})", lambda deal: left[1](deal) and right[1](deal)

    def either(left: Case, right: Case) -> Case:
        return f"({left[0]} OR {right[0]})", lambda deal: left[1](deal) or right[1](deal)

    return st.recursive(
        simple,
        lambda inner: st.one_of(st.builds(both, inner, inner), st.builds(either, inner, inner)),
        max_leaves=5,
    )


def test_where_agrees_with_python(zoho: ZohoHttp, deals: list[Deal]) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(conditions(deals), st.integers(1, 2000), st.integers(0, 50))
    def agrees(case: Case, limit: int, offset: int) -> None:
        text, holds = case
        expected = [deal["id"] for deal in deals if holds(deal)]
        answer = zoho.coql(f"select id from Deals where {text} limit {limit} offset {offset}")
        if not expected[offset : offset + limit]:
            assert (answer.status_code, answer.content) == (204, b"")
            return
        body = answer.json()
        assert [row["id"] for row in body["data"]] == expected[offset : offset + limit], text
        assert body["info"] == {"count": len(body["data"]), "more_records": len(expected) > offset + limit}

    agrees()


def test_without_brackets_and_binds_closer_than_or(zoho: ZohoHttp, deals: list[Deal]) -> None:
    text = "Stage = 'Closed Won' or Stage = 'Qualification' and Amount < 100 and (Amount > 50 or Amount = 0)"
    rows = zoho.coql(f"select id from Deals where {text} limit 2000").json()
    expected = [
        deal["id"]
        for deal in deals
        if deal["Stage"] == "Closed Won" or (deal["Stage"] == "Qualification" and 50 < deal["Amount"] < 100)
    ]
    assert [row["id"] for row in rows["data"]] == expected[:2000]


def test_what_columns_look_like(zoho: ZohoHttp, deals: list[Deal]) -> None:
    deal = next(one for one in deals if one["Account_Name"] and one["Owner"]["name"] == "Darcel Schlecht")
    query = (
        "select Deal_Name, Account_Name, Account_Name.id, Account_Name.Account_Name, "
        "Account_Name.Parent_Account.Account_Name, Owner, Owner.role.name, Owner.profile.name, "
        "Account_Name.Industry as sector, 'Closing_Date', Amount "
        f"from Deals where id = '{deal['id']}'"
    )
    row = zoho.coql(query).json()["data"][0]
    assert row["Account_Name"] == deal["Account_Name"]
    assert row["Account_Name.id"] == deal["Account_Name"]["id"]
    assert row["Account_Name.Account_Name"] == deal["Account_Name"]["name"]
    assert row["Owner"] == {"name": "Schlecht", "id": deal["Owner"]["id"]}, "of a user the last name only"
    assert (row["Owner.role.name"], row["Owner.profile.name"]) == ("Central Sales", "Standard")
    assert row["sector"] == industry(deal)
    assert (row["id"], row["Closing_Date"]) == (deal["id"], deal["Closing_Date"])


def test_aggregates_by_group(zoho: ZohoHttp, deals: list[Deal]) -> None:
    groups: dict[str, list[float]] = defaultdict(list)
    for deal in deals:
        groups[deal["Stage"]].append(deal["Amount"])
    body = zoho.coql(
        "select Stage, COUNT(id), SUM(Amount) as total, MIN(Amount), MAX(Amount), AVG(Amount) from Deals "
        "where id is not null group by Stage order by SUM(Amount) desc"
    ).json()
    assert body["info"] == {"count": 4, "more_records": False}
    expected = sorted(groups.items(), key=lambda group: -sum(group[1]))
    assert body["data"] == [
        {
            "Stage": stage,
            "COUNT(id)": len(amounts),
            "total": sum(amounts),
            "MIN(Amount)": min(amounts),
            "MAX(Amount)": max(amounts),
            "AVG(Amount)": pytest.approx(sum(amounts) / len(amounts)),
        }
        for stage, amounts in expected
    ]


def test_groups_by_lookup_page(zoho: ZohoHttp, deals: list[Deal]) -> None:
    query = (
        "select Account_Name, Account_Name.Industry, MAX(Closing_Date) from Deals where Stage = 'Closed Won' "
        "group by Account_Name, Account_Name.Industry order by Account_Name limit {limit} offset {offset}"
    )
    first = zoho.coql(query.format(limit=50, offset=0)).json()
    rest = zoho.coql(query.format(limit=50, offset=50)).json()
    assert (first["info"], rest["info"]) == (
        {"count": 50, "more_records": True},
        {"count": 35, "more_records": False},
    )
    latest: dict[str, str] = {}
    for deal in deals:
        if deal["Stage"] == "Closed Won":
            identity = deal["Account_Name"]["id"]
            latest[identity] = max(deal["Closing_Date"], latest.get(identity, ""))
    rows = first["data"] + rest["data"]
    assert {row["Account_Name"]["id"]: row["MAX(Closing_Date)"] for row in rows} == latest
    assert all(row["Account_Name.Industry"] == INDUSTRIES[row["Account_Name"]["id"]] for row in rows)


def test_an_aggregate_over_nothing_is_one_row(zoho: ZohoHttp) -> None:
    body = zoho.coql("select COUNT(id), SUM(Amount) from Deals where Amount < 0").json()
    assert body["data"] == [{"COUNT(id)": 0, "SUM(Amount)": None}]


def test_everything_by_key(zoho: ZohoHttp, deals: list[Deal]) -> None:
    found: list[str] = []
    while True:
        last = found[-1] if found else "0"
        body = zoho.coql(f"select id from Deals where id > {last} order by id asc limit 2000").json()
        found += [row["id"] for row in body["data"]]
        if not body["info"]["more_records"]:
            break
    assert found == [deal["id"] for deal in deals]


def test_a_change_feed_by_time_and_id(zoho: ZohoHttp, deals: list[Deal]) -> None:
    def key(deal: Deal) -> tuple[datetime, int]:
        return datetime.fromisoformat(deal["Modified_Time"]), int(deal["id"])

    newest = sorted(deals, key=key)[-300:]
    time, last = newest[0]["Modified_Time"], newest[0]["id"]
    found: list[str] = [last]
    while True:
        body = zoho.coql(
            f"select id, Modified_Time from Deals where ((Modified_Time >= '{time}') and "
            f"(Modified_Time > '{time}' or id > {last})) order by Modified_Time asc, id asc limit 100"
        ).json()
        found += [row["id"] for row in body["data"]]
        time, last = body["data"][-1]["Modified_Time"], body["data"][-1]["id"]
        if not body["info"]["more_records"]:
            break
    assert found == [deal["id"] for deal in newest]


def test_sorting_puts_nulls_first(zoho: ZohoHttp) -> None:
    rows = zoho.coql(
        "select Closing_Date, Amount from Deals where Stage != 'Closed Won' "
        "order by Closing_Date, Amount desc limit 0, 2000"
    ).json()["data"]
    assert rows == sorted(rows, key=lambda row: (row["Closing_Date"] or "", -row["Amount"], int(row["id"])))
    assert rows[0]["Closing_Date"] is None


def test_users_can_be_queried_and_quotes_doubled(zoho: ZohoHttp) -> None:
    rows = zoho.coql(
        'select full_name, Reporting_To from Users where email = "darcel.schlecht@bellwether.example"'
    )
    assert rows.json()["data"][0]["full_name"] == "Darcel Schlecht"
    assert rows.json()["data"][0]["Reporting_To"]["name"] == "Marxen"
    zoho.post("/crm/v8/Leads", {"data": [{"Last_Name": 'O\'Hara "x"'}]})
    for literal in ("'O''Hara \"x\"'", '"O\'Hara ""x"""'):
        assert zoho.coql(f"select id from Leads where Last_Name = {literal}").status_code == 200


def test_field_metadata_on_demand(zoho: ZohoHttp) -> None:
    body = zoho.coql("select Stage from Deals where id is not null limit 1", include_meta=["fields"]).json()
    assert body["fields"]["Stage"]["data_type"] == "picklist"


WHERE = "where id is not null"


@pytest.mark.parametrize(
    ("query", "code", "details"),
    [
        ("", "SYNTAX_ERROR", {"clause": "select"}),
        ("select Stage", "SYNTAX_ERROR", {"clause": "from"}),
        ("select Stage from Deals", "SYNTAX_ERROR", {"clause": "where"}),
        ("select Stage from Deals limit 5", "SYNTAX_ERROR", {"clause": "where"}),
        (
            f"select * from Deals {WHERE}",
            "SYNTAX_ERROR",
            {"line": 1, "column": 8, "near": f"* from Deals {WHERE}"[:10]},
        ),
        (f"select Stage,\n from Deals {WHERE}", "SYNTAX_ERROR", {"line": 2, "column": 2, "near": "from"}),
        ("delete from Deals", "SYNTAX_ERROR", {"line": 1, "column": 1, "near": "delete"}),
        (f"select sum(Amount) from Deals {WHERE}", "SYNTAX_ERROR", {"line": 1, "column": 11, "near": "("}),
        (
            "select Stage from Deals where Amount ~ 3",
            "SYNTAX_ERROR",
            {"line": 1, "column": 38, "near": "~ 3"},
        ),
        ("select Stage from Deals where Amount is 3", "SYNTAX_ERROR", {"line": 1, "column": 41, "near": "3"}),
        ("select Stage from Deals where (Amount = 3", "SYNTAX_ERROR", {"line": 1, "column": 42, "near": ""}),
        (f"select Stage from Deals {WHERE} limit x", "SYNTAX_ERROR", {"line": 1, "column": 52, "near": "x"}),
        (
            f"select Stage from Deals {WHERE} having",
            "SYNTAX_ERROR",
            {"line": 1, "column": 46, "near": "having"},
        ),
        ("select Stage from Deals where Stage starts 'x'", "SYNTAX_ERROR", {"operator": "starts"}),
        (f"select Foo from Deals {WHERE}", "INVALID_QUERY", {"column_name": "Foo"}),
        (f"select Stage.x from Deals {WHERE}", "INVALID_QUERY", {"column_name": "Stage.x"}),
        (f"select Owner.role.size from Deals {WHERE}", "INVALID_QUERY", {"column_name": "Owner.role.size"}),
        ("select Stage from Deals where Foo = 1", "INVALID_QUERY", {"column_name": "Foo"}),
        (
            "select Stage from Deals where Amount = 'x'",
            "INVALID_QUERY",
            {"column_name": "Amount", "reason": "value"},
        ),
        (
            "select Stage from Deals where Stage = 3",
            "INVALID_QUERY",
            {"column_name": "Stage", "reason": "value"},
        ),
        (
            "select Stage from Deals where Modified_Time > '2026-01-01'",
            "INVALID_QUERY",
            {"column_name": "Modified_Time", "reason": "value"},
        ),
        (
            "select Stage from Deals where Amount like '1%'",
            "INVALID_QUERY",
            {"column_name": "Amount", "operator": "like", "reason": "operator"},
        ),
        (
            "select Stage from Deals where Description = 'x'",
            "INVALID_QUERY",
            {"column_name": "Description", "operator": "=", "reason": "operator"},
        ),
        (
            f"select SUM(Stage) from Deals {WHERE}",
            "INVALID_QUERY",
            {"column_name": "Stage", "aggregate": "SUM"},
        ),
        (
            f"select Stage, SUM(Amount) from Deals {WHERE}",
            "INVALID_QUERY",
            {"column_name": "Stage", "clause": "group by"},
        ),
        (
            f"select Stage from Deals {WHERE} group by Stage order by Amount",
            "INVALID_QUERY",
            {"column_name": "Amount", "clause": "order by"},
        ),
        (f"select Stage from Deals#77 {WHERE}", "INVALID_QUERY", {"cvid": "77"}),
        (f"select Stage, Stage from Deals {WHERE}", "DUPLICATE_DATA", {"column_name": "Stage"}),
        (f"select Stage as a, Amount as a from Deals {WHERE}", "DUPLICATE_ALIAS", {"alias": "a"}),
        (f"select Stage as 'a b' from Deals {WHERE}", "INVALID_ALIAS", {"alias": "a b"}),
        (f"select Stage from Deals {WHERE} limit 0", "INVALID_DATA", {"limit": 0}),
        (f"select Stage from Deals {WHERE} limit 2001", "LIMIT_EXCEEDED", {"limit": 2000}),
        (
            f"select Stage from Deals {WHERE} limit 200 offset 99801",
            "LIMIT_EXCEEDED",
            {"offset": 99801, "limit": 100_000},
        ),
        (
            f"select Stage from Deals {WHERE} group by Stage, Amount, id, Owner, Closing_Date",
            "LIMIT_EXCEEDED",
            {"clause": "group by", "limit": 4},
        ),
        (
            "select Stage from Deals where " + " and ".join(["Amount > 1"] * 26),
            "LIMIT_EXCEEDED",
            {"limit": 25, "clause": "where"},
        ),
        (
            f"select Stage from Deals where id in ({','.join(map(str, range(101)))})",
            "LIMIT_EXCEEDED",
            {"limit": 100, "operator": "in"},
        ),
        (
            f"select Account_Name.Parent_Account.Parent_Account.Phone from Deals {WHERE}",
            "LIMIT_EXCEEDED",
            {"column_name": "Account_Name.Parent_Account.Parent_Account.Phone", "limit": 2},
        ),
        (
            "select Stage from Deals where " + "(" * 51 + "Amount = 3" + ")" * 51,
            "SYNTAX_ERROR",
            {"line": 1, "column": 81, "near": "("},
        ),
        (
            f"select Stage from Deals where Amount = {'9' * 31}",
            "SYNTAX_ERROR",
            {"line": 1, "column": 40, "near": "9" * 10},
        ),
        (f"select id from Nonsense {WHERE}", "INVALID_MODULE", {"module": "Nonsense"}),
    ],
)
def test_refusals(zoho: ZohoHttp, query: str, code: str, details: dict[str, Any]) -> None:
    answer = zoho.coql(query)
    body = answer.json()
    assert (answer.status_code, body["code"], body["details"]) == (400, code, details)


def test_bodies_that_are_no_query(zoho: ZohoHttp) -> None:
    assert zoho.post("/crm/v8/coql", {}).json()["code"] == "MANDATORY_NOT_FOUND"
    assert zoho.post("/crm/v8/coql", {"select_query": 5}).json()["code"] == "INVALID_DATA"
    assert zoho.get("/crm/v8/coql").json()["code"] == "INVALID_REQUEST_METHOD"


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_either_a_query_or_refused(text: str) -> None:
    with suppress(Refused):
        assert parse_query(f"select a from b where {text}").module == "b"
