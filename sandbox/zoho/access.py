"""Who may call: the Authorization header, the token's life, its scopes."""

from __future__ import annotations

from sandbox.zoho.answers import Call, Refused
from sandbox.zoho.oauth import AccessToken
from sandbox.zoho.scopes import allows
from sandbox.zoho.state import Zoho


def presented_token(call: Call) -> str | None:
    """The access token of a call's Authorization header; a production client was seen to send Bearer."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() in {"zoho-oauthtoken", "bearer"} else None


def authenticate(zoho: Zoho, call: Call) -> AccessToken:
    """The live token of a call.

    Raises:
        Refused: AUTHENTICATION_FAILURE without a usable header, INVALID_TOKEN for an unknown or dead token.
    """
    presented = presented_token(call)
    if presented is None:
        raise Refused(401, "AUTHENTICATION_FAILURE")
    token = zoho.tokens.find(presented)
    if token is None:
        raise Refused(401, "INVALID_TOKEN")
    return token


def check_scope(zoho: Zoho, call: Call, needed: str) -> AccessToken:
    """The token of a call, which covers a scope.

    Raises:
        Refused: OAUTH_SCOPE_MISMATCH.
    """
    token = authenticate(zoho, call)
    if not allows(token.scopes, needed):
        raise Refused(401, "OAUTH_SCOPE_MISMATCH")
    return token
