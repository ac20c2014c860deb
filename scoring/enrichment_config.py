"""The part of the document for enrichment: where values come from, and which CRM field each may fill."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from scoring.shape import Part

# What a provider may say of a company: thirteen things, and what its site is made with.
# ``connector.enrichment.values`` has the same names; the two packages do not see each other, and a test holds
# them together.
EnrichedName = Literal[
    "phone",
    "email",
    "street",
    "city",
    "state",
    "postcode",
    "country",
    "description",
    "industry",
    "founded",
    "employees",
    "linkedin",
    "social",
    "technologies",
]
NEVER: Final = "never"
IF_EMPTY: Final = "if empty"
ASK: Final = "ask"


class EnrichedInto(Part):
    """The CRM field that something goes into, and when.

    Attributes:
        field: the API name of a field of the accounts' module.
        rule: ``if empty``: batches fill it where it is empty, and a person may choose it for one account;
            ``ask``: only a person may, batches leave it alone; ``never``: nobody.
    """

    field: Annotated[str, Field(min_length=1, max_length=100)]
    rule: Literal["never", "if empty", "ask"] = IF_EMPTY


def _standard_fields() -> dict[EnrichedName, EnrichedInto]:
    """Zoho's own fields of accounts. A sector read off a site is wrong in one of six: it is asked about."""
    return {
        "phone": EnrichedInto(field="Phone"),
        "street": EnrichedInto(field="Billing_Street"),
        "city": EnrichedInto(field="Billing_City"),
        "state": EnrichedInto(field="Billing_State"),
        "postcode": EnrichedInto(field="Billing_Code"),
        "country": EnrichedInto(field="Billing_Country"),
        "description": EnrichedInto(field="Description"),
        "industry": EnrichedInto(field="Industry", rule=ASK),
        "employees": EnrichedInto(field="Employees"),
    }


class Enrichment(Part):
    """How accounts are enriched.

    Attributes:
        provider: ``crawler`` reads the companies' own sites, ``zia`` asks Zoho, ``file`` reads a CSV file.
        file: that file's path, for ``file``.
        fields: what goes where; what is not named is not written.
        daily_limit: accounts that all batches of a day of the organisation may have together.
        batch_limit: accounts of one batch. Both limits are Zoho's own as defaults.
        user_agent_url: a page of yours that explains the crawler; it is named to every site.
    """

    provider: Literal["crawler", "zia", "file"] = "crawler"
    file: str | None = None
    fields: dict[EnrichedName, EnrichedInto] = Field(default_factory=_standard_fields)
    daily_limit: Annotated[int, Field(ge=0, le=1_000_000)] = 5_000
    batch_limit: Annotated[int, Field(ge=1, le=10_000)] = 500
    user_agent_url: Annotated[str, Field(max_length=200)] = ""
