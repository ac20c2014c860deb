"""The CRM's descriptions of itself in the connector's values: organisation, users, modules, fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.errors import Fatal
from connector.ports import CrmUser, FieldDescription, ModuleDescription, Organisation, RawRecord
from connector.zoho import fields as values
from connector.zoho.bodies import Answer, dumped

PEOPLE = "Users"
_OF_PEOPLE = frozenset({"ownerlookup", "userlookup", "multiuserlookup"})
# Where the metadata says what a field is about: v7 and v8 spell the several-records lookup differently.
_LOOKUPS = (
    ("lookup", "module"),
    ("multiselectlookup", "connected_module"),
    ("multiselectlookup", "connected_details"),
)


def items(answer: Answer, key: str, numeric: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The objects under a key; none when the answer had no content.

    Raises:
        Fatal: the answer is of another shape.
    """
    found = answer.items(key, numeric)
    if found is None:
        raise Fatal(f"Zoho's answer has no list of {key}.", "Check the address of the API.")
    return found


def organisation(found: RawRecord) -> Organisation:
    """An organisation of ``GET org``.

    Raises:
        Fatal: it has no id.
    """
    if not found.get("id"):
        raise Fatal("Zoho answered with an organisation that has no id.")
    licence = _object(found.get("license_details"))
    bought = licence.get("users_license_purchased")
    return Organisation(
        id=str(found["id"]),
        name=values.text(found.get("company_name")) or "",
        time_zone=values.text(found.get("time_zone")) or "UTC",
        currency=values.text(found.get("iso_code")) or "USD",
        domain=values.text(found.get("domain_name")),
        edition=values.text(licence.get("paid_type")),
        user_licences=bought if isinstance(bought, int) and not isinstance(bought, bool) else None,
        several_currencies=found.get("mc_status") is True,
    )


def user(found: RawRecord) -> CrmUser:
    """A user of ``GET users``.

    Raises:
        Fatal: it cannot be read.
    """
    try:
        return CrmUser(
            id=values.record_id(found),
            name=values.text(found.get("full_name")) or values.text(found.get("last_name")),
            email=values.text(found.get("email")),
            role=values.text(found.get("role")),
            profile=values.text(found.get("profile")),
            manager_id=_manager(found.get("Reporting_To")),
            active=found.get("status") == "active",
            raw=dumped(dict(sorted(found.items()))).decode(),
        )
    except ValueError as error:
        raise Fatal(f"A user of Zoho cannot be read: {error}") from None


def _manager(found: Any) -> str | None:
    try:
        return values.lookup_id(found)
    except ValueError:  # older organisations hold a name here
        return None


def module(found: RawRecord) -> ModuleDescription | None:
    """A module of ``GET settings/modules``; None when it has no name to ask for it by."""
    name = found.get("api_name")
    if not isinstance(name, str) or not name:
        return None
    return ModuleDescription(
        api_name=name,
        label=_text(found.get("plural_label")) or _text(found.get("module_name")) or name,
        kind=_text(found.get("generated_type")) or "default",
        readable=found.get("api_supported") is True and found.get("viewable") is not False,
    )


def field(found: RawRecord) -> FieldDescription | None:
    """A field of ``GET settings/fields``; None when it has no name to ask for it by."""
    name = found.get("api_name")
    if not isinstance(name, str) or not name:
        return None
    kind = _text(found.get("data_type")) or ""
    return FieldDescription(
        api_name=name,
        label=_text(found.get("display_label")) or _text(found.get("field_label")) or "",
        data_type=kind,
        custom=found.get("custom_field") is True,
        read_only=found.get("read_only") is True or found.get("field_read_only") is True,
        picklist=_options(found.get("pick_list_values")),
        target=PEOPLE if kind in _OF_PEOPLE else _target(found),
        length=_length(found.get("length")),
    )


def returned_type(found: RawRecord) -> str | None:
    """What a computed field gives, as the metadata writes it in small letters; None when it does not say."""
    for key in ("formula", "rollup_summary"):
        kind = _object(found.get(key)).get("return_type")
        if isinstance(kind, str) and kind:
            return kind.lower()
    return None


def _options(found: Any) -> tuple[str, ...] | None:
    named = [one.get("actual_value") for one in found if isinstance(one, dict)] if _is_list(found) else []
    return tuple(one for one in named if isinstance(one, str) and one != "-None-") or None


def _target(found: RawRecord) -> str | None:
    for key, inner in _LOOKUPS:
        place = _object(found.get(key)).get(inner)
        # v8's details hold the module one level deeper; some versions give its name alone.
        place = _object(place).get("module", place)
        name = _object(place).get("api_name", place)
        if isinstance(name, str) and name:
            return name
    return None


def _length(found: Any) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def _text(found: Any) -> str | None:
    return found if isinstance(found, str) and found else None


def _object(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _is_list(found: Any) -> bool:
    return isinstance(found, list)
