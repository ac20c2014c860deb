"""The word lists that are shipped beside this module."""

from __future__ import annotations

from functools import cache
from importlib import resources


def word_list(name: str) -> frozenset[str]:
    """The list under a heading of ``words.txt``.

    Raises:
        KeyError: there is no such heading.
    """
    return _lists()[name]


@cache
def _lists() -> dict[str, frozenset[str]]:
    text = resources.files("scoring.voice").joinpath("words.txt").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    words: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            words = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            words.extend(line.split())
    return {name: frozenset(some) for name, some in found.items()}
