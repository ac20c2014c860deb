"""The rules for what can be pressed, chosen and filled in: buttons, selects, inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.slack import limits
from sandbox.slack.check import Check

Json = dict[str, Any]
SELECTS = ("static", "external", "users", "conversations", "channels")
SINGLE_SELECTS = tuple(f"{kind}_select" for kind in SELECTS)
MULTI_SELECTS = tuple(f"multi_{kind}_select" for kind in SELECTS)
PICKERS = ("datepicker", "timepicker", "datetimepicker")
WRITTEN = ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input")

IN_ACTIONS = frozenset(
    {"button", "workflow_button", "overflow", "checkboxes", "radio_buttons", "rich_text_input"}
    | {*SINGLE_SELECTS, *MULTI_SELECTS, *PICKERS}
)
IN_SECTION = IN_ACTIONS | {"image"}
IN_INPUT = frozenset(
    {"checkboxes", "radio_buttons", "file_input", *SINGLE_SELECTS, *MULTI_SELECTS, *PICKERS, *WRITTEN}
)
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})

_CHOICE = {"type", "action_id", "options", "initial_options", "initial_option", "confirm", "focus_on_load"}
_SELECT = {"type", "action_id", "placeholder", "confirm", "focus_on_load"}
_WRITE = {"type", "action_id", "initial_value", "placeholder", "focus_on_load", "dispatch_action_config"}
_FILTERED = {"filter", "response_url_enabled", "default_to_current_conversation"}
_OWN_KEYS: dict[str, set[str]] = {
    "static_select": {"options", "option_groups", "initial_option"},
    "multi_static_select": {"options", "option_groups", "initial_options"},
    "external_select": {"min_query_length", "initial_option"},
    "multi_external_select": {"min_query_length", "initial_options"},
    "users_select": {"initial_user"},
    "multi_users_select": {"initial_users"},
    "conversations_select": {"initial_conversation", *_FILTERED},
    "multi_conversations_select": {"initial_conversations", *_FILTERED},
    "channels_select": {"initial_channel", "response_url_enabled"},
    "multi_channels_select": {"initial_channels"},
    "datepicker": {"initial_date"},
    "timepicker": {"initial_time", "timezone"},
    "datetimepicker": {"initial_date_time"},
    "plain_text_input": {"multiline", "min_length", "max_length"},
    "number_input": {"is_decimal_allowed", "min_value", "max_value"},
}


def check_element(check: Check, at: str, element: Json, allowed: frozenset[str]) -> None:
    """One element in a place where only some kinds may stand."""
    kind = str(element.get("type"))
    if kind not in allowed:
        check.wrong(f"{at}/type", f"unsupported element type here: {kind}")
        return
    check.identifier(at, element, "action_id")
    _RULES[kind](check, at, element)
    if (confirm := check.object(at, element, "confirm")) is not None:
        _confirm(check, f"{at}/confirm", confirm)


def _confirm(check: Check, at: str, confirm: Json) -> None:
    check.keys(at, confirm, ("title", "text", "confirm", "deny", "style"))
    check.text(at, confirm, "title", limits.CONFIRM_TITLE, plain=True, needed=True)
    check.text(at, confirm, "text", limits.CONFIRM_TEXT, needed=True)
    check.text(at, confirm, "confirm", limits.CONFIRM_BUTTON, plain=True, needed=True)
    check.text(at, confirm, "deny", limits.CONFIRM_BUTTON, plain=True, needed=True)
    check.one_of(at, confirm, "style", ("primary", "danger"))


def _button(check: Check, at: str, element: Json) -> None:
    keys = (
        "type",
        "text",
        "action_id",
        "url",
        "value",
        "style",
        "confirm",
        "accessibility_label",
        "agent_prompt",
    )
    check.keys(at, element, keys)
    check.text(at, element, "text", limits.BUTTON_TEXT, plain=True, needed=True)
    check.string(at, element, "value", limits.BUTTON_VALUE)
    check.string(at, element, "url", limits.URL)
    check.string(at, element, "accessibility_label", limits.BUTTON_TEXT)
    check.one_of(at, element, "style", ("primary", "danger"))


def _workflow_button(check: Check, at: str, element: Json) -> None:
    check.keys(at, element, ("type", "text", "action_id", "workflow", "style", "accessibility_label"))
    check.needed(at, element, "workflow")
    check.text(at, element, "text", limits.BUTTON_TEXT, plain=True, needed=True)


def _options(check: Check, at: str, element: Json, name: str, most: int, *, plain: bool) -> None:
    seen: set[str] = set()
    for place, option in check.items(at, element, name, most):
        check.keys(place, option, ("text", "value", "description", "url"))
        check.text(place, option, "text", limits.OPTION_TEXT, plain=plain, needed=True)
        check.needed(place, option, "value")
        check.string(place, option, "value", limits.OPTION_VALUE)
        check.string(place, option, "url", limits.URL)
        check.text(place, option, "description", limits.OPTION_TEXT, plain=plain)
        value = str(option.get("value"))
        if value in seen:
            check.wrong(f"{place}/value", "must be unique among the options")
        seen.add(value)


def _overflow(check: Check, at: str, element: Json) -> None:
    check.keys(at, element, ("type", "action_id", "options", "confirm"))
    check.needed(at, element, "options")
    _options(check, at, element, "options", limits.OVERFLOW_OPTIONS, plain=True)


def _choice(check: Check, at: str, element: Json) -> None:
    check.keys(at, element, _CHOICE)
    check.needed(at, element, "options")
    _options(check, at, element, "options", limits.CHOICES, plain=False)
    _initial(check, at, element)


def _select(check: Check, at: str, element: Json) -> None:
    multi = {"max_selected_items"} if element["type"] in MULTI_SELECTS else set()
    check.keys(at, element, _SELECT | _OWN_KEYS[element["type"]] | multi)
    check.text(at, element, "placeholder", limits.PLACEHOLDER, plain=True)
    if "static" in element["type"]:
        _static(check, at, element)


def _static(check: Check, at: str, element: Json) -> None:
    if ("options" in element) == ("option_groups" in element):
        check.wrong(at, "must provide exactly one of: options, option_groups")
    _options(check, at, element, "options", limits.OPTIONS, plain=True)
    for place, group in check.items(at, element, "option_groups", limits.OPTIONS):
        check.keys(place, group, ("label", "options"))
        check.text(place, group, "label", limits.OPTION_TEXT, plain=True, needed=True)
        check.needed(place, group, "options")
        _options(check, place, group, "options", limits.OPTIONS, plain=True)
    _initial(check, at, element)


def _initial(check: Check, at: str, element: Json) -> None:
    """An initial option must be one of the options, exactly."""
    options = options_of(element)
    single = element.get("initial_option")
    if single is not None and single not in options:
        check.wrong(f"{at}/initial_option", "must be one of the provided options")
    for place, option in check.items(at, element, "initial_options", limits.OPTIONS):
        if option not in options:
            check.wrong(place, "must be one of the provided options")


def options_of(element: Json) -> list[Json]:
    """All options of a select, checkboxes, radio buttons or an overflow, those in groups too."""
    groups = [group for group in element.get("option_groups") or () if isinstance(group, dict)]
    lists = [element.get("options") or [], *(group.get("options") or [] for group in groups)]
    return [option for options in lists if isinstance(options, list) for option in options]


def _picker(check: Check, at: str, element: Json) -> None:
    check.keys(at, element, _SELECT | _OWN_KEYS[element["type"]])
    check.text(at, element, "placeholder", limits.PLACEHOLDER, plain=True)


def _written(check: Check, at: str, element: Json) -> None:
    check.keys(at, element, _WRITE | _OWN_KEYS.get(element["type"], set()))
    check.text(at, element, "placeholder", limits.PLACEHOLDER, plain=True)
    check.number(at, element, "max_length", 1, limits.INPUT_TEXT)
    check.number(at, element, "min_length", 0, limits.INPUT_TEXT)
    if element["type"] == "number_input":
        _number(check, at, element)


def _number(check: Check, at: str, element: Json) -> None:
    check.needed(at, element, "is_decimal_allowed")
    try:
        inverted = float(element.get("min_value", "-inf")) > float(element.get("max_value", "inf"))
    except (TypeError, ValueError):
        check.wrong(at, "min_value and max_value must be numbers")
        return
    if inverted:
        check.wrong(f"{at}/min_value", "must not be greater than max_value")


def _file_input(check: Check, at: str, element: Json) -> None:
    check.keys(at, element, ("type", "action_id", "filetypes", "max_files"))
    check.number(at, element, "max_files", 1, limits.INPUT_FILES)


def check_image(check: Check, at: str, element: Json) -> None:
    """An image, as an element."""
    check.keys(at, element, ("type", "image_url", "slack_file", "alt_text"))
    _image_source(check, at, element)


def _image_source(check: Check, at: str, image: Json) -> None:
    if ("image_url" in image) == ("slack_file" in image):
        check.wrong(at, "must provide exactly one of: image_url, slack_file")
    check.needed(at, image, "alt_text")
    check.string(at, image, "image_url", limits.URL, least=1)
    check.string(at, image, "alt_text", limits.ALT_TEXT)


def check_image_block(check: Check, at: str, block: Json) -> None:
    """An image, as a block."""
    check.keys(at, block, ("type", "block_id", "image_url", "slack_file", "alt_text", "title"))
    check.text(at, block, "title", limits.ALT_TEXT, plain=True)
    _image_source(check, at, block)


def _feedback(check: Check, at: str, element: Json) -> None:
    check.keys(at, element, ("type", "action_id", "positive_button", "negative_button"))
    check.needed(at, element, "positive_button", "negative_button")
    for name in ("positive_button", "negative_button"):
        if (button := check.object(at, element, name)) is not None:
            check.keys(f"{at}/{name}", button, ("text", "value", "accessibility_label"))
            check.text(f"{at}/{name}", button, "text", limits.BUTTON_TEXT, plain=True, needed=True)
            check.string(f"{at}/{name}", button, "value", limits.BUTTON_VALUE)
            check.string(f"{at}/{name}", button, "accessibility_label", limits.BUTTON_TEXT)


def _icon_button(check: Check, at: str, element: Json) -> None:
    keys = (
        "type",
        "action_id",
        "icon",
        "text",
        "value",
        "confirm",
        "accessibility_label",
        "visible_to_user_ids",
    )
    check.keys(at, element, keys)
    check.needed(at, element, "icon")
    check.text(at, element, "text", limits.BUTTON_TEXT, plain=True, needed=True)
    check.string(at, element, "value", limits.BUTTON_VALUE)
    viewers = element.get("visible_to_user_ids")
    if isinstance(viewers, list) and len(viewers) > limits.CHOICES:
        check.wrong(f"{at}/visible_to_user_ids", f"no more than {limits.CHOICES} items allowed")


_RULES: dict[str, Callable[[Check, str, Json], None]] = {
    "button": _button,
    "workflow_button": _workflow_button,
    "overflow": _overflow,
    "checkboxes": _choice,
    "radio_buttons": _choice,
    "file_input": _file_input,
    "image": check_image,
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
    **dict.fromkeys((*SINGLE_SELECTS, *MULTI_SELECTS), _select),
    **dict.fromkeys(PICKERS, _picker),
    **dict.fromkeys(WRITTEN, _written),
}
