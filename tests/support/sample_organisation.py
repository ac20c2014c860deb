"""A small organisation like the sandbox's: words, catalog and configuration, without any database."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from bot.app.answers import AccountLine
from bot.app.people import Person, Role
from bot.app.ports import NamedAccount, NamedUser, OrganisationWords
from bot.language.vocabulary import Index, Vocabulary, build_index
from connector.enrichment.fingerprints import fingerprints
from scoring.config import Configuration, Segment, SynonymGroup
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.enrichment_config import EnrichedInto, Enrichment
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label

DATA = Path(__file__).resolve().parents[2] / "sandbox" / "data" / "maven_crm"
TODAY = date(2026, 11, 23)  # a Monday
LABELS = ("Champion", "VIP", "Loyal", "Promising", "New", "Needs Attention", "At Risk", "Lost")
CITIES = (
    ("Austin", "Texas"),
    ("Dallas", "Texas"),
    ("Houston", "Texas"),
    ("New York", "New York"),
    ("Boston", "Massachusetts"),
    ("Chicago", "Illinois"),
    ("Seattle", "Washington"),
    ("Columbus", "Ohio"),
    ("San Francisco", "California"),
    ("Los Angeles", "California"),
    ("Denver", "Colorado"),
    ("Miami", "Florida"),
)

ANNA = Person("UANNA", "Anna Snelling", "anna.snelling@bellwether.example", "user-anna-snelling", Role.MEMBER)
STRANGER = Person("UGAIL", "Gail Guest", "gail@partner.example", None, Role.VIEWER)


def _field(name: str, kind: FieldType, label: str = "", *aliases: str, values: tuple[str, ...] = ()) -> Field:
    return Field(name, kind, f"account.{name}", aliases, values, label or name.replace("_", " ").capitalize())


# Product id -> name, as the sandbox has them.
PRODUCTS = {
    "4876876000000555001": "GTX Basic",
    "4876876000000555002": "GTX Pro",
    "4876876000000555003": "MG Special",
    "4876876000000555004": "MG Advanced",
    "4876876000000555005": "GTX Plus Pro",
    "4876876000000555006": "GTX Plus Basic",
    "4876876000000555007": "GTK 500",
}
PURCHASES = Catalog(
    (
        Field("amount", FieldType.MONEY, "amount"),
        Field("occurred_on", FieldType.DATE, "closed"),
        Field("product", FieldType.TEXT, "product", values=tuple(PRODUCTS.values())),
    ),
    rows="purchases",
)
CATALOG = Catalog(
    (
        _field("name", FieldType.TEXT, "Account Name", "account_name"),
        _field("industry", FieldType.TEXT),
        _field("annual_revenue", FieldType.MONEY, "Annual Revenue"),
        _field("employees", FieldType.NUMBER),
        _field("owner", FieldType.TEXT, "Account Owner"),
        _field("owner_email", FieldType.TEXT),
        _field("city", FieldType.TEXT, "Billing City", "billing_city"),
        _field("state", FieldType.TEXT, "Billing State", "billing_state"),
        _field("country", FieldType.TEXT, "Billing Country", "billing_country"),
        _field("website", FieldType.TEXT),
        _field("phone", FieldType.TEXT),
        _field("type", FieldType.TEXT, "Account Type", "account_type"),
        _field("created", FieldType.DATE, "Created Time", "created_time"),
        _field("modified", FieldType.DATE, "Modified Time", "modified_time"),
        _field("label", FieldType.TEXT, values=LABELS),
        _field("r", FieldType.NUMBER, "R"),
        _field("f", FieldType.NUMBER, "F"),
        _field("m", FieldType.NUMBER, "M"),
        _field("rfm", FieldType.NUMBER, "RFM"),
        _field("last_purchase", FieldType.DATE),
        _field("purchases", FieldType.NUMBER),
        _field("total_spend", FieldType.MONEY),
        _field("deals.count", FieldType.NUMBER, "Deals"),
        _field("open_deals", FieldType.NUMBER),
        Field(
            "Customer Tier",
            FieldType.TEXT,
            "raw:Customer_Tier",
            ("Customer_Tier",),
            ("Gold", "Silver"),
            "Customer Tier",
        ),
        Field("Technologies", FieldType.TEXT, "raw:Technologies", label="Technologies"),
    ),
    relations=(Relation("purchases", "purchase", PURCHASES),),
)

CONFIGURATION = Configuration(
    enrichment=Enrichment(fields={"technologies": EnrichedInto(field="Technologies")}),
    segmentations=(
        RfmSegmentation(
            name="Purchase behaviour", labels=tuple(Label(name=name, when="r >= 1") for name in LABELS)
        ),
    ),
    segments=(Segment(name="Big fish", criteria="total_spend > 200k and employees > 1000"),),
    synonyms=(
        SynonymGroup(field="industry", same=("medical", "healthcare", "health care", "health", "pharma")),
        SynonymGroup(field="industry", same=("technolgy", "technology", "tech", "IT", "high tech")),
        SynonymGroup(field="industry", same=("telecommunications", "telecom", "telco", "telecoms")),
        SynonymGroup(field="industry", same=("finance", "financial", "banking", "financial services")),
        SynonymGroup(field="industry", same=("employment", "staffing", "recruitment")),
        SynonymGroup(field="label", same=("Champion", "best customers", "stars")),
        SynonymGroup(field="label", same=("VIP", "very important", "whales")),
        SynonymGroup(field="label", same=("At Risk", "slipping", "about to leave", "endangered")),
        SynonymGroup(field="label", same=("Lost", "churned", "gone")),
    ),
)


@dataclass(frozen=True)
class Sample:
    """The organisation."""

    lines: tuple[AccountLine, ...]
    users: tuple[NamedUser, ...]
    emails: dict[str, str]

    def words(self) -> OrganisationWords:
        values = {
            name: tuple(dict.fromkeys(v for line in self.lines if (v := getattr(line, name))))
            for name in ("industry", "city", "state", "country", "label", "owner")
        }
        return OrganisationWords(
            tuple(NamedAccount(line.id, line.name) for line in self.lines),
            self.users,
            {
                **values,
                "type": ("Customer",),
                "stage": ("Closed Won", "Closed Lost"),
                "product": tuple(PRODUCTS.values()),
            },
            PRODUCTS,
            tuple(one.name for one in fingerprints()),
        )


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _email(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@bellwether.example"


def _users() -> tuple[NamedUser, ...]:
    teams = rows("sales_teams.csv")
    managers = dict.fromkeys(row["manager"] for row in teams)
    known = {
        name: f"user-{name.lower().replace(' ', '-')}"
        for name in (*managers, *(r["sales_agent"] for r in teams))
    }
    return (
        *(NamedUser(known[name], name, _email(name), None) for name in managers),
        *(
            NamedUser(
                known[r["sales_agent"]], r["sales_agent"], _email(r["sales_agent"]), known[r["manager"]]
            )
            for r in teams
        ),
        NamedUser("user-ada-lindqvist", "Ada Lindqvist", _email("Ada Lindqvist"), None),
    )


def _line(at: int, row: dict[str, str], agents: list[str]) -> AccountLine:
    city, state = CITIES[at % len(CITIES)] if row["office_location"] == "United States" else (None, None)
    if row["office_location"] == "Germany":
        city = "Berlin"
    spread = (at * 37) % 100
    return AccountLine(
        id=str(4876876000000333000 + at),
        name=row["account"],
        label=LABELS[at % len(LABELS)],
        r=1 + spread % 5,
        f=1 + (spread // 5) % 5,
        m=1 + (spread // 25) % 5,
        total=3 + spread % 5 + (spread // 5) % 5 + (spread // 25) % 5,
        industry=row["sector"],
        city=city,
        state=state,
        country=row["office_location"],
        owner=agents[at % len(agents)],
        last_purchase=TODAY - timedelta(days=1 + spread * 4),
        purchases=5 + spread,
        spend_minor=(1_000 + spread * 4_321) * 100,
        annual_revenue_minor=round(float(row["revenue"]) * 1_000_000) * 100,
        employees=int(row["employees"]),
    )


@lru_cache(maxsize=1)
def sample() -> Sample:
    users = _users()
    agents = [user.name for user in users if user.manager_id]
    lines = tuple(_line(at, row, agents) for at, row in enumerate(rows("accounts.csv")))
    return Sample(lines, users, {user.name: user.email or "" for user in users})


@lru_cache(maxsize=1)
def sample_index() -> Index:
    return build_index(sample().words(), CATALOG, CONFIGURATION)


def without_purchases() -> Vocabulary:
    """Of an organisation of whose purchases only the last one's day is known."""
    return Vocabulary(
        build_index(sample().words(), replace(CATALOG, relations=()), CONFIGURATION), ANNA, TODAY
    )


def vocabulary_for(person: Person = ANNA) -> Vocabulary:
    return Vocabulary(sample_index(), person, TODAY)
