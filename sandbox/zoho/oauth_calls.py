"""The accounts server's addresses: consent page, token, revoke."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.zoho.answers import HTML_TYPE, Answer, Call
from sandbox.zoho.oauth import (
    ACCESS_TOKEN_SECONDS,
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT_CODE_SECONDS,
    AccessToken,
    OAuthRefused,
)
from sandbox.zoho.orgs import ORGANISATION_ID
from sandbox.zoho.scopes import all_well_formed, split_scopes
from sandbox.zoho.state import Zoho

SIGN_IN = "sandbox_user"  # the sandbox's own parameter of the consent page
CONSENT_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sandbox accounts</title>
<h1>Maven Hardware</h1>
<p>{client} asks for:</p>
<ul>{scopes}</ul>
{decision}
</html>
"""


def token(zoho: Zoho, call: Call) -> Answer:
    """``POST /oauth/v2/token``: the three grants. Parameters in the query or in a form body."""
    given = _parameters(call)
    grants: Mapping[str, Callable[[Zoho, dict[str, str]], dict[str, Any]]] = {
        "refresh_token": _by_refresh_token,
        "authorization_code": _by_code,
        "client_credentials": _by_client,
    }
    try:
        _check_client(given)
        grant = grants.get(given.get("grant_type", ""), _by_nothing)
        return Answer(200, grant(zoho, given), credits=0)
    except OAuthRefused as refused:
        return Answer(refused.status, refused.body, credits=0)


def revoke(zoho: Zoho, call: Call) -> Answer:
    """``POST /oauth/v2/token/revoke?token=…``."""
    if not zoho.tokens.revoke(_parameters(call).get("token", "")):
        return Answer(400, {"error": "invalid_token"}, credits=0)
    return Answer(200, {"status": "success"}, credits=0)


def consent(zoho: Zoho, call: Call) -> Answer:
    """``GET /oauth/v2/auth``: a person accepts here; without a redirect address it shows the code."""
    asked = call.query
    scopes = split_scopes(asked.get("scope", ""))
    redirect = asked.get("redirect_uri")
    problem = _problem(asked, scopes, redirect)
    if problem:
        return Answer(400, f"<!doctype html><title>Error</title><p>{problem}</p>", content_type=HTML_TYPE)
    user = _signed_in(zoho, asked.get(SIGN_IN, ""))
    code = zoho.tokens.issue_code(scopes, redirect, REDIRECT_CODE_SECONDS, user)
    if redirect is None:
        decision = f"<p>Your code: <code>{code.value}</code></p>"
    else:
        state = {"state": asked["state"]} if "state" in asked else {}
        given = {"code": code.value, "location": "us", "accounts-server": zoho.base_url, **state}
        accept, reject = _back(redirect, given), _back(redirect, {"error": "access_denied", **state})
        decision = (
            f'<p><a id="accept" href="{escape(accept)}">Accept</a> '
            f'<a id="reject" href="{escape(reject)}">Reject</a></p>{_sign_in(zoho, asked, user)}'
        )
    items = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    page = CONSENT_PAGE.format(client=escape(asked["client_id"]), scopes=items, decision=decision)
    return Answer(200, page, content_type=HTML_TYPE, credits=0)


def _back(redirect: str, added: Mapping[str, str]) -> str:
    return f"{redirect}{'&' if urlsplit(redirect).query else '?'}{urlencode(added)}"


def _signed_in(zoho: Zoho, name: str) -> int:
    """Who sits before the page: the user with this id or e-mail address, else whoever set up the client."""
    found = (one.id for one in zoho.store.users() if name in (str(one.id), one.values["email"]))
    return next(found, zoho.store.acting_user)


def _sign_in(zoho: Zoho, asked: Mapping[str, str], user: int) -> str:
    """A choice of who sits there, in place of a password."""
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
        if name != SIGN_IN
    )
    people = "".join(
        f'<option value="{one.id}"{" selected" if one.id == user else ""}>'
        f"{escape(str(one.values['full_name']))}</option>"
        for one in zoho.store.users()
    )
    return f'<form>{kept}<select name="{SIGN_IN}">{people}</select><button>Sign in as</button></form>'


def _problem(asked: Mapping[str, str], scopes: tuple[str, ...], redirect: str | None) -> str | None:
    if asked.get("client_id") != CLIENT_ID:
        return "invalid_client"
    if asked.get("response_type") != "code":
        return "invalid_response_type"
    if not all_well_formed(scopes):
        return "invalid_scope"
    if redirect is not None and urlsplit(redirect).scheme not in {"http", "https"}:
        return "invalid_redirect_uri"
    return None


def _parameters(call: Call) -> dict[str, str]:
    return dict(call.query) | dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))


def _check_client(given: Mapping[str, str]) -> None:
    if given.get("client_id") != CLIENT_ID:
        raise OAuthRefused("invalid_client")
    if given.get("client_secret") != CLIENT_SECRET:
        raise OAuthRefused("invalid_client_secret")


def _by_refresh_token(zoho: Zoho, given: dict[str, str]) -> dict[str, Any]:
    return _success(zoho, zoho.tokens.refresh(given.get("refresh_token", "")))


def _by_code(zoho: Zoho, given: dict[str, str]) -> dict[str, Any]:
    lasting, access = zoho.tokens.exchange(given.get("code", ""), given.get("redirect_uri"))
    return _success(zoho, access) | {"refresh_token": lasting.value}


def _by_nothing(_zoho: Zoho, _given: dict[str, str]) -> dict[str, Any]:
    raise OAuthRefused("unsupported_grant_type")


def _by_client(zoho: Zoho, given: dict[str, str]) -> dict[str, Any]:
    scopes = split_scopes(given.get("scope", ""))
    if not all_well_formed(scopes):
        raise OAuthRefused("invalid_scope")
    if given.get("soid") != f"ZohoCRM.{ORGANISATION_ID}":
        raise OAuthRefused("missing_org_info")
    return _success(zoho, zoho.tokens.for_client(scopes))


def _success(zoho: Zoho, access: AccessToken) -> dict[str, Any]:
    return {
        "access_token": access.value,
        "scope": " ".join(access.scopes),
        "api_domain": zoho.base_url,
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
    }
