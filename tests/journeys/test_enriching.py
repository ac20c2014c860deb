"""Enriching by commands alone, over the sandbox's CRM and its Zia, and from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.zoho.serve import running as running_zoho
from sandbox.zoho.specification import OrganisationSpec
from tests.support.processes import Product, install

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

DOCUMENT = """\
version: 1
segmentations: [{name: RFM, labels: [{name: Others, when: purchases >= 1}]}]
segments: [{name: All, criteria: name is not empty}]
enrichment:
  provider: PROVIDER
  file: values.csv
  fields:
    description: {field: Description}
    postcode: {field: Billing_Code}
    employees: {field: Employees, rule: ask}
    technologies: {field: Technologies}
"""


def told(product: Product, *command: str) -> Any:
    outcome = product.run(*command, "--json", seconds=120)
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def in_crm(url: str) -> dict[str, dict[str, Any]]:
    shown = requests.get(f"{url}/_sandbox/records/Accounts", params={"limit": 100}, timeout=10).json()
    return {str(one["id"]): one["values"] for one in shown["records"]}


def test_one_account_a_batch_and_the_way_back(tmp_path: Path) -> None:
    spec = OrganisationSpec(accounts=12, deals=5, contacts=5, products=2)
    with running_zoho(organisation=spec) as server:
        product = install(tmp_path, zoho_url=server.base_url, slack_url="http://127.0.0.1:9")
        document = tmp_path / "bellwether.yaml"
        document.write_text(DOCUMENT.replace("PROVIDER", "zia"), encoding="utf-8")
        told(product, "sync")
        before = in_crm(server.base_url)
        first, second = sorted(before)[:2]
        checks = told(product, "enrich", "check")
        assert {one["field"]: one["problem"] for one in checks} == {
            "description": None, "postcode": None, "employees": None, "technologies": None,
        }  # fmt: skip

        done = told(product, "enrich", first, "--accept", "employees,description")
        assert [one["state"] for one in done["applied"]] == ["written", "written"]
        written = in_crm(server.base_url)[first]
        assert written["Description"].endswith("makes things.")
        assert written["Employees"] != before[first].get("Employees")

        document.write_text(DOCUMENT.replace("PROVIDER", "file"), encoding="utf-8")
        assert product.run("config", "apply").returncode == 0
        lines = [f'{one},"About {one}",,123,"HubSpot, Shopify"' for one in sorted(before) if one != second]
        (tmp_path / "values.csv").write_text(
            "\n".join(["account_id,description,postcode,employees,technologies", *lines]), encoding="utf-8"
        )
        batch = told(product, "enrich", "--segment", "all")
        assert sum(batch["counts"].values()) == batch["total"]
        after = in_crm(server.base_url)
        filled = [one for one in before if after[one].get("Description") == f"About {one}"]
        assert batch["fields"]["Description"] == len(filled) == len(before) - 2
        assert first not in filled, "it said something already"
        assert all(after[one].get("Employees") == before[one].get("Employees") for one in filled)

        using = [one for one in before if after[one].get("Technologies") == "HubSpot, Shopify"]
        assert batch["fields"]["Technologies"] == batch["counts"]["found"] == len(using) == len(before) - 1
        asked = told(product, "ask", "how many accounts use Shopify and HubSpot?")
        assert asked["total"] == len(using), "what was written is in the copy at once"

        undone = told(product, "enrich", "undo", batch["id"])
        assert undone[0]["undone"] == len(filled) + len(using)
        assert (undone[0]["kept"], undone[0]["refused"]) == (0, 0)
        assert told(product, "ask", "how many accounts use Shopify?")["total"] == 0
        history = told(product, "enrich", "history")
        assert [one["id"] for one in history["batches"]] == [batch["id"]]
        assert {one["crm_field"] for one in history["single"]} == {"Description", "Employees"}
        assert in_crm(server.base_url)[filled[0]].get("Description") in (None, "")
