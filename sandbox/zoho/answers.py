"""What a call brings and what goes back: values only, no HTTP server in sight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import orjson

JSON_TYPE = "application/json;charset=UTF-8"
MOST_DIGITS = 10  # of a number among the parameters
HTML_TYPE = "text/html;charset=UTF-8"

# Wording of Zoho's error messages by code; a client must read the code, as the wording varies.
MESSAGES = {
    "AUTHENTICATION_FAILURE": "Authentication failed",
    "AMBIGUITY_DURING_PROCESSING": "ambiguity while processing the request",
    "ALREADY_MODIFIED": "record has been modified already",
    "CURRENCIES_NOT_ENABLED": "Multi currency is not enabled",
    "DISCRETE_PAGINATION_LIMIT_EXCEEDED": "the limit of discrete pagination is exceeded, use page_token",
    "EXPIRED_VALUE": "Page token expired",
    "INTERNAL_ERROR": "Internal Server Error",
    "INVALID_DATA": "invalid data",
    "INVALID_MODULE": "the module name given seems to be invalid",
    "INVALID_QUERY": "Invalid query formed",
    "INVALID_REQUEST_METHOD": "The http request method type is not a valid one",
    "INVALID_TOKEN": "invalid oauth token",
    "INVALID_URL_PATTERN": "Please check if the URL trying to access is a correct one",
    "LIMIT_EXCEEDED": "limit exceeded",
    "MANDATORY_NOT_FOUND": "required field not found",
    "NOT_SUPPORTED": "the operation is not supported for this module",
    "OAUTH_SCOPE_MISMATCH": "Unauthorized",
    "PAGINATION_LIMIT_EXCEEDED": "the limit of pagination is exceeded",
    "MEDIA_TYPE_NOT_SUPPORTED": "The given media type is not supported",
    "REQUEST_BODY_IS_EMPTY": "The request body is empty",
    "REQUEST_BODY_NOT_READABLE": "The request body is not readable",
    "REQUIRED_PARAM_MISSING": "One of the expected parameter is missing",
    "RESOURCE_NOT_FOUND": "The requested resource doesn't exist.",
    "SYNTAX_ERROR": "error occured while parsing the query",
    "TOKEN_BOUND_DATA_MISMATCH": (
        "The page_token given seems to be invalid or input param is added or altered or deleted"
    ),
    "TOO_MANY_REQUESTS": "You have made too many requests, please try again later",
    "UNABLE_TO_PARSE_DATA_TYPE": "either the request body or parameters is in wrong format",
}


@dataclass(frozen=True)
class Answer:
    """A response: status, a JSON value, text or ready bytes (None: no body), headers, what it cost."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    credits: int = 1
    file: IO[bytes] | None = None  # instead of a body: it is sent in pieces

    def content(self) -> bytes:
        """The body's bytes; empty when there is none."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else orjson.dumps(self.body)


@dataclass(frozen=True)
class Call:
    """One request, read to its end."""

    method: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object, whatever the content type says: the official SDK sends none.

        Raises:
            Refused: INVALID_DATA, the body is not a JSON object.
        """
        try:
            read = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            read = None
        if not isinstance(read, dict):
            raise Refused(400, "INVALID_DATA", {"expected_data_type": "jsonobject"})
        return read

    def number(self, name: str, default: int, largest: int | None = None) -> int:
        """A positive number among the parameters.

        Raises:
            Refused: INVALID_DATA with the parameter's name.
        """
        text = self.query.get(name, str(default))
        wrong = not (text.isascii() and text.isdigit() and len(text) < MOST_DIGITS) or int(text) < 1
        if wrong or (largest is not None and int(text) > largest):
            raise Refused(400, "INVALID_DATA", {"param_name": name})
        return int(text)


def data_answer(rows: Iterable[bytes], info: Mapping[str, Any], credits_used: int, **more: Any) -> Answer:
    """The answer with encoded rows as ``data``, their ``info`` and perhaps more."""
    rest = orjson.dumps({"info": info, **more})
    return Answer(200, b'{"data":[' + b",".join(rows) + b"]," + rest[1:], credits=credits_used)


class Refused(Exception):
    """The call is answered with an error envelope."""

    def __init__(
        self, status: int, code: str, details: Mapping[str, Any] | None = None, message: str | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.envelope = envelope(code, details or {}, message)

    def answer(self) -> Answer:
        """The error as a response."""
        return Answer(self.status, self.envelope)


def envelope(code: str, details: Mapping[str, Any], message: str | None = None) -> dict[str, Any]:
    """Zoho's error envelope, which is also the shape of one failed item of a write."""
    said = MESSAGES.get(code, code.lower().replace("_", " ")) if message is None else message
    return {"code": code, "details": dict(details), "message": said, "status": "error"}


def page_info(per_page: int, count: int, page: int, *, more: bool) -> dict[str, Any]:
    """The short ``info`` that users and deleted records carry."""
    return {"per_page": per_page, "count": count, "page": page, "more_records": more}
