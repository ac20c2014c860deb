"""Where everything of a picture stands, and the specification that is made of it."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.tables import CellType, Picture, Point, Shape
from bot.pictures.layout import Canvas, layout
from bot.pictures.lettering import clean, shortened, width, wrapped
from bot.pictures.marks import Align, Text
from bot.pictures.specification import specification
from bot.pictures.writing import compact, steps, written
from tests.support.hostile_pictures import NAMES, names, pictures

OUR_KEYS = {
    "$schema", "width", "height", "padding", "autosize", "background", "config", "font", "view", "stroke",
    "layer", "data", "values", "mark", "encoding", "type", "field", "scale", "axis", "legend", "x", "y", "x2",
    "y2", "color", "colour", "detail", "text", "series", "stretch", "fontSize", "align", "baseline",
    "fontWeight", "angle", "limit", "strokeWidth", "strokeDash", "filled", "size", "opacity",
}  # fmt: skip


def of(shape: Shape, *points: Point, kind: CellType = CellType.NUMBER) -> Canvas:
    return layout(Picture(shape, "Title", "read as this", kind, points, "alt"))


def said(canvas: Canvas) -> list[str]:
    return [one.text for one in canvas.texts]


def box(text: Text) -> tuple[float, float]:
    """From where to where a level text goes."""
    taken = width(text.text, text.size, bold=text.bold)
    begin = text.x - {Align.LEFT: 0, Align.CENTER: taken / 2, Align.RIGHT: taken}[text.align]
    return begin, begin + taken


@given(pictures)
def test_nothing_is_outside_of_the_canvas(picture: Picture) -> None:
    canvas = layout(picture)
    assert 0 < canvas.height < 2_000
    for text in canvas.texts:
        begin, end = box(text) if not text.slant else (text.x, text.x + width(text.text, text.size) * 0.77)
        assert begin >= 0
        assert end <= canvas.width
        assert 0 <= text.y <= canvas.height
    for one in canvas.rectangles:
        assert 0 <= one.x <= one.x2 <= canvas.width
        assert 0 <= one.y <= one.y2 <= canvas.height
    for dot in canvas.dots:
        assert 0 <= dot.x <= canvas.width
        assert 0 <= dot.y <= canvas.height


@given(pictures)
def test_what_comes_from_outside_is_a_value_and_nothing_else(picture: Picture) -> None:
    made = specification(layout(picture))
    text = json.dumps(made)
    text.encode("ascii")
    assert "\n" not in text
    _check(json.loads(text))


def _check(part: Any) -> None:
    """Every key is one of ours; no expression, address or transform anywhere."""
    if isinstance(part, dict):
        assert set(part) <= OUR_KEYS
        for value in part.values():
            _check(value)
    elif isinstance(part, list):
        for value in part:
            _check(value)


@given(names, st.floats(20, 700))
def test_a_name_fits_and_says_when_it_is_shortened(name: str, room: float) -> None:
    made = shortened(name, room)
    assert width(made) <= room
    assert made == clean(name) or "…" in made


@given(names, st.floats(100, 700), st.integers(1, 4))
def test_lines_fit_and_hold_every_word_or_say_so(text: str, room: float, most: int) -> None:
    lines = wrapped(text, room, most=most)
    assert len(lines) <= most
    assert all(width(line) <= room for line in lines)
    assert " ".join(lines).split() == clean(text).split() or any("…" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  two\n lines\t\x00", "two lines"),
        ("\u202eevil\u202c", "evil"),
        ("half \ud800 pair", "half pair"),
        ("🐑 Wool 👩‍👩‍👧", "… Wool …"),
        ("🐑🚀", "…"),
        ("🐑 🚀", "…"),
        ("שלום", "שלום"),
    ],
)
def test_what_cannot_be_seen_or_drawn_is_left_out(name: str, shown: str) -> None:
    assert clean(name) == shown


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    made = shortened("Consolidated Holdings of the Northern Territories GmbH & Co. KG Berlin", 230)
    assert made.startswith("Consolidated")
    assert made.endswith("Berlin")
    assert "…" in made


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (5_340_000, CellType.MONEY, "$53.4k"),
        (-123_456_789_00, CellType.MONEY, "-$123.5M"),
        (Decimal("0.632"), CellType.PERCENT, "63.2 %"),
        (1, CellType.DAYS, "1 day"),
        (Decimal("12.5"), CellType.DAYS, "12.5 days"),
        (9_999, CellType.NUMBER, "9,999"),
        (12_000, CellType.NUMBER, "12k"),
        (-7, CellType.NUMBER, "−7"),
        (999_999, CellType.NUMBER, "1M"),
        (-(10**24), CellType.MONEY, "-1.0e+24"),
    ],
)
def test_values_are_written_short(value: Decimal | int, kind: CellType, text: str) -> None:
    assert written(value, kind, "USD") == text


@given(st.just(0.0) | st.floats(-1e18, -1e-6), st.just(0.0) | st.floats(1e-6, 1e18))
def test_steps_are_even_and_hold_the_values(low: float, high: float) -> None:
    made = steps(low, high)
    assert 2 <= len(made) <= 9
    slack = max(abs(low), abs(high)) * 1e-6 + 1e-9
    assert made[0] <= low + slack
    assert made[-1] >= high - slack
    distances = {round((b - a) / (made[1] - made[0]), 6) for a, b in pairwise(made)}
    assert distances == {1.0}
    assert 0 in made


def test_every_sign_that_we_write_is_in_the_font_that_is_always_there() -> None:
    assert written(5_340_000, CellType.MONEY, "INR") == "INR 53.4k"
    assert written(5_340_000, CellType.MONEY, "CHF") == "CHF 53.4k"


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "0.2"), (7, "7"), (-999, "−999"), (1_234, "1k"), (Decimal(9_999_999), "10M")]
)
def test_numbers_in_narrow_cells_are_shorter_still(value: Decimal | float, text: str) -> None:
    assert compact(value) == text


def test_bars_are_as_long_as_their_values() -> None:
    canvas = of(Shape.BAR, Point("a", 100), Point("b", 50), Point("c", 0), Point("d", -25))
    lengths = [one.x2 - one.x for one in canvas.rectangles]
    assert lengths[1] == pytest.approx(lengths[0] / 2)
    assert lengths[2] == 0
    assert lengths[3] == pytest.approx(lengths[0] / 4)
    assert canvas.rectangles[3].x2 == pytest.approx(canvas.rectangles[0].x)


def test_accounts_of_the_same_name_keep_their_own_bars() -> None:
    canvas = of(Shape.BAR, Point("same", 3), Point("same", 2))
    assert len(canvas.rectangles) == 2
    assert said(canvas).count("same") == 2


def test_bars_of_two_series_stand_together_with_a_legend() -> None:
    canvas = of(Shape.BAR, Point("a", 3, "now"), Point("a", 2, "before"), Point("b", 1, "now"))
    assert {"now", "before", "a", "b"} <= set(said(canvas))
    assert len({one.colour for one in canvas.rectangles}) == 2


def test_too_many_bars_are_said_to_be_left_out() -> None:
    canvas = of(Shape.BAR, *(Point(f"n{one}", 50 - one) for one in range(40)))
    assert "19 more in the table" in said(canvas)


def test_shares_fill_the_bar_and_a_small_one_is_not_nothing() -> None:
    canvas = of(Shape.SHARE, Point("VIP", 996), Point("Lost", 4))
    assert {"VIP", "996", "100 %", "Lost", "4", "<1 %"} <= set(said(canvas))


def test_more_shares_than_colours_are_one_part() -> None:
    canvas = of(Shape.SHARE, *(Point(f"n{one}", 10) for one in range(10)))
    assert "3 others" in said(canvas)
    assert said(canvas).count("30 %") >= 1


def test_a_line_is_interrupted_where_a_period_has_no_value() -> None:
    points = [Point("1", 5, "now"), Point("2", 6, "now"), Point("1", 5, "before"), Point("3", 4, "before")]
    points.append(Point("3", 7, "now"))
    stretches = {(dot.series, dot.stretch) for dot in of(Shape.LINE, *points).dots}
    assert stretches == {(0, 0), (1, 0), (1, 1)}


def test_lines_that_end_together_have_labels_apart() -> None:
    canvas = of(Shape.LINE, *(Point(str(period), 0, f"line {one}") for period in (1, 2) for one in range(7)))
    ends = sorted(one.y for one in canvas.texts if one.bold and one.text == "0")
    assert len(ends) == 7
    assert all(following - one >= 18 for one, following in pairwise(ends))


def test_two_years_of_months_have_readable_periods() -> None:
    canvas = of(Shape.LINE, *(Point(f"Month {one}", one) for one in range(24)))
    below = sorted((one for one in canvas.texts if one.text.startswith("Month")), key=lambda one: one.x)
    assert below[-1].text == "Month 23"
    assert len(below) >= 4
    for one, following in pairwise(below):
        assert box(one)[1] < box(following)[0]


def test_counts_are_not_divided_on_the_axis() -> None:
    canvas = of(Shape.LINE, Point("1", 1), Point("2", 2))
    assert not any("." in text for text in said(canvas))


def test_a_grid_says_from_where_to_where() -> None:
    canvas = of(Shape.GRID, Point("VIP", 7, "At Risk"), Point("Lost", 1, "VIP"))
    assert {"from ↓  to →", "VIP", "At Risk", "Lost", "7", "1"} <= set(said(canvas))


def test_a_picture_of_nothing_says_so() -> None:
    assert said(of(Shape.GRID)) == ["Title", "read as this", "There is nothing to draw."]


@settings(max_examples=20)
@given(st.sampled_from(NAMES))
def test_titles_of_any_kind_are_wrapped(name: str) -> None:
    canvas = layout(Picture(Shape.BAR, name * 20, name * 40, CellType.NUMBER, (Point("a", 1),), ""))
    assert canvas.height < 400
    assert all(math.isfinite(one.y) for one in canvas.texts)
