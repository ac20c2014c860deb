"""The ``/_sandbox`` API: what happens in the world outside, ordered by tests, the demo and the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.scopes import DEFAULT_SCOPES, all_well_formed, split_scopes
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Record, Table

WON, LOST = "Closed Won", "Closed Lost"
DEFAULT_LOSS_DAYS = 120
DEFAULT_WIN_AMOUNT = 50_000


def health(zoho: Zoho, _call: Call) -> Answer:
    """It runs, and what it holds."""
    records = {name: len(table.records) for name, table in zoho.store.tables.items()}
    return Answer(200, {"ok": True, "records": records, "now": zoho.clock.now().isoformat()})


def list_faults(zoho: Zoho, _call: Call) -> Answer:
    """The faults that are still to come."""
    return Answer(200, {"faults": [fault.as_json() for fault in zoho.faults.ordered]})


def order_fault(zoho: Zoho, call: Call) -> Answer:
    """Order a fault."""
    return Answer(200, zoho.faults.order(_object(call)).as_json())


def clear_faults(zoho: Zoho, _call: Call) -> Answer:
    """Take all faults back."""
    return Answer(200, {"cleared": zoho.faults.clear()})


def change_tokens(zoho: Zoho, call: Call) -> Answer:
    """Revoke, restore or expire tokens, or issue a self client's code."""
    action = call.names["action"]
    if action == "code":
        wish = _object(call)
        scopes = split_scopes(str(wish.get("scope", ""))) or DEFAULT_SCOPES
        if not all_well_formed(scopes):
            raise Refused(400, "INVALID_DATA", {"api_name": "scope"})
        code = zoho.tokens.issue_code(scopes)
        return Answer(200, {"code": code.value})
    actions: Mapping[str, Callable[[], None]] = {
        "revoke": zoho.tokens.revoke_everything,
        "restore": zoho.tokens.restore,
        "expire": zoho.tokens.expire_everything,
    }
    if action not in actions:
        raise Refused(404, "INVALID_URL_PATTERN")
    actions[action]()
    return Answer(200, {"ok": True})


def show_calls(zoho: Zoho, _call: Call) -> Answer:
    """Counts of calls since the start or the last reset."""
    counter = zoho.counter
    body = {
        "calls": dict(sorted(counter.calls.items())),
        "statuses": {str(status): count for status, count in sorted(counter.statuses.items())},
        "credits_used": zoho.ledger.used,
    }
    return Answer(200, body)


def reset_calls(zoho: Zoho, _call: Call) -> Answer:
    """Count from nothing; the credits of the day are forgotten too."""
    zoho.counter.reset()
    zoho.ledger.reset()
    zoho.bulk.reset()
    return Answer(200, {"ok": True})


def list_accounts(zoho: Zoho, call: Call) -> Answer:
    """Accounts by won amount, the largest first."""
    if call.query.get("by", "won") != "won":
        raise Refused(400, "INVALID_DATA", {"param_name": "by", "supported_values": ["won"]})
    accounts = zoho.store.tables["Accounts"]
    sums = {
        account.id: {
            "id": str(account.id),
            "name": account.values["Account_Name"],
            "won_count": 0,
            "won_amount": 0,
            "open_count": 0,
        }
        for account in accounts.in_id_order()
    }
    for deal in zoho.store.tables["Deals"].records.values():
        account = sums.get(deal.values["Account_Name"])
        if account is not None:
            _add_deal(account, deal)
    return Answer(200, sorted(sums.values(), key=lambda one: (-one["won_amount"], one["name"])))


def lose(zoho: Zoho, call: Call) -> Answer:
    """Every won deal that closed in the last days, and every open one, becomes lost."""
    account = _account(zoho, call)
    days = _number(_object(call), "days", DEFAULT_LOSS_DAYS)
    today = zoho.clock.today()
    first = (today - timedelta(days=days)).isoformat()
    changed = 0
    deals = zoho.store.tables["Deals"]
    for deal in _deals_of(deals, account):
        stage, closing = deal.values["Stage"], deal.values["Closing_Date"]
        if stage == WON and closing is not None and closing >= first:
            zoho.store.update(deals, deal, {"Stage": LOST})
        elif stage not in {WON, LOST}:
            zoho.store.update(deals, deal, {"Stage": LOST, "Closing_Date": today.isoformat()})
        else:
            continue
        changed += 1
    return Answer(200, {"changed": changed})


def win(zoho: Zoho, call: Call) -> Answer:
    """A new won deal that closed today."""
    account = _account(zoho, call)
    amount = _number(_object(call), "amount", DEFAULT_WIN_AMOUNT)
    deals = zoho.store.tables["Deals"]
    product = zoho.store.tables["Products"].in_id_order()[-1]
    name = product.values["Product_Name"]
    number = 1 + sum(1 for deal in _deals_of(deals, account) if " · NEW" in str(deal.values["Deal_Name"]))
    values = {
        "Deal_Name": f"{account.values['Account_Name']} · {name} · NEW{number:05}",
        "Stage": WON,
        "Amount": amount,
        "Closing_Date": zoho.clock.today().isoformat(),
        "Account_Name": account.id,
        "Product": product.id,
        "Product_Name_As_Written": name,
        "Owner": account.values["Owner"],
    }
    return Answer(200, {"id": str(zoho.store.insert(deals, values).id)})


def _add_deal(account: dict[str, Any], deal: Record) -> None:
    stage = deal.values["Stage"]
    if stage == WON:
        account["won_count"] += 1
        account["won_amount"] += deal.values["Amount"] or 0
    elif stage != LOST:
        account["open_count"] += 1


def _deals_of(deals: Table, account: Record) -> list[Record]:
    return [deal for deal in deals.in_id_order() if deal.values["Account_Name"] == account.id]


def _account(zoho: Zoho, call: Call) -> Record:
    text = call.names["id"]
    accounts = zoho.store.tables["Accounts"].records
    account = accounts.get(int(text)) if text.isascii() and text.isdigit() else None
    if account is None:
        raise Refused(404, "INVALID_DATA", {"id": text}, "there is no such account")
    return account


def _object(call: Call) -> dict[str, Any]:
    return call.json() if call.body else {}


def _number(wish: Mapping[str, Any], name: str, default: int) -> int | float:
    value = wish.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
        raise Refused(400, "INVALID_DATA", {"api_name": name})
    return value
