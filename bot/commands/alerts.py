"""The commands that ask about alerts: what a route would have told, and what became of alerts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.app.errors import UserError
from bot.commands.console import AsJson, opened, print_json, print_said, print_table
from bot.terminal import moment

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether
    from scoring.config import Configuration

alerts = typer.Typer(
    help="Alerts: try a route on the past, and see what became of them.", no_args_is_help=True
)
_DAYS = re.compile(r"(\d{1,4})\s*d(?:ays?)?")


@alerts.command("preview")
def alerts_preview(
    since: Annotated[str, typer.Option(help="30d, or a day such as 2026-10-01.")] = "30d",
    route: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    config: Annotated[Path | None, typer.Option(help="A document that is not published.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what routes would have told over the recorded history, by day and destination, and what not."""
    from bot.runtime.alert_parts import previews

    bellwether = opened()
    begin = _since(since, bellwether.clock.now())
    configuration = _configuration(bellwether, config)
    found, names = previews(bellwether.database, configuration, bellwether.clock, begin, route)
    told = {
        "since": begin.isoformat(),
        "routes": [one.as_json(names) for one in found],
        "accounts_as_they_are_now": True,
    }
    said = [line for one in found for line in one.sentences(names)]
    note = "Criteria ask accounts as they are now; labels, scores and money are those of the time."
    print_said(told, [*said, note], as_json=as_json)


@alerts.command("noise")
def alerts_noise(
    since: Annotated[str, typer.Option(help="90d, or a day such as 2026-10-01.")] = "90d",
    as_json: AsJson = False,
) -> None:
    """Count by channel and route what was sent, acknowledged, acted on and not at risk, and suggest."""
    from bot.app.alert_noise import noise
    from bot.store.alert_history import alert_history

    bellwether = opened()
    with alert_history(bellwether.database) as history:
        found = noise(history.sent(_since(since, bellwether.clock.now())))
    rows = [one.as_row() for one in found]
    print_json(rows) if as_json else print_table(rows)


def _configuration(bellwether: Bellwether, file: Path | None) -> Configuration:
    if file is None:
        return bellwether.configuration()
    from bot.runtime.setup import read_text_of

    return bellwether.scoring.configuring.draft(read_text_of(file), str(file)).configuration


def _since(text: str, now: datetime) -> datetime:
    """``30d`` or a day.

    Raises:
        UserError: it is neither, or still to come.
    """
    days = _DAYS.fullmatch(text.strip())
    found = now - timedelta(days=int(days[1])) if days else moment(text)
    if found > now:
        raise UserError(f"{text} is still to come.")
    return found
