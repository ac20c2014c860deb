"""Lines over time: one for each series, with round steps at the side and the periods below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.app.tables import CellType, Picture
from bot.pictures.frame import LEFT, RIGHT, legend, name, series_of
from bot.pictures.lettering import width
from bot.pictures.marks import COLOURS, GREY, LETTERS, QUIET, SMALL_SIZE, Align, Dot, Marks, Rule, Text
from bot.pictures.writing import steps, written

_HEIGHT: Final = 300
_ABOVE: Final = 24  # for the label of the highest point
_BELOW: Final = 30
_FEW: Final = 12  # so many points that each has its value
_BETWEEN: Final = 18  # labels at the end of lines, at least
_CATEGORY: Final = 110
_Values = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class _Plot:
    """The area of the lines, and the places of values in it."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    categories: Sequence[str]

    def x(self, number: int) -> float:
        last = max(len(self.categories) - 1, 1)
        single = len(self.categories) == 1
        return (
            (self.left + self.right) / 2 if single else self.left + (self.right - self.left) * number / last
        )

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * (value - self.low) / (self.high - self.low)


def lines(picture: Picture, top: float) -> Marks:
    """The lines, in the order in which their periods come; the last value of each is written beside it."""
    series = series_of(picture)
    values: _Values = {(one.category, one.series): float(one.value) for one in picture.points}
    head = legend(series, top)
    marks = _steps(picture, values)
    plot = _plot(picture, series, values, marks, head.bottom)
    rules, texts = _axis(picture, plot, marks)
    dots = [dot for number, one in enumerate(series) for dot in _dots(plot, number, one, values)]
    said = [*_ends(picture, plot, series, values), *_inside(picture, plot, series, values)]
    return Marks(
        plot.bottom + _BELOW, head.rectangles, rules, dots, [*head.texts, *texts, *_periods(plot), *said]
    )


def _dots(plot: _Plot, series: int, name_of_series: str, values: _Values) -> list[Dot]:
    """The dots of one line; where a period has no value the line is interrupted."""
    dots, stretch = [], 0
    for number, category in enumerate(plot.categories):
        value = values.get((category, name_of_series))
        if value is None:
            stretch += 1
        else:
            dots.append(Dot(plot.x(number), plot.y(value), COLOURS[series], series, stretch))
    return dots


def _steps(picture: Picture, values: _Values) -> list[float]:
    """The steps of the axis; they begin at zero, so that heights can be compared."""
    low, high = min(0.0, *values.values()), max(0.0, *values.values())
    marks = steps(low, high)
    if picture.type is CellType.MONEY or picture.type is CellType.PERCENT:
        return marks
    whole = all(value == int(value) for value in values.values())
    return [one for one in marks if one == int(one)] if whole else marks


def _plot(
    picture: Picture, series: Sequence[str], values: _Values, marks: Sequence[float], top: float
) -> _Plot:
    categories = list(dict.fromkeys(one.category for one in picture.points))
    left = LEFT + max(width(_said(picture, one), SMALL_SIZE) for one in marks) + 10
    ends = [found for one in series if (found := _last(one, categories, values)) is not None]
    right = RIGHT - max(width(_said(picture, value), SMALL_SIZE, bold=True) for _, value in ends) - 10
    return _Plot(left + 8, right, top + _ABOVE, top + _ABOVE + _HEIGHT, marks[0], marks[-1], categories)


def _said(picture: Picture, value: float) -> str:
    return written(value, picture.type, picture.currency)


def _last(series: str, categories: Sequence[str], values: _Values) -> tuple[int, float] | None:
    """The number of its last period with a value, and that value."""
    found = ((number, values.get((one, series))) for number, one in reversed(list(enumerate(categories))))
    return next(((number, value) for number, value in found if value is not None), None)


def _axis(picture: Picture, plot: _Plot, marks: Sequence[float]) -> tuple[list[Rule], list[Text]]:
    rules = [
        Rule(plot.left - 8, plot.y(one), plot.right, plot.y(one), GREY if one == 0 else "#dfe3e8")
        for one in marks
    ]
    texts = [
        Text(plot.left - 16, plot.y(one), _said(picture, one), SMALL_SIZE, QUIET, Align.RIGHT)
        for one in marks
    ]
    return rules, texts


def _periods(plot: _Plot) -> list[Text]:
    """The names of as many periods as fit, the last always among them."""
    names = [name(one, _CATEGORY) for one in plot.categories]
    room = max(width(one, SMALL_SIZE) for one in names) + 14
    fitting = max(1, int((plot.right - plot.left) // room) + 1)
    every = max(1, -(-len(names) // fitting))
    last = len(names) - 1
    texts = []
    for number in range(last % every, len(names), every):
        at, half = plot.x(number), width(names[number], SMALL_SIZE) / 2
        x = min(max(at, LEFT + half), RIGHT - half)
        texts.append(Text(x, plot.bottom + 18, names[number], SMALL_SIZE, QUIET, Align.CENTER))
    return texts


def _ends(picture: Picture, plot: _Plot, series: Sequence[str], values: _Values) -> list[Text]:
    """The last value of each line, beside its end; pushed apart where lines end together."""
    found = []
    for one, colour in zip(series, COLOURS, strict=False):
        last = _last(one, plot.categories, values)
        if last is not None:
            found.append((plot.y(last[1]), plot.x(last[0]), _said(picture, last[1]), colour))
    found.sort()
    heights = _apart([y for y, *_ in found], plot.bottom)
    return [
        Text(x + 9, y, said, SMALL_SIZE, LETTERS[colour], bold=True)
        for y, (_, x, said, colour) in zip(heights, found, strict=True)
    ]


def _apart(heights: Sequence[float], lowest: float) -> list[float]:
    """Rising heights at a distance at which labels can be read, none below ``lowest``."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + _BETWEEN) if placed else height)
    for number in reversed(range(len(placed))):
        placed[number] = min(placed[number], lowest)
        lowest = placed[number] - _BETWEEN
    return placed


def _inside(picture: Picture, plot: _Plot, series: Sequence[str], values: _Values) -> list[Text]:
    """Of a single line: every value where they are few, otherwise the highest. The last one has its own."""
    if len(series) != 1:
        return []
    known = [
        (number, value)
        for number, one in enumerate(plot.categories)
        if (value := values.get((one, series[0]))) is not None
    ][:-1]
    step = (plot.right - plot.left) / max(len(plot.categories) - 1, 1)
    fits = all(width(_said(picture, value), SMALL_SIZE) < step for _, value in known)
    if not (len(plot.categories) <= _FEW and fits):
        known = [max(known, key=lambda one: one[1])] if known else []
    texts = []
    for number, value in known:
        said = _said(picture, value)
        x = max(plot.x(number), LEFT + width(said, SMALL_SIZE) / 2)
        side = 16 if _is_valley(number, plot.categories, series[0], values) else -14
        texts.append(Text(x, plot.y(value) + side, said, SMALL_SIZE, align=Align.CENTER))
    return texts


def _is_valley(number: int, categories: Sequence[str], series: str, values: _Values) -> bool:
    """Whether the line comes down to here and goes up again: there is room below, and none above."""
    here = values[categories[number], series]
    around = [
        values.get((one, series))
        for one in (*categories[max(number - 1, 0) : number], *categories[number + 1 : number + 2])
    ]
    return here > 0 and all(one is not None and one > here for one in around)
