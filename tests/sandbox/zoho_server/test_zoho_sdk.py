"""The official SDK as a witness: pointed at the sandbox it works as it does with Zoho."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.zoho_client import ZohoHttp

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 110  # it takes about six on an idle machine


@pytest.fixture(scope="module")
def seen(connected: ZohoHttp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a whole session of the SDK saw, of an organisation with a quote and a project in it."""
    connected.refresh()
    person = next(connected.every("Contacts", "Email"))["id"]
    quote = {"Subject": "Offer", "Quoted_Items": [{"Quantity": 1}, {"Quantity": 2.5}]}
    project = {"Name": "P", "Services": ["Delivery"], "Team": [{"Contacts": {"id": person}}]}
    for module, record in (("Quotes", quote), ("Projects", project)):
        assert connected.post(f"/crm/v8/{module}", {"data": [record]}).status_code == 201
    outcome = subprocess.run(
        [
            sys.executable, "-W", "ignore", "-m", "tests.support.zoho_sdk_session", connected.base_url,
            str(tmp_path_factory.mktemp("sdk")),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    read: dict[str, Any] = json.loads(outcome.stdout)
    return read


def test_metadata(seen: dict[str, Any]) -> None:
    assert {"Accounts", "Contacts", "Deals", "Products"} <= set(seen["metadata"]["modules"])
    assert {"Deal_Name", "Stage", "Amount", "Account_Name", "Product"} <= set(seen["metadata"]["fields"])
    assert "Closed Won" in seen["metadata"]["stages"]
    assert seen["metadata"]["user"] == "ada.lindqvist@bellwether.example"


def test_paging_through_every_deal(seen: dict[str, Any]) -> None:
    assert seen["paging"] == {"deals": 8800, "won": 10_005_534}


def test_an_insert_an_update_and_a_deletion(seen: dict[str, Any]) -> None:
    writes = seen["writes"]
    assert writes["inserted"]["status"] == 207
    assert [item["code"] for item in writes["inserted"]["items"]] == ["SUCCESS", "MANDATORY_NOT_FOUND"]
    assert writes["inserted"]["items"][1]["details"]["api_name"] == "Deal_Name"
    assert (writes["updated"]["status"], writes["updated"]["items"][0]["code"]) == (200, "SUCCESS")
    assert (writes["stage"], writes["expected_revenue"]) == ("Closed Won", 1250.5)
    assert (writes["deleted"]["status"], writes["deleted"]["items"][0]["code"]) == (200, "SUCCESS")


def test_coql(seen: dict[str, Any]) -> None:
    assert seen["coql"]["status"] == 200
    assert seen["coql"]["rows"][0]["Amount"] == "30288"
    assert seen["aggregate"]["rows"] == [{"COUNT(id)": "4238", "SUM(Amount)": "10005534"}]
    assert seen["coql_error"] == {"status": 400, "code": "SYNTAX_ERROR"}


def test_coql_over_lines_links_and_options(seen: dict[str, Any]) -> None:
    assert [row["Quantity"] for row in seen["coql_lines"]["rows"]] == ["2.5"]
    assert len(seen["coql_links"]["rows"]) == 1
    options = seen["coql_options"]["rows"][0]
    assert options["Project_Number"].startswith("P-")
    assert "Services" in options


def test_a_bulk_read(seen: dict[str, Any]) -> None:
    job = seen["bulk_read"]
    assert (job["status"], job["state"], job["count"], job["more"]) == (201, "COMPLETED", 6, False)
    assert job["file"], "the SDK finds the file's name"
    assert job["lines"][0] == ["Id", "Product_Name", "Owner", "Product_Active"]
    assert {line[3] for line in job["lines"][1:]} == {"true"}
    assert "GTK 500" not in {line[1] for line in job["lines"]}


def test_a_field_is_made(seen: dict[str, Any]) -> None:
    assert seen["create_field"] == {"status": 201, "code": "SUCCESS", "api_name": "How_often_sold"}


def test_errors(seen: dict[str, Any]) -> None:
    assert seen["errors"] == {
        "missing": [400, "REQUIRED_PARAM_MISSING"],
        "beyond": [400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED"],
        "unchanged": 304,
        "empty": 204,
    }
    assert "invalid_client_secret" in seen["wrong_secret"]
