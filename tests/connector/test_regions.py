from __future__ import annotations

import pytest

from connector.errors import NeedsPerson
from connector.zoho.regions import region


@pytest.mark.parametrize(
    ("name", "accounts", "api"),
    [
        ("us", "https://accounts.zoho.com", "https://www.zohoapis.com"),
        ("EU", "https://accounts.zoho.eu", "https://www.zohoapis.eu"),
        ("in", "https://accounts.zoho.in", "https://www.zohoapis.in"),
        ("au", "https://accounts.zoho.com.au", "https://www.zohoapis.com.au"),
        ("jp", "https://accounts.zoho.jp", "https://www.zohoapis.jp"),
        ("cn", "https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn"),
        ("ca", "https://accounts.zohocloud.ca", "https://www.zohoapis.ca"),
        ("sa", "https://accounts.zoho.sa", "https://www.zohoapis.sa"),
        ("uk", "https://accounts.zoho.uk", "https://www.zohoapis.uk"),
    ],
)
def test_every_data_centre(name: str, accounts: str, api: str) -> None:
    found = region(name)
    assert (found.accounts_url, found.api_url) == (accounts, api)


@pytest.mark.parametrize(
    ("written", "nearest"), [("usa", "us"), ("Europe", "eu"), ("ukk", "uk"), ("Japn", "jp"), ("zz", "")]
)
def test_an_unknown_region_names_the_nearest(written: str, nearest: str) -> None:
    with pytest.raises(NeedsPerson) as caught:
        region(written)
    assert f"the nearest is '{nearest}" in str(caught.value)
    assert "BELLWETHER_ZOHO__REGION" in str(caught.value)


def test_a_zoho_elsewhere_serves_both() -> None:
    found = region("us", "http://127.0.0.1:8700/")
    assert (found.accounts_url, found.api_url) == ("http://127.0.0.1:8700", "http://127.0.0.1:8700")
    assert region("us", "http://zoho:1", "https://api.example").api_url == "https://api.example"


@pytest.mark.parametrize(
    "url", ["ftp://host", "zoho.com", "https://user:word@host", "https://h?x=1", "http://zoho.example"]
)
def test_an_address_that_cannot_be_used_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(NeedsPerson, match="BELLWETHER_ZOHO__ACCOUNTS_URL") as caught:
        region("us", url)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    ("answered", "used"),
    [
        ("https://www.zohoapis.eu", "https://www.zohoapis.eu"),
        ("https://sandbox.zohoapis.com", "https://sandbox.zohoapis.com"),
        ("https://developer.zohoapis.ca/", "https://developer.zohoapis.ca"),
        ("https://www.zohoapis.com.evil.example", "https://www.zohoapis.com"),
        ("https://evil.example/www.zohoapis.com", "https://www.zohoapis.com"),
        ("https://www.zohoapis.com@evil.example", "https://www.zohoapis.com"),
        ("http://www.zohoapis.com", "https://www.zohoapis.com"),
        (None, "https://www.zohoapis.com"),
    ],
)
def test_a_token_goes_to_zoho_only(answered: str | None, used: str) -> None:
    assert region("us").api_for(answered) == used


def test_a_configured_api_is_not_replaced() -> None:
    assert region("us", "http://127.0.0.1:1").api_for("https://www.zohoapis.com") == "http://127.0.0.1:1"
