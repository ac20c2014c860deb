"""``bellwether keys``: the keys with which tokens lie sealed in the database."""

from __future__ import annotations

from dataclasses import asdict

import typer

from bot.commands.console import AsJson, DryRun, opened, print_json, print_table

keys = typer.Typer(help="The keys that seal tokens in the database.", no_args_is_help=True)
EXIT_FAILED = 1


@keys.callback()
def _group() -> None:
    """Keeps ``rotate`` a command of its own while it is the only one."""


@keys.command()
def rotate(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Seal everything with BELLWETHER_SECRET_KEY that BELLWETHER_FORMER_SECRET_KEYS can still open."""
    from bot.store.sealing import reseal

    bellwether = opened()
    bellwether.settings.require("secret_key")
    done = reseal(bellwether.database, bellwether.settings.sealing_keys, keep=not dry_run)
    rows = [asdict(one) for one in done]
    print_json(rows) if as_json else print_table(rows)
    if any(one.unreadable for one in done):
        raise typer.Exit(EXIT_FAILED)
