"""The commands that give and take market segments, contact roles and keywords."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot.app.errors import UserError
from bot.commands.console import AsJson, DryRun, opened, print_json, print_lines, print_said

if TYPE_CHECKING:
    from bot.app.marking import Chosen
    from scoring.market_config import MarkKind

mark = typer.Typer(
    help="Market segments of accounts, roles and keywords of contacts: give, take, list.",
    no_args_is_help=True,
)


class Kind(StrEnum):
    """What a mark is."""

    SEGMENT = "segment"
    ROLE = "role"
    KEYWORD = "keyword"

    @property
    def full(self) -> MarkKind:
        """As scoring calls it, which brings pandas."""
        from scoring.market_config import MarkKind

        return {
            Kind.SEGMENT: MarkKind.MARKET_SEGMENT,
            Kind.ROLE: MarkKind.CONTACT_ROLE,
            Kind.KEYWORD: MarkKind.KEYWORD,
        }[self]


Name = Annotated[str, typer.Argument(help="The mark: a market segment, or by --kind a role or keyword.")]
OfKind = Annotated[Kind, typer.Option("--kind", help="Segments are of accounts, the others of contacts.")]
Where = Annotated[str | None, typer.Option(help="Those that meet criteria: 'industry = Retail'.")]
Accounts = Annotated[list[str] | None, typer.Option("--account", help="Name or id; may be repeated.")]
Contacts = Annotated[
    list[str] | None, typer.Option("--contact", help="Name, e-mail address or id; may be repeated.")
]


@mark.command("give")
def mark_give(
    name: Name,
    kind: OfKind = Kind.SEGMENT,
    where: Where = None,
    account: Accounts = None,
    contact: Contacts = None,
    swap: Annotated[
        bool, typer.Option("--swap", help="In the place of another one, in a group with one for each.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give a mark to accounts or contacts."""
    chosen = _chosen(kind, where, account, contact)
    giving, by = opened().scoring.giving_marks, getpass.getuser()
    done = giving.give(kind.full, name, chosen, by, swap=swap, keep=not dry_run)
    print_said(done.as_json(), done.sentences(), as_json=as_json)


@mark.command("take")
def mark_take(
    name: Name,
    kind: OfKind = Kind.SEGMENT,
    where: Where = None,
    account: Accounts = None,
    contact: Contacts = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a mark from accounts or contacts."""
    chosen = _chosen(kind, where, account, contact)
    done = opened().scoring.giving_marks.take(kind.full, name, chosen, getpass.getuser(), keep=not dry_run)
    print_said(done.as_json(), done.sentences(), as_json=as_json)


@mark.command("list")
def mark_list(
    name: Annotated[str | None, typer.Argument(help="Who bears this one; with --kind.")] = None,
    kind: Annotated[Kind | None, typer.Option("--kind", help="Only of one kind.")] = None,
    as_json: AsJson = False,
) -> None:
    """List every mark with the number of its bearers, or who bears one."""
    giving = opened().scoring.giving_marks
    if name is None:
        print_lines(giving.lines(None if kind is None else kind.full), as_json=as_json)
        return
    found = giving.bearers((kind or Kind.SEGMENT).full, name)
    print_json(found) if as_json else print_said(found, found, as_json=False)


def _chosen(kind: Kind, where: str | None, accounts: list[str] | None, contacts: list[str] | None) -> Chosen:
    from bot.app.marking import Chosen

    if kind is Kind.SEGMENT and contacts:
        raise UserError("Market segments are borne by accounts.", "Name accounts, or add --kind role.")
    if kind is not Kind.SEGMENT and accounts:
        raise UserError("Roles and keywords are borne by contacts.", "Name contacts with --contact.")
    return Chosen(where, tuple(contacts or accounts or ()))
