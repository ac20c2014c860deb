"""Writing through the API, random changes from outside, and webhooks that tell of both."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from sandbox.finance.webhooks import signature
from tests.support.finance_http import FinanceHttp

SECRET = "abcdefghijkl1234"
Received = tuple[str, dict[str, str], bytes]


def customer(finance: FinanceHttp, name: str = "New Shop") -> dict[str, Any]:
    answer = finance.call("POST", "/contacts", {"contact_name": name, "email": "a@newshop.example"})
    assert (answer.status_code, answer.json()["message"]) == (201, "The contact has been added.")
    made: dict[str, Any] = answer.json()["contact"]
    return made


def invoice(finance: FinanceHttp, customer_id: str, **more: Any) -> dict[str, Any]:
    lines = [{"name": "Repair", "rate": 12.5, "quantity": 3}]
    body = {"customer_id": customer_id, "line_items": lines, **more}
    answer = finance.call("POST", "/invoices", body)
    assert (answer.status_code, answer.json()["message"]) == (201, "The invoice has been created.")
    made: dict[str, Any] = answer.json()["invoice"]
    return made


def test_the_life_of_an_invoice(finance: FinanceHttp) -> None:
    shop = customer(finance)
    made = invoice(finance, shop["contact_id"])
    where = made["invoice_id"]
    assert (made["status"], made["total"], made["balance"]) == ("draft", 37.5, 37.5)
    said = finance.call("POST", f"/invoices/{where}/status/sent").json()["message"]
    assert said == "Invoice status has been changed to Sent."
    payment = {
        "customer_id": shop["contact_id"],
        "amount": 40,
        "invoices": [{"invoice_id": where, "amount_applied": 20}],
    }
    paid = finance.call("POST", "/customerpayments", payment).json()["payment"]
    assert (paid["unused_amount"], paid["invoice_numbers"]) == (20, made["invoice_number"])
    shown = finance.one("invoices", where)
    assert (shown["status"], shown["balance"], shown["payment_made"]) == ("partially_paid", 17.5, 20)
    finance.call("DELETE", f"/customerpayments/{paid['payment_id']}")
    assert finance.one("invoices", where)["balance"] == 37.5
    more = {"line_items": [{"name": "Repair", "rate": 10, "quantity": 9}], "reference_number": "PO 1"}
    changed = finance.call("PUT", f"/invoices/{where}", more).json()
    assert changed["message"] == "The invoice has been updated."
    assert (changed["invoice"]["total"], changed["invoice"]["reference_number"]) == (90, "PO 1")
    finance.call("POST", f"/invoices/{where}/status/void")
    voided = finance.one("invoices", where)
    assert (voided["status"], voided["total"], voided["balance"]) == ("void", 90, 90)
    gone = finance.call("DELETE", f"/invoices/{where}")
    assert gone.json() == {"code": 0, "message": "The invoice has been deleted."}
    assert finance.get(f"/invoices/{where}").json()["code"] == 1002
    assert finance.rows("invoices", customer_id=shop["contact_id"]) == []


def test_a_deleted_invoice_leaves_its_payment_unused(finance: FinanceHttp) -> None:
    row = finance.get("/customerpayments", per_page=1).json()["customerpayments"][0]
    finance.call("DELETE", f"/invoices/{row['applied_invoices'][0]['invoice_id']}")
    after = finance.one("customerpayments", row["payment_id"])
    assert after["unused_amount"] >= row["applied_invoices"][0]["amount_applied"]
    assert after["updated_time"] >= row["last_modified_time"]


def test_contacts_and_items_in_use_are_not_deleted(finance: FinanceHttp) -> None:
    used = finance.get("/invoices", per_page=1).json()["invoices"][0]["customer_id"]
    refused = finance.call("DELETE", f"/contacts/{used}")
    assert refused.status_code == 400
    assert refused.json()["code"] != 0
    finance.call("POST", f"/contacts/{used}/inactive")
    assert finance.one("contacts", used)["status"] == "inactive"
    finance.call("POST", f"/contacts/{used}/active")
    shop = customer(finance, "Short Lived")
    gone = finance.call("DELETE", f"/contacts/{shop['contact_id']}").json()
    assert gone["message"] == "The contact has been deleted."
    assert finance.get(f"/contacts/{shop['contact_id']}").status_code == 404
    first = finance.rows("invoices", invoice_number="INV-51131")[0]["invoice_id"]
    article = finance.one("invoices", first)["line_items"][0]["item_id"]
    assert finance.call("DELETE", f"/items/{article}").status_code == 400


def test_items_estimates_orders_and_notes(finance: FinanceHttp) -> None:
    item = finance.call("POST", "/items", {"name": "Bell", "rate": 7.25}).json()
    assert item["message"] == "The item has been added."
    shop = customer(finance, "Bell Buyer")
    lines = [{"item_id": item["item"]["item_id"], "quantity": 4}]
    body = {"customer_id": shop["contact_id"], "line_items": lines}
    for path, key, said in (
        ("/estimates", "estimate", "The quote has been created."),
        ("/salesorders", "salesorder", "The Sales Order has been created."),
        ("/creditnotes", "creditnote", "The credit note has been created."),
    ):
        answer = finance.call("POST", path, body).json()
        assert (answer["message"], answer[key]["total"]) == (said, 29)
    vendor = finance.call("POST", "/contacts", {"contact_name": "V", "contact_type": "vendor"}).json()[
        "contact"
    ]
    order = {"vendor_id": vendor["contact_id"], "line_items": lines}
    assert finance.call("POST", "/purchaseorders", order).json()["purchaseorder"]["total"] == 29


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/contacts", {}, 6),
        ("/items", {"rate": 1}, 6),
        ("/invoices", {"line_items": []}, 6),
        ("/invoices", {"customer_id": "5", "line_items": [{"rate": 1}]}, 1002),
        ("/customerpayments", {"customer_id": "46000000001000004", "amount": -1}, 2),
        ("/invoices", {"customer_id": "46000000001000004"}, 6),
        ("/invoices", {"customer_id": "46000000001000004", "line_items": [{"quantity": "x"}]}, 2),
        ("/invoices", {"customer_id": "46000000001000004", "date": "soon"}, 2),
    ],
)
def test_bodies_that_are_refused(finance: FinanceHttp, path: str, body: Any, code: int) -> None:
    answer = finance.call("POST", path, body)
    assert answer.json()["code"] == code
    assert answer.status_code in {400, 404}


def test_a_form_with_a_json_string(finance: FinanceHttp) -> None:
    answer = finance.zoho.call(
        "POST",
        "/books/v3/contacts",
        params={"organization_id": "712001455"},
        data={"JSONString": json.dumps({"contact_name": "By Form"})},
    )
    assert answer.json()["contact"]["contact_name"] == "By Form"


def test_billing_is_read_only(finance: FinanceHttp) -> None:
    assert finance.call("POST", "/billing/v1/subscriptions", {}).status_code == 405


def truth(finance: FinanceHttp, name: str) -> dict[str, dict[str, Any]]:
    return {one["id"]: one["values"] for one in finance.sandbox("GET", f"records/{name}", lines=0)["records"]}


def test_the_truth_is_what_lists_show(finance: FinanceHttp) -> None:
    for name, key in (("invoices", "invoice_id"), ("estimates", "estimate_id"), ("contacts", "contact_id")):
        rows = {one[key]: one for one in finance.rows(name)}
        kept = truth(finance, name)
        assert rows.keys() == kept.keys()
        for identity, values in kept.items():
            assert values.items() <= rows[identity].items()
    assert finance.zoho.get("/_sandbox/finance/records/wishes").status_code == 404


def test_the_truth_by_pages(finance: FinanceHttp) -> None:
    first = finance.sandbox("GET", "records/items", limit=300)
    rest = finance.sandbox("GET", "records/items", after=first["records"][-1]["id"])
    assert len(first["records"]) + len(rest["records"]) == first["count"]


def test_random_changes_are_the_same_for_the_same_seed_and_move_what_they_touch(finance: FinanceHttp) -> None:
    lists = ("invoices", "contacts", "customerpayments", "estimates", "salesorders", "creditnotes")
    before = {name: truth(finance, name) for name in lists}
    wish = {"seed": 7, "inserts": 25, "updates": 25, "deletes": 12, "voids": 4}
    made = finance.sandbox("POST", "changes", wish)["made"]
    assert sum(made.values()) == 66
    after = {name: truth(finance, name) for name in lists}
    new = {name: after[name].keys() - before[name].keys() for name in lists}
    assert sum(map(len, new.values())) > 15
    assert sum(len(before[name].keys() - after[name].keys()) for name in lists) >= 10
    for name in lists:
        for identity in before[name].keys() & after[name].keys():
            old, now = before[name][identity], after[name][identity]
            if old != now:
                assert old["last_modified_time"] < now["last_modified_time"], "what changes is stamped"
    voids = [one for one in after["invoices"].values() if one["status"] == "void"]
    assert len(voids) >= 4
    assert all(one["total"] for one in voids)


@pytest.fixture
def listener() -> Iterator[tuple[str, Queue[Received]]]:
    received: Queue[Received] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((self.path, dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


def test_a_webhook_is_signed_and_told_of_its_lists_only(
    finance: FinanceHttp, listener: tuple[str, Queue[Received]]
) -> None:
    base, received = listener
    wish = {"url": f"{base}/books?name=basic&hook=1", "secret": SECRET, "entities": ["contacts"]}
    assert finance.sandbox("POST", "webhooks", wish)["webhooks"][0]["entities"] == ["contacts"]
    invoice(finance, customer(finance, "Told")["contact_id"])
    path, headers, body = received.get(timeout=10)
    assert path == "/books?name=basic&hook=1"
    signed = hmac.new(SECRET.encode(), b"hook1namebasic" + body, hashlib.sha256).hexdigest()
    assert headers["X-Zoho-Webhook-Signature"] == signed
    told = json.loads(body)
    assert (told["entity"], told["event"], told["data"]["contact_name"]) == ("contacts", "insert", "Told")
    finance.call("DELETE", f"/contacts/{customer(finance, 'Brief')['contact_id']}")
    events = [json.loads(received.get(timeout=10)[2]) for _ in range(2)]
    assert [one["event"] for one in events] == ["insert", "delete"]
    assert received.empty()
    assert finance.sandbox("DELETE", "webhooks")["webhooks"] == []


def test_the_signature_of_the_documentations_example() -> None:
    body = b'{"created_date":"2019-03-06","event_id":"5675"}'
    text = b"namebasicsubscription_id90343" + body
    expected = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    assert signature(SECRET, "subscription_id=90343&name=basic", body) == expected


@pytest.mark.parametrize(
    "wish",
    [{"url": "https://example.com/x"}, {"url": ""}, {"url": "http://127.0.0.1:1/", "entities": ["wishes"]}],
)
def test_webhooks_stay_on_this_machine(finance: FinanceHttp, wish: dict[str, Any]) -> None:
    assert finance.zoho.post("/_sandbox/finance/webhooks", wish).status_code == 400
