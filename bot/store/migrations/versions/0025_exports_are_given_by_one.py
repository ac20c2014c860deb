"""exports know how far they are given, and mailing lists of which accounts their contacts are"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_INSTANTS = ("deliver_by", "given_at")
_TEXTS = {"delivering": 32, "sending": 64}


def upgrade() -> None:
    for name in _INSTANTS:
        op.add_column("export", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name, length in _TEXTS.items():
        op.add_column("export", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("export", sa.Column("accounts", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("export") as batch:
        for name in (*_INSTANTS, *_TEXTS, "accounts"):
            batch.drop_column(name)
