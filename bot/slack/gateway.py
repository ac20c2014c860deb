"""The port Chat over Slack's Web API, and the people of the workspace. Errors come out sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.app.errors import SendNever
from bot.app.notices import notice_from
from bot.app.ports import OutboxMessage, Posted, SlackProfile
from bot.slack import ids
from bot.slack.addressing import UserGroups, profile_of
from bot.slack.channels import Channels
from bot.slack.client import posting_client
from bot.slack.failures import BLOCK_ERRORS, TRANSPORT_ERRORS, code_of, send_error
from bot.slack.sending import as_text, sendable
from bot.slack.views.alert import alert_message, summary_message, text_message
from bot.slack.views.alert_deeds import history_message
from bot.slack.views.blocks import Json, Message

_log = structlog.get_logger(__name__)
CLOCK_DIFFERENCE: Final = timedelta(minutes=10)  # between Slack's clock and ours, generously
HISTORY_PAGE: Final = 200
HISTORY_PAGES: Final = 25  # 5,000 messages since the first attempt: a busy channel on a bad day
_NOBODY: Final = {"user_not_found", "user_not_visible", "users_not_found"}
_DRAW: Final[Mapping[str, Callable[[Mapping[str, Any]], Message]]] = {
    "alert": lambda payload: alert_message(notice_from(payload)),
    "alert_summary": summary_message,
    "alert_history": history_message,
    "text": lambda payload: text_message(str(payload["text"])),
}


class SlackGateway:
    """Posts, finds and edits the messages of the outbox."""

    def __init__(self, client: WebClient, channels: Channels | None = None) -> None:
        self._client = posting_client(client)
        self._channels = channels or Channels(client)
        self._groups = UserGroups(client)

    def post(self, message: OutboxMessage) -> Posted:
        """Draw and post a message, with its outbox id in the metadata.

        Raises:
            SendLater: nothing was posted; try again after the given time.
            SendUnclear: it may have been posted; look before trying again.
            SendNever: it will never work; the reason is for an administrator.
        """
        drawn = draw(message.kind, self._groups.mentioned(message.payload))
        answer = self._sorted(
            lambda blocks: self._client.chat_postMessage(
                **self._place(message),
                metadata={"event_type": ids.OUTBOX_EVENT, "event_payload": {"outbox_id": message.id}},
                unfurl_links=False,
                unfurl_media=False,
                **blocks,
            ),
            drawn,
        )
        return Posted(str(answer["channel"]), str(answer["ts"]))

    def find_posted(self, message: OutboxMessage) -> Posted | None:
        """Look for a message that an earlier attempt may have posted, by the outbox id in its metadata.

        Raises:
            SendLater, SendUnclear: Slack cannot be asked now.
            SendNever: the channel is gone.
        """
        if message.maybe_sent_since is None:
            return None
        try:
            place = self._place(message)
            channel, thread_ts = str(place["channel"]), place.get("thread_ts")
            since = message.maybe_sent_since - CLOCK_DIFFERENCE
            for found in self._history(channel, since, thread_ts):
                if _outbox_id(found) == message.id:
                    return Posted(channel, str(found["ts"]))
        except TRANSPORT_ERRORS as error:
            if isinstance(error, SlackApiError) and code_of(error) == "missing_scope":
                # Without the history scope nobody can know; a second message is better than none.
                _log.warning("outbox.cannot_look", outbox_id=message.id, needed=error.response.get("needed"))
                return None
            raise send_error(error) from error
        return None

    def edit(self, posted: Posted, kind: str, payload: Mapping[str, Any]) -> None:
        """Draw a message again in place, from new values; errors as of ``post``."""
        self._sorted(
            lambda blocks: self._client.chat_update(channel=posted.channel, ts=posted.ts, **blocks),
            draw(kind, self._groups.mentioned(payload)),
        )

    def _place(self, message: OutboxMessage) -> Json:
        """The channel, and the thread when the message belongs into one that stands there."""
        place: Json = {"channel": self._channels.resolve(message.channel)}
        thread = message.payload.get("thread") or {}
        if thread.get("channel") == place["channel"]:
            place["thread_ts"] = str(thread["ts"])
            if message.payload.get("broadcast"):
                place["reply_broadcast"] = True
        return place

    def _sorted(self, call: Callable[[Json], SlackResponse], message: Message) -> SlackResponse:
        """Call Slack with the blocks, and once more with plain text if it refuses the blocks."""
        try:
            try:
                return call(sendable(message))
            except SlackApiError as error:
                if code_of(error) not in BLOCK_ERRORS:
                    raise
                _log.error("message.blocks_refused", error=code_of(error))
                return call(as_text(message))
        except TRANSPORT_ERRORS as error:
            raise send_error(error) from error

    def _history(self, channel: str, since: datetime, thread_ts: str | None) -> Iterator[Mapping[str, Any]]:
        """The channel's messages since then; answers in a thread stand in that thread alone."""
        cursor: str | None = None
        for _page in range(HISTORY_PAGES):
            read: Any = self._client.conversations_history
            if thread_ts:
                read = partial(self._client.conversations_replies, ts=thread_ts)
            answer = read(
                channel=channel,
                oldest=f"{since.timestamp():.6f}",
                include_all_metadata=True,
                limit=HISTORY_PAGE,
                cursor=cursor,
            )
            yield from answer.get("messages") or ()
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return


def draw(kind: str, payload: Mapping[str, Any]) -> Message:
    """The message for stored values.

    Raises:
        SendNever: the kind is unknown, or the values are not those of that kind.
    """
    if kind not in _DRAW:
        raise SendNever(f"There is no message of the kind {kind!r}; a later version may have stored it.")
    try:
        return _DRAW[kind](payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SendNever(f"The stored {kind} cannot be drawn: {type(error).__name__} {error}.") from error


def _outbox_id(message: Mapping[str, Any]) -> object:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != ids.OUTBOX_EVENT:
        return None
    return (metadata.get("event_payload") or {}).get("outbox_id")


class SlackDirectory:
    """The people of the workspace."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def profile(self, slack_id: str) -> SlackProfile | None:
        """Who this is; the e-mail only when Slack has verified it. None when Slack knows nobody of this id.

        Raises:
            SendError: Slack could not be asked.
        """
        try:
            user = self._client.users_info(user=slack_id).get("user") or {}
        except TRANSPORT_ERRORS as error:
            if isinstance(error, SlackApiError) and code_of(error) in _NOBODY:
                return None
            raise send_error(error) from error
        return profile_of(slack_id, user)
