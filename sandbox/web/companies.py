"""The companies behind the organisation's accounts, with what their sites may say of them; seeded by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sandbox.zoho.invented import HOME_COUNTRY, number_for, place_of, slug
from sandbox.zoho.source import read_source

# Of each town a postcode of its centre and an area code, so that address and telephone number fit together.
_TOWNS: Final = {
    "Albany": ("12207", "518"), "Atlanta": ("30303", "404"), "Austin": ("78701", "512"),
    "Baltimore": ("21202", "410"), "Boise": ("83702", "208"), "Boston": ("02108", "617"),
    "Buffalo": ("14202", "716"), "Charlotte": ("28202", "704"), "Chicago": ("60602", "312"),
    "Cleveland": ("44114", "216"), "Columbus": ("43215", "614"), "Dallas": ("75201", "214"),
    "Denver": ("80202", "303"), "Des Moines": ("50309", "515"), "Detroit": ("48226", "313"),
    "Houston": ("77002", "713"), "Indianapolis": ("46204", "317"), "Kansas City": ("64106", "816"),
    "Madison": ("53703", "608"), "Memphis": ("38103", "901"), "Miami": ("33130", "305"),
    "Minneapolis": ("55401", "612"), "Nashville": ("37219", "615"), "New York": ("10007", "212"),
    "Omaha": ("68102", "402"), "Phoenix": ("85004", "602"), "Pittsburgh": ("15222", "412"),
    "Portland": ("97204", "503"), "San Diego": ("92101", "619"), "Seattle": ("98104", "206"),
}  # fmt: skip
_ABROAD: Final = {
    "Germany": ("Köln", "50667", "Domstraße 12", "+49 221 5550"),
    "Belgium": ("Gent", "9000", "Veldstraat 31", "+32 9 555 01"),
    "Italy": ("Torino", "10121", "Via Roma 44", "+39 011 5550"),
}
_STREETS: Final = ("Main Street", "Market Street", "Oak Avenue", "Commerce Drive", "Mill Road", "Park Avenue")
_TRADES: Final = {
    "medical": "instruments and supplies for clinics and laboratories",
    "retail": "goods for everyday life in stores and by mail",
    "technolgy": "electronic components and the tools to test them",
    "software": "programs for planning, billing and stock",
    "entertainment": "films, games and live events",
    "marketing": "campaigns, research and brand design",
    "finance": "loans, leasing and asset management",
    "services": "maintenance, cleaning and logistics for offices",
    "telecommunications": "networks and telephone systems for companies",
    "employment": "recruiting and training for skilled people",
}


@dataclass(frozen=True)
class SiteCompany:
    """A company as it knows itself.

    Attributes:
        street, town, postcode: empty where the site gives no address.
        state: of the United States, by its letters.
    """

    name: str
    host: str
    trade: str
    country: str
    street: str
    town: str
    state: str
    postcode: str
    phone: str
    founded: int
    employees: int

    @property
    def email(self) -> str:
        """Where visitors write to."""
        return f"info@{self.host}"

    @property
    def told(self) -> str:
        """What it says of itself."""
        return (
            f"{self.name} supplies {self.trade}, with people who know their craft and answer the telephone."
        )


@lru_cache(maxsize=1)
def companies() -> dict[str, SiteCompany]:
    """Every account's company, by the host that the account names as its website."""
    found = {}
    for account in read_source().accounts:
        number = number_for(f"site {account.name}", 90)
        town, postcode, street, phone = _place(account.name, account.office_location, number)
        state = place_of(account.name, account.office_location).state or ""
        host = f"{slug(account.name)}.example"
        found[host] = SiteCompany(
            name=account.name,
            host=host,
            trade=_TRADES[account.sector],
            country=account.office_location,
            street=street,
            town=town,
            state=state,
            postcode=postcode,
            phone=phone,
            founded=account.year_established,
            employees=account.employees,
        )
    return found


def _place(name: str, country: str, number: int) -> tuple[str, str, str, str]:
    """Town, postcode, street and telephone number."""
    if country == HOME_COUNTRY:
        town = place_of(name, country).town or ""
        postcode, area = _TOWNS[town]
        street = f"{100 + 7 * number} {_STREETS[number % len(_STREETS)]}"
        return town, postcode, street, f"({area}) 555-01{number:02}"
    town, postcode, street, phone = _ABROAD.get(country, ("", "", "", ""))
    return town, postcode, street, f"{phone}{number:02}" if phone else ""
