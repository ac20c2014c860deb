"""One call to Finance: token, address, organisation, limits, scope; then the list, the detail or the change.

The order of the checks is not documented; this one lets a wrong token cost nothing.
"""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.finance import shapes, writes
from sandbox.finance.documents import Document
from sandbox.finance.kinds import PRODUCTS, Kind, Product
from sandbox.finance.lists import Spoiled, list_answer
from sandbox.finance.refusals import (
    does_not_exist,
    invalid_token,
    invalid_url,
    no_organisation,
    not_allowed,
    wrong_method,
)
from sandbox.finance.wire import HOME, ORGANISATION_ID, ORGANISATION_NAME, RATES, ZONE_NAME, money_of, rate_of
from sandbox.zoho.access import presented_token
from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.scopes import allows
from sandbox.zoho.state import Zoho

OPERATIONS = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}
BY_ROOT = {product.root.strip("/").partition("/")[0]: product for product in PRODUCTS}
MOST_ITEMS = 100


def answer(zoho: Zoho, call: Call) -> Answer:
    """Whatever is asked of Books, Inventory, Invoice or Billing.

    Raises:
        FinanceRefused: with Finance's codes.
    """
    _, root, _, *rest = call.path.split("/")
    product = BY_ROOT[root]
    scopes = _scopes(zoho, call)
    if rest[:1] == ["organizations"] and call.method == "GET":
        zoho.finance.limits.take()
        _check_scope(scopes, product, "settings", "READ")
        return _spoil(zoho, call, Answer(200, organisations(*rest[1:2]), credits=0))
    kind = product.kinds.get(rest[0] if rest else "")
    if kind is None and rest not in (["settings", "currencies"], ["itemdetails"]):
        raise invalid_url()
    _check_organisation(call, product)
    zoho.finance.limits.take()
    if call.method not in OPERATIONS:
        raise wrong_method()
    if kind is None:
        _check_scope(scopes, product, "settings", "READ")
        return Answer(200, _looked_up(zoho, call, rest[0]), credits=0)
    _check_scope(scopes, product, kind.group, OPERATIONS[call.method])
    return _spoil(zoho, call, _of_kind(zoho, call, kind, rest[1:]))


def organisations(wanted: str = "") -> dict[str, Any]:
    """The one organisation, in a list or alone. The fiscal year's start is text, as on live answers.

    Raises:
        FinanceRefused: another one is wanted.
    """
    if wanted not in {"", ORGANISATION_ID}:
        raise no_organisation(wanted)
    own = {
        "organization_id": ORGANISATION_ID,
        "name": ORGANISATION_NAME,
        "contact_name": "Ada Lindqvist",
        "email": "ada.lindqvist@bellwether.example",
        "is_default_org": True,
        "is_org_active": True,
        "plan_type": 8,
        "plan_name": "ULTIMATE",
        "plan_period": "Yearly",
        "language_code": "en",
        "fiscal_year_start_month": "1",
        "account_created_date": "2017-01-02",
        "time_zone": ZONE_NAME,
        "is_dst_active": True,
        "date_format": "MM/dd/yyyy",
        "field_separator": "/",
        "industry_type": "",
        "industry_size": "",
        "country_code": "US",
        "portal_name": "adventureworks",
        **money_of(HOME),
        "currency_format": "###,##0.00",
        "price_precision": 2,
        "tax_group_enabled": True,
        "org_settings": {"is_org_active": True},
    }
    found = {"organization": own} if wanted else {"organizations": [own]}
    return {"code": 0, "message": "success"} | found


def _scopes(zoho: Zoho, call: Call) -> tuple[str, ...]:
    token = zoho.tokens.find(presented_token(call) or "")
    if token is None:
        raise invalid_token()
    return token.scopes


def _check_scope(scopes: tuple[str, ...], product: Product, group: str, operation: str) -> None:
    """``fullaccess`` is taken in small letters only, as was seen."""
    full = f"{product.service}.fullaccess.all"
    if full not in scopes and not allows(scopes, f"{product.service}.{group}.{operation}"):
        raise not_allowed()


def _check_organisation(call: Call, product: Product) -> None:
    by_header = call.headers.get(product.header) if product.header else None
    by_query = call.query.get("organization_id") if product.by_query else None
    given = by_query or by_header or ""
    if given != ORGANISATION_ID:
        raise no_organisation(given)


def _of_kind(zoho: Zoho, call: Call, kind: Kind, rest: list[str]) -> Answer:
    """A list, one document, or an action on one."""
    if not rest:
        return _list(zoho, call, kind)
    if call.method == "GET" and len(rest) > 1 and rest[0] != "reference":
        raise invalid_url()
    if call.method == "GET":
        found = find(zoho, kind, rest[-1], by_reference=len(rest) > 1)
        shown = shapes.detail(zoho.finance.archive, kind, found)
        return Answer(200, {"code": 0, "message": "success", kind.singular: shown}, credits=0)
    if not kind.written:
        raise wrong_method()
    return writes.change(zoho, call, kind, find(zoho, kind, rest[0]), rest[1:])


def _list(zoho: Zoho, call: Call, kind: Kind) -> Answer:
    if call.method == "POST" and kind.written:
        return writes.create(zoho, call, kind)
    if call.method != "GET" or not kind.listed:
        raise wrong_method()
    faults = zoho.faults
    later = call.query.get("page", "1") != "1"
    spoiled = Spoiled(
        order=faults.take("sort_ignored", call.path), moved=later and faults.take("moved_row", call.path)
    )
    return Answer(200, list_answer(zoho.finance.archive, kind, call.query, spoiled), credits=0)


def find(zoho: Zoho, kind: Kind, identity: str, *, by_reference: bool = False) -> Document:
    """The document of an id, or of a CRM record's id.

    Raises:
        FinanceRefused: code 1002, there is none.
    """
    documents = zoho.finance.archive.of(kind.shelf)
    found = documents.get(identity)
    if by_reference or kind.identity == "plan_code":
        keys = ("plan_code",) if kind.identity == "plan_code" else ("zcrm_account_id", "zcrm_contact_id")
        found = next((one for one in documents.values() if identity in map(one.get, keys)), None)
    if found is None:
        raise does_not_exist(kind.called)
    return found


def _looked_up(zoho: Zoho, call: Call, what: str) -> dict[str, Any]:
    """The currencies, or the details of up to a hundred items at once."""
    body: dict[str, Any] = {"code": 0, "message": "success"}
    if what == "settings":
        rows = [
            money_of(one)
            | {"is_base_currency": one == HOME, "exchange_rate": rate_of(one), "price_precision": 2}
            for one in RATES
        ]
        return body | {"currencies": rows}
    items = zoho.finance.archive.of("items")
    wanted = call.query.get("item_ids", "").split(",")[:MOST_ITEMS]
    return body | {"items": [items[one].values | items[one].extra for one in wanted if one in items]}


def _spoil(zoho: Zoho, call: Call, given: Answer) -> Answer:
    """The answer, unless a fault was ordered that spoils it: half of the JSON, or an error with HTTP 200."""
    if zoho.faults.take("code_in_success", call.path):
        body = {"code": 1000, "message": "Sorry, we have encountered an internal error. Please try again."}
        return Answer(200, body, credits=0)
    if zoho.faults.take("truncated_json", call.path):
        whole = orjson.dumps(given.body)
        return Answer(given.status, whole[: len(whole) // 2].decode("utf-8", "ignore"), credits=0)
    return given
