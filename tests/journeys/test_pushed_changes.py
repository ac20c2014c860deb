"""A deal is lost in the CRM, Zoho tells of it, and the alert comes, though nobody polls for an hour."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.support.processes import await_that
from tests.support.whole import world

pytestmark = pytest.mark.process


def test_an_alert_comes_without_a_poll(tmp_path: Path) -> None:
    with world(tmp_path) as whole:
        port = whole.product.environment["BELLWETHER_HTTP_PORT"]
        public_url = f"http://127.0.0.1:{port}"
        whole_product = whole.product.with_settings(PUBLIC_URL=public_url, POLL_SECONDS="3600")
        with whole_product.started("run"):
            whole.await_scalar("select count(*) from score", 85)
            whole.await_scalar("select count(*) from zoho_channel where expires_at is not null", 4)
            name = whole.best_account()
            whole.lose_deals(name["id"])
            await_that(lambda: bool(whole.alerts(name["name"])), 60, "an alert")
            assert whole.scalar("select count(*) from zoho_channel where heard_at is not null") >= 1
            # Forged callbacks are refused by the same server.
            forged = {"channel_id": "1", "module": "Deals", "ids": ["1"], "token": "guess"}
            assert requests.post(f"{public_url}/zoho/crm", json=forged, timeout=10).status_code == 403
            doctor = whole_product.run("doctor").stdout
    assert "push Deals" in doctor
    assert "channels at zoho" in doctor
    assert "alive until" in doctor
