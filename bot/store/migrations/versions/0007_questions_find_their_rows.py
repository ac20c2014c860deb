"""questions find their rows."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ADDED = (
    ("ix_crm_account_city", "crm_account", ("city",)),
    ("ix_crm_account_state", "crm_account", ("state",)),
    ("ix_crm_account_modified_at", "crm_account", ("modified_at",)),
    ("ix_crm_transaction_days", "crm_transaction", ("occurred_on", "stage", "account_id", "amount_minor")),
    ("ix_score_spend", "score", ("segmentation", "spend_minor")),
)


def upgrade() -> None:
    for name, table, columns in ADDED:
        op.create_index(name, table, list(columns), if_not_exists=True)
    op.drop_index("ix_crm_transaction_occurred_on", "crm_transaction", if_exists=True)


def downgrade() -> None:
    op.create_index("ix_crm_transaction_occurred_on", "crm_transaction", ["occurred_on"], if_not_exists=True)
    for name, table, _columns in ADDED:
        op.drop_index(name, table, if_exists=True)
