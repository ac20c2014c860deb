"""Converting a lead: an account, a contact and perhaps a deal come of it, and the lead leaves the lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.clock import wire_time
from sandbox.zoho.records import identity_of
from sandbox.zoho.shaping import reference
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Record, Store
from sandbox.zoho.written import WrongItem, check_mandatory, read_values

CONVERSION_CREDITS = 5
Made = dict[str, Record | None]


def convert_lead(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/v8/Leads/{id}/actions/convert``.

    Raises:
        Refused: there is no such lead, or a value does not fit.
    """
    store = zoho.store
    lead = store.tables["Leads"].records.get(identity_of(call.names["id"]))
    if lead is None:
        raise Refused(400, "INVALID_DATA", {"id": call.names["id"]}, "the id given seems to be invalid")
    if lead.values.get("Converted__s"):
        raise Refused(400, "ID_ALREADY_CONVERTED", {"id": str(lead.id)}, "id already converted")
    items = call.json().get("data") if call.body else None
    wish = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    try:
        made = _convert(store, lead, wish)
    except WrongItem as wrong:
        return Answer(400, {"data": [wrong.result]}, credits=CONVERSION_CREDITS)
    details = {name: None if one is None else reference(store, name, one.id) for name, one in made.items()}
    result = {
        "code": "SUCCESS",
        "details": details,
        "message": "The record has been converted successfully",
        "status": "success",
    }
    return Answer(200, {"data": [result]}, credits=CONVERSION_CREDITS)


def _convert(store: Store, lead: Record, wish: Mapping[str, Any]) -> Made:
    deal = _deal_values(store, wish)
    account = _known(store, "Accounts", wish) or _account(store, lead)
    contact = _known(store, "Contacts", wish) or _contact(store, lead, account)
    made: Made = {"Accounts": account, "Contacts": contact, "Deals": None}
    if deal is not None:
        deal |= {"Account_Name": account.id if account else None, "Contact_Name": contact.id}
        made["Deals"] = store.insert(store.tables["Deals"], {"Owner": lead.values["Owner"]} | deal)
    ids = {name: None if one is None else one.id for name, one in made.items()}
    values = {
        "Converted__s": True,
        "Converted_Date_Time": wire_time(store.clock.epoch()),
        "Converted_Account": ids["Accounts"],
        "Converted_Contact": ids["Contacts"],
        "Converted_Deal": ids["Deals"],
        "$converted": True,
        "$converted_detail": {
            key.lower()[:-1]: str(value) for key, value in ids.items() if value is not None
        },
    }
    store.update(store.tables["Leads"], lead, values)
    return made


def _deal_values(store: Store, wish: Mapping[str, Any]) -> dict[str, Any] | None:
    item = wish.get("Deals")
    if not isinstance(item, dict):
        return None
    place, module = "$.data[0].Deals", store.tables["Deals"].module
    values = read_values(store, module, item, place)
    check_mandatory(module, values, place, partial=False)
    return values


def _known(store: Store, module: str, wish: Mapping[str, Any]) -> Record | None:
    given = wish.get(module)
    identity = given.get("id") if isinstance(given, dict) else given
    if identity is None:
        return None
    found = store.tables[module].records.get(int(identity)) if str(identity).isdecimal() else None
    if found is None:
        raise WrongItem("INVALID_DATA", {"api_name": module, "json_path": f"$.data[0].{module}"})
    return found


def _account(store: Store, lead: Record) -> Record | None:
    if not lead.values["Company"]:
        return None
    values = {"Account_Name": lead.values["Company"], "Phone": lead.values["Phone"]}
    return store.insert(store.tables["Accounts"], values | {"Owner": lead.values["Owner"]})


def _contact(store: Store, lead: Record, account: Record | None) -> Record:
    values = {name: lead.values[name] for name in ("First_Name", "Last_Name", "Email", "Phone", "Owner")}
    values["Account_Name"] = account.id if account else None
    return store.insert(store.tables["Contacts"], values)
