"""Where everything of a picture stands: its heading, and below it the body of its shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.app.tables import Picture, Shape
from bot.pictures.bars import bars
from bot.pictures.frame import LEFT, MARGIN, ROOM, WIDTH
from bot.pictures.grids import grid
from bot.pictures.lettering import wrapped
from bot.pictures.lines import lines
from bot.pictures.marks import QUIET, SMALL_SIZE, TITLE_SIZE, Dot, Marks, Rectangle, Rule, Text
from bot.pictures.shares import shares

TITLE_LINES: Final = 3
SUBTITLE_LINES: Final = 4
NOTHING: Final = "There is nothing to draw."
_LINE: Final = 1.35  # height of a line in parts of its letters' size
_BODIES: Final[Mapping[Shape, Callable[[Picture, float], Marks]]] = {
    Shape.BAR: bars,
    Shape.LINE: lines,
    Shape.SHARE: shares,
    Shape.GRID: grid,
}


@dataclass(frozen=True, slots=True)
class Canvas:
    """A whole drawing. Width and height in pixels at scale 1."""

    width: int
    height: int
    rectangles: tuple[Rectangle, ...]
    rules: tuple[Rule, ...]
    dots: tuple[Dot, ...]
    texts: tuple[Text, ...]


def layout(picture: Picture) -> Canvas:
    """The drawing of a picture; nothing of it is outside of its canvas."""
    head = _heading(picture)
    body = _BODIES[picture.shape](picture, head.bottom) if picture.points else _nothing(head.bottom)
    return Canvas(
        WIDTH,
        round(body.bottom + MARGIN),
        tuple(body.rectangles),
        tuple(body.rules),
        tuple(body.dots),
        (*head.texts, *body.texts),
    )


def _heading(picture: Picture) -> Marks:
    texts: list[Text] = []
    y = float(MARGIN)
    for line in wrapped(picture.title, ROOM, TITLE_SIZE, TITLE_LINES, bold=True):
        texts.append(Text(LEFT, y + TITLE_SIZE * _LINE / 2, line, TITLE_SIZE, bold=True))
        y += TITLE_SIZE * _LINE
    y += 2
    for line in wrapped(picture.subtitle, ROOM, SMALL_SIZE, SUBTITLE_LINES):
        texts.append(Text(LEFT, y + SMALL_SIZE * _LINE / 2, line, SMALL_SIZE, QUIET))
        y += SMALL_SIZE * _LINE
    return Marks(y + 14, texts=texts)


def _nothing(top: float) -> Marks:
    return Marks(top + 40, texts=[Text(LEFT, top + 20, NOTHING, colour=QUIET)])
