"""The commands about what customers say."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bot.app.people import OPERATOR
from bot.commands.console import AsJson, DryRun, opened, print_json, print_lines

voice = typer.Typer(help="What customers say: read a text, correct what was read.", no_args_is_help=True)


@voice.command("read")
def voice_read(
    text: Annotated[str, typer.Argument(help="A message, as a customer would write it.")],
    as_json: AsJson = False,
) -> None:
    """Read a text as customers' messages are read: intent and sentiment of each sentence."""
    found = opened().scoring.voice.read(text)
    print_json([asdict(one) for one in found]) if as_json else print_lines(found, as_json=False)


@voice.command("correct")
def voice_correct(
    sentence: Annotated[str, typer.Argument(help="One sentence.")],
    intent: Annotated[str | None, typer.Option(help="request, query, complaint, purchase \u2026")] = None,
    sentiment: Annotated[str | None, typer.Option(help="positive, neutral or negative.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Say what a sentence means; the next run learns from it."""
    correcting = opened().scoring.voice
    print(correcting.correct(sentence, intent, sentiment, OPERATOR, "terminal", keep=not dry_run))
