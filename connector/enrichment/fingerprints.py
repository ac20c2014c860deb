"""Our own table of what sites are made with, and by what each is known. No page is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from ruamel.yaml import YAML


@dataclass(frozen=True)
class Fingerprint:
    """By what a technology is known; every text is in lower case, and any one that fits is enough.

    Attributes:
        header: by name, what its value contains; an empty text for any value.
        cookie: beginnings of names.
        script: parts of the addresses of scripts, style sheets and frames.
        markup: plain texts in the HTML.
        generator: beginnings of ``<meta name=generator>``.
        mx: endings of mail hosts.
        txt: beginnings of TXT records; for SPF, ``include:`` hosts that end with ``spf``.
    """

    name: str
    category: str
    header: Mapping[str, str]
    cookie: tuple[str, ...] = ()
    script: tuple[str, ...] = ()
    markup: tuple[str, ...] = ()
    generator: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    txt: tuple[str, ...] = ()
    spf: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def fingerprints() -> tuple[Fingerprint, ...]:
    """Our own table, from ``fingerprints.yaml``."""
    text = resources.files("connector.enrichment").joinpath("fingerprints.yaml").read_text(encoding="utf-8")
    table: dict[str, dict[str, dict[str, Any]]] = YAML(typ="safe").load(text)
    return tuple(
        _fingerprint(category, name, one)
        for category, several in table.items()
        for name, one in several.items()
    )


def _fingerprint(category: str, name: str, given: Mapping[str, Any]) -> Fingerprint:
    def several(key: str) -> tuple[str, ...]:
        value = given.get(key, ())
        return tuple(str(one).lower() for one in ([value] if isinstance(value, str) else value))

    headers = {str(key).lower(): str(value or "").lower() for key, value in given.get("header", {}).items()}
    return Fingerprint(
        name=name,
        category=category,
        header=headers,
        **{key: several(key) for key in ("cookie", "script", "markup", "generator", "mx", "txt", "spf")},
    )
