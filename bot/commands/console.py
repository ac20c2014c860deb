"""What commands share: opening the product, and printing what they found."""

from __future__ import annotations

import atexit
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from bot.terminal import lines_table

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")]


def opened() -> Bellwether:
    """The product, with its database at this release's schema.

    Raises:
        ConfigurationError: a setting, the database or the configuration file is not good.
    """
    from bot.runtime.logs import configure_logs
    from bot.runtime.wiring import Bellwether
    from bot.settings import load_settings

    settings = load_settings()
    configure_logs(settings.log_format, logging.WARNING)
    bellwether = Bellwether(settings)
    bellwether.prepare()
    atexit.register(bellwether.zoho.close_book)
    return bellwether


def print_json(value: Any) -> None:
    """JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_said(value: Any, sentences: Sequence[str], *, as_json: bool) -> None:
    """Values as JSON, or the sentences that say them."""
    print_json(value) if as_json else Console().print(*sentences, sep="\n", highlight=False, markup=False)


def print_lines(lines: Sequence[Any], *, as_json: bool) -> None:
    """Dataclasses as JSON or as a table."""
    rows = [asdict(line) for line in lines]
    if as_json:
        print_json(rows)
    else:
        print_table(rows)


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows as a table."""
    Console().print(lines_table(rows) if rows else "Nothing.")
