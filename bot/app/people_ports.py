"""Who is asked about people. Adapters: ``bot.store.people``, ``bot.slack.group_members``."""

from __future__ import annotations

from typing import Protocol

from bot.app.people import Person


class People(Protocol):
    """Slack users and the CRM users behind them."""

    def person(self, slack_id: str) -> Person:
        """Who this is, with a role; never raises for an unknown one: they get Role.NOBODY and a reason.

        As it was some minutes ago: enough to read, see ``person_now``.
        """
        ...

    def person_now(self, slack_id: str) -> Person:
        """The same, asked anew: before something is written, exported or shared."""
        ...


class UserGroups(Protocol):
    """Slack's user groups."""

    def of(self, slack_id: str, *, anew: bool) -> frozenset[str]:
        """Handles, folded, of those that somebody is in; ``anew``: not as remembered.

        Raises:
            SendError: Slack could not be asked, or does not let us look.
        """
        ...
