"""the past is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
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
        ["segmentation", "new_label", "as_of", "ended_on", "account_id"],
    ),
    ("ix_offer_given", "offer", ["product_id", "segmentation", "account_id", "place"]),
    ("ix_offer_given_with", "offer", ["with_product_id", "segmentation", "account_id", "place"]),
)

# A label ends with the account's next change, or when another technique begins under the name.
_NEXT = """
UPDATE label_change SET ended_on = (
    SELECT later.as_of FROM label_change AS later
    WHERE later.account_id = label_change.account_id
      AND later.segmentation = label_change.segmentation AND later.id > label_change.id
    ORDER BY later.id LIMIT 1)
"""
_ANEW = """
UPDATE label_change SET ended_on = (
    SELECT MIN(anew.as_of) FROM run AS anew, run AS own
    WHERE own.id = label_change.run_id AND anew.segmentation = label_change.segmentation
      AND anew.id > own.id AND anew.technique <> own.technique)
WHERE segmentation IN (SELECT segmentation FROM run GROUP BY segmentation
                       HAVING MIN(technique) <> MAX(technique))
  AND EXISTS (
    SELECT 1 FROM run AS anew, run AS own
    WHERE own.id = label_change.run_id AND anew.segmentation = label_change.segmentation
      AND anew.id > own.id AND anew.technique <> own.technique
      AND (label_change.ended_on IS NULL OR anew.as_of < label_change.ended_on))
"""


def upgrade() -> None:
    op.add_column("label_change", sa.Column("ended_on", sa.Date(), nullable=True))
    op.execute(_NEXT)
    op.execute(_ANEW)
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns, if_not_exists=True)


def downgrade() -> None:
    for name, table, _columns in reversed(_INDEXES):
        op.drop_index(name, table, if_exists=True)
    with op.batch_alter_table("label_change", schema=None) as batch_op:
        batch_op.drop_column("ended_on")
