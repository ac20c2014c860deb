"""The words before each link in its paragraph, cell or list's item: they may say whose the link is."""

from __future__ import annotations

from typing import Any

from lxml.etree import iterwalk

LONGEST_BEFORE = 120  # characters
_TEXTLESS = frozenset(("script", "style", "noscript", "template"))
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "dd", "div", "dl", "dt", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"),
        *("section", "table", "tbody", "td", "th", "tr", "ul"),
    )
)


def words_before(tree: Any) -> dict[Any, str]:
    """Of each link the words before it in its block."""
    found: dict[Any, str] = {}
    words = ""
    for event, one in iterwalk(tree, events=("start", "end", "comment")):
        if event == "start":
            words = "" if one.tag in _BLOCKS else words
            if one.tag in {"a", "area"}:
                found[one] = " ".join(words.split())
            said = "" if one.tag in _TEXTLESS else one.text
        else:
            words = "" if one.tag in _BLOCKS else words
            said = one.tail
        words = f"{words} {said}"[-LONGEST_BEFORE:] if said else words
    return found
