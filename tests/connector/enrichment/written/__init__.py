"""Addresses, telephone numbers and sites of a company that does not exist, in the prints of thirty countries.

They were written before the rules that read them were changed, and split in two by a hash: the rules were
changed by the open half; of the sealed one only totals were looked at.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from connector.enrichment.values import Company, Page, Site

HERE = Path(__file__).parent
NAME = "Kestrel Works"
LEGAL_FORMS = {
    **dict.fromkeys(("DE", "AT"), "GmbH"),
    "CH": "AG",
    "FR": "SAS",
    "ES": "S.L.",
    "IT": "S.r.l.",
    "NL": "B.V.",
    "BE": "NV",
    "SE": "AB",
    "NO": "AS",
    "DK": "ApS",
    "FI": "Oy",
    "PL": "Sp. z o.o.",
    "CZ": "s.r.o.",
    "PT": "Lda",
    "US": "Inc.",
    "CA": "Inc.",
    "JP": "K.K.",
    "AU": "Pty Ltd",
    "BR": "Ltda.",
    "MX": "S.A. de C.V.",
    "SG": "Pte Ltd",
    "ZA": "(Pty) Ltd",
}
NONE = "-"


@dataclass(frozen=True)
class Written:
    """A site, and what it says.

    Attributes:
        title: what names it when it is read wrongly.
        phone: in E.164; empty where it is not asked for.
        street: ``-`` if the site gives none, or does not say which; empty where it is not asked for.
    """

    title: str
    company: Company
    site: Site
    sealed: bool
    street: str = ""
    city: str = ""
    phone: str = ""


Layout = Callable[[str, Sequence[str], "Parts"], str]


@dataclass(frozen=True)
class Parts:
    """An address in parts, for structured data."""

    street: str
    city: str
    postcode: str
    country: str


def _digest(text: str) -> bytes:
    return hashlib.sha256(f"kestrel {text}".encode()).digest()


def _escaped(lines: Sequence[str]) -> list[str]:
    return [html.escape(one, quote=False) for one in lines]


def _joined(before: str, between: str, after: str, *, named: bool = True) -> Layout:
    def layout(name: str, lines: Sequence[str], _: Parts) -> str:
        return before + between.join(_escaped([name, *lines] if named else lines)) + after

    return layout


def _upper(name: str, lines: Sequence[str], _: Parts) -> str:
    return "<p>" + "<br>".join(_escaped([one.upper() for one in (name, *lines)])) + "</p>"


def _postal(parts: Parts) -> dict[str, str]:
    return {
        "@type": "PostalAddress",
        "streetAddress": parts.street,
        "addressLocality": parts.city,
        "postalCode": parts.postcode,
        "addressCountry": parts.country,
    }


def _json_ld(name: str, _: Sequence[str], parts: Parts) -> str:
    graph = [
        {"@type": "WebSite", "name": name},
        {"@type": "Organization", "name": name, "address": _postal(parts)},
    ]
    text = json.dumps({"@context": "https://schema.org", "@graph": graph})
    return f'<script type="application/ld+json">{text}</script>'


def _json_ld_place(name: str, _: Sequence[str], parts: Parts) -> str:
    place = {"@type": "Place", "address": [_postal(parts)]}
    text = json.dumps(
        [{"@context": "https://schema.org", "@type": "Corporation", "name": name, "location": place}]
    )
    return f'<script type="application/ld+json">{text}</script>'


def _properties(name: str, parts: Parts, scope: str, address: str, prop: str) -> str:
    given = (
        ("streetAddress", parts.street),
        ("postalCode", parts.postcode),
        ("addressLocality", parts.city),
        ("addressCountry", parts.country),
    )
    spans = "".join(f'<span {prop}="{key}">{html.escape(value)}</span> ' for key, value in given if value)
    return f'<div {scope}><b {prop}="name">{name}</b><div {prop}="address" {address}>{spans}</div></div>'


def _microdata(name: str, _: Sequence[str], parts: Parts) -> str:
    at = "itemscope itemtype='https://schema.org/"
    return _properties(name, parts, f"{at}LocalBusiness'", f"{at}PostalAddress'", "itemprop")


def _rdfa(name: str, _: Sequence[str], parts: Parts) -> str:
    scope = "vocab='https://schema.org/' typeof='Organization'"
    return _properties(name, parts, scope, "typeof='PostalAddress'", "property")


LAYOUTS: dict[str, Layout] = {
    "lines": _joined("<p>", "<br>", "</p>"),
    "address element": _joined("<address>", "<br/>\n", "</address>"),
    "lines with commas": _joined("<p>", ",<br>", "</p>", named=False),
    "one line": _joined("<footer><p>© 2025 ", ", ", ". All rights reserved.</p></footer>"),
    "bars": _joined("<footer><span>", " | ", "</span></footer>"),
    "dots": _joined("<footer>", " · ", " · Tel +1 212 736 5000</footer>"),
    "dashes": _joined("<p>", " - ", "</p>", named=False),
    "divs": _joined("<div><div>", "</div><div>", "</div></div>"),
    "spans in items": _joined("<ul><li><span>", "</span></li><li><span>", "</span></li></ul>"),
    "table": _joined(
        "<table><tr><th>Address</th><td>", ", ", "</td></tr><tr><th>E-mail</th><td>x</td></tr></table>"
    ),
    "definitions": _joined(
        "<dl><dt>Address</dt><dd>", "<br>", "</dd><dt>Hours</dt><dd>9-17</dd></dl>", named=False
    ),
    "label on the line": _joined("<p>Address: ", ", ", "<br>Phone: see below</p>", named=False),
    "sentence": _joined("<p>Come and see us at ", ", ", ". We are open from 9 to 5.</p>", named=False),
    "with telephone": _joined("<p>", ", ", " Tel: +1 212 736 5000 Fax: +1 212 736 5001</p>"),
    "capitals": _upper,
    "link to a map": _joined(
        '<a href="https://maps.example/x"><i></i>', "<br>", "<br>View map</a>", named=False
    ),
    "json-ld graph": _json_ld,
    "json-ld place": _json_ld_place,
    "microdata": _microdata,
    "rdfa": _rdfa,
}


def addresses(name: str = "addresses.txt") -> tuple[Written, ...]:
    """Each address in one layout, chosen by its hash."""
    return tuple(_address(line) for line in _lines(name))


def phones() -> tuple[Written, ...]:
    """Each print of telephone numbers on a contact page."""
    found = []
    for line in _lines("phones.txt"):
        ending, rest = line.split("; ", 1)
        said, phone = rest.rsplit("; ", 1)
        title = f"{ending}: {said}"
        site = _site(ending, [("contact", said, "")])
        found.append(Written(title, Company("1", NAME), site, _sealed(line), phone=phone))
    return tuple(found)


def sites() -> tuple[Written, ...]:
    """Sites of several addresses, of none, and of structured data of all kinds."""
    given: list[dict[str, Any]] = YAML(typ="safe").load((HERE / "sites.yaml").read_text(encoding="utf-8"))
    return tuple(
        Written(
            one["id"],
            Company("1", NAME),
            _site(one["ending"], [(path, says, "".join(head)) for path, says, *head in one["pages"]]),
            _sealed(one["id"]),
            street=one["street"],
            city=one["city"],
        )
        for one in given
    )


def _lines(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [one for one in lines if one and not one.startswith("#")]


def _sealed(text: str) -> bool:
    return _digest(text)[0] % 2 == 1


def _address(line: str) -> Written:
    country, ending, printed, street, city, postcode = (part.strip() for part in line.split(";"))
    digest = _digest(line)
    layout = list(LAYOUTS)[digest[1] % len(LAYOUTS)]
    name = f"{NAME} {LEGAL_FORMS.get(country, 'Ltd')}"
    body = LAYOUTS[layout](name, printed.split(" / "), Parts(street, city, postcode, country))
    path = "contact" if digest[2] % 2 else ""
    return Written(
        f"{country}, {layout}: {printed}",
        Company("1", NAME),
        _site(ending, [(path, body, "")]),
        _sealed(line),
        street=street,
        city=city,
    )


def _site(ending: str, pages: Sequence[tuple[str, str, str]]) -> Site:
    home = f"https://www.kestrelworks.{ending}/"
    made = [Page(home + path, _page(path, says, head)) for path, says, head in pages]
    if pages[0][0]:
        made.insert(0, Page(home, _page("", "<p>Welcome.</p>", "")))
    return Site(tuple(made))


def _page(path: str, says: str, head: str) -> str:
    title = f"{path.capitalize()} | {NAME}" if path else NAME
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head>"
        f"<body><nav><a href='/'>Home</a></nav>{says}</body></html>"
    )
