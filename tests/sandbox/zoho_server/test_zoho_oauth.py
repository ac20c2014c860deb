"""The accounts server: grants, errors that come with HTTP 200, the throttle, the ring of tokens, scopes."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.support.zoho_client import CREDENTIALS, ZohoHttp

REDIRECT = "http://127.0.0.1:9/callback?of=us"


def error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def called_with(zoho: ZohoHttp, authorization: str | None, path: str = "/crm/v8/org") -> tuple[int, str]:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = requests.get(f"{zoho.base_url}{path}", headers=headers, timeout=5)
    return answer.status_code, answer.json().get("code", "")


def test_a_refresh(zoho: ZohoHttp) -> None:
    answer = zoho.ask_token()
    body = answer.json()
    assert answer.status_code == 200
    assert re.fullmatch(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}", body["access_token"])
    assert (body["token_type"], body["expires_in"], body["api_domain"]) == ("Bearer", 3600, zoho.base_url)
    assert "refresh_token" not in body
    assert "ZohoCRM.modules.ALL" in body["scope"].split(" ")
    by_query = requests.post(f"{zoho.base_url}/oauth/v2/token", params=CREDENTIALS, timeout=5)
    assert "access_token" in by_query.json()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"client_id": "1000.OTHER"}, "invalid_client"),
        ({"client_secret": "wrong"}, "invalid_client_secret"),
        ({"refresh_token": "1000.unknown"}, "invalid_code"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "1000.x"}, "invalid_code"),
        ({"grant_type": "client_credentials", "scope": "nonsense"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "ZohoCRM.org.READ"}, "missing_org_info"),
    ],
)
def test_errors_come_with_http_200(zoho: ZohoHttp, other: dict[str, str], said: str) -> None:
    assert error(zoho.ask_token(**other)) == (200, said)


def test_the_eleventh_request_in_ten_minutes_is_throttled(zoho: ZohoHttp, clock_file: Path) -> None:
    zoho.post("/_sandbox/tokens/restore")
    answers = [zoho.ask_token() for _ in range(11)]
    assert ["access_token" in answer.json() for answer in answers] == [True] * 10 + [False]
    assert error(answers[-1]) == (400, "Access Denied")
    assert answers[-1].json()["status"] == "failure"
    clock_file.write_text("601")
    assert "access_token" in zoho.ask_token().json()
    zoho.post("/_sandbox/limits", {"token_requests": 1000})
    assert all("access_token" in zoho.ask_token().json() for _ in range(12))


def test_an_eleventh_live_token_ends_the_oldest(zoho: ZohoHttp) -> None:
    zoho.post("/_sandbox/limits", {"token_requests": 100})
    tokens = [zoho.ask_token().json()["access_token"] for _ in range(11)]
    assert called_with(zoho, f"Zoho-oauthtoken {tokens[0]}") == (401, "INVALID_TOKEN")
    assert called_with(zoho, f"Zoho-oauthtoken {tokens[1]}")[0] == 200
    assert called_with(zoho, f"Bearer {tokens[10]}")[0] == 200
    zoho.token = tokens[10]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "AUTHENTICATION_FAILURE"),
        ("Basic abc", "AUTHENTICATION_FAILURE"),
        ("Zoho-oauthtoken ", "AUTHENTICATION_FAILURE"),
        ("Zoho-oauthtoken 1000.a.b", "INVALID_TOKEN"),
    ],
)
def test_who_does_not_say_who_he_is(zoho: ZohoHttp, authorization: str | None, code: str) -> None:
    assert called_with(zoho, authorization) == (401, code)


def test_a_token_lives_an_hour_and_says_so(zoho: ZohoHttp, clock_file: Path) -> None:
    zoho.refresh()
    assert "X-ACCESSTOKEN-RESET" in zoho.get("/crm/v8/org").headers
    clock_file.write_text("3590")
    assert zoho.get("/crm/v8/org").status_code == 200
    clock_file.write_text("3610")
    assert zoho.get("/crm/v8/org").json()["code"] == "INVALID_TOKEN"


def test_revoked_restored_expired_from_outside(zoho: ZohoHttp) -> None:
    zoho.post("/_sandbox/tokens/revoke")
    assert zoho.get("/crm/v8/org").json()["code"] == "INVALID_TOKEN"
    assert error(zoho.ask_token()) == (200, "invalid_code")
    zoho.post("/_sandbox/tokens/restore")
    zoho.refresh()
    assert zoho.get("/crm/v8/org").status_code == 200
    zoho.post("/_sandbox/tokens/expire")
    assert zoho.get("/crm/v8/org").json()["code"] == "INVALID_TOKEN"
    zoho.refresh()
    assert zoho.post("/_sandbox/tokens/lose").status_code == 404


def self_client_code(zoho: ZohoHttp, scope: str) -> str:
    code: str = zoho.post("/_sandbox/tokens/code", {"scope": scope}).json()["code"]
    return code


def test_a_self_clients_code_is_exchanged_once(zoho: ZohoHttp) -> None:
    code = self_client_code(zoho, "ZohoCRM.modules.Deals.READ,ZohoCRM.org.READ")
    given = zoho.ask_token(grant_type="authorization_code", code=code).json()
    assert given["scope"] == "ZohoCRM.modules.Deals.READ ZohoCRM.org.READ"
    assert error(zoho.ask_token(grant_type="authorization_code", code=code)) == (200, "invalid_code")
    again = zoho.ask_token(refresh_token=given["refresh_token"]).json()
    assert called_with(zoho, f"Zoho-oauthtoken {again['access_token']}")[0] == 200
    revoked = requests.post(
        f"{zoho.base_url}/oauth/v2/token/revoke", params={"token": given["refresh_token"]}, timeout=5
    )
    assert revoked.json() == {"status": "success"}
    assert called_with(zoho, f"Zoho-oauthtoken {again['access_token']}") == (401, "INVALID_TOKEN")
    assert error(zoho.ask_token(refresh_token=given["refresh_token"])) == (200, "invalid_code")


def test_a_code_grows_old(zoho: ZohoHttp, clock_file: Path) -> None:
    code = self_client_code(zoho, "ZohoCRM.org.READ")
    clock_file.write_text("200")
    assert error(zoho.ask_token(grant_type="authorization_code", code=code)) == (200, "invalid_code")


@pytest.mark.parametrize(
    ("scope", "path", "code"),
    [
        ("ZohoCRM.modules.Deals.READ", "/crm/v8/Deals?fields=Stage&per_page=1", ""),
        ("ZohoCRM.modules.READ", "/crm/v8/Deals?fields=Stage&per_page=1", ""),
        ("ZohoCRM.modules.Deals.ALL", "/crm/v8/Accounts?fields=Phone", "OAUTH_SCOPE_MISMATCH"),
        ("ZohoCRM.modules.ALL", "/crm/v8/users", "OAUTH_SCOPE_MISMATCH"),
        ("ZohoCRM.settings.READ", "/crm/v8/settings/fields?module=Deals", ""),
        ("ZohoCRM.settings.modules.READ", "/crm/v8/settings/fields?module=Deals", "OAUTH_SCOPE_MISMATCH"),
    ],
)
def test_scopes(zoho: ZohoHttp, scope: str, path: str, code: str) -> None:
    given = zoho.ask_token(grant_type="authorization_code", code=self_client_code(zoho, scope)).json()
    expected = (401 if code else 200, code)
    assert called_with(zoho, f"Zoho-oauthtoken {given['access_token']}", path) == expected


def test_writing_and_coql_need_their_scopes(zoho: ZohoHttp) -> None:
    own = zoho.token
    code = self_client_code(zoho, "ZohoCRM.modules.Deals.WRITE,ZohoCRM.coql.READ")
    zoho.token = zoho.ask_token(grant_type="authorization_code", code=code).json()["access_token"]
    created = zoho.post("/crm/v8/Deals", {"data": [{"Deal_Name": "W", "Stage": "Qualification"}]})
    deleted = zoho.delete("/crm/v8/Deals", ids="1")
    queried = zoho.coql("select id from Deals where id is not null")
    zoho.token = own
    assert created.status_code == 201
    assert [deleted.json()["code"], queried.json()["code"]] == ["OAUTH_SCOPE_MISMATCH"] * 2


def test_the_consent_page(zoho: ZohoHttp) -> None:
    asked = {
        "response_type": "code",
        "client_id": CREDENTIALS["client_id"],
        "scope": "ZohoCRM.org.READ,ZohoCRM.users.READ",
        "redirect_uri": REDIRECT,
        "access_type": "offline",
        "state": '"><b>',
    }
    page = requests.get(f"{zoho.base_url}/oauth/v2/auth", params=asked, timeout=5)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<b>" not in page.text
    link = re.search(r'id="accept" href="([^"]+)"', page.text)
    assert link is not None
    target = urlsplit(unescape(link.group(1)))
    back = {name: values[0] for name, values in parse_qs(target.query).items()}
    assert (back["of"], back["location"], back["accounts-server"]) == ("us", "us", zoho.base_url)
    assert back["state"] == asked["state"]
    exchange = {"grant_type": "authorization_code", "code": back["code"]}
    assert error(zoho.ask_token(**exchange, redirect_uri="http://elsewhere.example")) == (
        200,
        "invalid_redirect_uri",
    )
    assert "refresh_token" in zoho.ask_token(**exchange, redirect_uri=REDIRECT).json()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"client_id": "1000.X"}, "invalid_client"),
        ({"response_type": "token"}, "invalid_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_redirect_uri"),
    ],
)
def test_the_consent_page_refuses(zoho: ZohoHttp, other: dict[str, str], said: str) -> None:
    asked = {"response_type": "code", "client_id": CREDENTIALS["client_id"], "scope": "ZohoCRM.org.READ"}
    page = requests.get(f"{zoho.base_url}/oauth/v2/auth", params=asked | other, timeout=5)
    assert page.status_code == 400
    assert said in page.text


def test_the_client_itself_gets_a_token(zoho: ZohoHttp) -> None:
    zgid = zoho.get("/crm/v8/org").json()["org"][0]["zgid"]
    given = zoho.ask_token(
        grant_type="client_credentials", scope="ZohoCRM.org.READ", soid=f"ZohoCRM.{zgid}"
    ).json()
    assert "refresh_token" not in given
    assert called_with(zoho, f"Zoho-oauthtoken {given['access_token']}")[0] == 200
