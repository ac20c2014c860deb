"""Reading the items of a ``watch`` request: what is wrong with one is that item's line of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.zoho.clock import ZONE
from sandbox.zoho.store import Store
from sandbox.zoho.written import WrongItem

LONGEST_TOKEN = 50
LONGEST_ID = 19
EVENTS = frozenset({"create", "edit", "delete", "all"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})  # the sandbox alone calls back without TLS, here only
MOST_CONDITION_FIELDS = 10
Item = Mapping[str, Any]


def needed(item: Item, name: str, place: str) -> Any:
    """A value that must be there."""
    value = item.get(name)
    if value in (None, "", []):
        raise WrongItem("MANDATORY_NOT_FOUND", {"api_name": name, "json_path": f"{place}.{name}"})
    return value


def unfit(name: str, place: str, **details: Any) -> WrongItem:
    """A value that does not fit."""
    return WrongItem("INVALID_DATA", {"api_name": name, "json_path": f"{place}.{name}", **details})


def channel_id(item: Item, place: str) -> str:
    """A number or digits, as the client chose it."""
    given = needed(item, "channel_id", place)
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdigit()):
        raise unfit("channel_id", place, expected_data_type="long")
    if len(text) > LONGEST_ID:
        raise unfit("channel_id", place, maximum_length=LONGEST_ID)
    return text


def notify_url(item: Item, place: str) -> str:
    """An https address; on this machine http will do."""
    given = needed(item, "notify_url", place)
    parts = urlsplit(given) if isinstance(given, str) else None
    if parts is None or not parts.hostname or not _may_be_called(parts.scheme, parts.hostname):
        raise unfit("notify_url", place, expected_data_type="https url")
    return str(given)


def _may_be_called(scheme: str, host: str) -> bool:
    return scheme == "https" or (scheme == "http" and host in LOOPBACK)


def token(item: Item, place: str) -> str | None:
    """The word that each callback repeats."""
    given = item.get("token")
    if given is not None and not isinstance(given, str):
        raise unfit("token", place, expected_data_type="string")
    if given is not None and len(given) > LONGEST_TOKEN:
        raise unfit("token", place, maximum_length=LONGEST_TOKEN)
    return given


def expiry(item: Item, place: str) -> int | None:
    """The instant that is asked for, as seconds since 1970."""
    given = item.get("channel_expiry")
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise unfit("channel_expiry", place, expected_data_type="datetime") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp())


def flag(item: Item, name: str, place: str, *, default: bool) -> bool:
    """A yes or no."""
    given = item.get(name, default)
    if not isinstance(given, bool):
        raise unfit(name, place, expected_data_type="boolean")
    return given


def events(store: Store, item: Item, place: str) -> dict[str, set[str]]:
    """``Deals.all`` and so on, by module."""
    given = needed(item, "events", place)
    if not isinstance(given, list):
        raise unfit("events", place, expected_data_type="jsonarray")
    wanted: dict[str, set[str]] = {}
    for number, name in enumerate(given):
        module, _, event = str(name).rpartition(".")
        table = store.tables.get(module)
        if event not in EVENTS or not module:
            raise WrongItem("INVALID_DATA", {"api_name": "events", "json_path": f"{place}.events[{number}]"})
        if module != "users" and (table is None or not table.module.has_records_api):
            code = "INVALID_MODULE" if table is None else "NOT_SUPPORTED"
            raise WrongItem(code, {"api_name": "events", "json_path": f"{place}.events[{number}]"})
        wanted.setdefault(module, set()).add(event)
    return wanted


def condition(store: Store, item: Item, place: str) -> list[Any] | None:
    """Of which fields an update must be told."""
    given = item.get("notification_condition")
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise unfit("notification_condition", place, expected_data_type="jsonarray")
    for number, one in enumerate(given):
        where = f"{place}.notification_condition[{number}]"
        module = one.get("module", {}).get("api_name")
        if module not in store.tables:
            raise unfit("module", where)
        names = list(_fields_of(one.get("field_selection")))
        if not names:
            raise WrongItem("DEPENDENT_FIELD_MISSING", {"api_name": "field_selection", "json_path": where})
        if len(names) > MOST_CONDITION_FIELDS:
            raise unfit("field_selection", where, maximum_length=MOST_CONDITION_FIELDS)
        if not set(names) <= set(store.tables[module].module.by_name):
            raise unfit("field", where)
    return given


def _fields_of(selection: object) -> list[str]:
    if not isinstance(selection, dict):
        return []
    group = selection.get("group")
    if isinstance(group, list):
        return [name for one in group for name in _fields_of(one)]
    named = selection.get("field")
    return [str(named.get("api_name"))] if isinstance(named, dict) else []
