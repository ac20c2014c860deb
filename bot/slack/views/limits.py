"""Slack's limits by name, and the check that every payload passes before it is sent.

Numbers: Slack's Block Kit reference (docs.slack.dev/reference/block-kit) and, for the sum of a message,
slackapi/bolt-js issue 2509. The check knows only the blocks that the product itself builds, and refuses
what the product never writes: a mention, a link in mrkdwn, a block it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MESSAGE_CHARACTERS: Final = 13_000  # above about 13,200 a message fails with msg_blocks_too_long
TEXT: Final = 4_000
SECTION_TEXT: Final = 3_000
SECTION_FIELDS: Final = 10
FIELD_TEXT: Final = 2_000
HEADER_TEXT: Final = 150
CONTEXT_ELEMENTS: Final = 10
ACTION_ELEMENTS: Final = 25
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
URL: Final = 3_000
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OPTIONS: Final = 100
OVERFLOW_OPTIONS: Final = 5
CHOICES: Final = 10  # checkboxes and radio buttons
PLACEHOLDER: Final = 150
ID: Final = 255
VIEW_LABEL: Final = 24  # title, submit and close of a modal
PRIVATE_METADATA: Final = 3_000
INPUT_LABEL: Final = 2_000
INPUT_TEXT: Final = 3_000
TABLE_ROWS: Final = 100
TABLE_CELLS: Final = 20
LONGEST_QUESTION: Final = 1_000  # our own: as much of what a person types is read


class Surface(StrEnum):
    """Where a payload is shown."""

    MESSAGE = "message"
    HOME = "home"
    MODAL = "modal"


GROUP_ID: Final = re.compile(r"^S[A-Z0-9]{2,20}\Z")  # of a user group
# The one thing in angle brackets that we write ourselves: an instant, in the reader's own time zone.
_ANGLES = re.compile(r"<(?!!date\^\d+\^[^<>|^]*\|[^<>]*>)[^<>]*>?")

Block = Mapping[str, Any]


def check(payload: Mapping[str, Any], surface: Surface) -> list[str]:
    """Everything that Slack would refuse, or that could ping or mislead; empty when it may be sent.

    Args:
        payload: ``text`` and ``blocks`` of a message, or a view.
        surface: a message must have a text, and all its blocks together have a limit.
    """
    blocks: Sequence[Block] = payload.get("blocks") or ()
    found = list(_check_whole(payload, blocks, surface))
    for number, block in enumerate(blocks):
        kind = block.get("type", "")
        checker = _CHECKERS.get(kind)
        problems = checker(block) if checker else iter([f"is of the unknown type {kind!r}"])
        found += [f"blocks/{number}: {problem}" for problem in problems]
        if len(block.get("block_id", "")) > ID:
            found.append(f"blocks/{number}: block_id is longer than {ID}")
    return found


def _check_whole(payload: Mapping[str, Any], blocks: Sequence[Block], surface: Surface) -> Iterator[str]:
    most = MESSAGE_BLOCKS if surface is Surface.MESSAGE else VIEW_BLOCKS
    if len(blocks) > most:
        yield f"has {len(blocks)} blocks, more than {most}"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "has a block_id twice"
    tables = sum(block.get("type") == "table" for block in blocks)
    if tables > (1 if surface is Surface.MESSAGE else 0):
        yield f"has {tables} tables on a {surface}"
    if surface is Surface.MESSAGE:
        yield from _check_text(payload.get("text"), TEXT, "text", mrkdwn=True)
        if (size := sum(_characters(block) for block in blocks)) > MESSAGE_CHARACTERS:
            yield f"has {size} characters, more than {MESSAGE_CHARACTERS}"
    has_input = any(block.get("type") == "input" for block in blocks)
    if surface is Surface.MODAL:
        yield from _check_modal(payload, has_input=has_input)
    elif has_input:
        yield f"has an input on a {surface}"


def _check_modal(payload: Mapping[str, Any], *, has_input: bool) -> Iterator[str]:
    for name in ("title", "submit", "close"):
        if name == "title" or name in payload:
            yield from _check_object(payload.get(name), VIEW_LABEL, name, plain=True)
    if has_input and "submit" not in payload:
        yield "has an input and no submit"
    if len(payload.get("private_metadata", "")) > PRIVATE_METADATA:
        yield f"private_metadata is longer than {PRIVATE_METADATA}"


def _characters(value: Any) -> int:
    """How many characters of text a block shows, at any depth."""
    if isinstance(value, Mapping):
        own = value.get("text")
        below = sum(_characters(one) for name, one in value.items() if name != "text")
        return below + (len(own) if isinstance(own, str) else _characters(own))
    return sum(_characters(one) for one in value) if isinstance(value, list | tuple) else 0


def _check_text(text: Any, most: int, name: str, *, mrkdwn: bool) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield f"{name} is empty"
    elif len(text) > most:
        yield f"{name} has {len(text)} characters, more than {most}"
    elif mrkdwn and (angles := _ANGLES.search(text)):
        yield f"{name} has an active {angles.group()!r}"


def _check_object(value: Any, most: int, name: str, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(value, Mapping) or value.get("type") not in {"plain_text", "mrkdwn"}:
        yield f"{name} is not a text object"
        return
    if plain and value["type"] != "plain_text":
        yield f"{name} must be plain_text"
    yield from _check_text(value.get("text"), most, name, mrkdwn=value["type"] == "mrkdwn")


def _check_section(block: Block) -> Iterator[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield "has neither text nor fields"
    if "text" in block:
        yield from _check_object(block["text"], SECTION_TEXT, "text")
    if fields is not None and not 1 <= len(fields) <= SECTION_FIELDS:
        yield f"has {len(fields)} fields, not 1 to {SECTION_FIELDS}"
    for field in fields or ():
        yield from _check_object(field, FIELD_TEXT, "field")
    if "accessory" in block:
        yield from _check_element(block["accessory"])


def _check_header(block: Block) -> Iterator[str]:
    yield from _check_object(block.get("text"), HEADER_TEXT, "text", plain=True)


def _check_divider(_block: Block) -> Iterator[str]:
    return iter(())


def _check_context(block: Block) -> Iterator[str]:
    elements = block.get("elements", ())
    if not 1 <= len(elements) <= CONTEXT_ELEMENTS:
        yield f"has {len(elements)} elements, not 1 to {CONTEXT_ELEMENTS}"
    for element in elements:
        yield from _check_object(element, SECTION_TEXT, "element")


def _check_actions(block: Block) -> Iterator[str]:
    elements = block.get("elements", ())
    if not 1 <= len(elements) <= ACTION_ELEMENTS:
        yield f"has {len(elements)} elements, not 1 to {ACTION_ELEMENTS}"
    ids = [element.get("action_id") for element in elements]
    if len(ids) != len(set(ids)):
        yield "has an action_id twice"
    for element in elements:
        yield from _check_element(element)


def _check_element(element: Block) -> Iterator[str]:
    if not 1 <= len(element.get("action_id", "")) <= ID:
        yield f"action_id is not 1 to {ID} characters"
    if element.get("type") == "button":
        yield from _check_button(element)
    elif element.get("type") == "static_select":
        yield from _check_select(element)
    elif element.get("type") == "overflow":
        yield from _check_options(element, OVERFLOW_OPTIONS)
    else:
        yield f"has an element of the unknown type {element.get('type')!r}"


def _check_button(button: Block) -> Iterator[str]:
    yield from _check_object(button.get("text"), BUTTON_TEXT, "button text", plain=True)
    if len(button.get("value", "")) > BUTTON_VALUE:
        yield f"button value is longer than {BUTTON_VALUE}"
    if "url" in button and not 1 <= len(button["url"]) <= URL:
        yield f"button url is not 1 to {URL} characters"
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield f"button style is {button['style']!r}"


def _check_select(select: Block) -> Iterator[str]:
    yield from _check_object(select.get("placeholder"), PLACEHOLDER, "placeholder", plain=True)
    yield from _check_options(select, OPTIONS)


def _check_options(element: Block, most: int) -> Iterator[str]:
    options = element.get("options", ())
    if not 1 <= len(options) <= most:
        yield f"has {len(options)} options, not 1 to {most}"
    for option in options:
        yield from _check_object(option.get("text"), OPTION_TEXT, "option text", plain=True)
        if not 1 <= len(option.get("value", "")) <= OPTION_VALUE:
            yield f"option value is not 1 to {OPTION_VALUE} characters"


def _check_input(block: Block) -> Iterator[str]:
    yield from _check_object(block.get("label"), INPUT_LABEL, "label", plain=True)
    element: Block = block.get("element") or {}
    if not 1 <= len(element.get("action_id", "")) <= ID:
        yield f"action_id is not 1 to {ID} characters"
    match element.get("type"):
        case "plain_text_input":
            most = element.get("max_length", INPUT_TEXT)
            if not 1 <= most <= INPUT_TEXT or len(element.get("initial_value", "")) > most:
                yield f"initial_value is longer than {most}, or that is not 1 to {INPUT_TEXT}"
        case "static_select":
            yield from _check_select(element)
        case "external_select":
            yield from _check_object(element.get("placeholder"), PLACEHOLDER, "placeholder", plain=True)
        case "checkboxes" | "radio_buttons":
            yield from _check_options(element, CHOICES)
        case "datepicker":
            pass
        case kind:
            yield f"has an input of the unknown type {kind!r}"


def _check_rich_text(block: Block) -> Iterator[str]:
    if not block.get("elements"):
        yield "has no elements"
    for element in block.get("elements", ()):
        yield from _check_rich_element(element)


def _check_rich_element(element: Block) -> Iterator[str]:
    kind = element.get("type")
    if kind in {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}:
        if not element.get("elements"):
            yield f"{kind} has no elements"
        for inner in element.get("elements", ()):
            yield from _check_rich_element(inner)
    elif kind == "text":
        # Not stripped: a single space or line break between two styled runs is in order.
        if not element.get("text"):
            yield "rich text has an empty text"
    elif kind == "link":
        yield from _check_text(element.get("url"), URL, "link", mrkdwn=False)
    elif kind == "usergroup":
        # The one mention that we write ourselves, by ``blocks.group``: a route of the configuration names it.
        if not GROUP_ID.match(str(element.get("usergroup_id"))):
            yield "rich text mentions no user group"
    elif kind != "date":
        yield f"rich text has an element of the unknown type {kind!r}"


def _check_table(block: Block) -> Iterator[str]:
    rows = block.get("rows", ())
    if not 1 <= len(rows) <= TABLE_ROWS:
        yield f"has {len(rows)} rows, not 1 to {TABLE_ROWS}"
    if len({len(row) for row in rows}) > 1:
        yield "has rows of different lengths"
    if len(block.get("column_settings", ())) > TABLE_CELLS:
        yield f"has more than {TABLE_CELLS} column settings"
    for row in rows:
        if not 1 <= len(row) <= TABLE_CELLS:
            yield f"has a row of {len(row)} cells, not 1 to {TABLE_CELLS}"
        for cell in row:
            if cell.get("type") != "raw_text":
                yield f"has a cell of the unknown type {cell.get('type')!r}"
            yield from _check_text(cell.get("text"), SECTION_TEXT, "cell", mrkdwn=False)


_CHECKERS: Final[Mapping[str, Callable[[Block], Iterator[str]]]] = {
    "section": _check_section,
    "header": _check_header,
    "divider": _check_divider,
    "context": _check_context,
    "actions": _check_actions,
    "rich_text": _check_rich_text,
    "table": _check_table,
    "input": _check_input,
}
