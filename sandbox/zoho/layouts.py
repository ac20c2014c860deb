"""``/settings/layouts`` and ``/settings/related_lists``: one layout a module, and what lookups make of it."""

from __future__ import annotations

from typing import Any

from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.metadata import PROFILE_LIST, all_fields_json, find_module, module_parameter
from sandbox.zoho.schema import Field, Module
from sandbox.zoho.state import Zoho

LAYOUT_OFFSET = 80_000  # from a module's id to its layout's


def layouts(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/layouts?module=``."""
    module = find_module(zoho.store, module_parameter(call))
    fields = all_fields_json(zoho.store, module)
    section = {
        "api_name": "Information",
        "name": "Information",
        "display_label": f"{module.singular} Information",
        "type": "used",
        "column_count": 2,
        "sequence_number": 1,
        "fields": [{**one, "required": one["system_mandatory"]} for one in fields],
    }
    layout = {
        "id": str(module.id + LAYOUT_OFFSET),
        "name": "Standard",
        "api_name": "Standard",
        "status": "active",
        "visible": True,
        "source": "crm",
        "generated_type": "default",
        "mode": "unrestricted",
        "profiles": PROFILE_LIST,
        "convert_mapping": None,
        "sections": [section],
    }
    return Answer(200, {"layouts": [layout]})


def related_lists(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/settings/related_lists?module=``; 204 when nothing points to the module."""
    wanted = find_module(zoho.store, module_parameter(call))
    found = [
        _related(wanted, table.module, one)
        for table in zoho.store.tables.values()
        for one in table.module.fields
        if one.target == wanted.api_name and one.data_type == "lookup" and not table.module.parent
    ]
    notes = {
        "id": str(wanted.id + 90_000),
        "api_name": "Notes",
        "name": "Notes",
        "display_label": "Notes",
        "type": "default",
        "module": {"api_name": "Notes", "id": str(zoho.store.tables["Notes"].module.id)},
        "href": f"{wanted.api_name}/{{ENTITYID}}/Notes",
        "action": None,
    }
    numbered = enumerate([notes, *found], start=1)
    return Answer(200, {"related_lists": [{**one, "sequence_number": str(place)} for place, one in numbered]})


def _related(wanted: Module, module: Module, one: Field) -> dict[str, Any]:
    name = one.related_list or module.plural
    return {
        "id": str(one.id + 40_000),
        "api_name": name,
        "name": name,
        "display_label": name.replace("_", " "),
        "type": "custom_lookup" if one.custom else "default",
        "module": {"api_name": module.api_name, "id": str(module.id)},
        "href": f"{wanted.api_name}/{{ENTITYID}}/{name}",
        "action": None,
    }
