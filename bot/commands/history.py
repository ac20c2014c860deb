"""The commands that ask about the past: labels on a day, moves between two days, one account."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.app.wording import money
from bot.commands.console import AsJson, opened, print_json, print_table
from bot.terminal import moment
from scoring.wording import written_day

if TYPE_CHECKING:
    from bot.app.history import LabelsOn, Moves

history = typer.Typer(
    help="The past: who had which label on a day, who went where, how an account fared.",
    no_args_is_help=True,
)
OfSegmentation = Annotated[str | None, typer.Option(help="One segmentation; the first when left out.")]


@history.command("labels")
def history_labels(
    on: Annotated[str, typer.Option(help="The day, 2026-06-30.")],
    segmentation: OfSegmentation = None,
    label: Annotated[str | None, typer.Option(help="Only those with this label.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many lines of accounts; JSON has all.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Say who had which label on a day, accounts that are gone since among them."""
    found = opened().scoring.history.labels(_day(on), segmentation, label)
    print_json(found.as_json()) if as_json else _show_labels(found, limit)


@history.command("moves")
def history_moves(
    first: Annotated[str, typer.Option("--from", help="The earlier day, 2026-03-31.")],
    second: Annotated[str, typer.Option("--to", help="The later day, 2026-06-30.")],
    segmentation: OfSegmentation = None,
    as_json: AsJson = False,
) -> None:
    """Count who went from which label to which, with what they had spent by the later day."""
    found = opened().scoring.history.moves(_day(first), _day(second), segmentation)
    print_json(found.as_json()) if as_json else _show_moves(found)


@history.command("account")
def history_account(
    account: Annotated[str, typer.Argument(help="An account's name or id; by id also one that is gone.")],
    segmentation: Annotated[str | None, typer.Option(help="One segmentation; all when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show an account's labels and scores over time."""
    found = opened().scoring.history.account(account, segmentation)
    if as_json:
        print_json(found.as_json())
        return
    rows = [one.as_json() for one in found.entries]
    print_table(
        [row | {"gone": "gone" if row["gone"] else None, "why": " ".join(row["why"])} for row in rows]
    )


def _day(text: str) -> date:
    return moment(text).date()


def _show_labels(found: LabelsOn, limit: int) -> None:
    console = Console()
    counts = ", ".join(f"{label or 'no label'} {count:,}" for label, count in found.counts)
    console.print(
        f"{found.segmentation} on {written_day(found.on)}: {counts}.", highlight=False, markup=False
    )
    print_table([_line(one.as_json()) for one in found.accounts[:limit]])
    if len(found.accounts) > limit:
        console.print(f"And {len(found.accounts) - limit:,} more.", highlight=False)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"name": row["name"] or "(not in the CRM any more)"}


def _show_moves(found: Moves) -> None:
    """The earlier label on the left, the later one at the top; in each cell the accounts and their spend."""
    table = Table(f"{written_day(found.first)} → {written_day(found.second)}", box=None, pad_edge=False)
    for label in found.labels:
        table.add_column(escape(label), justify="right")
    cells = {(one.old, one.new): one for one in found.moves}
    for old in found.labels:
        line = [cells.get((old, new)) for new in found.labels]
        shown = [
            f"{one.accounts:,}\n{money(one.spend_minor, found.currency)}" if one else "·" for one in line
        ]
        table.add_row(escape(old), *shown)
    console = Console()
    said = f"{found.segmentation}: accounts, and what they had spent by then."
    console.print(said, highlight=False, markup=False)
    console.print(table)
