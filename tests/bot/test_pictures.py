"""Pictures as they are drawn: by the renderer itself, in its own process."""

from __future__ import annotations

import signal
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.app.answers import Group
from bot.app.errors import UserError
from bot.app.picturing import NotDrawn
from bot.app.tables import CellType, Picture, Point, Shape
from bot.commands.charts import save_chart
from bot.pictures.drawing import VegaPictures
from bot.pictures.layout import layout
from bot.pictures.specification import specification
from tests.support.fake_services import FakePictures, breakdown_answer, help_answer
from tests.support.hostile_pictures import NAMES


@pytest.fixture(scope="module")
def pictures() -> Iterator[VegaPictures]:
    drawing = VegaPictures(seconds=60)  # another process may have the machine
    yield drawing
    drawing.close()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def bar(*points: Point, title: str = "Title") -> Picture:
    return Picture(Shape.BAR, title, "read as this", CellType.NUMBER, points, "alt")


def pixels(png: bytes) -> list[bytes]:
    """The rows of an RGBA picture, four bytes a pixel."""
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour) == (8, 6)
    raw, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        raw += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    data, stride = zlib.decompress(raw), 4 * width
    rows: list[bytes] = [bytes(stride)]
    for row in range(height):
        begin = row * (stride + 1)
        rows.append(_unfiltered(data[begin], bytearray(data[begin + 1 : begin + 1 + stride]), rows[-1]))
    return rows[1:]


def _unfiltered(kind: int, line: bytearray, above: bytes) -> bytes:
    """One row without PNG's filter (https://www.w3.org/TR/png/#9Filters)."""
    for at, byte in enumerate(line):
        left = line[at - 4] if at >= 4 else 0
        up, corner = above[at], above[at - 4] if at >= 4 else 0
        line[at] = (byte + _predicted(kind, left, up, corner)) & 0xFF
    return bytes(line)


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda one: abs(guess - one))
    return (0, left, up, (left + up) // 2)[kind]


def drawn_text(pictures: VegaPictures, text: str) -> bytes:
    return pictures.png(bar(Point(text, 0)))


def test_a_picture_is_on_opaque_white_twice_as_large(pictures: VegaPictures) -> None:
    picture = bar(Point("a", 2), Point("b", 1))
    canvas, rows = layout(picture), pixels(pictures.png(picture))
    assert (len(rows[0]) // 4, len(rows)) == (2 * canvas.width, 2 * canvas.height)
    assert rows[0][:4] == rows[-1][-4:] == b"\xff\xff\xff\xff"
    assert all(set(row[3::4]) == {255} for row in rows)
    inside = canvas.rectangles[0]
    x, y = round(inside.x + 20) * 2, round(inside.y + 5) * 2
    assert rows[y][4 * x : 4 * x + 3] == bytes.fromhex("0072b2")


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_is_drawn_with_names_of_every_kind(pictures: VegaPictures, shape: Shape) -> None:
    points = tuple(Point(name, number + 1, f"s{number % 3}") for number, name in enumerate(NAMES))
    picture = Picture(shape, NAMES[4], NAMES[12], CellType.MONEY, points, "alt")
    assert pictures.png(picture).startswith(b"\x89PNG")


def test_letters_are_letters_and_not_boxes(pictures: VegaPictures) -> None:
    """Letters that no font has are drawn as the same box; so letters that are drawn alike are boxes."""
    alike = ("OQ", "üñ", "Жя", "Ωλ", "אב")
    pairs = [tuple(drawn_text(pictures, one * 3) for one in pair) for pair in alike]
    assert all(one != other for one, other in pairs)


def test_nothing_is_fetched_or_read(pictures: VegaPictures, tmp_path: Path) -> None:
    """What looks like a source of data is a name like any other: the picture is drawn as with a plain one."""
    secret = tmp_path / "secret.json"
    secret.write_text("[1, 2, 3]")
    for name in (f'"}}, "url": "{secret.as_uri()}", "x": {{"', "http://127.0.0.1:1/x.json"):
        spec = specification(layout(bar(Point(name, 1))))
        assert all(set(one["data"]) == {"values"} for one in spec["layer"])
        assert pictures.png(bar(Point(name, 1))).startswith(b"\x89PNG")


def test_threads_get_their_own_pictures(pictures: VegaPictures) -> None:
    titles = [f"Title {one}" for one in range(6)]
    alone = {title: pictures.png(bar(Point("a", 1), title=title)) for title in titles}
    together: dict[str, bytes] = {}

    def draw(title: str) -> None:
        together[title] = pictures.png(bar(Point("a", 1), title=title))

    threads = [threading.Thread(target=draw, args=(title,)) for title in titles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
    assert len(set(alone.values())) == len(titles)


def test_a_renderer_that_broke_is_replaced(pictures: VegaPictures) -> None:
    pictures.png(bar(Point("a", 1)))
    child = pictures._child
    assert child is not None
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert pictures.png(bar(Point("a", 1))).startswith(b"\x89PNG")


def test_a_renderer_that_takes_too_long_is_ended_and_said_so(logs: list[Any]) -> None:
    drawing = VegaPictures(seconds=0.001)  # it is not even started then
    with pytest.raises(NotDrawn, match="could not be drawn"):
        drawing.png(bar(Point("a", 1)))
    assert drawing._child is None
    assert [line["event"] for line in logs] == ["picture.renderer_lost"]
    drawing.close()


def test_the_renderer_says_what_it_cannot_draw_and_goes_on() -> None:
    asked = b'{"mark": "no such mark"}\nno JSON\n'
    done = subprocess.run(
        [sys.executable, "-m", "bot.pictures.elsewhere"],
        input=asked,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith(b"-")
    assert b"Expecting value" in done.stdout  # the second one


def test_getting_ready_is_done_beside_and_may_fail(logs: list[Any]) -> None:
    drawing = VegaPictures(seconds=0.001)
    drawing.warm()
    for thread in threading.enumerate():
        if thread.name == "pictures":
            thread.join()
    assert [line["event"] for line in logs] == ["picture.renderer_lost", "pictures.not_ready"]


def test_a_chart_is_saved_in_a_file(tmp_path: Path) -> None:
    answer = breakdown_answer(Group("medical", 2), Group("retail", 1))
    said = save_chart(answer, tmp_path / "chart.png", FakePictures())
    assert said == f"The chart is in {tmp_path / 'chart.png'}: 3 accounts by industry: medical 2, retail 1."
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "problem"), [("chart.jpg", "no name for a chart"), ("no/such.png", "cannot be")]
)
def test_a_chart_that_cannot_be_saved_says_why(tmp_path: Path, name: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        save_chart(breakdown_answer(Group("medical", 2)), tmp_path / name, FakePictures())
    with pytest.raises(UserError, match="nothing to draw"):
        save_chart(help_answer(), tmp_path / "chart.png", FakePictures())
