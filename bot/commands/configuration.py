"""The commands about the configuration document."""

from __future__ import annotations

import getpass
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.console import AsJson, DryRun, opened, print_json, print_lines

configuration = typer.Typer(
    help="The configuration document: check, apply, export, history.", no_args_is_help=True
)

ConfigFile = Annotated[
    Path | None, typer.Argument(help="The document; BELLWETHER_CONFIG_FILE when left out.")
]


@configuration.command("check")
def config_check(file: ConfigFile = None) -> None:
    """Check a configuration document without publishing it."""
    from bot.runtime.documents import check_document

    bellwether = opened()
    check_document(bellwether.database, file or bellwether.settings.config_file)
    print("The configuration is good.")


@configuration.command("apply")
def config_apply(
    file: ConfigFile = None,
    note: Annotated[str, typer.Option(help="Why; kept in the history.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Publish a configuration document; the next run is a baseline."""
    from bot.runtime.documents import check_document

    bellwether = opened()
    path = file or bellwether.settings.config_file
    text = check_document(bellwether.database, path)
    if dry_run:
        print(f"{path} is good and would be published.")
        return
    published = bellwether.versions.publish(text, author=getpass.getuser(), note=note)
    print(f"Version {published.version} is in force.")


@configuration.command("export")
def config_export() -> None:
    """Print the document that is in force."""
    from bot.app.config import STARTING_DOCUMENT

    latest = opened().versions.latest()
    print(latest[1] if latest else STARTING_DOCUMENT, end="")


@configuration.command("history")
def config_history(as_json: AsJson = False) -> None:
    """Every published version, the newest first."""
    versions = [
        replace(one, document=f"{len(one.document):,} characters") for one in opened().versions.history()
    ]
    print_lines(versions, as_json=as_json)


@configuration.command("schema")
def config_schema() -> None:
    """Print the document's JSON Schema, for editors."""
    from bot.app.config import json_schema

    print_json(json_schema())
