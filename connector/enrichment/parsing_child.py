"""The process that parses strangers' pages: ``python -m connector.enrichment.parsing_child``.

It has little memory, no settings, no database and no surroundings. It reads a line with a length and so much
JSON from standard input, and answers in the same way. Whatever goes wrong ends it: its parent starts another.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import IO, Any

from pydantic import TypeAdapter

from connector.enrichment.values import Company, Page, Site


def main(arguments: list[str]) -> None:
    """Serve until standard input ends.

    Args:
        arguments: the functions that read a site and that choose pages, as ``module:name``; the most memory
            in MB; after how many seconds of the processor one task ends the process; and after how many by
            the clock, should the parent be gone.
    """
    memory_bytes = int(arguments[2]) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    read_site, pages_to_read = map(_function, arguments[:2])
    _send(answers, "ready")
    while line := sys.stdin.buffer.readline():
        # By default both signals end the process.
        signal.setitimer(signal.ITIMER_PROF, float(arguments[3]))
        signal.setitimer(signal.ITIMER_REAL, float(arguments[4]))
        asked = json.loads(sys.stdin.buffer.read(int(line)))
        if asked["what"] == "site":
            company = TypeAdapter(Company).validate_python(asked["company"])
            found: Any = asdict(read_site(company, _site(asked["site"])))
        else:
            found = list(pages_to_read(_page(asked["page"])))
        for each in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(each, 0)
        _send(answers, found)


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function


def _page(found: Any) -> Page:
    return TypeAdapter(Page).validate_python(found)


def _site(found: Any) -> Site:
    return TypeAdapter(Site).validate_python(found)


def _send(answers: IO[bytes], value: Any) -> None:
    # Half a pair of surrogates, which JSON-LD may hold, is no text.
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    answers.write(b"%d\n" % len(text) + text)
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
