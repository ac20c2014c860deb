"""What somebody pastes from Zoho's API console, made into a refresh token."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import requests

from connector.errors import NotConsented, Retriable
from connector.zoho.auth import granted
from connector.zoho.regions import Region

# What reading the CRM needs, at the least credits (bellwether doctor names what further sources need).
SCOPES: Final = (
    "ZohoCRM.modules.READ",
    "ZohoCRM.settings.modules.READ",
    "ZohoCRM.settings.fields.READ",
    "ZohoCRM.users.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.coql.READ",
    "ZohoCRM.bulk.READ",
)


def refresh_token_of(
    region: Region,
    client_id: str,
    client_secret: str,
    pasted: str,
    now: datetime,
    session: requests.Session | None = None,
) -> str:
    """The refresh token: what was pasted if it is one, else what Zoho gives for it as a code.

    A self client shows codes only, which live some minutes and can be used once; nothing in a text tells the
    two kinds apart, so Zoho is asked.

    Raises:
        NotConsented: Zoho knows it as neither.
        NeedsPerson: Zoho refuses the client.
        Retriable: Zoho did not answer.
    """
    asking = session or requests.Session()
    client = {"client_id": client_id, "client_secret": client_secret}
    code = {"grant_type": "authorization_code", "code": pasted}
    try:
        given = granted(asking, region, client | code, now)[1].get("refresh_token")
    except NotConsented:
        given = None
    else:
        if not isinstance(given, str):
            raise Retriable("Zoho took the code and gave no refresh token for it.", "Generate another code.")
        return given
    token = {"grant_type": "refresh_token", "refresh_token": pasted}
    try:
        granted(asking, region, client | token, now)
    except NotConsented:
        raise NotConsented(
            "Zoho knows this neither as a code nor as a refresh token.",
            "A code lives ten minutes at most and can be used once: generate another one, in the region.",
        ) from None
    return pasted
