"""exports know whose accounts their files hold, and which copies of them are in Slack"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_COLUMNS = ("scope", "slack_files")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("export", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("export") as batch:
        for name in _COLUMNS:
            batch.drop_column(name)
