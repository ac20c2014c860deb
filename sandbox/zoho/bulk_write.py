"""``/crm/bulk/v8/write``: up to 25,000 rows of an uploaded CSV, written into a module.

The rows of a small job are written when it is entered, those of a large one between the calls that follow.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from sandbox.zoho.access import check_scope
from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.bulk_desk import WRITE_RESULT_SECONDS, Job, result_file
from sandbox.zoho.bulk_mapping import Mapped, read_mapping
from sandbox.zoho.bulk_read import check_callback, json_body
from sandbox.zoho.bulk_rows import RowWriter, Written
from sandbox.zoho.clock import wire_time
from sandbox.zoho.orgs import ORGANISATION_ID
from sandbox.zoho.shaping import user_receipt
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Table

CREDITS = 500
MOST_ROWS, MOST_COLUMNS = 25_000, 200
ROWS_A_STEP = 100
OPERATIONS = {"insert": "CREATE", "update": "UPDATE", "upsert": "CREATE"}
UNSERVED = frozenset({"Notes", "Attachments", "Events", "Users", "Emails"})
STATES = {"ADDED": "ADDED", "QUEUED": "ADDED", "IN PROGRESS": "INPROGRESS", "COMPLETED": "COMPLETED"}


@dataclass(frozen=True)
class _Sheet:
    """An uploaded file."""

    name: str
    header: list[str]
    lines: list[list[str]]


def create(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/bulk/v8/write``.

    Raises:
        Refused: the job is not one, its file is unknown, or a limit is exceeded.
    """
    body = json_body(call)
    operation = body.get("operation")
    if operation not in OPERATIONS:
        raise Refused(400, "INVALID_DATA", {"api_name": "operation", "supported": list(OPERATIONS)})
    check_callback(body.get("callback"))
    resource = _resource(body)
    table = _table(zoho, call, resource, operation)
    name, content = _csv(zoho, resource)
    rows = list(csv.reader(io.StringIO(content)))
    header, lines = (rows[0], rows[1:]) if rows else ([], [])
    if len(lines) > MOST_ROWS or len(header) > MOST_COLUMNS:
        raise Refused(400, "LIMIT_EXCEEDED", {"rows": MOST_ROWS, "columns": MOST_COLUMNS})
    mapped = read_mapping(zoho.store, table.module, resource, header)
    ignore_empty = bool(body.get("ignore_empty", False))
    writer = RowWriter(zoho.store, table, mapped, operation, ignore_empty=ignore_empty)
    job = _job(zoho, body)
    zoho.bulk.add(job)
    zoho.bulk.begin(job, _run(job, resource, writer, _Sheet(name, header, lines), mapped))
    details = {"id": str(job.id), "created_by": user_receipt(zoho.store, job.user)}
    done = {"status": "success", "code": "SUCCESS", "message": "success", "details": details}
    return Answer(201, done, credits=CREDITS)


def details(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/bulk/v8/write/{id}``: one object, not in a list."""
    job = zoho.bulk.find(call.names["id"], "write")
    state = STATES[job.state(zoho.clock.epoch())]
    shown: dict[str, Any] = {
        "status": state,
        "id": str(job.id),
        "operation": job.query["operation"],
        "character_encoding": job.query["character_encoding"],
        "created_by": user_receipt(zoho.store, job.user),
        "created_time": wire_time(job.created),
    }
    if state == "COMPLETED":
        shown |= job.outcome
    return Answer(200, shown)


def result(zoho: Zoho, call: Call) -> Answer:
    """``GET /v8/crm/{organisation}/bulk-write/{id}/{file}``: the input with what became of each row."""
    job = zoho.bulk.find(call.names["id"], "write")
    file = zoho.bulk.download(job, WRITE_RESULT_SECONDS)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{job.id}.zip"}
    return Answer(200, None, headers, "application/zip", file=file)


def _resource(body: dict[str, Any]) -> dict[str, Any]:
    resources = body.get("resource")
    if not isinstance(resources, list) or len(resources) != 1 or not isinstance(resources[0], dict):
        raise Refused(400, "INVALID_DATA", {"api_name": "resource", "maximum_length": 1})
    return resources[0]


def _table(zoho: Zoho, call: Call, resource: dict[str, Any], operation: str) -> Table:
    module = resource.get("module")
    name = module.get("api_name") if isinstance(module, dict) else module
    table = zoho.store.tables.get(str(name))
    if table is None or name in UNSERVED or table.module.generated_type in {"subform", "linking"}:
        raise Refused(400, "MODULE_NOT_SUPPORTED", {"module": str(name)})
    check_scope(zoho, call, f"ZohoCRM.modules.{name}.{OPERATIONS[operation]}")
    return table


def _csv(zoho: Zoho, resource: dict[str, Any]) -> tuple[str, str]:
    """The name and the text of the CSV file that the job names, or of the only one."""
    content = zoho.bulk.uploads.get(str(resource.get("file_id")))
    if content is None:
        raise Refused(400, "INVALID_DATA", {"api_name": "file_id"}, "the file id given seems to be invalid")
    with ZipFile(io.BytesIO(content)) as archive:
        names = resource.get("file_names") or [name for name in archive.namelist() if name.endswith(".csv")]
        if len(names) != 1 or names[0] not in archive.namelist():
            raise Refused(400, "INVALID_DATA", {"api_name": "file_names"})
        try:
            return names[0], archive.read(names[0]).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refused(400, "INVALID_DATA", {"api_name": "character_encoding"}) from None


def _job(zoho: Zoho, body: dict[str, Any]) -> Job:
    query = {"operation": body["operation"], "character_encoding": body.get("character_encoding", "UTF-8")}
    return Job(
        zoho.store.new_id(), "write", zoho.clock.epoch(), zoho.store.acting_user, zoho.bulk.seconds, query
    )


def _run(
    job: Job, resource: dict[str, Any], writer: RowWriter, sheet: _Sheet, mapped: tuple[Mapped, ...]
) -> Iterator[None]:
    """Write the rows, and note what the details will say of them."""
    written: list[Written] = []
    for start in range(0, len(sheet.lines), ROWS_A_STEP):
        written += map(writer.write, sheet.lines[start : start + ROWS_A_STEP])
        yield
    counts = Counter(one.status for one in written)
    file = {
        "status": "COMPLETED",
        "name": sheet.name,
        "added_count": counts["ADDED"],
        "skipped_count": counts["SKIPPED"],
        "updated_count": counts["UPDATED"],
        "total_count": len(written),
    }
    module = writer.table.module
    shown = {
        "status": "COMPLETED",
        "type": resource.get("type", "data"),
        "module": {"api_name": module.api_name, "id": str(module.id)},
        "field_mappings": [one.as_json() for one in mapped],
        "file": file,
    }
    path = f"/v8/crm/org{ORGANISATION_ID}/bulk-write/{job.id}/{job.id}.zip"
    job.outcome = {"resource": [shown], "result": {"download_url": path}}
    job.file = _result(job, sheet.name, sheet.header, sheet.lines, written)


def _result(
    job: Job, name: str, header: list[str], lines: list[list[str]], written: list[Written]
) -> IO[bytes]:
    file = result_file()
    with (
        ZipFile(file, "w", ZIP_DEFLATED) as archive,
        archive.open(f"{job.id}_{name}", "w") as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as text,
    ):
        csv.writer(text).writerows(_result_rows(header, lines, written))
    return file


def _result_rows(header: list[str], lines: list[list[str]], written: list[Written]) -> Iterator[list[str]]:
    yield [*header, "STATUS", "RECORD_ID", "ERRORS"]
    for line, one in zip(lines, written, strict=True):
        yield [*line, one.status, "" if one.record is None else str(one.record), one.error]
