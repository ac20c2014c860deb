"""triggers are made when needed, on PostgreSQL as on SQLite: a first sync writes without them.

Those that mark days of deals, keep sums of large accounts and mark accounts for memory go. Whoever needs them
makes them again and trusts nothing that was marked before (``bot.store.watching``). Their functions stay.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_DEALS = ("deal", "account_deal", "memory_crm_transaction")
# In the order in which an erasure writes to them. Table -> its triggers by what they look at.
_ON_POSTGRESQL = {
    "crm_transaction": [(one, what) for one in _DEALS for what in ("added", "changed", "removed")],
    "score": [("memory_score", what) for what in ("added", "changed", "removed")],
    "label_change": [("memory_label_change", what) for what in ("added", "changed", "removed")],
    "crm_account": [
        *(("deal_account", what) for what in ("added", "removed")),
        *(("memory_crm_account", what) for what in ("added", "changed", "removed")),
    ],
}
_WHEN = {
    "added": ("INSERT", "NEW TABLE AS new_rows"),
    "changed": ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "removed": ("DELETE", "OLD TABLE AS old_rows"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, names in _ON_POSTGRESQL.items():
        for one, what in names:
            op.execute(f"DROP TRIGGER IF EXISTS {one}_{what} ON {table}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, names in _ON_POSTGRESQL.items():
        for one, what in names:
            event, rows = _WHEN[what]
            op.execute(
                f"CREATE OR REPLACE TRIGGER {one}_{what} AFTER {event} ON {table} REFERENCING {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {one}_{what}()"
            )
    # That release trusts them from the beginning, and nobody knows what happened while there were none.
    op.execute(
        "INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM crm_transaction "
        "UNION SELECT DISTINCT day FROM deal_day"
    )
    op.execute("INSERT INTO memory_mark (account) VALUES (NULL)")
    op.execute("DELETE FROM account_deals")
