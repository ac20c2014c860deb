"""the past is found at once."""

from alembic import op

revision = "0008"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = (
    (
        "ix_label_change_moved",
        "label_change",
        ["segmentation", "baseline", "as_of", "old_label", "new_label", "direction", "account_id"],
    ),
    (
        "ix_label_change_given",
        "label_change",
        ["segmentation", "new_label", "as_of", "account_id", "run_id"],
    ),
    ("ix_label_change_followed", "label_change", ["account_id", "segmentation", "as_of"]),
    ("ix_run_technique", "run", ["segmentation", "technique"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns, if_not_exists=True)


def downgrade() -> None:
    for name, table, _columns in reversed(_INDEXES):
        op.drop_index(name, table, if_exists=True)
