"""The part of the wiring for people who write to the CRM as themselves, and where Zoho sends them back to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.app.acting_ports import OwnWriter
from bot.app.consenting import Consent, Consenting
from bot.app.errors import UserError
from bot.slack.installing import PAGE_HEADERS, page_html
from bot.store.consents import SqlConsents
from connector.cache.token_shelf import SealedShelf
from connector.zoho.auth import Credentials, Tokens
from connector.zoho.client import ZohoClient
from connector.zoho.consent import ConsentClient
from connector.zoho.write import CrmWriteClient

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

PATH: Final = "/zoho/consent"
NAME: Final = "zoho consents"
log = structlog.get_logger(__name__)


class ConsentParts:
    """Each part is built when it is first asked for; what is not set up is None."""

    def __init__(self, of: Bellwether) -> None:
        self._of = of

    @property
    def is_on(self) -> bool:
        """Whether there is a client in Zoho's API console that people can consent to."""
        return bool(self._of.settings.zoho.consent_client_id)

    @property
    def redirect_uri(self) -> str:
        """Where Zoho sends people back to: exactly as it has to stand in Zoho's API console."""
        return f"{str(self._of.settings.public_url).rstrip('/')}{PATH}"

    @cached_property
    def kept(self) -> SqlConsents:
        """What people have consented to.

        Raises:
            ConfigurationError: what it needs is not set.
        """
        self._of.settings.require("zoho.consent_client_secret", "secret_key")
        return SqlConsents(self._of.database, self._of.clock, self._of.settings.sealing_keys)

    @cached_property
    def consenting(self) -> Consenting | None:
        """The use case; raises as ``kept``."""
        if not self.is_on:
            return None
        of = self._of
        return Consenting(
            self.kept, lambda: self.desk, lambda: of.people, of.audit, of.clock, self._forget_access
        )

    @cached_property
    def desk(self) -> ConsentClient:
        """Zoho's accounts server."""
        of, zoho = self._of, self._of.settings.zoho
        return ConsentClient(
            of.region,
            zoho.consent_client_id,
            zoho.consent_client_secret.get_secret_value(),
            self.redirect_uri,
            lambda: of.configuration().mapping.accounts.module,
            of.clock,
            of.zoho.book,
        )

    @property
    def own(self) -> ConsentParts | None:
        """The port ``OwnWriters``."""
        return self if self.is_on else None

    def of(self, slack_id: str) -> OwnWriter | None:
        """The CRM as a person sees it who has let us write as them; None when there is none now."""
        consent, consenting = self.kept.usable(slack_id), self.consenting
        if consent is None or consenting is None:
            return None
        client = ZohoClient(self._tokens(consent), book=self._of.zoho.book)
        return OwnWriter(CrmWriteClient(client, self._of.zoho.crm), lambda: consenting.lost(consent))

    def _tokens(self, consent: Consent) -> Tokens:
        """Access tokens of a person: on the shelf and behind the lease of all others."""
        settings = self._of.settings
        credentials = Credentials(
            settings.zoho.consent_client_id,
            settings.zoho.consent_client_secret.get_secret_value(),
            consent.refresh_token,
        )
        shelf = SealedShelf(self._of.database, settings.secret_key.get_secret_value())
        return Tokens(shelf, credentials, self._of.region, self._of.clock)

    def _forget_access(self, consent: Consent) -> None:
        self._tokens(consent).forget()

    def routes(self) -> list[Route]:
        """Where Zoho sends people back to; nowhere when it is not set up.

        Raises:
            ConfigurationError: there is no address that Zoho could send them to.
        """
        if not self.is_on:
            return []
        self._of.settings.require("public_url")
        return [Route(PATH, self._on_return, methods=["GET"])]

    def _on_return(self, request: Request) -> Response:
        """Runs in a thread. Of what the browser brings nothing is shown, and nothing logged."""
        asked, consenting = request.query_params, self.consenting
        if request.method != "GET" or consenting is None:
            return Response(status_code=405)
        code = "" if "error" in asked else asked.get("code", "")
        try:
            consenting.finish(asked.get("state", ""), code, asked.get("location", ""))
        except UserError as error:
            log.info("consent.refused", reason=error.what_happened)
            return _page(400, "Not connected.", f"{error.what_happened} {error.what_to_do}")
        return _page(200, "Connected.", "You can close this page: Bellwether tells you so in Slack, too.")

    def check(self) -> str:
        """How many there are, for ``doctor``.

        Raises:
            UserError: some cannot be opened.
            ConfigurationError: what it needs is not set.
        """
        self._of.settings.require("public_url")
        people, unreadable = self.kept.count()
        if unreadable:
            raise UserError(
                f"{unreadable} of {people} cannot be opened, so what those people write is written by us.",
                UNREADABLE,
            )
        return f"{people} write as themselves; Zoho's API console has to name {self.redirect_uri}"


def _page(status: int, title: str, text: str) -> Response:
    return HTMLResponse(page_html(title, text), status, headers=dict(PAGE_HEADERS))


UNREADABLE: Final = (
    "They were sealed with another key: add that to BELLWETHER_FORMER_SECRET_KEYS and run "
    "`bellwether keys rotate`, or let these people write `zoho connect` again."
)
