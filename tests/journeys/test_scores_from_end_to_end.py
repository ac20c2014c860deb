"""R, F and M of the whole organisation, through Zoho, sync and scoring, against the CSV files alone."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sandbox.zoho.serve import running as running_zoho
from tests.support.maven_reference import accounts, expected_scores, last_close, won_deals
from tests.support.processes import Product, install

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

ORGANISATION_ZONE = ZoneInfo("America/New_York")


def in_the_database(product: Product) -> dict[str, tuple[date, int, int, int, int, int]]:
    connection = sqlite3.connect(product.database)
    rows = connection.execute(
        "SELECT a.name, s.last_purchase, s.purchases, s.spend_minor, s.r, s.f, s.m "
        "FROM score s JOIN crm_account a ON a.id = s.account_id"
    ).fetchall()
    connection.close()
    return {name: (date.fromisoformat(day), *rest) for name, day, *rest in rows}


def test_scores_equal_an_independent_computation_and_questions_find_them(tmp_path: Path) -> None:
    yesterday = datetime.now(ORGANISATION_ZONE).date() - timedelta(days=1)
    with running_zoho() as zoho:
        product = install(tmp_path, zoho_url=zoho.base_url, slack_url="http://127.0.0.1:9")
        for command in ("sync", "score"):
            outcome = product.run(command, seconds=120)
            assert outcome.returncode == 0, outcome.stderr
        expected = expected_scores(won_deals(yesterday - last_close()))
        assert in_the_database(product) == {
            name: (one.last_purchase, one.purchases, one.spend_minor, one.r, one.f, one.m)
            for name, one in expected.items()
        }
        assert len(expected) == 85

        answered = product.run("ask", "--json", "show VIP accounts in healthcare")
        assert answered.returncode == 0, answered.stderr
        answer = json.loads(answered.stdout)
        vips = {
            name
            for name, one in expected.items()
            if accounts()[name]["sector"] == "medical" and one.r >= 2 and one.f >= 4 and one.m == 5
        }
        assert {one["name"] for one in answer["accounts"]} == vips
        assert answer["total"] == answer["shown"] == len(vips) > 0
        assert answer["read_as"].startswith("label = VIP and industry = medical")
        assert {"kind", "read_as", "total", "shown", "as_of", "accounts", "not_understood"} <= answer.keys()
        assert {"id", "name", "label", "r", "f", "m"} <= answer["accounts"][0].keys()

        lost = product.run("ask", "--json", "show VIP accounts in frobnicate")
        assert lost.returncode == 3
        assert [one["word"] for one in json.loads(lost.stdout)["not_understood"]] == ["frobnicate"]
