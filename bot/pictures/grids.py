"""A matrix: from each category (a row) to each series (a column), the value written and as a shade."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.app.tables import Picture
from bot.pictures.frame import LEFT, RIGHT, name, note
from bot.pictures.lettering import width
from bot.pictures.marks import INK, QUIET, SMALL_SIZE, TEXT_SIZE, WHITE, Align, Marks, Rectangle, Text
from bot.pictures.writing import compact, written

MOST: Final = 10  # rows, and columns
NAMES_WIDTH: Final = 140
_ROW: Final = 38
_WIDEST: Final = 110
_SLANT: Final = -40
_SLANTED_NAME: Final = 120
_LIGHT: Final = (222, 235, 247)
_FULL: Final = (0, 90, 150)
_DIRECTIONS: Final = "from ↓  to →"
_EMPTY: Final = "#f4f5f7"
_DARK_FROM: Final = 0.72  # shades from which white is read better


def grid(picture: Picture, top: float) -> Marks:
    """The matrix; rows and columns in the order in which they come."""
    rows = list(dict.fromkeys(one.category for one in picture.points))
    columns = list(dict.fromkeys(one.series for one in picture.points))
    values: dict[tuple[str, str], Decimal | int] = {
        (one.category, one.series): one.value for one in picture.points
    }
    labels = [name(one, NAMES_WIDTH) for one in rows[:MOST]]
    left = LEFT + max(width(one, SMALL_SIZE) for one in (*labels, _DIRECTIONS)) + 10
    shown = columns[:MOST]
    cell = min(_WIDEST, (RIGHT - left) / len(shown))
    head = _columns(shown, left, cell, top)
    rectangles, texts = [], list(head.texts)
    most = max(abs(Decimal(one)) for one in values.values())
    for number, (row, label) in enumerate(zip(rows, labels, strict=False)):
        y = head.bottom + number * _ROW
        texts.append(Text(left - 10, y + _ROW / 2, label, SMALL_SIZE, align=Align.RIGHT))
        for place, column in enumerate(shown):
            box, said = _cell(picture, values.get((row, column)), most, left + place * cell, y, cell)
            rectangles.append(box)
            texts += said
    below = note(
        max(len(rows) - MOST, 0) + max(len(columns) - MOST, 0),
        "rows or columns",
        head.bottom + len(labels) * _ROW,
    )
    return Marks(below.bottom, rectangles, (), (), [*texts, *below.texts])


def _columns(columns: Sequence[str], left: float, cell: float, top: float) -> Marks:
    """The names over the columns, slanted when they are too wide."""
    level = all(width(name(one, _SLANTED_NAME), SMALL_SIZE) <= cell - 8 for one in columns)
    if level:
        middle = top + 22
        texts = [
            Text(left + (at + 0.5) * cell, middle, name(one, cell - 8), SMALL_SIZE, align=Align.CENTER)
            for at, one in enumerate(columns)
        ]
        return _directions(left, Marks(top + 36, texts=texts))
    names = [_slanted(one, left + (at + 0.5) * cell) for at, one in enumerate(columns)]
    height = max(width(one, SMALL_SIZE) for one in names) * 0.65 + 18
    texts = [
        Text(left + (at + 0.5) * cell, top + height, one, SMALL_SIZE, slant=_SLANT)
        for at, one in enumerate(names)
    ]
    return _directions(left, Marks(top + height + 10, texts=texts))


def _slanted(text: str, x: float) -> str:
    """As much of a name as fits between its column and the right edge of the picture."""
    return name(text, min(_SLANTED_NAME, (RIGHT + 16 - x) / 0.77))


def _directions(left: float, head: Marks) -> Marks:
    said = Text(left - 10, head.bottom - 14, _DIRECTIONS, SMALL_SIZE, QUIET, Align.RIGHT)
    return Marks(head.bottom, texts=[said, *head.texts])


def _cell(
    picture: Picture, value: Decimal | int | None, most: Decimal, x: float, y: float, cell: float
) -> tuple[Rectangle, list[Text]]:
    box = (x + 1, y + 1, x + cell - 1, y + _ROW - 1)
    if not value:
        return Rectangle(*box, _EMPTY), []
    strength = float(abs(Decimal(value)) / most)
    ink = WHITE if strength >= _DARK_FROM else INK
    said = written(value, picture.type, picture.currency)
    if width(said, SMALL_SIZE) > cell - 4:
        said = name(compact(value), cell - 4)
    text = Text(
        x + cell / 2,
        y + _ROW / 2,
        said,
        TEXT_SIZE if width(said) <= cell - 4 else SMALL_SIZE,
        ink,
        Align.CENTER,
    )
    return Rectangle(*box, _shade(strength)), [text]


def _shade(strength: float) -> str:
    """From light to full; the smallest value is seen too."""
    mixed = (round(one + (other - one) * strength) for one, other in zip(_LIGHT, _FULL, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
