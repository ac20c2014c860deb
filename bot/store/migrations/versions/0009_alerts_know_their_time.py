"""alerts know their time."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held_back",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_in", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_back")),
        sa.UniqueConstraint("change_id", "route", name=op.f("uq_held_back_change_id_route")),
    )
    with op.batch_alter_table("held_back", schema=None) as batch_op:
        batch_op.create_index("ix_held_back_route", ["route", "place"], unique=False)

    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("thread_ts", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("alert_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("route", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_outbox_alert_id"), ["alert_id"], unique=False)

    # Messages of before: each alert's own, by the key that they share.
    op.execute(
        "UPDATE outbox SET alert_id = (SELECT alert.id FROM alert WHERE outbox.dedupe_key = "
        "'alert:' || alert.route || ':' || CAST(alert.change_id AS VARCHAR(20))) WHERE kind = 'alert'"
    )


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_alert_id"))
        batch_op.drop_column("route")
        batch_op.drop_column("alert_id")

    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_column("escalated_at")
        batch_op.drop_column("reminded_at")
        batch_op.drop_column("thread_ts")

    op.drop_table("held_back")
