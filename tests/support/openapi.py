"""Zoho's own API descriptions, where they lie beside the checkout: without a licence, so not copied."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("ZOHO_OPENAPI", CHECKOUT.parent / "shared" / "oas")) / "crm"
NEWEST = "gen2-*/zoho-crm-{name}-openapi.json"
WHERE_TO_GET_THEM = (
    "Zoho's OpenAPI files are not beside the checkout (set ZOHO_OPENAPI to the folder that holds crm/; "
    "they are published in github.com/zoho/crm-oas)"
)


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """Patterns are JavaScript's; those that Python cannot read are passed over."""
    try:
        wrong = isinstance(value, str) and re.search(pattern, value) is None
    except re.error:
        wrong = False
    if wrong:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_Validator = validators.extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def are_there() -> bool:
    """Whether the descriptions can be read."""
    return any(FOLDER.glob(NEWEST.format(name="record")))


@lru_cache(maxsize=32)
def _document(name: str) -> Registry[Any]:
    (file,) = FOLDER.glob(NEWEST.format(name=name))
    resource = DRAFT202012.create_resource(orjson.loads(file.read_bytes()))
    empty: Registry[Any] = Registry()
    found: Registry[Any] = empty.with_resource("zoho", resource)
    return found


def disagreements(name: str, path: str, method: str, status: int, body: Any) -> Iterator[str]:
    """Where an answer is not as described: ``json path: what``.

    Args:
        name: the description's name: ``record``, ``coql`` …
        path: as it stands in the description: ``/{module}``.
    """
    place = "/".join(
        part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        for part in ("paths", path, method, "responses", str(status), "content", "application/json", "schema")
    )
    validator = _Validator({"$ref": f"zoho#/{place}"}, registry=_document(name))
    for error in validator.iter_errors(body):
        yield from _leaves(error)


def _leaves(error: ValidationError) -> Iterator[str]:
    """The innermost causes: an outer "is not valid under any of the given schemas" says nothing."""
    if error.context:
        best = min(error.context, key=lambda one: (len(list(one.path)) == 0, len(one.message)))
        yield from _leaves(best)
        return
    steps = "".join("[]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    yield f"{steps}: {error.validator}: {error.message[:160]}"
