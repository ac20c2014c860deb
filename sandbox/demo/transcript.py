"""A conversation in Slack as plain text that reads like a chat. Messages in, text out; nothing else.

The messages are those of the sandbox's ``/_sandbox/messages``: ``user``, ``username``, ``text``, ``blocks``,
``thread_ts``, ``ephemeral_for``, ``edited``. What Slack would draw is drawn; what it would ping or link is
shown as such: ``@channel`` and ``label (address)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

INDENT: Final = "    "
_ANGLES: Final = re.compile(r"<([^<>]*)>")
_FORMATTED: Final = re.compile(r"(?<![\w\u200b])([*_~])(?!\u200b)(\S(?:[^\n]*?\S)?)\1(?![\w\u200b])")
_INVISIBLE: Final = "\u200b"

Json = Mapping[str, Any]
Names = Mapping[str, str]


def transcript(messages: Sequence[Json], names: Names | None = None) -> str:
    """The conversation, one message after the other, replies in a thread indented.

    Args:
        messages: oldest first.
        names: what people are called, by Slack id, for mentions.
    """
    known = dict(names or {})
    for message in messages:
        if message.get("user") and message.get("username"):
            known.setdefault(str(message["user"]), str(message["username"]))
    return "\n".join(_message(message, known) for message in messages)


def message_text(message: Json, names: Names | None = None) -> str:
    """What one message shows: its blocks, or its text where it has none."""
    known = names or {}
    blocks = message.get("blocks") or ()
    lines = (
        list(_blocks(blocks, known))
        if blocks
        else mrkdwn_text(str(message.get("text", "")), known).split("\n")
    )
    return "\n".join(line.rstrip() for line in lines)


def view_text(view: Json | None, names: Names | None = None) -> str:
    """What App Home or a modal shows."""
    return "\n".join(line.rstrip() for line in _blocks((view or {}).get("blocks") or (), names or {}))


def _message(message: Json, names: Names) -> str:
    who = str(message.get("username") or names.get(str(message.get("user")), message.get("user") or "?"))
    marks = [
        "(only you) " if message.get("ephemeral_for") else "",
        "(edited) " if message.get("edited") and message.get("blocks") else "",
    ]
    body = message_text(message, names).split("\n")
    reply = message.get("thread_ts") and message.get("thread_ts") != message.get("ts")
    first = f"{who}: {''.join(marks)}{body[0]}"
    lines = [first, *(f"{INDENT}{line}" for line in body[1:])]
    return "\n".join(f"{INDENT if reply else ''}{line}".rstrip() for line in lines)


def mrkdwn_text(text: str, names: Names | None = None) -> str:
    """What Slack would show for mrkdwn."""
    shown = _ANGLES.sub(lambda found: _angles(found.group(1), names or {}), text)
    shown = _FORMATTED.sub(r"\2", shown)
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return shown.replace(_INVISIBLE, "")


def _angles(inside: str, names: Names) -> str:
    """What stands between angle brackets: a mention, a date, or a link."""
    target, _, label = inside.partition("|")
    if target.startswith("!date"):
        return label
    if target.startswith("!"):
        return label or f"@{target[1:]}"
    if target.startswith("@"):
        return f"@{names.get(target[1:], label or target[1:])}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    return f"{label} ({target})" if label else target


def _blocks(blocks: Iterable[Json], names: Names) -> Iterator[str]:
    for block in blocks:
        draw = _DRAW.get(str(block.get("type")))
        yield from draw(block, names) if draw else (f"[{block.get('type')}]",)


def _text(value: Json | None, names: Names) -> str:
    if not value:
        return ""
    said = str(value.get("text", ""))
    return mrkdwn_text(said, names) if value.get("type") == "mrkdwn" else said


def _section(block: Json, names: Names) -> Iterator[str]:
    if block.get("text"):
        yield from _text(block["text"], names).split("\n")
    for field in block.get("fields") or ():
        name, _, value = _text(field, names).partition("\n")
        yield f"{name}: {value}".replace("\n", ", ") if value else name
    if block.get("accessory"):
        yield _element(block["accessory"], names)


def _header(block: Json, names: Names) -> Iterator[str]:
    yield f"== {_text(block.get('text'), names)} =="


def _divider(_block: Json, _names: Names) -> Iterator[str]:
    yield "---"


def _context(block: Json, names: Names) -> Iterator[str]:
    parts = [_text(one, names) or str(one.get("alt_text", "")) for one in block.get("elements") or ()]
    yield f"({'  '.join(parts)})"


def _actions(block: Json, names: Names) -> Iterator[str]:
    yield " ".join(_element(one, names) for one in block.get("elements") or ())


def _element(element: Json, names: Names) -> str:
    if element.get("type") == "button":
        link = f" -> {element['url']}" if element.get("url") else ""
        return f"[{_text(element.get('text'), names)}{link}]"
    options = " | ".join(_text(one.get("text"), names) for one in element.get("options") or ())
    return f"[{_text(element.get('placeholder'), names)} {options}]".replace(" ]", "]")


def _rich_text(block: Json, names: Names) -> Iterator[str]:
    for element in block.get("elements") or ():
        if element.get("type") == "rich_text_list":
            for number, item in enumerate(element.get("elements") or (), start=1):
                mark = f"{number}." if element.get("style") == "ordered" else "•"
                yield f"{mark} {_runs(item, names)}"
        else:
            yield from _runs(element, names).split("\n")


def _runs(element: Json, names: Names) -> str:
    return "".join(_run(one, names) for one in element.get("elements") or ())


def _run(run: Json, names: Names) -> str:
    kind = run.get("type")
    if kind == "link":
        label = run.get("text")
        return f"{label} ({run.get('url')})" if label else str(run.get("url"))
    if kind == "user":
        return f"@{names.get(str(run.get('user_id')), run.get('user_id'))}"
    if kind == "broadcast":
        return f"@{run.get('range')}"
    if kind == "emoji":
        return f":{run.get('name')}:"
    return str(run.get("text") or run.get("fallback") or "")


def _table(block: Json, names: Names) -> Iterator[str]:
    rows = [[_cell(cell, names) for cell in row] for row in block.get("rows") or ()]
    if not rows:
        return
    settings = block.get("column_settings") or ()
    right = [bool(one) and one.get("align") == "right" for one in settings]
    right += [False] * (len(rows[0]) - len(right))
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        yield "  ".join(
            _padded(cell, width, flag) for cell, width, flag in zip(row, widths, right, strict=True)
        )
        if number == 0:
            yield "  ".join("-" * width for width in widths)


def _cell(cell: Json, names: Names) -> str:
    if cell.get("type") == "rich_text":
        return " ".join(_rich_text(cell, names))
    return str(cell.get("text", cell.get("value", "")))


def _width(text: str) -> int:
    """Columns in a terminal: a coloured mark takes two."""
    return len(text) + sum(sign in "🟢🟡🔴🔵⚪🟠" for sign in text)


def _padded(text: str, width: int, right: bool) -> str:  # noqa: FBT001 - zipped from a column
    space = " " * (width - _width(text))
    return space + text if right else text + space


_DRAW: Final = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich_text,
    "table": _table,
}
