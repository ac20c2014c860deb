"""The four lean references: the least that a loop written by hand does for one module and one table.

They keep fifteen typed columns, upsert, and commit once a page (2,000 rows of a file); they keep no raw
record, no cursor and no index but the primary key, compare nothing, retry nothing and report nothing.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

import orjson
import psycopg
import requests

from benchmarks.zoho_server import FIELDS, access_token

ROWS_AT_ONCE = 2000
COLUMNS = (
    *("id", "deal_name", "stage", "amount", "expected_revenue", "next_step", "closing_date", "probability"),
    *("account_id", "account_name", "owner_id", "owner_name", "owner_email", "created_time", "modified_time"),
)
# What a bulk file has of these: a lookup is an id, and the account's name can be joined.
IN_FILE = (
    *("id", "Deal_Name", "Stage", "Amount", "Expected_Revenue", "Next_Step", "Closing_Date", "Probability"),
    *("Account_Name", "Account_Name.Account_Name", "Owner", "Created_Time", "Modified_Time"),
)
FILE_COLUMNS = tuple(one for one in COLUMNS if one not in {"owner_name", "owner_email"})
_TYPES = {"id": "bigint PRIMARY KEY", "account_id": "bigint", "owner_id": "bigint", "probability": "integer"}
_NUMERIC = {"amount": "double precision", "expected_revenue": "double precision"}
Row = tuple[Any, ...]


def pages_to_sqlite(base_url: str, target: str) -> int:
    """Record pages by requests and orjson, into SQLite by executemany."""
    return _to_sqlite(target, COLUMNS, _listed(base_url))


def pages_to_postgresql(base_url: str, target: str) -> int:
    """Record pages, into PostgreSQL by COPY into a temporary table and one upsert a page."""
    done = 0
    with psycopg.connect(target) as connection:
        _make(connection)
        for rows in _listed(base_url):
            with connection.cursor() as cursor:
                with cursor.copy(f"COPY incoming ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                cursor.execute(_upsert("SELECT {names} FROM incoming", COLUMNS).encode())
            connection.commit()
            done += len(rows)
    return done


def bulk_to_sqlite(base_url: str, target: str) -> int:
    """A bulk read's CSV by the csv module, into SQLite by executemany."""
    with _downloaded(base_url) as file, _unpacked(file) as plain:
        lines = csv.reader(io.TextIOWrapper(plain, encoding="utf-8", newline=""))
        next(lines)
        return _to_sqlite(target, FILE_COLUMNS, iter(lambda: _typed(islice(lines, ROWS_AT_ONCE)), []))


def bulk_to_postgresql(base_url: str, target: str) -> int:
    """A bulk read's CSV streamed by COPY, and one upsert."""
    with (
        _downloaded(base_url) as file,
        _unpacked(file) as plain,
        psycopg.connect(target) as connection,
        connection.cursor() as cursor,
    ):
        _make(connection)
        options = "FROM STDIN WITH (FORMAT csv, HEADER true)"
        with cursor.copy(f"COPY incoming ({', '.join(FILE_COLUMNS)}) {options}") as copy:
            while block := plain.read(1 << 16):
                copy.write(block)
        cursor.execute(_upsert("SELECT {names} FROM incoming", FILE_COLUMNS).encode())
        return cursor.rowcount


def _listed(base_url: str) -> Iterator[list[Row]]:
    session = requests.Session()
    session.headers["Authorization"] = f"Zoho-oauthtoken {access_token(base_url)}"
    parameters = {"fields": ",".join(FIELDS), "per_page": "200", "sort_by": "id", "sort_order": "asc"}
    token: str | None = None
    while True:
        more = {"page_token": token} if token else {}
        answer = session.get(f"{base_url}/crm/v8/Deals", params={**parameters, **more}, timeout=60)
        page = orjson.loads(answer.content)
        yield [_flat(one) for one in page["data"]]
        token = page["info"].get("next_page_token")
        if not token:
            return


def _flat(one: dict[str, Any]) -> Row:
    account, owner = one["Account_Name"] or {}, one["Owner"] or {}
    return (
        int(one["id"]),
        one["Deal_Name"],
        one["Stage"],
        one["Amount"],
        one["Expected_Revenue"],
        one["Next_Step"],
        one["Closing_Date"],
        one["Probability"],
        int(account.get("id") or 0),
        account.get("name"),
        int(owner.get("id") or 0),
        owner.get("name"),
        owner.get("email"),
        one["Created_Time"],
        one["Modified_Time"],
    )


def _typed(lines: Iterable[list[str]]) -> list[Row]:
    return [
        (
            int(line[0]),
            line[1],
            line[2],
            float(line[3]) if line[3] else None,
            float(line[4]) if line[4] else None,
            line[5],
            line[6],
            int(line[7]) if line[7] else None,
            int(line[8]) if line[8] else None,
            line[9],
            int(line[10]) if line[10] else None,
            line[11],
            line[12],
        )
        for line in lines
    ]


def _downloaded(base_url: str) -> BinaryIO:
    """The ZIP of a finished job, in a file without a name."""
    session = requests.Session()
    session.headers["Authorization"] = f"Zoho-oauthtoken {access_token(base_url)}"
    question = {"query": {"module": {"api_name": "Deals"}, "fields": list(IN_FILE), "page": 1}}
    entered = session.post(f"{base_url}/crm/bulk/v8/read", json=question, timeout=60).json()
    job = f"{base_url}/crm/bulk/v8/read/{entered['data'][0]['details']['id']}"
    while session.get(job, timeout=60).json()["data"][0]["state"] != "COMPLETED":
        time.sleep(0.05)
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the caller closes it
    with session.get(f"{job}/result", stream=True, timeout=600) as answer:
        for block in answer.iter_content(1 << 16):
            file.write(block)
    file.seek(0)
    return file


def _unpacked(file: BinaryIO) -> Any:
    archive = zipfile.ZipFile(file)
    return archive.open(archive.namelist()[0])


def _to_sqlite(target: str, columns: tuple[str, ...], pages: Iterable[list[Row]]) -> int:
    connection, done = sqlite3.connect(target, isolation_level=None), 0
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"CREATE TABLE deal ({_columns('integer PRIMARY KEY', 'real')})")
    statement = _upsert(f"VALUES ({', '.join('?' for _ in columns)})", columns)
    for rows in pages:
        connection.execute("BEGIN")
        connection.executemany(statement, rows)
        connection.execute("COMMIT")
        done += len(rows)
    connection.close()
    return done


def _make(connection: psycopg.Connection[Any]) -> None:
    columns = _columns("bigint PRIMARY KEY", "double precision")
    connection.execute(f"CREATE TABLE deal ({columns})".encode())
    connection.execute(b"CREATE TEMPORARY TABLE incoming (LIKE deal) ON COMMIT DELETE ROWS")
    connection.commit()
    connection.execute(b"SELECT 1")


def _columns(identity: str, number: str) -> str:
    types = {**_TYPES, "id": identity} | dict.fromkeys(_NUMERIC, number)
    return ", ".join(f"{name} {types.get(name, 'text')}" for name in COLUMNS)


def _upsert(rows: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    overwritten = ", ".join(f"{one} = excluded.{one}" for one in columns[1:])
    return (
        f"INSERT INTO deal ({names}) {rows.format(names=names)} ON CONFLICT (id) DO UPDATE SET {overwritten}"
    )
