"""A company's site, read: is it the company's, and what does it say? Pure functions of pages.

Order of trust: structured data of an organisation that bears the company's name, links and texts of contact
pages, footers, other text. What the site does not say is not proposed, and somebody else's site says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlsplit

from connector.enrichment import (
    countries,
    emails,
    names,
    phones,
    placeholders,
    postal,
    postal_given,
    postal_labels,
    postal_maps,
    postal_whole,
    social,
    telling,
)
from connector.enrichment.documents import Document, Kind, opened, pages_to_read, quoted, site_label
from connector.enrichment.languages import FEWEST_OTHERS, SURELY, is_foreign
from connector.enrichment.postal_value import Place
from connector.enrichment.structured import Organisation, organisations
from connector.enrichment.technographics import technologies
from connector.enrichment.values import (
    Company,
    EnrichedField,
    Instead,
    Proposal,
    Site,
    SiteReading,
    Technology,
)

__all__ = ["pages_to_read", "read_site"]

SHORTEST_TOLD = 40  # characters of a description in structured data
_PHONE_SURE = {
    "json-ld": 0.95,
    "microdata": 0.9,
    "rdfa": 0.9,
    "tel link": 0.9,
    "contact page text": 0.85,
    "footer text": 0.75,
}
OTHERWISE_SURE = 0.6
FINGERPRINT_SURE = 0.95  # it says what a page loads; few are there without being used
NEAR = 4  # lines below an address in which its telephone stands
HEAD_POINTS = 3


@dataclass(frozen=True)
class _Opened:
    """The site as the parts below want it: pages, the organisations that are the company, its names."""

    company: Company
    documents: tuple[Document, ...]
    own: tuple[Organisation, ...]
    names: tuple[str, ...]
    place: Place | None

    @cached_property
    def region(self) -> str:
        """Of numbers without a country code: by the CRM, the site's ending, its address or its language.

        Else the US, if the pages are in English, for many numbers of other countries are valid there; else
        empty.
        """
        found = (
            countries.code_of(self.company.country),
            countries.of_ending(self.documents[0].url),
            self.place.address.country if self.place is not None else "",
            *(countries.code_of(one.country) for one in self.own),
        )
        return next(filter(None, found), "") or self._region_by_language()

    def _region_by_language(self) -> str:
        """Templates come in British English: what is printed as in America, and valid nowhere else, is so."""
        told = countries.of_speakers(self._spoken)
        if not self._spoken.startswith("en"):
            return told
        elsewhere = told and (phones.phones(self.documents, told) or not phones.as_in_america(self.documents))
        return told if elsewhere else "US"

    @cached_property
    def _spoken(self) -> str:
        """The language of the pages, as the home page says it.

        That it is English is what many templates say, and counts only if the words are of no other.
        """
        said = self.documents[0].locale.strip().lower()
        if said and not said.startswith("en"):
            return said
        text = "\n".join(one.text for one in self.documents)
        return "" if is_foreign(text, fewest=SURELY if said else FEWEST_OTHERS) else said or "en"


def read_site(company: Company, site: Site) -> SiteReading:
    """What a company's site says of it; at most one proposal a field, but one of SOCIAL for each network."""
    documents = tuple(
        one for at, page in enumerate(site.pages) if (one := opened(page, home=at == 0)) is not None
    )
    if not documents:
        return SiteReading(is_company=False, names=(), likeness=0.0)
    structured = tuple(one for document in documents for one in organisations(document))
    label = _label(site)
    reading = _whose(company, site, documents, structured)
    if not reading.is_company:
        return reading
    own = tuple(one for one in structured if names.same_name(company.name, one.name, label=label))
    called = tuple(filter(None, (company.name, label, *(one.name for one in own))))
    whole = _Opened(company, documents, own, called, _place(documents, own, called))
    used = technologies(site, documents)
    return replace(
        reading,
        proposals=(*_proposals(whole), *_some(_made_with(used, documents[0].url))),
        technologies=used,
    )


def _whose(
    company: Company, site: Site, documents: Sequence[Document], structured: Sequence[Organisation]
) -> SiteReading:
    """Whether it is the company's, with nothing proposed yet."""
    label = _label(site)
    given = names.site_names(documents, structured)
    likeness = round(names.likeness(company.name, given, label=label), 1)
    other = placeholders.instead(documents, company)
    elsewhere = site.redirected_to and not names.bears(company.name, names.names_on(documents, structured))
    if other is None and elsewhere:
        other = Instead.ANOTHER_SITE
    is_company = (
        other is None
        and likeness >= names.ALIKE
        and not names.says_another(company.name, documents, structured, label=label)
    )
    return SiteReading(is_company, given, likeness, instead=other, redirected_to=site.redirected_to)


def _label(site: Site) -> str:
    """Of the site's domain, which says who it is; not of another one that the company's only leads to."""
    return "" if site.redirected_to else site_label(site.pages[0].url)


def _proposals(site: _Opened) -> Iterator[Proposal]:
    number = _phone(site)
    found = (number, _email(site), *_address(site.place), _country(site, number), _description(site))
    yield from (one for one in found if one is not None)
    yield from _told(site)
    yield from _social(site)


def _phone(site: _Opened) -> Proposal | None:
    faxes = {phones.e164(one.fax, site.region) for one in site.own}
    for one in site.own:
        number = phones.e164(one.phone, site.region)
        if number and number not in faxes:
            return _proposal(
                EnrichedField.PHONE,
                number,
                one.source_url,
                one.phone,
                one.method,
                _PHONE_SURE[one.method],
                phones.national(number),
            )
    found = [one for one in phones.phones(site.documents, site.region, site.names) if one.number not in faxes]
    times = Counter(one.number for one in found)
    found = [one for one in found if times[one.number] > 1 or _is_given(one, site.place)]
    if not found:
        return None
    best = max(found, key=lambda one: _phone_rank(one, times, site.place, site.region))
    sure = _PHONE_SURE.get(best.method, OTHERWISE_SURE) - (0.1 if best.personal else 0.0)
    return _proposal(
        EnrichedField.PHONE,
        best.number,
        best.document.url,
        best.quote,
        best.method,
        sure,
        phones.national(best.number),
    )


def _is_given(one: phones.Phone, place: Place | None) -> bool:
    """Whether anything says that a number which stands once is the company's to be called by.

    One in the midst of a text, without a word beside it, is as often somebody else's: in an advertisement, in
    a customer's letter.
    """
    given = one.link or one.labelled or one.footer or one.document.kind in {Kind.CONTACT, Kind.LEGAL}
    return given or _is_beside(one, place)


def _is_beside(one: phones.Phone, place: Place | None) -> bool:
    return place is not None and place.document is one.document and 0 <= one.line - place.line <= NEAR


def _phone_rank(
    one: phones.Phone, times: Counter[str], place: Place | None, region: str
) -> tuple[bool, int, bool, bool, bool, int]:
    on_contact = one.document.kind in {Kind.CONTACT, Kind.LEGAL}
    trust = 2 * on_contact + one.link + one.labelled + one.footer + (one.document.kind is Kind.HOME)
    beside = _is_beside(one, place)
    head = place is not None and place.said == postal_labels.Said.HEAD and beside
    trust += HEAD_POINTS * (head or one.said == postal_labels.Said.HEAD) - (
        one.said == postal_labels.Said.BRANCH
    )
    at_home = phones.is_of(one.number, region)
    trust += min(3, times[one.number] - 1)
    return not one.personal, trust, at_home, beside, not one.free, times[one.number]


def _email(site: _Opened) -> Proposal | None:
    for one in site.own:
        address = one.email.lower().removeprefix("mailto:")
        if emails.role_rank(address) >= 0 and emails.at_own_domain(address, site.documents):
            return _proposal(EnrichedField.EMAIL, address, one.source_url, one.email, one.method, 0.95)
    found = emails.emails(site.documents, site.company.website)
    if not found:
        return None
    best = found[0]
    sure = 0.9 if best.method == "mailto link" or best.document.kind is Kind.CONTACT else 0.8
    return _proposal(EnrichedField.EMAIL, best.address, best.document.url, best.quote, best.method, sure)


def _place(documents: Sequence[Document], own: Sequence[Organisation], called: Sequence[str]) -> Place | None:
    by_url = {one.url: one for one in documents}
    for one in own:
        document = by_url.get(one.source_url)
        if document is None or one.addresses >= postal_labels.MANY:
            continue
        if (place := postal_given.given_place(one, document)) is not None:
            return postal_whole.without_names(place, called)
    places = [
        postal_whole.without_names(place, called)
        for document in documents
        for place in postal.addresses(document)
    ]
    if not places:
        return postal_maps.linked_place(documents)
    best = postal_labels.best_place(places, called, documents)
    return best and postal_whole.fullest(best, places)


def _address(place: Place | None) -> Iterator[Proposal]:
    if place is None:
        return
    address = place.address
    sure = 0.95 if address.method in {"json-ld", "microdata", "rdfa"} else 0.85 if place.in_footer else 0.8
    sure -= 0.0 if place.document.kind in {Kind.CONTACT, Kind.LEGAL, Kind.HOME} else 0.15
    for field, value in (
        (EnrichedField.STREET, address.street),
        (EnrichedField.CITY, address.city),
        (EnrichedField.STATE, address.state),
        (EnrichedField.POSTCODE, address.postcode),
    ):
        if value:
            yield _proposal(field, value, place.document.url, place.quote, address.method, round(sure, 2))


def _country(site: _Opened, number: Proposal | None) -> Proposal | None:
    """Of the address, else of the telephone number, else of the site's ending."""
    home, place = site.documents[0].url, site.place
    if place is not None and place.address.country:
        code, url, quote, method, sure = (
            place.address.country,
            place.document.url,
            place.quote,
            "address",
            0.9,
        )
    elif number is not None and number.quote.find("+") >= 0 and (found := phones.region_of(number.value)):
        code, url, quote, method, sure = found, number.source_url, number.quote, "telephone prefix", 0.7
    elif found := countries.of_ending(home):
        code, url, quote, method, sure = (
            found,
            home,
            urlsplit(home).hostname or home,
            "ending of the domain",
            0.6,
        )
    else:
        return None
    name = countries.name_of(code)
    return _proposal(EnrichedField.COUNTRY, name, url, quote, method, sure) if name else None


def _description(site: _Opened) -> Proposal | None:
    for one in site.own:
        if len(one.description) >= SHORTEST_TOLD:
            text = telling.shortened(one.description)
            return _proposal(EnrichedField.DESCRIPTION, text, one.source_url, text, one.method, 0.9)
    return _said(EnrichedField.DESCRIPTION, telling.description(site.documents, site.names))


def _told(site: _Opened) -> Iterator[Proposal]:
    for one in site.own:
        if year := telling.year_of(one.founded):
            yield _proposal(EnrichedField.FOUNDED, year, one.source_url, one.founded, one.method, 0.95)
            break
    else:
        yield from _some(_said(EnrichedField.FOUNDED, telling.founded(site.documents, site.names)))
    for one in site.own:
        if one.employees.isdigit() and one.employees.isascii() and int(one.employees) > 0:
            yield _proposal(
                EnrichedField.EMPLOYEES, one.employees, one.source_url, one.employees, one.method, 0.9
            )
            break
    else:
        yield from _some(_said(EnrichedField.EMPLOYEES, telling.employees(site.documents, site.names)))
    yield from _some(_said(EnrichedField.INDUSTRY, telling.industry(site.documents)))


def _social(site: _Opened) -> Iterator[Proposal]:
    for one in social.profiles(site.documents, site.own, site.names):
        field = EnrichedField.LINKEDIN if one.network == "LinkedIn" else EnrichedField.SOCIAL
        sure = 0.95 if one.method != "link" else 0.9 if one.likeness >= social.LIKE_NAME else 0.7
        yield _proposal(
            field, one.url, one.source_url, one.quote, one.method, sure, f"{one.network}: {one.handle}"
        )


def _made_with(used: Sequence[Technology], url: str) -> Proposal | None:
    """Every technology by name; the words are where each was seen."""
    if not used:
        return None
    value = ", ".join(one.name for one in used)
    seen = "; ".join(f"{one.name}: {one.evidence}" for one in used)
    return _proposal(EnrichedField.TECHNOLOGIES, value, url, seen, "fingerprints", FINGERPRINT_SURE)


def _some(one: Proposal | None) -> Iterator[Proposal]:
    if one is not None:
        yield one


def _said(field: EnrichedField, said: telling.Said | None) -> Proposal | None:
    if said is None:
        return None
    return _proposal(
        field, said.value, said.document.url, said.quote, said.method, said.confidence, said.shown
    )


def _proposal(
    field: EnrichedField, value: str, url: str, quote: str, method: str, sure: float, shown: str = ""
) -> Proposal:
    return Proposal(field, value, shown or value, url, quoted(quote), method, sure)
