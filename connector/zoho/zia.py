"""Zia's enrichment of organisations as a provider: a job for each company, asked about until it is over.

Zoho CRM v8, ``__zia_org_enrichment``: English names only, three characters at least, Enterprise and Ultimate
editions, and a quota of its own. Zia says neither where it has a value from nor how sure it is: the
confidence is the likeness of the name that it gives to the account's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol
from urllib.parse import quote

from connector.enrichment import names
from connector.enrichment.own_sites import own_domain
from connector.enrichment.values import Company, CompanyReading, EnrichedField, Outcome, Proposal, SiteReading
from connector.errors import ConnectorError, Fatal

PATH: Final = "/crm/v8/__zia_org_enrichment"
KEY: Final = "__zia_org_enrichment"
SHORTEST, LONGEST_NAME = 3, 150  # characters of a name or website, Zoho CRM
LIKE_ENOUGH: Final = names.ALIKE
POLL_SECONDS: Final = 2.0
MOST_LOOKS: Final = 30
# Mailboxes of a company rather than of a person.
_ROLES: Final = frozenset(
    {"info", "sales", "contact", "hello", "office", "support", "enquiries", "inquiries"}
)
# What Zoho says of the name or website of one company; the others may fit.
_ABOUT_ONE: Final = frozenset({"INVALID_DATA", "MAXIMUM_LENGTH_EXCEEDED", "REQUIRED_PARAM_MISSING"})
_NOT_TAKEN: Final = "Zia does not take this company's name or website as they stand in the CRM."
_REASONS: Final = {
    Outcome.FOUND: "Zia knows this company.",
    Outcome.NOTHING_FOUND: "Zia knows nothing of this company.",
    Outcome.NO_WEBSITE: "The account has neither a website nor a name of three letters.",
    Outcome.NOT_THIS_COMPANY: "Zia found another company.",
    Outcome.UNREACHABLE: "Zia did not come to an end.",
}


class Wire(Protocol):
    """HTTP to Zoho, as far as this needs it (``ZohoClient``)."""

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Read."""
        ...

    def post(self, path: str, body: object, *, repeatable: bool = False) -> Any:
        """Create."""
        ...


class ZiaProvider:
    """The port ``Provider`` on Zia."""

    def __init__(
        self, wire: Wire, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._wire = wire
        self._now = now
        self._sleep = sleep

    @property
    def name(self) -> str:
        """What the history calls it."""
        return "zia"

    def read(self, companies: Sequence[Company]) -> Iterator[CompanyReading]:
        """One reading for each company, as Zia ends them.

        Raises:
            ConnectorError: Zia takes no job at all: not in this edition, no scope, the quota is used up. What
                was entered before is read first.
        """
        jobs: dict[str, Company] = {}
        refused: ConnectorError | None = None
        for company in companies:
            wish = _wish(company)
            if not wish:
                yield self._ended(company, Outcome.NO_WEBSITE)
                continue
            try:
                jobs[self._enter(wish)] = company
            except ConnectorError as error:
                if error.code in _ABOUT_ONE:
                    yield CompanyReading(company, Outcome.NOTHING_FOUND, _NOT_TAKEN, self._now())
                    continue
                refused = error
                break
        yield from self._results(jobs)
        if refused is not None:
            raise refused

    def _enter(self, wish: Mapping[str, str]) -> str:
        body = self._wire.post(PATH, {KEY: [{"enrich_based_on": wish}]})
        found = _first(body, KEY)
        details = found.get("details")
        identifier = details.get("id") if isinstance(details, dict) else None
        if not identifier:
            code = str(found.get("code", "no code"))[:60]
            refused = Fatal(f"Zia took no job ({code}).")
            refused.code = code
            raise refused
        return str(identifier)

    def _results(self, jobs: dict[str, Company]) -> Iterator[CompanyReading]:
        for look in range(MOST_LOOKS):
            if not jobs:
                return
            if look:
                self._sleep(POLL_SECONDS)
            for identifier, company in list(jobs.items()):
                reading = self._look(identifier, company)
                if reading is not None:
                    del jobs[identifier]
                    yield reading
        for company in jobs.values():
            yield self._ended(company, Outcome.UNREACHABLE)

    def _look(self, identifier: str, company: Company) -> CompanyReading | None:
        """How a job ended; None while it runs, or when it cannot be asked about just now."""
        try:
            found = _first(self._wire.get(f"{PATH}/{quote(identifier, safe='')}"), KEY)
        except ConnectorError:
            return None
        status = str(found.get("status", "")).upper()
        if status == "DATA_NOT_FOUND":
            return self._ended(company, Outcome.NOTHING_FOUND)
        if status == "FAILED":
            return self._ended(company, Outcome.UNREACHABLE)
        data = found.get("enriched_data")
        if status != "COMPLETED":
            return None
        return self._read(company, data if isinstance(data, dict) else {})

    def _read(self, company: Company, data: Mapping[str, Any]) -> CompanyReading:
        name, website = _text(data.get("name")), _text(data.get("website"))
        likeness = names.likeness(company.name, (name,), label="") if name else 0.0
        given = (name,) if name else ()
        if not _is_same(company, website, likeness):
            reading = SiteReading(is_company=False, names=given, likeness=likeness)
            return self._ended(company, Outcome.NOT_THIS_COMPANY, reading)
        confidence = max(likeness, LIKE_ENOUGH) / 100
        proposals = tuple(
            Proposal(field, value, value, website, "", "zia", round(confidence, 2))
            for field, value in _values(data)
        )
        reading = SiteReading(is_company=True, names=given, likeness=likeness, proposals=proposals)
        return self._ended(company, Outcome.FOUND if proposals else Outcome.NOTHING_FOUND, reading)

    def _ended(
        self, company: Company, outcome: Outcome, reading: SiteReading | None = None
    ) -> CompanyReading:
        return CompanyReading(company, outcome, _REASONS[outcome], self._now(), reading)


def _wish(company: Company) -> dict[str, str]:
    given = {"name": company.name.strip()[:LONGEST_NAME], "website": company.website.strip()}
    return {name: value for name, value in given.items() if len(value) >= SHORTEST}


def _is_same(company: Company, website: str, likeness: float) -> bool:
    """Whether what Zia found is this company: by its own domain where both have one, else by its name."""
    ours, theirs = own_domain(company.website), own_domain(website)
    return ours == theirs if ours and theirs else likeness >= LIKE_ENOUGH


def _values(data: Mapping[str, Any]) -> Iterator[tuple[EnrichedField, str]]:
    address, industry = _first(data, "address"), _first(data, "industries")
    plain = (
        (EnrichedField.PHONE, data.get("primary_contact")),
        (EnrichedField.EMAIL, _of_company(_text(data.get("primary_email")))),
        (EnrichedField.CITY, address.get("city")),
        (EnrichedField.STATE, address.get("state")),
        (EnrichedField.POSTCODE, address.get("pin_code")),
        (EnrichedField.COUNTRY, address.get("country")),
        (EnrichedField.DESCRIPTION, _first(data, "description").get("description")),
        (EnrichedField.INDUSTRY, industry.get("name")),
        (EnrichedField.FOUNDED, data.get("founding_year")),
        (EnrichedField.EMPLOYEES, data.get("no_of_employees")),
    )
    yield from ((field, text) for field, value in plain if (text := _text(value)))
    media = data.get("social_media")
    for one in media if isinstance(media, list) else ():
        urls = one.get("media_url") if isinstance(one, dict) else None
        kind = str(one.get("media_type", "")).casefold() if isinstance(one, dict) else ""
        for url in urls if isinstance(urls, list) else ():
            if text := _text(url):
                yield EnrichedField.LINKEDIN if kind == "linkedin" else EnrichedField.SOCIAL, text


def _of_company(address: str) -> str:
    return address if address.partition("@")[0].casefold() in _ROLES else ""


def _first(found: Any, key: str) -> Mapping[str, Any]:
    """The first object under a key; empty when there is none."""
    items = found.get(key) if isinstance(found, dict) else None
    first = items[0] if isinstance(items, list) and items else None
    return first if isinstance(first, dict) else {}


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
