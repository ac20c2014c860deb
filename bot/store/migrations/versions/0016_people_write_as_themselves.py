"""people write as themselves: their own consents in Zoho are kept, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zoho_consent",
        sa.Column("slack_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("crm_user_id", sa.String(length=32), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slack_id", name=op.f("pk_zoho_consent")),
    )
    op.create_table(
        "zoho_consent_request",
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("slack_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_zoho_consent_request")),
    )
    with op.batch_alter_table("zoho_consent_request") as batch:
        batch.create_index(batch.f("ix_zoho_consent_request_slack_id"), ["slack_id"], unique=False)


def downgrade() -> None:
    op.drop_table("zoho_consent_request")
    op.drop_table("zoho_consent")
