"""The coloured mark of a label, by its place between best and worst, and of a change, by its direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.app.wording import NOTHING
from bot.slack.views.text import plain

Marks = Mapping[str, str]  # label -> mark
_BY_DIRECTION: Final = {"worse": "🔴", "better": "🟢"}


def label_marks(labels: Sequence[str]) -> Marks:
    """Marks for labels that are listed from best to worst: thirds of green, yellow, red; red rounded up."""
    last = max(len(labels) - 1, 1)
    return {label: "🟢🟡🔴"[min((place * 3 + 1) // (last + 1), 2)] for place, label in enumerate(labels)}


def marked(label: str | None, marks: Marks) -> str:
    """A label with its mark, for places where nothing is interpreted."""
    return f"{marks.get(label, '⚪')} {plain(label, 60)}" if label else NOTHING


def direction_mark(direction: str) -> str:
    """The mark of a change."""
    return _BY_DIRECTION.get(direction, "🔵")
