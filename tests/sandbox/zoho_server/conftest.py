"""A running Zoho for each module of tests, mended after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.zoho.serve import RunningZoho, running
from tests.support.zoho_client import ZohoHttp


@pytest.fixture(scope="module")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zoho") / "clock"


@pytest.fixture(scope="module")
def server(clock_file: Path) -> Iterator[RunningZoho]:
    with running(clock_file=clock_file) as zoho:
        yield zoho


@pytest.fixture(scope="module")
def connected(server: RunningZoho) -> Iterator[ZohoHttp]:
    http = ZohoHttp(server.base_url)
    yield http
    http.close()


@pytest.fixture
def zoho(connected: ZohoHttp, clock_file: Path) -> ZohoHttp:
    """A client with a live access token."""
    clock_file.write_text("0")
    connected.delete("/_sandbox/faults")
    connected.post("/_sandbox/tokens/restore")
    if not connected.token or connected.get("/crm/v8/org").status_code == 401:
        connected.refresh()
    connected.delete("/_sandbox/calls")
    connected.post(
        "/_sandbox/limits",
        {
            "daily_credits": 92_000,
            "concurrent_calls": 20,
            "token_requests": 10,
            "token_window_seconds": 600,
            "bulk_seconds": 0,
            "bulk_rows_per_file": 200_000,
            "bulk_downloads": 10,
        },
    )
    return connected
