"""The system fields of each kind of record, and what the CRM's own field types are to us. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.criteria.fields import Field, FieldType

TAG_FIELD = "Tag"  # its data type is "text", its value a list of objects with a name
TAGS = (FieldType.LIST, "list")
NOTHING_CHOSEN = "-None-"  # Zoho's picklists begin with it; a record then holds null

# CRM data type -> our type and the form of the value in the raw record, see ``bot.store.columns``. Currency
# fields are numbers here: raw records hold whole units. Subforms, files and layouts cannot be compared; of a
# formula the cache does not know the type.
# Types and their JSON: https://www.zoho.com/crm/developer/docs/api/v8/field-meta.html
RAW_TYPES: Mapping[str, tuple[FieldType, str]] = {
    **dict.fromkeys(
        ("text", "textarea", "email", "phone", "website", "picklist", "autonumber"),
        (FieldType.TEXT, "text"),
    ),
    **dict.fromkeys(
        ("integer", "double", "currency", "percent", "rollup_summary"), (FieldType.NUMBER, "number")
    ),
    "bigint": (FieldType.TEXT, "text"),  # up to 18 digits in a JSON string: an identifier, not a quantity
    "date": (FieldType.DATE, "day"),
    "datetime": (FieldType.DATE, "instant"),
    "boolean": (FieldType.BOOLEAN, "truth"),
    **dict.fromkeys(("lookup", "ownerlookup", "userlookup"), (FieldType.TEXT, "named")),
    **dict.fromkeys(
        ("multiselectpicklist", "multiselectlookup", "multiuserlookup"), (FieldType.LIST, "list")
    ),
}


@dataclass(frozen=True)
class System:
    """A system field: its name, type, place, and the cache's column that a CRM field fills."""

    name: str
    type: FieldType
    source: str
    label: str
    column: str = ""
    aliases: tuple[str, ...] = ()


_TEXT, _NUMBER, _MONEY, _DATE = FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.DATE

ACCOUNT_FIELDS = (
    System("name", _TEXT, "account.name", "Account", "name"),
    System("industry", _TEXT, "account.industry", "Industry", "industry"),
    System(
        "annual_revenue", _MONEY, "account.annual_revenue_minor", "Annual revenue", "annual_revenue_minor"
    ),
    System("employees", _NUMBER, "account.employees", "Employees", "employees"),
    System("owner", _TEXT, "owner.name", "Owner", "owner_id"),
    System("owner_email", _TEXT, "owner.email", "Owner's e-mail"),
    System("city", _TEXT, "account.city", "City", "city", ("billing_city",)),
    System("state", _TEXT, "account.state", "State", "state", ("billing_state",)),
    System("country", _TEXT, "account.country", "Country", "country", ("billing_country",)),
    System("website", _TEXT, "account.website", "Website", "website"),
    System("phone", _TEXT, "account.phone", "Phone", "phone"),
    System("type", _TEXT, "account.kind", "Type", "kind", ("kind",)),
    System("created", _DATE, "account.created_at", "Created", "created_at"),
    System("modified", _DATE, "account.modified_at", "Modified", "modified_at"),
    System("label", _TEXT, "score.label", "Label"),
    System("r", _NUMBER, "score.r", "R", aliases=("recency",)),
    System("f", _NUMBER, "score.f", "F", aliases=("frequency",)),
    System("m", _NUMBER, "score.m", "M", aliases=("monetary",)),
    System("rfm", _NUMBER, "score.total", "RFM", aliases=("total",)),
    System("last_purchase", _DATE, "score.last_purchase", "Last purchase"),
    System("purchases", _NUMBER, "score.purchases", "Purchases"),
    System("total_spend", _MONEY, "score.spend_minor", "Total spend", aliases=("spend",)),
    System("deals.count", _NUMBER, "deals.count", "Deals", aliases=("deals",)),
    System("open_deals", _NUMBER, "deals.open", "Open deals"),
)
TRANSACTION_FIELDS = (
    System("name", _TEXT, "transaction.name", "Name", "name"),
    System("stage", _TEXT, "transaction.stage", "Stage", "stage"),
    System("amount", _MONEY, "transaction.amount_minor", "Amount", "amount_minor"),
    System("occurred_on", _DATE, "transaction.occurred_on", "Date", "occurred_on", ("closing_date",)),
    System("owner", _TEXT, "owner.name", "Owner", "owner_id"),
    System("product", _TEXT, "product.name", "Product", "product_id"),
    System("created", _DATE, "transaction.created_at", "Created", "created_at"),
    System("modified", _DATE, "transaction.modified_at", "Modified", "modified_at"),
)
# What stands on a transaction's product, contact and account; it can be written but is not offered.
FURTHER_TRANSACTION_FIELDS = (
    System("account", _TEXT, "company.name", "Account"),
    System("contact", _TEXT, "person.name", "Contact"),
    System("contact.title", _TEXT, "person.title", "Contact's title"),
    System("product.code", _TEXT, "product.code", "Product code"),
    System("product.category", _TEXT, "product.category", "Product category"),
    System("product.unit_price", _MONEY, "product.unit_price_minor", "Unit price"),
)
CONTACT_FIELDS = (
    System("name", _TEXT, "contact.name", "Contact", "name"),
    System("email", _TEXT, "contact.email", "E-mail", "email", ("e-mail",)),
    System("phone", _TEXT, "contact.phone", "Phone", "phone"),
    System("title", _TEXT, "contact.title", "Title", "title"),
    System("owner", _TEXT, "owner.name", "Owner", "owner_id"),
    System("owner_email", _TEXT, "owner.email", "Owner's e-mail"),
    System("created", _DATE, "contact.created_at", "Created", "created_at"),
    System("modified", _DATE, "contact.modified_at", "Modified", "modified_at"),
    System("account", _TEXT, "company.name", "Account", "account_id"),
    System(
        "role",
        FieldType.LIST,
        "contact.roles",
        "Roles",
        aliases=("roles", "contact_role", "contact role", "contact roles"),
    ),
    System("keywords", FieldType.LIST, "contact.keywords", "Keywords", aliases=("keyword",)),
)
FURTHER_CONTACT_FIELDS = (
    System("account.label", _TEXT, "company.label", "Account's label"),
    System("account.industry", _TEXT, "company.industry", "Account's industry"),
    System("account.type", _TEXT, "company.kind", "Account's type"),
    System("account.city", _TEXT, "company.city", "Account's city"),
    System("account.state", _TEXT, "company.state", "Account's state"),
    System("account.country", _TEXT, "company.country", "Account's country"),
)
PRODUCT_FIELDS = (
    System("name", _TEXT, "product.name", "Product", "name"),
    System("code", _TEXT, "product.code", "Code", "code"),
    System("category", _TEXT, "product.category", "Category", "category"),
    System("unit_price", _MONEY, "product.unit_price_minor", "Unit price", "unit_price_minor"),
    System("created", _DATE, "product.created_at", "Created", "created_at"),
    System("modified", _DATE, "product.modified_at", "Modified", "modified_at"),
)
RECORD_FIELDS = (
    System("name", _TEXT, "record.name", "Name"),
    System("owner", _TEXT, "owner.name", "Owner", "owner_id"),
    System("created", _DATE, "record.created_at", "Created", "created_at"),
    System("modified", _DATE, "record.modified_at", "Modified", "modified_at"),
)
# Amounts of Finance documents are in the currency of the Finance organisation.
DOCUMENT_FIELDS = (
    System("number", _TEXT, "document.number", "Number"),
    System("status", _TEXT, "document.status", "Status"),
    System("counts", FieldType.BOOLEAN, "document.counts", "Counts"),
    System("occurred_on", _DATE, "document.occurred_on", "Date", aliases=("date",)),
    System("due_on", _DATE, "document.due_on", "Due", aliases=("due_date",)),
    System("ends_on", _DATE, "document.ends_on", "Ends"),
    System("amount", _MONEY, "document.total_minor", "Amount", aliases=("total",)),
    System("balance", _MONEY, "document.balance_minor", "Balance"),
    System("monthly", _MONEY, "document.monthly_minor", "Monthly"),
    System("currency", _TEXT, "document.currency", "Currency"),
    System("source", _TEXT, "document.source", "Product of Zoho Finance"),
    System("items", FieldType.LIST, "document.items", "Items"),
    System("viewed", _DATE, "document.viewed_at", "Viewed"),
    System("created", _DATE, "document.created_at", "Created"),
    System("modified", _DATE, "document.modified_at", "Modified"),
)
EVENT_FIELDS = (
    System("kind", _TEXT, "event.event_type", "Kind", aliases=("event_type", "type")),
    System("source", _TEXT, "event.source", "Source"),
    System("occurred", _DATE, "event.occurred_at", "When", aliases=("occurred_at", "date")),
    System("direction", _TEXT, "event.direction", "Direction"),
    System("email", _TEXT, "event.email", "E-mail"),
    System("text", _TEXT, "event.text", "Text"),
    System("rating", _NUMBER, "event.score", "Rating, -100 to 100", aliases=("score",)),
)
# Numbers of a segmentation's score: name -> type and column. Without a segmentation's name, of the first one.
SCORED: Mapping[str, tuple[FieldType, str]] = {
    "r": (_NUMBER, "r"),
    "f": (_NUMBER, "f"),
    "m": (_NUMBER, "m"),
    "rfm": (_NUMBER, "total"),
    "last_purchase": (_DATE, "last_purchase"),
    "purchases": (_NUMBER, "purchases"),
    "total_spend": (_MONEY, "spend_minor"),
}
# What further techniques say of an account: known to the language from the start, and there as soon as one of
# them gives an expression (``bot.store.catalog.Joined``). Probabilities and shares are in percent.
DECLARED: tuple[tuple[Field, str], ...] = (
    (
        Field("engagement", _NUMBER, "joined:engagement", ("engagement_score",), label="Engagement"),
        "engagement is known once there is a segmentation of the technique engagement.",
    ),
    (
        Field("churn_risk", _NUMBER, "joined:churn_risk", label="Risk of leaving, %", in_percent=True),
        "churn_risk is known once there is a segmentation of the technique leaving.",
    ),
    (
        Field("value_at_risk", _MONEY, "joined:value_at_risk", label="Value at risk"),
        "value_at_risk is known once there is a segmentation of the technique leaving.",
    ),
    (
        Field("expected_purchases", _NUMBER, "joined:expected_purchases", label="Expected purchases"),
        "expected_purchases is known once there is a segmentation of the technique leaving.",
    ),
    *(
        (
            Field(name, kind, f"joined:{name}", label=label, in_percent=label.endswith("%")),
            f"{name} is known once there is a segmentation of the technique recommendations.",
        )
        for name, kind, label in (
            ("best_probability", _NUMBER, "Chance of the best repeat buy, %"),
            ("best_lift", _NUMBER, "Lift of the best new product"),
            ("recommended_value", _MONEY, "Value of recommendations"),
        )
    ),
    (
        Field(
            "market_segment",
            FieldType.LIST,
            "joined:market_segment",
            ("market segment", "market segments", "market_segments"),
            label="Market segments",
        ),
        "There are no market segments yet: name some in the configuration, under markets, and give them.",
    ),
)
