"""Limits, tokens and scopes, and the faults that can be ordered."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import requests

from tests.support.finance_http import ORGANISATION, FinanceHttp
from tests.support.zoho_client import ZohoHttp

INVOICES = "/books/v3/invoices"


def test_every_answer_says_what_is_left_of_the_day(finance: FinanceHttp, clock_file: Path) -> None:
    first, second = finance.get("/items", per_page=1), finance.get("/items/1")
    assert first.headers["X-Rate-Limit-Limit"] == "100000"
    left = [int(one.headers["X-Rate-Limit-Remaining"]) for one in (first, second)]
    assert left == [99_999, 99_998]
    reset = int(second.headers["X-Rate-Limit-Reset"])
    assert 0 < reset <= 25 * 3600
    clock_file.write_text(str(reset + 5))
    finance.zoho.refresh()
    assert finance.get("/items", per_page=1).headers["X-Rate-Limit-Remaining"] == "99999", "a new day"
    assert "X-Rate-Limit-Limit" not in finance.zoho.get("/crm/v8/org").headers


def test_one_call_too_many_blocks_the_organisation_for_half_an_hour(
    finance: FinanceHttp, clock_file: Path
) -> None:
    finance.sandbox("POST", "limits", {"per_minute": 3})
    assert [finance.get("/items", per_page=1).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = finance.get("/contacts", per_page=1)
    assert (refused.status_code, refused.json()["code"]) == (429, 44)
    assert 1_790 < int(refused.headers["Retry-After"]) <= 1_800
    assert finance.get("/inventory/v1/items").status_code == 429, "every product of the organisation"
    clock_file.write_text("1700")
    assert finance.get("/items", per_page=1).status_code == 429
    clock_file.write_text("1810")
    assert finance.get("/items", per_page=1).status_code == 200
    assert finance.zoho.get("/crm/v8/org").status_code == 200


def test_slow_callers_are_not_blocked(finance: FinanceHttp, clock_file: Path) -> None:
    finance.sandbox("POST", "limits", {"per_minute": 3})
    for minutes in range(4):
        clock_file.write_text(str(61 * minutes))
        assert {finance.get("/items", per_page=1).status_code for _ in range(3)} == {200}


def test_the_days_calls_are_used_up_until_midnight(finance: FinanceHttp, clock_file: Path) -> None:
    finance.sandbox("POST", "limits", {"per_day": 2})
    answers = [finance.get("/items", per_page=1) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == 45
    assert answers[2].headers["X-Rate-Limit-Remaining"] == "0"
    clock_file.write_text(str(int(answers[2].headers["X-Rate-Limit-Reset"]) + 5))
    finance.zoho.refresh()
    assert finance.get("/items", per_page=1).status_code == 200


def test_too_many_calls_at_once(finance: FinanceHttp) -> None:
    finance.sandbox("POST", "limits", {"concurrent": 1})
    finance.zoho.order_fault("hang", f"{INVOICES}/77", times=1)
    token = {"Authorization": f"Zoho-oauthtoken {finance.zoho.token}"}

    def hang() -> None:
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.get(
                f"{finance.zoho.base_url}{INVOICES}/77",
                headers=token,
                params={"organization_id": ORGANISATION},
                timeout=1,
            )

    waiting = threading.Thread(target=hang)
    waiting.start()
    while finance.zoho.get("/_sandbox/faults").json()["faults"]:
        pass  # until the hanging call has taken the only place
    refused = finance.get("/items", per_page=1)
    assert (refused.status_code, refused.json()["code"]) == (429, 1070)
    waiting.join()


def test_limits_that_are_none(finance: FinanceHttp) -> None:
    for wish in ({"per_hour": 1}, {"per_day": -1}, {"per_minute": "many"}):
        assert finance.zoho.post("/_sandbox/finance/limits", wish).status_code == 400


def with_scopes(finance: FinanceHttp, scopes: str) -> FinanceHttp:
    code = finance.zoho.post("/_sandbox/tokens/code", {"scope": scopes}).json()["code"]
    other = ZohoHttp(finance.zoho.base_url)
    answer = other.ask_token(grant_type="authorization_code", code=code)
    other.token = answer.json()["access_token"]
    return FinanceHttp(other)


def test_scopes(finance: FinanceHttp) -> None:
    narrow = with_scopes(finance, "ZohoBooks.invoices.READ,ZohoBooks.settings.READ")
    assert narrow.get("/invoices", per_page=1).status_code == 200
    assert narrow.get("/items", per_page=1).status_code == 200, "items are settings in Books"
    assert narrow.get("/organizations").status_code == 200
    for method, path in (
        ("GET", "/contacts"),
        ("DELETE", "/invoices/1"),
        ("GET", "/inventory/v1/invoices"),
        ("GET", "/billing/v1/customers"),
    ):
        refused = narrow.call(method, path)
        assert (refused.status_code, refused.json()["code"]) == (401, 57), path
    assert narrow.zoho.get("/crm/v8/org").status_code == 401
    narrow.zoho.close()


def test_fullaccess_counts_in_small_letters_only(finance: FinanceHttp) -> None:
    for scope, status in (("ZohoBooks.fullaccess.all", 200), ("ZohoBooks.FullAccess.all", 401)):
        one = with_scopes(finance, scope)
        assert one.get("/contacts", per_page=1).status_code == status
        one.zoho.close()


def test_a_wrong_token_costs_nothing(finance: FinanceHttp) -> None:
    before = finance.sandbox("GET", "limits")["used_today"]
    stranger = FinanceHttp(ZohoHttp(finance.zoho.base_url))
    refused = stranger.get("/invoices")
    assert (refused.status_code, refused.json()) == (401, {"code": 14, "message": "Invalid OAuth token"})
    assert "X-Rate-Limit-Remaining" in refused.headers
    assert finance.sandbox("GET", "limits")["used_today"] == before
    stranger.zoho.close()


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("rate_limit", 429, 44),
        ("day_limit", 429, 45),
        ("busy", 429, 1070),
        ("server_error", 500, 1000),
        ("scope_missing", 401, 57),
        ("code_in_success", 200, 1000),
    ],
)
def test_a_refusal_comes_as_often_as_ordered(finance: FinanceHttp, kind: str, status: int, code: int) -> None:
    finance.zoho.order_fault(kind, INVOICES, times=1)
    assert finance.get("/items", per_page=1).json()["code"] == 0, "another path is not concerned"
    answers = [finance.get("/invoices", per_page=1) for _ in range(2)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(status, code), (200, 0)]


def test_faults_of_finance_leave_the_crm_alone(finance: FinanceHttp) -> None:
    for kind in ("maintenance", "busy", "truncated_json"):
        finance.zoho.order_fault(kind)
    assert finance.zoho.get("/crm/v8/org").status_code == 200


def test_an_expired_token_stays_expired(finance: FinanceHttp) -> None:
    finance.zoho.order_fault("expired_token", INVOICES, times=1)
    assert [finance.get("/invoices", per_page=1).json()["code"] for _ in range(2)] == [14, 14]


@pytest.mark.parametrize(("kind", "status"), [("maintenance", 503), ("bad_gateway", 502)])
def test_html_instead_of_json(finance: FinanceHttp, kind: str, status: int) -> None:
    finance.zoho.order_fault(kind, INVOICES, times=1)
    answer = finance.get("/invoices")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<html>")


def test_half_of_the_json(finance: FinanceHttp) -> None:
    finance.zoho.order_fault("truncated_json", INVOICES, times=1)
    answer = finance.get("/invoices", per_page=3)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)


def test_a_cut_body(finance: FinanceHttp) -> None:
    finance.zoho.order_fault("cut_body", INVOICES, times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        finance.get("/invoices", per_page=3)


def test_an_order_that_is_not_heeded(finance: FinanceHttp) -> None:
    finance.zoho.order_fault("sort_ignored", "/books/v3/contacts", times=1)
    shown = finance.get("/contacts", sort_column="last_modified_time", sort_order="D").json()
    assert (shown["page_context"]["sort_column"], shown["page_context"]["sort_order"]) == (
        "contact_name",
        "A",
    )


def test_a_row_moves_between_two_pages(finance: FinanceHttp) -> None:
    finance.zoho.order_fault("moved_row", INVOICES, times=1)
    rows = finance.rows("invoices")
    ids = [one["invoice_id"] for one in rows]
    assert ids[199] == ids[200]
    missed = {one["invoice_id"] for one in finance.rows("invoices")} - set(ids)
    assert len(missed) == 1
