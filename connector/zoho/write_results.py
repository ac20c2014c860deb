"""What Zoho CRM says of each record of a write. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.errors import Fatal
from connector.ports import RawRecord
from connector.write_ports import ALREADY_MODIFIED, Outcome


def is_conflict(result: Any) -> bool:
    """Whether a record was not written because it was changed after If-Unmodified-Since."""
    return isinstance(result, dict) and result.get("code") == ALREADY_MODIFIED


def results_of(body: Any, key: str, expected: int) -> list[RawRecord]:
    """One result for each record, in the order of the request.

    Raises:
        Fatal: there is another number of them.
    """
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list) or len(found) != expected or not all(isinstance(o, dict) for o in found):
        raise Fatal(f"Zoho answered a write of {expected} records with another number of results.")
    return found


def outcome_of(result: RawRecord, identifier: str) -> Outcome:
    """What became of the record of this id."""
    found = result.get("details")
    details: Mapping[str, Any] = found if isinstance(found, dict) else {}
    done = result.get("status") == "success"
    at = details.get("Modified_Time")
    return Outcome(
        str(details["id"]) if done and details.get("id") else identifier,
        done,
        str(result.get("code", "")),
        str(result.get("message", "")),
        None if done else _refused_field(details),
        at if isinstance(at, str) else None,
    )


def _refused_field(details: Mapping[str, Any]) -> str | None:
    """The field that was refused; of several the first."""
    errors = details.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        inner = errors[0].get("details", errors[0])
        return _refused_field(inner) if isinstance(inner, dict) else None
    name = details.get("api_name")
    return name if isinstance(name, str) else None
