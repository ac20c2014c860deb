"""the gone are forgotten: accounts and contacts that leave the copy are noted by triggers."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KINDS = {"account": ("crm_account", "NULL", "NULL"), "contact": ("crm_contact", "account_id", "email")}
_COLUMNS = "(kind, record_id, cause, account_id, name, email)"


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "record_id", name=op.f("pk_erasure")),
    )
    # Who went before there was anything that notes it has left a history behind.
    op.execute(
        f"INSERT INTO erasure {_COLUMNS} SELECT DISTINCT 'account', account_id, 'gone', NULL, NULL, NULL "  # noqa: S608
        "FROM label_change WHERE account_id NOT IN (SELECT id FROM crm_account)"
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for kind, (table, account, email) in _KINDS.items():
        if on_sqlite:
            values = ", ".join(f"OLD.{one}" if one != "NULL" else one for one in (account, "name", email))
            op.execute(
                f"CREATE TRIGGER {kind}_gone AFTER DELETE ON {table} BEGIN "  # noqa: S608
                f"INSERT INTO erasure {_COLUMNS} SELECT '{kind}', OLD.id, 'gone', {values} "
                f"WHERE NOT EXISTS (SELECT 1 FROM erasure WHERE kind = '{kind}' AND record_id = OLD.id); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION {kind}_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608
            f"INSERT INTO erasure {_COLUMNS} "
            f"SELECT '{kind}', id, 'gone', {account}, name, {email} FROM old_rows "
            "ON CONFLICT DO NOTHING; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {kind}_gone AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {kind}_gone()"
        )


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for kind, (table, _account, _email) in _KINDS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {kind}_gone" + ("" if on_sqlite else f" ON {table}"))
        if not on_sqlite:
            op.execute(f"DROP FUNCTION IF EXISTS {kind}_gone()")
    named = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'kept_out_%'"
        if on_sqlite
        else "SELECT proname FROM pg_proc WHERE proname LIKE 'kept_out_%'"
    )
    for (name,) in op.get_bind().execute(sa.text(named)).all():
        op.execute(f"DROP TRIGGER {name}" if on_sqlite else f"DROP FUNCTION {name}() CASCADE")
    op.drop_table("erasure")
