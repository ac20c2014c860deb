"""HTTP to Zoho's API: time-outs, retries with back-off, tokens, and the error that says how one recovers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal, NoReturn

import requests
import tenacity

from connector.errors import NeedsPerson, Retriable
from connector.zoho.auth import TokenSource
from connector.zoho.refusals import Exchange, Refusal, error_for, read_refusal

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
Params = Mapping[str, str | int]
Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True)
class RetryPolicy:
    """How long to insist: waits double from the first to the longest, with jitter, within a total."""

    attempts: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 15.0
    total_seconds: float = 55.0


class ZohoClient:
    """Calls of Zoho's API with JSON in and out.

    Numbers with a fraction come as Decimal, so that money stays exact. An answer without content (204, 304)
    is None.

    Attributes:
        server_time: Zoho's own time in the last answer.
    """

    def __init__(
        self,
        tokens: TokenSource,
        *,
        session: requests.Session | None = None,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tokens = tokens
        self._session = session or requests.Session()
        # Zoho's cookies belong to one token's session; the API needs none.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self.server_time: datetime | None = None

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        modified_since: datetime | None = None,
        module: str | None = None,
        insist: bool = True,
    ) -> Any:
        """Read. ``module`` names what a path without a module is about, for the sentences of errors.

        What is only nice to have does not ``insist``: it is tried once.

        Raises:
            Retriable: Zoho did not answer properly for as long as the retry policy insists.
            NeedsPerson: credentials, a scope or a permission are missing.
            StartOver: a page token is not valid any more.
            Fatal: Zoho refuses the call for another reason.
        """
        headers = {"If-Modified-Since": _iso(modified_since)} if modified_since else {}
        exchange = Exchange("GET", path, module)
        if not insist:
            return self._once(exchange, self._deadline(), params=params, headers=headers)
        return self._repeated(exchange, params=params, headers=headers)

    def post(self, path: str, body: object, *, repeatable: bool = False) -> Any:
        """Create, or query. Only what is ``repeatable`` is tried again: an insert has no idempotency key."""
        exchange = Exchange("POST", path)
        if repeatable:
            return self._repeated(exchange, json_body=body)
        return self._once(exchange, self._deadline(), json_body=body)

    def put(self, path: str, body: object) -> Any:
        """Update; repeating it does no harm. Errors as of :meth:`get`."""
        return self._repeated(Exchange("PUT", path), json_body=body)

    def delete(self, path: str, params: Params | None = None) -> Any:
        """Delete; repeating it does no harm. Errors as of :meth:`get`."""
        return self._repeated(Exchange("DELETE", path), params=params)

    def _repeated(self, exchange: Exchange, **request: Any) -> Any:
        policy = self._retry
        deadline = self._deadline()
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Retriable),
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(policy.attempts),
                tenacity.stop_before_delay(policy.total_seconds),
            ),
            wait=_Wait(policy),
            sleep=self._sleep,
            retry_error_callback=lambda state: _give_up(state, exchange),
        )(self._once, exchange, deadline, **request)

    def _deadline(self) -> float:
        return time.monotonic() + self._retry.total_seconds

    def _once(self, exchange: Exchange, deadline: float, **request: Any) -> Any:
        """One call; a refused access token is replaced once."""
        outcome = self._send(exchange, deadline, **request)
        if isinstance(outcome, Refusal) and outcome.is_about_the_token:
            outcome = self._send(exchange, deadline, **request)
            if isinstance(outcome, Refusal) and outcome.is_about_the_token:
                raise NeedsPerson(
                    f"Zoho refuses the access token that it has just given out ({outcome}).",
                    "Check that BELLWETHER_ZOHO__REGION is the organisation's region.",
                )
        if isinstance(outcome, Refusal):
            raise error_for(outcome, exchange)
        return outcome

    def _send(
        self,
        exchange: Exchange,
        deadline: float,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        json_body: object = None,
    ) -> Any:
        token = self._tokens.current()
        try:
            answer = self._session.request(
                exchange.method,
                token.api_domain + exchange.path,
                params=params,
                json=json_body,
                headers={"Authorization": f"Zoho-oauthtoken {token.value}", **(headers or {})},
                timeout=(CONNECT_SECONDS, max(1.0, min(READ_SECONDS, deadline - time.monotonic()))),
                allow_redirects=False,  # a redirect could carry the token to another host
            )
        except requests.RequestException as error:
            # Its text may quote headers; its class says enough.
            raise Retriable(_unreachable(exchange, error), "It will be tried again.") from None
        self.server_time = _date_of(answer) or self.server_time
        outcome = _read(answer, exchange)
        if isinstance(outcome, Refusal) and outcome.is_about_the_token:
            self._tokens.reject(token.value)
        return outcome


class _Wait(tenacity.wait.wait_base):
    """Exponential with jitter; never shorter than what Zoho asks for."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._spread = tenacity.wait_random_exponential(
            multiplier=policy.first_wait_seconds, max=policy.longest_wait_seconds, min=0
        )
        self._floor = policy.first_wait_seconds / 2

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        asked = 0.0
        if retry_state.outcome is not None:
            error = retry_state.outcome.exception()
            asked = (error.after_seconds or 0.0) if isinstance(error, Retriable) else 0.0
        return max(asked, self._floor + self._spread(retry_state))


def _give_up(state: tenacity.RetryCallState, exchange: Exchange) -> NoReturn:
    """Say how long we insisted; the last error says what came back."""
    last = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(last, Retriable):  # cannot be: only these are tried again
        raise Retriable(f"Zoho did not answer {exchange}.")
    times = f"Tried {state.attempt_number} times in {state.seconds_since_start or 0:.0f} s."
    raise Retriable(
        f"{last.what_happened} {times}", last.what_to_do, after_seconds=last.after_seconds
    ) from None


def _read(answer: requests.Response, exchange: Exchange) -> Any:
    """The JSON of a success, None for no content, a Refusal otherwise."""
    if answer.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        return None
    try:
        body = json.loads(answer.content, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        if answer.ok and answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            raise Retriable(
                f"Zoho's answer to {exchange} was cut off or is not JSON.", "It will be tried again."
            ) from None
        body = None
    if answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
        return body
    if exchange.method != "GET" and isinstance(body, dict) and ("data" in body or "watch" in body):
        return body  # a write of which every item was refused: 400 with one answer for each
    return read_refusal(answer.status_code, body, answer.headers.get("Retry-After"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unreachable(exchange: Exchange, error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"Zoho did not answer {exchange} in time."
    return f"The exchange {exchange} with Zoho broke off ({type(error).__name__})."


def _date_of(answer: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None


def _iso(moment: datetime) -> str:
    """As Zoho writes instants: whole seconds with an offset, rounded down."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()
