"""Which triggers the database has, and families of them that are made when something first needs them.

They cost what is written, on SQLite each row some microseconds and on PostgreSQL each statement a copy of its
rows: a first sync writes without them. Whoever trusts what they write looks whether all are there, and they
go: SQLite's when their table is made anew, PostgreSQL's when a migration takes them away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

MOST_MARKED = 5_000  # accounts by one statement on PostgreSQL; more of them are marked as many
_SEEN = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}
Portion = Mapping[str, Sequence[str]]  # name -> the statements that make the trigger


def triggers(connection: Connection) -> frozenset[str]:
    """The names of the triggers that there are.

    Whoever makes one asks before: PostgreSQL waits with it until nobody writes to the table, and lets nobody
    write meanwhile.
    """
    of_sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    of_postgresql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    asked = of_sqlite if connection.dialect.name == "sqlite" else of_postgresql
    return frozenset(connection.execute(text(asked)).scalars())


@dataclass(frozen=True)
class OfStatement:
    """A trigger of PostgreSQL that fires once for a statement, however many rows it writes.

    Attributes:
        event: ``INSERT``, ``UPDATE`` or ``DELETE``.
        table: whose.
        body: PL/pgSQL over ``new_rows`` and ``old_rows``, as far as the event has them.
        declared: the variables of the body.
    """

    event: str
    table: str
    body: str
    declared: str = ""

    def statements(self, name: str) -> tuple[str, str]:
        """What makes its function, and what makes it."""
        declared = f"DECLARE {self.declared}; " if self.declared else ""
        function = (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ {declared}BEGIN {self.body}; RETURN NULL; END $$"
        )
        trigger = (
            f"CREATE OR REPLACE TRIGGER {name} AFTER {self.event} ON {self.table} "
            f"REFERENCING {_SEEN[self.event]} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        return function, trigger


@dataclass(frozen=True)
class TriggerFamily:
    """The triggers that serve one purpose.

    Attributes:
        purpose: one at a time makes those of one purpose.
        of_sqlite: name -> what follows it in the statement that makes it.
        of_postgresql: name -> what it does.
    """

    purpose: str
    of_sqlite: Mapping[str, str]
    of_postgresql: Mapping[str, OfStatement]

    def are_made(self, connection: Connection) -> bool:
        """Whether all of them are there."""
        wanted = self.of_sqlite if connection.dialect.name == "sqlite" else self.of_postgresql
        return wanted.keys() <= triggers(connection)

    def portions(self, dialect: str) -> list[Portion]:
        """What makes them, in portions for a transaction each.

        On PostgreSQL that is a table: who waits until nobody writes to one holds no other, for those who
        write to several would wait for it in a circle.
        """
        if dialect == "sqlite":
            return [
                {
                    name: (f"CREATE TRIGGER IF NOT EXISTS {name} {body}",)
                    for name, body in self.of_sqlite.items()
                }
            ]
        by_table: defaultdict[str, dict[str, Sequence[str]]] = defaultdict(dict)
        for name, one in self.of_postgresql.items():
            by_table[one.table][name] = one.statements(name)
        return list(by_table.values())


def make(connection: Connection, portion: Portion) -> None:
    """Make these triggers. On PostgreSQL it waits for those who write to their table.

    Args:
        connection: in a transaction that writes.
        portion: of ``TriggerFamily.portions``.
    """
    for statements in portion.values():
        for one in statements:
            connection.execute(text(one))


def on_change_of(table: str, columns: Sequence[str]) -> str:
    """The head of SQLite's trigger that looks at rows in which one of these columns becomes another value."""
    differs = " OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in columns)
    return f"AFTER UPDATE OF {', '.join(columns)} ON {table} WHEN ({differs})"


def marking_accounts(
    mark: str, event: str, table: str, key: str, columns: Sequence[str] = (), own: Sequence[str] = ("id",)
) -> OfStatement:
    """A trigger of PostgreSQL that marks the accounts of what a statement wrote; of many, that they are many.

    Args:
        mark: the table of marks.
        event: of ``OfStatement``.
        table: whose.
        key: its column with the account.
        columns: of an UPDATE, those of which a change counts.
        own: its primary key.
    """
    rows = "old_rows" if event == "DELETE" else "new_rows"
    found = f"SELECT {key} AS account FROM {rows}"  # noqa: S608 -- our own names
    if event == "UPDATE":
        old, new = (", ".join(f"{row}.{one}" for one in columns) for row in "on")
        same = " AND ".join(f"n.{one} = o.{one}" for one in own)
        # A row whose key has changed has no counterpart.
        found = (
            f"SELECT unnest(ARRAY[o.{key}, n.{key}]) AS account FROM old_rows o "  # noqa: S608
            f"FULL JOIN new_rows n ON {same} WHERE ({old}) IS DISTINCT FROM ({new})"
        )
    body = (
        f"SELECT array_agg(DISTINCT account) FROM ({found}) AS changed WHERE account IS NOT NULL "  # noqa: S608
        "INTO found; "
        f"IF cardinality(found) > {MOST_MARKED} THEN INSERT INTO {mark} (account) VALUES (NULL); "
        f"ELSIF found IS NOT NULL THEN INSERT INTO {mark} (account) SELECT unnest(found); END IF"
    )
    return OfStatement(event, table, body, declared="found text[]")
