"""Random changes, the truth to compare a copy with, and that what was encoded before is never shown after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.zoho.answers import Call, Refused
from sandbox.zoho.changes import make_changes
from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.serve import running
from sandbox.zoho.shaping import shape
from sandbox.zoho.specification import OrganisationSpec
from sandbox.zoho.state import Zoho, start_zoho
from tests.support.zoho_client import ZohoHttp

Row = dict[str, Any]


@pytest.fixture(params=[None, OrganisationSpec(120, 1_500)], ids=["maven", "generated"], scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[ZohoHttp]:
    with running(organisation=request.param) as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        yield http
        http.close()


def truth(zoho: ZohoHttp, module: str, limit: int = 1_000) -> dict[str, Row]:
    found: dict[str, Row] = {}
    after = ""
    while True:
        page = zoho.get(f"/_sandbox/records/{module}", after=after, limit=limit).json()
        found |= {row["id"]: row for row in page["records"]}
        if page["next"] is None:
            assert len(found) == page["count"]
            return found
        after = page["next"]


def changed(zoho: ZohoHttp, **wish: Any) -> Row:
    answer = zoho.post("/_sandbox/changes", wish)
    assert answer.status_code == 200, answer.text
    done: Row = answer.json()
    return done


def test_the_truth_is_what_the_list_shows(world: ZohoHttp) -> None:
    for module in ("Accounts", "Deals", "Contacts"):
        changed(world, module=module, seed=2, inserts=15, updates=40, deletes=15, undeletes=5)
        names = "Owner,Created_Time,Modified_Time,Tag,Record_Status__s,Account_Name,Description"
        listed = {row["id"]: row for row in world.every(module, names)}
        known = truth(world, module, limit=700)
        assert set(listed) == set(known)
        for identity, row in listed.items():
            assert {name: known[identity]["values"][name] for name in row} == row
            assert known[identity]["modified"] == row["Modified_Time"]


def test_a_mix_does_what_was_ordered(world: ZohoHttp) -> None:
    before = truth(world, "Contacts")
    wish = {"inserts": 20, "updates": 30, "deletes": 10, "undeletes": 4}
    done = changed(world, module="Contacts", seed=11, same_second=True, **wish)
    kinds = Counter(one["change"] for one in done["changes"])
    assert {f"{kind}s": count for kind, count in kinds.items()} == {k: done[k] for k in wish if done[k]}
    assert (done["inserts"], done["deletes"]) == (20, 10)
    assert sum(done[kind] for kind in wish) + done["left_out"] == 64
    after = truth(world, "Contacts")
    assert len(after) == len(before) + 20 - 10 + done["undeletes"]
    written = [one["id"] for one in done["changes"] if one["change"] in {"insert", "update"}]
    last = {one["id"]: one["change"] for one in done["changes"]}
    stamps = {after[one]["modified"] for one in written if last[one] not in {"delete", "undelete"}}
    assert len(stamps) == 1, "one second"
    assert {one for one in after if after[one] != before.get(one)} <= set(last)


def test_changes_of_every_module(world: ZohoHttp) -> None:
    done = changed(world, seed=5, inserts=60, updates=60, deletes=20, undeletes=10)
    assert len({one["module"] for one in done["changes"]}) > 5
    for module in {one["module"] for one in done["changes"]}:
        assert truth(world, module) or done
    assert world.get("/_sandbox/calls").json()["calls"].get("POST /_sandbox/changes") is None


def test_orders_that_make_no_sense(world: ZohoHttp) -> None:
    for wish in (
        {"inserts": -1},
        {"updates": "many"},
        {"deletes": 10**9},
        {"seed": True},
        {"module": "Nothing"},
    ):
        assert world.post("/_sandbox/changes", wish).status_code == 400
    assert world.get("/_sandbox/records/Nothing").status_code == 400
    assert world.get("/_sandbox/records/Deals", after="x").status_code == 400
    assert world.post("/_sandbox/warm", {"module": "Nothing"}).status_code == 400


def test_what_was_warmed_is_the_same(world: ZohoHttp) -> None:
    query = "select Stage, Account_Name from Deals where id is not null order by id limit 50"
    cold = world.coql(query).json()
    assert world.post("/_sandbox/warm", {"select_query": query}).json()["rows"] == len(truth(world, "Deals"))
    assert world.post("/_sandbox/warm", {"module": "Deals", "fields": "Stage"}).json()["rows"] > 0
    assert world.coql(query).json() == cold


def shown_anew(zoho: Zoho, module: str, names: list[str]) -> list[Row]:
    table = zoho.store.tables[module]
    made = shape(zoho.store, table.module, names)
    return [orjson.loads(orjson.dumps(made(record))) for record in table.iterate()]


def shown(zoho: Zoho, module: str, names: list[str]) -> list[Row]:
    table = zoho.store.tables[module]
    view = zoho.encoded.listed(table, names)
    ids = table.orders["id"].ids(0, len(table.records))
    return [orjson.loads(row) for row in zoho.encoded.rows(view, ids)]


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["Accounts", "Deals", "Contacts"])), max_size=4)
)
def test_encoded_rows_follow_every_change(rounds: list[tuple[int, str]]) -> None:
    zoho = start_zoho(
        SandboxClock(), "http://127.0.0.1", OrganisationSpec(30, 150, products=3, extra_fields=3)
    )
    names = {
        "Deals": ["Deal_Name", "Account_Name", "Contact_Name", "Owner", "Amount", "Extra_0003", "Nothing"],
        "Contacts": ["Full_Name", "Account_Name", "Email", "Modified_Time", "Tag"],
        "Accounts": ["Account_Name", "Parent_Account", "Industry", "Owner", "id"],
    }
    for seed, module in [(0, "Deals"), *rounds]:
        wish = {"module": module, "seed": seed, "inserts": 2, "updates": 6, "deletes": 4, "undeletes": 3}
        make_changes(zoho, Call("POST", "/", {}, {}, {}, orjson.dumps(wish)))
        for one, fields in names.items():
            assert shown(zoho, one, fields) == shown_anew(zoho, one, fields)


def test_a_renamed_record_is_renamed_wherever_it_is_shown() -> None:
    zoho = start_zoho(SandboxClock(), "http://127.0.0.1", OrganisationSpec(5, 50))
    store, accounts = zoho.store, zoho.store.tables["Accounts"]
    before = shown(zoho, "Deals", ["Account_Name"])
    account = accounts.in_id_order()[0]
    store.update(accounts, account, {"Account_Name": 'New "name"'})
    after = shown(zoho, "Deals", ["Account_Name"])
    mine = [row["id"] for row in before if row["Account_Name"]["id"] == str(account.id)]
    assert mine
    assert {row["id"] for row in after if row["Account_Name"]["name"] == 'New "name"'} == set(mine)
    store.delete(accounts, account)
    assert {
        row["id"] for row in shown(zoho, "Deals", ["Account_Name"]) if row["Account_Name"] is None
    } == set(mine)
    store.restore(accounts, accounts.deleted[-1])
    assert shown(zoho, "Deals", ["Account_Name"]) == after
    formula = accounts.in_id_order()[1]
    formula.values["Account_Name"] = "Silently"
    accounts.changed(formula)
    assert "Silently" in str(shown(zoho, "Deals", ["Account_Name"]))


def test_rows_whose_first_key_is_also_within_them() -> None:
    from sandbox.zoho.encoded import encode_each

    rows = [{"name": [{"name": 1}, {"name": 2}], "id": "1"}, {"name": '},{"name":', "id": "2"}]
    assert [orjson.loads(row) for row in encode_each(rows)] == rows
    plain = [{"a": '},{"a":', "b": None}, {"a": "", "b": 1.5}, {"a": "x", "b": "}"}]
    assert encode_each(plain) == [orjson.dumps(row) for row in plain]


def test_a_refusal_changes_nothing() -> None:
    zoho = start_zoho(SandboxClock(), "http://127.0.0.1", OrganisationSpec(1, 1))
    with pytest.raises(Refused):
        make_changes(zoho, Call("POST", "/", {}, {}, {}, orjson.dumps({"module": "Users", "inserts": 1})))
    assert len(zoho.store.tables["Users"].records) == 42 or len(zoho.store.tables["Users"].records) > 1
