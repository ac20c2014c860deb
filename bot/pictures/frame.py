"""The measures that every shape shares, and the small parts that several have: a legend, a note below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.app.tables import Picture
from bot.pictures.lettering import ELLIPSIS, shortened, width
from bot.pictures.marks import COLOURS, QUIET, SMALL_SIZE, Marks, Rectangle, Text

# At scale 1; twice as many pixels in the PNG. Slack shows a picture at about two thirds of it until it is
# opened: a wider one would have smaller letters there.
WIDTH: Final = 580
MARGIN: Final = 20
LEFT: Final = MARGIN
RIGHT: Final = WIDTH - MARGIN
ROOM: Final = RIGHT - LEFT
MOST_SERIES: Final = len(COLOURS)
NOTE_HEIGHT: Final = 26
_SWATCH: Final = 13
_LEGEND_ROW: Final = 24


def name(text: str, room: float, size: int = SMALL_SIZE) -> str:
    """A name as it fits; ``…`` when nothing of it can be drawn."""
    return shortened(text, room, size) or ELLIPSIS


def series_of(picture: Picture) -> list[str]:
    """The series in the order in which they come, as many as can be told apart."""
    return list(dict.fromkeys(point.series for point in picture.points))[:MOST_SERIES]


def note(left_out: int, what: str, top: float) -> Marks:
    """A line below that says what is not in the picture; nothing when everything is."""
    if left_out <= 0:
        return Marks(top)
    said = " ".join(f"{left_out:,} more {what} in the table".split())
    return Marks(top + NOTE_HEIGHT, texts=[Text(LEFT, top + NOTE_HEIGHT / 2 + 4, said, SMALL_SIZE, QUIET)])


def legend(series: Sequence[str], top: float) -> Marks:
    """Each series with its colour; nothing for a single one without a name."""
    if len(series) == 1 and not series[0]:
        return Marks(top)
    x, y = float(LEFT), top + _LEGEND_ROW / 2
    squares, texts = [], []
    for one, colour in zip(series, COLOURS, strict=False):
        label = name(one or "all", ROOM / 2)
        needed = _SWATCH + 7 + width(label, SMALL_SIZE) + 20
        if x + needed > RIGHT and x > LEFT:
            x, y = float(LEFT), y + _LEGEND_ROW
        squares.append(Rectangle(x, y - _SWATCH / 2, x + _SWATCH, y + _SWATCH / 2, colour))
        texts.append(Text(x + _SWATCH + 7, y, label, SMALL_SIZE))
        x += needed
    return Marks(y + _LEGEND_ROW / 2 + 8, rectangles=squares, texts=texts)
