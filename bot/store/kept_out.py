"""Keeping those who were erased by command out of the copy, while Zoho still has them.

Triggers refuse their rows, whoever writes. They are made when somebody is erased by command and not before:
they cost every row that is written.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from bot.store.triggers import triggers

# Table -> the columns that say whose a row is.
_ACCOUNTS = {
    "crm_account": ("id",),
    "crm_contact": ("account_id",),
    "crm_transaction": ("account_id",),
    "crm_record": ("account_id",),
    "engagement_event": ("account_id",),
    "fin_contact": ("account_id", "crm_account_id"),
    "fin_document": ("account_id",),
}
_CONTACTS = {
    "crm_contact": ("id",),
    "engagement_event": ("contact_id",),
    "fin_contact": ("crm_contact_id",),
}


def keep_out(connection: Connection) -> None:
    """Make the triggers that are missing."""
    on_sqlite, there = connection.dialect.name == "sqlite", triggers(connection)
    for table, own in _ACCOUNTS.items():
        named = " OR ".join(
            f"(kind = '{kind}' AND record_id = NEW.{column})"
            for kind, columns in (("account", own), ("contact", _CONTACTS.get(table, ())))
            for column in columns
        )
        refused = f"EXISTS (SELECT 1 FROM erasure WHERE cause = 'command' AND ({named}))"  # noqa: S608 -- our own
        for when in ("INSERT", "UPDATE"):
            name = f"kept_out_{table}_{when.lower()}"
            if name in there:
                continue
            if on_sqlite:
                made = (
                    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {when} ON {table} WHEN {refused} "
                    "BEGIN SELECT RAISE(IGNORE); END"
                )
                connection.execute(text(made))
                continue
            connection.execute(
                text(
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    f"IF {refused} THEN RETURN NULL; END IF; RETURN NEW; END $$"
                )
            )
            connection.execute(
                text(
                    f"CREATE OR REPLACE TRIGGER {name} BEFORE {when} ON {table} "
                    f"FOR EACH ROW EXECUTE FUNCTION {name}()"
                )
            )
