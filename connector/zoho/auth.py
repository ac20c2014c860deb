"""Access tokens: kept sealed in the database, renewed by one process at a time."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson
import requests

from connector.access_ports import AccessToken, TokenLease, TokenShelf
from connector.errors import ConnectorError, Fatal, NeedsPerson, NotConsented, Retriable
from connector.ports import Clock
from connector.zoho.regions import Region

RENEW_BEFORE = timedelta(seconds=90)  # a token that lives shorter than this is not worth a call
DEFAULT_LIFE_SECONDS = 3600  # Zoho: an access token lives one hour
LEASE = timedelta(seconds=40)  # longer than the time-outs of one renewal
WAIT_FOR_OTHERS_SECONDS = 50.0
POLL_SECONDS = 0.2
TIMEOUTS_SECONDS = (5.0, 20.0)
# Zoho grants about ten renewals in ten minutes and does not say when the next will be granted.
THROTTLED_SECONDS = 30.0
# Calls that are made at once are refused once: until somebody has acted, asking again changes nothing.
REFUSED_FOR_SECONDS = 5.0

_MAKE_ANOTHER = (
    "Make a new refresh token in Zoho's API console and put it into BELLWETHER_ZOHO__REFRESH_TOKEN"
)
# OAuth error -> what happened, what to do. Zoho answers these with HTTP 200.
_REFUSALS = {
    "invalid_client_secret": (
        "Zoho does not accept the client secret",
        "Copy it again from Zoho's API console into BELLWETHER_ZOHO__CLIENT_SECRET (one per region).",
    ),
    "invalid_client": (
        "Zoho does not know the client id in this region",
        "Check BELLWETHER_ZOHO__CLIENT_ID and BELLWETHER_ZOHO__REGION.",
    ),
    "invalid_code": (
        "Zoho does not accept the refresh token: it was revoked, or it belongs to another region",
        f"{_MAKE_ANOTHER}; check BELLWETHER_ZOHO__REGION too.",
    ),
    "invalid_grant": ("Zoho does not accept the refresh token", f"{_MAKE_ANOTHER}."),
    "invalid_scope": ("Zoho does not grant the scopes of the refresh token", f"{_MAKE_ANOTHER}."),
    "unsupported_grant_type": (
        "The accounts server does not renew tokens",
        "Check BELLWETHER_ZOHO__ACCOUNTS_URL.",
    ),
}

# Those that are about the refresh token, and not about the client that it was given to.
WITHDRAWN = frozenset({"invalid_code", "invalid_grant"})


@dataclass(frozen=True)
class Credentials:
    """What an administrator got from Zoho's API console."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


class TokenSource(Protocol):
    """Whoever can give an access token."""

    def current(self) -> AccessToken:
        """A token that should work."""
        ...

    def reject(self, value: str) -> None:
        """Zoho refused this token: do not give it again."""
        ...


class Tokens:
    """The access token of one set of credentials, shared by every process that uses the database.

    A token is looked for in memory, then on the shelf; only when neither has one is it renewed, behind the
    shelf's lease: Zoho grants so few renewals that two processes must never renew at the same time.
    """

    def __init__(
        self,
        shelf: TokenShelf,
        credentials: Credentials,
        region: Region,
        clock: Clock,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._shelf = shelf
        self._credentials = credentials
        self._region = region
        self._clock = clock
        self._session = session or requests.Session()
        self._sleep = sleep
        self._name = _fingerprint(credentials, region)
        self._lock = threading.Lock()
        self._held: AccessToken | None = None
        self._refusal: NeedsPerson | None = None
        self._refused_at = 0.0  # of ``time.monotonic``

    def current(self) -> AccessToken:
        """A token with at least a minute and a half to live.

        Raises:
            NeedsPerson: Zoho refuses the credentials; the sentence says which one.
            Retriable: Zoho did not answer, or grants no more renewals for the moment.
        """
        with self._lock:
            token = self._held
            if token is not None and self._lives(token):
                return token
            if self._refusal is not None and time.monotonic() - self._refused_at < REFUSED_FOR_SECONDS:
                raise type(self._refusal)(self._refusal.what_happened, self._refusal.what_to_do)
            try:
                token = self._held = self._from_shelf() or self._renewed()
            except NeedsPerson as error:
                self._refusal, self._refused_at = error, time.monotonic()
                raise
            return token

    def reject(self, value: str) -> None:
        """Forget a token that Zoho refused, here and for every other process."""
        with self._lock:
            if self._held is not None and self._held.value == value:
                self._held = None
            self._shelf.discard(self._name, value)

    def forget(self) -> None:
        """The credentials are used no more: leave nothing of them behind."""
        with self._lock:
            self._held = None
            self._shelf.drop(self._name)

    def _lives(self, token: AccessToken) -> bool:
        return token.expires_at - self._clock.now() > RENEW_BEFORE

    def _from_shelf(self) -> AccessToken | None:
        token = self._shelf.token(self._name)
        return token if token is not None and self._lives(token) else None

    def _renewed(self) -> AccessToken:
        """Renew, or wait for the process that is doing so."""
        waited = 0.0
        while waited <= WAIT_FOR_OTHERS_SECONDS:
            now = self._clock.now()
            lease = self._shelf.lease(self._name, uuid.uuid4().hex, now, now + LEASE)
            if lease is not None:
                return self._from_shelf_or_zoho(lease)
            self._sleep(POLL_SECONDS)
            waited += POLL_SECONDS
            token = self._from_shelf()
            if token is not None:
                return token
        raise Retriable("Another process has been renewing the access token for too long.")

    def _from_shelf_or_zoho(self, lease: TokenLease) -> AccessToken:
        found = self._from_shelf()  # somebody may have renewed it between our look and our lease
        if found is not None:
            self._shelf.release(lease, None)
            return found
        try:
            token = self._ask()
        except ConnectorError as error:
            seconds = error.after_seconds if isinstance(error, Retriable) else None
            # A throttled endpoint is left alone by every process, not only by this one.
            self._shelf.release(lease, self._clock.now() + timedelta(seconds=seconds) if seconds else None)
            raise
        self._shelf.put(lease, token)
        return token

    def _ask(self) -> AccessToken:
        own = self._credentials
        form = {
            "grant_type": "refresh_token",
            "client_id": own.client_id,
            "client_secret": own.client_secret,
            "refresh_token": own.refresh_token,
        }
        return granted(self._session, self._region, form, self._clock.now())[0]


def granted(
    session: requests.Session, region: Region, form: Mapping[str, str], now: datetime
) -> tuple[AccessToken, Mapping[str, Any]]:
    """Ask the token endpoint: the access token, and all that was answered.

    Raises:
        NotConsented: the refresh token or code is not accepted.
        NeedsPerson: the client is not.
        Retriable: Zoho did not answer, or grants no more for the moment.
    """
    try:
        # In the body: what stands in an address ends up in logs.
        answer = session.post(
            f"{region.accounts_url}/oauth/v2/token",
            data=form,
            timeout=TIMEOUTS_SECONDS,
            allow_redirects=False,
        )
        body = _read(answer)
    except requests.RequestException as error:
        raise Retriable(
            f"Zoho's accounts server {region.accounts_url} cannot be reached ({type(error).__name__})."
        ) from None
    return _token(body, answer.status_code, region, now), body


def _token(body: dict[str, Any], status: int, region: Region, now: datetime) -> AccessToken:
    value = body.get("access_token")
    if value is None:
        raise _refusal(body, status)
    if not is_token(value):
        raise Fatal("The accounts server answered with something that is not an access token.")
    life = body.get("expires_in")
    seconds = life if isinstance(life, int) and 0 < life <= DEFAULT_LIFE_SECONDS else DEFAULT_LIFE_SECONDS
    domain = body.get("api_domain")
    return AccessToken(
        str(value),
        region.api_for(domain if isinstance(domain, str) else None),
        now + timedelta(seconds=seconds),
    )


def is_token(value: object) -> bool:
    """Whether it can be a token: it will stand in a header."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value


def _fingerprint(credentials: Credentials, region: Region) -> str:
    """A name for the shelf that changes with any of the credentials and gives none away."""
    parts = (
        region.accounts_url,
        region.api_url,
        credentials.client_id,
        credentials.client_secret,
        credentials.refresh_token,
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _read(answer: requests.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _refusal(body: dict[str, Any], status: int) -> ConnectorError:
    """Sort an answer without a token, by its code: Zoho refuses with 200 and throttles with 400."""
    code = str(body.get("error", ""))[:60]
    known = _REFUSALS.get(code)
    if known is not None:
        kind = NotConsented if code in WITHDRAWN else NeedsPerson
        return kind(f"{known[0]} ({code}).", known[1])
    if code.lower() == "access denied" or status == requests.codes.too_many_requests:
        return Retriable(
            "Zoho renews no more access tokens for the moment: there were too many requests for one.",
            "It will be tried again; if it stays so, see whether another program uses the refresh token.",
            after_seconds=THROTTLED_SECONDS,
        )
    detail = f" ({code})" if code.isprintable() and code else ""
    return Retriable(f"Zoho's accounts server answered {status} without an access token{detail}.")
