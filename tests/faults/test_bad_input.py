"""What goes wrong outside gives one sentence that says what to do, no traceback, and loses nothing."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.zoho.serve import RunningZoho
from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, install

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def zoho() -> Iterator[RunningZoho]:
    with running_zoho() as server:
        yield server


@pytest.fixture
def product(tmp_path: Path, zoho: RunningZoho) -> Iterator[Product]:
    yield install(tmp_path, zoho_url=zoho.base_url, slack_url="http://127.0.0.1:9")
    for path in ("faults",):
        requests.delete(f"{zoho.base_url}/_sandbox/{path}", timeout=5)
    requests.post(f"{zoho.base_url}/_sandbox/tokens/restore", json={}, timeout=5)


def one_sentence(outcome: subprocess.CompletedProcess[str]) -> str:
    """What the person reads; checks that it is no traceback."""
    assert outcome.returncode != 0, outcome.stdout
    assert "Traceback" not in outcome.stderr
    lines = [line for line in outcome.stderr.splitlines() if line.startswith("bellwether: ")]
    assert len(lines) == 1, outcome.stderr
    return lines[0]


def order_fault(zoho: RunningZoho, kind: str, match: str = "", times: int | None = None) -> None:
    answer = requests.post(
        f"{zoho.base_url}/_sandbox/faults", json={"kind": kind, "match": match, "times": times}, timeout=5
    )
    answer.raise_for_status()


def cached_deals(product: Product) -> int:
    with sqlite3.connect(product.database) as connection:
        return int(connection.execute("SELECT count(*) FROM crm_transaction").fetchone()[0])


def test_a_wrong_client_secret(product: Product) -> None:
    said = one_sentence(product.with_settings(ZOHO__CLIENT_SECRET="wrong-secret-value").run("sync"))
    assert "client secret" in said
    assert "BELLWETHER_ZOHO__CLIENT_SECRET" in said
    assert "wrong-secret-value" not in said


def test_a_revoked_refresh_token(product: Product, zoho: RunningZoho) -> None:
    requests.post(f"{zoho.base_url}/_sandbox/tokens/revoke", json={}, timeout=5).raise_for_status()
    said = one_sentence(product.run("sync"))
    assert "refresh token" in said
    assert "1000.sandbox.refresh" not in said


def test_a_missing_scope(product: Product, zoho: RunningZoho) -> None:
    order_fault(zoho, "scope_missing", "/crm/v8/Deals")
    said = one_sentence(product.run("sync"))
    assert "scope" in said
    assert "Deals" in said


@pytest.mark.parametrize("kind", ["server_error", "rate_limit", "cut_body", "bad_gateway"])
def test_a_passing_fault_is_overcome(product: Product, zoho: RunningZoho, kind: str) -> None:
    order_fault(zoho, kind, "/crm/v8/Deals", times=2)
    outcome = product.run("sync", seconds=120)
    assert outcome.returncode == 0, outcome.stderr
    assert cached_deals(product) == 8800


def test_a_lasting_fault_keeps_what_was_read_and_goes_on_later(product: Product, zoho: RunningZoho) -> None:
    order_fault(zoho, "server_error", "/crm/v8/Deals")
    said = one_sentence(product.run("sync", seconds=150))
    assert "500" in said
    with sqlite3.connect(product.database) as connection:
        assert connection.execute("SELECT count(*) FROM crm_account").fetchone() == (85,)
    requests.delete(f"{zoho.base_url}/_sandbox/faults", timeout=5)
    assert product.run("sync").returncode == 0
    assert cached_deals(product) == 8800


def test_a_malformed_configuration(product: Product) -> None:
    file = product.directory / "broken.yaml"
    file.write_text("version: 1\nsegmentatons: []\n")
    said = one_sentence(product.run("config", "apply", str(file)))
    assert "broken.yaml:2" in said
    assert "segmentations" in said, "the nearest key"


def test_a_port_in_use(product: Product) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = one_sentence(product.with_settings(HTTP_PORT=port).run("worker"))
    assert port in said
    assert "BELLWETHER_HTTP_PORT" in said


def test_a_setting_that_is_missing(product: Product) -> None:
    said = one_sentence(product.with_settings(ZOHO__CLIENT_ID="").run("sync"))
    assert "BELLWETHER_ZOHO__CLIENT_ID" in said


def test_an_unknown_setting(product: Product) -> None:
    said = one_sentence(product.with_settings(ZOHO__CLIENTID="x").run("sync"))
    assert "BELLWETHER_ZOHO__CLIENTID" in said
