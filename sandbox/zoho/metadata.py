"""``/settings/modules`` and ``/settings/fields``: the schema as Zoho describes it."""

from __future__ import annotations

from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused
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
}  # every other type is a string
UI_TYPES = {
    "text": 1, "picklist": 2, "textarea": 3, "lookup": 4, "ownerlookup": 8, "date": 24, "email": 25,
    "website": 29, "phone": 33, "integer": 32, "bigint": 38, "currency": 36, "double": 38, "percent": 37,
    "boolean": 301, "datetime": 200, "userlookup": 786,
}  # fmt: skip
UNFILTERABLE = {"textarea"}
PROFILE_LIST = [{"name": name, "id": str(FIRST_PROFILE + place)} for place, name in enumerate(PROFILES)]


def modules(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/modules``. The schema never changes, so a conditional request gets 304."""
    if changed_since(call) is not None:
        return Answer(304)
    return Answer(200, {"modules": [module_json(table.module) for table in zoho.store.tables.values()]})


def module(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/modules/{api_name or id}``."""
    return Answer(200, {"modules": [module_json(_find(zoho.store, call.names["module"]))]})


def fields(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/fields?module=…``."""
    if changed_since(call) is not None:
        return Answer(304)
    found = _find(zoho.store, _module_parameter(call))
    if call.query.get("type") == "unused":
        return Answer(204)
    return Answer(200, {"fields": all_fields_json(zoho.store, found)})


def field(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/fields/{id}?module=…``."""
    found = _find(zoho.store, _module_parameter(call))
    for number, one in enumerate(found.fields, start=1):
        if str(one.id) == call.names["id"]:
            return Answer(200, {"fields": [field_json(zoho.store, found, one, number)]})
    raise Refused(400, "INVALID_DATA", {"id": call.names["id"]}, "the id given seems to be invalid")


def module_json(module: Module) -> dict[str, Any]:
    """A module as the API describes it."""
    served = module.has_records_api
    switches = dict.fromkeys(
        ("api_supported", "creatable", "editable", "deletable", "viewable", "quick_create", "show_as_tab"),
        served,
    )
    return switches | {
        "id": str(module.id),
        "api_name": module.api_name,
        "module_name": module.plural,
        "singular_label": module.singular,
        "plural_label": module.plural,
        "actual_singular_label": module.singular,
        "actual_plural_label": module.plural,
        "generated_type": "default",
        "visible": served,
        "visibility": 1 if served else 0,
        "convertable": module.api_name == "Leads",
        "status": "visible" if served else "system_hidden",
        "access_type": "org_based",
        "recycle_bin_on_delete": served,
        "has_more_profiles": False,
        "profiles": PROFILE_LIST if served else [],
        "profile_count": len(PROFILE_LIST) if served else 0,
        "parent_module": {},
        "arguments": [],
        "modified_time": None,
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
    return _identity(one, number) | _switches(one) | _links(store, module, one) | _unused()


def _identity(one: Field, number: int) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "api_name": one.api_name,
        "field_label": one.label,
        "display_label": one.label,
        "data_type": one.data_type,
        "json_type": "jsonarray" if one.api_name == "Tag" else JSON_TYPES.get(one.data_type, "string"),
        "ui_type": UI_TYPES[one.data_type],
        "length": one.length,
        "decimal_place": 2 if one.data_type == "currency" else None,
        "quick_sequence_number": str(number),
        "created_source": "crm" if one.custom else "default",
        "type": "used",
    }


def _switches(one: Field) -> dict[str, Any]:
    writable = not one.read_only
    filterable = one.data_type not in UNFILTERABLE
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
            option |= {"probability": STAGES[name], "forecast_type": _forecast(name)}
        options.append(option)
    return options


def _forecast(stage: str) -> str:
    return {"Closed Won": "Closed Won", "Closed Lost": "Closed Lost"}.get(stage, "Open")


def _lookup(store: Store, one: Field) -> dict[str, Any]:
    if one.data_type != "lookup" or one.target is None:
        return {}
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


def _module_parameter(call: Call) -> str:
    if "module" not in call.query:
        raise Refused(400, "REQUIRED_PARAM_MISSING", {"param_name": "module"})
    return call.query["module"]


def _find(store: Store, name: str) -> Module:
    for table in store.tables.values():
        if name in {table.module.api_name, str(table.module.id)}:
            return table.module
    raise Refused(400, "INVALID_MODULE", {"resource_path_index": 0})
