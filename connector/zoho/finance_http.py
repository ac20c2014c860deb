"""HTTP to Zoho Finance: pace, tokens, retries, and the error that says how one recovers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn

import requests
import tenacity

from connector.access_ports import ApiCall, CallBook
from connector.errors import ConnectorError, Fatal, OutOfBudget
from connector.finance_ports import Pace, PaceState
from connector.ports import Clock
from connector.zoho.auth import TokenSource
from connector.zoho.finance_refusals import (
    Blocked,
    DayUsedUp,
    FinanceExchange,
    FinanceRefusal,
    Passing,
    error_for,
    read_refusal,
)

TIMEOUTS_SECONDS = (5.0, 30.0)
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 8.0
# Zoho lets a paid organisation make ten calls at once, a free one five.
CALLS_AT_ONCE = 4
# Of the day's calls, what is left to people and to the customer's other programs.
RESERVE = Decimal("0.2")
# Nobody waits longer for a place in the minute: so many calls are queued that this run should end.
LONGEST_QUEUE_SECONDS = 120.0
TOMORROW = timedelta(days=1)
Params = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class FinanceAnswer:
    """A success: its JSON, and Zoho's own time when it says it."""

    body: dict[str, Any]
    read_at: datetime | None


class FinanceHttp:
    """Reads from Zoho Finance, by all processes together at the organisation's pace.

    Numbers with a fraction come as Decimal, so that money stays exact.

    Attributes:
        calls: how many were sent.
    """

    def __init__(
        self,
        tokens: TokenSource,
        book: CallBook,
        pace: Pace,
        clock: Clock,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tokens = tokens
        self._book = book
        self._pace = pace
        self._clock = clock
        self._session = session or requests.Session()
        # Zoho's cookies belong to one token's session; the API needs none.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._sleep = sleep
        self._at_once = threading.BoundedSemaphore(CALLS_AT_ONCE)
        self.calls = 0

    def get(
        self,
        exchange: FinanceExchange,
        organization_id: str | None,
        params: Params | None = None,
        *,
        path: str | None = None,
    ) -> FinanceAnswer:
        """Read ``path`` (or the exchange's list).

        Raises:
            Passing: Zoho did not answer properly four times.
            Blocked, DayUsedUp, OutOfBudget: no call may be sent for so many seconds.
            NeedsPerson: credentials, a scope or a role are missing.
            NotOffered: the list does not know what it was asked for.
            Absent, Fatal: there is no such thing; another refusal.
        """
        where = f"{exchange.facts.path}/{path or exchange.list_name}"
        query, headers = _addressed(exchange, organization_id, params or {})
        api = f"finance:{organization_id or 'default'}"
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Passing),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )(self._once, exchange, api, where, query, headers)

    def _once(
        self, exchange: FinanceExchange, api: str, where: str, params: Params, headers: Mapping[str, str]
    ) -> FinanceAnswer:
        """One call; a refused access token is replaced once."""
        outcome = self._send(exchange, api, where, params, headers)
        if isinstance(outcome, FinanceRefusal) and outcome.is_about_the_token:
            outcome = self._send(exchange, api, where, params, headers)
        if isinstance(outcome, FinanceRefusal):
            raise self._error(outcome, exchange, api)
        return outcome

    def _send(
        self, exchange: FinanceExchange, api: str, where: str, params: Params, headers: Mapping[str, str]
    ) -> FinanceAnswer | FinanceRefusal:
        self._await_place(exchange, api)
        token = self._tokens.current()
        with self._at_once:
            self.calls += 1
            try:
                answer = self._session.get(
                    token.api_domain + where,
                    params=params,
                    headers={"Authorization": f"Zoho-oauthtoken {token.value}", **headers},
                    timeout=TIMEOUTS_SECONDS,
                    allow_redirects=False,  # a redirect could carry the token to another host
                )
            except requests.RequestException as error:
                # Its text may quote headers; its class says enough.
                raise Passing(f"The exchange {exchange} broke off ({type(error).__name__}).") from None
        self._keep_limits(exchange, api, answer)
        outcome = _read(answer, exchange)
        if isinstance(outcome, FinanceRefusal) and outcome.is_about_the_token:
            self._tokens.reject(token.value)
        return outcome

    def _await_place(self, exchange: FinanceExchange, api: str) -> None:
        """Wait for a free place in the minute, and book the call."""
        state = self._pace.take(api)
        refused = why_not(state, self._clock.now())
        if refused is not None:
            raise refused
        self._book.before(ApiCall(api, exchange.name, 1))
        if state.wait_seconds > 0:
            self._sleep(state.wait_seconds)

    def _keep_limits(self, exchange: FinanceExchange, api: str, answer: requests.Response) -> None:
        """Every answer says what is left of the day, which ends at the organisation's midnight."""
        remaining = _number(answer, "X-Rate-Limit-Remaining")
        seconds = _number(answer, "X-Rate-Limit-Reset")
        daily = _number(answer, "X-Rate-Limit-Limit")
        self._book.after(ApiCall(api, exchange.name, 1), remaining)
        if remaining is not None or daily is not None:
            resets_at = self._clock.now() + timedelta(seconds=seconds) if seconds is not None else None
            self._pace.said(api, remaining=remaining, daily=daily, resets_at=resets_at)

    def _error(self, refusal: FinanceRefusal, exchange: FinanceExchange, api: str) -> ConnectorError:
        """The error; a block is told to every process."""
        error = error_for(refusal, exchange)
        now = self._clock.now()
        if isinstance(error, Blocked):
            self._pace.block(api, now + timedelta(seconds=error.after_seconds or 0))
        elif isinstance(error, DayUsedUp):
            until = self._end_of_day(api, now)
            error.after_seconds = (until - now).total_seconds()
            self._pace.block(api, until)
        return error

    def _end_of_day(self, api: str, now: datetime) -> datetime:
        resets_at = self._pace.take(api).resets_at
        return resets_at if resets_at is not None and now < resets_at <= now + TOMORROW else now + TOMORROW


def why_not(state: PaceState, now: datetime) -> OutOfBudget | Blocked | None:
    """Why no call may be sent now, and for how long; None when it may."""
    if state.blocked_until is not None and state.blocked_until > now:
        seconds = (state.blocked_until - now).total_seconds()
        return Blocked(
            f"Zoho Finance takes no calls of this organisation until {state.blocked_until:%H:%M} UTC.",
            "It goes on by itself afterwards.",
            after_seconds=seconds,
        )
    if _eats_into_the_reserve(state) and state.resets_at is not None and state.resets_at > now:
        return OutOfBudget(
            f"{state.remaining} of {state.daily} calls of the day are left in Zoho Finance; they are kept "
            f"for people and other programs until {state.resets_at:%Y-%m-%d %H:%M} UTC.",
            after_seconds=(state.resets_at - now).total_seconds(),
        )
    if state.wait_seconds > LONGEST_QUEUE_SECONDS:
        return Blocked(
            "Too many calls to Zoho Finance are waiting for their minute.", after_seconds=state.wait_seconds
        )
    return None


def _eats_into_the_reserve(state: PaceState) -> bool:
    return (
        state.remaining is not None and state.daily is not None and state.remaining <= state.daily * RESERVE
    )


def _addressed(
    exchange: FinanceExchange, organization_id: str | None, params: Params
) -> tuple[dict[str, str | int], dict[str, str]]:
    """The organisation's id where the product expects it: omitting it would read the default one."""
    query = dict(params)
    headers: dict[str, str] = {}
    if organization_id is not None and exchange.list_name != "organizations":
        if exchange.facts.carries == "query":
            query["organization_id"] = organization_id
        if exchange.facts.header:
            headers[exchange.facts.header] = organization_id
    return query, headers


_SPREAD = tenacity.wait_random_exponential(multiplier=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS)


def _wait(state: tenacity.RetryCallState) -> float:
    """Exponential with jitter, on top of what Zoho asks for."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked = (error.after_seconds or 0.0) if isinstance(error, Passing) else 0.0
    return asked + FIRST_WAIT_SECONDS / 2 + float(_SPREAD(state))


def _read(answer: requests.Response, exchange: FinanceExchange) -> FinanceAnswer | FinanceRefusal:
    body: Any = None
    cut = False
    try:
        body = json.loads(answer.content, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        cut = True
    refusal = read_refusal(answer.status_code, body, answer.headers.get("Retry-After"))
    if refusal is None:
        return FinanceAnswer(body, _date_of(answer))
    if answer.ok and cut:
        raise Passing(f"Zoho Finance's answer to {exchange} was cut off or is not JSON.")
    if answer.ok and refusal.code is None:
        raise Fatal(f"Zoho Finance's answer to {exchange} is not in its envelope.")
    return refusal


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _number(answer: requests.Response, header: str) -> int | None:
    text = answer.headers.get(header, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004


def _date_of(answer: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None
