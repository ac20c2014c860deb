"""The commands about the configuration document."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from bot.app.config.starting import Example, Sales, starting_document
from bot.app.errors import UserError
from bot.app.worth import Worth
from bot.commands.console import AsJson, DryRun, opened, print_json, print_said

if TYPE_CHECKING:
    from bot.app.config.preview import Preview
    from bot.app.config.publishing import Draft
    from bot.runtime.wiring import Bellwether

configuration = typer.Typer(
    help="The configuration document: check, diff, apply, rollback, export, history.", no_args_is_help=True
)

ConfigFile = Annotated[
    Path | None, typer.Argument(help="The document; BELLWETHER_CONFIG_FILE when left out.")
]
Note = Annotated[str, typer.Option(help="Why; kept in the history.")]
Confirm = Annotated[
    bool, typer.Option("--confirm", help="Also if segments or routes stand on what is edited.")
]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for a run that is under way.")]
Everything = Annotated[bool, typer.Option("--all", help="Name every account that changes its label.")]
SalesOption = Annotated[Sales, typer.Option("--sales", help="Where your sales are.")]
LONGEST_WAIT = 60.0


@configuration.command("init")
def config_init(
    file: ConfigFile = None,
    sales: SalesOption = Sales.DEALS,
    examples: Annotated[
        list[Example] | None, typer.Option("--with", help="Use this example of the document, too.")
    ] = None,
) -> None:
    """Write a document to begin with, unless there is one."""
    from bot.runtime.setup import write_starting_configuration
    from bot.settings import load_settings

    path = file or load_settings().config_file
    if not write_starting_configuration(path, starting_document(sales, examples or ())):
        raise UserError(f"{path} exists.", "Move it away, or name another file.")
    print(f"Wrote {path}. Next: bellwether config diff {path}")


@configuration.command("check")
def config_check(file: ConfigFile = None) -> None:
    """Check a configuration document without publishing it."""
    draft = _draft_of(opened(), file)
    _say("The configuration is good.", *(f"To be confirmed: {one}" for one in draft.confirmations))


@configuration.command("diff")
def config_diff(
    file: ConfigFile = None,
    version: Annotated[int | None, typer.Option(help="A published version instead of a file.")] = None,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Say what a document changes: in words, and in labels and alerts by rehearsing a run."""
    if file is not None and version is not None:
        raise UserError("Compare a file or a version, not both.")
    bellwether = opened()
    draft = _draft_of(bellwether, file) if version is None else _draft_of_version(bellwether, version)
    _show(bellwether, draft, everything=everything, as_json=as_json)


@configuration.command("apply")
def config_apply(
    file: ConfigFile = None,
    note: Note = "",
    confirm: Confirm = False,
    wait: Wait = LONGEST_WAIT,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish a configuration document; the next run of what it edits is a baseline."""
    bellwether = opened()
    draft = _draft_of(bellwether, file)
    if dry_run:
        _show(bellwether, draft, everything=False, as_json=as_json)
        return
    _publish(bellwether, draft, note, confirm=confirm, wait=wait, as_json=as_json)


@configuration.command("rollback")
def config_rollback(
    number: Annotated[int | None, typer.Argument(help="The version; the one before when left out.")] = None,
    note: Note = "",
    confirm: Confirm = False,
    wait: Wait = LONGEST_WAIT,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish an earlier version once more, as a new one, with the same checks."""
    bellwether = opened()
    earlier = bellwether.scoring.configuring.earlier(number)
    draft = _draft_of_version(bellwether, earlier.version)
    if dry_run:
        _show(bellwether, draft, everything=False, as_json=as_json)
        return
    why = f"Back to version {earlier.version}." + (f" {note}" if note else "")
    _publish(bellwether, draft, why, confirm=confirm, wait=wait, as_json=as_json)


@configuration.command("export")
def config_export() -> None:
    """Print the document that is in force."""
    from bot.app.config.starting import STARTING_DOCUMENT

    latest = opened().versions.latest()
    print(latest[1] if latest else STARTING_DOCUMENT, end="")


@configuration.command("history")
def config_history(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many versions.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Every published version, the newest first, with what it changed."""
    lines = opened().scoring.configuring.history(limit)
    if as_json:
        print_json([asdict(one) for one in lines])
        return
    for one in lines:
        note = f": {one.note}" if one.note else ""
        _say(f"Version {one.version}, {one.published_at:%Y-%m-%d %H:%M} UTC, {one.author}{note}")
        _say(*(f"  {change}" for change in one.changes))


@configuration.command("propose")
def config_propose(
    technique: Annotated[str, typer.Argument(help="firmographics")],
    by: Annotated[Worth | None, typer.Option(help="What labels tell apart; chosen when left out.")] = None,
) -> None:
    """Print labels proposed from your own accounts and deals, as a part of the document."""
    from bot.runtime.proposals import propose

    bellwether = opened()
    bellwether.require_copy()
    scoring = bellwether.scoring
    print(propose(scoring.database, scoring.configurations, scoring.clock, technique, by), end="")


@configuration.command("schema")
def config_schema() -> None:
    """Print the document's JSON Schema, for editors."""
    from bot.app.config.published import json_schema

    print_json(json_schema())


def _draft_of(bellwether: Bellwether, file: Path | None) -> Draft:
    from bot.runtime.setup import read_text_of

    path = file or bellwether.settings.config_file
    return bellwether.scoring.configuring.draft(read_text_of(path), str(path))


def _draft_of_version(bellwether: Bellwether, number: int) -> Draft:
    configuring = bellwether.scoring.configuring
    return configuring.draft(configuring.earlier(number).document, f"configuration version {number}")


def _publish(
    bellwether: Bellwether, draft: Draft, note: str, *, confirm: bool, wait: float, as_json: bool
) -> None:
    made = bellwether.scoring.configuring.publish(
        draft, getpass.getuser(), note, confirmed=confirm, seconds=wait
    )
    if made.version == draft.basis:
        said: Sequence[str] = (f"Version {made.version} is in force already; it is the same document.",)
    else:
        said = (*draft.sentences(), f"Version {made.version} is in force.")
    values = {"version": made.version, "published": made.version != draft.basis, **draft.as_json()}
    print_said(values, said, as_json=as_json)


def _show(bellwether: Bellwether, draft: Draft, *, everything: bool, as_json: bool) -> None:
    """What a draft changes and, once the CRM was read, what the next run would do with it."""
    preview: Preview | None = None
    if bellwether.book.as_of() is not None:
        preview = bellwether.scoring.configuring.preview(draft)
    told = preview.sentences(everything=everything) if preview else ("No preview: the CRM was not read yet.",)
    values: dict[str, Any] = {**draft.as_json(), "preview": preview.as_json() if preview else None}
    if as_json:
        print_json(values)
    else:
        _say(*draft.sentences(), *told)


def _say(*sentences: str) -> None:
    console = Console(soft_wrap=True)
    for sentence in sentences:
        console.print(sentence, markup=False, highlight=False)
