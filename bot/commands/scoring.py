"""The commands that score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.app.errors import UserError
from bot.commands.backtesting import backtest
from bot.commands.console import AsJson, DryRun, opened, print_said
from bot.terminal import moment

if TYPE_CHECKING:
    from bot.app.facts import SegmentationRun


def scoring_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    for command in (score, backtest):
        app.command()(command)


def score(
    segmentation: Annotated[str | None, typer.Argument(help="One segmentation; all when left out.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    transactions: Annotated[Path | None, typer.Option(help="A CSV or Parquet file instead.")] = None,
    accounts: Annotated[Path | None, typer.Option(help="With it: who takes part.")] = None,
    config: Annotated[Path | None, typer.Option(help="With it: the document.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Of which day, 2026-01-31; else today.")] = None,
    out: Annotated[Path | None, typer.Option(help="With it: where scores go.")] = None,
) -> None:
    """Score every account, and queue the alerts of what changed."""
    if transactions is not None:
        from bot.runtime import offline
        from bot.settings import load_settings

        document, day = config or load_settings().config_file, moment(as_of).date() if as_of else None
        found = offline.Tables(transactions, accounts, document, day, out).score(segmentation)
        print_said(offline.as_json(found), offline.sentences(found), as_json=as_json)
        return
    if accounts or config or out:
        raise UserError("--accounts, --config and --out belong to --transactions.")
    day = moment(as_of).date() if as_of else None
    bellwether = opened()
    bellwether.require_copy()
    recompute = bellwether.scoring.recompute
    if dry_run:
        summary = recompute.rehearse(segmentation, as_of=day)
    else:
        summary = recompute.run("command", segmentation, as_of=day)
    said = [_labels(one) for one in summary.parts] if as_of and dry_run else summary.sentences()
    print_said(summary.as_json(), said, as_json=as_json)


def _labels(run: SegmentationRun) -> str:
    """How many accounts would have each label on the day."""
    counts = ", ".join(f"{label or 'no label'} {count:,}" for label, count in run.labels)
    moved = f"{run.label_changes:,} of them differ from the last run."
    return f"{run.segmentation} as of {run.as_of}: {counts}. {moved}"
