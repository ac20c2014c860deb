"""The people and user groups whom alerts are addressed to, as Slack knows them. Errors come out sorted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.ports import SlackProfile
from bot.slack.failures import TRANSPORT_ERRORS, code_of, send_error

KEPT_SECONDS: Final = 600
_NOBODY: Final = {"users_not_found", "user_not_found", "user_not_visible"}

_log = structlog.get_logger(__name__)


def profile_of(slack_id: str, user: Mapping[str, Any]) -> SlackProfile:
    """A user object of Slack's as a value; the e-mail only when Slack has verified it."""
    profile = user.get("profile") or {}
    names = (
        profile.get("real_name"),
        user.get("real_name"),
        profile.get("display_name"),
        user.get("name"),
    )
    foreign = ("is_restricted", "is_ultra_restricted", "is_stranger", "deleted")
    return SlackProfile(
        name=next((str(name) for name in names if name), slack_id),
        email=profile.get("email") if user.get("is_email_confirmed", True) else None,
        is_guest=any(bool(user.get(flag)) for flag in foreign),
        is_bot=bool(user.get("is_bot")),
    )


class SlackLookup:
    """The port ``SlackPeople``."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def by_email(self, email: str) -> tuple[str, SlackProfile] | None:
        """Id and profile of the person with this e-mail; None when Slack knows none.

        Raises:
            SendError: Slack could not be asked.
        """
        try:
            user = self._client.users_lookupByEmail(email=email).get("user") or {}
        except TRANSPORT_ERRORS as error:
            if isinstance(error, SlackApiError) and code_of(error) in _NOBODY:
                return None
            raise send_error(error) from error
        slack_id = str(user.get("id") or "")
        return (slack_id, profile_of(slack_id, user)) if slack_id else None

    def direct_channel(self, slack_id: str) -> str:
        """The channel of the direct messages with somebody.

        Raises:
            SendError: Slack could not be asked, or refuses.
        """
        try:
            opened = self._client.conversations_open(users=slack_id)
        except TRANSPORT_ERRORS as error:
            raise send_error(error) from error
        return str((opened.get("channel") or {})["id"])


class UserGroups:
    """User groups by their handle, with a memory of ten minutes."""

    def __init__(self, client: WebClient, now: Callable[[], float] = time.monotonic) -> None:
        self._client, self._now = client, now
        self._ids: Mapping[str, str] = {}
        self._listed_at = float("-inf")

    def mentioned(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """A message's values with the id of the group that it mentions; without one that nobody knows.

        A message is never kept back for the sake of its mention: then the handle stands there as a text.
        """
        handle = payload.get("mention")
        if not isinstance(handle, str):
            return payload
        return {**payload, "mention_id": self._id(handle.removeprefix("@").casefold())}

    def _id(self, handle: str) -> str | None:
        if handle not in self._ids or self._now() - self._listed_at > KEPT_SECONDS:
            try:
                groups = self._client.usergroups_list().get("usergroups") or ()
            except TRANSPORT_ERRORS as error:
                _log.warning("usergroups.not_listed", reason=type(error).__name__)
                return self._ids.get(handle)
            self._ids = {
                str(one["handle"]).casefold(): str(one["id"]) for one in groups if not one.get("date_delete")
            }
            self._listed_at = self._now()
        return self._ids.get(handle)
