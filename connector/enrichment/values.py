"""What enrichment hands around: companies in, readings of their sites out. Nothing is fetched here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

LONGEST_QUOTE = 160  # characters of a page that a proposal carries
ERROR_OF_OURS = "An error of ours ended the reading; the log has it under the account's id."


class EnrichedField(StrEnum):
    """The thirteen things that a site may say of its company, and what it is made with."""

    PHONE = "phone"
    EMAIL = "email"
    STREET = "street"
    CITY = "city"
    STATE = "state"
    POSTCODE = "postcode"
    COUNTRY = "country"
    DESCRIPTION = "description"
    INDUSTRY = "industry"
    FOUNDED = "founded"
    EMPLOYEES = "employees"
    LINKEDIN = "linkedin"
    SOCIAL = "social"
    TECHNOLOGIES = "technologies"  # names, with commas between them


class Outcome(StrEnum):
    """How the reading of one company ended; in a batch these add up to its size."""

    FOUND = "found"  # at least one proposal
    NOTHING_FOUND = "nothing_found"  # the right site, which says nothing that is asked for
    NO_WEBSITE = "no_website"
    NOT_THIS_COMPANY = "not_this_company"
    BLOCKED_BY_ROBOTS = "blocked_by_robots"
    UNREACHABLE = "unreachable"
    REFUSED_ADDRESS = "refused_address"  # not a public web address
    PAGE_TOO_HARD = "page_too_hard"  # its reading was ended by a limit of time or memory


class Instead(StrEnum):
    """What stands where a company's site was looked for."""

    FOR_SALE = "for_sale"  # or parked: the domain's broker speaks
    SUSPENDED = "suspended"
    DEFAULT_PAGE = "default_page"  # of a server or a host
    HUMAN_CHECK = "human_check"
    SIGN_IN = "sign_in"
    ANOTHER_SITE = "another_site"  # at another domain, where no page names the company


@dataclass(frozen=True)
class Company:
    """An account as enrichment sees it.

    Attributes:
        website: as it stands in the CRM; may be empty or nonsense.
        country: as it stands in the CRM; a hint for telephone numbers.
    """

    account_id: str
    name: str
    website: str = ""
    country: str = ""


@dataclass(frozen=True)
class Page:
    """One page as it was fetched.

    Attributes:
        url: where it was found in the end.
        headers: as they came, names in lower case.
        cookies: names only.
        html: decoded, at most the fetcher's cap.
    """

    url: str
    html: str
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """The pages of one company's site, the home page first, and what DNS says of its domain.

    Attributes:
        mail_hosts: of the domain's MX records, in lower case, without the final dot.
        text_records: the domain's TXT records.
        redirected_to: another registered domain where the home page was found, if any.
    """

    pages: tuple[Page, ...]
    mail_hosts: tuple[str, ...] = ()
    text_records: tuple[str, ...] = ()
    redirected_to: str = ""


@dataclass(frozen=True)
class Proposal:
    """A value that the site gives for a field.

    Attributes:
        value: normalised: telephone numbers in E.164, a year as four digits.
        shown: for people to read.
        source_url: the page.
        quote: the words it came from, at most LONGEST_QUOTE characters.
        method: how it was found (``json-ld``, ``tel link``, ``text near postcode`` …).
        confidence: 0 to 1.
    """

    field: EnrichedField
    value: str
    shown: str
    source_url: str
    quote: str
    method: str
    confidence: float


@dataclass(frozen=True)
class Technology:
    """Something that a site uses.

    Attributes:
        category: ``cms shop analytics chat marketing mail …``.
        evidence: where it was seen, in words.
    """

    name: str
    category: str
    evidence: str


@dataclass(frozen=True)
class SiteReading:
    """What a site says.

    Attributes:
        is_company: whether its names are those of the company; if not, there are no proposals.
        names: the names that the site gives itself.
        likeness: 0 to 100, of the best of them.
        proposals: at most one a field, but SOCIAL may come several times.
        instead: what it is, if that is why it is not the company's.
        redirected_to: as in ``Site``.
    """

    is_company: bool
    names: tuple[str, ...]
    likeness: float
    proposals: tuple[Proposal, ...] = ()
    technologies: tuple[Technology, ...] = ()
    instead: Instead | None = None
    redirected_to: str = ""


@dataclass(frozen=True)
class CompanyReading:
    """How the reading of one company ended.

    Attributes:
        reason: a fixed sentence for people; never words of the page or of an error.
        pages: how many were read.
    """

    company: Company
    outcome: Outcome
    reason: str
    at: datetime
    reading: SiteReading | None = None
    pages: int = 0


class Provider(Protocol):
    """Where proposals come from: our own crawler, Zia, a file."""

    @property
    def name(self) -> str:
        """What the history calls it."""
        ...

    def read(self, companies: Sequence[Company]) -> Iterator[CompanyReading]:
        """One reading for each company, in whatever order they end; one company never raises."""
        ...
