"""``bellwether init`` and ``bellwether doctor``: from nothing to an installation that works."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from bot.app.config.starting import Sales
from bot.commands.configuration import SalesOption
from bot.commands.console import AsJson, opened, print_json
from bot.terminal import show_checks

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

EXIT_FAILED: Final = 1
FromHere = Annotated[str | None, typer.Option(help="Its address, if it is `bellwether sandbox`'s.")]


def setting_up_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    for command in (init, doctor):
        app.command()(command)


def init(
    path: Annotated[Path, typer.Option(help="Where the environment file goes.")] = Path(".env"),
    sales: SalesOption = Sales.DEALS,
    http: Annotated[bool, typer.Option("--http", help="Slack calls this server; no Socket Mode.")] = False,
    install_page: Annotated[
        bool, typer.Option("--install-page", help="The app is installed from a page of this server.")
    ] = False,
    zoho_url: FromHere = None,
    slack_url: FromHere = None,
) -> None:
    """Set up: ask for credentials, write .env and a starting configuration."""
    from bot.commands.guided import set_up
    from bot.runtime.setup import Elsewhere

    set_up(path, sales, Elsewhere(zoho_url, slack_url), http=http, install_page=install_page)


def doctor(
    message: Annotated[
        str | None, typer.Option(help="Also post a test message into this channel (#name or id).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every connection, and say what to type next."""
    from bot.runtime.doctor import examine, test_message
    from bot.runtime.next_step import step_after

    bellwether = opened()
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # what it complains of is a check's to say
    checks = examine(bellwether)
    if message:
        checks.append(test_message(bellwether, message))
    step = step_after(bellwether, checks)
    if as_json:
        print_json([asdict(one) for one in checks])
    else:
        show_checks(Console(soft_wrap=True), checks)
        _print(step.lines() if step else ("Everything works.",))
    if not all(check.ok for check in checks):
        raise typer.Exit(EXIT_FAILED)


def print_next(bellwether: Bellwether, *, to_first_scores: bool = False) -> None:
    """What to type next on the way to the first answer; nothing once ``run`` was started here.

    Args:
        bellwether: the installation.
        to_first_scores: only while nothing has been scored, which is why an answer is empty.
    """
    from bot.runtime.next_step import RUN, next_step

    step = next_step(bellwether) if bellwether.heartbeats.newest("web") is None else None
    if step is not None and not (to_first_scores and step.command == RUN):
        _print(step.lines())


def _print(lines: tuple[str, ...]) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for line in lines:
        console.print(line)
