"""Notification channels: subscribing, their limits, and the callbacks that follow a change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.callback_receiver import Received, receiving
from tests.support.processes import await_that
from tests.support.zoho_client import ZohoHttp

WATCH = "/crm/v8/actions/watch"


@pytest.fixture
def receiver(zoho: ZohoHttp) -> Iterator[Received]:
    zoho.delete("/_sandbox/callbacks").raise_for_status()
    with receiving() as received:
        yield received
    zoho.delete("/_sandbox/callbacks").raise_for_status()


def order(url: str, **other: Any) -> dict[str, Any]:
    return {"channel_id": "1001", "events": ["Deals.all"], "notify_url": url, "token": "word"} | other


def subscribe(zoho: ZohoHttp, *orders: dict[str, Any]) -> list[dict[str, Any]]:
    answer = zoho.post(WATCH, {"watch": list(orders)})
    assert answer.status_code == 201
    items: list[dict[str, Any]] = answer.json()["watch"]
    return items


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0).isoformat()


def expiry_of(item: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(item["details"]["events"][0]["channel_expiry"])


def some_deal(zoho: ZohoHttp) -> str:
    return str(zoho.get("/crm/v8/Deals", fields="Deal_Name", per_page=1).json()["data"][0]["id"])


def update(zoho: ZohoHttp, identity: str, **values: Any) -> None:
    zoho.put(f"/crm/v8/Deals/{identity}", {"data": [values]}).raise_for_status()


def sent(zoho: ZohoHttp, count: int) -> list[dict[str, Any]]:
    """The sandbox's own record of what was sent, once so many were."""

    def log() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = zoho.get("/_sandbox/callbacks").json()["callbacks"]
        return found

    await_that(lambda: len(log()) >= count, 15, f"{count} callbacks sent")
    return log()


def test_a_channel_tells_where_it_is_and_until_when(zoho: ZohoHttp, receiver: Received) -> None:
    item = subscribe(zoho, order(receiver.url, events=["Deals.create", "Accounts.edit"], channel_id=77))[0]
    events = item["details"]["events"]
    assert (item["code"], item["status"]) == ("SUCCESS", "success")
    assert [one["resource_name"] for one in events] == ["Accounts", "Deals"]
    assert {one["channel_id"] for one in events} == {"77"}
    listed = zoho.get(WATCH, module="Deals").json()
    assert listed["info"] == {"per_page": 200, "count": 1, "page": 1, "more_records": False}
    assert listed["watch"][0] | {"channel_expiry": "", "resource_id": "", "resource_uri": ""} == {
        "notify_on_related_action": True,
        "channel_expiry": "",
        "return_affected_field_values": False,
        "resource_uri": "",
        "resource_id": "",
        "notify_url": receiver.url,
        "resource_name": "Deals",
        "fields": None,
        "notification_condition": None,
        "channel_id": "77",
        "events": ["Deals.create"],
        "token": "word",
    }


@pytest.mark.parametrize(("asked", "given_hours"), [(6.9, 6.9 * 24), (7.1, 1), (None, 1), (-1, 1)], ids=str)
def test_a_week_at_most_else_silently_an_hour(
    zoho: ZohoHttp, receiver: Received, asked: float | None, given_hours: float
) -> None:
    wish = {} if asked is None else {"channel_expiry": in_days(asked)}
    until = expiry_of(subscribe(zoho, order(receiver.url, **wish))[0])
    assert abs(until - datetime.now(UTC) - timedelta(hours=given_hours)) < timedelta(seconds=60)


def test_a_channel_ends_and_may_be_renewed_before(
    zoho: ZohoHttp, receiver: Received, clock_file: Path
) -> None:
    subscribe(zoho, order(receiver.url, channel_expiry=in_days(0.02)))
    subscribe(zoho, order(receiver.url, channel_id="1002", channel_expiry=in_days(0.02)))
    subscribe(zoho, order(receiver.url, channel_expiry=in_days(6)))
    clock_file.write_text(str(40 * 60))
    assert [one["channel_id"] for one in zoho.get(WATCH).json()["watch"]] == ["1001"]


@pytest.mark.parametrize(
    ("wrong", "code", "name"),
    [
        ({"token": "x" * 51}, "INVALID_DATA", "token"),
        ({"channel_id": "1" * 20}, "INVALID_DATA", "channel_id"),
        ({"channel_id": "mine"}, "INVALID_DATA", "channel_id"),
        ({"channel_id": None}, "MANDATORY_NOT_FOUND", "channel_id"),
        ({"events": []}, "MANDATORY_NOT_FOUND", "events"),
        ({"events": ["Deals.sometimes"]}, "INVALID_DATA", "events"),
        ({"events": ["Nothing.all"]}, "INVALID_MODULE", "events"),
        ({"events": ["Users.all"]}, "NOT_SUPPORTED", "events"),
        ({"notify_url": "http://example.com/in"}, "INVALID_DATA", "notify_url"),
        ({"notify_url": "ftp://127.0.0.1/in"}, "INVALID_DATA", "notify_url"),
        ({"channel_expiry": "tomorrow"}, "INVALID_DATA", "channel_expiry"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_for_each_item(
    zoho: ZohoHttp, receiver: Received, wrong: dict[str, Any], code: str, name: str
) -> None:
    answer = zoho.post(WATCH, {"watch": [order(receiver.url, **wrong), order(receiver.url, channel_id="5")]})
    assert answer.status_code == 207
    first, second = answer.json()["watch"]
    assert (first["code"], first["details"]["api_name"], first["status"]) == (code, name, "error")
    assert second["code"] == "SUCCESS"
    alone = zoho.post(WATCH, {"watch": [order(receiver.url, **wrong)]})
    assert (alone.status_code, alone.json()["watch"][0]["code"]) == (400, code)


def test_fifty_items_at_most(zoho: ZohoHttp, receiver: Received) -> None:
    many = [order(receiver.url, channel_id=str(number)) for number in range(1, 52)]
    assert len(subscribe(zoho, *many[:50])) == 50
    assert zoho.post(WATCH, {"watch": many}).status_code == 400


def test_events_are_taken_away_and_channels_dropped(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order(receiver.url), order(receiver.url, channel_id="1002"))
    less = {"channel_id": "1001", "events": ["Deals.edit"], "_delete_events": True}
    answer = zoho.call("PATCH", WATCH, json={"watch": [less]})
    assert answer.json()["watch"][0]["message"] == "Successfully removed the subscribe details"
    assert zoho.get(WATCH, channel_id="1001").json()["watch"][0]["events"] == ["Deals.create", "Deals.delete"]
    dropped = zoho.delete(WATCH, channel_ids="1001,1002,1003")
    assert dropped.status_code == 207
    assert [one["code"] for one in dropped.json()["watch"]] == ["SUCCESS", "SUCCESS", "NOT_SUBSCRIBED"]
    assert set(dropped.json()["watch"][0]["details"]) == {"resource_uri", "resource_id", "channel_id"}
    assert zoho.get(WATCH).status_code == 204
    assert zoho.put(WATCH, {"watch": [order(receiver.url)]}).status_code == 400


@pytest.mark.parametrize(
    ("scope", "may"), [("READ", {"GET"}), ("CREATE", {"POST"}), ("WRITE", {"POST", "PUT"})]
)
def test_scopes(zoho: ZohoHttp, receiver: Received, scope: str, may: set[str]) -> None:
    code = zoho.post("/_sandbox/tokens/code", {"scope": f"ZohoCRM.notifications.{scope}"}).json()["code"]
    limited = ZohoHttp(zoho.base_url)
    limited.token = limited.ask_token(grant_type="authorization_code", code=code).json()["access_token"]
    body = {"watch": [order(receiver.url)]}
    answers = {
        "POST": limited.post(WATCH, body),
        "GET": limited.get(WATCH),
        "PUT": limited.put(WATCH, body),
        "DELETE": limited.delete(WATCH, channel_ids="9"),
    }
    limited.close()
    allowed = {method for method, answer in answers.items() if answer.status_code != 401}
    assert allowed == may


def test_the_three_operations_are_told(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order(receiver.url + "/in?from=zoho"))
    made = zoho.post("/crm/v8/Deals", {"data": [{"Deal_Name": "Told", "Stage": "Qualification"}]}).json()
    identity = made["data"][0]["details"]["id"]
    inserted = receiver.await_count(1)[0]
    update(zoho, identity, Stage="Closed Won")
    updated = receiver.await_count(2)[1]
    zoho.delete(f"/crm/v8/Deals/{identity}")
    deleted = receiver.await_count(3)[2]
    assert [one["operation"] for one in (inserted, updated, deleted)] == ["insert", "update", "delete"]
    assert inserted["ids"] == updated["ids"] == deleted["ids"] == [identity]
    assert (inserted["affected_fields"], deleted["affected_fields"]) == ([], [])
    assert updated["affected_fields"] == [{identity: ["Probability", "Stage"]}]
    assert {"affected_values", "other"} & set(updated) == set()
    assert updated["query_params"] == {"from": "zoho"}
    assert (updated["module"], updated["channel_id"], updated["token"]) == ("Deals", "1001", "word")
    assert abs(updated["server_time"] / 1000 - datetime.now(UTC).timestamp()) < 60


def test_changes_of_a_moment_are_told_together(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order(receiver.url))
    data = [{"Deal_Name": f"Together {n}", "Stage": "Qualification"} for n in range(100)]
    zoho.post("/crm/v8/Deals", {"data": data}).raise_for_status()
    assert len(receiver.await_count(1)[0]["ids"]) == 100


def test_values_come_only_when_they_were_asked_for(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order(receiver.url, return_affected_field_values=True))
    identity = some_deal(zoho)
    update(zoho, identity, Next_Step="Call them")
    body = receiver.await_count(1)[0]
    assert body["affected_values"] == [{"record_id": identity, "values": {"Next_Step": "Call them"}}]


def test_a_condition_lets_through_what_it_names(zoho: ZohoHttp, receiver: Received) -> None:
    def selection(*names: str, operator: str = "or") -> dict[str, Any]:
        group = [{"field": {"api_name": name}} for name in names]
        return {
            "type": "field_selection",
            "module": {"api_name": "Deals"},
            "field_selection": {"group_operator": operator, "group": group},
        }

    subscribe(zoho, order(receiver.url, notification_condition=[selection("Stage", "Amount")]))
    identity = some_deal(zoho)
    update(zoho, identity, Next_Step="Not told")
    update(zoho, identity, Amount=12.5)
    assert receiver.await_count(1)[0]["affected_fields"][0][identity] == ["Amount", "Expected_Revenue"]
    unknown = order(receiver.url, notification_condition=[selection("Nothing")])
    assert zoho.post(WATCH, {"watch": [unknown]}).status_code == 400


def test_other_modules_and_other_events_are_not_told(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order(receiver.url, events=["Deals.delete"]))
    update(zoho, some_deal(zoho), Next_Step="Not told")
    zoho.post("/crm/v8/Accounts", {"data": [{"Account_Name": "Not told"}]}).raise_for_status()
    zoho.delete(f"/crm/v8/Deals/{some_deal(zoho)}")
    assert [one["body"]["operation"] for one in sent(zoho, 1)] == ["delete"]


def test_a_change_of_the_world_is_told_too(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order(receiver.url))
    account = zoho.get("/_sandbox/accounts").json()[0]["id"]
    made = zoho.post(f"/_sandbox/accounts/{account}/win").json()["id"]
    assert receiver.await_count(1)[0]["ids"] == [made]


def test_callbacks_are_lost_doubled_and_forged_to_order(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order(receiver.url))
    identity = some_deal(zoho)
    zoho.post("/_sandbox/callbacks", {"drop": 1}).raise_for_status()
    update(zoho, identity, Next_Step="lost")
    assert sent(zoho, 1)[0]["outcome"] == "dropped"
    zoho.post("/_sandbox/callbacks", {"duplicate": 1, "wrong_token": 1}).raise_for_status()
    update(zoho, identity, Next_Step="twice, with a wrong token")
    first, second = receiver.await_count(2)
    assert first == second
    assert first["token"] != "word"
    update(zoho, identity, Next_Step="as it should be")
    assert receiver.await_count(3)[2]["token"] == "word"
    assert [one["outcome"] for one in sent(zoho, 4)] == ["dropped", 200, 200, 200]


def test_callbacks_come_in_another_order_to_order(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order(receiver.url))
    zoho.post("/_sandbox/callbacks", {"reorder": True, "delay_seconds": 3.0}).raise_for_status()
    made = zoho.post("/crm/v8/Deals", {"data": [{"Deal_Name": "Late", "Stage": "Qualification"}]}).json()
    update(zoho, made["data"][0]["details"]["id"], Stage="Closed Won")
    assert [one["operation"] for one in receiver.await_count(2)] == ["update", "insert"]


@pytest.mark.parametrize("wish", [{"drop": -1}, {"drop": 0.5}, {"reorder": 1}, {"lose": 1}], ids=str)
def test_a_fault_that_there_is_not_is_refused(zoho: ZohoHttp, wish: dict[str, Any]) -> None:
    assert zoho.post("/_sandbox/callbacks", wish).status_code == 400


def test_nobody_who_listens_is_no_harm(zoho: ZohoHttp, receiver: Received) -> None:
    subscribe(zoho, order("http://127.0.0.1:9/nobody"))
    update(zoho, some_deal(zoho), Next_Step="Nobody hears it")
    assert sent(zoho, 1)[0]["outcome"] == "ConnectionError"
