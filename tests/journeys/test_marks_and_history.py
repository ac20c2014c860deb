"""Market segments, roles and questions about the past, by commands alone, over the sandbox's CRM."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, install
from tests.support.zoho_client import ZohoHttp

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

DOCUMENT = """\
version: 1
organisation: {time_zone: UTC}
segmentations:
  - name: RFM
    labels:
      - {name: Key, when: market_segment has Enterprise}
      - {name: VIP, when: r >= 4 and f >= 4 and m >= 4}
      - {name: Others, when: purchases >= 1}
markets:
  groups:
    - {name: Size, segments: [Enterprise, Small], one_each: true}
"""


def said(product: Product, *command: str) -> str:
    outcome = product.run(*command, seconds=120)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def told(product: Product, *command: str) -> Any:
    return json.loads(said(product, *command, "--json"))


def refusal(product: Product, *command: str) -> str:
    outcome = product.run(*command)
    assert outcome.returncode == 1, outcome.stdout
    return outcome.stderr


def test_from_the_document_to_the_matrix(tmp_path: Path) -> None:
    with running_zoho() as server:
        zoho = ZohoHttp(server.base_url)
        zoho.refresh()
        contact = {"Last_Name": "Byron", "First_Name": "Ada", "Email": "ada@byron.example"}
        answer = zoho.call("POST", "/crm/v8/Contacts", json={"data": [contact], "trigger": []})
        assert answer.status_code == 201, answer.text
        zoho.close()
        product = install(tmp_path, zoho_url=server.base_url, slack_url="http://127.0.0.1:9")
        document = tmp_path / "bellwether.yaml"
        document.write_text(DOCUMENT, encoding="utf-8")
        said(product, "sync")
        document.write_text(DOCUMENT.replace("[Enterprise, Small]", "[Small, small]"), encoding="utf-8")
        assert "names have to differ" in refusal(product, "config", "check")
        document.write_text(DOCUMENT, encoding="utf-8")
        said(product, "config", "check")
        said(product, "config", "apply")
        said(product, "score")
        today = datetime.now(UTC).date().isoformat()

        big = "employees >= 5000"
        tried = said(product, "mark", "give", "enterprise", "--where", big, "--dry-run")
        assert tried.startswith("'Enterprise' would be given to ")
        done = told(product, "mark", "give", "enterprise", "--where", big)
        assert len(done["gains"]) > 0
        listed = told(product, "mark", "list")
        assert [one["records"] for one in listed if one["mark"] == "Enterprise"] == [len(done["gains"])]
        one = done["gains"][0]
        assert "of which an account bears one only" in refusal(
            product, "mark", "give", "Small", "--account", one
        )
        assert "Did you mean Enterprise" in refusal(product, "mark", "give", "Enterprize", "--account", one)
        assert "borne by accounts" in refusal(product, "mark", "give", "Small", "--contact", "x")
        assert told(product, "ask", "market_segment has Enterprise")["total"] == len(done["gains"])

        said(product, "score")
        assert told(product, "ask", "label = Key")["total"] == len(done["gains"])

        role = said(product, "mark", "give", "User", "--kind", "role", "--where", "email contains byron")
        assert role == "'User' is given to 1 contact.\n"

        past = told(product, "history", "labels", "--on", today, "--label", "key")
        assert sorted(row["name"] for row in past["accounts"]) == sorted(done["gains"])
        moves = told(product, "history", "moves", "--from", today, "--to", today)
        assert [m["accounts"] for m in moves["moves"] if m["old"] == "Key"] == [len(done["gains"])]
        assert "Key" in said(product, "history", "moves", "--from", today, "--to", today)
        assert "Key" in said(product, "history", "account", one)
        assert "was first scored as of" in refusal(product, "history", "labels", "--on", "2001-01-01")

        then = said(product, "score", "--as-of", "2017-06-30", "--dry-run")
        assert then.startswith("RFM as of 2017-06-30: Key ")
        assert "cannot be kept" in refusal(product, "score", "--as-of", "2017-06-30")
