"""What Finance knows of the CRM beside it: ids of accounts, contacts and deals to link to."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.zoho.organisation import FIRST_ACCOUNT, FIRST_CONTACT, FIRST_DEAL
from sandbox.zoho.store import Store

MOST_ACCOUNTS, MOST_CONTACTS, MOST_DEALS = 85, 255, 9_000


@dataclass(frozen=True)
class CrmPerson:
    """A contact of the CRM."""

    id: str
    email: str


@dataclass
class CrmAccount:
    """An account of the CRM, its first contact, and one of its deals (id and name)."""

    id: str
    person: CrmPerson | None = None
    deal: tuple[str, str] | None = None


@dataclass(frozen=True)
class CrmSide:
    """Accounts in the order of their ids; none where the CRM is another one than Maven Hardware's."""

    accounts: list[CrmAccount] = field(default_factory=list)


def read_crm(store: Store) -> CrmSide:
    """Read the ids that the Maven organisation always has."""
    found: dict[int, CrmAccount] = {}
    records = store.tables["Accounts"].records
    for identity in range(FIRST_ACCOUNT, FIRST_ACCOUNT + MOST_ACCOUNTS):
        if records.get(identity) is not None:
            found[identity] = CrmAccount(str(identity))
    contacts = store.tables["Contacts"].records
    for identity in range(FIRST_CONTACT, FIRST_CONTACT + MOST_CONTACTS):
        contact = contacts.get(identity)
        account = found.get(contact.values["Account_Name"]) if contact is not None else None
        if contact is not None and account is not None and account.person is None:
            account.person = CrmPerson(str(identity), str(contact.values["Email"] or ""))
    deals = store.tables["Deals"].records
    for identity in range(FIRST_DEAL, FIRST_DEAL + MOST_DEALS):
        deal = deals.get(identity)
        account = found.get(deal.values["Account_Name"]) if deal is not None else None
        if deal is not None and account is not None and account.deal is None:
            account.deal = (str(identity), str(deal.values["Deal_Name"]))
    return CrmSide(list(found.values()))
