"""The accounts server's memory: clients, grant codes, refresh tokens, access tokens, and the throttle."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.scopes import DEFAULT_SCOPES

CLIENT_ID = "1000.SANDBOXCLIENT"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - the published secret of a pretended server
REFRESH_TOKEN = "1000.sandbox.refresh"  # noqa: S105
ACCESS_TOKEN_SECONDS = 3600
REDIRECT_CODE_SECONDS = 60
SELF_CLIENT_CODE_SECONDS = 180
LIVE_ACCESS_TOKENS = (
    10  # per refresh token; an eleventh ends the oldest (accounts documentation, "token limits")
)
LIVE_REFRESH_TOKENS = 20  # per user and client; the oldest goes silently
REFRESHES_PER_WINDOW = 10  # per refresh token (same page)
WINDOW_SECONDS = 600


class OAuthRefused(Exception):
    """A refusal in the accounts server's own words: HTTP 200 with ``{"error": …}``, 400 for the throttle."""

    def __init__(self, error: str, status: int = 200) -> None:
        super().__init__(error)
        self.status = status
        self.body: dict[str, Any] = {"error": error}
        if status != 200:  # noqa: PLR2004 - the one refusal that has a status of its own
            self.body = {
                "error_description": (
                    "You have made too many requests continuously. Please try again after some time."
                ),
                "error": error,
                "status": "failure",
            }


def throttled() -> OAuthRefused:
    """The token endpoint's refusal after too many requests."""
    return OAuthRefused("Access Denied", status=400)


@dataclass(frozen=True)
class AccessToken:
    """A live access token; ``user`` is who consented, None for whoever set up the published client."""

    value: str
    refresh_token: str
    scopes: tuple[str, ...]
    expires: int
    user: int | None = None


@dataclass(frozen=True)
class GrantCode:
    """A code that can be exchanged once; a self client's code has no redirect address."""

    value: str
    scopes: tuple[str, ...]
    redirect_uri: str | None
    expires: int
    user: int | None = None


@dataclass
class RefreshToken:
    """A refresh token with the access tokens it has given."""

    value: str
    scopes: tuple[str, ...]
    user: int | None = None
    live: deque[str] = field(default_factory=deque)
    given_at: deque[int] = field(default_factory=deque)


class TokenDesk:
    """Issues, checks and revokes tokens for the one client that the sandbox knows."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._codes: dict[str, GrantCode] = {}
        self._access: dict[str, AccessToken] = {}
        self._refresh = {REFRESH_TOKEN: RefreshToken(REFRESH_TOKEN, DEFAULT_SCOPES)}
        self._everything_revoked = False
        self.refreshes_per_window = REFRESHES_PER_WINDOW
        self.window_seconds = WINDOW_SECONDS

    def issue_code(
        self,
        scopes: tuple[str, ...],
        redirect_uri: str | None = None,
        seconds: int = SELF_CLIENT_CODE_SECONDS,
        user: int | None = None,
    ) -> GrantCode:
        """A code for the authorisation-code grant."""
        code = GrantCode(_token(), scopes, redirect_uri, self._clock.epoch() + seconds, user)
        self._codes[code.value] = code
        return code

    def exchange(self, code: str, redirect_uri: str | None) -> tuple[RefreshToken, AccessToken]:
        """Exchange a code, once.

        Raises:
            OAuthRefused: the code is unknown, used or too old; the redirect address is another one.
        """
        grant = self._codes.get(code)
        if grant is None or grant.expires < self._clock.epoch():
            raise OAuthRefused("invalid_code")
        if grant.redirect_uri is not None and redirect_uri != grant.redirect_uri:
            raise OAuthRefused("invalid_redirect_uri")
        del self._codes[code]
        token = RefreshToken(_token(), grant.scopes, grant.user)
        self._refresh[token.value] = token
        granted = [value for value in self._refresh if value != REFRESH_TOKEN]
        for oldest in granted[:-LIVE_REFRESH_TOKENS]:
            del self._refresh[oldest]
        return token, self._give(token)

    def refresh(self, refresh_token: str) -> AccessToken:
        """A new access token.

        Raises:
            OAuthRefused: the refresh token is unknown or revoked; too many requests.
        """
        token = self._refresh.get(refresh_token)
        if token is None or self._everything_revoked:
            raise OAuthRefused("invalid_code")
        now = self._clock.epoch()
        while token.given_at and token.given_at[0] <= now - self.window_seconds:
            token.given_at.popleft()
        if len(token.given_at) >= self.refreshes_per_window:
            raise throttled()
        return self._give(token)

    def for_client(self, scopes: tuple[str, ...]) -> AccessToken:
        """An access token of the client itself, without a refresh token."""
        return self._give(RefreshToken("", scopes))

    def find(self, value: str) -> AccessToken | None:
        """The live access token of that value, if there is one."""
        token = self._access.get(value)
        return token if token is not None and token.expires > self._clock.epoch() else None

    def kill(self, value: str) -> None:
        """End one access token."""
        self._access.pop(value, None)

    def revoke(self, refresh_token: str) -> bool:
        """Revoke a refresh token for good, and its access tokens; False when it is unknown."""
        token = self._refresh.pop(refresh_token, None)
        for value in token.live if token else ():
            self.kill(value)
        return token is not None

    def revoke_everything(self) -> None:
        """Refuse every refresh token from now on; every access token is dead."""
        self._everything_revoked = True
        self._access.clear()

    def expire_everything(self) -> None:
        """Every access token is dead; refresh tokens work."""
        self._access.clear()

    def restore(self) -> None:
        """Undo all revoking (the published refresh token works again) and forget the throttle's count."""
        self._everything_revoked = False
        self._refresh.setdefault(REFRESH_TOKEN, RefreshToken(REFRESH_TOKEN, DEFAULT_SCOPES))
        for token in self._refresh.values():
            token.given_at.clear()

    def _give(self, token: RefreshToken) -> AccessToken:
        now = self._clock.epoch()
        given = AccessToken(_token(), token.value, token.scopes, now + ACCESS_TOKEN_SECONDS, token.user)
        self._access[given.value] = given
        token.live.append(given.value)
        token.given_at.append(now)
        if len(token.live) > LIVE_ACCESS_TOKENS:
            self.kill(token.live.popleft())
        return given


def _token() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
