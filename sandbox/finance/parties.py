"""Contacts (customers and vendors) and items as documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sandbox.finance.documents import Document
from sandbox.finance.wire import HOME, address, money_of, number, stamp

DEFAULT_TERMS = 30


@dataclass(frozen=True)
class Links:
    """Ids of CRM records; empty where there is no link."""

    account: str = ""
    contact: str = ""
    vendor: str = ""


@dataclass(frozen=True)
class Party:
    """What is to be known of a contact."""

    name: str
    kind: str = "customer"  # or vendor
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    currency: str = HOME
    terms: int = DEFAULT_TERMS
    notes: str = ""
    company: str = ""  # the name, where it is not another one
    links: Links = field(default_factory=Links)


def contact(identity: str, created: int, party: Party) -> Document:
    """A contact. Outstanding amounts are added where one is shown: they follow from the invoices."""
    is_customer = party.kind == "customer"
    linked = bool(party.links.account or party.links.contact or party.links.vendor)
    values: dict[str, Any] = {
        "contact_id": identity,
        "contact_name": party.name,
        "customer_name": party.name if is_customer else "",
        "vendor_name": "" if is_customer else party.name,
        "company_name": party.company or party.name,
        "website": party.website,
        "language_code": "en",
        "contact_type": party.kind,
        "status": "active",
        "customer_sub_type": "business" if is_customer else "",
        "source": "csv",
        "is_linked_with_zohocrm": linked,
        "payment_terms": party.terms,
        "payment_terms_label": f"Net {party.terms}",
        **{key: one for key, one in money_of(party.currency).items() if key != "currency_symbol"},
        "first_name": party.first_name,
        "last_name": party.last_name,
        "email": party.email,
        "phone": party.phone,
        "mobile": "",
        "portal_status": "disabled",
        "created_time": stamp(created),
        "last_modified_time": stamp(created),
        "custom_fields": [],
        "custom_field_hash": {},
        "tags": [],
        "has_attachment": False,
    }
    return Document(identity, created, created, values, _contact_details(identity, created, party))


def _contact_details(identity: str, created: int, party: Party) -> dict[str, Any]:
    place = address(party.city, party.state, party.country, phone=party.phone)
    person = f"{int(identity) + 1}"
    return {
        "zcrm_account_id": party.links.account,
        "zcrm_contact_id": party.links.contact,
        "zcrm_vendor_id": party.links.vendor,
        "crm_owner_id": "",
        "is_crm_customer": bool(party.links.account or party.links.contact),
        "owner_id": "",
        "owner_name": "",
        "primary_contact_id": person if party.email else "",
        "contact_salutation": "",
        "designation": "",
        "department": "",
        "exchange_rate": "",
        "credit_limit": 0,
        "opening_balance_amount": 0,
        "contact_persons": [_person(person, party)] if party.email else [],
        "billing_address": place,
        "shipping_address": place,
        "addresses": [],
        "notes": party.notes,
        "default_templates": {},
        "opening_balances": [],
        "created_by_name": "",
        "created_date": stamp(created)[:10],
        "cards": [],
        "bank_accounts": [],
        "integration_references": [],
    }


def _person(identity: str, party: Party) -> dict[str, Any]:
    return {
        "contact_person_id": identity,
        "salutation": "",
        "first_name": party.first_name,
        "last_name": party.last_name,
        "email": party.email,
        "phone": party.phone,
        "mobile": "",
        "designation": "",
        "department": "",
        "is_primary_contact": True,
        "is_added_in_portal": False,
        "communication_preference": {"is_email_enabled": True},
        "zcrm_contact_id": party.links.contact,
    }


@dataclass(frozen=True)
class Article:
    """What is to be known of an item; prices in cents."""

    name: str
    sku: str = ""
    description: str = ""
    rate: int = 0
    cost: int = 0
    category: str = ""
    status: str = "active"
    product: str = ""  # the CRM's id


def item(identity: str, created: int, article: Article) -> Document:
    """An item that is bought and sold."""
    values: dict[str, Any] = {
        "item_id": identity,
        "name": article.name,
        "item_name": article.name,
        "unit": "pcs",
        "status": article.status,
        "source": "csv",
        "is_linked_with_zohocrm": bool(article.product),
        "zcrm_product_id": article.product,
        "description": article.description,
        "rate": number(article.rate),
        "purchase_rate": number(article.cost),
        "item_type": "sales_and_purchases",
        "product_type": "goods",
        "sku": article.sku,
        "tax_id": "",
        "tax_name": "",
        "tax_percentage": "",
        "account_id": "",
        "account_name": "Sales",
        "purchase_account_id": "",
        "purchase_account_name": "Cost of Goods Sold",
        "can_be_sold": True,
        "can_be_purchased": True,
        "track_inventory": False,
        "created_time": stamp(created),
        "last_modified_time": stamp(created),
    }
    extra = {"category_name": article.category, "custom_fields": [], "documents": []}
    return Document(identity, created, created, values, extra)


def contact_names(customer: Document) -> Mapping[str, Any]:
    """What a document repeats of its customer."""
    return {
        "customer_id": customer.id,
        "customer_name": customer.values["contact_name"],
        "company_name": customer.values["company_name"],
    }


def days_late(due: str, balance: float, status: str, day: date) -> str:
    """What the list of invoices says of one that is late; ``""`` of all others."""
    if status in {"draft", "void", "paid"} or not balance or not due:
        return ""
    days = (day - date.fromisoformat(due)).days
    return f"Overdue by {days} day{'' if days == 1 else 's'}" if days > 0 else ""
