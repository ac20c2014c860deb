"""deals are added up by day.

Triggers mark the days whose sums are not right any more, whoever writes. SQLite's, which cost each row
something, are made when the deals are first added up (``bot.store.deal_day_triggers``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SAID = ("occurred_on", "stage", "owner_id", "account_id", "amount_minor")


# Once for a statement, however many rows it writes. Nothing is looked up among the marks: two transactions
# that write at the same time do not wait for each other.
_ROWS = "({})".format(", ".join(f"{{row}}.{one}" for one in _SAID))
_CHANGED = (
    "INSERT INTO deal_day_mark (day) SELECT DISTINCT day FROM ("  # noqa: S608 -- our own names
    "SELECT o.occurred_on AS before, n.occurred_on AS after FROM old_rows o JOIN new_rows n ON n.id = o.id "
    f"WHERE {_ROWS.format(row='o')} IS DISTINCT FROM {_ROWS.format(row='n')}"
    ") AS changed CROSS JOIN LATERAL (VALUES (before), (after)) AS each (day)"
)
_FUNCTIONS = {
    "deal_added": "INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM new_rows",
    "deal_changed": _CHANGED,
    "deal_removed": "INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM old_rows",
    "deal_account_added": (
        "INSERT INTO deal_day_mark (day) SELECT DISTINCT t.occurred_on FROM crm_transaction t "
        "JOIN new_rows n ON n.id = t.account_id"
    ),
    "deal_account_removed": (
        "INSERT INTO deal_day_mark (day) SELECT DISTINCT t.occurred_on FROM crm_transaction t "
        "JOIN old_rows o ON o.id = t.account_id"
    ),
}
_ON_SQLITE = (*_FUNCTIONS, "deal_moved")
_WHEN = {
    "deal_added": ("INSERT ON crm_transaction", "NEW TABLE AS new_rows"),
    "deal_changed": ("UPDATE ON crm_transaction", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "deal_removed": ("DELETE ON crm_transaction", "OLD TABLE AS old_rows"),
    "deal_account_added": ("INSERT ON crm_account", "NEW TABLE AS new_rows"),
    "deal_account_removed": ("DELETE ON crm_account", "OLD TABLE AS old_rows"),
}


def upgrade() -> None:
    op.create_table(
        "deal_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_owner", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Text(), nullable=True),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("deals", "given_back", "upper", "lower", "alone", "unpriced")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_day")),
    )
    op.create_index("ix_deal_day_stage", "deal_day", ["by_owner", "stage", "day"])
    op.create_index(op.f("ix_deal_day_day"), "deal_day", ["day"])
    op.create_table(
        "deal_day_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_day_mark")),
    )
    op.create_index(op.f("ix_deal_day_mark_day"), "deal_day_mark", ["day"])
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM crm_transaction")
    for name, body in _FUNCTIONS.items():
        when, rows = _WHEN[name]
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {when} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in _ON_SQLITE if on_sqlite else ():
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
    for name, (when, _rows) in () if on_sqlite else _WHEN.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name} ON {when.rpartition(' ')[2]}")
        op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    op.drop_table("deal_day_mark")
    op.drop_table("deal_day")
