"""A person at a terminal: commands of the product on a pseudo-terminal, read and answered as they go on."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# A session's leader that opens a terminal has it as its own: where passwords are asked for without an echo.
_AS_LEADER: Final = (
    "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
    "sys.argv[0] = 'bellwether'; from bot.cli import main; main()"
)
_COLOURS: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Typed:
    """A command that runs on a terminal of its own.

    Args:
        line: as it is typed: ``bellwether doctor``.
    """

    def __init__(self, line: str, directory: Path, environment: Mapping[str, str]) -> None:
        program, *arguments = shlex.split(line)
        assert program == "bellwether", f"a person can only type what is printed, and this is: {line}"
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AS_LEADER, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=directory,
            env={**environment, "TERM": "xterm", "COLUMNS": "120"},
            start_new_session=True,
        )
        os.close(theirs)
        self._read = ""
        self._answered = 0

    @property
    def text(self) -> str:
        """All that was printed so far, without colours; a prompt's echo is in it."""
        return _COLOURS.sub("", self._read).replace("\r\n", "\n")

    def await_text(self, pattern: str, seconds: float = 120) -> re.Match[str]:
        """The first match in what was printed since the last one that was waited for."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.compile(pattern, re.MULTILINE).search(self.text, self._answered)
            if found:
                self._answered = found.end()
                return found
            assert time.monotonic() < deadline, f"waited in vain for {pattern!r} in:\n{self.text}"
            assert self._more(deadline - time.monotonic()), f"it ended without {pattern!r}:\n{self.text}"

    def answer(self, text: str) -> None:
        """Type a line."""
        os.write(self._ours, f"{text}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def end(self, seconds: float = 180) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + seconds
        while self._more(max(deadline - time.monotonic(), 0.01)):
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
        return self._process.wait(20)

    def close(self) -> None:
        """End it if it still runs; more than once is no harm."""
        if self._ours < 0:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        os.close(self._ours)
        self._ours = -1

    def _more(self, seconds: float) -> bool:
        """Whether it still runs, or there was something to read."""
        ready, _, _ = select.select([self._ours], [], [], min(max(seconds, 0.01), 0.5))
        if not ready:
            return True
        try:
            piece = os.read(self._ours, 65_536)
        except OSError:  # Linux: the other side is closed
            return False
        self._read += piece.decode(errors="replace")
        return bool(piece)


@contextmanager
def typed(line: str, directory: Path, environment: Mapping[str, str]) -> Iterator[Typed]:
    """A command that is ended when it is left."""
    one = Typed(line, directory, environment)
    try:
        yield one
    finally:
        one.close()
