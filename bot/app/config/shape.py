"""What pydantic finds wrong with the document, in sentences: unknown keys, missing ones, wrong values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import process

from bot.app.config.document import Path, Problem
from scoring.config import Configuration

_CLOSE_ENOUGH = 60  # rapidfuzz's 0-100: "segmentatons" and "segmentations" have 96
_LONGEST_VALUE = 60
_SEGMENTATION = 2  # steps of the path to one: the list, and its place
_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "tuple_type": "a list (lines that begin with '- ')",
    "model_type": "keys with values below it",
    "model_attributes_type": "keys with values below it",
    "dict_type": "keys with values below it",
    "time_parsing": "a time of day such as 06:15",
    "time_type": "a time of day such as 06:15",
    "less_than_equal": "at most {le}",
    "greater_than_equal": "at least {ge}",
    "too_short": "a list with at least {min_length} in it",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
}


def shape_problems(error: ValidationError, values: Mapping[str, Any]) -> list[Problem]:
    """One problem for each error, at the place in the document."""
    found = error.errors(include_url=False, include_context=True)
    return [_problem(one, values) for one in found if not _follows(one, found)]


def nearest(name: str, known: list[str] | tuple[str, ...]) -> str:
    """``" Did you mean 'x'?"``, or nothing when no known name is close."""
    found = process.extractOne(name, known, score_cutoff=_CLOSE_ENOUGH, processor=str.casefold)
    return f" Did you mean '{found[0]}'?" if found else ""


def _follows(error: ErrorDetails, others: list[ErrorDetails]) -> bool:
    """Whether another error says it better.

    A list counts as too short when its items are wrong; then that is said of the items. A key is missing
    when it is misspelt; then that is said of the key that is there.
    """
    place = error["loc"]
    if error["type"] == "missing":
        misspelt = [
            str(one["loc"][-1])
            for one in others
            if one["type"] == "extra_forbidden" and one["loc"][:-1] == place[:-1]
        ]
        return process.extractOne(str(place[-1]), misspelt, score_cutoff=_CLOSE_ENOUGH) is not None
    return error["type"] == "too_short" and any(
        len(one["loc"]) > len(place) and one["loc"][: len(place)] == place for one in others
    )


def _problem(error: ErrorDetails, values: Mapping[str, Any]) -> Problem:
    path = _in_document(error["loc"], values)
    key = next((str(step) for step in reversed(path) if isinstance(step, str)), "document")
    match error["type"]:
        case "extra_forbidden":
            return Problem(path, f"key '{key}' is not known here.{nearest(key, _known_keys(path[:-1]))}")
        case "missing":
            missing = str(error["loc"][-1])
            return Problem(path, f"key '{missing}' is missing here.")
        case kind if kind in _WANTED:
            wanted = _WANTED[kind].format(**error.get("ctx", {}))
            return Problem(path, f"'{key}' has to be {wanted}, not {_written(error['input'])}.")
        case "literal_error" | "union_tag_invalid" | "union_tag_not_found":
            return _choice_problem(path, key, error)
        case _:
            return Problem(path, f"'{key}': {_lower_first(error['msg'])}, not {_written(error['input'])}.")


def _choice_problem(path: Path, key: str, error: ErrorDetails) -> Problem:
    given = error.get("ctx", {})
    if error["type"] == "union_tag_not_found":
        return Problem(path, f"key 'method' is missing under '{key}': percentile or bands.")
    if error["type"] == "union_tag_invalid":
        key = (
            "technique"
            if path[:1] == ("segmentations",) and len(path) == len(("segmentations", 0))
            else "method"
        )
        choices, value = str(given["expected_tags"]), given["tag"]
    else:
        choices, value = str(given["expected"]), error["input"]
    names = [one.strip().strip("'") for one in choices.replace(" or ", ", ").split(",")]
    hint = nearest(value, names) if isinstance(value, str) else ""
    return Problem(path, f"'{key}' has to be {' or '.join(names)}, not {_written(value)}.{hint}")


def _in_document(location: tuple[str | int, ...], values: Any) -> Path:
    """The part of pydantic's location that is in the document: it adds the tag of a union's member."""
    path: list[str | int] = []
    here = values
    for step in location:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(step)
    return tuple(path)


def _known_keys(path: Path) -> list[str]:
    """Every key that may stand at a place: of each model that can be there."""
    models: list[Any] = [Configuration]
    for step in path:
        models = [inner for model in models for inner in _inside(model, step)]
    return sorted(
        {
            field.alias or name
            for model in models
            if _is_model(model)
            for name, field in model.model_fields.items()
        }
    )


def _inside(kind: Any, step: str | int) -> Iterator[Any]:
    """What can stand under a key of a model, or at an index of a tuple."""
    if _is_model(kind) and step in kind.model_fields:
        yield from _alternatives(kind.model_fields[step].annotation)
    elif get_origin(kind) is tuple and isinstance(step, int):
        yield from _alternatives(get_args(kind)[0])


def _alternatives(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif get_origin(kind) is Union or type(kind).__name__ == "UnionType":
        for one in get_args(kind):
            yield from _alternatives(one)
    else:
        yield kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _written(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"'{text}'" if len(text) <= _LONGEST_VALUE else f"'{text[: _LONGEST_VALUE - 1]}…'"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
