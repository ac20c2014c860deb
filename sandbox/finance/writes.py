"""Creating, changing and deleting documents, and the few actions on one, with the messages of the real API.

A body is JSON, or a form with a ``JSONString``. The codes of refused deletions are uncertain. Unlike the
real API, this one lets a contact's CRM ids be written, so that a test can link one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qs

import orjson

from sandbox.finance.documents import Archive, Document, Line
from sandbox.finance.kinds import Kind
from sandbox.finance.parties import Article, Links, Party, contact, item
from sandbox.finance.payments import Receipt, payment, receive, release, take_back
from sandbox.finance.refusals import (
    FinanceRefused,
    does_not_exist,
    invalid_value,
    value_missing,
    wrong_method,
)
from sandbox.finance.sales import MAKERS, Deal, Paper
from sandbox.finance.shapes import WITH_LINES, detail, in_use
from sandbox.finance.wire import RATES, hundredths, number, today
from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.state import Zoho

NOUNS = {
    "contacts": "contact", "invoices": "invoice", "estimates": "quote", "salesorders": "Sales Order",
    "purchaseorders": "Purchase Order", "customerpayments": "payment",
    "creditnotes": "credit note", "items": "item",
}  # fmt: skip
ADDED = frozenset({"contacts", "items"})
PREFIXES = {
    "invoices": "INV", "estimates": "EST", "salesorders": "SO", "purchaseorders": "PO", "creditnotes": "CN",
}  # fmt: skip
STATUS_ACTIONS = {
    "sent": "sent",
    "draft": "draft",
    "void": "void",
    "accepted": "accepted",
    "declined": "declined",
}
SWITCHES = ("active", "inactive")
CODE_IN_USE = 3010


def create(zoho: Zoho, call: Call, kind: Kind) -> Answer:
    """``POST /{list}``: HTTP 201 and the new document.

    Raises:
        FinanceRefused: a value is missing or wrong.
    """
    archive, wish = zoho.finance.archive, _wish(call)
    maker = {"contacts": _new_contact, "items": _new_item, "customerpayments": _new_payment}.get(kind.shelf)
    made = _new_paper(archive, kind, wish) if maker is None else maker(archive, wish)
    if kind.shelf == "customerpayments":
        receive(archive, made, today(archive.clock))
    else:
        archive.insert(kind.shelf, made)
    said = f"The {NOUNS[kind.shelf]} has been {'added' if kind.shelf in ADDED else 'created'}."
    return _shown(archive, kind, made, said, 201)


def change(zoho: Zoho, call: Call, kind: Kind, document: Document, action: list[str]) -> Answer:
    """``PUT`` or ``DELETE /{list}/{id}``, ``POST /{list}/{id}/status/{status}``, ``/active``, ``/inactive``.

    Raises:
        FinanceRefused: the document is in use, a value is wrong, or there is no such action.
    """
    archive = zoho.finance.archive
    if call.method == "POST" and action:
        return _act(archive, kind, document, action)
    if action or call.method == "POST":
        raise wrong_method()
    if call.method == "DELETE":
        delete(archive, kind, document)
        return Answer(200, {"code": 0, "message": f"The {NOUNS[kind.shelf]} has been deleted."}, credits=0)
    _update(archive, kind, document, _wish(call))
    return _shown(archive, kind, document, f"The {NOUNS[kind.shelf]} has been updated.", 200)


def delete(archive: Archive, kind: Kind, document: Document) -> None:
    """Delete a document; nothing is left of it.

    Raises:
        FinanceRefused: it is a contact or an item in use.
    """
    used = kind.shelf == "contacts" and in_use(archive, document)
    sold = kind.shelf == "items" and _in_lines(archive, document)
    if used or sold:
        said = f"This {NOUNS[kind.shelf]} is used in transactions and cannot be deleted. Mark it as inactive."
        raise FinanceRefused(400, CODE_IN_USE, said)
    if kind.shelf == "customerpayments":
        take_back(archive, document, today(archive.clock))
        return
    archive.delete(kind.shelf, document)
    if kind.shelf == "invoices":
        release(archive, document)


def set_status(archive: Archive, kind: Kind, document: Document, status: str) -> None:
    """Give a document another status; a void invoice keeps its total and its balance."""
    if "current_sub_status" in document.values:
        archive.update(kind.shelf, document, status=status, current_sub_status=status)
    else:
        archive.update(kind.shelf, document, status=status)


def _act(archive: Archive, kind: Kind, document: Document, action: list[str]) -> Answer:
    if len(action) == 1 and action[0] in SWITCHES and kind.shelf in ADDED:
        set_status(archive, kind, document, action[0])
        return Answer(200, {"code": 0, "message": f"The {NOUNS[kind.shelf]} has been marked as {action[0]}."})
    if len(action) == 2 and action[0] == "status" and action[1] in STATUS_ACTIONS and kind.shelf in PREFIXES:  # noqa: PLR2004
        set_status(archive, kind, document, STATUS_ACTIONS[action[1]])
        said = f"{kind.called} status has been changed to {action[1].capitalize()}."
        return Answer(200, {"code": 0, "message": said}, credits=0)
    raise wrong_method()


def _in_lines(archive: Archive, document: Document) -> bool:
    return any(
        line.item == document.id
        for name in WITH_LINES
        for one in archive.of(name).values()
        for line in one.lines
    )


def _shown(archive: Archive, kind: Kind, document: Document, said: str, status: int) -> Answer:
    body = {"code": 0, "message": said, kind.singular: detail(archive, kind, document)}
    return Answer(status, body, credits=0)


def _wish(call: Call) -> dict[str, Any]:
    """The body as an object, however it is sent."""
    raw = call.body
    if raw.startswith(b"JSONString="):
        raw = parse_qs(raw.decode("utf-8", "replace"))["JSONString"][0].encode()
    try:
        read = orjson.loads(raw)
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise invalid_value("JSONString")
    return read


def _new_contact(archive: Archive, wish: Mapping[str, Any]) -> Document:
    return contact(archive.new_id(), archive.clock.epoch(), party_of(wish))


def party_of(wish: Mapping[str, Any]) -> Party:
    """A contact as a body describes it.

    Raises:
        FinanceRefused: it has no name, or a currency that the organisation does not have.
    """
    if not wish.get("contact_name"):
        raise value_missing("contact_name")
    currency = str(wish.get("currency_code") or "USD")
    if currency not in RATES:
        raise invalid_value("currency_code")
    persons = wish.get("contact_persons") or [{}]
    place = wish.get("billing_address") or {}
    place_text = {key: str(place.get(key) or "") for key in ("city", "state", "country")}

    def text(key: str) -> str:
        return str(wish.get(key) or persons[0].get(key) or "")

    return Party(
        str(wish["contact_name"]),
        str(wish.get("contact_type") or "customer"),
        text("first_name"),
        text("last_name"),
        text("email"),
        text("phone"),
        text("website"),
        place_text["city"],
        place_text["state"],
        place_text["country"],
        currency=currency,
        notes=text("notes"),
        company=text("company_name"),
        links=Links(text("zcrm_account_id"), text("zcrm_contact_id")),
    )


def _new_item(archive: Archive, wish: Mapping[str, Any]) -> Document:
    if not wish.get("name"):
        raise value_missing("name")
    texts = {key: str(wish.get(key) or "") for key in ("sku", "description")}
    article = Article(
        str(wish["name"]), **texts, rate=_money(wish, "rate"), cost=_money(wish, "purchase_rate")
    )
    return item(archive.new_id(), archive.clock.epoch(), article)


def _new_payment(archive: Archive, wish: Mapping[str, Any]) -> Document:
    customer = _party(archive, wish, "customer_id")
    applied = []
    for one in wish.get("invoices") or []:
        invoice = archive.of("invoices").get(str(one.get("invoice_id")))
        cents = _money(one, "amount_applied")
        if invoice is None or not 0 < cents <= hundredths(invoice.values["balance"]):
            raise invalid_value("invoices")
        applied.append((invoice, cents))
    amount = _money(wish, "amount")
    if amount <= 0 or amount < sum(cents for _, cents in applied):
        raise invalid_value("amount")
    return payment(
        Receipt(
            archive.new_id(),
            str(len(archive.of("customerpayments")) + 1),
            customer,
            _day(archive, wish),
            archive.clock.epoch(),
            amount,
            applied,
            str(wish.get("payment_mode") or "cash"),
            str(wish.get("reference_number") or ""),
        )
    )


def _new_paper(archive: Archive, kind: Kind, wish: Mapping[str, Any]) -> Document:
    party = _party(archive, wish, "vendor_id" if kind.shelf == "purchaseorders" else "customer_id")
    where = archive.new_id()
    called = f"{kind.singular}_number"
    paper = Paper(
        where,
        str(wish.get(called) or f"{PREFIXES[kind.shelf]}-N{where[-6:]}"),
        party,
        _day(archive, wish),
        archive.clock.epoch(),
        _lines(archive, wish),
        str(wish.get("status") or "draft"),
        reference=str(wish.get("reference_number") or ""),
        deal=Deal(str(wish.get("zcrm_potential_id") or "")),
    )
    return MAKERS[kind.shelf](paper)


def _update(archive: Archive, kind: Kind, document: Document, wish: Mapping[str, Any]) -> None:
    """Values that the document has as text, number or flag; its lines, and with them its total."""
    known = document.values | document.extra
    changed: dict[str, Any] = {}
    for key, value in wish.items():
        fixed = key in {kind.identity, "customer_id", "vendor_id", "balance", "total", "created_time"}
        if (
            fixed
            or not isinstance(known.get(key), str | int | float)
            or not isinstance(value, str | int | float)
        ):
            continue
        changed[key] = value
    if wish.get("line_items") and kind.shelf in WITH_LINES:
        document.lines = _lines(archive, wish)
        total = sum(line.total for line in document.lines)
        paid = hundredths(document.values["total"]) - hundredths(document.values.get("balance", 0))
        changed["total"] = number(total)
        if "balance" in document.values:
            changed["balance"] = number(total - paid)
    if kind.shelf == "contacts" and "contact_name" in changed:
        changed["customer_name" if document.values["customer_name"] else "vendor_name"] = changed[
            "contact_name"
        ]
    archive.update(kind.shelf, document, **changed)


def _lines(archive: Archive, wish: Mapping[str, Any]) -> list[Line]:
    made = []
    for one in wish.get("line_items") or []:
        item_id = str(one.get("item_id") or "")
        known = archive.of("items").get(item_id)
        if item_id and known is None:
            raise does_not_exist("Item")
        name = str(one.get("name") or (known.values["name"] if known is not None else ""))
        rate = _money(one if "rate" in one or known is None else known.values, "rate")
        quantity = one.get("quantity", 1)
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 < quantity < 10**6:
            raise invalid_value("quantity")
        made.append(Line(str(one.get("line_item_id") or archive.new_id()), item_id, name, quantity, rate))
    if not made:
        raise value_missing("line_items")
    return made


def _party(archive: Archive, wish: Mapping[str, Any], key: str) -> Document:
    if not wish.get(key):
        raise value_missing(key)
    party = archive.of("contacts").get(str(wish[key]))
    if party is None:
        raise does_not_exist("Contact")
    return party


def _day(archive: Archive, wish: Mapping[str, Any]) -> date:
    text = str(wish.get("date") or today(archive.clock).isoformat())
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid_value("date") from None


def _money(wish: Mapping[str, Any], key: str) -> int:
    value = wish.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 10**12:
        raise invalid_value(key)
    return hundredths(value)
