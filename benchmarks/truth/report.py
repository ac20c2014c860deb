"""Tables for people, goals with what was measured, and where the data is. Knows no technique."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NO_DATA = 2  # exit code


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, what was measured, and which way is better."""

    name: str
    goal: float
    measured: float
    better: Literal["more", "less"] = "more"
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the measured value, unrounded, reaches the goal."""
        return self.measured >= self.goal if self.better == "more" else self.measured <= self.goal


def data_directory(name: str) -> Path:
    """The directory of a data set, under ``BELLWETHER_DATA`` or ``../shared/data`` beside the checkout.

    Ends the program with exit code 2 and a sentence when it is not there.
    """
    found = find_data(name)
    if found is None:
        print(f"The data set {name} is not at hand: set BELLWETHER_DATA to the directory that holds it.")
        sys.exit(NO_DATA)
    return found


def find_data(name: str) -> Path | None:
    """The directory of a data set, or None."""
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    directory = Path(os.environ.get("BELLWETHER_DATA") or beside) / name
    return directory if directory.is_dir() else None


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; fractions with four digits, nothing for None."""
    lines = [headings, ["---"] * len(headings), *([_written(one) for one in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def goals_table(goals: Sequence[Goal]) -> str:
    """Each goal beside what was measured, and whether it is met."""
    rows = [
        (
            one.name,
            f"{'≥' if one.better == 'more' else '≤'} {one.goal:.4g}",
            one.measured,
            "met" if one.met else "missed",
            one.note,
        )
        for one in goals
    ]
    return table(("goal", "wanted", "measured", "", "note"), rows)


def _written(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)
