"""Selections and readers for tests of reading."""

from __future__ import annotations

from collections.abc import Mapping

from connector.mapping import Role
from connector.ports import CrmUser, FieldDescription, Selection
from connector.zoho.canonical import Form, canonical_people
from connector.zoho.records import Rate, RecordReader, Surroundings

TARGETS = {"Account_Name": "Accounts", "Contact_Name": "Contacts", "Product": "Products"}
USERS = {
    "900": CrmUser("900", "Ada Lovelace", "ada@example.com", None, None, None, active=True, raw="{}"),
    "901": CrmUser("901", "Bo", None, None, None, None, active=False, raw="{}"),
}


def described(
    name: str, data_type: str, picklist: tuple[str, ...] | None = None, target: str | None = None
) -> FieldDescription:
    """A field."""
    return FieldDescription(name, name, data_type, picklist=picklist, target=target or TARGETS.get(name))


def selection(
    fields: Mapping[str, str] | tuple[FieldDescription, ...],
    columns: Mapping[str, str] | None = None,
    *,
    module: str = "Deals",
    role: Role = Role.TRANSACTIONS,
) -> Selection:
    """A choice of fields (name -> data type), in the order of their names."""
    chosen = fields if isinstance(fields, tuple) else tuple(described(*one) for one in fields.items())
    return Selection(module, role, tuple(sorted(chosen, key=lambda one: one.api_name)), columns or {})


def reader(
    chosen: Selection,
    form: Form,
    *,
    rate: Rate = "per_home",
    returns: Mapping[str, str] | None = None,
    users: Mapping[str, CrmUser] = USERS,
) -> RecordReader:
    """A reader at home in an organisation that counts in dollars."""
    around = Surroundings(canonical_people(users), returns or {}, rate, lambda: "USD")
    return RecordReader(chosen, form, around)
