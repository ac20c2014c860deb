"""The app's installation in a Slack workspace: who may install, what is kept. Decisions and ports only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.app.errors import UserError

INCIDENT = "slack app"
REMOVED = "The app was removed from the Slack workspace, so nothing could be delivered."
# Slack tells the instant of an event in whole seconds.
EVENT_PRECISION = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one workspace, with the token that it acts with there."""

    team_id: str
    team_name: str
    token: str = field(repr=False)
    app_id: str = ""
    bot_id: str = ""
    bot_user_id: str = ""
    scopes: str = ""
    installed_by: str = ""


def check_workspace(team_id: str, held: str | None, wanted: str = "") -> None:
    """Whether the app may be installed in a workspace.

    Args:
        team_id: the workspace; empty when it is installed for a whole organisation.
        held: the workspace that it is, or was, installed in here.
        wanted: the only one that the settings allow.

    Raises:
        UserError: it may not; with a sentence for the person who tries.
    """
    if not team_id:
        raise UserError(
            "Bellwether is installed in one workspace, not in a whole organisation.",
            "Install it again and choose a workspace.",
        )
    if team_id != (held or team_id) or team_id != (wanted or team_id):
        raise UserError(
            "This Bellwether serves another Slack workspace already.",
            "Each workspace needs a Bellwether, and a database, of its own.",
        )


def outlives(installed_at: datetime, removed_at: datetime) -> bool:
    """Whether an installation is younger than a removal that we are told of: it was installed again since."""
    return installed_at >= removed_at + EVENT_PRECISION


def is_bot_token_revoked(event: Mapping[str, object]) -> bool:
    """Whether ``tokens_revoked`` tells of the bot's token; people's own are none of ours."""
    tokens = event.get("tokens")
    return isinstance(tokens, Mapping) and bool(tokens.get("bot"))


class Installations(Protocol):
    """The one installation of this deployment."""

    def current(self) -> Installation | None:
        """The installation; None before the first one, and since the app was removed."""
        ...

    def save(self, installation: Installation, wanted: str = "") -> None:
        """Keep it, in place of an earlier one in the same workspace.

        Raises:
            UserError: this deployment serves another workspace.
        """
        ...

    def remove(self, team_id: str, at: datetime) -> bool:
        """The app was removed from the workspace at this instant: forget the token. False when known."""
        ...

    def discard(self, token: str) -> bool:
        """Slack does not know this token any more: forget it, unless another lies there by now."""
        ...


class UsedOnce(Protocol):
    """What may be used once, by whichever process sees it first."""

    def first_use(self, name: str, until: datetime) -> bool:
        """Use it up; False when it was used before. Remembered until the given instant."""
        ...

    def forget(self, name: str) -> None:
        """Let it be used again: nothing came of the first use."""
        ...
