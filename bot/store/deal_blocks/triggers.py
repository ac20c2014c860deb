"""The triggers that mark accounts whose deals change, or that come or go, whoever writes.

They are made with the first blocks, on both databases: until then nobody pays for them.
"""

from __future__ import annotations

from types import MappingProxyType

from sqlalchemy import Connection

from bot.store.triggers import TriggerFamily, marking_accounts, on_change_of

_SAID = ("account_id", "stage", "occurred_on", "amount_minor")
_TABLE = "deal_block_mark"


def _mark(row: str, key: str) -> str:
    """What follows a condition on SQLite: that the account has no mark yet, and to give it one."""
    return (
        f"{row}.{key} IS NOT NULL AND NOT EXISTS "  # noqa: S608 -- our own names
        f"(SELECT 1 FROM {_TABLE} WHERE account = {row}.{key}) "
        f"BEGIN INSERT INTO {_TABLE} (account) VALUES ({row}.{key}); END"
    )


_CHANGE = on_change_of("crm_transaction", _SAID)
TRIGGERS = TriggerFamily(
    "deal blocks",
    MappingProxyType(
        {
            "deal_block_added": f"AFTER INSERT ON crm_transaction WHEN {_mark('NEW', 'account_id')}",
            "deal_block_came": f"{_CHANGE} AND {_mark('NEW', 'account_id')}",
            "deal_block_left": f"{_CHANGE} AND {_mark('OLD', 'account_id')}",
            "deal_block_removed": f"AFTER DELETE ON crm_transaction WHEN {_mark('OLD', 'account_id')}",
            "deal_block_account_added": f"AFTER INSERT ON crm_account WHEN {_mark('NEW', 'id')}",
            "deal_block_account_removed": f"AFTER DELETE ON crm_account WHEN {_mark('OLD', 'id')}",
        }
    ),
    MappingProxyType(
        {
            "deal_block_added": marking_accounts(_TABLE, "INSERT", "crm_transaction", "account_id"),
            "deal_block_changed": marking_accounts(_TABLE, "UPDATE", "crm_transaction", "account_id", _SAID),
            "deal_block_removed": marking_accounts(_TABLE, "DELETE", "crm_transaction", "account_id"),
            "deal_block_account_added": marking_accounts(_TABLE, "INSERT", "crm_account", "id"),
            "deal_block_account_removed": marking_accounts(_TABLE, "DELETE", "crm_account", "id"),
        }
    ),
)


def are_watched(connection: Connection) -> bool:
    """Whether changes are marked."""
    return TRIGGERS.are_made(connection)
