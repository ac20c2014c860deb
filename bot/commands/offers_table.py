"""What the terminal shows of recommendations. Pure drawing with rich; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from bot.app.offers import CHANCE_PARTS, LIFT_PARTS, Recommended, because
from bot.app.wording import day, money
from scoring.recommendations.wording import written_chance, written_lift


def offers_table(found: Recommended, why: Mapping[str, Sequence[str]], *, accounts: bool) -> Group:
    """Offers as a table, accounts or products first; below it what speaks for each, if that was asked for."""
    if not found.offers:
        return Group(f"Nothing is recommended for {escape(found.about)} now.")
    first = ("Account", "Owner", "Offer") if accounts else ("Offer",)
    table = Table(*first, "Kind", box=None, pad_edge=False)
    for name in ("Chance", "Lift", "Value", "Expires"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Why")
    for one in found.offers:
        who = (one.account, one.owner or "-", one.what) if accounts else (one.what,)
        cells = (
            *(*who, one.kind.replace("_", " ")),
            *(written_chance(one.probability / CHANCE_PARTS), written_lift(one.lift / LIFT_PARTS)),
            *(money(one.value_minor, found.currency), day(one.expires_on), because(one.kind, one.details)),
        )
        table.add_row(*(escape(cell) for cell in cells))
    told = [
        line
        for one in found.offers
        if one.product_id in why
        for line in (
            f"[bold]{escape(one.what)}[/bold]",
            *(f"  · {escape(said)}" for said in why[one.product_id]),
        )
    ]
    return Group(table, *told, f"[dim]{escape(found.segmentation)}[/dim]")
