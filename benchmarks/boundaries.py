"""``python -m benchmarks.boundaries``: organisations just above what a job, a list or a page token gives.

Record lists reach 100,000 rows and a bulk job 200,000 (Zoho CRM v8, "Get Records" and "Bulk Read"). Each size
is read by each way into each kind of database: a first sync, an unchanged second one, and a third one after
some rows were inserted, changed and deleted. After each the copy is compared with the organisation, row by
row and field by field. The exit code is 1 when anything differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.product import NEVER
from benchmarks.zoho_server import Server, running_sandbox
from connector.cache.engine import Database, open_database
from connector.errors import NotOffered
from connector.ports import Page
from connector.sync.policy import SyncPolicy
from connector.zoho.client import RetryPolicy, ZohoClient
from connector.zoho.crm import CrmClient
from tests.support.exactness import differences
from tests.support.postgres import PostgresServer, create_tables, running_postgres
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

LISTS_REACH = 100_000
SAID = {"lists": "record lists", "queries": "queries", "bulk": "bulk jobs"}
SYNCS = ("first", "unchanged", "changed")
SHOWN = 5  # differences that are printed
AS_INSTALLED: tuple[str, ...] = ()  # PostgreSQL's own settings: fsync on


class ListsOnly(CrmClient):
    """A CRM that answers no queries for records; counts and ids it does."""

    def queried(self, *_selection: Any, **_more: Any) -> Iterator[Page]:
        """Refused."""
        raise NotOffered("This measurement is of record lists.")

    def queried_changes(self, *_selection: Any, **_more: Any) -> Iterator[Page]:
        """Refused."""
        raise NotOffered("This measurement is of record lists.")


@dataclass
class OneWay(ZohoCopy):
    """The product as it is wired, reading by one way."""

    way: str = "queries"

    def crm(self) -> CrmClient:
        """The CRM, which answers queries unless lists are measured."""
        kind = ListsOnly if self.way == "lists" else CrmClient
        return kind(ZohoClient(self.tokens(), retry=RetryPolicy()), self.people)


@dataclass(frozen=True)
class Line:
    """One sync, measured and compared. ``differing``: records of which the copy has something otherwise."""

    rows: int
    way: str
    database: str
    sync: str
    read: int
    changed: int
    seconds: float
    credits: int
    differing: int


def main() -> int:
    """Run and print; 1 when a copy is not exact."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boundaries", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 100_001, 200_001])
    parser.add_argument("--ways", nargs="+", choices=SAID, default=list(SAID))
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite"])
    parser.add_argument("--changes", type=int, default=20, help="rows inserted, changed and deleted each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    lines: list[Line] = []
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wanted = "postgresql" in options.databases
        postgres = stack.enter_context(running_postgres(AS_INSTALLED)) if wanted else None
        databases = Databases(directory, postgres)
        for rows in options.rows:
            with running_sandbox(rows, options.seed, 0) as server:
                for way in offered(options.ways, rows):
                    for kind in options.databases:
                        with databases.empty(kind) as database:
                            lines += _measured(server, database, rows, way, options)
    _print(lines)
    return 1 if any(line.differing for line in lines) else 0


class Databases:
    """Makes databases with every table and no row."""

    def __init__(self, directory: Path, postgres: PostgresServer | None) -> None:
        self._directory = directory
        self._postgres = postgres
        self._numbers = count()

    @contextmanager
    def empty(self, kind: str) -> Iterator[Database]:
        """One of this kind; it is dropped afterwards."""
        name = f"boundaries_{next(self._numbers)}"
        if kind == "sqlite" or self._postgres is None:
            file = self._directory / f"{name}.sqlite"
            yield from _opened(f"sqlite:///{file}")
            file.unlink()
            return
        self._postgres.execute(f"CREATE DATABASE {name}")
        yield from _opened(self._postgres.url(name))
        self._postgres.execute(f"DROP DATABASE {name}")


def _opened(url: str) -> Iterator[Database]:
    create_tables(url)
    with closing(open_database(url)) as database:
        yield database


def offered(ways: Iterable[str], rows: int) -> Iterator[str]:
    """The ways by which so many rows can be read: record lists end at 100,000."""
    return (way for way in ways if way != "lists" or rows <= LISTS_REACH)


def _measured(
    server: Server, database: Database, rows: int, way: str, options: argparse.Namespace
) -> Iterator[Line]:
    """Three syncs into an empty copy. As many rows come as go, so that the next copy begins with as many."""
    policy = SyncPolicy(bulk_from=1 if way == "bulk" else NEVER)
    copy = OneWay(server.base_url, database, policy=policy, way=way)
    for sync in SYNCS:
        if sync == "changed":
            changes = dict.fromkeys(("inserts", "updates", "deletes"), options.changes)
            server.order("POST", "changes", module="Deals", seed=options.seed, **changes)
            # Deletions are asked for every quarter of an hour; here that has passed.
            copy.policy = replace(policy, deletions_after=timedelta(0))
        line = _synced(server, copy, rows, sync)
        sys.stderr.write(f"{rows:,} by {way}, {line.database}, {sync}: {line.seconds:.1f} s\n")
        yield line


def _synced(server: Server, copy: OneWay, rows: int, sync: str) -> Line:
    server.order("DELETE", "calls")
    began = time.perf_counter()
    report = copy.sync()["Deals"]
    seconds = time.perf_counter() - began
    if sync == SYNCS[0] and f"by {SAID[copy.way]}" not in report.plan:
        raise RuntimeError(f"This was to be read by {SAID[copy.way]}, and was not: {report.plan}")
    credits_used = server.order("GET", "calls")["credits_used"]
    with closing(ZohoHttp(server.base_url)) as http:
        found = differences(http, copy.database, copy.mapping)
    for one in found[:SHOWN]:
        sys.stderr.write(f"  {one}\n")
    differing = len({" ".join(one.split(".")[0].split()[:2]) for one in found})
    kind = copy.database.dialect
    return Line(rows, copy.way, kind, sync, report.read, report.changed, seconds, credits_used, differing)


def _print(lines: Sequence[Line]) -> None:
    head = ("rows", "plan", "database", "sync", "read", "changed", "seconds", "credits", "rows that differ")
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for one in lines:
        cells = (
            f"{one.rows:,}", one.way, one.database, one.sync, f"{one.read:,}", f"{one.changed:,}",
            f"{one.seconds:.1f}", f"{one.credits:,}", f"{one.differing:,}",
        )  # fmt: skip
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    sys.exit(main())
