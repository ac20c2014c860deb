"""``/org``, ``/org/currencies`` and ``/users``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused, page_info
from sandbox.zoho.clock import ZONE_NAME, wire_time
from sandbox.zoho.modified import changed_since
from sandbox.zoho.schema import ORGANISATION_DIGITS
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Record, Store

ORGANISATION_ID = "612001455"
PER_PAGE = 200
USER_TYPES: Mapping[str, Callable[[Record], bool]] = {
    "AllUsers": lambda _user: True,
    "ActiveUsers": lambda user: bool(user.values["status"] == "active"),
    "DeactiveUsers": lambda user: bool(user.values["status"] == "disabled"),
    "DeletedUsers": lambda user: bool(user.values["status"] == "deleted"),
    "ConfirmedUsers": lambda _user: True,
    "NotConfirmedUsers": lambda _user: False,
    "ActiveConfirmedUsers": lambda user: bool(user.values["status"] == "active"),
    "AdminUsers": lambda user: bool(user.values["profile"]["name"] == "Administrator"),
    "ActiveConfirmedAdmins": lambda user: bool(user.values["profile"]["name"] == "Administrator"),
}


def organisation(zoho: Zoho, _call: Call) -> Answer:
    """``GET /crm/v8/org``."""
    users = len(zoho.store.tables["Users"].records)
    licence = {
        "paid": True,
        "paid_type": zoho.limits.edition,
        "paid_expiry": None,
        "trial_type": None,
        "trial_expiry": None,
        "users_license_purchased": users,
        "portal_users_license_purchased": 0,
    }
    place = {"country": "United States", "country_code": "US", "city": "New York", "state": "NY"}
    money = {
        "currency": "US Dollar - USD",
        "iso_code": "USD",
        "currency_symbol": "$",
        "currency_locale": "en_US",
        "mc_status": bool(zoho.store.currencies),
    }
    org = {
        "id": str(ORGANISATION_DIGITS + 1_001),
        "zgid": ORGANISATION_ID,
        "company_name": "Maven Hardware",
        "alias": None,
        "primary_email": "ada.lindqvist@bellwether.example",
        "primary_zuid": ORGANISATION_ID,
        "time_zone": ZONE_NAME,
        "type": "production",
        "license_details": licence,
        "domain_name": f"org{ORGANISATION_ID}",
        "employee_count": str(users),
        "created_time": wire_time(min(user.created for user in zoho.store.users())),
        "privacy_settings": False,
        "hipaa_compliance_enabled": False,
        "translation_enabled": False,
        "gapps_enabled": False,
        "hierarchy_preferences": {"type": "Role_Hierarchy"},
        "photo_id": None,
    }
    return Answer(200, {"org": [org | money | place]})


def users(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/users?type=…&page&per_page``."""
    chosen = _chosen_users(zoho.store, call)
    if changed_since(call) is not None:
        chosen = [user for user in chosen if user.modified > (changed_since(call) or 0)]
        if not chosen:
            return Answer(304)
    page, per_page = call.number("page", 1), call.number("per_page", PER_PAGE, PER_PAGE)
    start = (page - 1) * per_page
    shown = chosen[start : start + per_page]
    if not shown:
        return Answer(204)
    info = page_info(per_page, len(shown), page, more=start + len(shown) < len(chosen))
    return Answer(200, {"users": [user_json(zoho.store, user) for user in shown], "info": info})


def user(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/users/{id}``."""
    text = call.names["id"]
    if not (text.isascii() and text.isdigit()):
        raise Refused(400, "INVALID_DATA", {"id": text}, "the id given seems to be invalid")
    found = zoho.store.user_of(int(text))
    return Answer(204) if found is None else Answer(200, {"users": [user_json(zoho.store, found)]})


def count_users(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/users/actions/count?type=…``."""
    return Answer(200, {"count": len(_chosen_users(zoho.store, call))})


def _chosen_users(store: Store, call: Call) -> list[Record]:
    kind = call.query.get("type", "AllUsers")
    if kind == "CurrentUser":
        return [one for one in store.users() if one.id == store.acting_user]
    if kind not in USER_TYPES:
        raise Refused(400, "INVALID_DATA", {"param_name": "type"})
    wanted = set(filter(None, call.query.get("ids", "").split(",")))
    return [one for one in store.users() if USER_TYPES[kind](one) and (not wanted or str(one.id) in wanted)]


def user_json(store: Store, record: Record) -> dict[str, Any]:
    """A user as the API shows one."""
    values = record.values
    boss = store.user_of(values["Reporting_To"]) if values["Reporting_To"] else None
    return {
        **values,
        "id": str(record.id),
        "zuid": str(record.id % 10**9),
        "alias": None,
        "Reporting_To": {"name": boss.values["full_name"], "id": str(boss.id)} if boss else None,
        "confirm": True,
        "time_zone": ZONE_NAME,
        "offset": -18_000_000,
        "locale": "en_US",
        "country_locale": "en_US",
        "language": "en_US",
        "date_format": "MM/dd/yyyy",
        "time_format": "hh:mm a",
        "decimal_separator": "Period",
        "number_separator": "Comma",
        "territories": values.get("territories", []),
        "created_time": values["Created_Time"],
        "created_by": {"name": "Ada Lindqvist", "id": str(store.administrator)},
        "Modified_By": {"name": "Ada Lindqvist", "id": str(store.administrator)},
        "Isonline": False,
        "microsoft": False,
        "personal_account": False,
        "sandboxDeveloper": False,
        "name_format__s": "Salutation,First Name,Last Name",
        "sort_order_preference__s": "First Name,Last Name",
        "status_reason__s": None,
    }
