"""The modules of the organisation and their fields: names, types, limits. The wire form is in metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True)
class Field:
    """One field of a module; ``target`` is the module that a lookup points to."""

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


@dataclass(frozen=True)
class Module:
    """One module; ``duplicate_check`` is the system field that upsert compares."""

    id: int
    api_name: str
    singular: str
    plural: str
    display_field: str
    duplicate_check: str
    fields: tuple[Field, ...]
    has_records_api: bool = True

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
            if one.api_name != "id"
        }


@dataclass(frozen=True)
class _Sketch:
    """A field before it has an id and a label."""

    name: str
    data_type: str = "text"
    length: int = 255
    mandatory: bool = False
    read_only: bool = False
    custom: bool = False
    options: tuple[str, ...] = ()
    target: str | None = None
    related_list: str | None = None
    label: str | None = None


def _money(name: str, *, read_only: bool = False) -> _Sketch:
    return _Sketch(name, "currency", 16, read_only=read_only)


def _lookup(name: str, target: str, related_list: str, *, custom: bool = False) -> _Sketch:
    return _Sketch(name, "lookup", 120, target=target, related_list=related_list, custom=custom)


SYSTEM = (
    _Sketch("id", "bigint", 20, read_only=True, label="Record Id"),
    _Sketch("Owner", "ownerlookup", 120, target="Users"),
    _Sketch("Created_By", "ownerlookup", 120, read_only=True, target="Users"),
    _Sketch("Modified_By", "ownerlookup", 120, read_only=True, target="Users"),
    _Sketch("Created_Time", "datetime", 120, read_only=True),
    _Sketch("Modified_Time", "datetime", 120, read_only=True),
    _Sketch("Last_Activity_Time", "datetime", 120, read_only=True),
    _Sketch("Tag", "text", 2000),
    _Sketch("Record_Status__s", "picklist", 120, read_only=True, options=("Available", "Draft", "Trash")),
)
ACCOUNTS = (
    _Sketch("Account_Name", length=200, mandatory=True),
    _Sketch("Account_Type", "picklist", options=ACCOUNT_TYPES),
    _Sketch("Industry", "picklist", options=INDUSTRIES),
    _money("Annual_Revenue"),
    _Sketch("Employees", "integer", 9),
    _Sketch("Website", "website", 450),
    _Sketch("Phone", "phone", 30),
    _lookup("Parent_Account", "Accounts", "Member_Accounts"),
    _Sketch("Billing_Street"),
    _Sketch("Billing_City", length=100),
    _Sketch("Billing_State", length=100),
    _Sketch("Billing_Country", length=100),
    _Sketch("Billing_Code", length=30),
    _Sketch("Description", "textarea", 32000),
    _Sketch("Year_Established", "integer", 4, custom=True),
)
CONTACTS = (
    _Sketch("First_Name", length=40),
    _Sketch("Last_Name", length=80, mandatory=True),
    _Sketch("Full_Name", length=80, read_only=True),
    _lookup("Account_Name", "Accounts", "Contacts"),
    _Sketch("Email", "email", 100),
    _Sketch("Phone", "phone", 30),
    _Sketch("Title", length=100),
    _Sketch("Department", length=50),
    _Sketch("Email_Opt_Out", "boolean"),
    _Sketch("Mailing_City", length=100),
    _Sketch("Mailing_Country", length=100),
    _Sketch("Description", "textarea", 32000),
)
DEALS = (
    _Sketch("Deal_Name", length=120, mandatory=True),
    _Sketch("Stage", "picklist", mandatory=True, options=tuple(STAGES)),
    _money("Amount"),
    _Sketch("Probability", "percent", 5),
    _money("Expected_Revenue", read_only=True),
    _Sketch("Closing_Date", "date", 20),
    _lookup("Account_Name", "Accounts", "Deals"),
    _lookup("Contact_Name", "Contacts", "Deals"),
    _lookup("Product", "Products", "Deals", custom=True),
    _Sketch("Product_Name_As_Written", length=120, custom=True),
    _Sketch("Next_Step", length=100),
    _Sketch("Description", "textarea", 32000),
)
PRODUCTS = (
    _Sketch("Product_Name", length=200, mandatory=True),
    _Sketch("Product_Code", length=40),
    _Sketch("Product_Category", "picklist", options=("GTK", "GTX", "MG")),
    _money("Unit_Price"),
    _Sketch("Product_Active", "boolean"),
    _Sketch("Description", "textarea", 32000),
)
LEADS = (
    _Sketch("First_Name", length=40),
    _Sketch("Last_Name", length=80, mandatory=True),
    _Sketch("Full_Name", length=80, read_only=True),
    _Sketch("Company", length=200),
    _Sketch("Email", "email", 100),
    _Sketch("Phone", "phone", 30),
)
USERS = (
    _Sketch("id", "bigint", 20, read_only=True),
    _Sketch("first_name"),
    _Sketch("last_name"),
    _Sketch("full_name"),
    _Sketch("email", "email", 100),
    _Sketch("status", "picklist", options=("active", "disabled", "deleted")),
    _Sketch("role", "lookup"),
    _Sketch("profile", "lookup"),
    _Sketch("Reporting_To", "userlookup", target="Users"),
    _Sketch("Created_Time", "datetime", read_only=True),
    _Sketch("Modified_Time", "datetime", read_only=True),
)


def modules() -> dict[str, Module]:
    """Every module by API name. Ids are the same in every run."""
    return {
        "Leads": _module(0, "Leads", "Lead", "Full_Name", "Email", LEADS + SYSTEM),
        "Accounts": _module(1, "Accounts", "Account", "Account_Name", "Account_Name", ACCOUNTS + SYSTEM),
        "Contacts": _module(2, "Contacts", "Contact", "Full_Name", "Email", CONTACTS + SYSTEM),
        "Deals": _module(3, "Deals", "Deal", "Deal_Name", "Deal_Name", DEALS + SYSTEM),
        "Products": _module(4, "Products", "Product", "Product_Name", "Product_Name", PRODUCTS + SYSTEM),
        "Users": _module(5, "Users", "User", "full_name", "email", USERS, has_records_api=False),
    }


def _module(
    number: int,
    name: str,
    singular: str,
    display_field: str,
    duplicate_check: str,
    sketches: tuple[_Sketch, ...],
    *,
    has_records_api: bool = True,
) -> Module:
    first = ORGANISATION_DIGITS + 10_000 + number * 1_000
    fields = tuple(_field(first + place, sketch) for place, sketch in enumerate(sketches, start=1))
    identity = ORGANISATION_DIGITS + 2_170 + number * 2
    return Module(identity, name, singular, name, display_field, duplicate_check, fields, has_records_api)


def _field(identity: int, sketch: _Sketch) -> Field:
    return Field(
        identity,
        sketch.name,
        sketch.label or sketch.name.removesuffix("__s").replace("_", " "),
        sketch.data_type,
        sketch.length,
        sketch.mandatory,
        sketch.read_only,
        sketch.custom,
        sketch.options,
        sketch.target,
        sketch.related_list,
    )
