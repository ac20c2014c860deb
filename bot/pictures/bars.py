"""Lying bars: a name, its bar, its value; several series stand below one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.app.tables import Picture, Point
from bot.pictures.frame import LEFT, RIGHT, legend, name, note, series_of
from bot.pictures.lettering import width
from bot.pictures.marks import (
    COLOURS,
    GREY,
    INK,
    SMALL_SIZE,
    Align,
    Marks,
    Rectangle,
    Rule,
    Text,
)
from bot.pictures.writing import written

MOST_CATEGORIES: Final = 21  # twenty and the others
NAMES_WIDTH: Final = 200
_BAR: Final = 22
_THIN_BAR: Final = 19  # where several stand together
_GAP: Final = 9
_BESIDE: Final = 7  # between a bar and its texts


@dataclass(frozen=True, slots=True)
class _Scale:
    """From a value to its place: ``zero`` is where bars begin."""

    zero: float
    per_unit: float

    def place(self, value: float) -> float:
        return self.zero + value * self.per_unit


def bars(picture: Picture, top: float) -> Marks:
    """Bars in the order of the points, the first ones only where there are too many."""
    series = series_of(picture)
    # Points are rows, even where two accounts bear the same name; with series, the name joins them.
    rows = _joined(picture.points, series) if len(series) > 1 else [[point] for point in picture.points]
    shown = rows[:MOST_CATEGORIES]
    head = legend(series, top)
    labels = [name(row[0].category, NAMES_WIDTH) for row in shown]
    begin = LEFT + max(width(label, SMALL_SIZE) for label in labels) + _BESIDE + 3
    scale = _scale(picture, [point for row in shown for point in row], begin)
    thickness = _BAR if len(series) == 1 else _THIN_BAR
    rectangles, texts = list(head.rectangles), list(head.texts)
    y = head.bottom
    for label, row in zip(labels, shown, strict=True):
        middle = y + thickness * len(row) / 2
        texts.append(Text(begin - _BESIDE, middle, label, SMALL_SIZE, align=Align.RIGHT))
        for number, point in enumerate(row):
            colour = _colour(point, series)
            rectangles.append(_bar(point, scale, y + number * thickness, thickness, colour))
            texts.append(_value(picture, point, scale, y + (number + 0.5) * thickness))
        y += thickness * len(row) + _GAP
    below = note(len(rows) - len(shown), "", y - _GAP)
    zero = Rule(scale.zero, head.bottom - 3, scale.zero, y - _GAP + 3, GREY)
    return Marks(below.bottom, rectangles, [zero], (), [*texts, *below.texts])


def _joined(points: Sequence[Point], series: Sequence[str]) -> list[list[Point]]:
    rows: dict[str, list[Point]] = {}
    for point in points:
        if point.series in series:
            rows.setdefault(point.category, []).append(point)
    return [sorted(row, key=lambda point: series.index(point.series)) for row in rows.values()]


def _scale(picture: Picture, points: Sequence[Point], begin: float) -> _Scale:
    values = [float(point.value) for point in points]
    low, high = min(0.0, *values), max(0.0, *values)

    def room(side: Sequence[Point]) -> float:
        return max((width(_said(picture, one), SMALL_SIZE) for one in side), default=0) + _BESIDE

    left = begin + (room([one for one in points if one.value < 0]) if low < 0 else 0)
    right = RIGHT - room([one for one in points if one.value >= 0])
    per_unit = (right - left) / (high - low) if high > low else 0.0
    return _Scale(left - low * per_unit, per_unit)


def _said(picture: Picture, point: Point) -> str:
    return written(point.value, picture.type, picture.currency)


def _colour(point: Point, series: Sequence[str]) -> str:
    return COLOURS[series.index(point.series)]


def _bar(point: Point, scale: _Scale, y: float, thickness: float, colour: str) -> Rectangle:
    end = scale.place(float(point.value))
    return Rectangle(min(scale.zero, end), y, max(scale.zero, end), y + thickness - 1, colour)


def _value(picture: Picture, point: Point, scale: _Scale, y: float) -> Text:
    end = scale.place(float(point.value))
    said = _said(picture, point)
    if point.value < 0:
        return Text(end - _BESIDE, y, said, SMALL_SIZE, INK, Align.RIGHT)
    return Text(end + _BESIDE, y, said, SMALL_SIZE, INK)
