"""One call of a Web API method: its arguments, however they came."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from sandbox.slack.refusals import Refused


@dataclass(frozen=True)
class Call:
    """A method's name and arguments; forms carry everything as text, JSON bodies carry types."""

    method: str
    arguments: Mapping[str, Any]
    token: str | None = field(default=None, repr=False)
    client: tuple[str, str] | None = field(default=None, repr=False)  # id and secret, by HTTP Basic

    def text(self, name: str, default: str = "") -> str:
        """An argument as text."""
        value = self.arguments.get(name)
        return default if value is None else str(value)

    def needed(self, name: str, error: str = "invalid_arguments") -> str:
        """An argument that must be there.

        Raises:
            Refused: it is not.
        """
        if value := self.text(name):
            return value
        raise Refused(error, response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})

    def flag(self, name: str, *, default: bool = False) -> bool:
        """An argument that is true or false."""
        value = self.arguments.get(name)
        return default if value is None else str(value).lower() in {"1", "true"}

    def number(self, name: str, default: int, most: int = 1000) -> int:
        """A whole number, cut to what the method allows.

        Raises:
            Refused: it is no number.
        """
        try:
            return max(1, min(most, int(self.text(name) or default)))
        except ValueError:
            raise Refused("invalid_limit") from None

    def json(self, name: str, error: str = "invalid_arguments") -> Any:
        """An argument with structure: itself in a JSON body, as JSON text in a form; None when absent.

        Raises:
            Refused: the text is no JSON.
        """
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(error) from None

    def loggable(self) -> dict[str, Any]:
        """The arguments without the token, structured ones read."""
        read = {}
        for name, value in self.arguments.items():
            looks_structured = isinstance(value, str) and value[:1] in {"[", "{"}
            try:
                read[name] = self.json(name) if looks_structured else value
            except Refused:
                read[name] = value  # a text that begins like JSON
        return read


async def read_call(method: str, request: Request) -> Call:
    """Read a call from query, form, multipart or JSON; the token from the header, or from the arguments.

    Raises:
        Refused: the JSON body is malformed.
    """
    arguments: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        arguments |= _json_object(await request.body())
    elif kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        async with request.form() as form:
            arguments |= {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = arguments.pop("token", None)
    bearer = given.strip() if scheme.lower() == "bearer" else token
    return Call(method, arguments, bearer, _client(given) if scheme.lower() == "basic" else None)


def _client(given: str) -> tuple[str, str] | None:
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        return None
    return name, secret


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(value, dict):
        raise Refused("json_not_object")
    return value
