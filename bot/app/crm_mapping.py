"""The configuration's mapping in the connector's terms: standard fields, unless the document differs."""

from __future__ import annotations

from connector.mapping import STANDARD_FIELDS, CrmMapping, ModuleMapping, Role
from scoring.config import Mapping


def crm_mapping(mapping: Mapping) -> CrmMapping:
    """Every mapped module with its fields, in the order in which they are read."""
    chosen = (
        (Role.ACCOUNTS, mapping.accounts),
        (Role.CONTACTS, mapping.contacts),
        (Role.PRODUCTS, mapping.products),
        (Role.TRANSACTIONS, mapping.transactions),
    )
    return CrmMapping(
        tuple(
            ModuleMapping(role, choice.module, {**STANDARD_FIELDS[role], **choice.fields})
            for role, choice in chosen
        )
    )
