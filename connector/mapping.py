"""Which CRM module plays which role, and which of its fields fill which columns. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.ports import FieldDescription


class Role(StrEnum):
    """What a module is to us: one of the four roles, or something else that is kept all the same."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"
    PRODUCTS = "products"
    TRANSACTIONS = "transactions"
    OTHER = "other"


# System field name -> API name in Zoho's standard modules. The system names are the cache's column names;
# a name ending in _id holds the id of a lookup, *_minor holds money in hundredths.
STANDARD_FIELDS: dict[Role, dict[str, str]] = {
    Role.ACCOUNTS: {
        "name": "Account_Name",
        "industry": "Industry",
        "annual_revenue_minor": "Annual_Revenue",
        "employees": "Employees",
        "owner_id": "Owner",
        "parent_id": "Parent_Account",
        "city": "Billing_City",
        "state": "Billing_State",
        "country": "Billing_Country",
        "website": "Website",
        "phone": "Phone",
        "kind": "Account_Type",
        "currency": "Currency",
        "exchange_rate": "Exchange_Rate",
        "created_at": "Created_Time",
        "modified_at": "Modified_Time",
    },
    Role.CONTACTS: {
        "account_id": "Account_Name",
        "name": "Full_Name",
        "email": "Email",
        "phone": "Phone",
        "title": "Title",
        "owner_id": "Owner",
        "created_at": "Created_Time",
        "modified_at": "Modified_Time",
    },
    Role.PRODUCTS: {
        "name": "Product_Name",
        "code": "Product_Code",
        "category": "Product_Category",
        "unit_price_minor": "Unit_Price",
        "currency": "Currency",
        "exchange_rate": "Exchange_Rate",
        "created_at": "Created_Time",
        "modified_at": "Modified_Time",
    },
    Role.TRANSACTIONS: {
        "account_id": "Account_Name",
        "contact_id": "Contact_Name",
        "product_id": "Product",
        "owner_id": "Owner",
        "name": "Deal_Name",
        "stage": "Stage",
        "occurred_on": "Closing_Date",
        "amount_minor": "Amount",
        "currency": "Currency",
        "exchange_rate": "Exchange_Rate",
        "created_at": "Created_Time",
        "modified_at": "Modified_Time",
    },
}
# The typed columns of each role's table, in the order of CrmRecord.values. A *_minor column holds the home
# currency; `currency` and `exchange_rate` say what it was converted from.
COLUMNS: dict[Role, tuple[str, ...]] = {role: tuple(names) for role, names in STANDARD_FIELDS.items()} | {
    Role.OTHER: (
        "name",
        "parent_id",
        "account_id",
        "contact_id",
        "owner_id",
        "created_at",
        "modified_at",
    )
}
# Only organisations with several currencies have these fields: nobody misses them elsewhere.
OPTIONAL_FIELDS = frozenset({"Currency", "Exchange_Rate"})
STANDARD_MODULES: dict[Role, str] = {
    Role.ACCOUNTS: "Accounts",
    Role.CONTACTS: "Contacts",
    Role.PRODUCTS: "Products",
    Role.TRANSACTIONS: "Deals",
}


@dataclass(frozen=True)
class ModuleMapping:
    """One module in one role.

    Attributes:
        role: what its records are to us.
        module: the CRM's API name of the module.
        fields: system field name (see STANDARD_FIELDS) -> CRM API name. A system field that the module lacks
            is left out; its column stays empty and the sync report says so.
    """

    role: Role
    module: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CrmMapping:
    """Every mapped module, in the order in which they are read: what others point at comes first."""

    modules: tuple[ModuleMapping, ...]

    def of(self, role: Role) -> ModuleMapping:
        """The module that plays this role.

        Raises:
            KeyError: when the role is not mapped.
        """
        for one in self.modules:
            if one.role is role:
                return one
        raise KeyError(role)


def standard_mapping() -> CrmMapping:
    """The mapping that fits an organisation that uses Zoho's standard modules."""
    order = (Role.ACCOUNTS, Role.CONTACTS, Role.PRODUCTS, Role.TRANSACTIONS)
    return CrmMapping(
        tuple(ModuleMapping(role, STANDARD_MODULES[role], STANDARD_FIELDS[role]) for role in order)
    )


# What a record of a module without a role is called, the best first.
_NAMES = ("Name", "Full_Name", "Subject", "Event_Title", "Note_Title", "Last_Name", "File_Name")
# Activities point to a person and to something else, which is said by other fields.
_ACTIVITY_FIELDS = {"contact_id": "Who_Id", "account_id": "What_Id"}


def other_mapping(
    module: str, fields: Sequence[FieldDescription], accounts_module: str, contacts_module: str
) -> ModuleMapping:
    """The mapping of a module without a role, found out from its fields."""
    names = {one.api_name for one in fields}
    targets = {one.target: one.api_name for one in reversed(fields) if one.data_type == "lookup"}
    singular = module.removesuffix("s")
    found = {
        "name": next((one for one in (*_NAMES, f"{module}_Name", f"{singular}_Name") if one in names), None),
        "parent_id": "Parent_Id",
        "account_id": targets.get(accounts_module) or _ACTIVITY_FIELDS["account_id"],
        "contact_id": targets.get(contacts_module) or _ACTIVITY_FIELDS["contact_id"],
        "owner_id": "Owner",
        "created_at": "Created_Time",
        "modified_at": "Modified_Time",
    }
    return ModuleMapping(Role.OTHER, module, {name: one for name, one in found.items() if one in names})
