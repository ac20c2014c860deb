"""How long pictures take: ``python -m benchmarks.pictures``.

It prints the time until the first picture of a fresh renderer, with and without making it ready before; then
the median and the slowest of each shape, and what the renderer keeps in memory. Times hold layout, the way
to the renderer and back, and the drawing.
"""

from __future__ import annotations

import argparse
import statistics
import time
from decimal import Decimal
from pathlib import Path

from bot.app.tables import CellType, Picture, Point, Shape
from bot.pictures.drawing import VegaPictures

LABELS = ("VIP", "Champion", "Loyal", "Promising", "New", "Needs attention", "At Risk", "Lost")
MONTHS = tuple(f"{month:02}/{year}" for year in (2025, 2026) for month in range(1, 13))


def samples() -> dict[str, Picture]:
    """A large picture of each shape."""

    def picture(shape: Shape, kind: CellType, *points: Point) -> Picture:
        return Picture(
            shape, f"A picture of shape {shape}", "label = VIP and industry = medical", kind, points, ""
        )

    return {
        "bar, 21 bars": picture(
            Shape.BAR,
            CellType.MONEY,
            *(Point(f"Account {one} GmbH", 10**8 - one * 10**6) for one in range(21)),
        ),
        "line, 24 months, two series": picture(
            Shape.LINE,
            CellType.MONEY,
            *(
                Point(month, 10**7 + one * 7_777_777 % 10**7, series)
                for series in ("this", "before")
                for one, month in enumerate(MONTHS)
            ),
        ),
        "share, 6 parts": picture(
            Shape.SHARE, CellType.NUMBER, *(Point(one, Decimal(9 - at)) for at, one in enumerate(LABELS[:6]))
        ),
        "grid, 8 by 8": picture(
            Shape.GRID,
            CellType.NUMBER,
            *(
                Point(old, at * place % 40, new)
                for at, old in enumerate(LABELS)
                for place, new in enumerate(LABELS)
            ),
        ),
        "one bar": picture(Shape.BAR, CellType.NUMBER, Point("medical", 1)),
    }


def milliseconds(pictures: VegaPictures, picture: Picture) -> float:
    """How long one picture takes."""
    started = time.perf_counter()
    pictures.png(picture)
    return (time.perf_counter() - started) * 1000


def resident_megabytes(pid: int) -> float:
    """What a process keeps in memory, by Linux's own account."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def first_pictures(picture: Picture, runs: int) -> tuple[list[float], list[float]]:
    """The first picture of fresh renderers: of ones that were not ready, and of ones that were."""
    cold, ready = [], []
    for _ in range(runs):
        pictures = VegaPictures()
        cold.append(milliseconds(pictures, picture))
        pictures.close()
        pictures = VegaPictures()
        pictures.png(samples()["one bar"])  # what warm() does beside everything else
        ready.append(milliseconds(pictures, picture))
        pictures.close()
    return cold, ready


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    shapes = samples()
    cold, ready = first_pictures(shapes["bar, 21 bars"], max(3, runs // 10))
    print_line("first picture, renderer not ready", cold)
    print_line("first picture, renderer made ready", ready)
    pictures = VegaPictures()
    for name, picture in shapes.items():
        print_line(name, [milliseconds(pictures, picture) for _ in range(runs)])
    kept = resident_megabytes(pictures.process_id or 0)
    print(f"memory of the renderer after {runs * len(shapes)} pictures: {kept:.0f} MB")
    pictures.close()


def print_line(name: str, taken: list[float]) -> None:
    """Median and slowest."""
    print(f"{name:<36} {statistics.median(taken):7.0f} ms  slowest {max(taken):7.0f} ms")


if __name__ == "__main__":
    main()
