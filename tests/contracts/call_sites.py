"""Where the connector calls Zoho, found in its source; and which of these places a run came by."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

import connector

ROOT = Path(connector.__file__).resolve().parent
# These speak HTTP; what calls them is a call site. Nothing else may import a library of HTTP.
SPEAKERS = frozenset(
    {"zoho/auth.py", "zoho/client.py", "zoho/consent.py", "zoho/finance_http.py", "zoho/suite.py"}
)
NAMES_ONLY = frozenset({"zoho/finance.py"})  # it hands a session on
HTTP = frozenset({"requests", "urllib3", "httpx", "http.client", "urllib.request", "socket", "aiohttp"})
VERBS = frozenset({"read", "get", "query", "post", "put", "patch", "delete", "upload", "download", "request"})
# What a call goes through: ``self._client.get(…)``; and methods that are given a path: ``self._get(…)``.
RECEIVERS, GIVEN_A_PATH = frozenset({"_client", "_wire", "_http", "_session"}), frozenset({"_get"})
# A method that is given a path and calls when its pages are taken, which may be on a later line.
LATER = "_numbered"


@dataclass(frozen=True, order=True)
class Site:
    """A call in the source: the file in the connector, and its lines."""

    file: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"connector/{self.file}:{self.first}"


@dataclass
class Record:
    """What was called (method and path), and by which sites."""

    calls: set[tuple[str, str]] = field(default_factory=set)
    sites: set[Site] = field(default_factory=set)


def call_sites() -> frozenset[Site]:
    """Every place where the connector calls Zoho, but for those in the speakers, which others call."""
    return frozenset(
        site
        for name, tree in _sources()
        if name not in SPEAKERS
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for site in _sites(name, node)
    )


def _sites(file: str, function: ast.FunctionDef) -> Iterator[Site]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            lines = function if node.func.attr == LATER else node
            if node.func.attr == LATER or _calls_zoho(node.func):
                yield Site(file, lines.lineno, lines.end_lineno or lines.lineno)


def foreign_speakers() -> list[str]:
    """Files of the connector that import a library of HTTP and are not known to speak it."""
    return [
        name
        for name, tree in _sources()
        if name not in SPEAKERS | NAMES_ONLY
        and any(HTTP.intersection(_imported(node)) for node in ast.walk(tree))
    ]


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _calls_zoho(called: ast.Attribute) -> bool:
    through = called.value
    if isinstance(through, ast.Name):
        return called.attr in GIVEN_A_PATH
    return called.attr in VERBS and isinstance(through, ast.Attribute) and through.attr in RECEIVERS


def _imported(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module]
    return []


@contextmanager
def recorded() -> Iterator[Record]:
    """Note every call that is sent meanwhile, and whoever in the connector made it."""
    record, known, send = Record(), call_sites(), requests.Session.request

    def noted(
        session: requests.Session, method: str, url: str, *given: Any, **more: Any
    ) -> requests.Response:
        frames = list(_frames(sys._getframe(1)))
        if any(_name(frame) in SPEAKERS for frame in frames):
            record.calls.add((method.upper(), urlsplit(url).path))
            record.sites |= {
                one
                for frame in frames
                for one in known
                if one.file == _name(frame) and one.first <= frame.f_lineno <= one.last
            }
        return send(session, method, url, *given, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "request", noted)
        yield record


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _name(frame: FrameType) -> str:
    return frame.f_code.co_filename.removeprefix(f"{ROOT}/")


def fits(template: str, path: str) -> bool:
    """Whether a path is of an address with names in braces."""
    given, wanted = path.split("/"), template.split("/")
    return len(given) == len(wanted) and all(map(_stands_for, wanted, given))


def _stands_for(part: str, given: str) -> bool:
    """Modules have capitals and ids have digits, so that neither stands for a word of Zoho's own."""
    if not part.startswith("{"):
        return part == given
    if "module" in part:
        return given[:1].isupper()
    return bool(given) if part == "{portal}" else any(one.isdigit() for one in given)
