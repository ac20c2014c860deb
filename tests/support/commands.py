"""Commands of the product in processes of their own, forked from one that has imported it.

Half of the time of a short command goes into importing the product. A journey runs dozens of them.
"""

from __future__ import annotations

import atexit
import io
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        *("bot.cli", "bot.runtime.wiring", "bot.app.recompute", "bot.runtime.doctor", "rich.table"),
        *("bot.runtime.zoho_parts", "bot.runtime.scoring_parts", "bot.runtime.asking_parts"),
        *("bot.runtime.slack_parts", "bot.store.scores"),
    ]
)


def command(
    arguments: Sequence[str], environment: Mapping[str, str], directory: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, as ``python -m bot`` would.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    number = time.monotonic_ns()
    said, complained = (directory / f".{number}-{name}" for name in ("stdout", "stderr"))
    process = _FORKS.Process(
        target=_run, args=(list(arguments), dict(environment), directory, said, complained), daemon=True
    )
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        raise subprocess.TimeoutExpired(list(arguments), seconds)
    code = process.exitcode if process.exitcode is not None else 1
    return subprocess.CompletedProcess(list(arguments), code, _taken(said), _taken(complained))


def _taken(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    path.unlink(missing_ok=True)
    return text


def _run(
    arguments: list[str], environment: dict[str, str], directory: Path, said: Path, complained: Path
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    streams: dict[str, Any] = {"stdout": said, "stderr": complained}
    for name, path in streams.items():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, {"stdout": 1, "stderr": 2}[name])
        setattr(sys, name, io.TextIOWrapper(io.FileIO(descriptor, "w"), encoding="utf-8", write_through=True))
    sys.argv = ["bellwether", *arguments]
    from bot.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()  # multiprocessing ends a process without them
