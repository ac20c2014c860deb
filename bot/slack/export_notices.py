"""The port ``ExportNotices`` over Slack's Web API. Errors come out sorted."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.app.errors import SendLater, SendNever
from bot.app.exporting_rhythm import ExportSchedule
from bot.app.exporting_values import Export, download_name
from bot.app.ports import Posted
from bot.slack.client import MOST_WAITS, ShortRateLimitRetry
from bot.slack.failures import TRANSPORT_ERRORS, before_it_is_seen, code_of, send_error
from bot.slack.sending import sendable
from bot.slack.views.blocks import Message
from bot.slack.views.export import export_message
from bot.slack.views.export_schedules import halted_message
from bot.slack.views.text import plain

UPLOAD_SECONDS: Final = 120  # a file of 50 MB over a slow line
_NO_COPY: Final = frozenset({"file_not_found", "file_deleted"})
_NEVER: Final = frozenset({400, 401, 403, 404, 413, 415})  # answers to the bytes that are no matter of time


class SlackExportNotices:
    """Tells a person of their export, in the message that it has and in their direct message."""

    def __init__(self, client: WebClient) -> None:
        # Only what Slack has refused is repeated: a lost answer may hide an upload that was done.
        self._client = WebClient(
            token=client.token,
            base_url=client.base_url,
            timeout=UPLOAD_SECONDS,
            ssl=client.ssl,
            retry_handlers=[ShortRateLimitRetry(max_retry_count=MOST_WAITS)],
        )

    def show(self, export: Export, link: str | None) -> None:
        """Draw the export's message again; does nothing without one.

        Raises:
            SendError: Slack does not take it.
        """
        posted = export.posted
        if posted is not None:
            drawn = sendable(export_message(export, link))
            self._asked(lambda: self._client.chat_update(channel=posted.channel, ts=posted.ts, **drawn))

    def tell(self, export: Export, link: str | None) -> Posted:
        """Say it in a new direct message; which one.

        Raises:
            SendError: Slack does not take it.
        """
        return self._post(export, export_message(export, link))

    def tell_halted(self, schedule: ExportSchedule) -> None:
        """Say in a direct message why a schedule does not go on.

        Raises:
            SendError: Slack does not take it.
        """
        self._post(schedule.wanted, halted_message(schedule))

    def upload(self, export: Export, file: BinaryIO, begun: Callable[[str], None]) -> None:
        """Give the file in the person's direct message: an address, the bytes, the completion.

        It has no words with it: those stand in the export's own message, which can be drawn again. Only the
        completion can be seen by anybody; what goes wrong before it may be repeated.

        Args:
            export: of which it is.
            file: its bytes.
            begun: called with Slack's id of the copy before it can be seen; what it raises leaves it unseen.

        Raises:
            SendError: Slack does not take it.
        """
        channel, content = self._direct(export), file.read()
        name = download_name(export)
        place = self._unseen(
            lambda: self._client.files_getUploadURLExternal(filename=name, length=len(content))
        )
        copy, address = place.get("file_id"), place.get("upload_url")
        if not copy or not str(address).startswith(("https://", "http://")):
            raise SendLater("Slack gave no place for the file.")
        self._put(str(address), content)
        begun(str(copy))
        files: list[dict[str, str | None]] = [{"id": str(copy), "title": plain(name, 100)}]
        self._asked(lambda: self._client.files_completeUploadExternal(files=files, channel_id=channel))

    def take_back(self, slack_file: str) -> None:
        """Remove a copy that was given; one that is not there any more is no error.

        Raises:
            SendError: Slack does not remove it.
        """
        try:
            self._client.files_delete(file=slack_file)
        except TRANSPORT_ERRORS as error:
            if not isinstance(error, SlackApiError) or code_of(error) not in _NO_COPY:
                raise send_error(error) from error

    def _post(self, export: Export, message: Message) -> Posted:
        channel = self._direct(export)
        drawn = sendable(message) | {"unfurl_links": False, "unfurl_media": False}
        answer = self._asked(lambda: self._client.chat_postMessage(channel=channel, **drawn))
        return Posted(channel, str(answer["ts"]))

    def _direct(self, export: Export) -> str:
        opened = self._unseen(lambda: self._client.conversations_open(users=export.slack_id))
        channel: Any = opened.get("channel")
        if not isinstance(channel, dict) or not channel.get("id"):
            raise SendLater("Slack did not say where the direct message is.")
        return str(channel["id"])

    def _put(self, address: str, content: bytes) -> None:
        """The bytes, to a host that is no part of the Web API: it answers with a status alone."""
        request = urllib.request.Request(address, data=content, method="POST")  # noqa: S310 - Slack's address
        request.add_header("Content-Type", "application/octet-stream")
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=self._client.ssl)]
        if self._client.proxy:
            proxies = dict.fromkeys(("http", "https"), self._client.proxy)
            handlers.append(urllib.request.ProxyHandler(proxies))
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=UPLOAD_SECONDS) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            with error:
                if error.code in _NEVER:
                    raise SendNever(f"Slack did not take the file ({error.code}).") from error
                raise SendLater(f"Slack did not take the file ({error.code}).") from error
        except TRANSPORT_ERRORS as error:
            raise before_it_is_seen(error) from error

    def _unseen(self, call: Callable[[], SlackResponse]) -> SlackResponse:
        try:
            return call()
        except TRANSPORT_ERRORS as error:
            raise before_it_is_seen(error) from error

    def _asked(self, call: Callable[[], SlackResponse]) -> SlackResponse:
        try:
            return call()
        except TRANSPORT_ERRORS as error:
            raise send_error(error) from error
