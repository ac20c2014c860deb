"""owners of deals are held in memory.

The trigger that marks accounts whose deals change looks at the owners of deals too. SQLite's is made anew
when the process that keeps house next looks (``bot.store.memory.marks``).
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NAME = "memory_crm_transaction_changed"
_BEFORE = ("account_id", "stage", "occurred_on", "amount_minor")
_MOST = 5_000  # of accounts in one statement; more of them are marked as many


def _watch(columns: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER IF EXISTS {_NAME}")
        return
    old, new = (", ".join(f"{row}.{one}" for one in columns) for row in "on")
    op.execute(
        f"CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608
        "DECLARE found text[]; BEGIN "
        "SELECT array_agg(DISTINCT account) FROM ("
        "SELECT unnest(ARRAY[o.account_id, n.account_id]) AS account FROM old_rows o "
        f"FULL JOIN new_rows n ON n.id = o.id WHERE ({old}) IS DISTINCT FROM ({new})"
        ") AS changed WHERE account IS NOT NULL INTO found; "
        f"IF cardinality(found) > {_MOST} THEN INSERT INTO memory_mark (account) VALUES (NULL); "
        "ELSIF found IS NOT NULL THEN INSERT INTO memory_mark (account) SELECT unnest(found); "
        "END IF; RETURN NULL; END $$"
    )


def upgrade() -> None:
    _watch((*_BEFORE, "owner_id"))


def downgrade() -> None:
    _watch(_BEFORE)
