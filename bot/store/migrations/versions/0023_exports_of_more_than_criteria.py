"""exports of who moved, had a label, or is to be offered something: that stands beside the criteria"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TABLES = ("export", "export_schedule")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("further", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("further")
