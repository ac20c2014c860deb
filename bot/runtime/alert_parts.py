"""The part of the wiring that delivers alerts to people and follows them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk import WebClient

from bot.app.alert_addresses import Addressing
from bot.app.alert_followups import EVERY_SECONDS, KIND, FollowUps
from bot.app.ports import Clock, Job
from bot.app.schedule import Every
from bot.slack.addressing import SlackLookup
from bot.store.alert_work import alert_work
from bot.store.concerned import SqlCrmUsers
from connector.cache.engine import Database
from connector.ports import Organisation
from scoring.config import Configuration

Handler = Callable[[Job], Mapping[str, Any]]


def alert_rhythm() -> Every:
    """How often what is due is done."""
    return Every(KIND, EVERY_SECONDS)


def addressing(database: Database, slack: WebClient) -> Addressing:
    """Who people are in Slack."""
    return Addressing(SqlCrmUsers(database), SlackLookup(slack))


def alert_handler(
    database: Database,
    clock: Clock,
    configuration: Callable[[], Configuration],
    organisation: Callable[[], Organisation | None],
) -> dict[str, Handler]:
    """What does the job."""

    def zone() -> tzinfo:
        held = organisation()
        name = configuration().organisation.time_zone or (held.time_zone if held else None)
        return ZoneInfo(name) if name else UTC

    follow_ups = FollowUps(lambda: alert_work(database), configuration, zone, clock)
    return {KIND: lambda _job: follow_ups.do()}
