"""Child processes with a log file each, started in order and stopped in reverse."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import requests

STOP_SECONDS = 20


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


def free_port(wanted: int) -> int:
    """The wanted port of this machine if it is free, else any free one; 0 wants any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError("No port of this machine is free; stop some other program and try again.")


@dataclass
class Children:
    """The processes of one demo, as a context: leaving it stops them all, the last one first."""

    directory: Path
    environment: Mapping[str, str]
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Children:
        (self.directory / "logs").mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for child in reversed(self._running.values()):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in reversed(self._running.values()):
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Start ``python -m module arguments`` in the background; its output goes to ``logs/<name>.log``."""
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.directory,
                env=dict(self.environment),
                start_new_session=True,  # Ctrl-C is for us; we stop them in order
            )

    def run(self, module: str, *arguments: str) -> None:
        """Run ``python -m module arguments`` to its end in the foreground.

        Raises:
            DemoError: it did not end well.
        """
        command: Sequence[str] = [sys.executable, "-m", module, *arguments]
        ended = subprocess.run(command, cwd=self.directory, env=dict(self.environment), check=False)
        if ended.returncode:
            raise DemoError(f"`{' '.join(command[1:])}` ended with exit code {ended.returncode}; see above.")

    def await_answer(self, name: str, url: str, seconds: float = 60) -> None:
        """Wait until the named process answers 200 at a URL.

        Raises:
            DemoError: it ended, or did not answer in time; with the end of its log.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._running[name].poll() is not None:
                break
            try:
                if requests.get(url, timeout=2).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise DemoError(f"{name} did not start. The end of its log:\n{self._tail(name)}")

    def ended(self) -> str | None:
        """The name of a process that has ended by itself, if one has."""
        return next((name for name, child in self._running.items() if child.poll() is not None), None)

    def log(self, name: str) -> Path:
        """Where the output of a process goes."""
        return self.directory / "logs" / f"{name}.log"

    def _tail(self, name: str) -> str:
        return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-15:])
