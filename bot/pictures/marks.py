"""What a drawing is made of: rectangles, rules, lines, dots and texts at places in pixels. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

INK: Final = "#1b1f23"
QUIET: Final = "#57606a"
GRID: Final = "#dfe3e8"
GREY: Final = "#9aa2ab"
WHITE: Final = "#ffffff"
# Told apart with every common kind of colour blindness (Okabe and Ito, https://jfly.uni-koeln.de/color/),
# without its yellow, which is not seen on white.
COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#5b4a9c")

# The same hues for letters, dark enough to be read on white.
LETTERS: Final = dict(
    zip(COLOURS, ("#0072b2", "#8f6200", "#00765a", "#b34e00", "#a04577", "#1b6f9f", "#5b4a9c"), strict=True)
)

TEXT_SIZE: Final = 16
SMALL_SIZE: Final = 15
TITLE_SIZE: Final = 20


class Align(StrEnum):
    """Which end of a text stands at its place."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Text:
    """A text; ``y`` is its middle. ``slant`` in degrees, clockwise."""

    x: float
    y: float
    text: str
    size: int = TEXT_SIZE
    colour: str = INK
    align: Align = Align.LEFT
    bold: bool = False
    slant: int = 0


@dataclass(frozen=True, slots=True)
class Rectangle:
    """From one corner to the other."""

    x: float
    y: float
    x2: float
    y2: float
    colour: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line.

    Attributes:
        series: the number of its series.
        stretch: dots of the same series and stretch are joined.
    """

    x: float
    y: float
    colour: str
    series: int
    stretch: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight grid line."""

    x: float
    y: float
    x2: float
    y2: float
    colour: str = GRID


@dataclass(frozen=True, slots=True)
class Marks:
    """What one part of a drawing consists of, and where it ends below (``bottom``)."""

    bottom: float
    rectangles: Sequence[Rectangle] = field(default_factory=tuple)
    rules: Sequence[Rule] = field(default_factory=tuple)
    dots: Sequence[Dot] = field(default_factory=tuple)
    texts: Sequence[Text] = field(default_factory=tuple)
