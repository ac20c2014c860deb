"""deals are kept by column, and runs say how many rows they wrote.

The triggers that mark accounts are made with the first blocks, on both databases
(``bot.store.deal_blocks.triggers``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ON_SQLITE = (
    *("deal_block_added", "deal_block_came", "deal_block_left", "deal_block_removed"),
    *("deal_block_account_added", "deal_block_account_removed"),
)
_ON_POSTGRESQL = {
    "crm_transaction": ("deal_block_added", "deal_block_changed", "deal_block_removed"),
    "crm_account": ("deal_block_account_added", "deal_block_account_removed"),
}


def upgrade() -> None:
    op.add_column("run", sa.Column("written", sa.Integer(), nullable=True))
    op.create_table(
        "deal_block",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_block")),
    )
    op.create_table(
        "deal_blocks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_blocks")),
    )
    op.create_table(
        "deal_block_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_block_mark")),
    )
    op.create_index(op.f("ix_deal_block_mark_account"), "deal_block_mark", ["account"])
    if op.get_bind().dialect.name == "postgresql":
        # To press numbers together takes longer than to write them as they are.
        op.execute("ALTER TABLE deal_block ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_column("run", "written")
    if op.get_bind().dialect.name == "sqlite":
        for name in _ON_SQLITE:
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
    else:
        for table, names in _ON_POSTGRESQL.items():
            for name in names:
                op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    op.drop_table("deal_block_mark")
    op.drop_table("deal_blocks")
    op.drop_table("deal_block")
