"""A leaving segmentation on the command line: checked, refused, applied, scored, asked for, explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.config.starting import STARTING_DOCUMENT
from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, install

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

SEGMENTATION = """\
  - name: Who leaves
    technique: leaving
    horizon_days: 60
    model: mbg_nbd
    labels:
      - {name: Safe, when: churn_risk < 5%}
      - {name: Unsure, when: churn_risk < 50%}
      - {name: Going, when: churn_risk >= 50%}
"""
REFUSED = (
    ("churn_risk < 50%", "churn_rsk < 50%", "There is no field churn_rsk. Did you mean churn_risk"),
    ("limits:\n", "limits:\n  leaving_labels: 2\n", "'Who leaves' has 3 labels; the limit is 2."),
)
SEGMENT = "  - {name: Worth a call, criteria: churn_risk > 0.1% and value_at_risk > 10}\n"


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with running_zoho() as zoho:
        yield install(tmp_path, zoho_url=zoho.base_url, slack_url="http://127.0.0.1:9")


def succeeds(product: Product, *command: str) -> str:
    outcome = product.run(*command, seconds=120)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def test_a_leaving_segmentation_from_the_document_to_the_answer(product: Product) -> None:
    good = STARTING_DOCUMENT.replace("\nsegments:\n", f"\n{SEGMENTATION}\nsegments:\n{SEGMENT}", 1)
    assert good != STARTING_DOCUMENT
    path = product.directory / "leaving.yaml"
    succeeds(product, "sync")
    for right, wrong, sentence in REFUSED:
        path.write_text(good.replace(right, wrong), encoding="utf-8")
        refused = product.run("config", "check", str(path))
        assert refused.returncode == 1
        assert "leaving.yaml:" in refused.stderr
        assert sentence in refused.stderr
    path.write_text(good, encoding="utf-8")
    assert succeeds(product, "config", "check", str(path)) == "The configuration is good.\n"
    succeeds(product, "config", "apply", str(path))

    rehearsed = json.loads(succeeds(product, "score", "who leaves", "--dry-run", "--json"))
    scored = json.loads(succeeds(product, "score", "Who leaves", "--json"))
    [part] = scored["parts"]
    assert (part["technique"], part["accounts"], part["scored"]) == ("leaving", 85, 85)
    assert part["labels"] == rehearsed["parts"][0]["labels"]
    assert sum(many for label, many in part["labels"] if label is not None) == 85

    risky = json.loads(succeeds(product, "ask", "--json", "churn_risk > 0.1% and value_at_risk > 10"))
    saved = json.loads(succeeds(product, "ask", "--json", 'churn_risk >= 0 and in segment "Worth a call"'))
    assert 0 < risky["total"] == saved["total"] < 85
    assert [one["name"] for one in risky["accounts"]] == [one["name"] for one in saved["accounts"]]

    explained = succeeds(product, "explain", risky["accounts"][0]["name"])
    words = " ".join(explained.split())
    assert "Risk of no purchase in the next 60 days: " in words
    assert "Value at risk: $" in words
    assert " is for churn_risk " in words
