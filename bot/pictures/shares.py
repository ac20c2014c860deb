"""Parts of one whole: one stacked bar, and below it each part with its colour, value and share."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.app.tables import Picture, Point
from bot.pictures.frame import LEFT, RIGHT, ROOM, name
from bot.pictures.lettering import width
from bot.pictures.marks import COLOURS, GREY, QUIET, TEXT_SIZE, WHITE, Align, Marks, Rectangle, Text
from bot.pictures.writing import written

MOST_PARTS: Final = len(COLOURS)
_HEIGHT: Final = 46
_ROW: Final = 29
_SWATCH: Final = 15
_COLUMN: Final = 110
_WORTH_A_LABEL: Final = 46  # pixels: narrower parts have their share below only
_DARK: Final = frozenset({"#0072b2", "#5b4a9c"})  # white is read on these


def shares(picture: Picture, top: float) -> Marks:
    """The parts, in their order; what has no place among them is one grey part."""
    parts = [point for point in picture.points if point.value > 0]
    empty = [point for point in picture.points if point.value <= 0]
    whole = sum((Decimal(part.value) for part in parts), Decimal(0))
    coloured = list(zip(_bounded(parts), (*COLOURS, GREY), strict=False))
    rectangles, texts = [], []
    x = float(LEFT)
    for part, colour in coloured:
        share = Decimal(part.value) / whole
        end = x + ROOM * float(share)
        rectangles.append(Rectangle(x, top, max(end - 1, x + 0.5), top + _HEIGHT, colour))
        if end - x >= _WORTH_A_LABEL:
            ink = WHITE if colour in _DARK else "#000000"
            texts.append(
                Text(
                    (x + end) / 2, top + _HEIGHT / 2, _percent(share), TEXT_SIZE, ink, Align.CENTER, bold=True
                )
            )
        x = end
    rows = [(part, colour, Decimal(part.value) / whole) for part, colour in coloured]
    rows += [(part, WHITE, Decimal(0)) for part in empty[: MOST_PARTS - len(rows)]]
    key = _key(picture, rows, top + _HEIGHT + 16)
    return Marks(key.bottom, [*rectangles, *key.rectangles], (), (), [*texts, *key.texts])


def _bounded(parts: Sequence[Point]) -> list[Point]:
    if len(parts) <= MOST_PARTS:
        return list(parts)
    rest = parts[MOST_PARTS:]
    value = sum((Decimal(one.value) for one in rest), Decimal(0))
    return [*parts[:MOST_PARTS], Point(f"{len(rest):,} others", value)]


def _percent(share: Decimal) -> str:
    """A share in whole percent; a small one is not said to be nothing."""
    return "<1 %" if 0 < share < Decimal("0.005") else f"{float(share):.0%}".replace("%", " %")


def _key(picture: Picture, rows: Sequence[tuple[Point, str, Decimal]], top: float) -> Marks:
    rectangles, texts = [], []
    y = top + _ROW / 2
    for part, colour, share in rows:
        said = written(part.value, picture.type, picture.currency)
        room = ROOM - _SWATCH - 10 - 2 * _COLUMN - 10
        label = name(part.category, room, TEXT_SIZE)
        rectangles.append(Rectangle(LEFT, y - _SWATCH / 2, LEFT + _SWATCH, y + _SWATCH / 2, colour))
        texts.append(Text(LEFT + _SWATCH + 10, y, label, TEXT_SIZE))
        texts.append(Text(_value_column(rows, picture), y, said, TEXT_SIZE, align=Align.RIGHT))
        texts.append(
            Text(
                _value_column(rows, picture) + _COLUMN * 0.65,
                y,
                _percent(share),
                TEXT_SIZE,
                QUIET,
                Align.RIGHT,
            )
        )
        y += _ROW
    return Marks(y - _ROW / 2, rectangles, (), (), texts)


def _value_column(rows: Sequence[tuple[Point, str, Decimal]], picture: Picture) -> float:
    """Where the values end: near the names, so that the eye finds its row."""
    names = max(width(name(part.category, ROOM - 2 * _COLUMN - 35, TEXT_SIZE)) for part, *_ in rows)
    said = max(width(written(part.value, picture.type, picture.currency)) for part, *_ in rows)
    return min(LEFT + _SWATCH + 10 + names + 28 + said, RIGHT - _COLUMN * 0.65)
