"""Slack's Web API client: how long it waits, and what it may repeat by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from slack_sdk import WebClient
from slack_sdk.http_retry import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

TIMEOUT_SECONDS: Final = 10
LONGEST_WAIT_SECONDS: Final = 5  # a listener's thread is not to sleep longer for a rate limit
MOST_WAITS: Final = 2  # several messages to one person may meet again after the first
# A lost answer may hide a success; these would then be done twice.
_POSTING: Final = ("chat.postMessage", "chat.postEphemeral", "files.completeUploadExternal")


class RepeatableConnectionRetry(ConnectionErrorRetryHandler):
    """Repeats a call once after a connection error, unless that could post a message twice."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if request.url.endswith(_POSTING):
            return False
        return super()._can_retry(state=state, request=request, response=response, error=error)


class ShortRateLimitRetry(RateLimitErrorRetryHandler):
    """Waits as Slack asks after a 429, unless that is long, or often."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or not super()._can_retry(
            state=state, request=request, response=response, error=error
        ):
            return False
        headers = {name.casefold(): value for name, value in response.headers.items()}
        wait = (headers.get("retry-after") or ["1"])[0]
        said = str(wait)
        return said.isascii() and said.isdigit() and int(said[:9]) <= LONGEST_WAIT_SECONDS


TokenSource = Callable[[], str | None]


class SourcedClient(WebClient):
    """A client that looks its token up for each call: another process may have been given a new one."""

    def __init__(self, source: TokenSource, **options: Any) -> None:
        self.source = source
        super().__init__(token=None, **options)

    @property
    def token(self) -> str | None:
        """The token of this moment; None when there is none."""
        return self.source()

    @token.setter
    def token(self, value: str | None) -> None:  # the constructor of the SDK sets it
        if value is not None:
            raise TypeError("This client's token comes from its source.")


def client_with(token: str | TokenSource | None, **options: Any) -> WebClient:
    """A client with a token, or with a source of tokens."""
    return SourcedClient(token, **options) if callable(token) else WebClient(token=token, **options)


def web_client(token: str | TokenSource | None, api_url: str) -> WebClient:
    """A client for listeners and look-ups; the gateway that posts alerts has one that repeats nothing."""
    return client_with(
        token,
        base_url=api_url,
        timeout=TIMEOUT_SECONDS,
        retry_handlers=[RepeatableConnectionRetry(), ShortRateLimitRetry(max_retry_count=MOST_WAITS)],
    )


def posting_client(client: WebClient) -> WebClient:
    """The same Slack, with a client that repeats nothing by itself: whoever calls decides."""
    return client_with(
        client.source if isinstance(client, SourcedClient) else client.token,
        base_url=client.base_url,
        timeout=TIMEOUT_SECONDS,
        ssl=client.ssl,
        retry_handlers=[],
    )
