"""A segment added to the document's text: one entry more, and everything else as its keepers wrote it."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from bot.app.config.document import read_text
from bot.app.errors import ConfigurationError

_KEY = "segments"


def with_segment(text: str, name: str, criteria: str) -> str:
    """The document with a segment at the end of its segments. Nothing is checked but that it says just that.

    Raises:
        ConfigurationError: the text is no document, or it is written in a way that cannot be added to.
    """
    entry = {"name": name, "criteria": criteria}
    read = read_text(text, "configuration")
    wanted = read.values | {_KEY: [*(read.values.get(_KEY) or ()), entry]}
    made = _inserted(text, read.tree, entry)
    if made is None or _says(made) != wanted:
        made = _written_again(text, entry)
        if _says(made) != wanted:
            raise ConfigurationError(
                "The segment cannot be added to the document as it is written.",
                "Add it to the file by hand, and run `bellwether config apply`.",
            )
    return made


def _says(text: str) -> dict[str, Any] | None:
    try:
        return read_text(text, "configuration").values
    except ConfigurationError:
        return None


def _inserted(text: str, tree: CommentedMap, entry: dict[str, str]) -> str | None:
    """With lines put in, so that comments and spelling stay; None where the list stands on one line."""
    lines = text.splitlines()
    if _KEY not in tree:
        return "\n".join([*lines, f"{_KEY}:", *_lines(entry, "  "), ""])
    held = tree[_KEY]
    if not isinstance(held, CommentedSeq) or held.fa.flow_style() or not held:
        return None
    # ruamel says where the first item's content begins: two signs before it stands its dash.
    indent = " " * (held.lc.data[0][1] - 2)
    at = _end(tree, lines)
    return "\n".join([*lines[:at], *_lines(entry, indent), *lines[at:], ""])


def _end(tree: CommentedMap, lines: list[str]) -> int:
    """The number of the line after the last one that belongs to the segments."""
    start = tree.lc.key(_KEY)[0]
    after = [tree.lc.key(key)[0] for key in tree if tree.lc.key(key)[0] > start]
    end = min(after, default=len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith(("#", "..."))):
        end -= 1
    return end


def _lines(entry: dict[str, str], indent: str) -> list[str]:
    # A JSON text is a YAML text too.
    name, criteria = (json.dumps(entry[key], ensure_ascii=False) for key in ("name", "criteria"))
    return [f"{indent}- name: {name}", f"{indent}  criteria: {criteria}"]


def _written_again(text: str, entry: dict[str, str]) -> str:
    """Read and written as a whole: comments stay, the spelling may change."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 110
    tree = yaml.load(text)
    tree[_KEY] = [*(tree.get(_KEY) or ()), entry]
    into = StringIO()
    yaml.dump(tree, into)
    return into.getvalue()
