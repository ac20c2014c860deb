"""How found values fit the organisation's own fields, and which of them may be written. Decisions only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from bot.app.config.shape import nearest
from bot.app.enriching_places import ADDRESS, same_place
from bot.app.enriching_values import Proposed, ProposedField
from bot.app.wording import one_line
from connector.enrichment.values import EnrichedField, Proposal
from connector.ports import FieldDescription
from connector.write_ports import OwnValue
from scoring.enrichment_config import IF_EMPTY, NEVER, EnrichedInto, EnrichedName

NO_OPTION: Final = "no matching option"
SAYS_SO: Final = "says so already"
_NO_CHOICE: Final = "-None-"  # what Zoho's picklists say of nothing
_TEXTS: Final = frozenset({"text", "textarea", "phone", "email", "website"})
_CHOICES: Final = frozenset({"picklist"})
_NUMBERS: Final = frozenset({"integer", "bigint"})
# Zoho CRM, limits of custom fields: where the metadata says no length, the smallest that a type may have.
_LENGTHS: Final = {
    "text": 255,
    "textarea": 2000,
    "phone": 30,
    "email": 100,
    "website": 450,
    "integer": 9,
    "bigint": 18,
}

Into = Mapping[EnrichedName, EnrichedInto]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A value as a field takes it, or why it does not."""

    value: OwnValue
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class MappingCheck:
    """One line of the mapping against the CRM: what goes where, and what hinders it."""

    field: str
    crm_field: str
    label: str
    data_type: str
    rule: str
    problem: str | None


def is_empty(value: Any) -> bool:
    """Whether a field of the CRM says nothing."""
    if isinstance(value, str):
        return value.strip() in {"", _NO_CHOICE}
    return value is None or value in ([], {})


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to the CRM, which trims text and gives some numbers as text."""
    if is_empty(one) or is_empty(other):
        return is_empty(one) and is_empty(other)
    return _plain(one) == _plain(other)


def shown(value: Any) -> str:
    """A value of the CRM for people, on one line."""
    if is_empty(value):
        return ""
    if isinstance(value, Mapping):
        return shown(value.get("name", ""))
    if isinstance(value, list):
        return ", ".join(filter(None, map(shown, value)))
    return one_line(str(value))


def fit(value: str, field: FieldDescription) -> Fitted:
    """The value as the field takes it.

    A choice has to be one of the field's own, whatever the case of its letters; text has to be short enough:
    nothing is cut. Control and direction signs of a page do not get into the CRM.
    """
    problem = _cannot_hold(field)
    if problem is not None:
        return Fitted(None, problem)
    if field.data_type in _CHOICES:
        option = _option(value, field.picklist or ())
        return Fitted(option, None if option is not None else NO_OPTION)
    most = field.length or _LENGTHS[field.data_type]
    return (_number if field.data_type in _NUMBERS else _written)(value, field.data_type, most)


def mapping_checks(into: Into, fields: Sequence[FieldDescription]) -> tuple[MappingCheck, ...]:
    """Every line of the mapping, in the order of the enriched fields."""
    by_name = {one.api_name: one for one in fields}
    return tuple(_checks(into, by_name))


def proposed_rows(
    proposals: Iterable[Proposal],
    into: Into,
    fields: Mapping[str, FieldDescription],
    current: Mapping[str, Any],
) -> tuple[ProposedField, ...]:
    """What is proposed beside what stands there, in the order of the enriched fields.

    What is mapped to nothing, or by the rule ``never``, is left out.
    """
    found = _by_field(proposals)
    rows: dict[str, ProposedField] = {}  # of two that are mapped to one field the first counts
    for one in EnrichedField:
        place = into.get(one.value)
        if one not in found or place is None or place.rule == NEVER or place.field not in fields:
            continue
        field, now = fields[place.field], current.get(place.field)
        rows.setdefault(place.field, _row(_one_of(found[one], field), field, now))
    return _beside(tuple(rows.values()), into, current)


def _beside(
    rows: tuple[ProposedField, ...], into: Into, current: Mapping[str, Any]
) -> tuple[ProposedField, ...]:
    """The same, and of parts of an address whether they are elsewhere than what the CRM has of one."""
    stands: dict[EnrichedField, str] = {}
    for one in EnrichedField:
        place = into.get(one.value)
        if one in ADDRESS and place is not None and (text := shown(current.get(place.field))):
            stands[one] = text
    found = {EnrichedField(row.field): row.proposed for row in rows}
    if same_place(stands, {one: found[one] for one in ADDRESS if found.get(one)}):
        return rows
    return tuple(replace(row, ticked=False, elsewhere=True) if row.field in ADDRESS else row for row in rows)


def fillable(rows: Sequence[ProposedField], into: Into) -> tuple[ProposedField, ...]:
    """What a batch may write: fields by the rule ``if empty`` that are empty now.

    Parts of an address are not put beside those of another one.
    """
    return tuple(
        row
        for row in rows
        if row.can_be_chosen
        and not row.current_shown
        and _rule(row.field, into) == IF_EMPTY
        and not row.elsewhere
    )


def wants_nothing(into: Into, current: Mapping[str, Any]) -> bool:
    """Whether an account has no empty field that a batch may fill."""
    return not any(one.rule == IF_EMPTY and is_empty(current.get(one.field)) for one in into.values())


def digest_of(proposed: Proposed) -> str:
    """A hash of all that is proposed, to whom and for which account."""
    said = [proposed.id, proposed.account_id, proposed.by, [asdict(one) for one in proposed.rows]]
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\r\n", "\n").strip()


def _cannot_hold(field: FieldDescription) -> str | None:
    if field.read_only:
        return "read-only in the CRM"
    if field.data_type not in _TEXTS | _CHOICES | _NUMBERS:
        return f"a field of type {field.data_type} is not filled"
    return None


def _option(value: str, options: Sequence[str]) -> str | None:
    """The organisation's own spelling; None when there is none, or when several are meant."""
    if value in options:
        return value
    wanted = " ".join(value.split()).casefold()
    found = [one for one in options if " ".join(one.split()).casefold() == wanted]
    return found[0] if len(found) == 1 else None


def _number(value: str, _data_type: str, most: int) -> Fitted:
    digits = value.strip()
    if not (digits.isascii() and digits.isdigit()):
        return Fitted(None, "not a whole number")
    return _short_enough(digits.lstrip("0") or "0", most, "digits", number=True)


def _written(value: str, data_type: str, most: int) -> Fitted:
    """Text; of several lines only where the field has several."""
    lines = value.splitlines() if data_type == "textarea" else [value]
    text = "\n".join(map(one_line, lines)).strip()
    if data_type == "website" and text and not text.startswith(("https://", "http://")):
        return Fitted(None, "not a web address")
    return _short_enough(text, most, "characters")


def _short_enough(text: str, most: int, unit: str, *, number: bool = False) -> Fitted:
    if not text:
        return Fitted(None, "empty")
    if len(text) > most:
        return Fitted(None, f"too long: {len(text):,} {unit} where {most:,} fit")
    return Fitted(int(text) if number else text)


def _by_field(proposals: Iterable[Proposal]) -> dict[EnrichedField, list[Proposal]]:
    """Proposals by field, the surest first."""
    found: dict[EnrichedField, list[Proposal]] = {}
    for one in sorted(proposals, key=lambda one: -one.confidence):
        found.setdefault(one.field, []).append(one)
    return found


def _one_of(found: Sequence[Proposal], field: FieldDescription) -> Proposal:
    """The surest; social links all together where the field has several lines."""
    first = found[0]
    if first.field is not EnrichedField.SOCIAL or field.data_type != "textarea" or len(found) == 1:
        return first
    links = "\n".join(dict.fromkeys(one.value for one in found))
    shown_links = ", ".join(dict.fromkeys(one.shown for one in found))
    surely = min(one.confidence for one in found)
    return Proposal(first.field, links, shown_links, first.source_url, first.quote, first.method, surely)


def _row(proposal: Proposal, field: FieldDescription, current: Any) -> ProposedField:
    fitted = fit(proposal.value, field)
    problem = fitted.problem
    if problem is None and same(current, fitted.value):
        problem = SAYS_SO
    return ProposedField(
        field=proposal.field.value,
        crm_field=field.api_name,
        label=field.label or field.api_name,
        current=None if is_empty(current) else current,
        current_shown=shown(current),
        value=fitted.value,
        proposed=shown(fitted.value) or one_line(proposal.shown or proposal.value),
        source_url=one_line(proposal.source_url),
        quote=one_line(proposal.quote),
        method=proposal.method,
        confidence=proposal.confidence,
        ticked=problem is None and is_empty(current),
        problem=problem,
    )


def _rule(field: str, into: Into) -> str:
    return next((one.rule for name, one in into.items() if name == field), NEVER)


def _checks(into: Into, fields: Mapping[str, FieldDescription]) -> Iterator[MappingCheck]:
    taken: dict[str, str] = {}
    for one in EnrichedField:
        place = into.get(one.value)
        if place is None:
            continue
        found = fields.get(place.field)
        if found is None:
            problem: str | None = f"accounts have no field {place.field}.{nearest(place.field, list(fields))}"
        elif place.rule == NEVER:
            problem = None
        elif place.field in taken:
            problem = f"{taken[place.field]} goes into the same field"
        else:
            problem = _cannot_hold(found)
        taken.setdefault(place.field, one.value)
        yield MappingCheck(
            one.value,
            place.field,
            found.label if found else "",
            found.data_type if found else "",
            place.rule,
            problem,
        )
