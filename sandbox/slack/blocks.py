"""Block Kit's rules: what Slack refuses in the blocks of a message, a modal and App Home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.slack import limits, tables
from sandbox.slack.check import Check, Problem
from sandbox.slack.elements import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    check_element,
    check_image,
    check_image_block,
)

Json = dict[str, Any]


@dataclass(frozen=True)
class Surface:
    """Where blocks are shown."""

    name: str
    most_blocks: int
    refused: frozenset[str]


MESSAGE = Surface("message", limits.MESSAGE_BLOCKS, frozenset({"alert"}))
_NOT_IN_VIEWS = frozenset({"markdown", "carousel", "context_actions", "plan", "task_card"})
MODAL = Surface("modal", limits.VIEW_BLOCKS, _NOT_IN_VIEWS)
HOME = Surface("home", limits.VIEW_BLOCKS, _NOT_IN_VIEWS - {"carousel"} | {"alert"})
TABLE_FAMILY = {"table", "data_table"}


def check_blocks(blocks: list[Any], surface: Surface) -> list[Problem]:
    """What is wrong with the blocks; nothing when Slack would show them."""
    check = Check()
    for at, block in check.items("", {"blocks": blocks}, "blocks", surface.most_blocks, least=0):
        _check_block(check, at, block, surface)
    _check_together(check, [block for block in blocks if isinstance(block, dict)])
    return check.problems


def _check_block(check: Check, at: str, block: Json, surface: Surface) -> None:
    kind = str(block.get("type"))
    if kind not in _RULES or kind in surface.refused:
        check.wrong(f"{at}/type", f"unsupported block type in a {surface.name}: {kind}")
        return
    check.identifier(at, block, "block_id")
    _RULES[kind](check, at, block)
    if kind == "input" and surface is not MODAL:
        element = block.get("element")
        if isinstance(element, dict) and element.get("type") == "file_input":
            check.wrong(f"{at}/element", "file_input is for modals only")


def _check_together(check: Check, blocks: list[Json]) -> None:
    kinds = [str(block.get("type")) for block in blocks]
    if sum(kind in TABLE_FAMILY for kind in kinds) > 1:
        check.wrong("/blocks", "only_one_table_allowed")
    if kinds.count("data_visualization") > limits.CHARTS:
        check.wrong("/blocks", f"no more than {limits.CHARTS} data_visualization blocks allowed")
    markdown = sum(len(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown")
    if markdown > limits.MARKDOWN_TEXT:
        check.wrong("/blocks", f"markdown must be less than {limits.MARKDOWN_TEXT + 1} characters in all")
    named = [
        block["block_id"] for block in blocks if isinstance(block.get("block_id"), str) and block["block_id"]
    ]
    for repeated in sorted({one for one in named if named.count(one) > 1}):
        check.wrong("/blocks", f"block_id `{repeated}` already exists")


def check_view(view: Json, kind: str) -> list[Problem]:
    """What is wrong with a modal (``kind`` modal) or App Home (home)."""
    check, surface = Check(), MODAL if kind == "modal" else HOME
    if view.get("type") != kind:
        check.wrong("/view/type", f"must be {kind}")
    own = {"title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"}
    common = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
    check.keys("/view", view, common | (own if kind == "modal" else set()))
    check.string("/view", view, "private_metadata", limits.PRIVATE_METADATA)
    check.identifier("/view", view, "callback_id")
    check.identifier("/view", view, "external_id")
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        check.wrong("/view", "missing required field: blocks")
        return check.problems
    if kind == "modal":
        _check_labels(check, view, blocks)
    inside = [(f"/view{at}", message) for at, message in check_blocks(blocks, surface)]
    return check.problems + inside


def _check_labels(check: Check, view: Json, blocks: list[Any]) -> None:
    check.text("/view", view, "title", limits.VIEW_LABEL, plain=True, needed=True)
    check.text("/view", view, "submit", limits.VIEW_LABEL, plain=True)
    check.text("/view", view, "close", limits.VIEW_LABEL, plain=True)
    if any(isinstance(one, dict) and one.get("type") == "input" for one in blocks) and not view.get("submit"):
        check.wrong("/view", "missing required field: submit, because there is an input")


def _section(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "text", "fields", "accessory", "expand"))
    if not block.get("text") and not block.get("fields"):
        check.wrong(at, "must provide text or fields")
    check.text(at, block, "text", limits.TEXT)
    for place, field in check.items(at, block, "fields", limits.FIELDS):
        check.text_object(place, field, limits.FIELD)
    if (accessory := check.object(at, block, "accessory")) is not None:
        check_element(check, f"{at}/accessory", accessory, IN_SECTION)


def _header(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "text", "level"))
    check.text(at, block, "text", limits.HEADER, plain=True, needed=True)


def _divider(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id"))


def _context(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "elements"))
    check.needed(at, block, "elements")
    for place, element in check.items(at, block, "elements", limits.CONTEXT_ELEMENTS):
        if element.get("type") == "image":
            check_image(check, place, element)
        else:
            check.text_object(place, element, limits.TEXT)


def _actions(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "elements"))
    check.needed(at, block, "elements")
    names = set()
    for place, element in check.items(at, block, "elements", limits.ACTIONS_ELEMENTS):
        check_element(check, place, element, IN_ACTIONS)
        name = element.get("action_id")
        if name and name in names:
            check.wrong(
                f"{place}/action_id", f"`action_id` {name} already exists for another element in this block"
            )
        names.add(name)


def _context_actions(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "elements"))
    check.needed(at, block, "elements")
    for place, element in check.items(at, block, "elements", limits.CONTEXT_ACTIONS_ELEMENTS):
        check_element(check, place, element, IN_CONTEXT_ACTIONS)


def _input(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "label", "element", "hint", "optional", "dispatch_action"))
    check.text(at, block, "label", limits.INPUT_LABEL, plain=True, needed=True)
    check.text(at, block, "hint", limits.INPUT_LABEL, plain=True)
    check.needed(at, block, "element")
    if (element := check.object(at, block, "element")) is not None:
        check_element(check, f"{at}/element", element, IN_INPUT)


def _markdown(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "text"))
    check.needed(at, block, "text")
    check.string(at, block, "text", limits.MARKDOWN_TEXT, least=1)


def _video(check: Check, at: str, block: Json) -> None:
    strings = {"alt_text": 200, "author_name": 50, "provider_name": 50, "title_url": 3000}
    addresses = ("thumbnail_url", "video_url", "provider_icon_url")
    check.keys(at, block, ("type", "block_id", "title", "description", *strings, *addresses))
    check.needed(at, block, "alt_text", "title", "thumbnail_url", "video_url")
    for name, most in strings.items():
        check.string(at, block, name, most, least=1)
    check.text(at, block, "title", 200, plain=True)
    check.text(at, block, "description", 200, plain=True)


def _alert(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "text", "level"))
    check.text(at, block, "text", limits.ALERT_TEXT, needed=True)
    check.one_of(at, block, "level", ("default", "info", "warning", "error", "success"))


def _card(check: Check, at: str, block: Json) -> None:
    texts = {
        "title": limits.CARD_TITLE,
        "subtitle": limits.CARD_TITLE,
        "body": limits.CARD_BODY,
        "subtext": limits.CARD_BODY,
    }
    check.keys(at, block, ("type", "block_id", "hero_image", "icon", "slack_icon", "actions", *texts))
    for name, most in texts.items():
        check.text(at, block, name, most)
    for place, element in check.items(at, block, "actions", limits.CARD_BUTTONS):
        check_element(check, place, element, frozenset({"button"}))


def _carousel(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "elements"))
    check.needed(at, block, "elements")
    for place, card in check.items(at, block, "elements", limits.CAROUSEL_CARDS):
        if card.get("type") == "card":
            _card(check, place, card)
        else:
            check.wrong(f"{place}/type", "must be card")


def _container(check: Check, at: str, block: Json) -> None:
    switches = ("width", "is_collapsible", "default_collapsed", "has_header_divider", "icon")
    check.keys(at, block, ("type", "block_id", "title", "subtitle", "child_blocks", *switches))
    check.text(at, block, "title", limits.CARD_TITLE)
    check.text(at, block, "subtitle", limits.CARD_TITLE)
    check.needed(at, block, "child_blocks")
    for place, child in check.items(at, block, "child_blocks", limits.CONTAINER_BLOCKS):
        _check_block(check, place, child, MESSAGE)


def _plan(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "title", "tasks"))
    check.needed(at, block, "title")
    for place, task in check.items(at, block, "tasks", limits.TASKS, least=0):
        check.needed(place, task, "task_id", "title")


def _task_card(check: Check, at: str, block: Json) -> None:
    check.keys(at, block, ("type", "block_id", "task_id", "title", "status", "details", "output", "sources"))
    check.needed(at, block, "task_id", "title")
    check.one_of(at, block, "status", ("pending", "in_progress", "complete", "error"))
    for place, source in check.items(at, block, "sources", limits.TASKS, least=0):
        check.string(place, source, "url", limits.URL, least=1)


_RULES: dict[str, Callable[[Check, str, Json], None]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "image": check_image_block,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "input": _input,
    "rich_text": tables.rich_text,
    "markdown": _markdown,
    "video": _video,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "plan": _plan,
    "task_card": _task_card,
    "table": tables.table,
    "data_table": tables.data_table,
    "data_visualization": tables.data_visualization,
}
