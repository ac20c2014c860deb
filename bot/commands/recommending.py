"""The commands that recommend: what to offer an account, and to whom to offer a product."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.app.errors import UserError
from bot.commands.console import AsJson, DryRun, opened, print_json, print_said

if TYPE_CHECKING:
    from bot.app.offers import Recommended

Segmentation = Annotated[
    str | None, typer.Option(help="Of the technique recommendations; the first when left out.")
]
MOST_ACCOUNTS = 1_000


def recommending_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    for command in (recommend, pitch):
        app.command()(command)


def recommend(
    account: Annotated[str, typer.Argument(help="An account's name or id.")],
    segmentation: Segmentation = None,
    why: Annotated[
        bool, typer.Option("--why", help="Tell everything that speaks for each; reads every purchase.")
    ] = False,
    dismiss: Annotated[str | None, typer.Option(help="Offer this product no more for now.")] = None,
    reason: Annotated[str, typer.Option(help="With it: why.")] = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say what to offer an account, the likeliest first."""
    recommending = opened().scoring.recommending
    if dismiss is not None:
        said = recommending.dismiss(account, dismiss, reason, getpass.getuser(), keep=not dry_run)
        print_said({"said": said, "kept": not dry_run}, [said], as_json=as_json)
        return
    if reason or dry_run:
        raise UserError("--reason and --dry-run belong to --dismiss.")
    found = recommending.recommend(account, segmentation)
    _show(found, _spoken(found) if why else {}, as_json=as_json)


def pitch(
    product: Annotated[str, typer.Argument(help="A product's name or id.")],
    segmentation: Segmentation = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ACCOUNTS, help="So many accounts.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Say to which accounts to offer a product, the likeliest first."""
    found = opened().scoring.recommending.pitch(product, limit, segmentation)
    _show(found, {}, as_json=as_json, accounts=True)


def _spoken(found: Recommended) -> Mapping[str, Sequence[str]]:
    if not found.offers:
        return {}
    judging = opened().scoring.judging
    return judging.why(found.offers[0].account_id, found.segmentation, found.offers)


def _show(
    found: Recommended, why: Mapping[str, Sequence[str]], *, as_json: bool, accounts: bool = False
) -> None:
    if as_json:
        print_json(found.as_json() | ({"speaking": why} if why else {}))
        return
    from bot.commands.offers_table import offers_table  # it brings pandas

    Console().print(offers_table(found, why, accounts=accounts))
