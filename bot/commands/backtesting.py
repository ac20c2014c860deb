"""The command that tries techniques on the organisation's own past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from bot.app.errors import UserError
from bot.commands.console import AsJson, opened, print_json


def backtest(
    technique: Annotated[
        str | None, typer.Option(help="leaving, rfm, engagement or recommendations.")
    ] = None,
    segmentation: Annotated[
        str | None, typer.Option(help="One by its name; else the first of the technique.")
    ] = None,
    cutoffs: Annotated[
        str | None, typer.Option(help="How many past days, a quarter apart; or 2025-01-01,2025-04-01.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(help="Days to look ahead; else the segmentation's own.")
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Show the newest one that was kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try a technique on your own past: was it right, and was it better than simple rules?"""
    from bot.app.backtesting import Asked
    from bot.commands.backtest_tables import show_backtest

    if last and (cutoffs or horizon is not None):
        raise UserError("--last shows what was kept; it takes no --cutoffs and no --horizon.")
    days = read_cutoffs(cutoffs)
    bellwether = opened()
    backtesting = bellwether.scoring.backtesting
    if last:
        made = backtesting.last(technique, segmentation)
    else:
        bellwether.require_copy()
        made = backtesting.run(Asked(technique, segmentation, days, horizon))
    print_json(made.as_json()) if as_json else show_backtest(Console(), made)


def read_cutoffs(text: str | None) -> int | Sequence[date] | None:
    """A number of days, or days with commas between them.

    Raises:
        UserError: it is neither.
    """
    if text is None or text.strip().isdecimal():
        return None if text is None else int(text)
    try:
        return [date.fromisoformat(one.strip()) for one in text.split(",")]
    except ValueError:
        raise UserError(
            f"{text!r} are no days to try.", "Write --cutoffs 4, or --cutoffs 2025-01-01,2025-04-01."
        ) from None
