"""What to write back, and by which way. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from connector.ports import FieldDescription
from connector.write_ports import Change, Outcome, OwnField, OwnValue, TagMove, Wanted

# Zoho CRM, API limits: 1 credit for 10 records of an update (at most 100); 500 for a bulk job of 25,000 rows.
RECORDS_PER_CREDIT = 10
RECORDS_PER_CALL = 100
BULK_CREDITS = 500
BULK_ROWS = 25_000
FIELDS_PER_CALL = 5
TAGGED_PER_CALL = 500
SAMPLED = 100  # records of one call of a list
LONGEST_TAG = 25


class Remedy(Enum):
    """What to do about a record that was refused."""

    LEAVE = auto()  # it is gone; the next sync says so too
    WITHOUT_FIELD = auto()  # one of its values was refused: write the others
    NEXT_TIME = auto()  # locked, waiting for approval, in use: the next run tries again
    REPORT = auto()


_REMEDIES = {
    "RECORD_LOCKED": Remedy.NEXT_TIME,
    "NOT_APPROVED": Remedy.NEXT_TIME,
    "RECORD_IN_BLUEPRINT": Remedy.NEXT_TIME,
    "DEPENDENT_SERVICE_ERROR": Remedy.NEXT_TIME,
    "INTERNAL_ERROR": Remedy.NEXT_TIME,
}


@dataclass(frozen=True, slots=True)
class Fields:
    """Our fields as the CRM has them: label -> API name; and those that it does not have yet."""

    names: Mapping[str, str]
    missing: tuple[OwnField, ...]


def find_fields(wanted: Sequence[OwnField], present: Iterable[FieldDescription]) -> Fields:
    """Ours among a module's fields: custom ones that bear our label. API names are the CRM's choice."""
    by_label = {one.label.casefold(): one.api_name for one in present if one.custom and not one.read_only}
    names = {one.label: by_label[one.label.casefold()] for one in wanted if one.label.casefold() in by_label}
    return Fields(names, tuple(one for one in wanted if one.label not in names))


def difference(wanted: Wanted, held: Mapping[str, Any], names: Mapping[str, str]) -> Change | None:
    """The values that the record does not say yet; None when it says them all."""
    values = {
        names[label]: value
        for label, value in wanted.values.items()
        if label in names and not _same(held.get(names[label]), value)
    }
    return Change(wanted.id, values) if values else None


def _same(held: object, wanted: OwnValue) -> bool:
    if wanted is None or wanted == "":
        return held is None or held == ""
    return held == wanted and not isinstance(held, bool)


def is_bulk_cheaper(records: int) -> bool:
    """Whether a bulk job for so many records costs less than updates of a hundred."""
    return math.ceil(records / RECORDS_PER_CREDIT) > BULK_CREDITS * math.ceil(records / BULK_ROWS)


def price(records: int) -> int:
    """The least number of credits for which so many records can be written."""
    whole, rest = divmod(records, BULK_ROWS)
    rest_price = BULK_CREDITS if is_bulk_cheaper(rest) else math.ceil(rest / RECORDS_PER_CREDIT)
    return whole * BULK_CREDITS + rest_price


def sample(changes: Sequence[Change]) -> tuple[Change, ...]:
    """At most a hundred of the changes, evenly spread, the first and the last among them."""
    if len(changes) <= SAMPLED:
        return tuple(changes)
    step = (len(changes) - 1) / (SAMPLED - 1)
    return tuple(changes[round(number * step)] for number in range(SAMPLED))


def are_there(sampled: Sequence[Change], said: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the CRM says already what most of these changes would write. ``said``: by id and API name."""
    return 2 * sum(_is_there(one, said.get(one.id, {})) for one in sampled) > len(sampled)


def _is_there(change: Change, said: Mapping[str, Any]) -> bool:
    told = change.values.keys() & said.keys()
    return bool(told) and all(_same(said[name], change.values[name]) for name in told)


def remedy(outcome: Outcome, change: Change) -> Remedy:
    """What to do about a refusal."""
    if outcome.code == "INVALID_DATA" and outcome.field in (None, "id"):
        return Remedy.LEAVE
    if outcome.field in change.values and len(change.values) > 1:
        return Remedy.WITHOUT_FIELD
    return _REMEDIES.get(outcome.code, Remedy.REPORT)


def without(change: Change, api_name: str | None) -> Change:
    """The change without one field."""
    return Change(change.id, {name: value for name, value in change.values.items() if name != api_name})


def tag_moves(
    wanted: Iterable[Wanted], held: Mapping[str, Mapping[str, Any]], ours: Collection[str]
) -> tuple[TagMove, ...]:
    """Which of our tags to give and to take; other people's tags are left alone."""
    moves: dict[tuple[str, bool], list[str]] = {}
    for one in wanted:
        if one.id not in held:
            continue
        has = {tag for tag in tag_names(held[one.id]) if tag in ours}
        should = {one.tag[:LONGEST_TAG]} if one.tag else set()
        for tag in should - has:
            moves.setdefault((tag, True), []).append(one.id)
        for tag in has - should:
            moves.setdefault((tag, False), []).append(one.id)
    return tuple(
        TagMove(tag, add, tuple(ids[start : start + TAGGED_PER_CALL]))
        for (tag, add), ids in sorted(moves.items())
        for start in range(0, len(ids), TAGGED_PER_CALL)
    )


def tag_names(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags that a record bears."""
    tags = record.get("Tag")
    named = tags if isinstance(tags, list) else []
    return tuple(one["name"] for one in named if isinstance(one, dict) and isinstance(one.get("name"), str))
