"""territories are found at once: those of accounts stand in a table of their own, kept by triggers.

Whoever writes an account writes them along: a scope that goes by territories is never behind the copy. A
migration that makes crm_account anew has to make the triggers of SQLite anew, as ``make_triggers`` does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_WORD = '"Territories"'
_INTO = "INSERT INTO account_territory (account_id, territory_id)"


def _listed_sqlite(row: str) -> str:
    """Of a list, the ids of what are objects: a text is no JSON, and a name alone is no id."""
    return (
        f"SELECT DISTINCT {row}.id, json_extract(one.value, '$.id') FROM json_each(CASE "  # noqa: S608
        f"WHEN json_type({row}.raw, '$.Territories') = 'array' THEN {row}.raw ELSE '{{}}' END, "
        "'$.Territories') AS one WHERE one.type = 'object' AND json_extract(one.value, '$.id') IS NOT NULL"
    )


def _listed_postgresql(rows: str) -> str:
    return (
        "SELECT DISTINCT n.id, one.value ->> 'id' FROM "  # noqa: S608 -- our own names
        f"(SELECT id, raw::jsonb -> 'Territories' AS listed FROM {rows} "
        f"WHERE position('{_WORD}' IN raw) > 0) AS n "
        "CROSS JOIN LATERAL jsonb_array_elements("
        "CASE WHEN jsonb_typeof(n.listed) = 'array' THEN n.listed ELSE '[]'::jsonb END) AS one "
        "WHERE jsonb_typeof(one.value) = 'object' AND one.value ->> 'id' IS NOT NULL"
    )


def _forgotten(row: str) -> str:
    return f"DELETE FROM account_territory WHERE account_id = {row}.id"  # noqa: S608 -- our own names


_ON_SQLITE = {
    "territory_added": (
        f"AFTER INSERT ON crm_account WHEN instr(NEW.raw, '{_WORD}') > 0 "
        f"BEGIN {_INTO} {_listed_sqlite('NEW')}; END"
    ),
    "territory_changed": (
        "AFTER UPDATE OF raw ON crm_account WHEN OLD.raw IS NOT NEW.raw "
        f"AND (instr(OLD.raw, '{_WORD}') > 0 OR instr(NEW.raw, '{_WORD}') > 0) "
        f"BEGIN {_forgotten('OLD')}; {_INTO} {_listed_sqlite('NEW')}; END"
    ),
    "territory_removed": f"AFTER DELETE ON crm_account BEGIN {_forgotten('OLD')}; END",
}
_CHANGED = "(SELECT n.* FROM new_rows n JOIN old_rows o USING (id) WHERE o.raw IS DISTINCT FROM n.raw) AS c"
_ON_POSTGRESQL = {
    "territory_added": ("INSERT", "NEW TABLE AS new_rows", f"{_INTO} {_listed_postgresql('new_rows')}"),
    "territory_changed": (
        "UPDATE",
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        (
            f"DELETE FROM account_territory WHERE account_id IN (SELECT id FROM {_CHANGED}); "  # noqa: S608
            f"{_INTO} {_listed_postgresql(_CHANGED)}"
        ),
    ),
    "territory_removed": (
        "DELETE",
        "OLD TABLE AS old_rows",
        "DELETE FROM account_territory WHERE account_id IN (SELECT id FROM old_rows)",
    ),
}


def make_triggers() -> None:
    """Make SQLite's triggers, which go when their table is made anew."""
    for name, body in _ON_SQLITE.items():
        op.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")


def upgrade() -> None:
    op.create_table(
        "account_territory",
        sa.Column("territory_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("territory_id", "account_id", name=op.f("pk_account_territory")),
    )
    op.create_index(op.f("ix_account_territory_account_id"), "account_territory", ["account_id"])
    if op.get_bind().dialect.name == "sqlite":
        # CROSS JOIN keeps the order: json_each reads the row before it.
        listed = _listed_sqlite("a").replace("FROM json_each", "FROM crm_account AS a CROSS JOIN json_each")
        op.execute(f"{_INTO} {listed} AND instr(a.raw, '{_WORD}') > 0")
        make_triggers()
        return
    op.execute(f"{_INTO} {_listed_postgresql('crm_account')}")
    for name, (what, rows, body) in _ON_POSTGRESQL.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {what} ON crm_account REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    for name in _ON_SQLITE if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
    for name in _ON_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else ():
        op.execute(f"DROP TRIGGER IF EXISTS {name} ON crm_account")
        op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    op.drop_table("account_territory")
