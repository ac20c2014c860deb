"""accounts are held in memory.

Triggers mark the accounts whose rows change, so that a process knows what it holds is not right any more.
SQLite's are made when the process that keeps house first looks (``bot.store.memory.marks``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_WATCHED = {
    "crm_account": (
        "id",
        "id",
        "id name industry annual_revenue_minor employees owner_id city state country kind created_at",
    ),
    "score": (
        "account_id",
        "segmentation account_id",
        "segmentation account_id r f m total label last_purchase purchases spend_minor",
    ),
    "crm_transaction": ("account_id", "id", "account_id stage occurred_on amount_minor"),
    "label_change": (
        "account_id",
        "id",
        "segmentation account_id old_label new_label direction baseline as_of ended_on",
    ),
}
_MOST = 5_000  # of accounts in one statement; more of them are marked as many
_TABLES = {
    "added": ("INSERT", "NEW TABLE AS new_rows"),
    "changed": ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "removed": ("DELETE", "OLD TABLE AS old_rows"),
}


def _which(what: str, account: str, key: str, columns: str) -> str:
    if what != "changed":
        return f"SELECT {account} AS account FROM {'new' if what == 'added' else 'old'}_rows"  # noqa: S608
    old, new = (", ".join(f"{row}.{one}" for one in columns.split()) for row in "on")
    same = " AND ".join(f"n.{one} = o.{one}" for one in key.split())
    # A row whose key has changed has no counterpart.
    return (
        f"SELECT unnest(ARRAY[o.{account}, n.{account}]) AS account FROM old_rows o "  # noqa: S608
        f"FULL JOIN new_rows n ON {same} WHERE ({old}) IS DISTINCT FROM ({new})"
    )


def upgrade() -> None:
    op.create_table(
        "memory_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory_mark")),
    )
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, described in _WATCHED.items():
        for what, (event, rows) in _TABLES.items():
            name, which = f"memory_{table}_{what}", _which(what, *described)
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608
                "DECLARE found text[]; BEGIN "
                f"SELECT array_agg(DISTINCT account) FROM ({which}) AS changed WHERE account IS NOT NULL "
                "INTO found; "
                f"IF cardinality(found) > {_MOST} THEN INSERT INTO memory_mark (account) VALUES (NULL); "
                "ELSIF found IS NOT NULL THEN INSERT INTO memory_mark (account) SELECT unnest(found); "
                "END IF; RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in _WATCHED:
        for what in _TABLES:
            name = f"memory_{table}_{what}"
            op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if on_sqlite else f" ON {table}"))
            if not on_sqlite:
                op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    op.drop_table("memory_mark")
