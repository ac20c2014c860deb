"""What an organisation may switch on: several currencies, territories."""

from __future__ import annotations

from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused, page_info
from sandbox.zoho.clock import wire_time
from sandbox.zoho.invented import number_for
from sandbox.zoho.schema import ORGANISATION_DIGITS, sketch
from sandbox.zoho.schema_change import add_field, remove_field
from sandbox.zoho.shaping import symbol_of, user_receipt
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Store, Table

HOME = "USD"
MOST_CURRENCIES = 10
FIRST_CURRENCY, FIRST_TERRITORY = ORGANISATION_DIGITS + 40_001, ORGANISATION_DIGITS + 45_001
RATE = "{:.9f}"
TERRITORIES = ("Central", "East", "West")


def set_currencies(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/currencies`` {"enable", "currencies": [{"iso", "rate"}], "spread"}.

    ``rate`` is units of the currency for one of the home currency. Records keep the rate of their last save.
    With ``spread`` existing records get currencies by their ids, otherwise the home currency.

    Raises:
        Refused: there are too many currencies, or a rate is not above zero.
    """
    wish, store = call.json(), zoho.store
    if not wish.get("enable", True):
        store.currencies = {}
        for table in _bearing(store):
            for name in ("Currency", "Exchange_Rate"):
                if name in table.module.by_name:
                    remove_field(store, table, table.module.by_name[name])
        return Answer(200, {"currencies": {}})
    rates = {str(one["iso"]): one["rate"] for one in wish.get("currencies") or ()}
    right = all(isinstance(rate, int | float) and rate > 0 for rate in rates.values())
    if not right or len(rates) > MOST_CURRENCIES:
        raise Refused(400, "INVALID_DATA", {"api_name": "currencies"})
    store.currencies = {HOME: 1.0} | {iso: float(rate) for iso, rate in rates.items() if iso != HOME}
    for table in _bearing(store):
        _give_currencies(store, table, spread=bool(wish.get("spread")))
    return Answer(200, {"currencies": store.currencies})


def _bearing(store: Store) -> list[Table]:
    """The modules with amounts; rows of subforms go by their record's currency."""
    return [
        table
        for table in store.tables.values()
        if table.module.parent is None and any(one.data_type == "currency" for one in table.module.fields)
    ]


def _give_currencies(store: Store, table: Table, *, spread: bool) -> None:
    known = tuple(store.currencies)
    fresh = "Currency" not in table.module.by_name
    if fresh:
        add_field(store, table, sketch("Currency", "picklist", 120, options=known))
        add_field(store, table, sketch("Exchange_Rate", "double", 16, scale=9))
    if not (fresh or spread):
        return
    for record in table.in_id_order():
        iso = known[number_for(f"currency {record.id}", len(known))] if spread else HOME
        record.values |= {"Currency": iso, "Exchange_Rate": store.currencies[iso]}
        table.changed(record)


def currencies(zoho: Zoho, _call: Call) -> Answer:
    """``GET /crm/v8/org/currencies``.

    Raises:
        Refused: CURRENCIES_NOT_ENABLED, the organisation has one currency only.
    """
    store = zoho.store
    if not store.currencies:
        raise Refused(403, "CURRENCIES_NOT_ENABLED")
    kept = enumerate(store.currencies.items(), FIRST_CURRENCY)
    return Answer(200, {"currencies": [_currency(store, number, *one) for number, one in kept]})


def _currency(store: Store, identity: int, iso: str, rate: float) -> dict[str, Any]:
    founded = wire_time(min(user.created for user in store.users()))
    return {
        "id": str(identity),
        "name": f"{iso} - {iso}" if iso != HOME else "US Dollar - USD",
        "iso_code": iso,
        "symbol": symbol_of(iso),
        "exchange_rate": RATE.format(rate),
        "is_base": iso == HOME,
        "is_active": True,
        "prefix_symbol": True,
        "format": {"decimal_separator": "Period", "thousand_separator": "Comma", "decimal_places": "2"},
        "created_time": founded,
        "modified_time": founded,
        "created_by": user_receipt(store, store.acting_user),
        "modified_by": user_receipt(store, store.acting_user),
    }


def set_territories(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/territories`` {"enable"}: accounts and users belong to some, or to none any more."""
    store, wanted = zoho.store, bool(call.json().get("enable", True))
    accounts, users = store.tables["Accounts"], store.tables["Users"]
    known = accounts.module.by_name.get("Territories")
    if wanted and known is None:
        add_field(store, accounts, sketch("Territories", "territories"))
        for account in accounts.in_id_order():
            account.values["Territories"] = [_territory(number_for(f"territory {account.id}", 3))]
            accounts.changed(account)
    if not wanted and known is not None:
        remove_field(store, accounts, known)
    for user in users.in_id_order():
        role = user.values["role"]["name"].split()[0]
        mine = [_territory(TERRITORIES.index(role))] if role in TERRITORIES else []
        user.values["territories"] = mine if wanted else []
        users.changed(user)
    return Answer(200, {"enabled": wanted})


def _territory(number: int) -> dict[str, str]:
    return {"name": TERRITORIES[number], "id": str(FIRST_TERRITORY + number)}


def territories(zoho: Zoho, _call: Call) -> Answer:
    """``GET /crm/v8/settings/territories``.

    Raises:
        Refused: FEATURE_NOT_ENABLED.
    """
    store = zoho.store
    if "Territories" not in store.tables["Accounts"].module.by_name:
        raise Refused(403, "FEATURE_NOT_ENABLED", {"feature_name": "territories"})
    shown = [
        {
            **_territory(number),
            "api_name": name,
            "manager": user_receipt(store, store.acting_user),
            "reporting_to": None,
            "description": None,
            "permission_type": "read_write_delete",
            "created_by": user_receipt(store, store.acting_user),
            "modified_by": user_receipt(store, store.acting_user),
        }
        for number, name in enumerate(TERRITORIES)
    ]
    info = page_info(200, len(shown), 1, more=False)
    return Answer(200, {"territories": shown, "info": info})
