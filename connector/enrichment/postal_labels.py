"""What is said before an address (head office, branch, somebody else), and which address is the best.

Words tell more than order: an address of the head office beats one of a branch, a visitor's one beats a post
office box, and one of the site's host, of an authority or of a fair is none of the company's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from urllib.parse import urlsplit

from connector.enrichment.documents import LONGEST_URL, Document, Kind, plain
from connector.enrichment.names import core
from connector.enrichment.postal_countries import BOX
from connector.enrichment.postal_value import Place

LONGEST_BEFORE = 160  # characters before an address in which words speak of it
MOST_LINES = 3
LONGEST_BESIDE = 150  # characters behind an address in which a telephone's number stands beside it
MOST_DIGITS = 8  # of a telephone's number that tell it from another
MANY = 4  # addresses of equal rank, of which none is more likely than the others


class Said(IntEnum):
    """Of what an address is, in the order in which one is preferred."""

    STRANGER = 0
    BRANCH = 1
    NOTHING = 2
    VISITORS = 3
    HEAD = 4


_HEAD = (
    r"head\s?-?(?:office|quarters?)|headquartered|hq|(?:corporate|main|principal|registered|executive)\s(?:office|headquarters?)|"
    r"hauptsitz|firmensitz|unternehmenssitz|zentrale|hauptverwaltung|hauptniederlassung|si[èe]ge(?:\ssocial)?|"
    r"sede\s(?:legale|centrale?|principale?|social|operativa|amministrativa)|domicilio\s(?:social|fiscal)|casa\smadre|"
    r"hoofdkantoor|hoofdvestiging|maatschappelijke\szetel|zetel|huvudkontor|hovedkontor|hovedkvarter|"
    r"p[äa][äa]konttori|siedziba|s[íi]dlo|matriz|angaben\sgem[äa][ßs]{1,2}|angaben\sgem|[ée]diteur|registered\sin"
)
_BRANCH = (
    r"branch(?:es)?(?:\soffice)?|warehouse|showroom|depot|factory|niederlassung|zweigniederlassung|zweigstelle|filiale|"
    r"au[ßs]{1,2}enstelle|lager|agence|succursale|delegaci[óo]n|sucursal|f[áa]brica|stabilimento|filial|avdelning|"
    r"oddzia[łl]|pobo[čc]ka|vestiging|(?:mailing|postal|billing|remittance|shipping)\saddress|post(?:al)?adresse?|"
    r"postanschrift|adresse\spostale|postadres|(?:faktura|leverans|gods)adress|returns?\saddress|"
    r"(?:remit|remittances?|payments?|checks?|cheques?|returns)\s(?:(?:are|sent|should\sbe|payment|payments|mailed)\s){0,2}to"
)
_VISITORS = (
    r"(?:physical|street|visiting|office|our)\s(?:address|location)|visit\sus|bes[öo]ksadress(?:e|en)?|bes[öo]k(?=\s?:)|bes[øo]gsadresse|"
    r"bezoekadres|hausanschrift|k[äa]yntiosoite"
)
# Somebody else's address follows: authorities wherever they are named, services and places of events where
# a colon or "by" follows the word, or it is a heading; well-known companies with their legal forms.
_STRANGER = (
    r"aufsichtsbeh[öo]rde|supervisory\sauthority|data\sprotection\sauthority|ombudsman|schlichtungsstelle|"
    r"information\scommissioner|autorit[ée]\sde\scontr[ôo]le|autorit[àa]\sgarante|datenschutzbeauftragte\w*|"
    r"(?:h[ée]berge(?:ur|ment|r)|hosting(?:\sprovider)?|web\s?host|kammer|web\s?-?design|konzept|umsetzung|gestaltung|"
    r"programmierung|r[ée]alisation|agentur|veranstaltungsort|venue|fair|messe|exhibition|conference|case\sstudy|"
    r"testimonials?|berufshaftpflicht\w*|versicherer|steuerberater|reseller|customers?|clients?)"
    r"(?=(?:\s(?!by\b)[^\W\d_]+){0,3}\s?(?::|\sby\s|\spar\s|\svon\s|\sdurch\s))|"
    r"(?<=\n)(?:h[ée]berge(?:ur|ment)|veranstaltungsort|webdesign|(?:technische\s)?"
    r"(?:umsetzung|gestaltung|konzept(?:ion)?|realisierung|programmierung)(?:\s(?:und|&)\s\w{3,20})?)(?=\s?:?\s?\n)|"
    r"(?:hosted|designed|created|provided|developed|maintained|powered)\sby(?=\s)|"
    r"(?:web\s?)?site(?:\s(?:design|development|hosting|maintenance|built))?\sby(?=\s)|"
    r"(?:old|former|previous)\s(?:address|location|office|premises|shop|store)|"
    r"(?:formerly|previously|originally)(?=\s(?:located\s)?(?:at|in)\s)|(?:moved|relocated)\sfrom(?=\s)|"
    r"(?:google|facebook|meta\splatforms|mailchimp|hubspot|cloudflare|microsoft|amazon)"
    r"(?=\s(?:\w+\s)?(?:inc|llc|ireland|ltd|limited|germany|gmbh|corporation|eu)\b)"
)
# The nearest word decides, so that a label of one address does not speak of the next.
_LABEL = re.compile(
    rf"(?<!\w)(?:(?P<stranger>{_STRANGER})|(?P<head>{_HEAD})|(?P<branch>{_BRANCH})|(?P<visitors>{_VISITORS}))(?!\w)",
    re.IGNORECASE,
)
# Words of a sentence that lead up to an address on its own line; and a company with its legal form.
_LEAD = re.compile(
    rf"^(?!\d).*(?<!\w)(?:{_HEAD}|see\sus|visit\sus|find\sus|meet\sus|located|based|situated|situ[ée]e?|"
    r"sit[ao](?=\s(?:in|en)\s)|ubicad[ao]|sede|sitz|wohnhaft|write\sto|addresse?|address|adresse|anschrift|adres|"
    r"indirizzo|direcci[óo]n|adresa|adress|"
    r"(?:offices?|shop|store)(?!\s(?:park|road|street|lane|drive|avenue|way|court|close|row|square|building|\w?\d))"
    r")(?!\w)(?:\s(?:is|are|est|se|situ[ée]e?|located|at|in|on|en|au|à|zu|ist|we|us|:)(?!\w))*[\s:.–-]*(?=\S)"
    r"(?!#?\w{1,5}$)",
    re.IGNORECASE,
)
# A number in front is a street's: "1200 AB Street" is no company.
_COMPANY = re.compile(
    r"^(?!\d).*(?<!\w)(?:GmbH(?:\s&\sCo\.?\sKG)?|mbH|AG|KG|UG(?:\s\(haftungsbeschränkt\))?|OHG|e\.\s?[VKU]\.|"
    r"B\.?V\.?|N\.?V\.?|S\.?A\.?S?\.?|S[àa]rl|S\.?r\.?l\.?|S\.?p\.?A\.?|S\.?L\.?U?\.?|Ltd\.?|Limited|LLP|LLC|"
    r"Inc\.?|PLC|plc|ApS|A/S|AB|AS|Oyj?|Lda\.?|s\.r\.o\.|sp\.\sz\so\.o\.|Impressum|Kontakt|Contact|"
    r"©\s?(?:19|20)\d\d)(?!\w)[\s:,.–-]{1,4}(?=\S)"
)
_LEADING = re.compile(
    r"\b(?:located|located\sat|based|situated|address|locations?|(?:visit|find|see|meet|reach|write\sto)\sus|contact|"
    r"our\s(?:\w+\s)?(?:shop|store|office|showroom|studio|clinic|workshop|premises|headquarters))\b",
    re.IGNORECASE,
)
_REACHED = re.compile(
    r"(?:\+|\(0?\d|\b0\d|\b\d{3}[-. ]\d)[\d() .-]{6,14}\d|\b(?:tel|phone|telephone|fax|ph|call)\b|\S@\S",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\(?\+?\d[\d() .-]{7,16}\d")
_DANGLING = re.compile(r"^(?:at|to|is|in|est|au|à|en)\s(?=[\dA-ZÀ-Þ])")


# Pages, by their address or title, whose addresses are those of others.
_OTHERS = re.compile(
    r"(?:(?:our|find a|authorized|authorised|current|past|recent|more|featured|completed) )?"
    r"(?:dealers?|distributors?|stockists?|retailers?|resellers?|dealer locator|where to buy|clients?|"
    r"client list|customers?|testimonials?|case stud(?:y|ies)|projects?|portfolio|links|events?|"
    r"aterforsaljare|referenser|kunder)"
)


def after_lead(part: str) -> str:
    """A part of an address without the words that lead up to it."""
    bare = _COMPANY.sub("", part)
    led = _LEAD.sub("", bare)
    return _DANGLING.sub("", led).strip(" :,–-") if led.strip() else bare


def said_before(text: str, begin: int, after: int) -> tuple[Said, str]:
    """What the words before an address, not beyond ``after``, say of it; and the words."""
    words = text[max(after, begin - LONGEST_BEFORE) : begin]
    words = "\n".join(words.split("\n")[-MOST_LINES - 1 :])
    return said_in(words), words


def said_in(words: str) -> Said:
    """What the last label among the words says."""
    last = Said.NOTHING
    for found in _LABEL.finditer(words):
        last = Said[(found.lastgroup or "nothing").upper()]
    return last


def is_assured(document: Document, text: str, begin: int, end: int) -> bool:
    """Whether an address that lacks its state or its postcode is likely the company's, by where it stands.

    On pages for that, in a footer, behind words that lead to it, or beside a telephone's number; elsewhere it
    is as often that of a customer, of a project or of a fair.
    """
    line = text[text.rfind("\n", 0, begin) + 1 : begin + 1] + text[begin + 1 : end].partition("\n")[0]
    before, behind = text[max(0, begin - LONGEST_BEFORE // 2) : begin], text[end : end + LONGEST_BESIDE]
    return (
        document.kind in {Kind.CONTACT, Kind.LEGAL, Kind.LOCATIONS}
        or any(line.strip() in one for one in document.footer)
        or bool(_LEADING.search(before) or _REACHED.search(before) or _REACHED.search(behind))
    )


def best_place(
    places: Sequence[Place], names: Sequence[str] = (), documents: Sequence[Document] = ()
) -> Place | None:
    """The address that is most likely the company's; None if the site has many and does not say which.

    First what is said of an address decides, then whether it has a postcode and a street, whether the name
    of the company stands before it, the kind of page, and how often it is there.
    """
    cores = [" ".join(words) for name in names if (words := core(name)) and len("".join(words)) > 2]  # noqa: PLR2004
    places = [
        one
        for one in places
        if (one.said != Said.STRANGER or _is_named(one.before, cores))
        and (not _is_of_others(one, places) or _is_named(_nearest(one.before), cores))
    ]
    if not places:
        return None
    times: dict[tuple[str, str], int] = {}
    said: dict[tuple[str, str], int] = {}
    for one in places:
        times[one.address.key] = times.get(one.address.key, 0) + 1
        said[one.address.key] = max(said.get(one.address.key, 0), one.said)

    def rank(place: Place) -> tuple[int, bool, bool, int, int, bool, int]:
        trust = 3 if place.document.kind in {Kind.CONTACT, Kind.LEGAL} else 2 if place.in_footer else 1
        team = place.document.kind is Kind.TEAM
        named = _is_named(place.before, cores) + _is_named(_nearest(place.before), cores)
        head = said[place.address.key] >= Said.HEAD
        box = bool(BOX.match(place.address.street))
        branch = said[place.address.key] <= Said.BRANCH
        visitors = said[place.address.key] == Said.VISITORS
        return (
            2 * head + (not branch) + visitors - 2 * team,
            bool(place.address.postcode),
            not box,
            named,
            trust,
            place.in_footer,
            times[place.address.key],
        )

    best = max(places, key=rank)
    equal = {one.address.key: one for one in reversed(places) if rank(one) == rank(best)}
    return best if len(equal) < MANY else _foremost(tuple(equal.values()), documents)


def _foremost(equal: Sequence[Place], documents: Sequence[Document]) -> Place | None:
    """Of many offices the one that the site puts first: its city in the title, its telephone on other pages.

    None if it does so with none of them, or with several.
    """
    bare = {id(one): re.sub(r"[^\w\n]", "", one.text) for one in documents}

    def weight(place: Place) -> int:
        city = re.escape(place.address.city)
        titled = sum(bool(re.search(rf"\b{city}\b", one.title, re.IGNORECASE)) for one in documents[:1])
        lines = place.document.lines[place.line + 1 : place.line + 1 + MOST_LINES]
        found = _NUMBER.search("\n".join(lines))
        number = re.sub(r"\D", "", found.group())[-MOST_DIGITS:] if found else ""
        others = (text for key, text in bare.items() if key != id(place.document))
        return 2 * titled + any(number in text for text in others if number)

    weights = [weight(one) for one in equal]
    most = max(weights)
    return equal[weights.index(most)] if most and weights.count(most) == 1 else None


def _is_of_others(place: Place, places: Sequence[Place]) -> bool:
    """Whether an address stands only on a page for those of others, such as dealers, and in no footer."""
    page = place.document
    path = [plain(part.rsplit(".", 1)[0]) for part in urlsplit(page.url[:LONGEST_URL]).path.split("/")]
    spoken = [plain(part) for part in re.split(r"[|:»·]| [-–—] ", page.title)]
    if page.kind is Kind.HOME or place.in_footer or not any(map(_OTHERS.fullmatch, (*path, *spoken))):
        return False
    return all(one.document is page or one.address.key != place.address.key for one in places)


def _nearest(before: str) -> str:
    """Of the words before an address those of its own line and of the line above."""
    return "\n".join(before.split("\n")[-2:])


def _is_named(before: str, cores: Sequence[str]) -> bool:
    """Whether the company's name stands before an address, behind the last label: "Acme Web Design: …"."""
    begin = max((found.start() for found in _LABEL.finditer(before)), default=0)
    bare = f" {plain(before[begin:])} "
    return any(f" {one} " in bare for one in cores)
