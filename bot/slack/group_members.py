"""Who is in which user group, as Slack says: for roles. Errors come out sorted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Final

from slack_sdk import WebClient

from bot.slack.failures import TRANSPORT_ERRORS, send_error

KEPT_SECONDS: Final = 300


class GroupMembers:
    """The port ``UserGroups``: one call lists every group with its members, and is remembered."""

    def __init__(self, client: WebClient, now: Callable[[], float] = time.monotonic) -> None:
        self._client, self._now = client, now
        self._groups: Mapping[str, frozenset[str]] = {}
        self._listed_at = float("-inf")
        self._listing = Lock()

    def of(self, slack_id: str, *, anew: bool) -> frozenset[str]:
        """Handles, folded, of the groups that somebody is in; ``anew``: not as of up to five minutes ago.

        Raises:
            SendError: Slack could not be asked, or does not let us look.
        """
        asked_at = self._now()
        with self._listing:  # who waited for somebody else's listing has a new one
            if self._listed_at < (asked_at if anew else asked_at - KEPT_SECONDS):
                self._groups = self._listed()
                self._listed_at = self._now()
            groups = self._groups
        return frozenset(handle for handle, members in groups.items() if slack_id in members)

    def _listed(self) -> Mapping[str, frozenset[str]]:
        try:
            found = self._client.usergroups_list(include_users=True).get("usergroups") or ()
        except TRANSPORT_ERRORS as error:
            raise send_error(error) from error
        return {
            str(one["handle"]).casefold(): frozenset(map(str, one.get("users") or ()))
            for one in found
            if not one.get("date_delete")
        }
