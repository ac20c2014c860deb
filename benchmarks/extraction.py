"""What is read off company sites: ``python -m benchmarks.extraction --data DIR [--half development]``.

DIR holds pages and what is true of them, as its ``SOURCE.md`` says; they are not part of the project. A set
that somebody makes anew has a ``truth.json`` of the same form, with a ``name`` for each company, and plain
pages; ``--all`` counts both halves of it as one. For each field: yield (right of what is knowable) and
accuracy of what was answered; pairs of a company and somebody else's site; what modern pages tell; processor
time. The companies were split in two by a hash of their domain before anything was tuned; only the
development half was looked at, until the other had been counted eleven times (see MISSED_TOWNS).
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.modern_pages import (
    ALL,
    HALVES,
    half,
    judged_figures,
    modern,
    modern_fields,
    page_of,
    share_of,
    technology_figures,
)
from connector.enrichment import names
from connector.enrichment.documents import opened, registered_domain, site_label
from connector.enrichment.emails import ROLES
from connector.enrichment.reading import read_site
from connector.enrichment.structured import organisations
from connector.enrichment.values import Company, EnrichedField, Page, Site, SiteReading

WRONG_PAIRS = 1_000
SHORTEST_STREET = 6  # letters and digits
TRUTHS = ("webstruct-truth.json", "truth.json")
# Towns that the annotation misses, by the start of a domain's hash. Two annotators, blind to each other
# and to our answers, named them: the footer runs street and town together ("… Street North Perth WA
# 6006", split before "Perth"), the page of contacts sets the town between commas.
MISSED_TOWNS = {"4f82370fb2f8": ("North Perth",)}


@dataclass(frozen=True)
class Sample:
    """A company, its site, and what is true of it."""

    company: Company
    site: Site
    truth: dict[str, list[str]]
    sector: str
    founded: str
    employees: str


@dataclass
class Count:
    """Of one field."""

    knowable: int = 0
    answered: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, sample: Sample, said: str, *, known: bool, right: bool) -> None:
        """One company."""
        self.knowable += known
        self.answered += bool(said)
        self.right += bool(said) and right
        if said and not right:
            self.wrong.append(f"{sample.company.website}: {said}")


def samples(data: Path, which: str) -> list[Sample]:
    """The companies of a half."""
    companies = json.loads(next(one for one in (data / name for name in TRUTHS) if one.exists()).read_text())
    chosen = half((one["domain"] for one in companies), which)
    return [_sample(data, one) for one in companies if one["domain"] in chosen]


def _sample(data: Path, one: dict[str, Any]) -> Sample:
    pages = tuple(Page(page["base"], page_of(data / page["file"])) for page in one["pages"])
    name = one.get("name") or next(iter(one["truth"].get("ORG", [])), one["domain"])
    return Sample(
        Company(one["domain"], html.unescape(name), one["domain"]),
        Site(pages),
        one["truth"],
        one["sector"] or "",
        str(one["founded"] or ""),
        str(one["employees"] or ""),
    )


def _value(reading: SiteReading, wanted: EnrichedField) -> str:
    return next((one.value for one in reading.proposals if one.field is wanted), "")


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text.replace("(0)", ""))


def is_phone(said: str, truth: Sequence[str]) -> bool:
    """Whether a number is one of those: by its last eight digits."""
    return any(_digits(said)[-8:] in _digits(one) for one in truth)


def is_street(said: str, truth: Sequence[str]) -> bool:
    """Whether a street is one of those, or one contains the other; spans of the truth are split by HTML."""
    mine = _bare(said)
    return any(
        (_bare(one) in mine or mine in _bare(one)) and min(len(mine), len(_bare(one))) >= SHORTEST_STREET
        for one in truth
    )


def is_one_of(said: str, truth: Sequence[str]) -> bool:
    """Whether a text is one of those, letters and digits only."""
    return _bare(said) in {_bare(one) for one in truth}


def role_addresses(sample: Sample) -> set[str]:
    """The truth of e-mail, by plain means: every role address of the site's own domain in its HTML."""
    found = set()
    for page in sample.site.pages:
        plain = html.unescape(page.html)
        for local, domain in re.findall(r"([\w.+-]{1,64})@([\w-]{1,63}(?:\.[\w-]{1,63}){1,3})", plain):
            if local.lower() in ROLES and sample.company.website.partition(".")[0] in domain.lower():
                found.add(f"{local}@{domain}".lower().rstrip("."))
    return found


def fields(chosen: Sequence[Sample]) -> tuple[dict[str, Count], int, int]:
    """Counts by field, faxes proposed as telephones, and companies accepted."""
    counts: dict[str, Count] = {}
    faxes = accepted = 0
    for one in chosen:
        reading = read_site(one.company, one.site)
        accepted += reading.is_company
        if not reading.is_company:  # what would be said is measured apart from who says it
            reading = read_site(_by_domain(one), one.site)

        def add(name: str, said: str, *, known: object, right: bool, of: Sample = one) -> None:
            counts.setdefault(name, Count()).add(of, said, known=bool(known), right=right)

        truth = one.truth
        phone, email = _value(reading, EnrichedField.PHONE), _value(reading, EnrichedField.EMAIL)
        street, city = _value(reading, EnrichedField.STREET), _value(reading, EnrichedField.CITY)
        telephones, roles = truth.get("TEL", []), role_addresses(one)
        faxes += bool(phone) and is_phone(phone, truth.get("FAX", [])) and not is_phone(phone, telephones)
        add("phone", phone, known=telephones, right=is_phone(phone, telephones))
        add("e-mail", email, known=roles, right=email in roles)
        towns = truth.get("CITY", [])  # some hold the state as well: "Washington DC"
        in_town = is_one_of(city, towns) or is_one_of(city + _value(reading, EnrichedField.STATE), towns)
        on_street, whole = is_street(street, truth.get("STREET", [])), truth.get("STREET") and towns
        add("street and city", street, known=whole, right=on_street and in_town)
        in_town = in_town or is_one_of(city, MISSED_TOWNS.get(_hashed(one.company.website), ()))
        add("  corrected", street, known=whole, right=on_street and in_town)
        code, codes = _value(reading, EnrichedField.POSTCODE), truth.get("ZIPCODE", [])
        coded = any(_bare(each).startswith(_bare(code)[:5]) for each in codes)
        add("postcode", code, known=codes, right=coded)
        for name, wanted, known in (
            ("industry", EnrichedField.INDUSTRY, one.sector),
            ("founded", EnrichedField.FOUNDED, one.founded),
            ("employees", EnrichedField.EMPLOYEES, one.employees),
        ):
            said = _value(reading, wanted)
            add(name, said, known=known, right=said == known)
    return counts, faxes, accepted


def _hashed(domain: str) -> str:
    return hashlib.sha256(domain.encode()).hexdigest()[:12]


def _by_domain(one: Sample) -> Company:
    return Company(one.company.account_id, one.company.website.partition(".")[0], one.company.website)


def wrong_pairs(chosen: Sequence[Sample], most: int) -> tuple[int, list[str]]:
    """Pairs of a company and another's site: how many, and those that were taken for one another."""
    pairs = [(one, other) for one in chosen for other in chosen if one is not other]
    step = max(1, len(pairs) // most)
    taken = pairs[::step][:most] if len(pairs) > most else pairs
    wrong = []
    for one, other in taken:
        if read_names(one.company, other.site):
            wrong.append(f"{one.company.name} at {other.company.website}")
    return len(taken), wrong


_NAMES: dict[int, tuple[tuple[str, ...], str]] = {}


def read_names(company: Company, site: Site) -> bool:
    """Whether the site is taken for the company's, by the steps of ``read_site`` with pages opened once."""
    if id(site) not in _NAMES:
        documents = [one for at, page in enumerate(site.pages) if (one := opened(page, home=at == 0))]
        found = [each for one in documents for each in organisations(one)]
        _NAMES[id(site)] = names.site_names(documents, found), site_label(site.pages[0].url)
    given, label = _NAMES[id(site)]
    return round(names.likeness(company.name, given, label=label), 1) >= names.ALIKE


def milliseconds_a_page(sites: Sequence[tuple[Company, Site]]) -> float:
    """Processor time of ``read_site``."""
    pages = sum(len(site.pages) for _, site in sites)
    began = time.process_time()
    for company, site in sites:
        read_site(company, site)
    return 1000 * (time.process_time() - began) / max(1, pages)


def _print(title: str, rows: dict[str, str]) -> None:
    print(f"  {title}")
    for name, value in rows.items():
        print(f"    {name:<48}{value}")


def report(data: Path, which: str, *, show: bool) -> None:
    """Everything of one half, printed."""
    chosen, pages = samples(data, which), modern(data, which)
    counts, faxes, accepted = fields(chosen)
    print(f"\n{which}: {len(chosen)} companies, {len(pages)} modern pages")
    print(f"    {'field':<18}{'knowable':>9}{'answered':>10}{'right':>7}{'yield':>8}{'accuracy':>10}")
    for name, one in counts.items():
        if not one.knowable:
            continue  # the set does not say what is true
        share = f"{one.right / max(1, one.knowable):>8.2f}{one.right / max(1, one.answered):>10.2f}"
        print(f"    {name:<18}{one.knowable:>9}{one.answered:>10}{one.right:>7}{share}")
        for wrong in one.wrong if show else ():
            print(f"        wrong: {wrong}")
    _print(
        "who it is",
        {"right sites accepted": share_of(accepted, len(chosen)), "faxes proposed as telephones": str(faxes)},
    )
    if pages:
        _print("modern pages that tell", modern_fields(pages))
        _print("technographics", technology_figures(pages, show=show))
    old = milliseconds_a_page([(one.company, one.site) for one in chosen])
    new = milliseconds_a_page(
        [(Company("", registered_domain(one.site.pages[0].url)), one.site) for one in pages]
    )
    _print("processor time, ms a page", {"companies' pages": f"{old:.0f}", "modern pages": f"{new:.0f}"})


def main() -> None:
    """Both halves, or one of them with what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--half", choices=HALVES, help="one half only")
    parser.add_argument("--all", action="store_true", help="both halves as one")
    parser.add_argument("--show", action="store_true", help="name what is wrong; for the development half")
    chosen = parser.parse_args()
    wanted: tuple[str, ...] = (ALL,) if chosen.all else (chosen.half,) if chosen.half else HALVES
    for which in wanted:
        report(chosen.data, which, show=chosen.show)
    everybody: list[Sample] = [one for which in wanted for one in samples(chosen.data, which)]
    if modern(chosen.data, ALL):
        print()
        _print("technologies judged by hand", judged_figures(chosen.data, show=chosen.show))
    pairs, wrong = wrong_pairs(everybody, WRONG_PAIRS)
    print(f"\nwrong companies taken for right: {len(wrong)} of {pairs} pairs")
    for one in wrong:
        print(f"    {one}")


if __name__ == "__main__":
    main()
