"""The modules of the organisation and their fields: names, types, limits. The wire form is in metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

# The first seven digits of every id belong to the organisation, twelve follow: 19 digits as the real ones.
ORGANISATION_DIGITS = 6_100_214 * 10**12

ACCOUNT_TYPES = (
    "Analyst",
    "Competitor",
    "Customer",
    "Distributor",
    "Investor",
    "Partner",
    "Prospect",
    "Vendor",
)
INDUSTRIES = (  # as the source spells them, "technolgy" included
    "employment", "entertainment", "finance", "marketing", "medical", "retail", "services", "software",
    "technolgy", "telecommunications",
)  # fmt: skip
# Stage and the probability that Zoho gives it, in per cent (recorded in live organisations).
STAGES: Mapping[str, int] = {
    "Qualification": 10,
    "Needs Analysis": 20,
    "Value Proposition": 40,
    "Identify Decision Makers": 60,
    "Proposal/Price Quote": 75,
    "Negotiation/Review": 90,
    "Closed Won": 100,
    "Closed Lost": 0,
}
TAG_COLOURS = ("#F17574", "#57B1FD", "#63C57E")


ANYWHERE = "se_module"  # what the metadata names where a lookup may point into any module

# Fields whose values are records of another module: not in lists, bulk files or queries.
CHILD_TYPES = frozenset({"subform", "multiselectlookup", "multiuserlookup"})


@dataclass(frozen=True)
class Field:
    """One field of a module; ``target`` is the module that a lookup points to.

    ``returns`` is the type that a formula gives. ``rows`` is the module that holds the rows of a subform
    or the links of a multi-select lookup, ``mine`` the lookup there to this module, ``theirs`` the other one.
    """

    id: int
    api_name: str
    label: str
    data_type: str
    length: int = 255
    mandatory: bool = False
    read_only: bool = False
    custom: bool = False
    options: tuple[str, ...] = ()
    target: str | None = None
    related_list: str | None = None
    returns: str | None = None
    rich: bool = False
    unique: bool = False
    scale: int = 2
    prefix: str = ""
    tooltip: str | None = None
    rows: str | None = None
    mine: str = "Parent_Id"
    theirs: str | None = None

    @property
    def kind(self) -> str:
        """The type of its values: of a formula what it returns."""
        return self.returns or self.data_type

    @property
    def anywhere(self) -> bool:
        """Whether it points into any module, which the record names."""
        return self.target == ANYWHERE

    @property
    def has_rows(self) -> bool:
        """Whether its values are records of another module."""
        return self.data_type in CHILD_TYPES


@dataclass(frozen=True)
class Module:
    """One module; ``duplicate_check`` is the system field that upsert compares.

    ``changed`` is when its fields last changed, seconds since 1970; 0 means never since it was made.
    """

    id: int
    api_name: str
    singular: str
    plural: str
    display_field: str
    duplicate_check: str
    fields: tuple[Field, ...]
    has_records_api: bool = True
    generated_type: str = "default"
    parent: str | None = None
    changed: int = 0

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by API name."""
        return {one.api_name: one for one in self.fields}

    @cached_property
    def blank(self) -> dict[str, bool | None]:
        """The values of a record in which nothing is filled in."""
        return {
            one.api_name: False if one.data_type == "boolean" else None
            for one in self.fields
            if one.api_name != "id" and not one.has_rows
        }

    @cached_property
    def children(self) -> tuple[Field, ...]:
        """The fields whose values are records of another module."""
        return tuple(one for one in self.fields if one.has_rows and one.rows is not None)


def sketch(
    name: str, data_type: str = "text", length: int = 255, *, label: str | None = None, **more: Any
) -> Field:
    """A field that has no id yet; ``more`` are other attributes of :class:`Field`."""
    return Field(0, name, label or label_of(name), data_type, length, **more)


def label_of(name: str) -> str:
    """What a field of this name is called on the screen."""
    return name.removesuffix("__s").replace("_", " ")


def money(name: str, *, read_only: bool = False) -> Field:
    """An amount."""
    return sketch(name, "currency", 16, read_only=read_only)


def link(name: str, target: str, related_list: str, *, custom: bool = False) -> Field:
    """A lookup to one module."""
    return sketch(name, "lookup", 120, target=target, related_list=related_list, custom=custom)


SYSTEM = (
    sketch("id", "bigint", 20, read_only=True, label="Record Id"),
    sketch("Owner", "ownerlookup", 120, target="Users"),
    sketch("Created_By", "ownerlookup", 120, read_only=True, target="Users"),
    sketch("Modified_By", "ownerlookup", 120, read_only=True, target="Users"),
    sketch("Created_Time", "datetime", 120, read_only=True),
    sketch("Modified_Time", "datetime", 120, read_only=True),
    sketch("Last_Activity_Time", "datetime", 120, read_only=True),
    sketch("Tag", "text", 2000),
    sketch("Record_Status__s", "picklist", 120, read_only=True, options=("Available", "Draft", "Trash")),
)
ACCOUNTS = (
    sketch("Account_Name", length=200, mandatory=True),
    sketch("Account_Type", "picklist", options=ACCOUNT_TYPES),
    sketch("Industry", "picklist", options=INDUSTRIES),
    money("Annual_Revenue"),
    sketch("Employees", "integer", 9),
    sketch("Website", "website", 450),
    sketch("Phone", "phone", 30),
    link("Parent_Account", "Accounts", "Member_Accounts"),
    sketch("Billing_Street"),
    sketch("Billing_City", length=100),
    sketch("Billing_State", length=100),
    sketch("Billing_Country", length=100),
    sketch("Billing_Code", length=30),
    sketch("Description", "textarea", 32000),
    sketch("Year_Established", "integer", 4, custom=True),
    sketch("Technologies", custom=True),
)
CONTACTS = (
    sketch("First_Name", length=40),
    sketch("Last_Name", length=80, mandatory=True),
    sketch("Full_Name", length=80, read_only=True),
    link("Account_Name", "Accounts", "Contacts"),
    sketch("Email", "email", 100),
    sketch("Phone", "phone", 30),
    sketch("Title", length=100),
    sketch("Department", length=50),
    sketch("Email_Opt_Out", "boolean"),
    sketch("Mailing_City", length=100),
    sketch("Mailing_Country", length=100),
    sketch("Description", "textarea", 32000),
)
DEALS = (
    sketch("Deal_Name", length=120, mandatory=True),
    sketch("Stage", "picklist", mandatory=True, options=tuple(STAGES)),
    money("Amount"),
    sketch("Probability", "percent", 5),
    money("Expected_Revenue", read_only=True),
    sketch("Closing_Date", "date", 20),
    link("Account_Name", "Accounts", "Deals"),
    link("Contact_Name", "Contacts", "Deals"),
    link("Product", "Products", "Deals", custom=True),
    sketch("Product_Name_As_Written", length=120, custom=True),
    sketch("Next_Step", length=100),
    sketch("Description", "textarea", 32000),
)
PRODUCTS = (
    sketch("Product_Name", length=200, mandatory=True),
    sketch("Product_Code", length=40),
    sketch("Product_Category", "picklist", options=("GTK", "GTX", "MG")),
    money("Unit_Price"),
    sketch("Product_Active", "boolean"),
    sketch("Description", "textarea", 32000),
)
LEADS = (
    sketch("First_Name", length=40),
    sketch("Last_Name", length=80, mandatory=True),
    sketch("Full_Name", length=80, read_only=True),
    sketch("Company", length=200),
    sketch("Email", "email", 100),
    sketch("Phone", "phone", 30),
    sketch("Converted__s", "boolean", read_only=True),
    sketch("Converted_Date_Time", "datetime", 120, read_only=True),
    sketch("Converted_Account", "lookup", 120, read_only=True, target="Accounts"),
    sketch("Converted_Contact", "lookup", 120, read_only=True, target="Contacts"),
    sketch("Converted_Deal", "lookup", 120, read_only=True, target="Deals"),
)
USERS = (
    sketch("id", "bigint", 20, read_only=True),
    sketch("first_name"),
    sketch("last_name"),
    sketch("full_name"),
    sketch("email", "email", 100),
    sketch("status", "picklist", options=("active", "disabled", "deleted")),
    sketch("role", "lookup"),
    sketch("profile", "lookup"),
    sketch("Reporting_To", "userlookup", target="Users"),
    sketch("Created_Time", "datetime", read_only=True),
    sketch("Modified_Time", "datetime", read_only=True),
)


def modules() -> dict[str, Module]:
    """Every module by API name. Ids are the same in every run."""
    return {
        "Leads": make_module(0, "Leads", "Lead", "Full_Name", "Email", LEADS + SYSTEM),
        "Accounts": make_module(1, "Accounts", "Account", "Account_Name", "Account_Name", ACCOUNTS + SYSTEM),
        "Contacts": make_module(2, "Contacts", "Contact", "Full_Name", "Email", CONTACTS + SYSTEM),
        "Deals": make_module(3, "Deals", "Deal", "Deal_Name", "Deal_Name", DEALS + SYSTEM),
        "Products": make_module(4, "Products", "Product", "Product_Name", "Product_Name", PRODUCTS + SYSTEM),
        "Users": make_module(5, "Users", "User", "full_name", "email", USERS, has_records_api=False),
    }


def make_module(
    number: int,
    name: str,
    singular: str,
    display_field: str,
    duplicate_check: str,
    fields: tuple[Field, ...],
    *,
    has_records_api: bool = True,
    generated_type: str = "default",
    parent: str | None = None,
) -> Module:
    """A module and its fields with their ids; ``number`` counts the modules of the organisation."""
    first = ORGANISATION_DIGITS + 10_000 + number * 1_000
    numbered = tuple(replace(one, id=first + place) for place, one in enumerate(fields, start=1))
    identity = ORGANISATION_DIGITS + 2_170 + number * 2
    return Module(
        identity,
        name,
        singular,
        name,
        display_field,
        duplicate_check,
        numbered,
        has_records_api,
        generated_type,
        parent,
    )
