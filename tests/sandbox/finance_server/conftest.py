"""A running Zoho for each module of tests, its Finance limits wide; mended after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.zoho.serve import RunningZoho, running
from tests.support.finance_http import FinanceHttp
from tests.support.zoho_client import ZohoHttp

WIDE = {"per_minute": 100_000, "per_day": 100_000, "concurrent": 10, "block_seconds": 1_800}


@pytest.fixture(scope="module")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("finance") / "clock"


@pytest.fixture(scope="module")
def server(clock_file: Path) -> Iterator[RunningZoho]:
    with running(clock_file=clock_file) as zoho:
        yield zoho


@pytest.fixture(scope="module")
def connected(server: RunningZoho) -> Iterator[ZohoHttp]:
    http = ZohoHttp(server.base_url)
    http.refresh()
    yield http
    http.close()


@pytest.fixture
def finance(connected: ZohoHttp, clock_file: Path) -> FinanceHttp:
    """A client whose calls are not limited, on a clock that is not moved."""
    clock_file.write_text("0")
    connected.delete("/_sandbox/faults")
    connected.post("/_sandbox/tokens/restore")
    if connected.get("/crm/v8/org").status_code == 401:
        connected.refresh()
    http = FinanceHttp(connected)
    http.sandbox("DELETE", "limits")
    http.sandbox("POST", "limits", WIDE)
    http.sandbox("DELETE", "webhooks")
    return http
