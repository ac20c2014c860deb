"""Which websites are a company's own, and which are a page on a host that many companies share. Pure."""

from __future__ import annotations

import functools
from typing import Final
from urllib.parse import SplitResult, urlsplit

import tldextract

# Registered domains where a company has a path at most: networks, maps, directories, shortened links.
_SHARED: Final = frozenset(
    {
        "linkedin.com",
        "twitter.com",
        "x.com",
        "facebook.com",
        "fb.com",
        "fb.me",
        "instagram.com",
        "threads.net",
    }
    | {"youtube.com", "youtu.be", "tiktok.com", "pinterest.com", "xing.com", "github.com", "gitlab.com"}
    | {"vk.com", "t.me", "wa.me", "whatsapp.com", "bsky.app", "medium.com", "about.me", "linktr.ee"}
    | {"google.com", "goo.gl", "g.page", "bit.ly", "yelp.com", "tripadvisor.com", "yellowpages.com"}
    | {"amazon.com", "ebay.com", "etsy.com", "crunchbase.com", "wikipedia.org", "blogger.com"}
)


def own_domain(website: str) -> str:
    """``acme.example`` of a company's own website; empty of one on a shared host, and of none.

    Below a suffix that is lent to everybody, as ``acme.github.io``, the name before it is the company's own.
    """
    host = host_of(website)
    return "" if not host or _is_shared(host) else registered_domain(host)


def site_key(website: str) -> str:
    """What tells a website from others: its host without ``www.``, on a shared host with its path.

    Empty when it tells nobody: no website, or a shared host by itself.
    """
    host = host_of(website)
    if not host or not _is_shared(host):
        return host
    parts = _parts(website)
    path = parts.path.strip("/") if parts is not None else ""
    if not path:
        return ""
    asked = f"?{parts.query}" if parts is not None and path.endswith(".php") else ""  # profile.php?id=1
    return f"{registered_domain(host)}/{path}{asked}"


def host_of(website: str) -> str:
    """The host of a website as people write it, without ``www.``; empty when there is none."""
    parts = _parts(website)
    try:
        host = (parts.hostname or "") if parts is not None else ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")


def registered_domain(host: str) -> str:
    """The part of a host's name that its owner registered; of reserved names two labels, of addresses all."""
    labels = host.split(".")
    if ":" in host or labels[-1].isdecimal():
        return host
    return _suffixes()(host).top_domain_under_public_suffix or ".".join(labels[-2:])


def _is_shared(host: str) -> bool:
    """Whether it is a network's, or a suffix below which names are lent."""
    found = _suffixes()(host)
    return registered_domain(host) in _SHARED or (found.is_private and not found.domain)


def _parts(website: str) -> SplitResult | None:
    text = website.strip().casefold()
    try:
        return urlsplit(text if "//" in text else f"//{text}")
    except ValueError:
        return None


@functools.cache
def _suffixes() -> tldextract.TLDExtract:
    """The public suffixes as they came with the library; nothing is fetched or kept on disk."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
