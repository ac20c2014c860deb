"""enrichment is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrichment_account",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "account_id", name=op.f("pk_enrichment_account")),
    )
    with op.batch_alter_table("enrichment_account", schema=None) as batch_op:
        batch_op.create_index("ix_enrichment_account_read", ["account_id", "at"], unique=False)
        batch_op.create_index(
            "ix_enrichment_account_state", ["batch_id", "state", "account_id"], unique=False
        )

    op.create_table(
        "enrichment_batch",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichment_batch")),
    )
    op.create_table(
        "enrichment_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_enrichment_day")),
    )
    op.create_table(
        "enrichment_proposal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichment_proposal")),
    )
    with op.batch_alter_table("enrichment_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrichment_proposal_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_enrichment_proposal_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "enrichment_write",
        sa.Column("of", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("crm_field", sa.String(length=100), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("of", "account_id", "crm_field", name=op.f("pk_enrichment_write")),
    )
    with op.batch_alter_table("enrichment_write", schema=None) as batch_op:
        batch_op.create_index("ix_enrichment_write_account", ["account_id", "at"], unique=False)


def downgrade() -> None:
    for table in ("write", "proposal", "day", "batch", "account"):
        op.drop_table(f"enrichment_{table}")
