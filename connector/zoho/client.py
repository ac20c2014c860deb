"""HTTP to Zoho's API: time-outs, retries with back-off, tokens, and the error that says how one recovers."""

from __future__ import annotations

import os
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import IO, Any, Literal, NoReturn

import requests
import tenacity
from requests.adapters import HTTPAdapter

from connector.access_ports import ApiCall, CallBook
from connector.errors import NeedsPerson, OutOfBudget, Retriable
from connector.zoho.auth import TokenSource
from connector.zoho.bodies import Answer, dumped, parsed
from connector.zoho.prices import priced
from connector.zoho.refusals import Exchange, Refusal, error_for, read_refusal
from connector.zoho.regions import upload_host

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
CONNECTIONS = 32  # more than any edition lets run at once (25), so that no thread opens one in vain
MOST_HOSTS = 16
# ``Response.content`` takes an answer in pieces of 10 KB, each by seven functions.
AT_ONCE = 1 << 20
PIECE_BYTES = 256 * 1024
_RESULTS = ("data", "fields", "tags", "watch")  # under one of these a write has a result for each item
Params = Mapping[str, str | int]
Take = Callable[[Answer], None]
Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True)
class RetryPolicy:
    """How long to insist: waits double from the first to the longest, with jitter, within a total."""

    attempts: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 15.0
    total_seconds: float = 55.0


class NoBook:
    """Books nothing."""

    def before(self, call: ApiCall) -> None:
        """Let every call through."""

    def after(self, call: ApiCall, remaining: int | None) -> None:
        """Forget what is left."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A call, complete but for the token.

    A body goes out as JSON, ``file`` goes to Zoho's host for files; ``into`` takes the answer's bytes,
    ``take`` the answer itself.
    """

    exchange: Exchange
    params: Params | None = None
    headers: Mapping[str, str] | None = None
    body: object = None
    into: IO[bytes] | None = None
    file: Path | None = None
    take: Take | None = None

    @property
    def booked(self) -> ApiCall:
        return priced(self.exchange.method, self.exchange.path, self.params, self.body)


class ZohoClient:
    """Calls of Zoho's API with JSON in and out, by several threads at once.

    Numbers with a fraction come as float; :meth:`Answer.items` reads those that a float cannot hold. An
    answer without content (204, 304) is None. Every call, repeated ones too, is booked before it is sent; a
    book that raises OutOfBudget ends the call.

    Attributes:
        spent: the credits of all calls that this client sent.
    """

    def __init__(
        self,
        tokens: TokenSource,
        *,
        session: requests.Session | None = None,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
        book: CallBook | None = None,
    ) -> None:
        self._tokens = tokens
        self._session = session or _session()
        # Zoho's cookies belong to one token's session; the API needs none.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._retry = retry or RetryPolicy()
        self._retrying = _retrying(self._retry, sleep)
        self._book = book or NoBook()
        self._proxies = lru_cache(MOST_HOSTS)(requests.utils.get_environ_proxies)
        self._taking, self._counting = threading.RLock(), threading.Lock()
        self.spent = 0

    def read(
        self,
        path: str,
        params: Params | None = None,
        *,
        modified_since: datetime | None = None,
        module: str | None = None,
        insist: bool = True,
    ) -> Answer:
        """Read. ``module`` names what a path without a module is about, for the sentences of errors.

        What is only nice to have does not ``insist``: it is tried once.

        Raises:
            OutOfBudget: the book does not let the call through.
            Retriable: Zoho did not answer properly for as long as the retry policy insists.
            NeedsPerson: credentials, a scope or a permission are missing.
            StartOver: a page token is not valid any more.
            Fatal: Zoho refuses the call for another reason.
        """
        headers = {"If-Modified-Since": _iso(modified_since)} if modified_since else None
        request = _Request(Exchange("GET", path, module), params, headers)
        return self._repeated(request) if insist else self._once(request, self._deadline())

    def get(self, path: str, params: Params | None = None, **how: Any) -> Any:
        """The body of what :meth:`read` reads."""
        return self.read(path, params, **how).body

    def query(
        self,
        path: str,
        body: object,
        *,
        module: str | None = None,
        insist: bool = True,
        take: Take | None = None,
    ) -> Answer:
        """Ask by POST for what changes nothing, or may be asked for twice. Errors as of :meth:`read`.

        ``take`` is given a success to make something smaller of, one at a time: as objects a page of rows is
        several times larger than its bytes, and of many threads only one gets on with Python anyway. What is
        returned then is empty. A success without content is not given.
        """
        request = _Request(Exchange("POST", path, module), body=body, take=take)
        return self._repeated(request) if insist else self._once(request, self._deadline())

    def post(self, path: str, body: object, *, repeatable: bool = False) -> Any:
        """Create, or query. Only what is ``repeatable`` is tried again: an insert has no idempotency key."""
        return self.query(path, body, insist=repeatable).body

    def put(self, path: str, body: object, *, unmodified_since: datetime | None = None) -> Any:
        """Update; repeating it does no harm. Errors as of :meth:`read`.

        With ``unmodified_since`` Zoho refuses what was changed later: Fatal with the code ALREADY_MODIFIED.
        """
        headers = {"If-Unmodified-Since": _iso(unmodified_since)} if unmodified_since else None
        return self._repeated(_Request(Exchange("PUT", path), headers=headers, body=body)).body

    def delete(self, path: str, params: Params | None = None) -> Any:
        """Delete; repeating it does no harm. Errors as of :meth:`read`."""
        return self._repeated(_Request(Exchange("DELETE", path), params)).body

    def download(self, path: str, into: IO[bytes], *, module: str | None = None) -> None:
        """Take a ZIP from Zoho, piece by piece, into a file that can be read and written anywhere.

        Errors as of :meth:`read`; a file that comes short is Retriable, and is taken again from its start.
        """
        self._repeated(_Request(Exchange("GET", path, module), into=into))

    def upload(self, path: str, file: Path, headers: Mapping[str, str]) -> Any:
        """Send a ZIP to Zoho's host for files; repeating it does no harm. Errors as of :meth:`read`."""
        return self._repeated(_Request(Exchange("POST", path), headers=headers, file=file)).body

    def _repeated(self, request: _Request) -> Answer:
        answer: Answer = self._retrying(self._once, request, self._deadline())
        return answer

    def _deadline(self) -> float:
        return time.monotonic() + self._retry.total_seconds

    def _once(self, request: _Request, deadline: float) -> Answer:
        """One call; a refused access token is replaced once."""
        outcome = self._send(request, deadline)
        if isinstance(outcome, Refusal) and outcome.is_about_the_token:
            outcome = self._send(request, deadline)
            if isinstance(outcome, Refusal) and outcome.is_about_the_token:
                raise NeedsPerson(
                    f"Zoho refuses the access token that it has just given out ({outcome}).",
                    "Check that BELLWETHER_ZOHO__REGION is the organisation's region.",
                )
        if isinstance(outcome, Refusal):
            raise error_for(outcome, request.exchange)
        return outcome

    def _send(self, request: _Request, deadline: float) -> Answer | Refusal:
        token = self._tokens.current()
        booked = request.booked
        self._book.before(booked)
        with self._counting:
            self.spent += booked.credits
        try:
            with ExitStack() as open_files:
                host = _host(token.api_domain, request)
                answer = self._session.request(
                    request.exchange.method,
                    host + request.exchange.path,
                    params=request.params,
                    data=None if request.body is None else dumped(request.body),
                    files=_parts(request, open_files),
                    headers={"Authorization": f"Zoho-oauthtoken {token.value}", **_headers(request)},
                    timeout=(CONNECT_SECONDS, max(1.0, min(READ_SECONDS, deadline - time.monotonic()))),
                    allow_redirects=False,  # a redirect could carry the token to another host
                    stream=True,
                    proxies=self._proxies(host),
                )
            with answer:
                content = b"" if _goes_into_file(answer, request) else b"".join(answer.iter_content(AT_ONCE))
                # By then all bytes have come, unless they go into a file.
                with self._taking if request.take is not None else nullcontext():
                    outcome = _read(answer, content, request)
        except requests.RequestException as error:
            # Its text may quote headers; its class says enough.
            raise Retriable(_unreachable(request.exchange, error), "It will be tried again.") from None
        self._book.after(booked, _remaining(answer))
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


def _host(api_domain: str, request: _Request) -> str:
    return api_domain if request.file is None else upload_host(api_domain)


def _parts(request: _Request, open_files: ExitStack) -> Any:
    """The file as a part of a form; None for a call without one."""
    if request.file is None:
        return None
    stream = open_files.enter_context(request.file.open("rb"))
    return {"file": (request.file.name, stream, "application/zip")}


def _session() -> requests.Session:
    session = requests.Session()
    # The environment is asked for its proxies once for each host, and not with every call: that takes longer
    # than reading the answer. Passwords of a .netrc would replace the token.
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    return session


def _may_pass(error: BaseException) -> bool:
    """Whether to try again at once; a budget does not grow by insisting."""
    return isinstance(error, Retriable) and not isinstance(error, OutOfBudget)


def _retrying(policy: RetryPolicy, sleep: Callable[[float], None]) -> tenacity.Retrying:
    """Made once for all calls; each thread has its own state of it."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass),
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(policy.attempts), tenacity.stop_before_delay(policy.total_seconds)
        ),
        wait=_Wait(policy),
        sleep=sleep,
        retry_error_callback=_give_up,
    )


def _give_up(state: tenacity.RetryCallState) -> NoReturn:
    """Say how long we insisted; the last error says what came back."""
    request: _Request = state.args[0]
    exchange = request.exchange
    last = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(last, Retriable):  # cannot be: only these are tried again
        raise Retriable(f"Zoho did not answer {exchange}.")
    times = f"Tried {state.attempt_number} times in {state.seconds_since_start or 0:.0f} s."
    error = Retriable(f"{last.what_happened} {times}", last.what_to_do, after_seconds=last.after_seconds)
    error.code = last.code
    raise error from None


def _has_results(body: Any) -> bool:
    """Whether an answer to a write has a result for each item."""
    return isinstance(body, dict) and any(isinstance(body.get(key), list) for key in _RESULTS)


def _headers(request: _Request) -> dict[str, str]:
    kind = {} if request.body is None else {"Content-Type": "application/json"}
    return {**kind, **(request.headers or {})}


def _goes_into_file(answer: requests.Response, request: _Request) -> bool:
    return request.into is not None and answer.status_code < HTTPStatus.MULTIPLE_CHOICES


def _read(answer: requests.Response, content: bytes, request: _Request) -> Answer | Refusal:
    """The JSON of a success, None for no content, a Refusal otherwise."""
    exchange, at = request.exchange, _date_of(answer)
    succeeded = answer.status_code < HTTPStatus.MULTIPLE_CHOICES
    if answer.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        return Answer(None, at)
    if request.into is not None and succeeded:
        _take(answer, request.into, exchange)
        return Answer(None, at)
    try:
        body = parsed(content)
    except (ValueError, RecursionError):
        if succeeded:
            raise _cut_off(exchange) from None
        body = None
    if succeeded and request.take is not None:
        request.take(Answer(body, at, content))
        return Answer(None, at)
    if succeeded or (exchange.method != "GET" and _has_results(body)):
        return Answer(body, at, content)  # or a write of which every item was refused
    return read_refusal(answer.status_code, body, answer.headers.get("Retry-After"))


def _take(answer: requests.Response, into: IO[bytes], exchange: Exchange) -> None:
    """Write the answer's bytes to the file; it must be a whole ZIP in the end."""
    try:
        into.seek(0)
        into.truncate()
        for piece in answer.iter_content(PIECE_BYTES):
            into.write(piece)
    except requests.RequestException:
        raise
    except OSError as error:
        raise Retriable(
            f"There is no room for the file of {exchange}: {error.strerror}.", "Make room on the disk."
        ) from None
    # requests itself notices when fewer bytes come than were promised.
    if not zipfile.is_zipfile(into):
        raise _cut_off(exchange)


def _cut_off(exchange: Exchange) -> Retriable:
    kind = "file" if exchange.path.endswith("/result") else "JSON"
    return Retriable(f"Zoho's answer to {exchange} was cut off or is not {kind}.", "It will be tried again.")


def _unreachable(exchange: Exchange, error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"Zoho did not answer {exchange} in time."
    return f"The exchange {exchange} with Zoho broke off ({type(error).__name__})."


def _date_of(answer: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None


def _remaining(answer: requests.Response) -> int | None:
    text = answer.headers.get("X-API-CREDITS-REMAINING", "").strip()
    return int(text) if text.lstrip("-").isdecimal() else None


def _iso(moment: datetime) -> str:
    """As Zoho writes instants: whole seconds with an offset, rounded down."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()
