"""Which addresses are on the public internet, and which texts are addresses of web pages. Pure.

``ipaddress`` is not asked for its opinion: ``is_global`` of CPython 3.11 is true of ``::127.0.0.1``, of NAT64
and 6to4 forms of loopback, of multicast and of cloud services. The lists below are IANA's special-purpose
registries (RFC 6890 and its successors), with the host service of Azure added.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final

import httpx2

from connector.enrichment.not_fetched import NotFetched, Why

LONGEST_URL: Final = 2_048
LONGEST_HOST: Final = 253  # RFC 1035, 2.3.4, as text without the final dot
PORTS: Final = frozenset({80, 443})
_REFUSED_V4: Final = tuple(
    ipaddress.IPv4Network(one)
    for one in (
        "0.0.0.0/8",  # this network; connecting to it reaches loopback on Linux
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host service: it looks public
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")  # all that IANA has given out; the rest is refused
_REFUSED_V6: Final = tuple(
    ipaddress.IPv6Network(one)
    for one in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address within
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_REFUSED_SUFFIXES: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".onion")
_BEGINNING: Final = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


def is_public(address: str) -> bool:
    """Whether an IP address, in its usual notation, may be connected to."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _REFUSED_V4)
    if parsed.scope_id is not None or parsed not in _GLOBAL_V6:
        return False
    return not any(parsed in network for network in _REFUSED_V6)


def checked_url(text: str) -> httpx2.URL:
    """The address of a page, parsed once: whoever connects takes the host and the port from what is returned.

    Raises:
        NotFetched: NOT_AN_ADDRESS or NOT_PUBLIC.
    """
    if len(text) > LONGEST_URL or not _BEGINNING.match(text) or any(map(_is_forbidden, text)):
        raise NotFetched(Why.NOT_AN_ADDRESS)
    try:
        url = httpx2.URL(text)
        host = host_of(url).removesuffix(".")
    except (httpx2.InvalidURL, ValueError) as error:
        raise NotFetched(Why.NOT_AN_ADDRESS) from error
    if url.scheme not in {"http", "https"} or url.userinfo or "@" in _authority(text):
        raise NotFetched(Why.NOT_AN_ADDRESS)
    if url.port is not None and url.port not in PORTS:
        raise NotFetched(Why.NOT_PUBLIC)
    _check_host(host)
    return url.copy_with(host=host, fragment=None)


def port_of(url: httpx2.URL) -> int:
    """The port that the address means."""
    return url.port or (443 if url.scheme == "https" else 80)


def host_of(url: httpx2.URL) -> str:
    """The host as it is asked for and sent: in ASCII, without the brackets of IPv6."""
    return url.raw_host.decode("ascii")


def _authority(text: str) -> str:
    return re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]


def _is_forbidden(character: str) -> bool:
    """White space, control characters, and the backslash, which browsers take for a slash."""
    return character == "\\" or character.isspace() or unicodedata.category(character) == "Cc"


def _check_host(host: str) -> None:
    if ":" in host:
        if not is_public(host):
            raise NotFetched(Why.NOT_PUBLIC)
        return
    labels = host.split(".")
    if len(host) > LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise NotFetched(Why.NOT_AN_ADDRESS)
    if _NUMBER.fullmatch(labels[-1]):
        # A number in the end means IPv4 to those who connect, in whatever notation: only one of them is ours.
        if not is_public(host):
            raise NotFetched(Why.NOT_PUBLIC)
        return
    if len(labels) == 1 or f".{host}".endswith(_REFUSED_SUFFIXES):
        raise NotFetched(Why.NOT_PUBLIC)
