"""Other programs that do the same: dlt, and Zoho's own SDK with a row-by-row loop into SQLite."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.zoho_server import FIELDS

DLT = "dlt[sqlalchemy,postgres]"
# Its own program: dlt lives in an environment of its own, and sees nothing of the product.
DLT_PROGRAM = Path(__file__).with_name("peer_dlt.py")


def sdk_to_sqlite(base_url: str, target: str, rows: int) -> int:
    """So many deals by the official SDK, into SQLite by executemany, a page at a time."""
    # Here, as it takes a second to load and memory.
    from zohocrmsdk.src.com.zoho.crm.api import HeaderMap  # noqa: PLC0415
    from zohocrmsdk.src.com.zoho.crm.api.record import RecordOperations  # noqa: PLC0415

    from tests.support.zoho_sdk_session import connect, parameters  # noqa: PLC0415

    connect(base_url, Path(f"{target}.sdk"))
    database = sqlite3.connect(target)
    names = ", ".join(FIELDS)
    database.execute(f"CREATE TABLE deal (id INTEGER PRIMARY KEY, {names})")
    statement = f"INSERT OR REPLACE INTO deal VALUES ({', '.join('?' for _ in ('id', *FIELDS))})"
    operations, token, done = RecordOperations("Deals"), None, 0
    while done < rows:
        wanted: dict[str, Any] = {"fields": ",".join(FIELDS), "per_page": 200}
        answer = operations.get_records(
            parameters(**wanted, **({"page_token": token} if token else {})), HeaderMap()
        ).get_object()
        page = [_flat(record) for record in answer.get_data()]
        database.executemany(statement, page)
        database.commit()
        done, token = done + len(page), answer.get_info().get_next_page_token()
        if not token:
            break
    database.close()
    return done


def _flat(record: Any) -> list[Any]:
    values = record.get_key_values()
    return [record.get_id(), *(_plain(values.get(name)) for name in FIELDS)]


def _plain(value: Any) -> Any:
    if hasattr(value, "get_id"):
        return value.get_id()
    if hasattr(value, "get_value"):
        return value.get_value()
    return value if isinstance(value, int | float | str) or value is None else str(value)


def dlt_environment(directory: Path) -> Path:
    """A virtual environment with dlt, made anew; the path of its Python.

    Raises:
        RuntimeError: it cannot be installed, most likely for want of a network.
    """
    subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
    python = directory / "bin" / "python"
    outcome = subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", DLT],
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode != 0:
        last = (outcome.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise RuntimeError(f"dlt is not measured: it could not be installed ({last})")
    return python
