"""Profiles of a company on social networks: links of its pages and ``sameAs`` of its structured data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from connector.enrichment import makers
from connector.enrichment.documents import Document, Link, quoted
from connector.enrichment.structured import Organisation

LIKE_NAME = 60.0
LIKE_MAKER = 80.0
_HANDLE = r"(?P<handle>[^/?#]{2,100})"
# Hosts, and the paths on them that are profiles of organisations.
NETWORKS: Mapping[str, tuple[tuple[str, ...], re.Pattern[str], str]] = {
    "LinkedIn": (
        ("linkedin.com",),
        re.compile(rf"^/(?:company|school|showcase)/{_HANDLE}"),
        "https://www.linkedin.com/company/",
    ),
    "X": (("twitter.com", "x.com"), re.compile(rf"^/(?:#!/)?@?{_HANDLE}/?$"), "https://x.com/"),
    "Facebook": (
        ("facebook.com", "fb.com"),
        re.compile(rf"^/(?:pages/(?:[^/]{{1,100}}/){{1,2}})?{_HANDLE}/?"),
        "https://www.facebook.com/",
    ),
    "Instagram": (("instagram.com",), re.compile(rf"^/{_HANDLE}/?$"), "https://www.instagram.com/"),
    "YouTube": (
        ("youtube.com",),
        re.compile(rf"^/(?:(?:user|c|channel)/{_HANDLE}|(?P<at>@[^/?#]{{2,60}}))"),
        "",
    ),
    "TikTok": (("tiktok.com",), re.compile(rf"^/@{_HANDLE}/?$"), "https://www.tiktok.com/@"),
    "Pinterest": (("pinterest.com",), re.compile(rf"^/{_HANDLE}/?$"), "https://www.pinterest.com/"),
    "Xing": (
        ("xing.com",),
        re.compile(rf"^/(?:pages|companies|company)/{_HANDLE}"),
        "https://www.xing.com/pages/",
    ),
    "GitHub": (("github.com",), re.compile(rf"^/{_HANDLE}/?$"), "https://github.com/"),
}
# First parts of paths that lead to the network itself, to a button or to somebody's post.
NOT_PROFILES = frozenset(
    (
        *(
            "share",
            "sharer",
            "sharer.php",
            "share.php",
            "intent",
            "home",
            "login",
            "login.php",
            "signup",
            "plugins",
        ),
        *(
            "dialog",
            "hashtag",
            "search",
            "explore",
            "p",
            "reel",
            "reels",
            "watch",
            "pin",
            "groups",
            "events",
            "tr",
        ),
        *(
            "about",
            "privacy",
            "policy",
            "policies",
            "legal",
            "help",
            "settings",
            "i",
            "widgets.js",
            "profile.php",
        ),
        *(
            "policy.php",
            "people",
            "marketplace",
            "statuses",
            "embed",
            "results",
            "business",
            "ads",
            "terms",
            "story.php",
        ),
        *(
            "features",
            "accounts",
            "stories",
            "tos",
            "photo.php",
            "photo",
            "video",
            "videos",
            "l.php",
            "features.php",
        ),
        *(
            "wordpress",
            "facebook",
            "twitter",
            "youtube",
            "instagram",
            "linkedin",
            "pinterest",
            "wix",
            "shopify",
        ),
    )
)


@dataclass(frozen=True)
class Profile:
    """A profile; ``url`` is its address without tracking."""

    network: str
    handle: str
    url: str
    source_url: str
    quote: str
    method: str
    likeness: float  # 0 to 100, of the handle and the company's names


def profiles(
    documents: Sequence[Document], organisations: Iterable[Organisation], names: Sequence[str]
) -> tuple[Profile, ...]:
    """At most one profile of each network: of several, the one that is like the company's names.

    Several that are not like them say nothing: they may be its customers' or its writers'. Nor does one of
    who made the site, by the words before it or by what they are called.
    """
    found: list[Profile] = []
    for organisation in organisations:
        for url in organisation.same_as:
            found += _profile(url, organisation.source_url, url, organisation.method, names)
    strangers = tuple(dict.fromkeys(name for document in documents for name in makers.makers(document)))
    for document in documents:
        for link in document.links:
            linked = _profile(link.url, document.url, _said(link), "link", names)
            found += [one for one in linked if not _is_makers(one, link, names, strangers)]
    return tuple(_chosen(found))


def _is_makers(one: Profile, link: Link, names: Sequence[str], strangers: Sequence[str]) -> bool:
    if one.likeness >= LIKE_NAME:
        return False
    return makers.is_behind(link.before, names) or _likeness(one.handle, strangers) >= LIKE_MAKER


def _chosen(found: Sequence[Profile]) -> Iterator[Profile]:
    for network in NETWORKS:
        ours = [one for one in found if one.network == network]
        if not ours:
            continue
        times = Counter(one.url for one in ours)
        best = max(ours, key=lambda one: (one.likeness >= LIKE_NAME, times[one.url], one.likeness))
        if best.likeness >= LIKE_NAME or len(times) == 1:
            yield best


def _profile(url: str, source_url: str, quote: str, method: str, names: Sequence[str]) -> Iterator[Profile]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    host = (parts.hostname or "").lower()
    for network, (hosts, pattern, prefix) in NETWORKS.items():
        if not any(host == one or host.endswith(f".{one}") for one in hosts):
            continue
        path = (
            f"{parts.path}#{parts.fragment}".replace("/#!", "")
            if parts.fragment.startswith("!/")
            else parts.path
        )
        found = pattern.match(path)
        first = path.strip("/").partition("/")[0].lower().lstrip("@")
        if not found or (first in NOT_PROFILES and network != "YouTube"):
            return
        handle = found.groupdict().get("at") or found.group("handle")
        clean = f"{prefix}{handle}" if prefix and network != "Facebook" else _clean(host, path)
        if network == "LinkedIn":
            clean = f"https://www.linkedin.com{found.group(0)}"
        yield Profile(network, handle, clean, source_url, quoted(quote), method, _likeness(handle, names))
        return


def _clean(host: str, path: str) -> str:
    bare = ".".join(host.split(".")[-2:])
    return f"https://www.{bare}{path.rstrip('/')}"


def _said(link: Link) -> str:
    return f"{link.words} {link.url}".strip()


def _likeness(handle: str, names: Sequence[str]) -> float:
    bare = re.sub(r"[^a-z0-9]", "", handle.lower())
    joined = (re.sub(r"[^a-z0-9]", "", one.lower()) for one in names)
    return max((max(fuzz.ratio(bare, one), _within(bare, one)) for one in joined if one), default=0.0)


def _within(bare: str, name: str) -> float:
    """A handle is often the name with something added or left out: ``acmeusa``, ``weareacme``."""
    short, long = sorted((bare, name), key=len)
    return 80.0 if len(short) >= 4 and short in long else 0.0  # noqa: PLR2004
