"""``/crm/bulk/v8/read``: jobs that leave up to 200,000 records as one CSV file in a ZIP.

A small file is written when the job is entered, and shows the records as they were then; a large one is
written on between the calls that follow, and what changes meanwhile may be in it or not.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from sandbox.zoho.access import check_scope
from sandbox.zoho.answers import Answer, Call, Refused, envelope
from sandbox.zoho.bulk_criteria import Test, echoed, read_criteria
from sandbox.zoho.bulk_desk import RESULT_SECONDS, Failure, Job
from sandbox.zoho.bulk_table import written_table
from sandbox.zoho.clock import wire_time
from sandbox.zoho.coql_columns import resolve
from sandbox.zoho.shaping import user_receipt
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Record, Store, Table

CREDITS = 50
MOST_FIELDS, MOST_JOINS = 200, 5
TOKEN_SECONDS = 24 * 3600
UNSERVED = frozenset({"Notes", "Attachments", "Emails", "Users"})
CONVERTED = {"field": {"api_name": "$converted"}, "comparator": "equal", "value": "false"}
FAILED = Failure("INTERNAL_ERROR", "Internal server error occurred while processing the job.")


@dataclass(frozen=True)
class Wanted:
    """What a job reads; ``after`` is the id behind which its file begins."""

    table: Table
    fields: tuple[str, ...]
    query: dict[str, Any]
    page: int
    after: int = 0


def create(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/bulk/v8/read``.

    Raises:
        Refused: the content type is not JSON, the query does not hold, or a limit is exceeded.
    """
    body = json_body(call)
    if body.get("file_type", "csv") != "csv":
        raise Refused(400, "JOB_NOT_SUPPORTED", {"api_name": "file_type", "supported": ["csv"]})
    check_callback(body.get("callback"))
    wanted = _wanted(zoho, call, body.get("query"))
    job = _job(zoho, wanted)
    if zoho.faults.take("bulk_failure", call.path):
        job.failure = FAILED
    else:
        zoho.bulk.begin(job, _run(zoho, job, wanted))
    zoho.bulk.add(job)
    details = {
        "id": str(job.id),
        "operation": "read",
        "state": "ADDED",
        "created_by": user_receipt(zoho.store, job.user),
        "created_time": wire_time(job.created),
    }
    done = {"status": "success", "code": "ADDED_SUCCESSFULLY", "message": "Added successfully."}
    return Answer(201, {"data": [{**done, "details": details}], "info": {}}, credits=CREDITS)


def details(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/bulk/v8/read/{id}``."""
    job = zoho.bulk.find(call.names["id"], "read")
    state = job.state(zoho.clock.epoch())
    shown: dict[str, Any] = {
        "id": str(job.id),
        "operation": "read",
        "state": state,
        "created_by": user_receipt(zoho.store, job.user),
        "created_time": wire_time(job.created),
        "file_type": "csv",
        "query": job.query,
    }
    if state == "COMPLETED":
        shown["result"] = job.outcome
    elif state == "FAILURE" and job.failure is not None:
        said = envelope(job.failure.code, job.failure.details, job.failure.message)
        shown["result"] = {"error_message": said}
    return Answer(200, {"data": [shown]})


def result(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/bulk/v8/read/{id}/result``: the ZIP."""
    job = zoho.bulk.find(call.names["id"], "read")
    file = zoho.bulk.download(job, RESULT_SECONDS)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{job.id}.zip"}
    return Answer(200, None, headers, "application/zip", file=file)


def check_callback(callback: object) -> None:
    """A callback is an address that takes POST. The sandbox checks it and does not call it.

    Raises:
        Refused: it is not.
    """
    if callback is None:
        return
    url = callback.get("url") if isinstance(callback, dict) else None
    if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
        raise Refused(400, "INVALID_CALLBACK_URL", {"api_name": "url"})
    if isinstance(callback, dict) and callback.get("method") != "post":
        raise Refused(400, "INVALID_CALLBACK_METHOD", {"supported": ["post"]})


def json_body(call: Call) -> dict[str, Any]:
    """The body of a bulk call, which must say that it is JSON.

    Raises:
        Refused: MEDIA_TYPE_NOT_SUPPORTED, REQUEST_BODY_IS_EMPTY or REQUEST_BODY_NOT_READABLE.
    """
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "MEDIA_TYPE_NOT_SUPPORTED")
    if not call.body.strip():
        raise Refused(400, "REQUEST_BODY_IS_EMPTY")
    try:
        return call.json()
    except Refused:
        raise Refused(400, "REQUEST_BODY_NOT_READABLE") from None


def _wanted(zoho: Zoho, call: Call, query: object) -> Wanted:
    if not isinstance(query, dict):
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": "query"})
    if "page_token" in query:
        if set(query) != {"page_token"}:
            raise Refused(400, "AMBIGUITY_DURING_PROCESSING", {"ambiguity_due_to": sorted(query)})
        return _continued(zoho, call, str(query["page_token"]))
    if "cvid" in query:
        raise Refused(400, "CVID_NOT_SUPPORTED", {"api_name": "cvid"})
    page = query.get("page", 1)
    if isinstance(page, bool) or not isinstance(page, int) or page < 1:
        raise Refused(400, "PAGE_NOT_SUPPORTED", {"api_name": "page"})
    table = _table(zoho, call, query.get("module"))
    fields = _fields(zoho.store, table, query.get("fields"))
    if query.get("criteria") is not None:
        read_criteria(zoho.store, table.module, query["criteria"])
    return Wanted(table, fields, query, page)


def _table(zoho: Zoho, call: Call, module: object) -> Table:
    name = module.get("api_name") if isinstance(module, dict) else module
    if not isinstance(name, str):
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": "module"})
    table = zoho.store.tables.get(name)
    if name in UNSERVED or (table is not None and table.module.generated_type == "linking"):
        raise Refused(400, "MODULE_NOT_SUPPORTED", {"module": name})
    if table is None:
        raise Refused(400, "MODULE_NOT_AVAILABLE", {"module": name})
    check_scope(zoho, call, f"ZohoCRM.modules.{table.module.parent or name}.READ")
    return table


def _fields(store: Store, table: Table, wanted: object) -> tuple[str, ...]:
    """The fields of the file without the id: those wished for, or all that bulk jobs read."""
    if wanted is None:
        read = (one.api_name for one in table.module.fields if not one.has_rows)
        return tuple(name for name in read if name != "id")
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise Refused(400, "INVALID_DATA", {"api_name": "fields", "expected_data_type": "jsonarray"})
    if len(wanted) > MOST_FIELDS:
        raise Refused(400, "LIMIT_EXCEEDED", {"api_name": "fields", "limit": MOST_FIELDS})
    joined: set[int] = set()
    for path in wanted:
        column = _checked(store, table, path)
        joined.update(step.id for step in column)
    if len(joined) > MOST_JOINS:
        raise Refused(400, "JOIN_LIMIT_EXCEEDED", {"limit": MOST_JOINS})
    return tuple(dict.fromkeys(name for name in wanted if name != "id"))


def _checked(store: Store, table: Table, path: str) -> tuple[Any, ...]:
    """The lookups that a path follows."""
    try:
        return resolve(store, table.module, path).steps
    except Refused:
        known = path in table.module.by_name
        raise Refused(
            400, "FIELD_NOT_SUPPORTED" if known else "FIELD_NOT_AVAILABLE", {"api_name": path}
        ) from None


def _job(zoho: Zoho, wanted: Wanted) -> Job:
    module = wanted.table.module
    criteria = wanted.query.get("criteria")
    shown = echoed(module, criteria)
    if module.api_name == "Leads":
        shown = CONVERTED if shown is None else {"group_operator": "and", "group": [shown, CONVERTED]}
    query: dict[str, Any] = {
        "module": {"id": str(module.id), "api_name": module.api_name},
        "fields": list(wanted.query.get("fields") or wanted.fields),
        "page": wanted.page,
    }
    if shown is not None:
        query["criteria"] = shown
    now, bulk = zoho.clock.epoch(), zoho.bulk
    return Job(zoho.store.new_id(), "read", now, zoho.store.acting_user, bulk.seconds, query)


def _run(zoho: Zoho, job: Job, wanted: Wanted) -> Iterator[None]:
    """Write the job's file, and note what the details will say of it."""
    most = zoho.bulk.rows_per_file
    skip = 0 if wanted.after else (wanted.page - 1) * most
    chosen = _chosen(zoho.store, wanted, skip)
    written = yield from written_table(zoho.store, wanted.table, wanted.fields, chosen, str(job.id), most)
    token = _seal(zoho, wanted, written.last) if written.more else None
    job.file = written.file
    job.outcome = {
        "page": wanted.page,
        "per_page": most,
        "count": written.count,
        "download_url": f"/crm/bulk/v8/read/{job.id}/result",
        "more_records": written.more,
        "next_page_token": token,
    }


def _chosen(store: Store, wanted: Wanted, skip: int) -> Iterator[Record]:
    """The records of the file and of all files after it, by id."""
    criteria = wanted.query.get("criteria")
    test: Test | None = None if criteria is None else read_criteria(store, wanted.table.module, criteria)
    leads = wanted.table.module.api_name == "Leads"
    if test is None and not leads:
        names = {path.split(".")[0] for path in wanted.fields}
        yield from wanted.table.iterate(wanted.after, skip=skip, names=names)
        return
    for record in wanted.table.iterate(wanted.after):
        if leads and record.values.get("Converted__s"):
            continue
        if test is not None and not test(record):
            continue
        if skip:
            skip -= 1
            continue
        yield record


def _seal(zoho: Zoho, wanted: Wanted, last: int) -> str:
    """A token for the next file; it lives a day and only for the same user."""
    expiry = zoho.clock.epoch() + TOKEN_SECONDS
    payload = orjson.dumps([zoho.store.acting_user, wanted.query, wanted.page + 1, last, expiry])
    return (hmac.digest(zoho.page_key, payload, "sha256") + payload).hex()


def _continued(zoho: Zoho, call: Call, token: str) -> Wanted:
    strange = Refused(400, "TOKEN_BOUND_DATA_MISMATCH", {"api_name": "page_token"})
    try:
        sealed = bytes.fromhex(token)
    except ValueError:
        raise strange from None
    signature, payload = sealed[:32], sealed[32:]
    if not hmac.compare_digest(signature, hmac.digest(zoho.page_key, payload, "sha256")):
        raise strange
    user, query, page, last, expiry = orjson.loads(payload)
    if user != zoho.store.acting_user:
        raise strange
    if expiry < zoho.clock.epoch():
        raise Refused(400, "EXPIRED_VALUE", {"api_name": "page_token"})
    table = _table(zoho, call, query.get("module"))
    return Wanted(table, _fields(zoho.store, table, query.get("fields")), query, page, last)
