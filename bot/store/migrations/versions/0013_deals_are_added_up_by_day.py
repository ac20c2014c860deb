"""deals are added up by day.

Triggers mark the days whose sums are not right any more, whoever writes. On SQLite a table that a later
migration makes anew loses its triggers: it has to make them again (``TRIGGERS``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0008"
branch_labels = None
depends_on = None

_SAID = ("occurred_on", "stage", "owner_id", "account_id", "amount_minor")


def _unmarked(row: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM deal_day_mark WHERE day IS {row}.occurred_on)"  # noqa: S608 -- our own


def _mark(row: str) -> str:
    return f"BEGIN INSERT INTO deal_day_mark (day) VALUES ({row}.occurred_on); END"  # noqa: S608 -- our own


def _mark_all_of(account: str) -> str:
    return (
        "INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM crm_transaction "  # noqa: S608
        f"WHERE account_id = {account};"
    )


# A condition of the trigger: within its statement it would fill a table for every row.
_CHANGE = f"AFTER UPDATE OF {', '.join(_SAID)} ON crm_transaction WHEN"
_DIFFERS = " OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in _SAID)
TRIGGERS = {
    "deal_added": f"AFTER INSERT ON crm_transaction WHEN {_unmarked('NEW')} {_mark('NEW')}",
    "deal_changed": f"{_CHANGE} ({_DIFFERS}) AND {_unmarked('NEW')} {_mark('NEW')}",
    "deal_moved": f"{_CHANGE} OLD.occurred_on IS NOT NEW.occurred_on AND {_unmarked('OLD')} {_mark('OLD')}",
    "deal_removed": f"AFTER DELETE ON crm_transaction WHEN {_unmarked('OLD')} {_mark('OLD')}",
    "deal_account_added": f"AFTER INSERT ON crm_account BEGIN {_mark_all_of('NEW.id')} END",
    "deal_account_removed": f"AFTER DELETE ON crm_account BEGIN {_mark_all_of('OLD.id')} END",
}

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
    op.execute("INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM crm_transaction")
    if op.get_bind().dialect.name == "sqlite":
        for name, body in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {body}")
        return
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
    for name in TRIGGERS if on_sqlite else ():
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
    for name, (when, _rows) in () if on_sqlite else _WHEN.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name} ON {when.rpartition(' ')[2]}")
        op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    op.drop_table("deal_day_mark")
    op.drop_table("deal_day")
