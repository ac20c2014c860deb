"""What stands in inputs: the values of ``state.values``, typed as Slack types them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack.elements import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    MULTI_SELECTS,
    WRITTEN,
    options_of,
)

Json = dict[str, Any]
STATELESS = {"button", "workflow_button", "overflow", "image", "feedback_buttons", "icon_button"}
_NAMED_SELECTED = {
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
_ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}
_MANY_OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}


class UnknownChoiceError(Exception):
    """Something was chosen that is not among the options."""


def elements_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element that a person can use, with its block."""
    known = IN_ACTIONS | IN_CONTEXT_ACTIONS | IN_INPUT
    for block in blocks:
        below = [block.get("accessory"), block.get("element"), *block.get("actions", ())]
        nested = block.get("elements", ()) if block["type"] in {"actions", "context_actions"} else ()
        for element in (*below, *nested):
            if isinstance(element, dict) and element.get("type") in known:
                yield block, element
        inner = block.get("child_blocks") or (block.get("elements") if block["type"] == "carousel" else None)
        yield from elements_of(inner or [])


def find_element(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json] | None:
    """The element with these ids, after its block; without a block id, the first with the action id."""
    return next(
        (
            (block, element)
            for block, element in elements_of(blocks)
            if element.get("action_id") == action_id and block_id in {"", block.get("block_id")}
        ),
        None,
    )


def initial_values(blocks: list[Json]) -> dict[str, Json]:
    """``state.values`` before anyone has touched anything."""
    values: dict[str, Json] = {}
    for block, element in elements_of(blocks):
        if element["type"] not in STATELESS:
            values.setdefault(block["block_id"], {})[element["action_id"]] = _initial(element)
    return values


def _initial(element: Json) -> Json:
    kind = element["type"]
    if kind in WRITTEN:
        return {"type": kind, "value": element.get("initial_value")}
    if kind in _NAMED_SELECTED:
        name, initial = _NAMED_SELECTED[kind]
        return {"type": kind, name: element.get(initial, [] if kind in MULTI_SELECTS else None)}
    if kind in _MANY_OPTIONS:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind in _ONE_OPTION:
        return {"type": kind, "selected_option": element.get("initial_option")}
    return {"type": kind, "files": []}


def entered(element: Json, value: Any) -> Json:
    """What a person entered, as ``state.values`` has it.

    Raises:
        UnknownChoiceError: it is not among the options.
    """
    kind = element["type"]
    if kind in WRITTEN:
        return {"type": kind, "value": None if value is None or value == "" else str(value)}
    if kind in _NAMED_SELECTED:
        many = kind in MULTI_SELECTS
        return {"type": kind, _NAMED_SELECTED[kind][0]: _as_list(value) if many else (value or None)}
    if kind in _MANY_OPTIONS:
        return {"type": kind, "selected_options": [_option(element, one) for one in _as_list(value)]}
    if kind in _ONE_OPTION:
        chosen = next(iter(_as_list(value)), None)
        return {
            "type": kind,
            "selected_option": None if chosen is None or chosen == "" else _option(element, chosen),
        }
    return {"type": kind, "files": _as_list(value)}


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _option(element: Json, value: Any) -> Json:
    for option in options_of(element):
        if option["value"] == value:
            return option
    raise UnknownChoiceError(f"{value!r} is not among the options of {element.get('action_id')}")


def is_empty(value: Json) -> bool:
    """Whether nothing was entered."""
    return not any(content for name, content in value.items() if name != "type")
