"""The configuration in the connector's terms: what is read, how often, and which field fills which column."""

from __future__ import annotations

from datetime import timedelta

from connector.mapping import STANDARD_FIELDS, CrmMapping, ModuleMapping, Role
from connector.sync.policy import SyncPolicy
from scoring.config import Configuration, Mapping


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


def sync_policy(configuration: Configuration) -> SyncPolicy:
    """How the CRM is read. A module that plays a role is not read once more beside it."""
    syncing = configuration.sync
    mapped = {one.module for one in crm_mapping(configuration.mapping).modules}
    return SyncPolicy(
        deletions_after=timedelta(minutes=syncing.deletions_every_minutes),
        reconcile_after=timedelta(days=syncing.reconcile_every_days),
        also=tuple(one for one in dict.fromkeys(syncing.also) if one not in mapped),
    )
