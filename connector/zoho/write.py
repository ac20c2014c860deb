"""Writing to Zoho CRM: fields of our own, values by hundreds or by bulk job, tags, tasks, notes.

Nothing here triggers the CRM's workflows: every write carries an empty ``trigger``.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, Any, Protocol
from urllib.parse import quote

from connector.errors import Conflict, ConnectorError, Fatal, NeedsPerson, NotOffered
from connector.ports import FieldDescription, RawRecord
from connector.write_ports import (
    ALREADY_MODIFIED,
    BulkOutcome,
    BulkUpdate,
    Change,
    Outcome,
    OwnField,
    OwnValue,
    TagMove,
)
from connector.zoho.write_results import is_conflict, outcome_of, results_of

VERSION, BULK = "/crm/v8", "/crm/bulk/v8"
# Zoho writes the states of a job with and without a blank.
_FINISHED, _FAILED = {"COMPLETED"}, {"FAILED", "FAILURE", "SKIPPED"}
# What the bulk result says of a row that was written.
_WRITTEN = {"ADDED", "UPDATED"}
_ID_COLUMN = "id"
FIELDS_PER_CALL = 50  # Zoho CRM, get records
ROWS_PER_PAGE, LOOKED_AT_PAGES = 200, 10  # Zoho gives 2,000 records by page number


class Wire(Protocol):
    """HTTP to Zoho, as far as writing needs it (``ZohoClient``)."""

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Read."""
        ...

    def post(self, path: str, body: object, *, repeatable: bool = False) -> Any:
        """Create."""
        ...

    def put(self, path: str, body: object, *, unmodified_since: datetime | None = None) -> Any:
        """Update."""
        ...

    def upload(self, path: str, file: Path, headers: Mapping[str, str]) -> Any:
        """Send a file to the upload host."""
        ...

    def download(self, path: str, into: IO[bytes]) -> None:
        """Take a file."""
        ...


class Metadata(Protocol):
    """Where the fields and the organisation are read (``CrmClient``)."""

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields that a module has."""
        ...


class CrmWriteClient:
    """The port ``CrmWriter`` on Zoho CRM v8, and what people do to single records."""

    def __init__(self, wire: Wire, metadata: Metadata) -> None:
        self._wire = wire
        self._metadata = metadata
        self._zgid: str | None = None  # the organisation's number, which uploads name

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields that a module has now."""
        return self._metadata.fields(module)

    def create_fields(self, module: str, wanted: Sequence[OwnField]) -> tuple[Outcome, ...]:
        """Create fields, at most five (Zoho's limit)."""
        described = [
            {"field_label": one.label, "data_type": one.data_type, "length": one.length} for one in wanted
        ]
        body = self._wire.post(
            f"{VERSION}/settings/fields?module={quote(module, safe='')}", {"fields": described}
        )
        return tuple(
            replace(outcome_of(result, one.label), id=one.label)
            for one, result in zip(wanted, results_of(body, "fields", len(wanted)), strict=True)
        )

    def update(
        self, module: str, changes: Sequence[Change], *, unmodified_since: datetime | None = None
    ) -> tuple[Outcome, ...]:
        """Change at most 100 records; an outcome for each, in the same order.

        Zoho has one ``unmodified_since`` for all records of a call (the header If-Unmodified-Since), and does
        not say whether one that was changed later keeps the others out: both answers are understood.

        Raises:
            Conflict: one of them was changed after ``unmodified_since``; nothing was written.
        """
        data = [{"id": one.id, **one.values} for one in changes]
        body = self._put(module, data, unmodified_since)
        results = results_of(body, "data", len(changes))
        return tuple(outcome_of(result, one.id) for one, result in zip(changes, results, strict=True))

    def set_fields(
        self, module: str, identifier: str, values: Mapping[str, Any], unmodified_since: datetime | None
    ) -> None:
        """Change one record for a person, unless somebody else has changed it meanwhile.

        Raises:
            Conflict: it was changed after ``unmodified_since``.
        """
        body = self._put(module, [{"id": identifier, **values}], unmodified_since)
        _or_refuse(outcome_of(results_of(body, "data", 1)[0], identifier), module)

    def add_task(
        self,
        module: str,
        identifier: str,
        subject: str,
        *,
        due: date | None,
        owner: str | None,
        description: str = "",
    ) -> str:
        """A task on a record; its id."""
        task: dict[str, Any] = {"Subject": subject, "What_Id": {"id": identifier}, "$se_module": module}
        if due is not None:
            task["Due_Date"] = due.isoformat()
        if owner is not None:
            task["Owner"] = {"id": owner}
        if description:
            task["Description"] = description
        return self._added("Tasks", task)

    def add_note(self, module: str, identifier: str, title: str, text: str) -> str:
        """A note on a record; its id."""
        parent = {"module": {"api_name": module}, "id": identifier}
        return self._added("Notes", {"Note_Title": title, "Note_Content": text, "Parent_Id": parent})

    def find_added(self, module: str, field: str, mark: str, since: datetime) -> str | None:
        """The id of the record, added since then, in whose field the mark stands; None when there is none.

        Lists are read because they are up to date at once, which neither the search nor its index is. Zoho
        gives the list of Notes to administrators only.
        """
        wish: dict[str, str | int] = {
            "fields": f"{field},Created_Time",
            "sort_by": "Created_Time",
            "sort_order": "desc",
            "per_page": ROWS_PER_PAGE,
        }
        for page in range(1, LOOKED_AT_PAGES + 1):
            body = self._wire.get(_path(module), {**wish, "page": page})
            found = body.get("data") if isinstance(body, dict) else None
            rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
            for row in rows:
                if datetime.fromisoformat(str(row.get("Created_Time"))) < since:
                    return None
                if mark in str(row.get(field) or ""):
                    return str(row["id"])
            if len(rows) < ROWS_PER_PAGE:
                return None
        return None

    def tag(self, module: str, move: TagMove) -> tuple[Outcome, ...]:
        """Give or take a tag, at most 500 records."""
        if not move.ids:
            return ()
        action = "add_tags" if move.add else "remove_tags"
        wish: dict[str, Any] = {"tags": [{"name": move.tag}], "ids": list(move.ids)}
        if move.add:
            wish["over_write"] = False
        body = self._wire.post(f"{_path(module)}/actions/{action}", wish, repeatable=True)
        results = results_of(body, "data", len(move.ids))
        return tuple(outcome_of(one, given) for given, one in zip(move.ids, results, strict=True))

    def said(
        self, module: str, ids: Sequence[str], names: Sequence[str]
    ) -> Mapping[str, Mapping[str, object]]:
        """What at most 100 records say now, by id and API name; of many names the first 50 are asked for."""
        fields = ",".join(names[:FIELDS_PER_CALL])
        body = self._wire.get(_path(module), {"fields": fields, "ids": ",".join(ids), "per_page": len(ids)})
        found = body.get("data") if isinstance(body, dict) else None
        rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return {str(one.get("id")): one for one in rows}

    def enter_bulk(self, module: str, columns: Sequence[str], changes: Iterable[Change]) -> BulkUpdate:
        """Enter a bulk job for at most 25,000 records, all of which have these columns."""
        with NamedTemporaryFile(suffix=".zip") as file:
            name, numbers = _write_archive(file.name, columns, changes)
            file_id = self._uploaded(Path(file.name))
        mappings = [
            {"api_name": column, "index": index} for index, column in enumerate((_ID_COLUMN, *columns))
        ]
        resource = {
            "type": "data",
            "module": {"api_name": module},
            "file_id": file_id,
            "file_names": [name],
            "find_by": _ID_COLUMN,
            "field_mappings": mappings,
        }
        wish = {
            "operation": "update",
            "ignore_empty": False,  # an empty value empties the field
            "character_encoding": "UTF-8",
            "resource": [resource],
        }
        try:
            body = self._wire.post(f"{BULK}/write", wish)
        except (Fatal, NeedsPerson) as error:
            raise NotOffered(error.what_happened, error.what_to_do) from None
        details = body.get("details") if isinstance(body, dict) else None
        if not isinstance(details, dict) or not details.get("id"):
            raise NotOffered("Zoho entered no bulk job.")
        return BulkUpdate(str(details["id"]), module, tuple(columns), numbers)

    def bulk_outcomes(self, job: BulkUpdate) -> Iterator[BulkOutcome] | None:
        """The result; None while the job is under way."""
        body = self._wire.get(f"{BULK}/write/{quote(job.id, safe='')}")
        if not isinstance(body, dict):
            raise Fatal("Zoho's answer about a bulk job has no content.")
        state = str(body.get("status", "")).upper()
        if state in _FAILED or _file_failed(body):
            raise NotOffered(f"Zoho says {_why_failed(body) or state.lower()}.")
        if state not in _FINISHED:
            return None
        return self._lines(_result_path(body), job)

    def _lines(self, address: str, job: BulkUpdate) -> Iterator[BulkOutcome]:
        with TemporaryFile() as taken:
            self._wire.download(address, taken)
            with zipfile.ZipFile(taken) as archive:
                for name in archive.namelist():
                    with archive.open(name) as file:
                        rows = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""))
                        yield from (_bulk_outcome(row, job) for row in rows)

    def _organisation(self) -> str:
        if self._zgid is None:
            body = self._wire.get(f"{VERSION}/org")
            found = body.get("org") if isinstance(body, dict) else None
            first = found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}
            if not first.get("zgid"):
                raise NotOffered("Zoho does not say the organisation's number, which uploads must name.")
            self._zgid = str(first["zgid"])
        return self._zgid

    def _uploaded(self, file: Path) -> str:
        headers = {"feature": "bulk-write", "X-CRM-ORG": self._organisation()}
        try:
            body = self._wire.upload(f"{VERSION}/upload", file, headers)
        except (Fatal, NeedsPerson) as error:
            raise NotOffered(error.what_happened, error.what_to_do) from None
        details = body.get("details") if isinstance(body, dict) else None
        if not isinstance(details, dict) or not details.get("file_id"):
            raise NotOffered("Zoho took no file for a bulk job.")
        return str(details["file_id"])

    def _put(self, module: str, data: Sequence[RawRecord], unmodified_since: datetime | None) -> Any:
        """The answer to an update.

        Raises:
            Conflict: Zoho refuses the call as a whole, because of what was changed later.
        """
        wish = {"data": data, "trigger": []}
        try:
            body = self._wire.put(_path(module), wish, unmodified_since=unmodified_since)
        except Fatal as error:
            if error.code == ALREADY_MODIFIED:
                raise Conflict from None
            raise
        results = body.get("data") if isinstance(body, dict) else None
        if len(data) > 1 and isinstance(results, list) and len(results) == 1 and is_conflict(results[0]):
            raise Conflict
        return body

    def _added(self, module: str, record: Mapping[str, Any]) -> str:
        body = self._wire.post(_path(module), {"data": [record], "trigger": []})
        outcome = outcome_of(results_of(body, "data", 1)[0], "?")
        _or_refuse(outcome, module)
        return outcome.id


def _path(module: str) -> str:
    return f"{VERSION}/{quote(module, safe='')}"


def _or_refuse(outcome: Outcome, module: str) -> None:
    """Raise what a person is told when their one record was not written."""
    if not outcome.done:
        raise _refusal(outcome, module)


def _refusal(outcome: Outcome, module: str) -> ConnectorError:
    about = f" ({outcome.field})" if outcome.field else ""
    if outcome.changed_since:
        return Conflict()
    return Fatal(f"Zoho did not write the record of {module}: {outcome.code}{about}.", outcome.message)


def _write_archive(
    path: str, columns: Sequence[str], changes: Iterable[Change]
) -> tuple[str, frozenset[str]]:
    """Write the file to be uploaded; its name in the archive, and the columns that hold whole numbers."""
    name = "changes.csv"
    numbers = set(columns)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as file:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow((_ID_COLUMN, *columns))
        for change in changes:
            writer.writerow((change.id, *(_cell(change.values.get(column)) for column in columns)))
            numbers -= {column for column, value in change.values.items() if isinstance(value, str)}
        text.flush()
    return name, frozenset(numbers)


def _result_path(body: Mapping[str, Any]) -> str:
    """Where the result is, at the API's host; Zoho's descriptions differ in whether a slash is first."""
    result = body.get("result")
    address = result.get("download_url") if isinstance(result, dict) else None
    if not isinstance(address, str) or not address.strip("/") or "://" in address:
        raise NotOffered("Zoho gives no result of the bulk job.")
    return f"/{address.lstrip('/')}"


def _cell(value: OwnValue) -> str:
    return "" if value is None else str(value)


def _bulk_outcome(row: Mapping[str, str], job: BulkUpdate) -> BulkOutcome:
    identifier = row.get("RECORD_ID") or row.get(_ID_COLUMN) or "?"
    change = Change(identifier, {name: _value(row.get(name), name in job.numbers) for name in job.columns})
    done = (row.get("STATUS") or "").upper() in _WRITTEN
    code, _, about = (row.get("ERRORS") or "").partition(":")
    field = about.strip().split(":")[0] if about.strip().split(":")[0] in job.columns else None
    return BulkOutcome(
        change,
        Outcome(identifier, done, "SUCCESS" if done else code.strip() or "SKIPPED", about.strip(), field),
    )


def _value(text: str | None, is_number: bool) -> OwnValue:  # noqa: FBT001 -- a fact, not an option
    if not text:
        return None
    return int(text) if is_number else text


def _file_failed(body: Mapping[str, Any]) -> bool:
    return any(str(one.get("status", "")).upper() in _FAILED for one in _files(body))


def _why_failed(body: Mapping[str, Any]) -> str:
    return "; ".join(str(one.get("code") or one.get("status")) for one in _files(body))


def _files(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    resources = body.get("resource")
    for one in resources if isinstance(resources, list) else ():
        if isinstance(one, dict):
            yield one
            if isinstance(one.get("file"), dict):
                yield one["file"]
