"""The official SDK writes to the sandbox as it does to Zoho: bulk job, tags, notes, channels, deletions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.zoho.serve import running
from tests.contracts.operations import first
from tests.support.zoho_bulk import upload
from tests.support.zoho_client import ZohoHttp

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 110  # it takes about four on an idle machine


@dataclass(frozen=True)
class Session:
    """What the SDK saw, and what it was given."""

    seen: dict[str, Any]
    account: str
    deal: str
    description: str


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A whole session of the SDK."""
    with running() as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        account, deal = first(http, "Accounts"), first(http, "Deals")
        http.delete("/crm/v8/Deals", ids=deal)
        file = upload(http, f"id,Description\n{account},told in bulk\n1,nobody\n").json()["details"][
            "file_id"
        ]
        folder = str(tmp_path_factory.mktemp("sdk"))
        command = [sys.executable, "-W", "ignore", "-m", "tests.contracts.sdk_session"]
        outcome = subprocess.run(
            [*command, server.base_url, folder, account, file],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stderr[-3000:]
        record = http.get(f"/crm/v8/Accounts/{account}").json()["data"][0]
        yield Session(json.loads(outcome.stdout), account, deal, record["Description"])
        http.close()


def test_a_bulk_write(session: Session) -> None:
    job = session.seen["bulk_write"]
    assert (job["status"], job["state"], job["counts"]) == (201, "COMPLETED", [1, 1, 2])
    assert job["lines"] == [
        ["id", "Description", "STATUS", "RECORD_ID", "ERRORS"],
        [session.account, "told in bulk", "UPDATED", session.account, ""],
        ["1", "nobody", "SKIPPED", "", "RECORD_NOT_FOUND"],
    ]
    assert session.description == "told in bulk"


def test_tags_and_a_note(session: Session) -> None:
    (given,), (taken,) = session.seen["tags"]["given"], session.seen["tags"]["taken"]
    assert set(given) - set(taken) == {"VIP"}
    assert session.seen["tags"]["counted"] == "1"
    assert session.seen["note"] == {"status": 201, "code": "SUCCESS"}


def test_a_channel_is_changed_and_loses_an_event(session: Session) -> None:
    assert session.seen["channel"] == {
        "made": 201,
        "changed": [200, "other"],
        "ended": 200,
        "left": ["Accounts"],
    }


def test_deletions_and_a_count(session: Session) -> None:
    assert session.seen["deleted"] == [session.deal]
    assert session.seen["accounts"] == 85
