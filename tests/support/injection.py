"""Values that want to ping, link, disguise or break out, and a judge that reads what would be sent to Slack.

The judge knows nothing of how the views escape: it reads JSON as Slack does.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.slack.views.limits import Surface, check
from bot.slack.views.text import web_address
from sandbox.slack.blocks import MESSAGE, check_blocks, check_view
from tests.support.hostile_views import MENTIONED, Sent

PAYLOADS: Final = (
    # mentions
    *("<!channel>", "<!here>", "<!everyone>", "<!here|here> now", "<!channel|everybody>", "< !channel>"),
    *("<@U1>", "<@UDARCEL>", "<@UDARCEL|darcel>", "<@W012A3CDE>", "<#CSALES>", "<#CSALES|sales>"),
    *("<!subteam^S1>", "<!subteam^S0TEAM1|team>", "@channel", "@here", "#general", "<!unknown>"),
    # links
    *("<https://evil.example>", "<https://evil.example|Open in CRM>", "https://evil.example/x"),
    *("<mailto:a@evil.example|Mail>", "<slack://open>", "<javascript:alert(1)|x>", "[Open](https://evil.example)"),
    *("<!date^1^{time}^https://evil.example|12:00>", "<!date^1^{date}|x>", "evil.example", "http://[::1]/x"),
    # escapes, and halves of them
    *("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;", "&#60;!channel&#62;", "a & b < c > d", "<", ">", "&"),
    *("<https://evil.example|", "|Open in CRM>", "<<!channel>>", "<\u200b!channel>", "<!chan\nnel>", "<!"),
    "\uff1c!channel\uff1e",
    # formatting
    *("*bold* _it_ ~gone~ `code`", "```all", "> quote", "• item", ":rotating_light:", "*", "`<!channel>`"),
    # signs that nobody sees, and disguise
    *("\u202eevil\u202c", "\u2066a\u2069", "\u2068\u2069<!here>", "a\u200b\u200d\ufeffb", "שלום <!here>"),
    *("two\nlines\r\nand\u2028more", "\ud800 half of a pair", "👩\u200d⚕️ clinic", "\u0300" * 50, "\t"),
    "\x1b[31m",
    # sizes, and nothing
    *("", " ", "*" * 3_001),
    # of other languages
    *("'; DROP TABLE score; --", '=HYPERLINK("https://evil.example")', '{"type": "user"}', "\\u003c!here>"),
)  # fmt: skip
LARGE: Final = ("x" * 5_000, "&" * 300, "<👩" * 200)  # tried where there are many rows, too

_PIECES: Final = (
    *("<", ">", "|", "&", "!", "@", "#", "^", "*", "_", "~", "`", "```", "\n", "\r", "\t", " ", "\\", '"'),
    *("<!", "<@U1", "<#C1", "<!date^1^{time}", "|x>", "channel", "here", "https://", "evil.example", "&lt;"),
    *("&amp;", "\u202e", "\u2066", "\u2069", "\u2068", "\u200b", "\ufeff", "\x00", "\x07", "\x1b", "\u2028"),
    *("\ud83d", "é", "ß", "İ", "漢", "👩", "\u0301", "a", "Z", "0", ":", "{", "}", "[", "]", "(", ")"),
)


def random_value(chance: random.Random) -> str:
    """A text of pieces that mean something to Slack, of any signs, or of both."""
    if chance.random() < 0.3:
        return "".join(chr(chance.randrange(1, 0x3000)) for _ in range(chance.randrange(40)))
    return "".join(chance.choice(_PIECES) for _ in range(chance.randrange(25)))


# The one thing in angle brackets that the product writes: an instant.
_DATE: Final = re.compile(r"<!date\^\d{1,11}\^\{[a-z_]+\}(?: \{time\})?\|[0-9A-Za-z :]{1,20} UTC>")
_DIRECTION: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_ISOLATED: Final = re.compile("\u2068[^\u2068\u2069]*\u2069")  # the ones that we write: a text by itself
_ACTIVE_KINDS: Final = frozenset(
    {"user", "channel", "broadcast", "emoji", "color", "team", "image", "markdown"}
)
_KNOWN_LINKS: Final = frozenset({"https://crm.example/accounts/1"})


def problems(sent: Sent, value: str) -> list[str]:
    """What is wrong with a payload that was made of a value; empty when it is harmless and Slack takes it."""
    found = list(check(sent.payload, sent.surface)) if sent.surface is not Surface.MODAL else []
    text = json.dumps(sent.payload)  # half of a pair of surrogates survives, as it does on the way to Slack
    payload = json.loads(text)
    if sent.surface is Surface.MESSAGE:
        found += [str(one) for one in check_blocks(payload["blocks"], MESSAGE)]
        found += _parsed(str(payload["text"]), "text")
        if not payload["text"].strip():
            found.append("the text is empty")
    else:
        found += [str(one) for one in check_view(payload, sent.surface.value)]
    return [*found, *_judged(payload, value, "")]


def _judged(part: Any, value: str, at: str) -> Iterator[str]:
    if isinstance(part, list):
        for number, one in enumerate(part):
            if isinstance(one, dict | list):
                yield from _judged(one, value, f"{at}/{number}")
        return
    yield from _kind(part, at)
    for name, one in part.items():
        if name in ("url", "image_url"):
            yield from _link(str(one), value, at)
        elif name == "text" and isinstance(one, str):
            yield from _disguise(one, at)
        # What buttons carry is not shown: it is checked like what is typed when it comes back.
        elif isinstance(one, dict | list) and name not in ("value", "private_metadata"):
            yield from _judged(one, value, f"{at}/{name}")


def _kind(part: Mapping[str, Any], at: str) -> Iterator[str]:
    kind = part.get("type")
    if kind == "mrkdwn":
        yield from _parsed(part["text"], at)
        if part.get("verbatim") is not True:
            yield f"{at}: Slack would make links of what looks like one"
    if kind == "plain_text" and part.get("emoji") is not False:
        yield f"{at}: words between colons would become pictures"
    if kind in _ACTIVE_KINDS:
        yield f"{at}: an element of the type {kind}"
    if kind == "usergroup" and part.get("usergroup_id") != MENTIONED:
        yield f"{at}: mentions the group {part.get('usergroup_id')!r}"


def _link(url: str, value: str, at: str) -> Iterator[str]:
    """An address is one of the CRM's, or the field of an account that holds addresses."""
    if url not in _KNOWN_LINKS and not (url == value and web_address(value)):
        yield f"{at}: leads to {url!r}"


def _parsed(text: str, at: str) -> Iterator[str]:
    left = _DATE.sub("", text)
    if "<" in left or ">" in left:
        yield f"{at}: an active {left[max(left.find('<'), 0) :][:60]!r}"
    yield from _disguise(text, at)


def _disguise(text: str, at: str) -> Iterator[str]:
    if text.isascii() and text.isprintable():
        return
    rest = _ISOLATED.sub("", text)
    if _DIRECTION.search(text) or "\u2068" in rest or "\u2069" in rest:
        yield f"{at}: a direction mark"
    if _CONTROL.search(text):
        yield f"{at}: a control character"
