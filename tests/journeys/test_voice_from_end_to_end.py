"""What customers write, from Desk and SalesIQ to labels, questions, reasons and corrections: as processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.app.config import STARTING_DOCUMENT
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


def test_a_voice_document_is_checked_applied_scored_asked_explained_and_corrected(tmp_path: Path) -> None:
    with running_zoho() as zoho:
        product = install(tmp_path, zoho_url=zoho.base_url, slack_url="http://127.0.0.1:9")
        file = tmp_path / "voice.yaml"
        file.write_text(document().replace("negative share > 20%", "negative sharre > 20%"))
        assert "voice.yaml" in refused(product, "config", "check", str(file))
        file.write_text(document().replace("aliases: [acmecrm]", 'aliases: ["+++"]'))
        assert "has no letter" in refused(product, "config", "check", str(file))
        file.write_text(document())
        said(product, "sync")
        assert "good" in said(product, "config", "check", str(file))
        said(product, "config", "apply", str(file))
        said(product, "sources")
        scored = json.loads(said(product, "score", "Voice", "--json"))
        [part] = scored["parts"]
        assert part["technique"] == "voice"
        assert part["scored"] > 0
        again = json.loads(said(product, "score", "Voice", "--json", "--dry-run"))
        assert again["parts"][0]["written"] == 0

        writing = asked(product, "voice_messages >= 1")
        assert writing["total"] == part["scored"]
        unhappy = asked(product, "accounts where negative_share > 20% sorted by net_sentiment")
        assert 0 < unhappy["total"] < writing["total"]
        assert asked(product, 'in segment "Unhappy writers"')["total"] <= unhappy["total"]
        assert asked(product, 'competitor "Acme CRM" mentioned')["total"] == 0

        name = unhappy["accounts"][0]["name"]
        why = said(product, "explain", name)
        assert "Voice" in why
        assert "messages in 183 days" in " ".join(why.split())

        read = json.loads(said(product, "voice", "read", "The invoice is wrong. Thank you!", "--json"))
        assert [one["sentence"] for one in read] == ["The invoice is wrong.", "Thank you!"]
        assert "no intent" in refused(product, "voice", "correct", "Delivery is late", "--intent", "angry")
        told = said(
            product, "voice", "correct", "Delivery is late", "--intent", "praise", "--sentiment", "positive"
        )
        assert "praise and positive" in told
        said(product, "score", "Voice")
        praising = asked(product, "praise_count >= 1")
        assert praising["total"] > 0
        assert "correct" in said(product, "audit", "--json")
