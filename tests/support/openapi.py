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
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource
from referencing.jsonschema import DRAFT202012
from ruamel.yaml import YAML

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("ZOHO_OPENAPI", CHECKOUT.parent / "shared" / "oas"))
# The CRM's newest set has no folder in its names; what it lacks is taken from the older one.
NEWEST_CRM, OLDER_CRM, OTHERS = (
    "crm/gen2-*/zoho-crm-{name}-openapi.json",
    "crm/{name}.json",
    "finance/{name}.*",
)
OLDER = "gen1-*"
# Another file that a description refers to, by its name or by its address at GitHub.
_ELSEWHERE = re.compile(r"(?:.*/)?([\w-]+)\.json\Z")
WHERE_TO_GET_THEM = (
    "Zoho's OpenAPI files are not beside the checkout (set ZOHO_OPENAPI to the folder of crm/ and finance/; "
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
    return any(FOLDER.glob(NEWEST_CRM.format(name="record"))) and any((FOLDER / "finance").glob("books-*/*"))


@lru_cache(maxsize=64)
def _document(name: str) -> Any:
    pattern = NEWEST_CRM
    if "/" in name:
        pattern = OLDER_CRM if name.startswith(OLDER) else OTHERS
    (file,) = FOLDER.glob(pattern.format(name=name))
    if file.suffix == ".json":
        return orjson.loads(file.read_bytes())
    return YAML(typ="safe").load(file)


@lru_cache(maxsize=64)
def _registry(name: str) -> Registry[Any]:
    def beside(uri: str) -> Resource[Any]:
        """A file in the same folder."""
        found = _ELSEWHERE.match(uri)
        if found is None:
            raise NoSuchResource(uri)
        return DRAFT202012.create_resource(_document(f"{name.rpartition('/')[0]}/{found.group(1)}"))

    made: Registry[Any] = Registry(retrieve=beside)  # type: ignore[call-arg]
    found: Registry[Any] = made.with_resource("zoho", DRAFT202012.create_resource(_document(name)))
    return found


def disagreements(name: str, path: str, method: str, status: int, body: Any) -> Iterator[str]:
    """Where an answer is not as described: ``json path: what``.

    Args:
        name: the description's name: ``record``, ``coql``, ``books-v3/invoices`` …
        path: as it stands in the description: ``/{module}``.
    """
    validator = _Validator({"$ref": f"zoho#{_place(name, path, method, status)}"}, registry=_registry(name))
    for error in validator.iter_errors(body):
        yield from _leaves(error)


def _place(name: str, path: str, method: str, status: int) -> str:
    """The JSON pointer to the schema of an answer; the answer itself may be a reference."""
    document = _document(name)
    steps: tuple[str, ...] = ("paths", path, method, "responses", str(status))
    found = document
    for step in steps:
        found = found[step]
    if "$ref" in found:
        steps = tuple(found["$ref"].removeprefix("#/").split("/"))
    parts = (*steps, "content", "application/json", "schema")
    return "".join(
        "/" + part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        for part in parts
    )


def _leaves(error: ValidationError) -> Iterator[str]:
    """The innermost causes: an outer "is not valid under any of the given schemas" says nothing.

    Of several schemas that of which the value was meant to be: no constant speaks against it, and least else.
    """
    if error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for one in error.context:
            branches.setdefault(one.schema_path[0], []).append(one)
        for one in min(branches.values(), key=_distance):
            yield from _leaves(one)
        return
    steps = "".join("[]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    yield f"{steps}: {error.validator}: {error.message[:160]}"


def _distance(branch: list[ValidationError]) -> tuple[bool, bool, int]:
    """How far a value is from one of several schemas: another type, another constant, other differences."""
    return (
        any(one.validator == "type" and not one.path for one in branch),
        any(one.validator in {"enum", "const"} for one in branch),
        len(branch),
    )
