"""What customers write, from Desk and SalesIQ to labels, questions, reasons and corrections: as processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.app.config.starting import STARTING_DOCUMENT
from sandbox.suite.chats import PORTAL
from sandbox.suite.desk import ORGANISATION
from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import Product, install

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

VOICE = """\
  - name: Voice
    technique: voice
    competitors: [{name: Acme CRM, aliases: [acmecrm]}]
    fewest_messages: 1
segments:
  - {name: Unhappy writers, criteria: "label.Voice in (Unhappy, Detractor) and negative share > 20%"}
"""


def document() -> str:
    sources = f'suite:\n  desk_organization_id: "{ORGANISATION}"\n  salesiq_portal: {PORTAL}\n'
    return STARTING_DOCUMENT.replace("segments:\n", VOICE, 1).replace("suite:\n", sources, 1)


def said(product: Product, *arguments: str) -> str:
    outcome = product.run(*arguments, seconds=300)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def refused(product: Product, *arguments: str) -> str:
    outcome = product.run(*arguments, seconds=120)
    assert outcome.returncode == 1, outcome.stdout
    return outcome.stderr


def asked(product: Product, question: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said(product, "ask", "--json", question))
    return found


def test_a_voice_document_is_applied_scored_asked_explained_and_corrected(tmp_path: Path) -> None:
    with running_zoho() as zoho:
        product = install(tmp_path, zoho_url=zoho.base_url, slack_url="http://127.0.0.1:9")
        file = tmp_path / "voice.yaml"
        said(product, "sync")
        file.write_text(document().replace("aliases: [acmecrm]", 'aliases: ["+++"]'))
        assert "has no letter" in refused(product, "config", "check", str(file))
        file.write_text(document())
        said(product, "config", "apply", str(file))
        said(product, "sources")
        [part] = json.loads(said(product, "score", "Voice", "--json"))["parts"]
        assert part["technique"] == "voice"
        assert part["scored"] > 0

        unhappy = asked(product, "accounts where negative_share > 20% sorted by net_sentiment")
        assert 0 < unhappy["total"] < part["accounts"]
        named = asked(product, 'in segment "Unhappy writers" and competitor "Acme CRM" mentioned < 1 times')
        assert 0 < named["total"] <= unhappy["total"]
        why = " ".join(said(product, "explain", unhappy["accounts"][0]["name"]).split())
        assert "in 183 days up to" in why

        assert "no intent" in refused(product, "voice", "correct", "Delivery is late", "--intent", "angry")
        told = said(product, "voice", "correct", "Delivery is late", "--intent", "praise")
        assert "is praise from the next run on" in told
        said(product, "score", "Voice")
        assert asked(product, "praise_count >= 1")["total"] > 0
