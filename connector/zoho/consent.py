"""A person's own consent in Zoho: the page that asks for it, the code that comes back, the end of it.

Whatever the browser brings back is only compared with: tokens are asked for, and sent to, the configured
region alone, never where the redirect's ``accounts-server`` points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import requests

from connector.access_ports import AccessToken, CallBook, Granted
from connector.errors import ConnectorError, Fatal, NeedsPerson, Retriable
from connector.ports import Clock, CrmUser
from connector.zoho import metadata
from connector.zoho.auth import TIMEOUTS_SECONDS, granted, is_token
from connector.zoho.client import ZohoClient
from connector.zoho.regions import Region

# Module -> its name in a scope; every module that a customer made is "custom" (Zoho CRM, OAuth scopes).
_STANDARD: Final = frozenset({"Leads", "Accounts", "Contacts", "Deals", "Vendors", "Cases", "Campaigns"})


def write_scopes(module: str) -> tuple[str, ...]:
    """What writing for a person takes: nothing is read with their token but who they are.

    Args:
        module: of the accounts.
    """
    name = module if module in _STANDARD else "custom"
    return (
        "ZohoCRM.modules.tasks.CREATE",
        "ZohoCRM.modules.notes.CREATE",
        f"ZohoCRM.modules.{name.lower()}.UPDATE",
        "ZohoCRM.users.READ",
    )


class ConsentClient:
    """Zoho's accounts server, for consents of people."""

    def __init__(
        self,
        region: Region,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        module: Callable[[], str],
        clock: Clock,
        book: CallBook,
    ) -> None:
        """Take what it works with.

        Args:
            region: the organisation's.
            client_id: of a server-based application: a self client has no redirect address.
            client_secret: its secret.
            redirect_uri: exactly as it is entered in Zoho's API console.
            module: of the accounts.
            clock: time.
            book: where the one call of the CRM's API is booked.
        """
        self._region = region
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._redirect_uri = redirect_uri
        self._module = module
        self._clock = clock
        self._book = book
        self._session = requests.Session()

    def address(self, state: str) -> str:
        """Zoho's page on which a person consents; ``prompt`` makes it give a refresh token each time."""
        asked = {
            "response_type": "code",
            "client_id": self._client["client_id"],
            "scope": ",".join(write_scopes(self._module())),
            "redirect_uri": self._redirect_uri,
            "access_type": "offline",
            "prompt": "consent",
            "state": state,
        }
        return f"{self._region.accounts_url}/oauth/v2/auth?{urlencode(asked)}"

    def exchange(self, code: str, location: str = "") -> Granted:
        """Exchange a code, and ask who consented. A token whose user is not known is given back.

        Args:
            code: from the redirect.
            location: the data centre at which the person signed in, as the redirect says; empty: not said.

        Raises:
            ConnectorError: Zoho does not accept the code, or cannot be asked.
        """
        if location and location.lower() != self._region.name:
            raise NeedsPerson(
                "You signed in at another Zoho data centre than that of your organisation.",
                "Sign in with your organisation's account.",
            )
        form = {
            **self._client,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
        }
        access, body = granted(self._session, self._region, form, self._clock.now())
        refresh = body.get("refresh_token")
        if not is_token(refresh):
            raise Fatal("Zoho gave no refresh token for the consent.")
        try:
            user = self._who(access)
            return Granted(str(refresh), user.id, active=user.active)
        except ConnectorError:
            self.revoke(str(refresh))
            raise

    def revoke(self, refresh_token: str) -> bool:
        """Give a refresh token back, with every access token of it; False when Zoho did not say that it did.

        Zoho documents the token in the address here; it is worth nothing afterwards.
        """
        try:
            answer = self._session.post(
                f"{self._region.accounts_url}/oauth/v2/token/revoke",
                params={"token": refresh_token},
                timeout=TIMEOUTS_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            return False
        return answer.ok

    def _who(self, access: AccessToken) -> CrmUser:
        client = ZohoClient(_One(access), book=self._book)
        body: Any = client.get("/crm/v8/users", {"type": "CurrentUser"}, insist=False)
        found = body.get("users") if isinstance(body, dict) else None
        if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
            raise Retriable("Zoho did not say who consented.")
        return metadata.user(found[0])


@dataclass(frozen=True)
class _One:
    """A token that is used once: there is nothing to renew it with yet."""

    token: AccessToken

    def current(self) -> AccessToken:
        return self.token

    def reject(self, value: str) -> None:
        """It stays refused; the client tells so."""
