"""E-mail addresses of a site: those of a role (info@, sales@ …), never those of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from connector.enrichment.documents import Document, Kind, quoted, site_domain, site_label

# In the order in which they are proposed.
ROLES = (
    *(
        "info",
        "contact",
        "contactus",
        "contact-us",
        "hello",
        "office",
        "mail",
        "email",
        "enquiries",
        "enquiry",
    ),
    *("inquiries", "inquiry", "information", "general", "hi", "kontakt", "contacto", "contato", "contatti"),
    *("zentrale", "welcome", "ask", "team", "reception", "frontdesk", "admin", "sales", "vertrieb", "ventas"),
    *(
        "verkauf",
        "commercial",
        "vente",
        "orders",
        "order",
        "customerservice",
        "customercare",
        "service",
        "services",
    ),
    *(
        "client",
        "clients",
        "clientservices",
        "customers",
        "support",
        "help",
        "helpdesk",
        "service-client",
        "feedback",
    ),
    *("questions", "bookings", "booking", "reservations", "marketing", "business"),
)
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9._%+-])([A-Za-z0-9][A-Za-z0-9._%+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24})(?![A-Za-z0-9-])"
)
_AT = r"\s{0,2}(?:\[\s?at\s?\]|\(\s?at\s?\)|\{\s?at\s?\}|\[@\]|\(@\)|\s@\s|\sAT\s|\s\(a\)\s)\s{0,2}"
_DOT = (
    r"\s{0,2}(?:\[\s?(?:dot|punkt|\.)\s?\]|"
    r"\(\s?(?:dot|punkt|\.)\s?\)|\{\s?dot\s?\}|\s(?:DOT|dot)\s|\.)\s{0,2}"
)
_HIDDEN = re.compile(
    rf"(?<![\w.%+-])([A-Za-z0-9][A-Za-z0-9._-]{{0,40}}){_AT}([A-Za-z0-9-]{{2,63}}(?:{_DOT}[A-Za-z0-9-]{{2,63}}){{0,2}}{_DOT}[A-Za-z]{{2,24}})(?!\w)"
)
_REGION = re.compile(r"[._-][a-z]{2,3}$")


@dataclass(frozen=True)
class Email:
    """A role's address as a page has it, in lower case."""

    address: str
    document: Document
    quote: str
    method: str
    rank: int  # of its role, the smaller the better


def emails(documents: Sequence[Document], website: str) -> tuple[Email, ...]:
    """The role addresses at the site's own domain (or the same name under another ending), the best first."""
    own = {site_domain(website), *(site_domain(one.url) for one in documents)} - {""}
    found: dict[str, Email] = {}
    for document in documents:
        for address, quote, method in _addresses(document):
            rank = role_rank(address)
            if rank < 0 or not _belongs(address, own) or not _valid(address):
                continue
            known = found.get(address)
            if known is None or (known.document.kind is not Kind.CONTACT and document.kind is Kind.CONTACT):
                found[address] = Email(address, document, quote, method, rank)
    exact = {one.address for one in found.values() if _domain(one.address) in own}
    return tuple(sorted(found.values(), key=lambda one: (one.address not in exact, one.rank, one.address)))


def at_own_domain(address: str, documents: Sequence[Document]) -> bool:
    """Whether an address is at the site's domain, or at the same name under another ending."""
    return _belongs(address, {site_domain(one.url) for one in documents}) and _valid(address)


def role_rank(address: str) -> int:
    """The place of an address's role in ROLES; -1 if it is somebody's or a machine's."""
    local = address.partition("@")[0].lower()
    for candidate in (local, _REGION.sub("", local)):
        if candidate in ROLES:
            return ROLES.index(candidate)
    return -1


def _belongs(address: str, own: Set[str]) -> bool:
    domain = _domain(address)
    return domain in own or site_label(domain) in {site_label(one) for one in own if one}


def _domain(address: str) -> str:
    return site_domain("https://" + address.rpartition("@")[2])


def _valid(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _addresses(document: Document) -> Iterator[tuple[str, str, str]]:
    for link in document.links:
        scheme, _, rest = link.url.partition(":")
        if scheme.lower() == "mailto":
            for found in _ADDRESS.finditer(unquote(rest.partition("?")[0])[:300]):
                yield found.group(0).lower(), quoted(link.words or found.group(0)), "mailto link"
    for line in document.lines:
        if "@" in line:
            for found in _ADDRESS.finditer(line):
                yield found.group(0).lower().rstrip("."), _around(line, found), "text"
        for found in _HIDDEN.finditer(line) if _may_hide(line) else ():
            domain = re.sub(r"\s+", "", re.sub(_DOT, ".", found.group(2)))
            yield f"{found.group(1)}@{domain}".lower(), _around(line, found), "text, written out"
    for code in document.tree.xpath("//@data-cfemail"):
        if address := _uncovered(str(code)):
            yield address.lower(), quoted(address), "text, covered by Cloudflare"


def _may_hide(line: str) -> bool:
    lower = line.lower()
    return (
        "@" in lower
        or (" at " in lower and "dot" in lower)
        or "at)" in lower
        or "at]" in lower
        or "at}" in lower
    )


def _around(line: str, found: re.Match[str]) -> str:
    return quoted(line[max(0, found.start() - 40) : found.end() + 20])


def _uncovered(code: str) -> str:
    """What Cloudflare's e-mail protection covers: bytes in hexadecimal, each XORed with the first."""
    try:
        bytes_ = bytes.fromhex(code[:300])
    except ValueError:
        return ""
    text = bytes(one ^ bytes_[0] for one in bytes_[1:]).decode("ascii", "ignore") if bytes_ else ""
    found = _ADDRESS.fullmatch(text.partition("?")[0])
    return found.group(0) if found else ""
