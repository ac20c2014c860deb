"""The few blocks that the product's messages are made of, and the message itself. Values in, JSON out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.slack.views import limits
from bot.slack.views.text import clip, plain, web_address

Json = dict[str, Any]
LONG_CELL: Final = 28  # characters; a table of seven columns is no wider than a message then


@dataclass(frozen=True, slots=True)
class Message:
    """A message: ``text`` says the essential thing where blocks are not shown, as in a notification."""

    text: str
    blocks: tuple[Json, ...]

    def payload(self) -> Json:
        """The arguments of chat.postMessage, chat.update and the like."""
        return {"text": self.text, "blocks": list(self.blocks)}


def run(text: str, *styles: str) -> Json:
    """A run of rich text, styled bold, italic, strike or code. Nothing in it is interpreted."""
    element: Json = {"type": "text", "text": text}
    if styles:
        element["style"] = dict.fromkeys(styles, True)
    return element


def link(url: str, text: str) -> Json:
    """A link in rich text."""
    return {"type": "link", "url": url, "text": text}


def named(name: str, url: str | None) -> Json:
    """An account's name in rich text, leading to the CRM when the address may be offered."""
    address = web_address(url)
    return link(address, plain(name, 80)) if address else run(plain(name, 80), "bold")


def group(handle: str, group_id: str | None) -> Json:
    """A mention of a user group in rich text; the handle as a text where its id is not known."""
    if group_id and limits.GROUP_ID.match(group_id):
        return {"type": "usergroup", "usergroup_id": group_id}
    return run(f"@{plain(handle, 80)}")


def line(*runs: Json) -> Json:
    """A rich text section."""
    return {"type": "rich_text_section", "elements": list(runs)}


def bullets(items: Iterable[Json]) -> Json:
    """A bullet list of lines."""
    return {"type": "rich_text_list", "style": "bullet", "elements": list(items)}


def rich_text(*elements: Json) -> Json:
    """A rich text block of lines and lists."""
    return {"type": "rich_text", "elements": list(elements)}


def sentence(*runs: Json) -> Json:
    """A rich text block of one line."""
    return rich_text(line(*runs))


def section(text: str) -> Json:
    """A section of mrkdwn that the product wrote; foreign values in it have passed ``mrkdwn``."""
    return {"type": "section", "text": _mrkdwn(text)}


def plain_section(text: str) -> Json:
    """A section in which nothing is interpreted."""
    return {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}


def fields(pairs: Sequence[tuple[str, str]]) -> Json:
    """Two columns of a bold name above a value in mrkdwn."""
    shown = pairs[: limits.SECTION_FIELDS]
    return {"type": "section", "fields": [_mrkdwn(f"*{name}*\n{value}") for name, value in shown]}


def context(*parts: str) -> Json:
    """A small grey line of mrkdwn."""
    return {"type": "context", "elements": [_mrkdwn(part) for part in parts]}


def header(text: str) -> Json:
    """A header."""
    return {"type": "header", "text": _plain_text(clip(text, limits.HEADER_TEXT))}


def divider() -> Json:
    """A line across."""
    return {"type": "divider"}


def button(text: str, action_id: str, value: str, *, primary: bool = False) -> Json:
    """A button; ``value`` must fit, because a clipped value would be another one."""
    element: Json = {
        "type": "button",
        "text": _plain_text(plain(text, limits.BUTTON_TEXT)),
        "action_id": action_id,
        "value": value,
    }
    return element | ({"style": "primary"} if primary else {})


def link_button(text: str, action_id: str, url: str) -> Json:
    """A button that opens an address."""
    return {"type": "button", "text": _plain_text(text), "action_id": action_id, "url": url}


def select(placeholder: str, action_id: str, options: Sequence[tuple[str, str]]) -> Json:
    """A menu of (text, value)."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": _plain_text(placeholder),
        "options": [{"text": _plain_text(text), "value": value} for text, value in options],
    }


def overflow(action_id: str, options: Sequence[tuple[str, str]]) -> Json:
    """A menu of (text, value) behind three dots; at most five."""
    shown = [{"text": _plain_text(text), "value": value} for text, value in options]
    return {"type": "overflow", "action_id": action_id, "options": shown}


def actions(block_id: str, *elements: Json) -> Json:
    """A row of buttons and menus."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> Json:
    """A table of texts in which nothing is interpreted; ``right`` tells which columns are aligned so.

    A column with long texts wraps them; the others stay as narrow as they are.
    """
    long = [
        any(len(cell) > LONG_CELL for row in rows for cell in row[at : at + 1]) for at in range(len(right))
    ]
    return {
        "type": "table",
        "column_settings": [
            {"align": "right" if flag else "left"} | ({"is_wrapped": True} if wraps else {})
            for flag, wraps in zip(right, long, strict=True)
        ],
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in [heads, *rows]],
    }


def text_input(
    label: str, block_id: str, value: str, most: int, *, multiline: bool = False, optional: bool = False
) -> Json:
    """A field of a modal in which somebody writes; ``value`` is what stands in it at first."""
    element: Json = {
        "type": "plain_text_input",
        "action_id": block_id,
        "multiline": multiline,
        "max_length": most,
    }
    return {
        "type": "input",
        "block_id": block_id,
        "label": _plain_text(label),
        "element": element | ({"initial_value": value} if value else {}),
        "optional": optional,
    }


def modal(title: str, callback_id: str, submit: str, metadata: str, blocks: Sequence[Json]) -> Json:
    """A modal; ``metadata`` comes back with what was written."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain_text(clip(title, limits.VIEW_LABEL)),
        "submit": _plain_text(clip(submit, limits.VIEW_LABEL)),
        "close": _plain_text("Cancel"),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }


def _mrkdwn(text: str) -> Json:
    # verbatim: Slack makes no links of what merely looks like an address or a channel
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain_text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
