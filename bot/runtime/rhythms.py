"""What is to be done and when: one list, from what each part wants."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from bot.app.schedule import Daily, Every, Tick
from bot.runtime.alert_parts import alert_rhythm
from bot.runtime.backtests import backtest_rhythm
from bot.runtime.erasure_parts import erasure_rhythm
from bot.runtime.export_parts import export_rhythms
from bot.runtime.handlers import DAILY, SYNC
from bot.runtime.sources import beside_the_crm
from scoring.config import Configuration


def rhythms(
    configuration: Configuration, poll_seconds: int, feed: Iterable[Tick], zone: str | None
) -> tuple[Tick, ...]:
    """Everything that has its time.

    Args:
        configuration: the one in force.
        poll_seconds: how often the CRM is asked for changes.
        feed: what the feed of changes wants.
        zone: the organisation's time zone; the daily work waits until it is known.
    """
    sync = Every(SYNC, poll_seconds)
    own = (alert_rhythm(), *export_rhythms(), *erasure_rhythm())
    always = (sync, *feed, *beside_the_crm(configuration), *own)
    if zone is None:
        return always
    daily = Daily(DAILY, configuration.schedule.daily_at, ZoneInfo(zone))
    return (*always, daily, backtest_rhythm(daily.at, daily.zone))
