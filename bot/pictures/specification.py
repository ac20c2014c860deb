"""The Vega-Lite specification of a drawing.

It holds no expression, no address and no template: everything that comes from outside is a value of the data,
and every field name and mark is ours. Places are pixels (``scale: null``), because where a text stands and
whether it fits has been decided by the layout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final

from bot.pictures.layout import Canvas
from bot.pictures.marks import WHITE, Text

Json = dict[str, Any]
SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
# vl-convert brings Liberation Sans (Latin, Greek, Cyrillic, Hebrew); other scripts need a font of the system.
FONT: Final = "Liberation Sans, Arial, DejaVu Sans, Noto Sans, sans-serif"
_MOST_DOTS: Final = 60  # of one line: more are drawn small


def specification(canvas: Canvas) -> Json:
    """What Vega-Lite draws: a white canvas with rectangles, rules, lines, dots and texts, in this order."""
    layers = [
        _layer("rect", [asdict(one) for one in canvas.rectangles], "x", "y", "x2", "y2"),
        _layer("rule", [asdict(one) for one in canvas.rules], "x", "y", "x2", "y2"),
        *_lines(canvas),
        *_texts(canvas.texts),
    ]
    return {
        "$schema": SCHEMA,
        "width": canvas.width,
        "height": canvas.height,
        "padding": 0,
        "autosize": "none",
        "background": WHITE,
        "config": {"font": FONT, "view": {"stroke": None}},
        "layer": [layer for layer in layers if layer["data"]["values"]],
    }


def _layer(mark: str | Json, values: list[Json], *places: str) -> Json:
    encoding: Json = {
        place: {"field": place, "type": "quantitative", "scale": None, "axis": None}
        if place in {"x", "y"}
        else {"field": place}
        for place in places
    }
    encoding["color"] = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _lines(canvas: Canvas) -> Iterable[Json]:
    """For each series a layer of its line and one of its dots."""
    for series, found in groupby(canvas.dots, key=lambda dot: dot.series):
        values = [asdict(dot) for dot in found]
        dash = {"strokeDash": [7, 4]} if series else {}  # told apart without colours as well
        line = _layer({"type": "line", "strokeWidth": 2.5, **dash}, values, "x", "y")
        line["encoding"]["detail"] = {"field": "stretch", "type": "nominal"}
        yield line
        size = 42 if len(values) <= _MOST_DOTS else 8
        yield _layer({"type": "point", "filled": True, "size": size, "opacity": 1}, values, "x", "y")


def _texts(texts: Iterable[Text]) -> Iterable[Json]:
    """A layer for each way of writing."""

    def style(text: Text) -> tuple[int, str, bool, int]:
        return text.size, text.align.value, text.bold, text.slant

    for (size, align, bold, slant), found in groupby(sorted(texts, key=style), key=style):
        mark = {
            "type": "text",
            "fontSize": size,
            "align": align,
            "baseline": "middle",
            "fontWeight": "bold" if bold else "normal",
            "angle": slant % 360,
            "limit": 0,
        }
        values = [{"x": one.x, "y": one.y, "text": one.text, "colour": one.colour} for one in found]
        layer = _layer(mark, values, "x", "y")
        layer["encoding"]["text"] = {"field": "text", "type": "nominal"}
        yield layer
