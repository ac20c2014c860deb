"""``bellwether erase``: forgetting an account or contact."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from bot.app.errors import UserError
from bot.commands.console import AsJson, DryRun, opened, print_said


def erasing_commands(app: typer.Typer) -> None:
    """Add the command."""
    app.command("erase")(erase)


def erase(
    account: Annotated[str | None, typer.Argument(help="The account's id in Zoho CRM.")] = None,
    contact: Annotated[str | None, typer.Option(help="A contact's id instead.")] = None,
    gone: Annotated[
        bool, typer.Option("--gone", help="Those who left Zoho CRM at once are gone indeed: forget them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Forget an account or contact everywhere. What Zoho deletes is forgotten by itself.

    It is kept out of the copy from now on, also while Zoho CRM still has it.
    """
    if sum(one is not None for one in (account, contact)) + gone != 1:
        raise UserError(
            "Nobody, or more than one, is named.", "Type `bellwether erase ID`, `--contact ID` or `--gone`."
        )
    bellwether = opened()
    erasing = bellwether.erasure_parts.erasing
    kind = "account" if account else "contact"
    if dry_run:
        would = erasing.rehearse(None if gone else (kind, str(account or contact)))
        print_said(would, _rehearsed(would), as_json=as_json)
        return
    what = (
        "everybody who left Zoho CRM" if gone else f"account {account}" if account else f"contact {contact}"
    )
    if not yes:
        typer.confirm(f"Forget {what}? This cannot be undone.", abort=True, err=True)
    if gone:
        erasing.erasures.confirm()
        done = erasing.do(getpass.getuser(), "terminal")
    else:
        done = erasing.by_command(kind, str(account or contact), getpass.getuser())
    print_said(done, _sentences(done), as_json=as_json)


def _rehearsed(would: dict[str, Any]) -> list[str]:
    whom = ", ".join(would["would_erase"]) or "nobody"
    return [
        f"Would be forgotten: {whom}. Nothing has been changed.",
        f"Rows that would be removed or changed: {_rows(would)}. Files of exports are not looked through.",
        *would["to_do"],
    ]


def _rows(done: dict[str, Any]) -> str:
    return ", ".join(f"{table} {many:,}" for table, many in sorted(done["rows"].items())) or "none"


def _sentences(done: dict[str, Any]) -> list[str]:
    said = [f"Forgotten: {done['erased']:,} records. Rows removed or changed: {_rows(done)}."]
    if done["files"]:
        said.append(f"Files of exports removed: {done['files']:,}.")
    said.append("Messages in Slack are edited by the worker. Answers to questions and files that people were")
    said.append("sent stay where they are: Slack's own administrators can remove those.")
    if done["held"]:
        said.append(
            f"{done['held']:,} accounts and contacts left Zoho CRM at once: `bellwether erase --gone` "
            "forgets them."
        )
    return [*said, *done["to_do"]]
