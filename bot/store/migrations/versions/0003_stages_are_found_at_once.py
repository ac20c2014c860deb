"""stages are found at once."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_crm_transaction_stage", "crm_transaction", ["stage"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index("ix_crm_transaction_stage", "crm_transaction", if_exists=True)
