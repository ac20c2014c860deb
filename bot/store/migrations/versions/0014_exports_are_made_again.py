"""exports are made again, and may be of contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.add_column(sa.Column("schedule_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("mailing", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("remark", sa.Text(), nullable=True))
    op.create_table(
        "export_schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("question", "segments", "criteria", "sort")
        ),
        sa.Column("row_limit", sa.BigInteger(), nullable=True),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("header", sa.String(length=10), nullable=False),
        sa.Column("columns", sa.Text(), nullable=True),
        sa.Column("mailing", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requester", sa.String(), nullable=False),
        sa.Column("slack_id", sa.String(length=32), nullable=False),
        sa.Column("rhythm", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_schedule")),
        sa.UniqueConstraint("public_id", name=op.f("uq_export_schedule_public_id")),
    )
    with op.batch_alter_table("export_schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_export_schedule_requested_by"), ["requested_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_export_schedule_state"), ["state"], unique=False)


def downgrade() -> None:
    op.drop_table("export_schedule")
    with op.batch_alter_table("export", schema=None) as batch_op:
        for name in ("remark", "mailing", "schedule_id"):
            batch_op.drop_column(name)
