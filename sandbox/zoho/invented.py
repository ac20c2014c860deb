"""What the data set lacks and a CRM has: contacts, towns, telephone numbers; seeded by name."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from zlib import crc32

TOWNS = (
    ("Albany", "NY"), ("Atlanta", "GA"), ("Austin", "TX"), ("Baltimore", "MD"), ("Boise", "ID"),
    ("Boston", "MA"), ("Buffalo", "NY"), ("Charlotte", "NC"), ("Chicago", "IL"), ("Cleveland", "OH"),
    ("Columbus", "OH"), ("Dallas", "TX"), ("Denver", "CO"), ("Des Moines", "IA"), ("Detroit", "MI"),
    ("Houston", "TX"), ("Indianapolis", "IN"), ("Kansas City", "MO"), ("Madison", "WI"), ("Memphis", "TN"),
    ("Miami", "FL"), ("Minneapolis", "MN"), ("Nashville", "TN"), ("New York", "NY"), ("Omaha", "NE"),
    ("Phoenix", "AZ"), ("Pittsburgh", "PA"), ("Portland", "OR"), ("San Diego", "CA"), ("Seattle", "WA"),
)  # fmt: skip
FIRST_NAMES = (
    "Alma", "Amir", "Bela", "Bridget", "Cyrus", "Dana", "Devon", "Edith", "Emil", "Farah",
    "Gus", "Hana", "Ines", "Ivo", "Jonas", "June", "Karim", "Lena", "Lionel", "Mara",
    "Milo", "Nadia", "Nils", "Olive", "Oscar", "Petra", "Quinn", "Rafael", "Rita", "Sanjay",
    "Selma", "Tariq", "Tess", "Uma", "Viktor", "Wanda", "Xenia", "Yusuf", "Zelda", "Zoltan",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Bauer", "Castellan", "Drummond", "Eklund", "Fontaine", "Grieve", "Hollis", "Ibarra", "Jansen",
    "Kowalski", "Larkin", "Moreau", "Nakata", "Okafor", "Pereira", "Quist", "Rosen", "Salazar", "Thorne",
    "Ueda", "Varga", "Whitlock", "Yilmaz", "Zamora", "Ashdown", "Brandt", "Cole", "Dias", "Engel",
)  # fmt: skip
TITLES = (
    "Buyer",
    "Chief Financial Officer",
    "Head of Purchasing",
    "Operations Manager",
    "Owner",
    "Site Manager",
)
DEPARTMENTS = ("Finance", "Management", "Operations", "Purchasing")
TAGS = ("Partner", "Renewal", "Strategic")
HOME_COUNTRY = "United States"


@dataclass(frozen=True)
class Place:
    """Where an account is; town and state only where the generator knows some."""

    town: str | None
    state: str | None


@dataclass(frozen=True)
class Person:
    """A contact at an account."""

    first_name: str
    last_name: str
    email: str
    phone: str
    title: str
    department: str


def slug(name: str) -> str:
    """A name as a host name has it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def place_of(account: str, country: str) -> Place:
    """The account's town: one of thirty real ones in the home country, unknown elsewhere."""
    if country != HOME_COUNTRY:
        return Place(None, None)
    return Place(*random.Random(f"place {account}").choice(TOWNS))


def phone_of(owner: str) -> str:
    """A telephone number from the range kept for fiction (555-0100 to 555-0199)."""
    numbers = random.Random(f"phone {owner}")
    return f"({numbers.randint(201, 989)}) 555-01{numbers.randint(0, 99):02}"


def tag_of(account: str) -> str | None:
    """A tag for about one account in three."""
    return random.Random(f"tag {account}").choice((*TAGS, *(None,) * 6))


def people_of(account: str) -> tuple[Person, ...]:
    """One to three people, no two with the same name at one account."""
    numbers = random.Random(f"people {account}")
    count = numbers.randint(1, 3)
    firsts, lasts = numbers.sample(FIRST_NAMES, count), numbers.sample(LAST_NAMES, count)
    return tuple(
        Person(
            first,
            last,
            f"{first}.{last}@{slug(account)}.example".lower(),
            phone_of(f"{first} {last} {account}"),
            numbers.choice(TITLES),
            numbers.choice(DEPARTMENTS),
        )
        for first, last in zip(firsts, lasts, strict=True)
    )


def number_for(key: str, below: int) -> int:
    """A number from 0 to ``below`` - 1 that depends on the key alone."""
    return crc32(key.encode()) % below
