"""HTTP to Zoho's other products: Campaigns, Desk, SalesIQ. One client: they differ only in their answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal, NoReturn

import requests
import tenacity

from connector.access_ports import ApiCall, CallBook
from connector.errors import ConnectorError, Fatal, NeedsPerson, Retriable
from connector.zoho.auth import TokenSource
from connector.zoho.client import RetryPolicy

Params = Mapping[str, str | int]
Method = Literal["GET", "POST"]
TIMEOUTS_SECONDS = (5.0, 25.0)
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
# Words for a token that is not valid any more, and for a scope that it lacks, as the products write them.
_TOKEN_WORDS = ("INVALID_OAUTH", "INVALID_TOKEN", "INVALID_OAUTHTOKEN", "invalid oauth token", "1007")
_SCOPE_WORDS = ("SCOPE_MISMATCH", "OAUTH_SCOPE_MISMATCH", "FORBIDDEN", "LICENSE_ACCESS_LIMITED", "6304")


class SuiteClient:
    """Reading one product's API with JSON out; None for no content.

    Args:
        product: its name, for sentences and the ledger: ``desk`` …
        base_url: its address; tokens are sent nowhere else.
        scopes: what the refresh token needs, for the sentence that says it lacks them.
        headers: that every call carries: the organisation.
    """

    def __init__(
        self,
        product: str,
        base_url: str,
        tokens: TokenSource,
        *,
        scopes: str,
        headers: Mapping[str, str] | None = None,
        book: CallBook | None = None,
        session: requests.Session | None = None,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.product = product
        self._base_url = base_url
        self._tokens = tokens
        self._scopes = scopes
        self._headers = dict(headers or {})
        self._book = book
        self._session = session or requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._retry = retry or RetryPolicy()
        self._sleep = sleep

    def get(self, path: str, params: Params) -> Any:
        """Read.

        Raises:
            Retriable: it did not answer properly for as long as the retry policy insists.
            NeedsPerson: the token or one of its scopes is refused.
            Fatal: the call is refused for another reason.
        """
        return self._insist("GET", path, params)

    def query(self, path: str, form: Params) -> Any:
        """Read by a POST with a form, as some of the products want it. Errors as of :meth:`get`."""
        return self._insist("POST", path, form)

    def _insist(self, method: Method, path: str, params: Params) -> Any:
        policy = self._retry
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Retriable),
            stop=tenacity.stop_after_attempt(policy.attempts),
            wait=tenacity.wait_random_exponential(
                multiplier=policy.first_wait_seconds, max=policy.longest_wait_seconds
            ),
            sleep=self._sleep,
            reraise=True,
        )(self._once, method, path, params)

    def _once(self, method: Method, path: str, params: Params) -> Any:
        """One call; a refused access token is replaced once."""
        answer, token = self._send(method, path, params)
        if _is_about_the_token(answer):
            self._tokens.reject(token)
            answer, _ = self._send(method, path, params)
        return self._read(answer, path)

    def _send(self, method: Method, path: str, params: Params) -> tuple[requests.Response, str]:
        if self._book is not None:
            self._book.before(ApiCall(self.product, f"{method} {_without_ids(path)}"))
        token = self._tokens.current()
        try:
            answer = self._session.request(
                method,
                self._base_url + path,
                params=dict(params) if method == "GET" else None,
                data=dict(params) if method == "POST" else None,
                headers={"Authorization": f"Zoho-oauthtoken {token.value}", **self._headers},
                timeout=TIMEOUTS_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Retriable(
                f"The exchange with Zoho {self._name} broke off ({type(error).__name__}).",
                "It will be tried again.",
            ) from None
        return answer, token.value

    def _read(self, answer: requests.Response, path: str) -> Any:
        if answer.status_code in PASSING:
            raise Retriable(f"Zoho {self._name} answered {answer.status_code}.", "It will be tried again.")
        if answer.status_code == HTTPStatus.NO_CONTENT:
            return None
        try:
            body = json.loads(answer.content)
        except ValueError:
            if answer.ok:
                raise Retriable(
                    f"Zoho {self._name}'s answer was cut off or is not JSON.", "It will be tried again."
                ) from None
            body = None
        if answer.ok:
            return body
        raise self._refusal(answer.status_code, path, str(body))

    def refuse(self, code: object, message: object) -> NoReturn:
        """Raise what an error inside a successful answer means (Campaigns and SalesIQ answer so)."""
        raise self._refusal(HTTPStatus.OK, "", f"{code} {message}")

    def _refusal(self, status: int, path: str, words: str) -> ConnectorError:
        shown = "".join(sign if sign.isprintable() else " " for sign in words)[:160]
        if any(word in words for word in _SCOPE_WORDS) or status == HTTPStatus.FORBIDDEN:
            return NeedsPerson(
                f"Zoho {self._name} does not let us read it ({shown}).",
                f"Make a new refresh token whose scopes include {self._scopes}, "
                "or switch this source off in the configuration.",
            )
        if status == HTTPStatus.UNAUTHORIZED:
            return NeedsPerson(
                f"Zoho {self._name} does not accept the access token ({shown}).",
                "Check that this product belongs to the same Zoho organisation and region.",
            )
        where = f" to {_without_ids(path)}" if path else ""
        return Fatal(f"Zoho {self._name} answered {status}{where}: {shown}.")

    @property
    def _name(self) -> str:
        return {"desk": "Desk", "campaigns": "Campaigns", "salesiq": "SalesIQ"}.get(
            self.product, self.product
        )


def _is_about_the_token(answer: requests.Response) -> bool:
    return answer.status_code == HTTPStatus.UNAUTHORIZED and any(
        word in answer.text[:500] for word in _TOKEN_WORDS
    )


def _without_ids(path: str) -> str:
    return "/".join("{id}" if any(sign.isdigit() for sign in part) and len(part) > 4 else part  # noqa: PLR2004
                    for part in path.split("/"))  # fmt: skip


def from_milliseconds(value: object) -> datetime | None:
    """An instant as milliseconds since 1970, a number or digits; None for what is none."""
    text = str(value or "")
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 15):  # noqa: PLR2004
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def from_iso(value: object) -> datetime | None:
    """An instant in ISO 8601 with an offset; None for what is none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None


def whole(value: object, default: int = 0) -> int:
    """A number that may have come as text."""
    text = str(value if value is not None else "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() else default
