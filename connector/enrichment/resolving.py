"""Where the name of a site leads: one look-up, every answer of it checked, and only those are connected to.

Names are asked of DNS alone: what ``/etc/hosts`` says of this machine's neighbours does not count.
"""

from __future__ import annotations

import functools
import ipaddress
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import dns.exception
import dns.name
import dns.rdata
import dns.rdatatype
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.resolver

from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.public_addresses import is_public

LOOK_UP_SECONDS: Final = 3.0
_MOST_KEPT: Final = 2_000  # names whose answers are kept for as long as DNS allows
_MOST_RECORDS: Final = 50
_LONGEST_TEXT: Final = 1_000


@dataclass(frozen=True)
class Endpoint:
    """Where to connect: an IP address and a port."""

    address: str
    port: int


class Resolver(Protocol):
    """Says where to connect. Whatever it says is connected to: judging the addresses is its work."""

    def endpoints(self, host: str, port: int, *, seconds: float) -> tuple[Endpoint, ...]:
        """Of a host, a name or an IP address, within so many seconds; at least one.

        Raises:
            NotFetched: there is no such name, or it does not lead to the public internet.
        """
        ...

    def mail_hosts(self, domain: str) -> tuple[str, ...]:
        """Of the MX records, in lower case; none when DNS does not say."""
        ...

    def text_records(self, domain: str) -> tuple[str, ...]:
        """The TXT records; none when DNS does not say."""
        ...


class PublicResolver:
    """The public internet's, by DNS."""

    def __init__(self, asked: dns.resolver.Resolver | None = None) -> None:
        """Args: ``asked``: which name servers; by default those that this machine is set up with."""
        self._given = asked

    def endpoints(self, host: str, port: int, *, seconds: float = LOOK_UP_SECONDS) -> tuple[Endpoint, ...]:
        """See ``Resolver``. A name is refused when any of its addresses is not public."""
        addresses = (host,) if _is_address(host) else self._addresses(host, min(seconds, LOOK_UP_SECONDS))
        if not all(map(is_public, addresses)):
            raise NotFetched(Why.NOT_PUBLIC)
        return tuple(Endpoint(address, port) for address in addresses)

    def mail_hosts(self, domain: str) -> tuple[str, ...]:
        """See ``Resolver``."""
        found = (
            one.exchange.to_text(omit_final_dot=True).lower()
            for one in self._told(domain, dns.rdatatype.MX)
            if isinstance(one, dns.rdtypes.ANY.MX.MX)
        )
        return tuple(host for host in found if host.strip("."))

    def text_records(self, domain: str) -> tuple[str, ...]:
        """See ``Resolver``."""
        return tuple(
            b"".join(one.strings).decode("utf-8", "replace")[:_LONGEST_TEXT]
            for one in self._told(domain, dns.rdatatype.TXT)
            if isinstance(one, dns.rdtypes.ANY.TXT.TXT)
        )

    @functools.cached_property
    def _asked(self) -> dns.resolver.Resolver:
        asked = self._given or dns.resolver.Resolver()
        asked.cache = dns.resolver.LRUCache(_MOST_KEPT)
        return asked

    def _addresses(self, host: str, seconds: float) -> tuple[str, ...]:
        until = time.monotonic() + seconds
        try:
            found = [
                one.to_text()
                for kind in (dns.rdatatype.A, dns.rdatatype.AAAA)
                for one in self._records(host, kind, until - time.monotonic())
            ]
        except dns.resolver.NXDOMAIN as error:
            raise NotFetched(Why.NO_SUCH_NAME) from error
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise NotFetched(Why.NO_DNS) from error
        if not found:
            raise NotFetched(Why.NO_SUCH_NAME)
        return tuple(found)

    def _told(self, domain: str, kind: dns.rdatatype.RdataType) -> list[dns.rdata.Rdata]:
        try:
            return list(self._records(domain, kind, LOOK_UP_SECONDS))[:_MOST_RECORDS]
        except (dns.exception.DNSException, OSError, ValueError):
            return []

    def _records(self, name: str, kind: dns.rdatatype.RdataType, seconds: float) -> Iterable[dns.rdata.Rdata]:
        # An absolute name: nothing of this machine's search list is added to it.
        return self._asked.resolve(
            dns.name.from_text(name), kind, lifetime=max(seconds, 0.01), raise_on_no_answer=False
        )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
