"""Engagement and firmographics by commands alone: checked, applied, scored, asked, explained, proposed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, install
from tests.support.zoho_client import ZohoHttp

pytestmark = [pytest.mark.process, pytest.mark.timeout(480)]

DOCUMENT = """\
version: 1
segmentations:
  - name: Closeness
    technique: engagement
  - name: Size
    technique: firmographics
    labels:
      - {name: Large, when: employees >= 1000}
      - {name: Small, when: employees >= 1}
sync: {also: [Calls]}
suite: {crm_activities: true}
"""
REFUSED = DOCUMENT.replace("employees >= 1000", "employes >= 1000")


def said(product: Product, *command: str) -> str:
    outcome = product.run(*command, seconds=120)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def refusal(product: Product, *command: str) -> str:
    outcome = product.run(*command)
    assert outcome.returncode == 1
    return outcome.stderr


def records(zoho: ZohoHttp, module: str, fields: str) -> list[dict[str, Any]]:
    answer = zoho.call("GET", f"/crm/v8/{module}", params={"fields": fields, "per_page": 100})
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def called(zoho: ZohoHttp, module: str, about: str, days: int) -> None:
    """An answered call that many days ago."""
    call = {
        "Subject": "Prices",
        "Call_Type": "Inbound",
        "Call_Start_Time": (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds"),
        "Call_Duration": "05:00",
        "What_Id": {"id": about},
        "$se_module": module,
    }
    answer = zoho.call("POST", "/crm/v8/Calls", json={"data": [call], "trigger": []})
    assert answer.status_code == 201, answer.text


def test_from_the_document_to_the_explanation(tmp_path: Path) -> None:
    with running_zoho() as server:
        zoho = ZohoHttp(server.base_url)
        zoho.refresh()
        accounts = records(zoho, "Accounts", "Account_Name")
        deal = next(one for one in records(zoho, "Deals", "Account_Name") if one["Account_Name"])
        near = next(one for one in accounts if one["id"] != deal["Account_Name"]["id"])
        for days in (1, 2, 3):
            called(zoho, "Accounts", near["id"], days)
        called(zoho, "Deals", deal["id"], 10)
        zoho.close()

        product = install(tmp_path, zoho_url=server.base_url, slack_url="http://127.0.0.1:9")
        document = tmp_path / "bellwether.yaml"
        document.write_text(DOCUMENT, encoding="utf-8")
        said(product, "sync")
        document.write_text(REFUSED, encoding="utf-8")
        assert "bellwether.yaml:8: " in refusal(product, "config", "check")
        document.write_text(DOCUMENT, encoding="utf-8")
        said(product, "config", "check")
        said(product, "config", "apply")
        said(product, "sources")

        rehearsed = json.loads(said(product, "score", "Closeness", "--dry-run", "--json"))
        run = json.loads(said(product, "score", "--json"))
        closeness, size = run["parts"]
        assert rehearsed["parts"][0]["labels"] == closeness["labels"]
        assert dict(closeness["labels"])["Highly Engaged"] == 1
        assert dict(size["labels"])["Unclassified"] == 0
        assert closeness["accounts"] == size["accounts"] == len(accounts)

        engaged = json.loads(said(product, "ask", "--json", "engagement > 0 sorted by engagement"))
        names = [one["name"] for one in engaged["accounts"]]
        assert names == [near["Account_Name"], deal["Account_Name"]["name"]]
        question = 'label."Size" = Large and engagement_points = 0'
        large = json.loads(said(product, "ask", "--json", question))
        assert 0 < large["total"] < len(accounts)

        card = said(product, "ask", f"how is {near['Account_Name']} doing?")
        told = " ".join(card.split())
        assert "points: call received, 3 times" in told
        assert "It is " in told
        assert "because it meets 'employees >= " in told

        proposed = said(product, "config", "propose", "firmographics")
        assert "segmentations:" in proposed
        document.write_text(f"version: 1\n{proposed}", encoding="utf-8")
        said(product, "config", "check")
        assert "Nothing can be proposed for 'rfm'" in refusal(product, "config", "propose", "rfm")
