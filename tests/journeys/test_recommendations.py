"""Recommendations from a document to a person: checked, refused, applied, scored, asked, dismissed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.app.config.starting import STARTING_DOCUMENT
from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, install

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

OFFERS = """\
  - name: Offers
    technique: recommendations
    horizon_days: 60
    firmographics: [industry, employees]
    labels:
      - name: Hot Prospect
        any_of:
          - {kinds: [repeat_buy], probability: 0.5}
          - {kinds: [cross_sell, first_buy], lift: 5}
      - name: GTX Prospect
        any_of:
          - {products: [GTX Pro, gtxpro], bundles: [[GTX Pro, MG Special]]}
      - name: Cold Prospect
"""


def document(*changes: tuple[str, str]) -> str:
    part = OFFERS
    for old, new in changes:
        assert old in part
        part = part.replace(old, new)
    return STARTING_DOCUMENT.replace("\n# Questions that are asked often", f"{part}\n# Questions", 1)


def said(product: Product, *arguments: str) -> Any:
    outcome = product.run(*arguments, "--json", seconds=120)
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_a_document_that_recommends_from_check_to_dismissal(tmp_path: Path) -> None:
    with running_zoho() as zoho:
        product = install(tmp_path, zoho_url=zoho.base_url, slack_url="http://127.0.0.1:9")
        said(product, "sync")
        file = tmp_path / "offers.yaml"

        file.write_text(document(("GTX Pro, gtxpro", "GTX Prro"), ("[industry, ", "[industri, ")))
        refused = product.run("config", "check", str(file))
        line = next(at for at, text in enumerate(file.read_text().splitlines(), 1) if "GTX Prro" in text)
        assert refused.returncode == 1
        assert (
            f"offers.yaml:{line}: there is no product 'GTX Prro'. Did you mean 'GTX Pro'?" in refused.stderr
        )
        assert "firmographics: There is no field industri." in refused.stderr

        file.write_text(document(("GTX Pro, gtxpro", "GTX Pro")), encoding="utf-8")
        assert product.run("config", "apply", str(file)).returncode == 0
        [run] = said(product, "score", "Offers")["parts"]
        assert (run["technique"], run["baseline"]) == ("recommendations", True)
        assert run["scored"] == run["accounts"] > 80

        asked = said(product, "ask", 'best_probability > 0 and label."Offers" is not empty')
        assert 0 < asked["total"] <= run["accounts"]
        name = asked["accounts"][0]["name"]
        explained = said(product, "explain", name)
        assert "Offers" in json.dumps(explained)

        found = said(product, "recommend", name, "--why")
        best = found["offers"][0]
        assert found["about"] == name
        assert 0 < best["probability"] <= 1
        assert found["speaking"][best["product_id"]]
        pitched = said(product, "pitch", best["product"], "--limit", "100")
        assert name in {one["account"] for one in pitched["offers"]}

        dismissal = ("recommend", name, "--dismiss", best["product"], "--reason", "has its own")
        assert said(product, *dismissal)["kept"] is True
        left = said(product, "recommend", name)["offers"]
        assert best["product"] not in {one for row in left for one in (row["product"], row["with_product"])}
