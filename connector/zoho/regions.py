"""Zoho's data centres: where each has its accounts server and its API."""

from __future__ import annotations

import difflib
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from connector.errors import NeedsPerson

# Name -> (place, accounts server, API host). From the environment classes of Zoho's SDK for Python
# (zohocrmsdk8_0); the UK's API host is not in it: its suffix follows the pattern of the others.
# Canada is why the API host is never made from the accounts server's name.
_DATA_CENTRES: dict[str, tuple[str, str, str]] = {
    "us": ("United States", "accounts.zoho.com", "www.zohoapis.com"),
    "eu": ("Europe", "accounts.zoho.eu", "www.zohoapis.eu"),
    "in": ("India", "accounts.zoho.in", "www.zohoapis.in"),
    "au": ("Australia", "accounts.zoho.com.au", "www.zohoapis.com.au"),
    "jp": ("Japan", "accounts.zoho.jp", "www.zohoapis.jp"),
    "cn": ("China", "accounts.zoho.com.cn", "www.zohoapis.com.cn"),
    "ca": ("Canada", "accounts.zohocloud.ca", "www.zohoapis.ca"),
    "sa": ("Saudi Arabia", "accounts.zoho.sa", "www.zohoapis.sa"),
    "uk": ("United Kingdom", "accounts.zoho.uk", "www.zohoapis.uk"),
}
# Production, sandbox and developer organisations have the same accounts server.
_API_HOSTS = frozenset(
    f"{kind}.{api.removeprefix('www.')}"
    for _, _, api in _DATA_CENTRES.values()
    for kind in ("www", "sandbox", "developer")
)


@dataclass(frozen=True)
class Region:
    """Where one Zoho is: ``https://host`` without a slash at the end.

    ``fixed_api`` says that the API's address was configured, so that the token answer's is not needed.
    """

    name: str
    accounts_url: str
    api_url: str
    fixed_api: bool = False

    @property
    def web_url(self) -> str:
        """Where people open the CRM in a browser: beside the accounts server, or on the configured one."""
        return self.accounts_url.replace("https://accounts.", "https://crm.", 1)

    def product_url(self, product: str) -> str:
        """Where another product (desk, campaigns, salesiq) answers: beside the accounts server."""
        return self.accounts_url.replace("https://accounts.", f"https://{product}.", 1)

    def api_for(self, api_domain: str | None) -> str:
        """The address to send tokens to: the one that came with the token, if it is one of Zoho's own."""
        if self.fixed_api or not api_domain:
            return self.api_url
        answered = urlsplit(api_domain)
        is_zoho = answered.scheme == "https" and answered.netloc.lower() in _API_HOSTS
        return f"https://{answered.netloc.lower()}" if is_zoho else self.api_url


# Where files for bulk writing go (environment classes of Zoho's SDK); elsewhere `www.` becomes `content.`.
_UPLOAD_HOSTS = {"www.zohoapis.ca": "upload.zohocloud.ca", "www.zohoapis.sa": "files.zoho.sa"}


def upload_host(api_domain: str) -> str:
    """The address that takes files, beside an API's address; the same one where it is not Zoho's own."""
    host = urlsplit(api_domain).netloc
    if host not in _API_HOSTS:
        return api_domain
    return f"https://{_UPLOAD_HOSTS.get(host, host.replace('www.', 'content.', 1))}"


def region(name: str, accounts_url: str | None = None, api_url: str | None = None) -> Region:
    """The region of this name, or a Zoho at other addresses.

    Args:
        name: us, eu, in, au, jp, cn, ca, sa or uk.
        accounts_url: an accounts server that is not one of Zoho's; the API is then expected there too.
        api_url: an API that is not at Zoho's own address.

    Raises:
        NeedsPerson: no such region, or an address that cannot be used.
    """
    known = _DATA_CENTRES.get(name.strip().lower())
    if known is None:
        raise NeedsPerson(
            f"There is no Zoho region {name!r}; the nearest is {_nearest(name)!r}.",
            f"Set BELLWETHER_ZOHO__REGION to one of {', '.join(_DATA_CENTRES)}.",
        )
    _, accounts_host, api_host = known
    accounts = _address(accounts_url, "BELLWETHER_ZOHO__ACCOUNTS_URL") if accounts_url else None
    api = _address(api_url, "BELLWETHER_ZOHO__API_URL") if api_url else accounts
    return Region(
        name.strip().lower(),
        accounts or f"https://{accounts_host}",
        api or f"https://{api_host}",
        fixed_api=api is not None,
    )


def _nearest(name: str) -> str:
    words = {word.lower(): code for code, (place, _, _) in _DATA_CENTRES.items() for word in (code, place)}
    found = difflib.get_close_matches(name.strip().lower(), words, n=1, cutoff=0.0)
    return words[found[0]] if found else "us"


def _address(url: str, variable: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise NeedsPerson(f"{variable} is not an address like https://host.", "Correct it.")
    if parts.scheme == "http" and not _is_near(parts.hostname):
        raise NeedsPerson(f"{variable} would send secrets over plain http to {parts.hostname}.", "Use https.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _is_near(host: str) -> bool:
    """This machine, or a neighbour on a container network, whose name has no dot."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." not in host
