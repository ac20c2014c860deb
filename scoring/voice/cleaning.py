"""What a person wrote, out of what a mail program sent: no quoted mail, signature, disclaimer or markup.

Plain text and HTML are both taken. Automatic answers are told apart by subject, headers and first lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser

LONGEST_TEXT = 20_000  # characters of one message that are read
LONGEST_SIGNATURE = 10  # lines after a closing formula
LONGEST_SIGNATURE_LINE = 80
FIRST_LINES = 4  # of which one says that an answer is automatic
MOST_HEADER_LINES = 6

_LOOKS_LIKE_HTML = re.compile(
    r"<(?:html|body|div|p|br|table|span|blockquote|ul)\b[^<>]{0,500}>", re.IGNORECASE
)
_BLOCKS = {"br", "div", "p", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote"}
_UNSEEN = {"script", "style", "head", "title"}
_VOID = {"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base", "embed", "source"}
_QUOTE_CLASSES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "zmail_extra", "protonmail_quote")

_QUOTE_BEGINS = re.compile(
    r"""(?ix)^\s*(?:
      -{2,}\s*(?:original\s+message|forwarded\s+message|weitergeleitete\s+nachricht|urspr\S{1,3}ngliche\s+nachricht)
    | _{20,}\s*$
    | begin\s+forwarded\s+message:
    | (?:on\b.{4,200}\bwrote | am\b.{4,200}\bschrieb.{0,100} | le\b.{4,200}\ba\s+[\xe9e]crit
      | el\b.{4,200}\bescribi[\xf3o])\s*:\s*$
    | -{2,4}\s*on\b.{4,200}\bwrote\s*-{2,4}\s*$
    )"""
)
_HEADER_LINE = re.compile(
    r"^\s*\*?(from|sent|to|cc|subject|date|von|gesendet|an|betreff|de|objet)\*?\s*:", re.IGNORECASE
)
_SIGNATURE_RULE = re.compile(r"^\s*(?:--|\u2014|__)\s*$")
_CLOSING = re.compile(
    r"""(?ix)^\s*(?:
      (?:with\s+)?(?:best|kind|kindest|warm|warmest|many)\s+(?:regards|wishes|thanks)
    | (?:with\s+)?regards | best | cheers | sincerely(?:\s+yours)? | yours\s+(?:sincerely|faithfully|truly)
    | thanks(?:\s+(?:and|&|/)\s+(?:kind\s+|best\s+)?regards)? | thank\s+you | many\s+thanks | thx | rgds | br
    | respectfully | cordially | all\s+the\s+best | mit\s+freundlichen\s+gr\S{2,4}en | viele\s+gr\S{2,4}e
    )\s*[,.!]?\s*$"""
)
_SALUTATION = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|hallo|bonjour)\b"
    r"[^.?!,:\u2014]{0,50}[,.!:\u2014-]?\s*$",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"^\s*(?:sent|get|von meinem|envoy\S{1,2} de)\b.{0,20}\b(?:my|from|outlook for|iphone|mon)\b.{0,60}$",
    re.IGNORECASE,
)
_DISCLAIMER_WORDS = tuple(
    re.compile(one, re.IGNORECASE)
    for one in (
        r"\bconfidential",
        r"\bintended (?:solely|only|recipient|for the)",
        r"\b(?:received|receive) this (?:e-?mail|message|communication|transmission)",
        r"\bin error\b",
        r"\bdisclaimer\b",
        r"\b(?:unauthori[sz]ed|strictly prohibited|legally privileged|privileged)\b",
        r"\bnotify the sender\b",
        r"\bvirus",
        r"\bconsider the environment\b",
        r"\bunsubscribe\b",
        r"\bregistered (?:in|office|number)\b",
        r"\bview (?:this|it) (?:e-?mail )?in (?:your|a) browser\b",
    )
)
_ENOUGH_FOR_DISCLAIMER = 2

_AUTOMATIC_SUBJECT = re.compile(
    r"""(?ix)^\s*(?:re:\s*|aw:\s*|fwd?:\s*)*(?:
      automatic\s+(?:reply|response) | auto(?:matic)?[-\s]?(?:reply|response|responder)? \s* :
    | out\s+of\s+(?:the\s+)?office | ooo\b | abwesen | r[\xe9e]ponse\s+automatique | respuesta\s+autom
    | undeliver | delivery\s+(?:status|failure|has\s+failed) | mail\s+delivery | returned\s+mail
    | failure\s+notice | read:\s | accepted:\s | declined:\s | tentative:\s | vacation\s+(?:reply|response)
    )"""
)
_AUTOMATIC_TEXT = re.compile(
    r"""(?ix)
      \bi\s*(?:am|['\u2019]m)\s+(?:currently\s+|now\s+)?(?:out\s+of\s+(?:the\s+)?office|on\s+(?:annual\s+|parental\s+|maternity\s+|sick\s+)?(?:leave|vacation|holiday))
    | \bi\s+will\s+be\s+out\s+of\s+(?:the\s+)?office\b
    | \bthis\s+is\s+an?\s+auto(?:mated|matic|matically\s+generated|-?generated)\b
    | \b(?:do\s+not|don['\u2019]t)\s+(?:reply|respond)\s+to\s+this\s+(?:e-?mail|message)
    | \bmailbox\s+is\s+(?:not|no\s+longer)\s+monitored\b
    | \bthank\s+you\s+for\s+(?:your\s+e-?mail|contacting)\b.{0,80}
      \b(?:out\s+of|ticket|case)\b.{0,40}\b(?:office|created|number|received)\b
    | \bcould\s+not\s+be\s+delivered\b
    """
)
_AUTOMATIC_PRECEDENCE = {"bulk", "auto_reply", "junk", "list"}


def is_automatic(subject: str, text: str, headers: Mapping[str, str] | None = None) -> bool:
    """Whether a machine answered: out of office, a bounce, a receipt.

    Args:
        subject: of the message; may be empty.
        text: as it came.
        headers: where they are known; RFC 3834 says ``Auto-Submitted`` is anything but ``no``.
    """
    known = {name.casefold(): value.strip().casefold() for name, value in (headers or {}).items()}
    if known.get("auto-submitted", "no") != "no" or known.get("precedence") in _AUTOMATIC_PRECEDENCE:
        return True
    if "x-autoreply" in known or "x-autorespond" in known or _AUTOMATIC_SUBJECT.match(subject[:300]):
        return True
    lines = [line.strip() for line in _plain(text[:LONGEST_TEXT]).splitlines()]
    opening = " ".join([line for line in lines if line][:FIRST_LINES])
    return _AUTOMATIC_TEXT.search(opening[:1_000]) is not None


def cleaned(text: str) -> str:
    """The lines that the sender wrote, each paragraph apart; empty when nothing is left."""
    lines = _plain(text[:LONGEST_TEXT]).splitlines()
    lines = _without_quotes([line.rstrip() for line in lines])
    lines = _without_salutation(_without_signature(lines))
    paragraphs = (one for one in _paragraphs(lines) if not _is_disclaimer(one))
    return "\n\n".join("\n".join(one) for one in paragraphs).strip()


def _plain(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").replace("\0", "")
    if not _LOOKS_LIKE_HTML.search(text):
        return text
    reader = _TextOfHtml()
    reader.feed(text)
    reader.close()
    return "".join(reader.pieces)


class _TextOfHtml(HTMLParser):
    """Collects what a reader of the page would see, but for quoted mail."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []  # open tags since the one that hides

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
        if tag in _VOID:
            return
        quoted = tag == "blockquote" or any(
            name in {"class", "id"} and value and any(one in value for one in _QUOTE_CLASSES)
            for name, value in attrs
        )
        if self._hidden or tag in _UNSEEN or quoted:
            self._hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def _without_quotes(lines: list[str]) -> list[str]:
    """Up to where the mail that is answered begins; an answer between quoted lines is kept."""
    kept: list[str] = []
    for at, line in enumerate(lines):
        # "On Tuesday, … wrote:" is often wrapped onto a second and third line.
        joined = (line, " ".join(lines[at : at + 2]), " ".join(lines[at : at + 3]))
        if any(_QUOTE_BEGINS.match(one[:400]) for one in joined) and _begins_quote(line):
            if any(later.lstrip().startswith(">") for later in lines[at + 1 :]):
                continue
            return kept
        if _is_header_block(lines[at : at + MOST_HEADER_LINES]):
            return kept
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return kept


def _begins_quote(line: str) -> bool:
    return re.match(r"\s*(?:on|am|le|el|begin|-{2,}|_{20,})", line, re.IGNORECASE) is not None


def _is_header_block(lines: Iterable[str]) -> bool:
    """``From:`` followed at once by ``Sent:`` or ``To:`` and ``Subject:``: Outlook's way to quote."""
    names = []
    for line in lines:
        found = _HEADER_LINE.match(line)
        if not found:
            break
        names.append(found[1].casefold())
    return len(names) > 2 and names[0] in {"from", "von", "de"}  # noqa: PLR2004  # From, and two more


def _without_salutation(lines: list[str]) -> list[str]:
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    # A whole message of "Hello" is left as it is; there is nothing else to read.
    greeted = first < len(lines) - 1 and _SALUTATION.match(lines[first])
    return lines[first + 1 :] if greeted else lines


def _without_signature(lines: list[str]) -> list[str]:
    kept = [line for line in lines if not _SENT_FROM.match(line)]
    for at, line in enumerate(kept):
        rest = [one for one in kept[at + 1 :] if one.strip()]
        if _SIGNATURE_RULE.match(line) and at:
            return kept[:at]
        if _CLOSING.match(line) and at and _is_signature(rest):
            return kept[:at]
    return kept


def _is_signature(lines: list[str]) -> bool:
    """A name, a title, numbers: few and short lines, after which at most a disclaimer follows."""
    own = lines[:LONGEST_SIGNATURE]
    rest = "\n".join(lines[LONGEST_SIGNATURE:])
    short = all(len(one) <= LONGEST_SIGNATURE_LINE or _disclaims(one) for one in own)
    return short and (not rest or _disclaims(rest))


def _paragraphs(lines: list[str]) -> Iterable[list[str]]:
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line.strip())
        elif paragraph:
            yield paragraph
            paragraph = []


def _is_disclaimer(paragraph: list[str]) -> bool:
    return _disclaims(" ".join(paragraph))


def _disclaims(text: str) -> bool:
    return sum(one.search(text) is not None for one in _DISCLAIMER_WORDS) >= _ENOUGH_FOR_DISCLAIMER
