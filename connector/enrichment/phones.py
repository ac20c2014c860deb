"""Telephone numbers of a site: ``tel:`` links and text, in E.164, with faxes told apart.

A number is a fax if the nearest label before it on its line, the line above it, or the head of its table's
column says so; the words *tel/fax* make it both, and so a telephone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

from connector.enrichment.documents import Document, Kind, quoted
from connector.enrichment.postal_labels import Said, said_in

FEWEST_DIGITS = 7
LONGEST_LABEL = 40  # characters of a line that is nothing but a label
LONGEST_CELLS = 400  # rows of a table in which a column may be one of faxes
MOST_LINES = 1_500  # with numbers in them, of one page
_FAX = (
    r"(?:tele)?fax(?:es|nummer|[\s-]?(?:no|nr|number|line|nummer))?|facsimile|t[ée]l[ée]copie(?:ur)?|t[ée]l[ée]c|faks|"
    r"f(?=\s*[.:)|]|\s+[+(\d])"
)
_PHONE = (
    r"(?:tele)?phones?|tel(?:efon(?:nummer)?|[ée]fono|efoon)?|t[ée]l(?:[ée]phone)?|call(?:\s+us)?|ph|office|main|toll[\s-]?free|"
    r"contact\s(?:number|no|us)|rufnummer|tlf|puh(?:elin)?|standard|switchboard|freephone|free\s?call|mobile|cell|direct|voice|hotline|fon|t(?=\s*[.:)|]|\s+[+(\d])|p(?=\s*[.:)|]|\s+[+(\d])"
)
_LABEL = re.compile(rf"(?<![^\W_])(?:(?P<fax>{_FAX})|(?P<phone>{_PHONE}))(?![^\W_])", re.IGNORECASE)
_BOTH = re.compile(r"(?:tel|phone|ph|t)\w{0,6}\.?\s{0,2}(?:/|&|and|or)\s{0,2}(?:tele)?fax", re.IGNORECASE)
_FAX_AFTER = re.compile(rf"^\s{{0,3}}[(\[–-]?\s?(?:{_FAX})\b", re.IGNORECASE)
_LABEL_AFTER = re.compile(
    rf"^\s{{0,3}}[(\[]\s?(?:(?P<fax>{_FAX})|(?P<phone>{_PHONE}))\s?[)\]]", re.IGNORECASE
)
# Numbers of registers, taxes and goods, which look like telephones.
_REGISTER = re.compile(
    r"(?<![^\W_])(?:invoice|order|sku|item|article|art|part|model|ref(?:erence)?|vat|ust|uid|mwst|p\.?\s?iva|iva|c\.?f|siret|siren|"
    r"rcs|hrb|hra|iban|bic|ein|duns|d-u-n-s|tax|tin|abn|acn|arbn|cin|gst(?:in)?|pan|cnpj|cpf|rfc|nip|regon|krs|i[čc]o?|di[čc]|"
    r"nif|cif|nipc|kvk|btw|cvr|org(?:anisations)?|y-tunnus|tva|rpps|naf|ape|reg(?:istration|istered)?|company|charity|"
    r"licen[cs]e|account|konto|isbn|issn|uen|id)"
    r"[\s.:#-]{0,3}(?:id|reg|registration)?[\s.:#-]{0,3}(?:no|nr|num|number|nummer|n°|nº|id|idnr|identifikationsnummer)?[\s.:#°º-]{0,4}"
    r"[A-Z]{0,3}[\s-]?$",
    re.IGNORECASE,
)
_VANITY = re.compile(
    r"(?<![\w-])(?:\+?1[-. ])?\(?8(?:00|33|44|55|66|77|88)\)?[-. ]"
    r"(?=(?:[\d -]{0,9}[A-Z]){3})[A-Z\d](?:[- ]?[A-Z\d]){6,11}(?![a-z\d])"
)
VANITY_DIGITS = 10
_OPENS = re.compile(r"^\W{0,3}\d{7,}\W{0,3}(?:$|[|,·•]|<)")
_PERSONAL = re.compile(r"\b(?:mobile|cell(?:ular)?|handy|portable)\b", re.IGNORECASE)
_NOT_THEIRS = re.compile(r"\b(?:emergency|911|police|suicide|hotline of|poison)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Phone:
    """A telephone number as a page has it.

    Attributes:
        number: in E.164.
        link: whether a ``tel:`` link gives it.
        labelled: whether a word beside it says that it is a telephone.
        personal: whether a word beside it says that it is a mobile one.
        line: of the page's lines, if it stands in its text.
        said: whether words before it speak of the head office or of a branch.
    """

    number: str
    document: Document
    quote: str
    link: bool = False
    labelled: bool = False
    personal: bool = False
    footer: bool = False
    line: int = -1
    said: Said = Said.NOTHING

    @property
    def free(self) -> bool:
        """Whether the call is free of charge: such a number belongs to no office."""
        kind = phonenumbers.number_type(phonenumbers.parse(self.number))
        return bool(kind == phonenumbers.PhoneNumberType.TOLL_FREE)

    @property
    def method(self) -> str:
        """How it was found."""
        if self.link:
            return "tel link"
        if self.document.kind is Kind.CONTACT:
            return "contact page text"
        return "footer text" if self.footer else "page text"


def phones(documents: Sequence[Document], region: str) -> tuple[Phone, ...]:
    """Every telephone number of the pages; ``region`` is of numbers without a country code ("US", "DE" …)."""
    found: list[Phone] = []
    faxes: Counter[str] = Counter()
    for document in documents:
        faxes.update(_table_faxes(document, region))
        for one, is_fax in _in_text(document, region):
            faxes.update((one.number,) if is_fax else ())
            found += [] if is_fax else [one]
        found += _in_links(document, region)
    spoken = Counter(one.number for one in found if one.labelled)
    return tuple(one for one in found if spoken[one.number] >= 2 * faxes[one.number])


def e164(text: str, region: str) -> str:
    """The valid number that a text is, in E.164; else empty."""
    try:
        number = phonenumbers.parse(text[:60], region)
    except phonenumbers.NumberParseException:
        return ""
    return _written(number) if phonenumbers.is_valid_number(number) else ""


def national(number: str) -> str:
    """A number in E.164 as its country writes it, with the country's code before it."""
    return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)


def region_of(number: str) -> str:
    """``DE`` of a number in E.164; empty if the number belongs to no country or to several."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""


def _written(number: PhoneNumber) -> str:
    bare = PhoneNumber(country_code=number.country_code, national_number=number.national_number)
    bare.italian_leading_zero = number.italian_leading_zero
    bare.number_of_leading_zeros = number.number_of_leading_zeros
    return phonenumbers.format_number(bare, PhoneNumberFormat.E164)  # without an extension


def _in_links(document: Document, region: str) -> Iterator[Phone]:
    for link in document.links:
        scheme, _, rest = link.url[:100].partition(":")
        if scheme.lower() not in {"tel", "callto"} or _FAX_AFTER.match(link.words):
            continue
        if number := e164(unquote(rest), region):
            yield Phone(
                number, document, quoted(link.words or rest), link=True, labelled=False, footer=link.in_footer
            )


def _in_text(document: Document, region: str) -> Iterator[tuple[Phone, bool]]:
    above = ""
    read = 0
    for number, line in enumerate(document.lines):
        if "8" in line and read < MOST_LINES:
            yield from ((one, False) for one in _vanity(document, line, region))
        if sum(map(str.isdigit, line)) >= FEWEST_DIGITS and read < MOST_LINES:
            read += 1
            yield from _on_line(document, number, above, region)
        above = line


def _on_line(document: Document, number: int, above: str, region: str) -> Iterator[tuple[Phone, bool]]:
    line = document.lines[number]
    matches = list(PhoneNumberMatcher(line, region, leniency=Leniency.VALID, max_tries=200))
    before = _label_alone(above)
    for at, match in enumerate(matches):
        begins = matches[at - 1].end if at else 0
        ends = matches[at + 1].start if at + 1 < len(matches) else len(line)
        said = line[begins : match.start]
        behind = _LABEL_AFTER.match(line[match.end : ends])
        own = line[begins + (_ended(line[begins:]) if at else 0) : match.start + 1]
        label = _last_label(own) or ("" if at else before)
        if behind is not None:
            label = "fax" if behind.group("fax") else "phone"
        if not label and _is_other(said, match.raw_string, line):
            continue
        is_fax = label == "fax" or (
            not label and _fax_follows(line[match.end : ends], is_last=at + 1 == len(matches))
        )
        if _NOT_THEIRS.search(said):
            continue
        yield (
            Phone(
                _written(match.number),
                document,
                quoted(line[max(0, match.start - 60) : match.end + 20]),
                labelled=label == "phone",
                personal=bool(_PERSONAL.search(said[-40:])),
                footer=line in document.footer,
                line=number,
                said=said_in((said if at else f"{above[-80:]}\n{said}")[-160:]),
            ),
            is_fax,
        )


def _ended(rest: str) -> int:
    """Where the label ends that belongs to the number before: "(Tel) / 555"."""
    found = _LABEL_AFTER.match(rest)
    return found.end() if found else 0


def _is_other(said: str, raw: str, line: str) -> bool:
    """A register's number, or digits in a row in the midst of a text."""
    return bool(_REGISTER.search(said[-40:])) or (
        raw.isdigit() and line.strip() != raw and not _OPENS.match(line) and not said.rstrip().endswith(":")
    )


def _vanity(document: Document, line: str, region: str) -> Iterator[Phone]:
    """``1-800-FLOWERS``: letters for digits, in North America only."""
    if region not in {"US", "CA"}:
        return
    for found in _VANITY.finditer(line):
        digits = re.sub(r"\D", "", phonenumbers.convert_alpha_characters_in_number(found.group(0)))
        digits = digits.removeprefix("1")[:VANITY_DIGITS]
        if number := e164(digits, region):
            yield Phone(number, document, quoted(line), labelled=True, footer=line in document.footer)


def _label_alone(line: str) -> str:
    """What a line says that is nothing but one label."""
    found = _LABEL.fullmatch(line.strip(" \t.:|–-")[:LONGEST_LABEL])
    return "" if found is None else "fax" if found.group("fax") else "phone"


def _last_label(words: str) -> str:
    if _BOTH.search(words):
        return "phone"
    last = ""
    for found in _LABEL.finditer(words):
        last = "fax" if found.group("fax") else "phone"
    return last


def _fax_follows(rest: str, *, is_last: bool) -> bool:
    """``555 0100 (fax)``; but in ``555 0100 fax 555 0101`` the word belongs to the number after it."""
    found = _FAX_AFTER.match(rest)
    return bool(found) and (is_last or "(" in rest[:4] or "[" in rest[:4])


def _table_faxes(document: Document, region: str) -> set[str]:
    """Numbers in columns whose head is *fax*."""
    found: set[str] = set()
    for table in document.tree.iter("table"):
        rows = [
            [" ".join(cell.itertext()) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")
        ]
        column = -1
        for row in rows[:LONGEST_CELLS]:
            heads = [at for at, cell in enumerate(row) if _is_head(cell)]
            if heads and len(row) > 1:
                column = heads[0]
            elif 0 <= column < len(row) and (number := e164(row[column].strip(), region)):
                found.add(number)
    return found


def _is_head(cell: str) -> bool:
    return bool(re.fullmatch(rf"\s{{0,9}}(?:{_FAX})\W{{0,9}}", cell[:30], re.IGNORECASE))
