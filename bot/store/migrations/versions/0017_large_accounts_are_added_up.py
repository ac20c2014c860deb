"""large accounts are added up.

Triggers note what a change of deals adds to the sums of accounts that are added up. SQLite's, which cost each
row something, are made with the first such account (``bot.store.account_deal_triggers``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_LOW_BITS = 20
_SAID = ("account_id", "stage", "occurred_on", "amount_minor")
_ROWS = "({})".format(", ".join(f"{{row}}.{one}" for one in _SAID))
_INTO = "INSERT INTO account_deals (account_id, stage, day, deals, given_back, upper, lower) "
# A look into the index for each row: to join them PostgreSQL might read all the sums.
_ADDED_UP = "(SELECT true FROM account_deals k WHERE k.account_id = r.account_id LIMIT 1)"


def _noted(rows: str) -> str:
    """Sums over rows of ``sign`` and a deal."""
    amount = "coalesce(r.amount_minor, 0)"
    return (
        f"{_INTO} SELECT r.account_id, r.stage, r.occurred_on, sum(r.sign), "  # noqa: S608 -- our own names
        f"sum(CASE WHEN {amount} < 0 THEN r.sign ELSE 0 END), sum(r.sign * ({amount} >> {_LOW_BITS})), "
        f"sum(r.sign * ({amount} & {(1 << _LOW_BITS) - 1})) FROM ({rows}) AS r "
        f"WHERE {_ADDED_UP} GROUP BY r.account_id, r.stage, r.occurred_on"
    )


def _all_of(row: str, sign: int, joined: str) -> str:
    columns = ", ".join(f"{row}.{one}" for one in _SAID)
    return f"SELECT {sign} AS sign, {columns} FROM {joined}"  # noqa: S608 -- our own names


_CHANGED = (
    "old_rows o JOIN new_rows n ON n.id = o.id "
    f"WHERE {_ROWS.format(row='o')} IS DISTINCT FROM {_ROWS.format(row='n')}"
)
_FUNCTIONS = {
    "account_deal_added": _noted(_all_of("n", 1, "new_rows n")),
    "account_deal_changed": _noted(f"{_all_of('o', -1, _CHANGED)} UNION ALL {_all_of('n', 1, _CHANGED)}"),
    "account_deal_removed": _noted(_all_of("o", -1, "old_rows o")),
}
_WHEN = {
    "account_deal_added": ("INSERT", "NEW TABLE AS new_rows"),
    "account_deal_changed": ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "account_deal_removed": ("DELETE", "OLD TABLE AS old_rows"),
}
_ON_SQLITE = ("account_deal_added", "account_deal_left", "account_deal_came", "account_deal_removed")


def upgrade() -> None:
    op.create_table(
        "account_deals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("deals", "given_back", "upper", "lower")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_deals")),
    )
    op.create_index(op.f("ix_account_deals_account_id"), "account_deals", ["account_id"])
    if op.get_bind().dialect.name == "sqlite":
        return
    for name, body in _FUNCTIONS.items():
        when, rows = _WHEN[name]
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {when} ON crm_transaction REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in _ON_SQLITE if on_sqlite else ():
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
    for name in () if on_sqlite else _WHEN:
        op.execute(f"DROP TRIGGER IF EXISTS {name} ON crm_transaction")
        op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    op.drop_table("account_deals")
