"""A web on this machine in place of the public one: for the demo and for tests, never for a customer.

Only names that nobody can register (RFC 2606: below ``.example``) lead anywhere, and all of them lead to one
port of this machine. No real company's site can be replaced by it, and nothing else of this machine reached.
"""

from __future__ import annotations

from typing import Final

from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.resolving import Endpoint

RESERVED: Final = ".example"


class ReservedNames:
    """Implements ``Resolver``.

    Args:
        port: of this machine, where a server answers for every such name, over HTTP and over TLS.
    """

    def __init__(self, port: int) -> None:
        self._here = Endpoint("127.0.0.1", port)

    def endpoints(
        self,
        host: str,
        port: int,  # noqa: ARG002 - both ports of a site are the one of the server
        *,
        seconds: float = 0.0,  # noqa: ARG002 - nothing is asked
    ) -> tuple[Endpoint, ...]:
        """See ``Resolver``; every other name does not exist."""
        if not host.endswith(RESERVED):
            raise NotFetched(Why.NO_SUCH_NAME)
        return (self._here,)

    def mail_hosts(self, domain: str) -> tuple[str, ...]:  # noqa: ARG002
        """None: there is no DNS."""
        return ()

    def text_records(self, domain: str) -> tuple[str, ...]:  # noqa: ARG002
        """None: there is no DNS."""
        return ()
