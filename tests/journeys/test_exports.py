"""Exports by commands and by a worker that is killed, over the sandbox's CRM."""

from __future__ import annotations

import json
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, install

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

# Writes an export as a worker does, but dies as with kill -9 after some batches, or tells that it is done.
WORKER = """
import os, signal, sys
from bot.app.exporting_values import Wish
from bot.app.people import OPERATOR
from bot.language.question import Kind, Question
from bot.runtime.wiring import Bellwether
from bot.settings import load_settings
from bot.store import export_rows
export_rows.BATCH_ROWS = 10
parts = Bellwether(load_settings()).export_parts
class Nobody:
    def show(self, export, link): pass
    tell = upload = show
    def tell_halted(self, schedule): pass
public_id = sys.argv[1]
if public_id == "new":
    draft = parts.exports.begin(Question(Kind.LIST), "all", OPERATOR, "test")
    print(parts.exports.confirm(draft.public_id, Wish(), OPERATOR).public_id)
    raise SystemExit
batches = 0
def look():
    global batches
    batches += 1
    if sys.argv[2] == "die" and batches == 3:
        os.kill(os.getpid(), signal.SIGKILL)
print(parts.work(Nobody()).run(public_id, 1, look))
"""


def said(product: Product, *command: str) -> str:
    outcome = product.run(*command, seconds=120)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def worker(product: Product, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WORKER, *arguments],
        env=dict(product.environment),
        cwd=product.directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def shown_and_of_the_past(product: Product, largest: str) -> None:
    shown = said(product, "exports").splitlines()
    assert f"  {largest}" in shown, "to be copied whole"
    assert any(one.startswith("  done · 85 rows · ") for one in shown)
    moved = json.loads(said(product, "export", "who left VIP this year", "--out", "moved.zip", "--json"))
    answered = json.loads(said(product, "ask", "who left VIP this year", "--json"))["said"]
    assert answered.startswith(f"{moved['rows']} accounts left VIP this year, in "), "each account once"


def test_commands_and_a_killed_worker(tmp_path: Path) -> None:
    with running_zoho() as server:
        product = install(tmp_path, zoho_url=server.base_url, slack_url="http://127.0.0.1:9")
        said(product, "sync")
        said(product, "score")

        columns = ("--columns", "industry,Total spend", "--header", "names", "--out", "vip.parquet")
        command = ("export", "medical accounts", "--format", "parquet", *columns, "--json")
        told = json.loads(said(product, *command))
        frame = pd.read_parquet(tmp_path / "vip.parquet")
        assert list(frame.columns) == ["id", "Industry", "total_spend", "organisation_currency"]
        assert set(frame["Industry"]) == {"medical"}
        assert (told["rows"], told["status"], told["file"]) == (len(frame), "done", "vip.parquet")
        assert stat.S_IMODE((tmp_path / "vip.parquet").stat().st_mode) == 0o600

        said(product, "export")
        [packed] = tmp_path.glob("bellwether-accounts-*.zip")
        assert len(pd.read_csv(packed)) == 85
        assert json.loads(said(product, "export", "medical accounts", "--dry-run", "--json"))["rows"] == len(
            frame
        )
        assert product.run("export", "accounts in florbistan").returncode == 3
        refused = product.run("export", "medical accounts", "--columns", "nonsense")
        assert (refused.returncode, refused.stderr.startswith("bellwether: There is no field nonsense")) == (
            1,
            True,
        )
        assert product.run("export", "--out", "nowhere/x.zip").returncode == 1

        weekly = (
            "export",
            "medical accounts",
            "--contacts",
            "--every",
            "monday",
            "--out",
            "list.zip",
            "--json",
        )
        mailed = json.loads(said(product, *weekly))
        contacts = pd.read_csv(tmp_path / "list.zip")
        assert mailed["rows"] == len(contacts) > 0
        assert list(contacts.columns)[1:] == [
            *("Name", "Title", "E-mail", "Phone", "Account", "Label", "E-mail opt out"),
        ]
        assert not contacts["E-mail opt out"].any()
        [schedule] = json.loads(said(product, "exports", "--schedules", "--json"))
        assert (schedule["when"], schedule["columns"], schedule["state"]) == (
            *("every Monday", "contacts", "active"),
        )
        assert json.loads(said(product, "exports", "--stop", schedule["id"], "--json")) == []
        refused = product.run("export", "medical accounts", "--contacts", "--role", "Decison Maker")
        assert "Did you mean 'Decision Maker'" in refused.stderr

        listed = json.loads(said(product, "exports", "--sort", "rows", "--json"))
        assert [one["rows"] for one in listed][:3] == [85, len(contacts), len(frame)]
        assert {one["status"] for one in listed[:3]} == {"done"}
        shown_and_of_the_past(product, listed[0]["id"])
        assert "medical" in said(product, "audit")

        public_id = worker(product, "new").stdout.strip()
        died = worker(product, public_id, "die")
        assert died.returncode == -signal.SIGKILL, died.stderr
        left = list((tmp_path / "exports").iterdir())
        assert [one.suffix for one in left] == [".part"], "nothing there is taken for a file"
        with sqlite3.connect(product.database) as connection:
            row = connection.execute("SELECT status, file_name FROM export WHERE public_id = ?", (public_id,))
            assert row.fetchone() == ("running", None)
        assert product.run("exports", "--get", public_id).returncode == 1
        again = worker(product, public_id, "live")
        assert "85" in again.stdout, again.stderr
        said(product, "exports", "--get", public_id, "--out", "got.zip")
        assert len(pd.read_csv(tmp_path / "got.zip")) == 85
