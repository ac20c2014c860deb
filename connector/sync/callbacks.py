"""Reading what Zoho CRM posts when records change. Pure, tolerant: what is not understood is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.feed_ports import Hint

OPERATIONS = frozenset({"insert", "update", "delete"})
LONGEST_ID = 32


@dataclass(frozen=True, slots=True)
class Callback:
    """One post.

    Attributes:
        ids: the records that are said to have changed.
        fields: the affected fields by record, as far as they were said.
        ignored: entries that are no record ids.
    """

    channel_id: str
    token: str = field(repr=False)
    module: str
    operation: str
    ids: tuple[str, ...]
    fields: Mapping[str, frozenset[str]]
    ignored: int = 0


def read_callback(body: object) -> Callback | None:
    """Read a post; None when it is none of Zoho's.

    The channel's id and the records' may come as numbers or as digits; the word for the operation may be
    missing; the token may be missing, and is then empty, which equals none of ours.
    """
    if not isinstance(body, dict):
        return None
    channel_id, module, ids = _digits(body.get("channel_id")), body.get("module"), body.get("ids")
    if channel_id is None or not isinstance(module, str) or not isinstance(ids, list):
        return None
    token, operation = body.get("token"), body.get("operation")
    read = [_digits(one) for one in ids]
    return Callback(
        channel_id,
        token if isinstance(token, str) else "",
        module,
        operation if isinstance(operation, str) and operation in OPERATIONS else "",
        tuple(dict.fromkeys(one for one in read if one is not None)),
        _affected(body.get("affected_fields")),
        sum(one is None for one in read),
    )


def hints_of(callback: Callback, own: frozenset[str] = frozenset()) -> tuple[Hint, ...]:
    """The records to read again.

    What only changed fields that we write ourselves is our own echo, and left out.
    """
    return tuple(
        Hint(callback.module, one, callback.operation, callback.fields.get(one))
        for one in callback.ids
        if not _is_echo(callback, one, own)
    )


def _is_echo(callback: Callback, record_id: str, own: frozenset[str]) -> bool:
    fields = callback.fields.get(record_id)
    return callback.operation == "update" and bool(fields) and fields is not None and fields <= own


def _affected(entries: object) -> dict[str, frozenset[str]]:
    """``[{"<id>": ["Stage"]}]`` -> by id; a record that stands there twice has both."""
    found: dict[str, frozenset[str]] = {}
    for entry in entries if isinstance(entries, list) else []:
        for key, names in entry.items() if isinstance(entry, dict) else ():
            if isinstance(names, list) and names and all(isinstance(one, str) for one in names):
                found[str(key)] = found.get(str(key), frozenset()) | frozenset(names)
    return found


def _digits(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None
