"""Queries answered by an order find what a search through all records finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.zoho.answers import Call
from sandbox.zoho.changes import make_changes
from sandbox.zoho.clock import SandboxClock, wire_time
from sandbox.zoho.coql_bounds import bounds_of
from sandbox.zoho.coql_filter import compile_where
from sandbox.zoho.coql_parse import parse_query
from sandbox.zoho.coql_run import run_query
from sandbox.zoho.specification import OrganisationSpec
from sandbox.zoho.state import Zoho, start_zoho
from sandbox.zoho.store import Record


@lru_cache
def zoho() -> Zoho:
    """A small organisation in which much has changed."""
    made = start_zoho(SandboxClock(), "http://127.0.0.1", OrganisationSpec(10, 400))
    wish = {"module": "Deals", "seed": 3, "inserts": 40, "updates": 60, "deletes": 40, "undeletes": 10}
    make_changes(made, Call("POST", "/", {}, {}, {}, orjson.dumps(wish)))
    return made


def rows() -> list[Record]:
    return list(zoho().store.tables["Deals"].iterate())


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    record = draw(st.sampled_from(rows()))
    near = draw(st.integers(-1, 1))
    sign = draw(st.sampled_from(["<", "<=", ">", ">=", "="]))
    kind = draw(st.sampled_from(["id", "id", "time", "time", "fraction", "other", "null", "in", "between"]))
    if kind == "id":
        return f"id {sign} {record.id + near}"
    if kind == "in":
        return f"id in ({record.id}, {draw(st.sampled_from(rows())).id}, 5)"
    time = wire_time(record.modified + near)
    if kind == "fraction":
        time = f"{time[:19]}.5{time[19:]}"
    if kind == "between":
        return f"Modified_Time between '{time}' and '{wire_time(draw(st.sampled_from(rows())).modified)}'"
    others = {
        "other": "Stage = 'Closed Won'",
        "null": draw(st.sampled_from(["id is not null", "id is null"])),
    }
    return others.get(kind, f"Modified_Time {sign} '{time}'")


@st.composite
def keys(draw: st.DrawFn) -> str:
    record = draw(st.sampled_from(rows()))
    time, identity = wire_time(record.modified), record.id + draw(st.integers(-1, 1))
    forms = (
        f"(Modified_Time > '{time}' or (Modified_Time = '{time}' and id > {identity}))",
        f"((Modified_Time = '{time}' and id >= {identity}) or Modified_Time > '{time}')",
        f"(Modified_Time >= '{time}' and (Modified_Time > '{time}' or id > {identity}))",
        f"((id > {identity} and id <= {identity + 900}) and Modified_Time >= '{time}')",
    )
    return draw(st.sampled_from(forms))


def conditions() -> st.SearchStrategy[str]:
    joined: Callable[[st.SearchStrategy[str]], st.SearchStrategy[str]] = lambda inner: st.builds(  # noqa: E731
        lambda left, word, right: f"({left} {word} {right})", inner, st.sampled_from(["and", "or"]), inner
    )
    return st.recursive(comparisons() | keys(), joined, max_leaves=5)


ORDERS = {
    "id": lambda record: record.id,
    "id desc": lambda record: -record.id,
    "Modified_Time, id": lambda record: (record.modified, record.id),
    "Modified_Time desc, id desc": lambda record: (-record.modified, -record.id),
    "Modified_Time desc": lambda record: (-record.modified, record.id),
    "Deal_Name": None,
}


@settings(max_examples=60, deadline=None)
@given(conditions(), st.sampled_from(sorted(ORDERS)), st.sampled_from([1, 5, 50, 2_000]), st.integers(0, 30))
def test_what_a_search_finds(where: str, order: str, limit: int, offset: int) -> None:
    made = zoho()
    table = made.store.tables["Deals"]
    query = parse_query(f"select id from Deals where {where} order by {order} limit {offset}, {limit}")
    test = compile_where(made.store, table.module, query.where)
    expected = [record for record in rows() if test(record)]
    key = ORDERS[order] or (lambda record: ((record.values["Deal_Name"] or "").casefold(), record.id))
    expected.sort(key=key)
    result = run_query(made, table, query)
    assert [int(orjson.loads(row)["id"]) for row in result.rows] == [
        record.id for record in expected[offset : offset + limit]
    ]
    assert result.more == (len(expected) > offset + limit)
    counted = run_query(made, table, parse_query(f"select COUNT(id) as n from Deals where {where}"))
    assert orjson.loads(counted.rows[0])["n"] == len(expected)


@pytest.mark.parametrize(
    "where",
    [
        "id > 5 order by id",
        "(id > 5 and id <= 9000) and Modified_Time >= '2024-01-01T00:00:00Z'",
        "Modified_Time >= '2024-01-01T00:00:00Z'",
        "(Modified_Time > '2024-01-01T00:00:00Z' or (Modified_Time = '2024-01-01T00:00:00Z' and id > 7))",
        "(Modified_Time > '2024-01-01T00:00Z' or (id > 7 and Modified_Time = '2024-01-01T00:00Z'))",
        "Modified_Time >= '2024-01-01T00:00Z' and (Modified_Time > '2024-01-01T00:00Z' or id > 7)",
        "id in (1, 2, 3)",
        "id is not null",
    ],
)
def test_the_patterns_of_clients_need_no_search(where: str) -> None:
    made = zoho()
    query = parse_query(f"select id from Deals where {where}")
    assert bounds_of(made.store, made.store.tables["Deals"], query.where).exact
