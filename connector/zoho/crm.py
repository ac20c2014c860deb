"""Zoho CRM v8 as the connector's port ``CrmSource``, and what is written back to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.errors import Fatal
from connector.ports import (
    CrmUser,
    DeletedPage,
    Deletion,
    FieldDescription,
    ModuleDescription,
    Organisation,
    Page,
    RawRecord,
    Selection,
)
from connector.zoho import fields as values
from connector.zoho import metadata
from connector.zoho.bodies import Answer
from connector.zoho.bulk import BulkReads
from connector.zoho.canonical import COMPUTED, Form, canonical_people
from connector.zoho.client import ZohoClient
from connector.zoho.lists import RecordLists
from connector.zoho.metadata import items
from connector.zoho.paging import VERSION, NumberPosition, record_path
from connector.zoho.queries import COLUMNS_PER_QUERY, Queries
from connector.zoho.records import Rate, RecordReader, Surroundings

# What record calls answer for subforms and linking modules, which can only be queried.
ONLY_QUERIED = frozenset({"INVALID_MODULE", "NOT_SUPPORTED"})


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one record of a write. ``code`` is Zoho's, SUCCESS when it was done."""

    id: str | None
    done: bool
    code: str
    message: str


class CrmClient:
    """The port ``CrmSource`` on Zoho CRM v8, for several threads. Errors: of :meth:`ZohoClient.read`.

    Args:
        client: the calls.
        people: gives every known user by id; asked once for each reading. Queries give only last names and
            files only ids of people.
        rate: what the field Exchange_Rate means: units of the record's currency for one of the home
            currency, or the home currency's worth of one unit (Zoho's pages are thin about it).
        query_columns: how many columns a query asks for; newer organisations take up to 500.
        sleep: waits between the looks at a bulk job.
    """

    def __init__(
        self,
        client: ZohoClient,
        people: Callable[[], Mapping[str, CrmUser]] = dict,
        *,
        rate: Rate = "per_home",
        query_columns: int = COLUMNS_PER_QUERY,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._people = people
        self._rate: Rate = rate
        self._home: str | None = None
        self._returns: dict[str, Mapping[str, str]] = {}
        self._lists = RecordLists(client, self._reader)
        self._queries = Queries(client, self._reader, self._lists, query_columns)
        self._bulk = BulkReads(client, self._reader, sleep)

    def organisation(self) -> Organisation:
        """The organisation that the credentials belong to."""
        found = items(self._client.read(f"{VERSION}/org"), "org")
        if not found:
            raise Fatal("Zoho answered without an organisation.")
        read = metadata.organisation(found[0])
        self._home = read.currency
        return read

    def users(self) -> tuple[CrmUser, ...]:
        """Every user, inactive ones too."""
        pages = self._numbered(f"{VERSION}/users", {"type": "AllUsers"})
        return tuple(metadata.user(one) for answer in pages for one in items(answer, "users"))

    def modules(self) -> tuple[ModuleDescription, ...]:
        """Every module, those that the API does not give too."""
        found = items(self._client.read(f"{VERSION}/settings/modules"), "modules")
        return tuple(one for one in map(metadata.module, found) if one is not None)

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields that a module has; none when it has no fields or does not exist."""
        try:
            answer = self._client.read(f"{VERSION}/settings/fields", {"module": module}, module=module)
        except Fatal as error:
            if error.code != "INVALID_MODULE":
                raise
            return ()
        found = items(answer, "fields")
        self._returns[module] = {
            str(one.get("api_name")): kind
            for one in found
            if (kind := metadata.returned_type(one)) is not None
        }
        return tuple(one for one in map(metadata.field, found) if one is not None)

    def count(self, module: str, since: datetime | None = None) -> int | None:
        """How many records a module has, or how many changed since an instant; None when nobody says."""
        return self._queries.count(module, since)

    def listed(self, selection: Selection, after: str | None = None) -> Iterator[Page]:
        """Every record by ascending id, from record lists."""
        return self._lists.listed(selection, after)

    def listed_changes(self, selection: Selection, since: datetime) -> Iterator[Page]:
        """What changed since an instant, the latest first, from record lists."""
        return self._lists.listed_changes(selection, since)

    def queried(
        self,
        selection: Selection,
        after: str | None = None,
        *,
        until: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[Page]:
        """Records by ascending id, by queries."""
        return self._queries.queried(selection, after, until, since)

    def queried_changes(
        self, selection: Selection, since: datetime, after: str | None = None
    ) -> Iterator[Page]:
        """What changed since an instant, by (time of change, id), by queries."""
        return self._queries.queried_changes(selection, since, after)

    def spent(self) -> int:
        """The credits of all calls so far, those for writing by the same client too."""
        return self._client.spent

    def identifiers(self, module: str, after: str | None = None) -> Iterator[tuple[str, ...]]:
        """Every id, ascending, by queries."""
        return self._queries.identifiers(module, after)

    def bulk(self, selection: Selection, after: str | None = None) -> Iterator[Page]:
        """Every record in no promised order, by bulk jobs."""
        return self._bulk.pages(selection, after)

    def records(self, selection: Selection, ids: Sequence[str]) -> Page:
        """Those of the named records that exist."""
        try:
            return self._lists.records(selection, ids)
        except Fatal as error:
            if error.code not in ONLY_QUERIED:
                raise
        pages = [page for one in ids for page in self._queries.queried(selection, _before(one), one, None)]
        return Page(
            tuple(record for page in pages for record in page.records),
            tuple(one for page in pages for one in page.unreadable),
        )

    def record(self, module: str, record_id: str) -> RawRecord | None:
        """One record with every field, as Zoho wrote it; None when there is none (said in three ways)."""
        try:
            found = items(self._client.read(record_path(module, record_id)), "data")
        except Fatal as error:
            if error.code in {"INVALID_DATA", "RESOURCE_NOT_FOUND"}:
                return None
            raise
        return found[0] if found else None

    def deleted(self, module: str, since: datetime | None) -> Iterator[DeletedPage]:
        """The deletions since an instant, page by page, at least one page.

        Rows of subforms and links are in no list of deletions: theirs is empty, and ids are compared instead.
        """
        try:
            for answer in self._numbered(record_path(module, "deleted"), {"type": "all"}, since):
                found = tuple(_deletion(one) for one in items(answer, "data") if one.get("id"))
                yield DeletedPage(found, answer.at)
        except Fatal as error:
            if error.code not in ONLY_QUERIED:
                raise
            yield DeletedPage((), None)

    def update(self, module: str, records: Sequence[Mapping[str, Any]]) -> tuple[Written, ...]:
        """Change records (each with its ``id``), at most 100, without triggering the CRM's workflows."""
        body = self._client.put(record_path(module), {"data": list(records), "trigger": []})
        return tuple(_written(one) for one in items(Answer(body), "data"))

    def _numbered(
        self, path: str, params: Mapping[str, str | int], since: datetime | None = None
    ) -> Iterator[Answer]:
        position: NumberPosition | None = NumberPosition(params)
        while position is not None:
            answer = self._client.read(path, position.request(), modified_since=since)
            position = position.after(answer.info)
            yield answer

    def _reader(self, selection: Selection, form: Form) -> RecordReader:
        people = canonical_people(self._people())
        around = Surroundings(people, self._computed(selection), self._rate, self._home_currency)
        return RecordReader(selection, form, around)

    def _computed(self, selection: Selection) -> Mapping[str, str]:
        """What the computed fields of a selection give; asked for once if nobody has read the fields yet."""
        if not any(one.data_type in COMPUTED for one in selection.fields):
            return {}
        if selection.module not in self._returns:
            self.fields(selection.module)
        return self._returns.get(selection.module, {})

    def _home_currency(self) -> str:
        if self._home is None:
            self.organisation()
        return self._home or ""


def _before(identifier: str) -> str:
    """The id before this one: ids are numbers written as text."""
    return str(int(identifier) - 1)


def _deletion(found: RawRecord) -> Deletion:
    try:
        at = values.instant(found.get("deleted_time"))
    except (ValueError, TypeError, OverflowError):
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
