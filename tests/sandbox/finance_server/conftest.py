"""A running Zoho for the tests that read and one for those that write; limits wide, mended each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.zoho.serve import RunningZoho, running
from tests.support.finance_http import FinanceHttp
from tests.support.zoho_client import ZohoHttp

WIDE = {"per_minute": 100_000, "per_day": 100_000, "concurrent": 10, "block_seconds": 1_800}


@dataclass(frozen=True)
class Served:
    """A running Zoho and the file that moves its clock."""

    zoho: RunningZoho
    clock_file: Path


@contextmanager
def serve(clock_file: Path) -> Iterator[Served]:
    with running(clock_file=clock_file) as zoho:
        yield Served(zoho, clock_file)


@pytest.fixture(scope="session")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One organisation for all tests that change nothing: building it takes a second."""
    with serve(tmp_path_factory.mktemp("finance") / "clock") as served:
        yield served


@pytest.fixture(scope="module")
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, read_only: Served
) -> Iterator[Served]:
    if not request.module.__name__.endswith("_writes"):
        yield read_only
        return
    with serve(tmp_path_factory.mktemp("changed") / "clock") as own:
        yield own


@pytest.fixture(scope="module")
def server(served: Served) -> RunningZoho:
    return served.zoho


@pytest.fixture(scope="module")
def clock_file(served: Served) -> Path:
    return served.clock_file


@pytest.fixture(scope="module")
def connected(server: RunningZoho) -> Iterator[ZohoHttp]:
    http = ZohoHttp(server.base_url)
    http.post("/_sandbox/tokens/restore")
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
