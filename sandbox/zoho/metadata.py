"""``/settings/modules`` and ``/settings/fields``: the schema as Zoho describes it."""

from __future__ import annotations

from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.clock import wire_time
from sandbox.zoho.modified import changed_since
from sandbox.zoho.schema import ORGANISATION_DIGITS, STAGES, TAG_COLOURS, Field, Module
from sandbox.zoho.staff import FIRST_PROFILE, PROFILES
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Store

JSON_TYPES = {
    "integer": "integer",
    "double": "double",
    "currency": "double",
    "percent": "double",
    "boolean": "boolean",
    "lookup": "jsonobject",
    "ownerlookup": "jsonobject",
    "userlookup": "jsonobject",
    "multiselectpicklist": "jsonarray",
    "multiselectlookup": "jsonarray",
    "subform": "jsonarray",
    "territories": "jsonarray",
}  # every other type is a string
UI_TYPES = {
    "text": 1, "picklist": 2, "textarea": 3, "lookup": 4, "ownerlookup": 8, "date": 24, "email": 25,
    "website": 29, "phone": 33, "integer": 32, "bigint": 38, "currency": 36, "double": 38, "percent": 37,
    "boolean": 301, "datetime": 200, "userlookup": 786,
    "multiselectpicklist": 5, "autonumber": 39, "subform": 555, "multiselectlookup": 444, "territories": 786,
    "formula": 110,
}  # fmt: skip
UNFILTERABLE = {"textarea", "subform", "multiselectlookup", "territories"}
SMALL = 2_000  # characters of a small text area
PROFILE_LIST = [{"name": name, "id": str(FIRST_PROFILE + place)} for place, name in enumerate(PROFILES)]


def modules(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/modules``; with If-Modified-Since those that changed since, or 304."""
    since = changed_since(call)
    found = [table.module for table in zoho.store.tables.values()]
    if since is not None:
        found = [one for one in found if one.changed and one.changed >= since]
        if not found:
            return Answer(304)
    return Answer(200, {"modules": [module_json(one) for one in found]})


def module(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/modules/{api_name or id}``."""
    return Answer(200, {"modules": [module_json(find_module(zoho.store, call.names["module"]))]})


def fields(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/fields?module=…``; 304 when they did not change since If-Modified-Since."""
    since = changed_since(call)
    found = find_module(zoho.store, module_parameter(call))
    if since is not None and not (found.changed and found.changed >= since):
        return Answer(304)
    if call.query.get("type") == "unused":
        return Answer(204)
    return Answer(200, {"fields": all_fields_json(zoho.store, found)})


def field(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/fields/{id}?module=…``."""
    found = find_module(zoho.store, module_parameter(call))
    for number, one in enumerate(found.fields, start=1):
        if str(one.id) == call.names["id"]:
            return Answer(200, {"fields": [field_json(zoho.store, found, one, number)]})
    raise Refused(400, "INVALID_DATA", {"id": call.names["id"]}, "the id given seems to be invalid")


def module_json(module: Module) -> dict[str, Any]:
    """A module as the API describes it."""
    served = module.api_name != "Users"
    shown = served and module.generated_type not in {"subform", "linking"}
    switches = dict.fromkeys(
        ("api_supported", "creatable", "editable", "deletable", "viewable", "quick_create", "show_as_tab"),
        served,
    )
    return switches | {
        "id": str(module.id),
        "api_name": module.api_name,
        "module_name": "Meetings" if module.api_name == "Events" else module.plural,
        "singular_label": module.singular,
        "plural_label": module.plural,
        "actual_singular_label": module.singular,
        "actual_plural_label": module.plural,
        "generated_type": module.generated_type,
        "visible": shown,
        "visibility": 1 if shown else 0,
        "convertable": module.api_name == "Leads",
        "status": "visible" if shown else "system_hidden",
        "access_type": "org_based",
        "recycle_bin_on_delete": served,
        "has_more_profiles": False,
        "profiles": PROFILE_LIST if served else [],
        "profile_count": len(PROFILE_LIST) if served else 0,
        "parent_module": {} if module.parent is None else {"api_name": module.parent},
        "arguments": [],
        "modified_time": wire_time(module.changed) if module.changed else None,
        "modified_by": None,
        "sequence_number": (module.id - ORGANISATION_DIGITS - 2_170) // 2 + 1,
        "description": None,
        "private_profile": None,
        "web_link": None,
        "business_card_field_limit": 5 if served else 0,
    }


def all_fields_json(store: Store, module: Module) -> list[dict[str, Any]]:
    """All fields of a module as the API describes them."""
    return [field_json(store, module, one, number) for number, one in enumerate(module.fields, start=1)]


def field_json(store: Store, module: Module, one: Field, number: int) -> dict[str, Any]:
    """A field as the API describes it: the full key set, unused keys empty."""
    return (
        _unused()
        | _identity(one, number)
        | _switches(one)
        | _links(store, module, one)
        | _special(store, one)
    )


def _identity(one: Field, number: int) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "api_name": one.api_name,
        "field_label": one.label,
        "display_label": one.label,
        "data_type": one.data_type,
        "json_type": "jsonarray" if one.api_name == "Tag" else JSON_TYPES.get(one.kind, "string"),
        "ui_type": UI_TYPES.get(one.data_type, 1),
        "length": one.length,
        "decimal_place": one.scale if one.data_type in {"currency", "double", "formula"} else None,
        "quick_sequence_number": str(number),
        "created_source": "crm" if one.custom else "default",
        "type": "used",
    }


def _switches(one: Field) -> dict[str, Any]:
    writable = not one.read_only
    filterable = one.kind not in UNFILTERABLE
    return {
        "custom_field": one.custom,
        "system_mandatory": one.mandatory,
        "read_only": one.read_only,
        "field_read_only": one.read_only,
        "visible": True,
        "virtual_field": False,
        "filterable": filterable,
        "searchable": filterable,
        "sortable": filterable,
        "mass_update": writable,
        "webhook": True,
        "businesscard_supported": True,
        "separator": False,
        "display_field": False,
        "operation_type": dict.fromkeys(("web_update", "api_create", "web_create", "api_update"), writable),
        "view_type": {"view": True, "edit": writable, "create": writable, "quick_create": one.mandatory},
        "history_tracking": None,
        "history_tracking_enabled": False,
    }


def _links(store: Store, module: Module, one: Field) -> dict[str, Any]:
    permission = "read_only" if one.read_only else "read_write"
    layout = {"api_name": "Standard", "name": "Standard", "id": str(module.id + 80_000)}
    return {
        "pick_list_values": _options(one),
        "pick_list_values_sorted_lexically": False,
        "lookup": _lookup(store, one),
        "currency": {"rounding_option": "normal", "precision": 2} if one.data_type == "currency" else {},
        "profiles": [{"permission_type": permission, **profile} for profile in PROFILE_LIST],
        "layout_associations": [layout],
    }


def _special(store: Store, one: Field) -> dict[str, Any]:
    """What only some types of fields have."""
    made: dict[str, Any] = {}
    if one.unique:
        made["unique"] = {"case_sensitive": False}
    if one.tooltip is not None:
        made["tooltip"] = {"name": "info_icon", "value": one.tooltip}
    if one.data_type == "formula":
        made["formula"] = {"return_type": one.returns, "expression": f"${{{one.api_name}}}"}
    if one.data_type == "autonumber":
        made["auto_number"] = {"prefix": one.prefix, "start_number": "1", "suffix": None}
    if one.data_type == "textarea":
        made["textarea"] = {"type": "rich_text" if one.rich else "small" if one.length <= SMALL else "large"}
    if one.data_type == "subform":
        made["associated_module"] = {"module": one.rows, "id": str(store.tables[str(one.rows)].module.id)}
        made["subform"] = made["associated_module"]
    if one.data_type == "multiselectlookup":
        made["multiselectlookup"] = _links_of_many(store, one)
    return made


def _links_of_many(store: Store, one: Field) -> dict[str, Any]:
    linking, connected = store.tables[str(one.rows)].module, store.tables[str(one.target)].module
    return {
        "display_label": one.label,
        "linking_module": linking.api_name,
        "lookup_apiname": one.mine,
        "connected_module": connected.api_name,
        "connectedlookup_apiname": one.theirs,
        "id": str(linking.id),
    }


def _options(one: Field) -> list[dict[str, Any]]:
    options = []
    for number, name in enumerate(one.options, start=1):
        option: dict[str, Any] = {
            "display_value": name,
            "actual_value": name,
            "reference_value": name,
            "sequence_number": number,
            "colour_code": TAG_COLOURS[number % len(TAG_COLOURS)],
            "id": str(one.id + 50_000 + number * 100_000),
            "type": "used",
        }
        if one.api_name == "Stage":
            option |= {"probability": STAGES.get(name, 0), "forecast_type": _forecast(name)}
        options.append(option)
    return options


def _forecast(stage: str) -> str:
    return {"Closed Won": "Closed Won", "Closed Lost": "Closed Lost"}.get(stage, "Open")


def _lookup(store: Store, one: Field) -> dict[str, Any]:
    if one.data_type != "lookup" or one.target is None:
        return {}
    if one.anywhere:
        return {"module": {"api_name": one.target, "id": None}, "api_name": None, "display_label": one.label}
    target = store.tables[one.target].module
    return {
        "module": {"api_name": target.api_name, "id": str(target.id)},
        "api_name": one.related_list,
        "display_label": (one.related_list or target.plural).replace("_", " "),
        "id": str(one.id + 40_000),
        "query_details": {},
    }


def _unused() -> dict[str, Any]:
    empty: dict[str, Any] = {
        key: {}
        for key in (
            "unique", "formula", "rollup_summary", "auto_number", "multiselectlookup", "multiuserlookup",
            "multi_module_lookup", "convert_mapping", "email_parser",
        )
    }  # fmt: skip
    nothing = (
        "tooltip", "external", "crypt", "private", "global_picklist", "colour_code_enabled_by_system",
        "association_details", "associated_module", "additional_column", "display_type", "created_time",
        "modified_time", "hipaa_compliance",
    )  # fmt: skip
    switches = {"hipaa_compliance_enabled": False, "enable_colour_code": False}
    return empty | dict.fromkeys(nothing) | switches | {"customizable_properties": []}


def module_parameter(call: Call) -> str:
    """The module that a call about fields names.

    Raises:
        Refused: REQUIRED_PARAM_MISSING.
    """
    if "module" not in call.query:
        raise Refused(400, "REQUIRED_PARAM_MISSING", {"param_name": "module"})
    return call.query["module"]


def find_module(store: Store, name: str) -> Module:
    """A module by its API name or id.

    Raises:
        Refused: INVALID_MODULE.
    """
    for table in store.tables.values():
        if name in {table.module.api_name, str(table.module.id)}:
            return table.module
    raise Refused(400, "INVALID_MODULE", {"resource_path_index": 0})
