"""What forms are made of beside fields to write in: choices, boxes to tick, views that only say something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.slack.views import limits
from bot.slack.views.blocks import Json
from bot.slack.views.text import clip, plain

TICKED: Final = "yes"  # the value of a box that was ticked


def searched(label: str, block_id: str, action_id: str, placeholder: str, least: int = 1) -> Json:
    """A choice whose options we are asked for while somebody types, from so many letters on."""
    element: Json = {
        "type": "external_select",
        "action_id": action_id,
        "placeholder": _text(placeholder),
        "min_query_length": least,
    }
    return _input(label, block_id, element)


def chosen(label: str, block_id: str, options: Sequence[tuple[str, str]], initial: str = "") -> Json:
    """A choice among a few: (text, value); ``initial`` is the value that stands there at first."""
    listed = [option(text, value) for text, value in options]
    element: Json = {
        "type": "static_select",
        "action_id": block_id,
        "placeholder": _text("Choose"),
        "options": listed,
    }
    standing = next((one for one in listed if one["value"] == initial), None)
    return _input(label, block_id, element | ({"initial_option": standing} if standing else {}))


def box(label: str, block_id: str, text: str) -> Json:
    """A box to tick; nothing has to be."""
    element: Json = {"type": "checkboxes", "action_id": block_id, "options": [option(text, TICKED)]}
    return _input(label, block_id, element) | {"optional": True}


def option(text: str, value: str) -> Json:
    """An option; the value must fit, because a clipped one would be another."""
    return {"text": _text(plain(text, limits.OPTION_TEXT)), "value": value}


def saying(title: str, *blocks: Json) -> Json:
    """A modal that says something and can only be closed."""
    return {
        "type": "modal",
        "title": _text(clip(title, limits.VIEW_LABEL)),
        "close": _text("Close"),
        "blocks": list(blocks),
    }


def _input(label: str, block_id: str, element: Json) -> Json:
    return {"type": "input", "block_id": block_id, "label": _text(label), "element": element}


def _text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
