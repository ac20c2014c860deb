"""How Slack stores what a person types: escaped, with mentions, channels and links in angle brackets."""

from __future__ import annotations

import re
from functools import cache

from sandbox.slack.world import CHANNELS, USERS

_TOKEN = re.compile(r"<(?:@U\w+|#C\w+)(?:\|[^<>]*)?>")
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_ADDRESS = r"https?://[^\s<>|]*[^\s<>|.,;:!?)\"']"
_HOST = r"(?:[\w-]+\.)+(?:com|net|org|io|eu|de|co)(?:/[^\s<>|]*)?\b"
_LINKS = re.compile(rf"(?P<address>{_ADDRESS})|(?P<email>{_EMAIL})|(?<![\w@./-])(?P<host>{_HOST})")


def escape(text: str) -> str:
    """The three characters that mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def stored(text: str, *, labels: bool = False) -> str:
    """A typed text as it stands in a message; ``labels`` adds names to mentions, as commands have them."""
    pieces, end = [], 0
    for token in _TOKEN.finditer(text):
        pieces += [_plain(text[end : token.start()], labels=labels), token.group()]
        end = token.end()
    return "".join((*pieces, _plain(text[end:], labels=labels)))


def _plain(text: str, *, labels: bool) -> str:
    linked = _LINKS.sub(_link, escape(text))
    for pattern, short, long in _names():
        linked = pattern.sub(long if labels else short, linked)
    return linked


def _link(found: re.Match[str]) -> str:
    whole = found.group()
    if found["address"]:
        return f"<{whole}>"
    return f"<mailto:{whole}|{whole}>" if found["email"] else f"<http://{whole}|{whole}>"


@cache
def _names() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Names with a sign before them, and what stands for them without and with the name."""
    people = (("@", user.name, f"@{user.id}") for user in USERS.values())
    rooms = (("#", one.name, f"#{one.id}") for one in CHANNELS.values() if one.name)
    return tuple(
        (
            re.compile(rf"(?<![\w@#/&<]){sign}{re.escape(name)}(?![\w-]|\.\w)", re.IGNORECASE),
            f"<{inside}>" if sign == "@" else f"<{inside}|{name}>",
            f"<{inside}|{name}>",
        )
        for sign, name, inside in (*people, *rooms)
    )
