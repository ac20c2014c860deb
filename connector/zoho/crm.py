"""Zoho CRM's calls in the connector's values: organisation, users, metadata, records, deletions, queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connector.errors import ConnectorError, Fatal, Skippable
from connector.ports import (
    CrmUser,
    DeletedPage,
    Deletion,
    FieldDescription,
    Organisation,
    Page,
    RawRecord,
    RecordReader,
)
from connector.zoho import fields as values
from connector.zoho.client import ZohoClient
from connector.zoho.paging import FIELDS_PER_CALL, IDS_PER_CALL, NumberPosition, TokenPosition, chunks

VERSION = "/crm/v8"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one record of a write. ``code`` is Zoho's, SUCCESS when it was done."""

    id: str | None
    done: bool
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """Rows of a COQL query, and whether there are more than were asked for."""

    rows: tuple[RawRecord, ...]
    more: bool


class CrmClient:
    """The port ``CrmSource`` on Zoho CRM v8. Errors are those of :meth:`ZohoClient.get`."""

    def __init__(self, client: ZohoClient) -> None:
        self._client = client

    def organisation(self) -> Organisation:
        """The organisation that the credentials belong to."""
        found = _items(self._client.get(f"{VERSION}/org"), "org")
        if not found:
            raise Fatal("Zoho answered without an organisation.")
        return _organisation(found[0])

    def users(self) -> tuple[CrmUser, ...]:
        """Every user, inactive ones too."""
        return tuple(
            _user(one) for body in self._numbered(f"{VERSION}/users", {"type": "AllUsers"})
            for one in _items(body, "users")
        )  # fmt: skip

    def modules(self) -> tuple[str, ...]:
        """The API names of the modules that the API gives."""
        found = _items(self._client.get(f"{VERSION}/settings/modules"), "modules")
        return tuple(str(one["api_name"]) for one in found if one.get("api_supported") and "api_name" in one)

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields that a module has; empty for modules without."""
        body = self._client.get(f"{VERSION}/settings/fields", {"module": module}, module=module)
        return tuple(_field(one) for one in _items(body, "fields") if isinstance(one.get("api_name"), str))

    def count(self, module: str) -> int | None:
        """About how many records there are; None when Zoho does not say (it wants a scope of its own)."""
        try:
            body = self._client.get(_path(module, "actions", "count"), insist=False)
        except ConnectorError:
            return None
        found = body.get("count") if isinstance(body, dict) else None
        return found if isinstance(found, int) else None

    def pages(
        self,
        module: str,
        fields: Sequence[str],
        page_token: str | None = None,
        modified_since: datetime | None = None,
    ) -> Iterator[Page]:
        """The records page by page, by ascending id; with ``modified_since`` the latest change first.

        Latest first because a record that changes while the list is read then moves to where we have been:
        the others move towards us, and none is passed over.
        """
        first, *rest = chunks(fields, FIELDS_PER_CALL)
        order = ("id", "asc") if modified_since is None else ("Modified_Time", "desc")
        position: TokenPosition | None = TokenPosition(
            {"fields": ",".join(first), "per_page": 200, "sort_by": order[0], "sort_order": order[1]},
            page_token,
        )
        while position is not None:
            body = self._client.get(_path(module), position.request(), modified_since=modified_since)
            read_at = self._client.server_time
            position = position.after(_info(body))
            records = self._widened(module, _items(body, "data"), rest)
            yield Page(records, position.token if position else None, read_at)

    def records(self, module: str, fields: Sequence[str], ids: Sequence[str]) -> tuple[RawRecord, ...]:
        """Those of the named records that exist."""
        first, *rest = chunks(fields, FIELDS_PER_CALL)
        found: list[RawRecord] = []
        for some in chunks(ids, IDS_PER_CALL):
            found += self._widened(module, self._named(module, first, some), rest)
        return tuple(found)

    def record(self, module: str, record_id: str) -> RawRecord | None:
        """One record with every field; None when there is none (Zoho says so in three ways)."""
        try:
            found = _items(self._client.get(_path(module, record_id)), "data")
        except Fatal as error:
            if "INVALID_DATA" in error.what_happened or "404" in error.what_happened:
                return None
            raise
        return found[0] if found else None

    def deleted(self, module: str, since: datetime | None) -> Iterator[DeletedPage]:
        """The deletions since an instant, page by page, at least one page."""
        for body in self._numbered(_path(module, "deleted"), {"type": "all"}, since):
            yield DeletedPage(
                tuple(_deletion(one) for one in _items(body, "data") if one.get("id")),
                self._client.server_time,
            )

    def coql(self, query: str) -> QueryAnswer:
        """The rows of a query that ``connector.zoho.coql`` wrote."""
        body = self._client.post(f"{VERSION}/coql", {"select_query": query}, repeatable=True)
        return QueryAnswer(tuple(_items(body, "data")), bool(_info(body).get("more_records")))

    def update(self, module: str, records: Sequence[Mapping[str, Any]]) -> tuple[Written, ...]:
        """Change records (each with its ``id``), at most 100, without triggering the CRM's workflows."""
        body = self._client.put(_path(module), {"data": list(records), "trigger": []})
        return tuple(_written(one) for one in _items(body, "data"))

    def reader(self, columns: Mapping[str, str]) -> RecordReader:
        """How to read a record into columns (system field name -> API name)."""
        return values.record_reader(columns)

    def _numbered(
        self, path: str, params: Mapping[str, str | int], since: datetime | None = None
    ) -> Iterator[Any]:
        position: NumberPosition | None = NumberPosition(params)
        while position is not None:
            body = self._client.get(path, position.request(), modified_since=since)
            position = position.after(_info(body))
            yield body

    def _named(self, module: str, fields: Sequence[str], ids: Sequence[str]) -> list[RawRecord]:
        params: dict[str, str | int] = {
            "fields": ",".join(fields),
            "ids": ",".join(ids),
            "per_page": len(ids),
        }
        return _items(self._client.get(_path(module), params), "data")

    def _widened(
        self, module: str, records: Sequence[RawRecord], more_fields: Sequence[Sequence[str]]
    ) -> tuple[RawRecord, ...]:
        """The same records with further fields, which Zoho gives only fifty at a time."""
        wide = {str(record.get("id")): dict(record) for record in records}
        for fields in more_fields:
            for some in chunks(tuple(wide), IDS_PER_CALL):
                for part in self._named(module, fields, some):
                    wide.get(str(part.get("id")), {}).update(part)
        return tuple(wide.values()) if more_fields else tuple(records)


def _path(module: str, *further: str) -> str:
    """The path of a module's call. Names come from a configuration; none of them leaves its place."""
    return "/".join((VERSION, *(quote(part, safe="") for part in (module, *further))))


def _items(body: Any, key: str) -> list[RawRecord]:
    """The objects under a key; none when the answer had no content.

    Raises:
        Fatal: the answer is of another shape.
    """
    if body is None:
        return []
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Fatal(f"Zoho's answer has no list of {key}.", "Check the address of the API.")
    return found


def _info(body: Any) -> Mapping[str, Any]:
    info = body.get("info") if isinstance(body, dict) else None
    return info if isinstance(info, dict) else {}


def _organisation(found: RawRecord) -> Organisation:
    if not found.get("id"):
        raise Fatal("Zoho answered with an organisation that has no id.")
    return Organisation(
        id=str(found["id"]),
        name=values.text(found.get("company_name")) or "",
        time_zone=values.text(found.get("time_zone")) or "UTC",
        currency=values.text(found.get("iso_code")) or "USD",
        domain=values.text(found.get("domain_name")),
    )


def _user(found: RawRecord) -> CrmUser:
    clean, raw = values.raw_text(found)
    try:
        return CrmUser(
            id=values.record_id(clean),
            name=values.text(clean.get("full_name")) or values.text(clean.get("last_name")),
            email=values.text(clean.get("email")),
            role=values.text(clean.get("role")),
            profile=values.text(clean.get("profile")),
            manager_id=_manager(clean.get("Reporting_To")),
            active=clean.get("status") == "active",
            raw=raw,
        )
    except (ValueError, Skippable) as error:
        raise Fatal(f"A user of Zoho cannot be read: {error}") from None


def _manager(found: Any) -> str | None:
    try:
        return values.lookup_id(found)
    except ValueError:  # older organisations hold a name here
        return None


def _field(found: RawRecord) -> FieldDescription:
    clean, _ = values.raw_text(found)
    options = clean.get("pick_list_values")
    named = [one.get("actual_value") for one in options if isinstance(one, dict)] if options else []
    return FieldDescription(
        api_name=clean["api_name"],
        label=values.text(clean.get("display_label")) or values.text(clean.get("field_label")) or "",
        data_type=values.text(clean.get("data_type")) or "",
        custom=clean.get("custom_field") is True,
        read_only=clean.get("read_only") is True or clean.get("field_read_only") is True,
        picklist=tuple(one for one in named if isinstance(one, str) and one != "-None-") or None,
    )


def _deletion(found: RawRecord) -> Deletion:
    try:
        at = values.instant(found.get("deleted_time"))
    except (ValueError, TypeError):
        at = None
    return Deletion(str(found["id"]), at)


def _written(found: RawRecord) -> Written:
    details = found.get("details")
    identifier = details.get("id") if isinstance(details, dict) else None
    return Written(
        str(identifier) if identifier else None,
        found.get("status") == "success",
        str(found.get("code", "")),
        str(found.get("message", "")),
    )
