"""Telephone numbers of a site: ``tel:`` links and text, in E.164, with faxes told apart.

A number is a fax if the nearest label before it on its line, the line above it, or the head of its table's
column says so; the words *tel/fax* make it both, and so a telephone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any
from urllib.parse import unquote

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

from connector.enrichment import makers
from connector.enrichment.documents import Document, Kind, quoted
from connector.enrichment.postal_labels import Said, said_in

FEWEST_DIGITS = 7
LONGEST_LABEL = 40  # characters of a line that is nothing but a label
LONGEST_CELLS = 400  # rows of a table in which a column may be one of faxes
LONGEST_CELL = 300  # characters of one with labels or numbers
MOST_LINES = 1_500  # with numbers in them, of one page
_FAX = (
    r"(?:tele)?fax(?:es|nummer|[\s-]?(?:no|nr|number|line|nummer))?|facsimile|t[ée]l[ée]copie(?:ur)?|t[ée]l[ée]c|faks|"
    r"f(?=\s*[.:)|]|\s+[+(\d])"
)
_PHONE = (
    r"(?:tele)?phones?|tel(?:efon(?:nummer)?|[ée]fono|efoon)?|t[ée]l(?:[ée]phone)?|call(?:\s+us)?|ph|office|main|local|toll[\s-]?free|"
    r"contact\s(?:number|no|us)|rufnummer|tlf|puh(?:elin)?|standard|switchboard|freephone|free\s?call|mobile|cell|direct|voice|hotline|fon|t(?=\s*[.:)|]|\s+[+(\d])|p(?=\s*[.:)|]|\s+[+(\d])"
)
_LABEL = re.compile(rf"(?<![^\W_])(?:(?P<fax>{_FAX})|(?P<phone>{_PHONE}))(?![^\W_])", re.IGNORECASE)
_BOTH = re.compile(
    r"(?:tel|phone|ph|t|office)\w{0,6}\.?\s{0,2}(?:/|&|and|or)\s{0,2}(?:tele)?fax", re.IGNORECASE
)
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
_AMERICAN = re.compile(r"(?<![\d+(])(?:\([2-9]\d\d\)|[2-9]\d\d)[ .-]{1,2}[2-9]\d\d[.-]\d{4}(?!\d)")
_OPENS = re.compile(r"^\W{0,3}\d{7,}\W{0,3}(?:$|[|,·•]|<)")
_PERSONAL = re.compile(r"\b(?:mobile|cell(?:ular)?|handy|portable)\b", re.IGNORECASE)
# Devices and places at which a company is not called.
_ASIDE = re.compile(r"(?<![^\W_/])(?:tty|tdd|pager|home)[\s:.#]{0,4}$", re.IGNORECASE)
_NOT_THEIRS = re.compile(r"\b(?:emergency|911|police|suicide|hotline of|poison)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Phone:
    """A telephone number as a page has it.

    Attributes:
        number: in E.164.
        link: whether a ``tel:`` link gives it.
        labelled: whether a word beside it says that it is a telephone.
        personal: whether a word beside it says that it is a mobile one.
        line: of the page's lines; -1 if it does not stand there as digits.
        before: the words before it on its line, behind another number.
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
    before: str = ""
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


def phones(documents: Sequence[Document], region: str, names: Sequence[str] = ()) -> tuple[Phone, ...]:
    """Every telephone number of the pages but those of who made them.

    Args:
        documents: the pages.
        region: of numbers without a country code ("US", "DE" …); without it there are none.
        names: of the company, which may have made its site itself.
    """
    found: list[Phone] = []
    faxes: Counter[str] = Counter()
    for document in documents:
        faxes.update(_table_faxes(document, region))
        paired = _table_pairs(document, region)
        for one, labelled_fax in _in_text(document, region):
            if _is_makers(one, names):
                continue
            is_fax = paired.get(one.number, labelled_fax)
            faxes.update((one.number,) if is_fax else ())
            found += [] if is_fax else [replace(one, labelled=one.labelled or one.number in paired)]
        found += _in_links(document, region, names)
    spoken = Counter(one.number for one in found if one.labelled)
    return tuple(one for one in found if spoken[one.number] >= 2 * faxes[one.number])


def _is_makers(one: Phone, names: Sequence[str]) -> bool:
    below = one.line > 0 and makers.is_below(one.document, one.line, one.before, names)
    return below or makers.is_behind(one.before, names)


def as_in_america(documents: Sequence[Document]) -> bool:
    """Whether a page prints a number as North America does: "(503) 224-4100"."""
    return any(_AMERICAN.search(one.text) for one in documents)


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


def is_of(number: str, region: str) -> bool:
    """Whether a number is of a country, or of another that shares its code."""
    return phonenumbers.parse(number).country_code == phonenumbers.country_code_for_region(region)


def _written(number: PhoneNumber) -> str:
    bare = PhoneNumber(country_code=number.country_code, national_number=number.national_number)
    bare.italian_leading_zero = number.italian_leading_zero
    bare.number_of_leading_zeros = number.number_of_leading_zeros
    return phonenumbers.format_number(bare, PhoneNumberFormat.E164)  # without an extension


def _in_links(document: Document, region: str, names: Sequence[str]) -> Iterator[Phone]:
    for link in document.links:
        scheme, _, rest = link.url[:100].partition(":")
        if scheme.lower() not in {"tel", "callto"} or _FAX_AFTER.match(link.words):
            continue
        if makers.is_behind(link.before, names):
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
    follows = bool(matches) and not before and _labels_follow(line, matches[0].start, matches[-1].end)
    for at, match in enumerate(matches):
        begins = matches[at - 1].end if at else 0
        ends = matches[at + 1].start if at + 1 < len(matches) else len(line)
        said = line[begins : match.start]
        behind = _LABEL_AFTER.match(line[match.end : ends])
        own = line[begins + (_ended(line[begins:]) if at else 0) : match.start + 1]
        label = _last_label(own) or ("" if at else before)
        if follows:
            label = _first_label(line[match.end : ends])
        if behind is not None:
            label = "fax" if behind.group("fax") else "phone"
        if not label and _is_other(said, match.raw_string, line):
            continue
        is_fax = label == "fax" or (
            not label and _fax_follows(line[match.end : ends], is_last=at + 1 == len(matches))
        )
        if _NOT_THEIRS.search(said) or _ASIDE.search(said):
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
                before=said,
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


def _first_label(words: str) -> str:
    found = _LABEL.search(words)
    return "" if found is None else "fax" if found.group("fax") else "phone"


def _labels_follow(line: str, first: int, last: int) -> bool:
    """Whether a line's labels stand behind its numbers: "555 0100 office, 555 0101 fax"."""
    return not _LABEL.search(line[:first]) and bool(_LABEL.fullmatch(line[last:].strip(" \t.,;|()")))


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


def _table_pairs(document: Document, region: str) -> dict[str, bool]:
    """Whether numbers that stand below each other are faxes, by the labels in the cell before theirs."""
    found: dict[str, bool] = {}
    for row in islice(document.tree.iter("tr"), LONGEST_CELLS):
        cells = [_cell_lines(cell) for cell in row.iterchildren("td", "th")]
        for labels, numbers in pairwise(cells):
            said = [_label_alone(one) for one in labels]
            if len(said) == len(numbers) > 1 and all(said):
                written = (e164(one, region) for one in numbers)
                found |= {one: label == "fax" for one, label in zip(written, said, strict=True) if one}
    return found


def _cell_lines(cell: Any) -> list[str]:
    """The lines of a table's cell that breaks part; none if it holds another table."""
    if cell.find(".//table") is not None:
        return []
    text = "".join(
        f"\n{one}" if one.getparent().tag == "br" and one.is_tail else one for one in cell.xpath(".//text()")
    )
    return [line for one in text[:LONGEST_CELL].split("\n") if (line := one.strip())]


def _is_head(cell: str) -> bool:
    return bool(re.fullmatch(rf"\s{{0,9}}(?:{_FAX})\W{{0,9}}", cell[:30], re.IGNORECASE))
