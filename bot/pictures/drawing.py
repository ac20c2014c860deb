"""The port ``Pictures``: a picture is laid out here and drawn by a process that stays ready."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import IO, Any, Final

import structlog

from bot.app.picturing import NotDrawn
from bot.app.tables import CellType, Picture, Point, Shape
from bot.pictures.layout import layout
from bot.pictures.specification import specification

_log = structlog.get_logger(__name__)
SECONDS: Final = 15  # a picture takes a tenth of one, the first one one; on a machine that is full, five
_SENTENCE: Final = "The chart could not be drawn."
_ADVICE: Final = "The figures are in the answer; try the chart again in a minute."
_FIRST: Final = Picture(Shape.BAR, "Warm", "", CellType.NUMBER, (Point("a", 1),), "")


class VegaPictures:
    """Draws one picture after the other, from any thread."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Args: ``seconds``: how long one picture may take."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def png(self, picture: Picture) -> bytes:
        """The picture as PNG: 1,160 pixels wide, on white.

        Raises:
            NotDrawn: the renderer failed, took too long or broke; the next picture gets a new one.
        """
        asked = json.dumps(specification(layout(picture))).encode("ascii") + b"\n"
        with self._lock:
            return self._drawn(asked)

    @property
    def process_id(self) -> int | None:
        """Of the renderer, when there is one."""
        return None if self._child is None else self._child.pid

    def warm(self) -> None:
        """Get ready beside everything else, so that nobody waits for the first picture."""
        threading.Thread(target=self._warm, name="pictures", daemon=True).start()

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _warm(self) -> None:
        try:
            self.png(_FIRST)
        except NotDrawn:
            _log.warning("pictures.not_ready")

    def _drawn(self, asked: bytes) -> bytes:
        child = self._ready()
        # The renderer cannot be interrupted from within; its end is what ends the reading below.
        watch = threading.Timer(self._seconds, child.kill)
        watch.start()
        try:
            drawn, good = _exchange(child, asked)
        except (OSError, ValueError) as error:
            self._end()
            _log.exception("picture.renderer_lost", exit_code=child.returncode)
            raise NotDrawn(_SENTENCE, _ADVICE) from error
        finally:
            watch.cancel()
        if not good:
            _log.error("picture.refused", reason=drawn.decode(errors="replace"))
            raise NotDrawn(_SENTENCE, _ADVICE)
        return drawn

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "bot.pictures.elsewhere"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except BrokenPipeError:
        pass  # what was written last had nobody to read it


def _exchange(child: subprocess.Popen[bytes], asked: bytes) -> tuple[bytes, bool]:
    """What the renderer answers, and whether it is a picture.

    Raises:
        OSError, ValueError: it is gone, or does not speak as agreed.
    """
    stdin, stdout = _pipes(child)
    stdin.write(asked)
    stdin.flush()
    length = int(stdout.readline())
    answer = stdout.read(abs(length))
    if len(answer) != abs(length):
        raise ValueError("The renderer ended within an answer.")
    return answer, length > 0


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    stdin: Any = child.stdin
    stdout: Any = child.stdout
    return stdin, stdout
