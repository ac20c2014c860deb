"""Who made a site or hosts it, and authorities in imprints: what stands behind such words is theirs.

Footers name the agency with its telephone and its profiles, imprints name it with its address. Where such
words name the company itself it is nobody else's: agencies make their own sites.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.enrichment.documents import Document, Kind, Link, domain_label, plain
from connector.enrichment.link_words import LONGEST_BEFORE
from connector.enrichment.names import core

MOST_ABOVE = 5  # lines of an imprint between such words and a telephone's number
MOST_LINES = 60  # at the end of a page that may say who made it
FEWEST_DIGITS = 7  # of a telephone's number
LONGEST_NAME = 40  # characters of a maker's
SHORTEST_NAME = 4  # letters of a company's name that is looked for without spaces
_MADE = r"(?:design(?:ed)?|develop(?:ed|ment)|built|made|created|crafted|host(?:ed|ing)|maintained|powered)"
_AND = r"(?:\s(?:&|and|und|et|y|e|en)\s\w{3,20})?"
_SITE = (
    r"(?:web\s?-?(?:site|seite|auftritt|page|design)|homepage|internet(?:auftritt|seite)|"
    r"site(?:\s(?:web|internet))?|hemsida)"
)
# What leads up to a name: "Website by", "Umsetzung:", "Réalisation du site : ".
_BY = re.compile(
    rf"(?<!\w)(?:(?:{_SITE}\s?)?{_MADE}{_AND}\sby(?!\w)|{_SITE}\s(?:by|von|durch|par|por|door|av|af|di)(?!\w)|"
    r"(?:(?:web|site)\s?-?(?:design|hosting|development|master|agency)|credits)\s?:|"
    r"(?:(?:technische\s)?umsetzung|gestaltung|konzept(?:ion)?|programmierung|realisierung|erstellt|entwickelt)"
    rf"{_AND}\s?(?::|\s(?:by|von|durch)(?!\w))|"
    r"(?:r[ée]alisation|r[ée]alis[ée]e?|conception|con[çc]ue?|cr[ée][ée]e?|d[ée]velopp[ée]e?|h[ée]berg(?:eur|ement|[ée]e?))"
    rf"{_AND}(?:\s(?:du\s|de\s)?{_SITE})?\s?(?::|\spar(?!\w))|cr[ée]ation\s(?:(?:du|de)\s)?{_SITE}\s?(?::|\spar(?!\w))|"
    r"(?:dise[ñn]o|dise[ñn]ad[oa]|desarrollo|desarrollad[oa]|desenvolvid[oa]|criad[oa]|cread[oa])"
    rf"{_AND}(?:\sweb)?\s?(?::|\spor(?!\w))|"
    rf"(?:realizzazione|realizzat[oa]|sviluppat[oa]|creat[oa]){_AND}(?:\s{_SITE})?\s?(?::|\s(?:da|di)(?!\w))|"
    rf"(?:ontwerp|realisatie|gebouwd|gemaakt|ontwikkeld|ontworpen){_AND}\s?(?::|\sdoor(?!\w)))"
    r"(?!\s(?:appointment|hand|phone|e-?mail|our|us|the|an?|unsere\w*|uns|nuestr\w+|nos|notre)(?!\w))",
    re.IGNORECASE,
)
# What ends it: a sentence's end, or the company asking to be called.
_ENDS = re.compile(
    r"(?<=[a-zß-ÿ]{3})[.!?]\s(?=[A-ZÀ-Þ])|"
    r"\b(?i:(?:contact|call|visit)\s(?:us|now|today)|get\sin\stouch|kontakt|contactez|cont[áa]ctenos|contattaci)\b"
)
# In imprints alone: headings without a colon, and authorities.
_HEADING = re.compile(
    rf"(?:(?:technische\s)?(?:umsetzung|gestaltung|konzept(?:ion)?|programmierung|realisierung|realisation|"
    rf"web\s?-?design|design|hosting|h[ée]berge(?:ur|ment)|r[ée]alisation|conception|dise[ñn]o|realizzazione|"
    rf"ontwerp|realisatie|credits)){_AND}(?:\s(?:du\s)?{_SITE})?",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(
    r"aufsichtsbeh[öo]rde|supervisory\sauthority|data\sprotection\s(?:authority|officer)|datenschutzbeauftragte|"
    r"ombudsman|schlichtungsstelle|autorit[ée]\sde\scontr[ôo]le|autorit[àa]\sgarante|[a-z]kammer\b|"
    r"berufshaftpflicht|versicherer|steuerberater",
    re.IGNORECASE,
)
# Where something else begins in an imprint.
_SECTION = re.compile(
    r"(?:so\serreichen\ssie\suns|kontakt(?:daten)?|contact(?:\sus)?|contacto|contatti|anschrift|impressum|"
    r"imprint|diensteanbieter|herausgeber|head\soffice|si[èe]ge\ssocial|[ée]diteur(?:\sdu\ssite)?)\s?:?",
    re.IGNORECASE,
)
_NAME_ENDS = re.compile(r"[|,;:(•·©\n]|\s[-–—+\d]|\.\s")


def is_behind(words: str, names: Sequence[str]) -> bool:
    """Whether words before something say that it is of who made the site, and not of a company so called."""
    near = words[-LONGEST_BEFORE:]
    found = _last(_BY, near)
    behind = near[found.end() :] if found is not None else ""
    return found is not None and not _ENDS.search(behind) and not _is_named(behind, names)


def is_below(document: Document, line: int, before: str, names: Sequence[str]) -> bool:
    """Whether the lines above one say that it is the maker's; in imprints also the host's or an authority's.

    Elsewhere than in imprints only the nearest line says so, if it has no number itself, and only of one that
    stands alone.
    """
    imprint = document.kind is Kind.LEGAL
    alone = not before.strip() and sum(map(str.isdigit, document.lines[line - 1])) < FEWEST_DIGITS
    most = MOST_ABOVE if imprint else 1 if alone else 0
    words = ""
    for whole in reversed(document.lines[max(0, line - most) : line]):
        above = whole[-LONGEST_BEFORE:]
        found = _last(_BY, above) or (_heading(above) if imprint else None)
        words = f"{above[found.end() if found else 0 :]}\n{words}"
        if found is not None:
            return not _is_named(words, names)
        if _SECTION.fullmatch(above.strip()):
            break
    return False


def makers(document: Document) -> Iterator[str]:
    """What the makers of a site are called at its end: their names, and the labels of their domains."""
    for line in (*document.lines[-MOST_LINES:], *document.footer):
        for found in _BY.finditer(line):
            name = _NAME_ENDS.split(line[found.end() :].lstrip(" .:"), maxsplit=1)[0]
            yield "".join(core(name[:LONGEST_NAME]))
    yield from (domain_label(link.url) for link in document.links if _is_first(link))


def _heading(line: str) -> re.Match[str] | None:
    return _last(_AUTHORITY, line) or _HEADING.fullmatch(line.strip(" :"))


def _is_first(link: Link) -> bool:
    """Whether a link is what words such as "Website by" end with."""
    found = _last(_BY, link.before)
    return found is not None and not link.before[found.end() :].strip(" :")


def _last(pattern: re.Pattern[str], words: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(words):  # noqa: B007 - the last one is wanted
        pass
    return found


def _is_named(words: str, names: Sequence[str]) -> bool:
    bare = plain(words).replace(" ", "")
    joined = ("".join(core(name)) for name in names)
    return any(one in bare for one in joined if len(one) >= SHORTEST_NAME)
