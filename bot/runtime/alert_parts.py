"""The part of the wiring that delivers alerts to people and follows them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk import WebClient

from bot.app.alert_addresses import Addressing
from bot.app.alert_criteria import ChangeCriteria
from bot.app.alert_followups import EVERY_SECONDS, KIND, FollowUps
from bot.app.alert_preview import RoutePreview, RouteTrial
from bot.app.config.shape import nearest
from bot.app.errors import UserError
from bot.app.ports import Clock, Job
from bot.app.schedule import Every
from bot.slack.addressing import SlackLookup
from bot.store.alert_history import alert_history
from bot.store.alert_work import alert_work
from bot.store.concerned import SqlCrmUsers
from connector.cache.engine import Database
from connector.ports import Organisation
from scoring.alert_config import Route
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


def previews(
    database: Database,
    configuration: Configuration,
    clock: Clock,
    since: datetime,
    route: str | None,
) -> tuple[list[RoutePreview], Mapping[str, str]]:
    """What routes would have told since an instant, and the names of CRM users by id.

    Raises:
        UserError: there is no such route.
        ConfigurationError: criteria that do not fit the fields.
    """
    routes = [one for one in configuration.alerts.routes if route in (None, one.name)]
    if route is not None and not routes:
        known = [one.name for one in configuration.alerts.routes]
        raise UserError(f"There is no route '{route}'.{nearest(route, known)}")
    with alert_history(database) as history:
        today = history.accounts.organisation().today(configuration, clock.now())
        criteria = ChangeCriteria(history.accounts, configuration, today)
        runs = history.runs(since, configuration)

        def tried(one: Route) -> RoutePreview:
            said = f"the route '{one.name}'"
            trial = RouteTrial(
                one,
                today.zone,
                lambda text, name, changes: criteria.meeting(text, name, changes, said),
                history.accounts.concerned,
            )
            return trial.over(runs)

        return [tried(one) for one in routes], history.user_names()
