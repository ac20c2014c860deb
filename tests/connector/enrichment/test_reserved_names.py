"""The demo's web: only reserved names lead to it, and none of it beside a real Zoho or Slack."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.settings import Settings
from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.reserved_names import ReservedNames
from connector.enrichment.resolving import Endpoint

HERE = {"zoho": {"accounts_url": "http://127.0.0.1:1"}, "slack": {"api_url": "http://127.0.0.1:2/api/"}}


def test_only_names_that_nobody_can_register_lead_here() -> None:
    names = ReservedNames(8703)
    assert names.endpoints("konex.example", 443) == (Endpoint("127.0.0.1", 8703),)
    for name in (
        "konex.com",
        "example",
        "example.com",
        "localhost",
        "127.0.0.1",
        "10.0.0.1",
        "::1",
        "x.example.",
    ):
        with pytest.raises(NotFetched) as failure:
            names.endpoints(name, 443)
        assert failure.value.why is Why.NO_SUCH_NAME


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"zoho": {}},
        {"slack": {}},
        {"zoho": {"accounts_url": "https://accounts.zoho.com"}},
        {"zoho": {**HERE["zoho"], "api_url": "https://www.zohoapis.com"}},
        {"slack": {"api_url": "https://127.0.0.1.evil.example/api/"}},
    ],
)
def test_it_is_refused_beside_a_real_zoho_or_slack(elsewhere: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ValidationError, match="is for the demo"):
        Settings.model_validate({**HERE, **elsewhere, "sandbox_web_port": 8703})
    assert Settings.model_validate({**HERE, "sandbox_web_port": 8703}).sandbox_web_port == 8703
